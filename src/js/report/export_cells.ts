/**
 * Results as files: CSV, JSON and NDJSON, the same from the page and from the command line.
 *
 * Every format is a head, one piece for each record, and a tail, so that the command line can write while it works.
 */
import { noChecks } from '../classify/checks.ts';
import type { RuntimeFacts } from '../classify/engines.ts';
import type { CellRecord } from '../classify/outcome.ts';
import type { SelfTest } from '../classify/self_test.ts';
import { type Batch } from '../classify/batch.ts';
import { asAsked, type Asked, kindOf } from '../classify/verdict.ts';
import type { ModelSpec } from '../model/spec.ts';
import { type Review, reviewFields } from '../review/review.ts';
import { batchWords } from './batch_words.ts';
import { type CheckedColumns, checkedFields } from './checked_fields.ts';
import { planeColumns } from './part_fields.ts';
import { type Provenance, sixDecimals } from './provenance.ts';
import { schemaNames } from './schema_names.ts';

export { sixDecimals };

export const researchNote = 'For research and teaching; not for diagnosis';

export type ExportFormat = 'csv' | 'json' | 'ndjson';

export interface ExportContext extends CheckedColumns {
  spec: ModelSpec;
  runtime: RuntimeFacts;
  selfTest?: SelfTest;
  appVersion: string;
  /** The model is not one of those that are shipped: exports say whose it is. */
  added?: boolean;
  secondAdded?: boolean;
  /** False: the number of the cell stands in for the file's name. */
  fileNames: boolean;
  provenance?: Provenance;
  /** Image px per px of the images that the model was trained on, for images of one cell that were brought to size; 1 unless told. */
  imageScale?: number;
  /** The threshold in use, where it is not the model's own. */
  unsureBelow?: number;
  /** Ids of the classes that can occur, where a person said so: the others have no probability. */
  types?: readonly string[];
  /** What the cells come to as a set, where that is known. */
  batch?: Batch;
  /** Whether all that was asked for is done; not told where it is written before that is known. */
  complete?: boolean;
  /** Where a person chose: how many of the cells there are stand in the file. */
  selection?: Selection;
  /** Rows of images of one cell have columns for which plane of its file each is. */
  planes?: true;
  /** Rows of frames have columns for which part of its file each is. */
  parts?: true;
  /** What people said, where anybody looked at any cell: of an image by its index, of a cell of a frame by the frame's and its own number. */
  reviewOf?: (index: number, cellId?: number) => Review | undefined;
}

/** `thisFrame`: of one frame only; `filtered`: of them what a person looked for. */
export interface Selection { cells: number; of: number; thisFrame: boolean; filtered: boolean }

const lineEnd: Record<ExportFormat, string> = { csv: '\r\n', json: '', ndjson: '\n' };

/** What comes before the first record. */
export function exportHead(format: ExportFormat, context: ExportContext): string {
  if (format === 'ndjson') return '';
  return format === 'csv' ? csvLine(Object.keys(csvFields(undefined, context))) : jsonHead(context, 'cells');
}

/** A JSON document up to the first entry of its list. */
export function jsonHead(context: ExportContext, list: 'cells' | 'frames'): string {
  const { spec, runtime, selfTest, secondModel } = context;
  const head = {
    schema: schemaNames[list],
    note: researchNote,
    time: context.provenance?.time ?? null,
    software: {
      cytodrop: context.appVersion, commit: context.provenance?.commit || null, core: runtime.coreVersion, engine: runtime.engine.name,
      threads: runtime.engine.threads, platform: context.provenance?.platform ?? null,
    },
    settings: { unsure_below: unsureBelow(context), checks: context.checks ?? noChecks, image_scale: context.imageScale ?? 1, types: context.types ?? null },
    set: setFields(context),
    selection: selectionFields(context),
    model: {
      name: spec.name, version: spec.version, title: spec.title, ...ownerFields(spec, context.added), spec_sha256: context.provenance?.specSha256 ?? null, network_sha256: spec.network.sha256, head_sha256: spec.head.sha256,
      novelty_sha256: spec.novelty?.sha256 ?? null, temperature: spec.judge.temperature, unsure_below: spec.judge.abstain_below,
      foreign_above: spec.novelty?.threshold ?? null, licence: spec.licence,
      classes: spec.classes.map(({ id, name }) => ({ id, name })),
    },
    second_model: secondModel
      ? { name: secondModel.name, version: secondModel.version, title: secondModel.title, ...ownerFields(secondModel, context.secondAdded), network_sha256: secondModel.network.sha256, head_sha256: secondModel.head.sha256 }
      : null,
    self_test: { result: selfTestWord(selfTest), max_logit_difference: selfTest?.maxLogitDifference ?? null },
  };
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "${list}": [`;
}

/** Whether a model is shipped, and who made one that is not, where it says so. */
export function ownerFields({ author }: Pick<ModelSpec, 'author'>, added = false): { shipped: boolean; author: string | null } {
  return { shipped: !added, author: added ? (author ?? null) : null };
}

/** Of a model that is not shipped: what a line has beside its name, which anybody may give. */
export function addedFields({ spec, added, provenance }: Pick<ExportContext, 'spec' | 'added' | 'provenance'>): { model_author?: string | null; model_spec_sha256?: string | null } {
  return added ? { model_author: spec.author ?? null, model_spec_sha256: provenance?.specSha256 ?? null } : {};
}

function setFields({ batch, ...context }: ExportContext): object | null {
  if (batch === undefined) return null;
  const { cells, shift, limit, look_shift, look_limit, foreign, differences } = batch;
  const orNull = (value: number | null) => (value === null ? null : sixDecimals(value));
  return {
    cells, foreign, shift: sixDecimals(shift), limit: orNull(limit), look_shift: sixDecimals(look_shift), look_limit: orNull(look_limit), words: foreign ? batchWords(batch, unsureBelow(context)) : null,
    differences: differences.map(({ measure, mean, usual, spread }) => ({ measure, mean: sixDecimals(mean), usual, spread })),
  };
}

function selectionFields({ selection }: ExportContext): object | null {
  return selection === undefined ? null : { cells: selection.cells, of: selection.of, this_frame: selection.thisFrame, filtered: selection.filtered };
}

/**
 * One record.
 *
 * Args:
 *   position: how many records were written before it.
 */
export function exportRecord(format: ExportFormat, record: CellRecord, position: number, context: ExportContext): string {
  if (format === 'csv') return csvLine(Object.values(csvFields(record, context)));
  const fields = JSON.stringify(jsonFields(record, format, context));
  return format === 'json' ? `${position > 0 ? ',' : ''}\n    ${fields}` : fields + lineEnd.ndjson;
}

/** What comes after the last record. `complete`: whether all that was asked for is there. */
export function exportTail(format: ExportFormat, complete: boolean): string {
  return format === 'json' ? `\n  ],\n  "complete": ${complete}\n}\n` : '';
}

/** All records as CSV (RFC 4180, with a header line). */
export function toCsv(records: readonly CellRecord[], context: ExportContext): string {
  return exportAll('csv', records, context);
}

/** All records as one JSON document. */
export function toJson(records: readonly CellRecord[], context: ExportContext): string {
  return exportAll('json', records, context);
}

/** All records as one JSON object a line. */
export function toNdjson(records: readonly CellRecord[], context: ExportContext): string {
  return exportAll('ndjson', records, context);
}

function exportAll(format: ExportFormat, records: readonly CellRecord[], asked: ExportContext): string {
  return [...cellsPieces(format, records, asked)].join('');
}

/** The same in pieces, of a record at most, for whoever must not stand still over tens of thousands of them. */
export function* cellsPieces(format: ExportFormat, records: readonly CellRecord[], asked: ExportContext): Generator<string> {
  const context = { ...asked, ...(records.some((record) => record.status === 'ok' && record.plane) && { planes: true as const }) };
  yield exportHead(format, context);
  for (const [position, record] of records.entries()) yield exportRecord(format, record, position, context);
  yield exportTail(format, context.complete ?? true);
}

function fileOf(record: CellRecord, context: ExportContext): string {
  return context.fileNames ? record.path : String(record.index + 1);
}

/** Only where it is so: images brought to size, types that cannot occur, a set that is foreign; none is use as the model was measured. */
export function unusualFields({ imageScale = 1, types, batch }: ExportContext): { image_scale?: number; types?: string; foreign_set?: boolean } {
  return { ...(imageScale !== 1 && { image_scale: imageScale }), ...(types && { types: types.join(' ') }), ...(batch?.foreign && { foreign_set: true }) };
}

export function modelOf({ spec }: ExportContext): string {
  return `${spec.name} ${spec.version}`;
}

export function selfTestWord(selfTest: SelfTest | undefined): string {
  return selfTest === undefined ? 'not run' : selfTest.passed ? 'passed' : 'failed';
}

export function unsureBelow({ spec, unsureBelow: chosen }: ExportContext): number {
  return chosen ?? spec.judge.abstain_below;
}

export function askedOf(context: ExportContext): Asked {
  return { unsureBelow: unsureBelow(context), types: context.types ?? null };
}

/** `review`: what people said of a cell of a frame, which its index does not tell. */
export function jsonFields(given: CellRecord, format: ExportFormat, context: ExportContext, review = context.reviewOf?.(given.index)): Record<string, unknown> {
  const record = given.status === 'ok' ? asAsked(given, context.spec, askedOf(context)) : given;
  const file = fileOf(record, context);
  const provenance = format === 'ndjson' ? { unsure_below: unsureBelow(context), ...unusualFields(context), model: modelOf(context), ...addedFields(context), self_test: selfTestWord(context.selfTest), complete: context.complete ?? null, note: researchNote, schema: schemaNames.cells } : {};
  if (record.status === 'error') {
    const { code, message, advice } = record;
    return { file, status: 'error', error: { code, message, advice }, ...provenance };
  }
  const { quality, unsure } = record;
  const { reason: _, ...plane } = record.plane ?? {};
  const verdict = kindOf(record);
  const probabilities = Object.fromEntries(context.spec.classes.map(({ id }, i) => [id, sixDecimals(record.probabilities[i] ?? NaN)]));
  return {
    file, status: 'ok', ...plane, verdict, type: verdict === 'type' ? record.label : null, most_like: record.label, probability: sixDecimals(record.probability), unsure,
    quality: quality.map(({ flag, measure, value, limit }) => ({ flag, measure, value: sixDecimals(value), limit })), novelty: record.novelty === null ? null : sixDecimals(record.novelty), foreign: record.foreign, damaged: record.image.damaged, probabilities, ...checkedFields(record, context),
    ...(context.reviewOf && reviewFields(review)),
    ...(record.pixelsSha256 !== undefined && { pixels_sha256: record.pixelsSha256 }), ...provenance,
  };
}

export function csvFields(record: CellRecord | undefined, context: ExportContext, review = record && context.reviewOf?.(record.index)): Record<string, string> {
  const cell = record?.status === 'ok' ? asAsked(record, context.spec, askedOf(context)) : undefined;
  const failure = record?.status === 'error' ? record : undefined;
  return {
    file: record ? fileOf(record, context) : '',
    status: record?.status ?? '',
    ...(context.planes && planeColumns(cell?.plane)),
    verdict: cell ? kindOf(cell) : '',
    type: cell && kindOf(cell) === 'type' ? cell.label : '',
    most_like: cell?.label ?? '',
    probability: cell?.probability.toFixed(6) ?? '',
    unsure: cell ? String(cell.unsure) : '',
    novelty: cell?.novelty?.toFixed(6) ?? '',
    foreign: cell ? String(cell.foreign) : '',
    quality: cell?.quality.map(({ flag }) => flag).join(' ') ?? '',
    damaged: cell ? String(cell.image.damaged) : '',
    ...Object.fromEntries(context.spec.classes.map(({ id }, i) => [`p_${id}`, cell?.probabilities[i]?.toFixed(6) ?? ''])),
    ...Object.fromEntries(Object.entries(checkedFields(cell, context)).map(([name, value]) => [name, cell ? String(value ?? '') : ''])),
    ...(context.reviewOf && Object.fromEntries(Object.entries(reviewFields(review)).map(([name, value]) => [name, record ? String(value ?? '') : '']))),
    error_code: failure?.code ?? '',
    error_message: failure?.message ?? '',
    error_advice: failure?.advice ?? '',
    pixels_sha256: cell?.pixelsSha256 ?? '',
    unsure_below: String(unsureBelow(context)),
    ...Object.fromEntries(Object.entries(unusualFields(context)).map(([name, value]) => [name, String(value)])),
    model: modelOf(context),
    ...Object.fromEntries(Object.entries(addedFields(context)).map(([name, value]) => [name, value ?? ''])),
    self_test: selfTestWord(context.selfTest),
    complete: String(context.complete ?? ''),
    note: researchNote,
    schema: schemaNames.cells,
  };
}

/** Numbers stand as they are; null is an empty field. */
export function csvLine(values: readonly (string | number | null)[]): string {
  return values.map((value) => (typeof value === 'string' ? csvValue(value) : String(value ?? ''))).join(',') + lineEnd.csv;
}

/** A spreadsheet would run a file name such as `=cmd()` as a formula; a leading apostrophe keeps it text. */
function csvValue(value: string): string {
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
