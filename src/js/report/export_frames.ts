/**
 * Cells of frames as files: CSV, JSON and NDJSON of all frames.
 *
 * As in `export.ts` each is a head, one piece for each frame, and a tail. Cells are numbered from 1 in each frame.
 */
import type { CellRecord, CellVerdict } from '../classify/outcome.ts';
import type { FrameCell, FrameRecord } from '../frames/frame.ts';
import { addedFields, csvFields, csvLine, type ExportContext, type ExportFormat, exportTail, jsonFields, jsonHead, modelOf, researchNote, selfTestWord, unsureBelow, unusualFields } from './export_cells.ts';
import { noReview, reviewFields } from '../review/review.ts';
import { morphometryFields } from './morphometry_fields.ts';
import type { Analysis } from './outlines.ts';
import { hasParts, partColumns, partFields } from './part_fields.ts';
import { sixDecimals } from './provenance.ts';
import { schemaNames } from './schema_names.ts';

/** What comes before the first frame. */
export function framesHead(format: ExportFormat, context: ExportContext): string {
  if (format === 'ndjson') return '';
  return format === 'csv' ? csvLine(Object.keys(csvRow(undefined, undefined, context))) : jsonHead(context, 'frames');
}

/**
 * One frame: in CSV and NDJSON a line for each cell, and one line for a frame without cells or one that could not be read.
 *
 * Args:
 *   position: how many frames were written before it.
 */
export function framesRecord(format: ExportFormat, record: FrameRecord, position: number, context: ExportContext): string {
  return [...recordPieces(format, record, position, context)].join('');
}

/** The same, cell by cell. */
function* recordPieces(format: ExportFormat, record: FrameRecord, position: number, context: ExportContext): Generator<string> {
  const cells = record.status === 'ok' ? record.cells : [];
  if (format === 'csv') {
    if (cells.length === 0) yield csvLine(Object.values(csvRow(record, undefined, context)));
    for (const [i, cell] of cells.entries()) yield csvLine(Object.values(csvRow(record, { cell, number: i + 1 }, context)));
    return;
  }
  const frame = jsonFrame(record, context);
  if (format === 'json') {
    yield `${position > 0 ? ',' : ''}\n    ${JSON.stringify(frame)}`.slice(0, -1);
    // As JSON.stringify would write them, but not all at once.
    if (record.status === 'ok') {
      yield ',"cells":[';
      for (const [i, cell] of cells.entries()) yield `${i > 0 ? ',' : ''}${JSON.stringify(jsonCell(record, cell, i + 1, context))}`;
      yield ']';
    }
    yield '}';
    return;
  }
  const provenance = { unsure_below: unsureBelow(context), ...unusualFields(context), model: modelOf(context), ...addedFields(context), self_test: selfTestWord(context.selfTest), complete: context.complete ?? null, note: researchNote, schema: schemaNames.frames };
  const line = (told: object): string => `${JSON.stringify({ ...frame, ...told, ...provenance })}\n`;
  if (record.status === 'error' || cells.length === 0) yield line(record.status === 'ok' ? { status: 'no_cells' } : {});
  else for (const [i, cell] of cells.entries()) yield line(jsonCell(record, cell, i + 1, context));
}

/** What comes after the last frame. */
export function framesTail(format: ExportFormat, complete: boolean): string {
  return exportTail(format, complete);
}

/** All frames in one file. */
export function exportFrames(format: ExportFormat, records: readonly FrameRecord[], asked: ExportContext): string {
  return [...framesPieces(format, records, asked)].join('');
}

/** The same in pieces, of a cell at most, for whoever must not stand still over tens of thousands of them. */
export function* framesPieces(format: ExportFormat, records: readonly FrameRecord[], asked: ExportContext): Generator<string> {
  const context = { ...asked, ...(hasParts(records) && { parts: true as const }) };
  yield framesHead(format, context);
  for (const [position, record] of records.entries()) yield* recordPieces(format, record, position, context);
  yield framesTail(format, context.complete ?? true);
}

function jsonFrame(record: FrameRecord, context: ExportContext): object {
  const frame = context.fileNames ? record.path : String(record.index + 1);
  if (record.status === 'error') return { frame, status: 'error', error: { code: record.code, message: record.message, advice: record.advice } };
  const { facts, choice, settings, detector, removedBoxes = [] } = record;
  return {
    frame, page: choice.page + 1, channel: choice.channel < 0 ? null : choice.channel + 1, ...partFields(record), frame_width_px: facts.image.width_px, frame_height_px: facts.image.height_px,
    pixel_size_um: settings.pixel_size_um, pixel_size_from_file_um: facts.pixel_size_um, damaged: facts.damaged, search: { ...settings, ...(detector && { detector }) },
    pixels_sha256: record.pixelsSha256 ?? null, removed_by_hand: removedBoxes.length, removed_boxes: removedBoxes.map(({ left_px, top_px, width_px, height_px }) => ({ left_px, top_px, width_px, height_px })),
  };
}

function jsonCell(record: Analysis, cell: FrameCell, number: number, context: ExportContext): object {
  const { left_px, top_px, width_px, height_px } = cell.box;
  const um = record.settings.pixel_size_um;
  const review = context.reviewOf?.(record.index, cell.id) ?? noReview;
  return {
    cell: number, status: cell.verdict ? 'ok' : 'not_classified', left_px, top_px, width_px, height_px,
    centre_x_px: left_px + width_px / 2, centre_y_px: top_px + height_px / 2, area_px: sixDecimals(cell.areaPx),
    area_um2: um === null ? null : sixDecimals(cell.areaPx * um * um), ...morphometryFields(cell, um), search_score: cell.searchScore === null ? null : sixDecimals(cell.searchScore),
    by_hand: cell.searchScore === null, cut_by_border: cell.cutByBorder,
    ...(cell.verdict ? unnamed(jsonFields(cellRecord(record, cell.verdict), 'json', context, review)) : context.reviewOf && reviewFields(review)),
  };
}

function csvRow(record: FrameRecord | undefined, numbered: { cell: FrameCell; number: number } | undefined, context: ExportContext): Record<string, string> {
  const analysis = record?.status === 'ok' ? record : undefined;
  const cell = numbered?.cell;
  const um = analysis?.settings.pixel_size_um ?? null;
  const box = cell?.box;
  const review = (analysis && cell && context.reviewOf?.(analysis.index, cell.id)) ?? noReview;
  const status = record === undefined ? '' : analysis === undefined ? 'error' : cell === undefined ? 'no_cells' : cell.verdict ? 'ok' : 'not_classified';
  return {
    frame: record === undefined ? '' : context.fileNames ? record.path : String(record.index + 1),
    page: analysis ? String(analysis.choice.page + 1) : '',
    channel: analysis && analysis.choice.channel >= 0 ? String(analysis.choice.channel + 1) : '',
    ...(context.parts && partColumns(analysis)),
    cell: numbered ? String(numbered.number) : '',
    status,
    left_px: String(box?.left_px ?? ''),
    top_px: String(box?.top_px ?? ''),
    width_px: String(box?.width_px ?? ''),
    height_px: String(box?.height_px ?? ''),
    centre_x_px: box ? String(box.left_px + box.width_px / 2) : '',
    centre_y_px: box ? String(box.top_px + box.height_px / 2) : '',
    area_px: cell ? cell.areaPx.toFixed(1) : '',
    area_um2: cell && um !== null ? (cell.areaPx * um * um).toFixed(3) : '',
    ...Object.fromEntries(Object.entries(morphometryFields(cell, um)).map(([name, value]) => [name, String(value ?? '')])),
    pixel_size_um: um === null ? '' : String(um),
    search_score: cell?.searchScore?.toFixed(6) ?? '',
    by_hand: cell ? String(cell.searchScore === null) : '',
    removed_by_hand: analysis ? String(analysis.removedBoxes?.length ?? 0) : '',
    cut_by_border: cell ? String(cell.cutByBorder) : '',
    damaged: analysis ? String(analysis.facts.damaged) : '',
    ...unnamed(csvFields(analysis && cell?.verdict ? cellRecord(analysis, cell.verdict) : record?.status === 'error' ? record : undefined, context, review)),
    // Also of cells that were only counted.
    ...(cell && context.reviewOf && Object.fromEntries(Object.entries(reviewFields(review)).map(([name, value]) => [name, String(value ?? '')]))),
    pixels_sha256: analysis?.pixelsSha256 ?? '',
    schema: schemaNames.frames,
  };
}

/** A cell as if it were an image of its own, so that `export.ts` says of it what it says of those. */
function cellRecord({ index, path, facts: { image } }: Analysis, verdict: CellVerdict): CellRecord {
  return { ...verdict, status: 'ok', index, path, image, elapsedMs: { decode: 0, prepare: 0, network: 0, head: 0 } };
}

/** Without the fields that name the image and say how it was read: those of the frame stand for them. */
function unnamed<Value>(fields: Record<string, Value>): Record<string, Value> {
  const { file: _, status: __, damaged: ___, ...rest } = fields;
  return rest;
}
