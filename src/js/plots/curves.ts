/** What a threshold trades: curves of each type against all others, and of all verdicts together. */
import { line, link } from '@observablehq/plot';
import type { Measured, Measurement, TypeMeasurement } from '#cytodrop_core';
import { axis, colourOf, dashesOf, figure, type LegendEntry, type PlotClass, type PlotFigure, plotWidth, seam, shapes } from './figure.ts';
import { measuredWords, scoreWords } from './numbers.ts';

type Point = readonly [x: number, y: number];
const unit = [0, 0.2, 0.4, 0.6, 0.8, 1];
const square = plotWidth - 44 - 12 + 12 + 40;

/** Points nearer than this, of axes from 0 to 1, are less than a px apart. */
const nearest = 0.0025;

/** Without points that nobody could see: within a straight step, or beside the one before. */
function thinned(points: readonly Point[]): Point[] {
  const inStep = (i: number): boolean => [0, 1].some((axis) => [i - 1, i + 1].every((other) => points[other]?.[axis] === points[i]?.[axis]));
  const kept: Point[] = [];
  points.forEach((point, i) => {
    const [x, y] = kept.at(-1) ?? [NaN, NaN];
    if (i === points.length - 1 || !(inStep(i) || (Math.abs(point[0] - x) < nearest && Math.abs(point[1] - y) < nearest))) kept.push(point);
  });
  return kept;
}

/** The point at a share of a line's length. */
function along(points: readonly Point[], share: number): Point {
  const lengths = points.slice(1).map(([x, y], i) => Math.hypot(x - (points[i] as Point)[0], y - (points[i] as Point)[1]));
  let left = share * lengths.reduce((sum, length) => sum + length, 0);
  for (const [i, length] of lengths.entries()) {
    const [[x0, y0], [x1, y1]] = [points[i] as Point, points[i + 1] as Point];
    if (left <= length && length > 0) return [x0 + ((x1 - x0) * left) / length, y0 + ((y1 - y0) * left) / length];
    left -= length;
  }
  return points.at(-1) ?? [0, 0];
}

interface TypeLine { index: number; one: PlotClass; points: Point[]; area: Measured }

/** Lines told apart by colour, dashes, shapes on them and a dark seam; shapes of different types lie at different shares of their length. */
function typeMarks(lines: readonly TypeLine[]): object[] {
  const marks = lines.flatMap(({ index, points }) => [
    line(points, { stroke: 'currentColor', strokeOpacity: seam.opacity, strokeWidth: seam.px }),
    line(points, { stroke: colourOf(index), strokeWidth: 2, ...(dashesOf(index) && { strokeDasharray: dashesOf(index) }) }),
  ]);
  const at = lines.flatMap(({ index, points }, rank) => [0, 1].map((half) => {
    const [x, y] = along(points, (half + (rank + 0.5) / lines.length) / 2);
    return { index, x, y };
  }));
  return [...marks, shapes(at, 10)];
}

type Curve = NonNullable<TypeMeasurement['curve']>;

/** Those types that have a curve, as lines, in words and as a legend. */
function typeLines({ types }: Measurement, classes: readonly PlotClass[], pointsOf: (curve: Curve) => Point[], areaOf: (type: TypeMeasurement) => Measured | null) {
  const lines = types.flatMap((type, index): TypeLine[] => {
    const [one, area] = [classes[index], areaOf(type)];
    return one && area && type.curve ? [{ index, one, area, points: thinned(pointsOf(type.curve)) }] : [];
  });
  const without = classes.filter((one) => !lines.some((line) => line.one === one)).map(({ name }) => name);
  const legend: LegendEntry[] = lines.map(({ index, one: { letter, name }, area }) => ({ index, letter, name, value: scoreWords(area.value), isLine: true }));
  const areas = lines.map(({ one, area }) => `${one.name} ${measuredWords(area)}`).join('; ');
  return { lines, legend, areas, notDrawn: without.length > 0 ? ` Not drawn, since no cell or every cell is of this type: ${without.join(', ')}.` : '' };
}

function rowsOf({ types }: Measurement, classes: readonly PlotClass[], columns: (curve: Curve, i: number) => (number | null)[]): (string | number | null)[][] {
  return types.flatMap(({ curve }, index) => (curve ? [...curve.thresholds].map((threshold, i) => [classes[index]?.name ?? '', threshold, ...columns(curve, i)]) : []));
}

/** Receiver operating characteristics, one for each type against all others. */
export function rocPlot(found: Measurement, classes: readonly PlotClass[]): PlotFigure {
  const points = (curve: Curve): Point[] => [[0, 0], ...[...curve.false_positive_rates].map((x, i): Point => [x, curve.true_positive_rates[i] ?? 0])];
  const { lines, legend, areas, notDrawn } = typeLines(found, classes, points, ({ roc_area }) => roc_area);
  return figure({
    name: 'roc', title: 'ROC curve of each type',
    description: `Receiver operating characteristic: true positive rate by false positive rate, each type against all others. Area under the curve: ${areas}. A guess has 0.5.${notDrawn}`,
    table: { header: ['Type', 'Threshold', 'False positive rate', 'True positive rate'], rows: rowsOf(found, classes, (curve, i) => [curve.false_positive_rates[i] ?? null, curve.true_positive_rates[i] ?? null]) },
  }, {
    height: square, x: axis('False positive rate', { domain: [0, 1], ticks: unit }), y: axis('True positive rate', { domain: [0, 1], ticks: unit }),
    marks: [link([0], { x1: 0, y1: 0, x2: 1, y2: 1, stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '3 3' }), ...typeMarks(lines)] as never,
  }, legend);
}

/** Precision by recall, one line for each type against all others; steps, as average precision sums them. */
export function precisionRecallPlot(found: Measurement, classes: readonly PlotClass[]): PlotFigure {
  const points = (curve: Curve): Point[] => [...curve.precisions].flatMap((precision, i): Point[] => [[curve.true_positive_rates[i - 1] ?? 0, precision], [curve.true_positive_rates[i] ?? 0, precision]]);
  const { lines, legend, areas, notDrawn } = typeLines(found, classes, points, ({ average_precision }) => average_precision);
  return figure({
    name: 'precision-recall', title: 'Precision–recall curve of each type',
    description: `Precision by recall, each type against all others. Average precision: ${areas}. A guess has the type's share of the cells.${notDrawn}`,
    table: { header: ['Type', 'Threshold', 'Recall', 'Precision'], rows: rowsOf(found, classes, (curve, i) => [curve.true_positive_rates[i] ?? null, curve.precisions[i] ?? null]) },
  }, {
    height: square, x: axis('Recall', { domain: [0, 1], ticks: unit }), y: axis('Precision', { domain: [0, 1], ticks: unit }), marks: typeMarks(lines) as never,
  }, legend);
}

/** Share of wrong names among the cells named, when less is demanded bit by bit. */
export function riskCoveragePlot({ risk_coverage: { thresholds, coverages, risks, area } }: Measurement): PlotFigure {
  const points = thinned([...coverages].map((coverage, i): Point => [coverage, risks[i] ?? 0]));
  const most = Math.max(0.01, ...risks);
  const at = (coverage: number): string => scoreWords(risks[Math.max(0, coverages.findIndex((each) => each >= coverage))] ?? null);
  return figure({
    name: 'risk-coverage', title: 'Risk–coverage curve',
    description: `Share of wrong names among the cells named, surest first. Of all cells ${at(1)} are wrong, of the surest half ${at(0.5)}. Mean over all shares named, the area under the line: ${scoreWords(area)}.`,
    table: { header: ['Threshold', 'Share named', 'Wrong of those named'], rows: [...thresholds].map((threshold, i) => [threshold, coverages[i] ?? null, risks[i] ?? null]) },
  }, {
    height: 260, marginLeft: 56, x: axis('Share of cells named', { domain: [0, 1], ticks: unit }), y: axis('Wrong of those named', { domain: [0, most * 1.08], ticks: 5, zero: true }),
    marks: [line(points, { stroke: 'currentColor', strokeWidth: 2 })],
  });
}
