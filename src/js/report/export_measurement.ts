/** What was measured of a model on cells of known type, as files. */
import type { Comparison, Measured, Measurement } from '#cytodrop_core';
import { wilsonInterval } from '../classify/intervals.ts';
import type { Accounting, Grouping } from '../measure/measured_cells.ts';
import type { ModelSpec } from '../model/spec.ts';
import { ownerFields, researchNote } from './export_cells.ts';
import { type Provenance, sixDecimals } from './provenance.ts';
import { schemaNames } from './schema_names.ts';

export interface MeasurementContext {
  spec: ModelSpec;
  /** The model is not one of those that are shipped. */
  added?: boolean;
  appVersion: string;
  provenance?: Provenance;
  accounting: Accounting;
  grouping: Grouping;
  draws: number;
  /** Where true types came from, in a person's words: "folders", or the name of a table. */
  truth: string;
  types?: readonly string[];
  unsureBelow: number;
}

/** Two models on the same cells, and what they are called. */
export interface ComparedModels { found: Comparison; first: string; second: string }

const rounded = (value: number | null): number | null => (value === null ? null : sixDecimals(value));
const estimate = ({ value, interval }: Measured): { value: number | null; interval: (number | null)[] | null } => ({ value: rounded(value), interval: interval && interval.map(rounded) });

/** One JSON document. */
export function measurementJson(found: Measurement, context: MeasurementContext, comparison?: ComparedModels): string {
  const { spec, accounting, grouping, draws, truth, types, unsureBelow, provenance } = context;
  const of = (count: number, total: number): object => ({ count, of: total, share: total > 0 ? sixDecimals(count / total) : null, interval: wilsonInterval(count, total).map(sixDecimals) });
  return `${JSON.stringify({
    schema: schemaNames.measurement, note: researchNote, time: provenance?.time ?? null,
    software: { cytodrop: context.appVersion, commit: provenance?.commit || null, platform: provenance?.platform ?? null },
    model: { name: spec.name, version: spec.version, ...ownerFields(spec, context.added), spec_sha256: provenance?.specSha256 ?? null, network_sha256: spec.network.sha256 },
    settings: { truth, group: grouping, draws, interval: 0.95, unsure_below: unsureBelow, ...(types && { types }) },
    images: { ...accounting, of_other_types: Object.entries(accounting.of_other_types).map(([name, count]) => ({ name, count })) }, groups: found.groups,
    accuracy: { ...estimate(found.accuracy), wilson: found.accuracy_wilson.map(sixDecimals) },
    balanced_accuracy: estimate(found.balanced_accuracy), macro_f1: estimate(found.macro_f1), matthews: estimate(found.matthews), brier: estimate(found.brier),
    calibration_error: estimate(found.calibration_error), classwise_calibration_error: sixDecimals(found.classwise_calibration_error),
    verdicts: {
      named: of(accounting.named, accounting.measured), right_of_named: of(accounting.named_rightly, accounting.named), unsure: of(accounting.unsure, accounting.measured),
      foreign: of(accounting.foreign, accounting.measured), poor_quality: of(accounting.poor_quality, accounting.measured),
    },
    types: found.types.map((type, i) => ({
      id: spec.classes[i]?.id, cells: type.true_count, named: type.named_count, precision: estimate(type.precision), recall: estimate(type.recall), f1: estimate(type.f1),
      roc_area: type.roc_area && estimate(type.roc_area), average_precision: type.average_precision && estimate(type.average_precision),
    })),
    confusion: spec.classes.map((_, row) => [...found.matrix.slice(row * spec.classes.length, (row + 1) * spec.classes.length)]),
    reliability: found.reliability.filter(({ weight }) => weight > 0).map(({ low, high, weight, confidence, accuracy }) => ({ from: sixDecimals(low), to: sixDecimals(high), cells: weight, confidence: sixDecimals(confidence), accuracy: sixDecimals(accuracy) })),
    risk_coverage: {
      area: sixDecimals(found.risk_coverage.area),
      points: [...found.risk_coverage.thresholds].map((threshold, i) => [threshold, found.risk_coverage.coverages[i] as number, found.risk_coverage.risks[i] as number].map(sixDecimals)),
    },
    ...(comparison && {
      comparison: {
        second_model: comparison.second, only_first: comparison.found.only_first, only_second: comparison.found.only_second, p: sixDecimals(comparison.found.p),
        accuracy_gain: estimate(comparison.found.accuracy_gain), balanced_accuracy_gain: estimate(comparison.found.balanced_accuracy_gain),
      },
    }),
  }, null, 1)}\n`;
}

/** A row for each measure; `type` is empty for those of all types together. */
export function measurementCsv(found: Measurement, { spec }: Pick<MeasurementContext, 'spec'>, comparison?: ComparedModels): string {
  const row = (type: string, measure: string, measured: Measured | null): string =>
    [type, measure, ...[measured?.value ?? null, ...(measured?.interval ?? [null, null])].map((number) => rounded(number) ?? '')].join(',');
  const rows = [
    row('', 'accuracy', found.accuracy), row('', 'balanced_accuracy', found.balanced_accuracy), row('', 'macro_f1', found.macro_f1), row('', 'matthews', found.matthews), row('', 'brier', found.brier),
    row('', 'calibration_error', found.calibration_error),
    ...(comparison ? [row('', 'accuracy_gain', comparison.found.accuracy_gain), row('', 'balanced_accuracy_gain', comparison.found.balanced_accuracy_gain)] : []),
    ...found.types.flatMap((type, i) => {
      const id = spec.classes[i]?.id ?? '';
      return [row(id, 'precision', type.precision), row(id, 'recall', type.recall), row(id, 'f1', type.f1), row(id, 'roc_area', type.roc_area), row(id, 'average_precision', type.average_precision)];
    }),
  ];
  return `${['type,measure,value,low,high', ...rows].join('\r\n')}\r\n`;
}
