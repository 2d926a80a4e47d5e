/** A picture of any size as tiles, and the cells of all of them as one list without doubles. */
import type { Box, DetectSettings } from '#cytodrop_core';
import { overlap } from './cells.ts';
import type { FrameCell, FrameFacts } from './frame.ts';

/** A part whose cells are kept, with what is seen around it so that none of them is cut; px of the picture. */
export interface Tile { core: Box; seen: Box }

/** Sides of cores are multiples of it, as those of a file's own tiles mostly are. */
const stepPx = 256;
const [leastSidePx, mostSidePx] = [512, 4096];
/** Side of a core, in typical cells: about 2,000 px where a network finds the cells. */
const sideInCells = 93;
/** What is seen around it, in typical cells and in largest ones: further than what a network says of a place reaches, and than a cell whose middle lies inside. */
const [marginInCells, marginInLargest] = [5, 1.5];
/** A cell that lies on a seam may look that much shifted from the other side, in smallest cells. */
const shiftInLeast = 0.25;
/** Two cells that share more of their union are one, seen from both sides of a seam. */
const sameFrom = 0.3;
/** Levels of 256 between the darkest and the brightest of a place where nothing lies. */
const emptyLevels = 8;
/** A typical cell has at least so many px in the copy by which a tile is taken for empty, and as it is then drawn. */
const [leastInCopyPx, leastDrawnPx] = [4, 3];

interface Lengths { least: number; most: number; typical: number }

/** In px of the picture. */
function lengthsOf({ least_diameter, most_diameter, pixel_size_um }: Pick<DetectSettings, 'least_diameter' | 'most_diameter' | 'pixel_size_um'>): Lengths {
  const [least, most] = [least_diameter / (pixel_size_um ?? 1), most_diameter / (pixel_size_um ?? 1)];
  return { least, most, typical: Math.sqrt(least * most) };
}

type Searched = Parameters<typeof lengthsOf>[0];

/** In reading order. They follow from the picture's size and the settings alone, whoever works on them. */
export function tilesOf({ width_px, height_px }: { width_px: number; height_px: number }, settings: Searched): Tile[] {
  const { most, typical } = lengthsOf(settings);
  const side = Math.min(mostSidePx, Math.max(leastSidePx, Math.ceil((sideInCells * typical) / stepPx) * stepPx));
  const margin = Math.ceil(Math.min(mostSidePx / 4, Math.max(marginInCells * typical, marginInLargest * most)));
  const tiles: Tile[] = [];
  for (let top = 0; top < height_px; top += side) {
    for (let left = 0; left < width_px; left += side) {
      const core = { left_px: left, top_px: top, width_px: Math.min(side, width_px - left), height_px: Math.min(side, height_px - top) };
      const [from, above] = [Math.max(0, left - margin), Math.max(0, top - margin)];
      const [to, below] = [Math.min(width_px, left + core.width_px + margin), Math.min(height_px, top + core.height_px + margin)];
      tiles.push({ core, seen: { left_px: from, top_px: above, width_px: to - from, height_px: below - above } });
    }
  }
  return tiles;
}

/** The smallest copy in which a cell can still be seen, by how many times smaller the copies are; 0 where there is none. */
export function glanceLevel(timesSmaller: readonly number[], settings: Searched): number {
  const most = Math.max(1, lengthsOf(settings).typical / leastInCopyPx);
  return timesSmaller.reduce((best, times, level) => (times <= most && times > (timesSmaller[best] ?? 1) ? level : best), 0);
}

/** Side of a picture of a part in which a cell can still be seen. */
export function glancePx({ width_px, height_px }: Box, settings: Searched): number {
  return Math.min(1024, Math.max(64, Math.ceil((leastDrawnPx * Math.max(width_px, height_px)) / lengthsOf(settings).typical)));
}

/** Whether nothing lies there: R G B A, 0 to 255. */
export function looksEmpty(rgba: Uint8Array | Uint8ClampedArray): boolean {
  const [low, high] = [[255, 255, 255], [0, 0, 0]] as [number[], number[]];
  for (let i = 0; i < rgba.length; i++) {
    const channel = i & 3;
    if (channel === 3) continue;
    const value = rgba[i] as number;
    if (value < (low[channel] as number)) low[channel] = value;
    if (value > (high[channel] as number)) high[channel] = value;
    if ((high[channel] as number) - (low[channel] as number) > emptyLevels) return false;
  }
  return true;
}

/** Whether a cell is a tile's own: its middle lies in the core, or so near it that the tile behind the seam may see it on this side. */
export function isOwn({ left_px, top_px, width_px, height_px }: Box, core: Box, settings: Searched): boolean {
  const shift = Math.max(2, shiftInLeast * lengthsOf(settings).least);
  const [x, y] = [left_px + width_px / 2, top_px + height_px / 2];
  return x >= core.left_px - shift && x < core.left_px + core.width_px + shift && y >= core.top_px - shift && y < core.top_px + core.height_px + shift;
}

/** Of one tile after the other, in order: of a cell that two tiles see the first one's stays. */
export class Seams {
  readonly #rooms = new Map<string, Box[]>();
  readonly #sidePx: number;

  /** Args: tilePx: side of the tiles. */
  constructor(tilePx: number) {
    this.#sidePx = tilePx / 8;
  }

  /** Those of a tile that none before has. */
  add(cells: readonly FrameCell[]): FrameCell[] {
    const fresh = cells.filter(({ box }) => !this.#near(box).some((other) => overlap(box, other) > sameFrom));
    for (const { box } of fresh) {
      const [column, row] = this.#roomOf(box.left_px + box.width_px / 2, box.top_px + box.height_px / 2);
      const key = `${column} ${row}`;
      this.#rooms.set(key, [...(this.#rooms.get(key) ?? []), box]);
    }
    return fresh;
  }

  #near({ left_px, top_px, width_px, height_px }: Box): Box[] {
    // As far as the middle of a cell that shares something may lie.
    const [left, top] = this.#roomOf(left_px - width_px, top_px - height_px);
    const [right, bottom] = this.#roomOf(left_px + 2 * width_px, top_px + 2 * height_px);
    const found: Box[] = [];
    for (let row = top; row <= bottom; row++) for (let column = left; column <= right; column++) found.push(...(this.#rooms.get(`${column} ${row}`) ?? []));
    return found;
  }

  #roomOf(x: number, y: number): [number, number] {
    return [Math.floor(x / this.#sidePx), Math.floor(y / this.#sidePx)];
  }
}

/** A cell of a part as one of the whole. */
export function placed(cell: FrameCell, { left_px, top_px }: Box, { width_px, height_px }: Pick<FrameFacts['image'], 'width_px' | 'height_px'>, id: number): FrameCell {
  const box = { ...cell.box, left_px: cell.box.left_px + left_px, top_px: cell.box.top_px + top_px };
  const { verdict } = cell;
  return {
    ...cell, id, box, outline: cell.outline.map((value, i) => value + (i % 2 === 0 ? left_px : top_px)),
    cutByBorder: box.left_px <= 0 || box.top_px <= 0 || box.left_px + box.width_px >= width_px || box.top_px + box.height_px >= height_px,
    ...(verdict && { verdict: { ...verdict, crop: { ...verdict.crop, left_px: verdict.crop.left_px + left_px, top_px: verdict.crop.top_px + top_px } } }),
  };
}
