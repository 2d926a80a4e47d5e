/** The cells of a frame: as they cross the border, searched again, added by hand. */
import type { Box, DetectedCells } from '#cytodrop_core';
import type { PlacedCells } from '../core/core.ts';
import type { FrameAnalysis, FrameCell, Morphometry } from './frame.ts';

/** The way back: where cells lie. */
export function placesOf(cells: readonly Pick<FrameCell, 'box' | 'outline'>[]): PlacedCells {
  const offsets = new Int32Array(cells.length + 1);
  cells.forEach(({ outline }, i) => { offsets[i + 1] = (offsets[i] as number) + outline.length / 2; });
  const outlines = new Float32Array(2 * (offsets.at(-1) as number));
  cells.forEach(({ outline }, i) => outlines.set(outline, 2 * (offsets[i] as number)));
  return { boxes: Int32Array.from(cells.flatMap(({ box }) => [box.left_px, box.top_px, box.width_px, box.height_px])), outlines, outline_offsets: offsets };
}

/** Some of them: from the first up to, not with, the last. */
export function somePlaces({ boxes, outlines, outline_offsets: offsets }: PlacedCells, first: number, last: number): PlacedCells {
  const start = offsets[first] as number;
  const some = offsets.slice(first, Math.min(last, offsets.length - 1) + 1);
  return { boxes: boxes.slice(4 * first, 4 * last), outlines: outlines.slice(2 * start, 2 * (some.at(-1) as number)), outline_offsets: some.map((offset) => offset - start) };
}

/** The arrays that crossed the border as one object a cell. */
export function frameCells({ boxes, scores, areas_px, outlines, outline_offsets, cut_by_border, is_ellipse }: DetectedCells): FrameCell[] {
  return Array.from(scores, (searchScore, id) => {
    const [left_px = 0, top_px = 0, width_px = 0, height_px = 0] = boxes.subarray(4 * id, 4 * id + 4);
    return {
      id, searchScore,
      box: { left_px, top_px, width_px, height_px },
      outline: outlines.slice(2 * (outline_offsets[id] as number), 2 * (outline_offsets[id + 1] as number)),
      areaPx: areas_px[id] as number,
      cutByBorder: cut_by_border[id] === 1,
      isEllipse: is_ellipse[id] === 1,
    };
  });
}

/** What the core measures of a cell, in its order. */
const measured = [
  'areaPx', 'equivalentDiameterPx', 'perimeterPx', 'feretDiameterPx', 'circularity', 'elongation', 'solidity', 'greyMean', 'greySpread', 'granularity',
] as const satisfies readonly (keyof Morphometry)[];

/** An ellipse in a box says nothing of these but what the box says. */
const noShape = { perimeterPx: NaN, feretDiameterPx: NaN, circularity: NaN, elongation: NaN, solidity: NaN } satisfies Partial<Morphometry>;

/** The cells with what `measureOutlines` gave for each. */
export function withMorphometry(cells: readonly FrameCell[], values: Float64Array): FrameCell[] {
  return cells.map((cell, i) => {
    const own = values.subarray(measured.length * i, measured.length * (i + 1));
    const morphometry = Object.fromEntries(measured.map((name, place) => [name, own[place]])) as unknown as Morphometry;
    return { ...cell, morphometry: { ...morphometry, ...(cell.isEllipse && noShape) } };
  });
}

/**
 * The cells of a frame that was searched again: a cell found in the same box keeps its number and its verdict, cells added by hand and
 * those that a person spoke of stay, and what a person removed is not found again.
 *
 * Args:
 *   removed: boxes of the cells removed by hand; a cell that shares more than half of the union with one of them is left out.
 *   spoken: numbers of the cells that a person spoke of; what shares more than half of the union with one of them is that cell.
 */
export function carryOver(before: readonly FrameCell[], found: readonly FrameCell[], removed: readonly Box[] = [], spoken: ReadonlySet<number> = new Set()): FrameCell[] {
  const key = ({ left_px, top_px, width_px, height_px }: Box): string => [left_px, top_px, width_px, height_px].join();
  const known = new Map(before.filter(({ searchScore }) => searchScore !== null).map((cell) => [key(cell.box), cell]));
  let id = nextId(before);
  const stay = before.filter((cell) => cell.searchScore !== null && spoken.has(cell.id));
  const isOther = ({ box }: FrameCell): boolean => !removed.some((other) => overlap(box, other) > 0.5) && !stay.some((other) => overlap(box, other.box) > 0.5);
  const kept = found.filter(isOther).map((cell) => {
    const old = known.get(key(cell.box));
    if (old === undefined) return { ...cell, id: id++ };
    return { ...cell, id: old.id, ...(old.verdict && { verdict: old.verdict }) };
  });
  return [...(stay.length > 0 ? [...kept, ...stay].sort(inReadingOrder) : kept), ...before.filter(({ searchScore }) => searchScore === null)];
}

/** The middle of an image, at most so many px wide and high. */
export function middleOf({ width_px, height_px }: { width_px: number; height_px: number }, sidePx: number): Box {
  const [width, height] = [Math.min(sidePx, width_px), Math.min(sidePx, height_px)];
  return { left_px: (width_px - width) >> 1, top_px: (height_px - height) >> 1, width_px: width, height_px: height };
}

/** Intersection over union of two boxes. */
export function overlap(a: Box, b: Box): number {
  const across = Math.min(a.left_px + a.width_px, b.left_px + b.width_px) - Math.max(a.left_px, b.left_px);
  const down = Math.min(a.top_px + a.height_px, b.top_px + b.height_px) - Math.max(a.top_px, b.top_px);
  if (across <= 0 || down <= 0) return 0;
  return (across * down) / (a.width_px * a.height_px + b.width_px * b.height_px - across * down);
}

/**
 * A cell where a person clicked: a square as large as the frame's other cells, or as the search expects where there is none.
 *
 * Args:
 *   x_px, y_px: inside the frame.
 */
export function cellByHand(x_px: number, y_px: number, { facts, settings, cells }: Pick<FrameAnalysis, 'facts' | 'settings' | 'cells'>): FrameCell {
  const { width_px, height_px } = facts.image;
  const sides = cells.map(({ box }) => Math.sqrt(box.width_px * box.height_px)).sort((a, b) => a - b);
  const expected = Math.sqrt(settings.least_diameter * settings.most_diameter) / (settings.pixel_size_um ?? 1);
  const side = Math.max(2, Math.round(Math.min(sides[sides.length >> 1] ?? expected, width_px, height_px)));
  const within = (centre: number, size: number): [number, number] => {
    const low = Math.max(0, Math.floor(centre) - (side >> 1));
    return [low, Math.max(1, Math.min(size, Math.floor(centre) - (side >> 1) + side) - low)];
  };
  const [left, width] = within(x_px, width_px);
  const [top, height] = within(y_px, height_px);
  return {
    id: nextId(cells),
    box: { left_px: left, top_px: top, width_px: width, height_px: height },
    outline: Float32Array.of(left, top, left + width, top, left + width, top + height, left, top + height),
    areaPx: width * height,
    searchScore: null,
    cutByBorder: left === 0 || top === 0 || left + width === width_px || top + height === height_px,
  };
}

/** By their boxes' centres, as a search gives them. */
function inReadingOrder({ box: a }: FrameCell, { box: b }: FrameCell): number {
  return 2 * (a.top_px - b.top_px) + a.height_px - b.height_px || 2 * (a.left_px - b.left_px) + a.width_px - b.width_px;
}

function nextId(cells: readonly FrameCell[]): number {
  return cells.reduce((most, { id }) => Math.max(most, id + 1), 0);
}
