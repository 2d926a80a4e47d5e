/** How good a model is on cells of known type: scores, which type is taken for which, what a threshold buys, and curves. */
import { useMemo } from 'preact/hooks';
import { type Accounting, type LabelledCells, type Measurement, type MeasurementContext, measurementCsv, measurementJson, type ModelSpec } from '../../../src/js/index.ts';
import { type ComparedModels, comparisonWords, gainsOf, intervalWords, measurementHtml, precisionRecallPlot, reliabilityPlot, riskCoveragePlot, rocPlot, type Score, scoresOf, scoreWords } from '../../../src/js/plots.ts';
import { saveFile, today } from '../../parts/save_file.ts';
import { AccountingTable } from './accounting_table.tsx';
import { ConfusionMatrix, type MatrixChoice } from './confusion_matrix.tsx';
import './measure.css';
import { Plot } from './plot.tsx';
import { ThresholdControl } from './threshold_control.tsx';
import { TypesTable } from './types_table.tsx';
import { words } from './words.ts';

export interface MeasurementProps {
  measurement: Measurement;
  spec: Pick<ModelSpec, 'name' | 'classes' | 'judge'>;
  accounting?: Accounting;
  /** What was measured; with it a person tries thresholds. */
  cells?: LabelledCells;
  /** How it was measured; with it a person saves the whole. */
  context?: MeasurementContext;
  /** A second model on the same cells. */
  comparison?: ComparedModels;
  /** The field of the matrix whose cells are shown elsewhere. */
  selected?: MatrixChoice | null;
  /** A field of the matrix was pressed; types by their place in the spec. */
  onSelect?: (field: MatrixChoice) => void;
}

export function MeasurementView({ measurement, spec, accounting, cells, context, comparison, selected, onSelect }: MeasurementProps) {
  const { classes } = spec;
  const plots = useMemo(() => [rocPlot(measurement, classes), precisionRecallPlot(measurement, classes), reliabilityPlot(measurement), riskCoveragePlot(measurement)], [measurement, classes]);
  return (
    <section class="measurement" data-testid="measurement" aria-label={words.region}>
      <h2>{words.region}</h2>
      <p class="small muted">{words.intro(measurement.cells, measurement.groups)}</p>
      <Scores scores={scoresOf(measurement)} />
      {context && <SaveMeasurement measurement={measurement} context={context} comparison={comparison} />}
      {comparison && (
        <>
          <h3>{words.comparison.title}</h3>
          <p data-testid="comparison">{comparisonWords(comparison.found, comparison.first, comparison.second)}</p>
          <Scores scores={gainsOf(comparison.found)} />
        </>
      )}
      {accounting && <AccountingTable accounting={accounting} />}
      <ConfusionMatrix measurement={measurement} spec={spec} selected={selected ?? null} {...(onSelect && { onSelect })} />
      {cells && <ThresholdControl cells={cells} spec={spec} />}
      <TypesTable measurement={measurement} spec={spec} />
      <h3>{words.plots}</h3>
      <div class="plots">
        {plots.map((figure) => (
          <Plot key={figure.name} figure={figure} prefix={spec.name} />
        ))}
      </div>
    </section>
  );
}

const types = { html: 'text/html', json: 'application/json', csv: 'text/csv' } as const;

function SaveMeasurement({ measurement, context, comparison }: { measurement: Measurement; context: MeasurementContext; comparison: ComparedModels | undefined }) {
  const written = { html: () => measurementHtml(measurement, context, comparison), json: () => measurementJson(measurement, context, comparison), csv: () => measurementCsv(measurement, context, comparison) };
  return (
    <div class="save-plot" role="group" aria-label={words.report.label}>
      <span class="small muted" aria-hidden="true">
        {words.report.short}
      </span>
      {(['html', 'json', 'csv'] as const).map((format) => (
        <button key={format} type="button" class="quiet" data-testid={`save-measurement-${format}`} onClick={() => saveFile(written[format](), types[format], `cytodrop-measurement-${context.spec.name}-${today()}.${format}`)}>
          {words.report.formats[format]}
        </button>
      ))}
    </div>
  );
}

function Scores({ scores }: { scores: readonly Score[] }) {
  return (
    <dl class="scores">
      {scores.map(({ name, meaning, measured: { value, interval } }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="number score">{scoreWords(value)}</dd>
          <dd class="small number">{interval ? words.interval(intervalWords(interval)) : words.noInterval}</dd>
          <dd class="small muted">{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
