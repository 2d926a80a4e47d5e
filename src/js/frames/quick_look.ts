/** A quick look at a frame of which nothing is known: by which network, and for cells of which size, most is found. */
import type { Box } from '#cytodrop_core';
import { middleOf } from './cells.ts';
import type { Looked, SearchSettings } from './search.ts';

type Network = Extract<SearchSettings['method'], `network_${string}`>;

/** Of typical cells, px, an octave apart; the steps between are tried around the best. */
const diametersPx = [22, 45, 90];
/** The smallest and largest cells that are searched for, in typical ones. */
const spread = 2;
/** Cells in suspension look much the same to both networks; in phase contrast that for spread cells finds many times as many. */
const clearlyMore = 1.3;
/** Found lengths, in cells of the size looked for, below which nothing is said to be found. */
const least = 1;
/** Enough to tell by, and a fraction of a second. */
const sidePx = 560;

/** The middle of a frame, which is looked at. */
export function lookedAt(image: { width_px: number; height_px: number }): Box {
  return middleOf(image, sidePx);
}

/**
 * How much was found: each cell counts by its size, since a search for too small ones finds many crumbs, and by its score.
 *
 * Args:
 *   boxes: [N][4] of left, top, width, height in px.
 * Returns: sum of the scores times the roots of the boxes' areas, px.
 */
export function foundLength({ scores, boxes }: { scores: Float32Array; boxes: Int32Array }): number {
  return scores.reduce((sum, score, i) => sum + score * Math.sqrt((boxes[4 * i + 2] ?? 0) * (boxes[4 * i + 3] ?? 0)), 0);
}

/**
 * Tries both networks at a few sizes.
 *
 * Args:
 *   shorterSidePx: of what is looked at; cells of more than half of it are not searched for.
 *   lengthFound: `foundLength` of what a network finds there with these settings, in px.
 * Returns: the settings, in px, by which most is found; null where hardly anything is.
 */
export async function quickLook(shorterSidePx: number, lengthFound: (settings: Looked) => Promise<number>): Promise<Looked | null> {
  const at = (method: Network, px: number): Looked => ({ method, least_diameter: px / spread, most_diameter: px * spread });
  const found = async (method: Network, sizes: readonly number[]): Promise<{ px: number; sum: number }> => {
    let best = { px: sizes[0] ?? 0, sum: 0 };
    for (const px of sizes) {
      const sum = px * spread <= shorterSidePx ? await lengthFound(at(method, px)) : 0;
      if (sum > best.sum) best = { px, sum };
    }
    return best;
  };
  const [round, adherent] = [await found('network_round', diametersPx), await found('network_adherent', diametersPx)];
  const [method, best] = adherent.sum > clearlyMore * round.sum ? (['network_adherent', adherent] as const) : (['network_round', round] as const);
  const between = await found(method, [best.px / Math.SQRT2, best.px * Math.SQRT2]);
  const { px, sum } = between.sum > best.sum ? between : best;
  return sum < least * px ? null : at(method, px);
}

/** The same in the unit of the search: µm where the pixel size is known, in numbers that a person would choose. */
export function inUnits({ method, least_diameter, most_diameter }: Looked, pixelSizeUm: number | null): Looked {
  const rounded = (px: number): number => Number((px * (pixelSizeUm ?? 1)).toPrecision(2));
  return { method, least_diameter: rounded(least_diameter), most_diameter: rounded(most_diameter) };
}

/**
 * Where in a small picture of a large one most is to be seen.
 *
 * Args:
 *   sidePx: of the square that will be looked at.
 * Returns: the middle of the square with the widest grey levels, as shares of width and height.
 */
export function liveliest({ widthPx, heightPx, rgba }: { widthPx: number; heightPx: number; rgba: Uint8ClampedArray }, sidePx: number): { x: number; y: number } {
  const side = Math.max(1, Math.round(sidePx));
  let best = { variance: -1, x: 0.5, y: 0.5 };
  for (let top = 0; top < heightPx; top += side) {
    for (let left = 0; left < widthPx; left += side) {
      const [right, bottom] = [Math.min(widthPx, left + Math.max(2, side)), Math.min(heightPx, top + Math.max(2, side))];
      let [sum, squares, count] = [0, 0, 0];
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) {
          const at = 4 * (y * widthPx + x);
          const grey = (rgba[at] as number) + (rgba[at + 1] as number) + (rgba[at + 2] as number);
          sum += grey;
          squares += grey * grey;
          count++;
        }
      }
      const variance = squares / count - (sum / count) ** 2;
      if (variance > best.variance) best = { variance, x: (left + right) / 2 / widthPx, y: (top + bottom) / 2 / heightPx };
    }
  }
  return best;
}
