/** The cells of a frame as a zip of ImageJ's ROIs. */
import type { ExportContext } from './export_cells.ts';
import { type Analysis, polygon, standing } from './outlines.ts';
import { classColour } from './palette.ts';
import { toFullSize } from './part_fields.ts';
import { zip, type ZipEntry, zipPieces } from './zip.ts';

/** The format counts them in 16 bits. */
const mostPoints = 65_535;

/**
 * The outlines of one frame's cells as a zip that ImageJ's ROI Manager opens, in px of the whole picture at full size.
 *
 * Raises: RangeError for more than 65,535 cells.
 */
export function toRoiZip(analysis: Analysis, context: ExportContext): Uint8Array<ArrayBuffer> {
  return zip([...rois(analysis, context)]);
}

/** The same in pieces, of a cell at most. */
export function roiZipPieces(analysis: Analysis, context: ExportContext): Generator<Uint8Array> {
  return zipPieces(rois(analysis, context));
}

function* rois(analysis: Analysis, context: ExportContext): Generator<ZipEntry> {
  for (const [i, cell] of analysis.cells.entries()) {
    const result = standing(analysis, cell, context);
    const name = `${String(i + 1).padStart(4, '0')} ${(result?.name ?? '').replace(/[^A-Za-z0-9 -]/g, '_')}`.trim();
    const colour = classColour(result?.index);
    yield { name: `${name}.roi`, bytes: roi(name, polygon(cell).slice(0, mostPoints).map(toFullSize(analysis)), colour, analysis.facts.pages > 1 ? analysis.choice.page + 1 : 0) };
  }
}

/**
 * One polygon in ImageJ's own format, with coordinates between pixels.
 *
 * Args:
 *   name: of Latin letters and digits.
 *   points: beyond 32,767 px the whole numbers of the format wrap around; ImageJ goes by the floats.
 *   colour: 0xRRGGBB of its line.
 *   slice: of a stack it belongs to, from 1; 0: of none.
 * Source: ImageJ 1.53 ij/io/RoiDecoder.java for the layout: header of 64 bytes, integer and float coordinates, second header, name.
 */
function roi(name: string, points: readonly [number, number][], colour: number, slice: number): Uint8Array {
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
