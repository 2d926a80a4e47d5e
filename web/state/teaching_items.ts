/** What can be taught, as the page looks at images now: images of one cell each, or cells of frames. Each is known by its index. */
import { computed } from '@preact/signals';
import { cellKey, type FrameSquare, frameOfKey, pictureKey } from '../../src/js/index.ts';
import { allCells, allFrames, findCell, type FoundCell, frameAt } from './frame_store.ts';
import { files, imageAt } from './images.ts';
import { leftOut } from './left_out.ts';
import { mode } from './mode.ts';
import { words } from './words.ts';

/** Indices of all of them, in the order of their files. */
export const items = computed<number[]>(() => {
  const images = files.value;
  return mode.value === 'fields' ? allCells().map(({ index }) => index) : [...images.keys()].filter((index) => !leftOut.value.has(index));
});

/** Position of the file that one is in. */
export function positionOf(index: number): number {
  return mode.value === 'fields' ? frameOfKey(index) : index;
}

/** What a person knows it by. */
export function pathOf(index: number): string {
  const path = imageAt(index)?.path ?? '';
  return mode.value === 'fields' ? words.teach.cellOf(path, index - cellKey(frameOfKey(index), 0) + 1) : path;
}

/** The folders of its file. */
export function folderOf(index: number): string {
  return (imageAt(index)?.path ?? '').split('/').slice(0, -1).join('/');
}

/** What is looked at: a file, and in a frame the cell; the key tells apart all that would be looked at otherwise. Null where it is not here. */
export interface Subject { file: File; key: string; found?: FoundCell }

export function subjectOf(index: number): Subject | null {
  const file = imageAt(index)?.file;
  if (!file) return null;
  if (mode.value === 'cells') return { file, key: '' };
  const found = findCell(index);
  if (!found) return null;
  const { cell: { box }, choice, pixelSizeUm } = found;
  return { file, key: [pictureKey(choice), box.left_px, box.top_px, box.width_px, box.height_px, pixelSizeUm].join(' '), found };
}

/** Why one cannot be looked at that has no subject. */
export function whyGone(index: number): string {
  const { file, away } = imageAt(index) ?? {};
  return file ? words.cellGone : away ? words.notKept : words.teach.imageGone;
}

/** Times a cell's diameter that a network looks at. */
const diametersAcross = 1.5;
const leastSidePx = 16;

/** The square that suits the cells of all frames with the pixel size of one: one and a half times their median diameter; and how they were found. */
export function squareFor(index: number): FrameSquare {
  const frame = frameAt(frameOfKey(index));
  if (!frame) throw new Error(words.cellGone);
  const { pixel_size_um: pixelSizeUm, least_diameter, most_diameter, method } = frame.analysis.settings;
  const cells = allFrames().flatMap(({ entry: { analysis } }) => (analysis.settings.pixel_size_um === pixelSizeUm ? analysis.cells : []));
  const diameters = cells.map(({ areaPx }) => 2 * Math.sqrt(areaPx / Math.PI)).sort((a, b) => a - b);
  return { sidePx: Math.max(leastSidePx, Math.round(diametersAcross * (diameters[diameters.length >> 1] ?? 0))), pixelSizeUm, search: { least_diameter, most_diameter, method } };
}
