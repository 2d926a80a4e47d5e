/** What demanding a probability buys and costs on cells of known type, without running anything again. */
import type { LabelledCells } from '#cytodrop_core';
import { wilsonInterval } from '../classify/intervals.ts';

/** Cells, or what they stand for; `share` is null of nothing. The interval is Wilson's, 95 %, as if no two cells were alike. */
export interface CellShare { count: number; of: number; share: number | null; interval: [number, number] }

export interface Thresholded {
  /** Of all cells. */
  named: CellShare;
  /** Of those named. */
  right: CellShare;
  /** [types] by the type named: of the cells that are most like it, and of those named so. */
  types: { named: CellShare; right: CellShare }[];
}

/** Weights enter intervals by how many equal cells would tell as much: L. Kish, Survey Sampling (1965). */
class Tally {
  #cells = 0;
  #weight = 0;
  #squares = 0;

  add(weight: number): void {
    this.#cells++;
    this.#weight += weight;
    this.#squares += weight * weight;
  }

  of(total: Tally): CellShare {
    const share = total.#weight > 0 ? this.#weight / total.#weight : null;
    const equal = total.#squares > 0 ? total.#weight ** 2 / total.#squares : 0;
    const count = share === null ? 0 : this.#cells === total.#cells ? equal : share * equal;
    return { count: this.#weight, of: total.#weight, share, interval: wilsonInterval(count, equal) };
  }
}

/**
 * A cell is named when its likeliest type, the first of equal ones, has the threshold's probability or more.
 *
 * Args:
 *   thresholds: one for all types, or [types] by the likeliest type.
 */
export function atThreshold({ types, truth, probabilities, weights }: LabelledCells, thresholds: number | readonly number[]): Thresholded {
  const tallies = (): Tally[] => Array.from({ length: types + 1 }, () => new Tally());
  const [likeliest, named, right] = [tallies(), tallies(), tallies()];
  truth.forEach((type, i) => {
    let best = 0;
    for (let other = 1; other < types; other++) if ((probabilities[i * types + other] as number) > (probabilities[i * types + best] as number)) best = other;
    const isNamed = (probabilities[i * types + best] as number) >= (typeof thresholds === 'number' ? thresholds : thresholds[best] ?? 0);
    const reached = [likeliest, ...(isNamed ? [named] : []), ...(isNamed && best === type ? [right] : [])];
    // The last counts all types together.
    for (const tally of reached) for (const at of [best, types]) tally[at]?.add(weights?.[i] ?? 1);
  });
  const shares = Array.from({ length: types + 1 }, (_, i) => {
    const [all, some, good] = [likeliest[i] as Tally, named[i] as Tally, right[i] as Tally];
    return { named: some.of(all), right: good.of(some) };
  });
  return { ...(shares[types] as Thresholded['types'][number]), types: shares.slice(0, types) };
}
