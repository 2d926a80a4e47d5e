/**
 * Reads the frames of an exported report, which may come from anybody.
 *
 * Reports from before there were schemas have boxes as lists of left, top, width and height, and list the removed ones as `removed_by_hand`.
 */
import type { Box, DetectSettings } from '#cytodrop_core';
import { isRecord, readVerdict, type ReportedFrame, type ReportedFrameCell } from './report.ts';
import { morphometryFields } from './morphometry_fields.ts';
import { defaultSearch } from '../frames/search.ts';

/** Raises: `incomplete` where the list lacks what a check needs. */
export function readFrames(frames: readonly unknown[], incomplete: Error): { frames: ReportedFrame[]; unread: number } {
  const readable = frames.filter((frame) => !(isRecord(frame) && frame['status'] === 'error'));
  return { frames: readable.map((frame) => readFrame(frame, incomplete)), unread: frames.length - readable.length };
}

/** Reports from before cells were measured have none. */
const measures = Object.keys(morphometryFields(undefined, null));

function readFrame(frame: unknown, incomplete: Error): ReportedFrame {
  if (!isRecord(frame)) throw incomplete;
  const { frame: file, page, channel, level = 1, overview = false, region, projection, pixels_sha256: sum, search, removed_by_hand: removed, removed_boxes: boxes = removed, damaged, cells, frame_width_px: width, frame_height_px: height, pixel_size_from_file_um: ownSize } = frame;
  if (
    typeof file !== 'string' || !isCount(page) || !(channel === null || isCount(channel)) || !(sum === null || typeof sum === 'string') || !isRecord(search) || !Array.isArray(boxes) || (boxes !== removed && boxes.length !== removed) ||
    !isCount(level) || typeof overview !== 'boolean' || !(projection === undefined || projection === 'max' || projection === 'mean') || typeof damaged !== 'boolean' || !Array.isArray(cells) || !isCount(width) || !isCount(height) || !(ownSize === null || typeof ownSize === 'number')
  ) throw incomplete;
  const { detector, ...settings } = search;
  return {
    file, choice: {
      page: page - 1, channel: channel === null ? -1 : channel - 1, ...(level > 1 && { level: level - 1 }), ...(overview && { overview }), ...(region !== undefined && { region: readBox(region, incomplete) }), ...(projection && { projection }),
    },
    pixelsSha256: sum, damaged, widthPx: width, heightPx: height, pixelSizeFromFileUm: ownSize,
    // What a setting may be is the core's to say.
    settings: { ...defaultSearch, pixel_size_um: null, ...settings } as DetectSettings, detector: isRecord(detector) ? String(detector['sha256']) : null,
    removedBoxes: boxes.map((box) => readBox(box, incomplete)), cells: cells.map((cell) => readCell(cell, incomplete)),
  };
}

function readCell(cell: unknown, incomplete: Error): ReportedFrameCell {
  if (!isRecord(cell)) throw incomplete;
  const { cell: number, status, box = cell, area_px: areaPx, search_score: searchScore, by_hand: byHand, cut_by_border: cutByBorder } = cell;
  if (
    !isCount(number) || !['ok', 'not_classified'].includes(status as string) || typeof areaPx !== 'number' || !(searchScore === null || typeof searchScore === 'number') ||
    typeof byHand !== 'boolean' || typeof cutByBorder !== 'boolean' || byHand !== (searchScore === null)
  ) throw incomplete;
  const measured = Object.fromEntries(measures.flatMap((name) => (name in cell ? [[name, cell[name]]] : [])));
  return { number, box: readBox(box, incomplete), areaPx, measured, searchScore, byHand, cutByBorder, verdict: status === 'ok' ? readVerdict(cell, incomplete) : null };
}

function readBox(box: unknown, incomplete: Error): Box {
  const sides: unknown[] = Array.isArray(box) ? box : isRecord(box) ? [box['left_px'], box['top_px'], box['width_px'], box['height_px']] : [];
  const [left_px, top_px, width_px, height_px] = sides.length === 4 ? sides : [];
  if (!isPlace(left_px) || !isPlace(top_px) || !isCount(width_px) || !isCount(height_px)) throw incomplete;
  return { left_px, top_px, width_px, height_px };
}

const isPlace = (value: unknown): value is number => Number.isInteger(value) && Math.abs(value as number) < 1e6;
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1 && (value as number) < 1e6;
