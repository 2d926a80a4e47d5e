/**
 * Charts, and the report that is made of them: a door of its own, since with Observable Plot they weigh as much as a third of the core.
 * Load it when a chart is looked at: `await import('…/plots.ts')`.
 */
export { type CellValues, histogramPlot, scatterPlot, type ShareBar, sharesPlot } from './plots/cells.ts';
export { precisionRecallPlot, riskCoveragePlot, rocPlot } from './plots/curves.ts';
export { figureCsv, figureSvg, type PlotAxis, type PlotClass, type PlotFigure, type PlotTable } from './plots/figure.ts';
export { darkest, type MatrixField, matrixFields, matrixPlot, reliabilityPlot } from './plots/matrix.ts';
export { measurementHtml } from './plots/measurement_html.ts';
export type { ComparedModels } from './report/export_measurement.ts';
export { countWords, intervalWords, scoreWords } from './plots/numbers.ts';
export { comparisonWords, gainsOf, honest, type Score, scoresOf, typeScores } from './plots/scores.ts';
export { svgElement, svgText } from './plots/svg.ts';
export { fieldWords, shownRows } from './plots/tables.ts';
