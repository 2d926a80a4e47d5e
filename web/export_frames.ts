/**
 * Cells of frames as files: CSV, JSON and NDJSON of all frames, and of one frame GeoJSON, which QuPath reads, and a zip of ImageJ's ROIs.
 *
 * As in `export.ts` the first three are a head, one piece for each frame, and a tail. Cells are numbered from 1 in each frame.
 */
import { csvFields, csvLine, jsonFields, jsonHead, modelOf, researchNote, selfTestWord, sixDecimals, unsureBelow, type ExportContext, type ExportFormat } from './export.ts';
import { classColour } from './palette.ts';
import type { CellRecord, CellVerdict, FrameAnalysis, FrameCell, FrameRecord } from './types.ts';
import { kindOf, rejudge } from './verdict.ts';
import { zip } from './zip.ts';

type Analysis = FrameRecord & { status: 'ok' };

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
  if (format === 'csv') {
    const cells = record.status === 'ok' && record.cells.length > 0 ? record.cells : [undefined];
    return cells.map((cell, i) => csvLine(Object.values(csvRow(record, cell && { cell, number: i + 1 }, context)))).join('');
  }
  const frame = jsonFrame(record, context);
  const cells = record.status === 'ok' ? record.cells.map((cell, i) => jsonCell(record, cell, i + 1, context)) : [];
  if (format === 'json') return `${position > 0 ? ',' : ''}\n    ${JSON.stringify(record.status === 'ok' ? { ...frame, cells } : frame)}`;
  const provenance = { model: modelOf(context), self_test: selfTestWord(context.selfTest), note: researchNote };
  const lines = cells.length > 0 ? cells.map((cell) => ({ ...frame, ...cell, ...provenance })) : [{ ...frame, ...(record.status === 'ok' && { status: 'no_cells' }), ...provenance }];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/**
 * What comes after the last frame.
 *
 * Args:
 *   culture: what `countCulture` gives, where the culture was counted.
 */
export function framesTail(format: ExportFormat, culture?: object): string {
  if (format !== 'json') return '';
  return `\n  ]${culture === undefined ? '' : `,\n  "culture": ${JSON.stringify(culture)}`}\n}\n`;
}

/** All frames in one file. */
export function exportFrames(format: ExportFormat, records: readonly FrameRecord[], context: ExportContext, culture?: object): string {
  const pieces = records.map((record, position) => framesRecord(format, record, position, context));
  return framesHead(format, context) + pieces.join('') + framesTail(format, culture);
}

/**
 * Name of a file about one frame, without its ending: its number, and the file's own name where names are wanted.
 *
 * Returns: "0003", or "0003 tile-a": nothing that leaves a folder.
 */
export function frameFileName({ index, path }: Pick<FrameRecord, 'index' | 'path'>, context: Pick<ExportContext, 'fileNames'>): string {
  const number = String(index + 1).padStart(4, '0');
  if (!context.fileNames) return number;
  const name = (path.split(/[/\\]/).pop() ?? '').replace(/\.[^.]*$/, '').replace(/[^\p{L}\p{N} ._-]/gu, '_').slice(0, 100);
  return `${number} ${name}`.trim();
}

/**
 * The outlines of one frame's cells as QuPath imports them: a FeatureCollection of Polygons in px, origin top left.
 *
 * Source: RFC 7946; QuPath 0.4 and newer for the properties.
 */
export function toGeoJson(analysis: Analysis, context: ExportContext): string {
  const features = analysis.cells.map((cell, i) => ({
    type: 'Feature',
    geometry: { type: 'Polygon', coordinates: [ring(cell)] },
    properties: {
      objectType: 'detection',
      name: String(i + 1),
      ...classification(cell, context),
      measurements: measurements(analysis, cell, context),
    },
  }));
  const byHand = { added_by_hand: analysis.cells.filter(({ score }) => score === null).length, removed_by_hand: analysis.removed?.length ?? 0 };
  return `${JSON.stringify({ type: 'FeatureCollection', features, ...byHand, note: researchNote })}\n`;
}

/**
 * The outlines of one frame's cells as a zip that ImageJ's ROI Manager opens.
 *
 * Raises: RangeError for more than 65,535 cells.
 */
export function toRoiZip(analysis: Analysis, context: ExportContext): Uint8Array<ArrayBuffer> {
  return zip(analysis.cells.map((cell, i) => {
    const result = standing(cell, context);
    const name = `${String(i + 1).padStart(4, '0')} ${(result?.name ?? '').replace(/[^A-Za-z0-9 -]/g, '_')}`.trim();
    const colour = classColour(result?.index);
    return { name: `${name}.roi`, bytes: roi(name, cell, colour, analysis.facts.pages > 1 ? analysis.choice.page + 1 : 0) };
  }));
}

/** Words for what counts as no type. */
const noType = { quality: 'Image quality', foreign: 'Not like training', unsure: 'Unsure' };

/** What a cell comes to under the threshold in use, and its class where that is one; undefined where it was not classified. */
function standing({ verdict }: FrameCell, context: ExportContext): { name: string; index: number | undefined } | undefined {
  if (verdict === undefined) return undefined;
  const kind = kindOf(rejudge(verdict, unsureBelow(context)));
  if (kind !== 'type') return { name: noType[kind], index: undefined };
  const index = context.spec.classes.findIndex(({ id }) => id === verdict.label);
  return { name: context.spec.classes[index]?.name ?? verdict.label, index };
}

function classification(cell: FrameCell, context: ExportContext): object {
  const result = standing(cell, context);
  if (result === undefined) return {};
  const colour = classColour(result.index);
  return { classification: { name: result.name, color: [colour >> 16, (colour >> 8) & 255, colour & 255] } };
}

function measurements({ settings }: FrameAnalysis, cell: FrameCell, { spec }: ExportContext): Record<string, number> {
  const um = settings.pixel_size_um;
  return {
    'Area px^2': sixDecimals(cell.areaPx),
    ...(um !== null && { 'Area um^2': sixDecimals(cell.areaPx * um * um) }),
    ...(cell.score !== null && { 'Search score': sixDecimals(cell.score) }),
    ...Object.fromEntries(cell.verdict === undefined ? [] : spec.classes.map(({ name }, i) => [`Probability ${name}`, sixDecimals(cell.verdict?.probabilities[i] ?? NaN)])),
  };
}

/** Points of the outline, or the corners of the box where there is none: at least three. */
function polygon({ outline, box: { left_px, top_px, width_px, height_px } }: FrameCell): [number, number][] {
  if (outline.length < 6) return [[left_px, top_px], [left_px + width_px, top_px], [left_px + width_px, top_px + height_px], [left_px, top_px + height_px]];
  return Array.from({ length: outline.length / 2 }, (_, i) => [outline[2 * i] as number, outline[2 * i + 1] as number]);
}

/** Closed, as RFC 7946 wants it; an outline clockwise on the screen, where y grows downwards, is counterclockwise to it. */
function ring(cell: FrameCell): number[][] {
  const points = polygon(cell).map(([x, y]) => [hundredths(x), hundredths(y)]);
  return [...points, points[0] as number[]];
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

/**
 * One polygon in ImageJ's own format, with coordinates between pixels.
 *
 * Args:
 *   name: of Latin letters and digits.
 *   colour: 0xRRGGBB of its line.
 *   slice: of a stack it belongs to, from 1; 0: of none.
 * Source: ImageJ 1.53 ij/io/RoiDecoder.java for the layout: header of 64 bytes, integer and float coordinates, second header, name.
 */
function roi(name: string, cell: FrameCell, colour: number, slice: number): Uint8Array {
  const most = 65_535;
  const points = polygon(cell).slice(0, most);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const lowest = (values: number[]): number => values.reduce((least, value) => Math.min(least, value), Infinity);
  const highest = (values: number[]): number => values.reduce((largest, value) => Math.max(largest, value), -Infinity);
  const [left, top] = [Math.floor(lowest(xs)), Math.floor(lowest(ys))];
  const header2 = 64 + points.length * 12;
  const view = new DataView(new ArrayBuffer(header2 + 64 + 2 * name.length));
  for (const [i, letter] of [...'Iout'].entries()) view.setUint8(i, letter.charCodeAt(0));
  view.setInt16(4, 227);
  view.setUint8(6, 0); // a polygon
  [top, left, Math.ceil(highest(ys)), Math.ceil(highest(xs))].forEach((side, i) => view.setInt16(8 + 2 * i, side));
  view.setUint16(16, points.length);
  view.setInt32(40, (0xff000000 | colour) >> 0);
  view.setInt16(50, 128); // the floats below are to be used
  view.setInt32(56, slice);
  view.setInt32(60, header2);
  points.forEach(([x, y], i) => {
    view.setInt16(64 + 2 * i, Math.round(x) - left);
    view.setInt16(64 + 2 * (points.length + i), Math.round(y) - top);
    view.setFloat32(64 + 4 * (points.length + i), x);
    view.setFloat32(64 + 4 * (2 * points.length + i), y);
  });
  view.setInt32(header2 + 16, header2 + 64);
  view.setInt32(header2 + 20, name.length);
  for (let i = 0; i < name.length; i++) view.setUint16(header2 + 64 + 2 * i, name.charCodeAt(i));
  return new Uint8Array(view.buffer);
}

function jsonFrame(record: FrameRecord, context: ExportContext): object {
  const frame = context.fileNames ? record.path : String(record.index + 1);
  if (record.status === 'error') return { frame, status: 'error', error: { code: record.code, message: record.message, advice: record.advice } };
  const { facts, choice, settings, detector } = record;
  return {
    frame, page: choice.page + 1, channel: choice.channel < 0 ? null : choice.channel + 1, frame_width_px: facts.image.width_px, frame_height_px: facts.image.height_px,
    pixel_size_um: settings.pixel_size_um, pixel_size_from_file_um: facts.pixel_size_um, damaged: facts.damaged, search: { ...settings, ...(detector && { detector }) },
    pixels_sha256: record.pixelsSha256 ?? null, removed_by_hand: (record.removed ?? []).map(({ left_px, top_px, width_px, height_px }) => [left_px, top_px, width_px, height_px]),
  };
}

function jsonCell(record: Analysis, cell: FrameCell, number: number, context: ExportContext): object {
  const { left_px, top_px, width_px, height_px } = cell.box;
  const um = record.settings.pixel_size_um;
  return {
    cell: number, status: cell.verdict ? 'ok' : 'not_classified', box: [left_px, top_px, width_px, height_px],
    centre_px: [left_px + width_px / 2, top_px + height_px / 2], area_px: sixDecimals(cell.areaPx),
    area_um2: um === null ? null : sixDecimals(cell.areaPx * um * um), search_score: cell.score === null ? null : sixDecimals(cell.score),
    by_hand: cell.score === null, cut_by_border: cell.cutByBorder,
    ...(cell.verdict && unnamed(jsonFields(cellRecord(record, cell.verdict), 'json', context))),
  };
}

function csvRow(record: FrameRecord | undefined, numbered: { cell: FrameCell; number: number } | undefined, context: ExportContext): Record<string, string> {
  const analysis = record?.status === 'ok' ? record : undefined;
  const cell = numbered?.cell;
  const um = analysis?.settings.pixel_size_um ?? null;
  const box = cell?.box;
  const status = record === undefined ? '' : analysis === undefined ? 'error' : cell === undefined ? 'no_cells' : cell.verdict ? 'ok' : 'not_classified';
  return {
    frame: record === undefined ? '' : context.fileNames ? record.path : String(record.index + 1),
    page: analysis ? String(analysis.choice.page + 1) : '',
    channel: analysis && analysis.choice.channel >= 0 ? String(analysis.choice.channel + 1) : '',
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
    pixel_size_um: um === null ? '' : String(um),
    search_score: cell?.score?.toFixed(6) ?? '',
    by_hand: cell ? String(cell.score === null) : '',
    removed_by_hand: analysis ? String(analysis.removed?.length ?? 0) : '',
    cut_by_border: cell ? String(cell.cutByBorder) : '',
    damaged: analysis ? String(analysis.facts.damaged) : '',
    ...unnamed(csvFields(analysis && cell?.verdict ? cellRecord(analysis, cell.verdict) : record?.status === 'error' ? record : undefined, context)),
    pixels_sha256: analysis?.pixelsSha256 ?? '',
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
