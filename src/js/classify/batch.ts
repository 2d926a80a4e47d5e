/** What many cells come to as a set: whether they are of the kind that the model learned from, and in which way they are not. */
import type { BatchVerdict } from '#cytodrop_core';
import type { ModelSpec } from '../model/spec.ts';
import type { CellVerdict } from './outcome.ts';

/** A measure whose mean over the cells lies outside what is usual. */
export interface BatchDifference { measure: string; mean: number; usual: number; spread: number }

export interface Batch extends BatchVerdict {
  /** The most striking first; empty for a set that is not foreign. */
  differences: BatchDifference[];
}

type Placed = Pick<CellVerdict, 'deviation' | 'measures'>;

/** In spreads of single cells: a set that is further off in its mean is off whatever types it holds. */
const leastDifference = 1;

/** The deviations of cells one after the other, as the core takes them. */
export function deviationsOf(cells: readonly Placed[]): Float32Array {
  const each = cells[0]?.deviation.length ?? 0;
  const deviations = new Float32Array(cells.length * each);
  cells.forEach(({ deviation }, i) => deviations.set(deviation, i * each));
  return deviations;
}

/** In which way cells differ from those that a model learned from, the most striking first. */
export function differencesOf(cells: readonly Placed[], { novelty }: Pick<ModelSpec, 'novelty'>): BatchDifference[] {
  const usual = Object.entries(novelty?.batch?.measures ?? {});
  const off = ({ mean, usual: known, spread }: BatchDifference): number => Math.abs(mean - known) / Math.max(spread, 1e-9);
  return usual
    .map(([measure, [known, spread]], i) => ({ measure, usual: known, spread, mean: cells.reduce((sum, { measures }) => sum + (measures[i] ?? NaN), 0) / cells.length }))
    .filter((difference) => off(difference) > leastDifference)
    .sort((a, b) => off(b) - off(a));
}

/** The probability below which cells of a set are unsure: in a foreign one more is asked for. */
export function carefulBelow({ judge, novelty }: Pick<ModelSpec, 'judge' | 'novelty'>, batch: Pick<Batch, 'foreign'> | null): number {
  return batch?.foreign ? Math.max(judge.abstain_below, novelty?.batch?.abstain_below ?? judge.abstain_below) : judge.abstain_below;
}
