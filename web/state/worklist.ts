/** The order in which a look helps most, and cells drawn at random, which alone say how good a model is. */
import { computed, signal } from '@preact/signals';
import { type Sample, turnsDisagree } from '../../src/js/index.ts';
import { type Cell, modelKind } from './frame_store.ts';
import { ownPart, take } from './history.ts';
import { modelCells } from './images.ts';
import { words } from './words.ts';

/** `doubtful`: where a look helps most; `random`: the cells drawn; `shown`: as the results are sorted and filtered. */
export type Worklist = 'doubtful' | 'random' | 'shown';
export const worklist = signal<Worklist>('doubtful');

export const sample = signal<Sample | null>(null);

ownPart<Sample | null>('sample', (_, value) => { sample.value = value; });

/** Indices of all cells: least certain, flagged and disagreeing ones by turns, so that no kind hides the others, then the rest by certainty. */
export const doubtfulFirst = computed<number[]>(() => {
  const all = modelCells.value;
  const kinds: [worth: (cell: Cell) => number, is: (cell: Cell) => boolean][] = [
    [(cell) => -lead(cell), (cell) => modelKind(cell) === 'unsure' || cell.unnamed === true],
    [({ quality, novelty }) => quality.length + (novelty ?? 0) / 1e6, (cell) => ['quality', 'foreign'].includes(modelKind(cell))],
    [(cell) => -lead(cell), ({ turns, second }) => (turns !== undefined && turnsDisagree({ turns })) || second?.agree === false],
  ];
  const queues = kinds.map(([worth, is]) => all.filter(is).map((cell) => ({ index: cell.index, worth: worth(cell) })).sort((a, b) => b.worth - a.worth));
  const order = new Set<number>();
  for (let i = 0; i < Math.max(0, ...queues.map(({ length }) => length)); i++) {
    for (const queue of queues) {
      const next = queue[i];
      if (next) order.add(next.index);
    }
  }
  const rest = all.filter(({ index }) => !order.has(index)).map((cell) => ({ index: cell.index, lead: lead(cell) })).sort((a, b) => a.lead - b.lead);
  return [...order, ...rest.map(({ index }) => index)];
});

/** How far the most probable type is before the next. */
function lead({ probabilities }: Cell): number {
  let [first, second] = [0, 0];
  for (const p of probabilities) {
    if (p > first) [first, second] = [p, first];
    else if (p > second) second = p;
  }
  return first - second;
}

/** A number from 0 to, not with, `below`, each as likely as the others. */
function randomBelow(below: number): number {
  const most = 2 ** 32 - (2 ** 32 % below);
  const one = new Uint32Array(1);
  do crypto.getRandomValues(one);
  while ((one[0] as number) >= most);
  return (one[0] as number) % below;
}

/** So many of them, each set of so many as likely as any other; in random order. */
function drawn<Item>(items: readonly Item[], count: number): Item[] {
  const pool = [...items];
  const most = Math.min(count, pool.length);
  for (let i = 0; i < most; i++) {
    const other = i + randomBelow(pool.length - i);
    [pool[i], pool[other]] = [pool[other] as Item, pool[i] as Item];
  }
  return pool.slice(0, most);
}

/**
 * Draws cells to label.
 *
 * Args:
 *   count: of all, or where `byType` of each type that the model named.
 */
export function drawSample(count: number, byType: boolean): void {
  const all = modelCells.value;
  let next: Sample = { indices: drawn(all.map(({ index }) => index), count), strata: null, of: all.length };
  if (byType) {
    const labels = [...new Set(all.map(({ label }) => label))].sort();
    const strata = labels.map((label) => {
      const of = all.filter((cell) => cell.label === label).map(({ index }) => index);
      return { label, cells: of.length, some: drawn(of, count) };
    });
    const together = strata.flatMap(({ some }) => some);
    next = { indices: drawn(together, together.length), strata: strata.map(({ label, cells, some }) => ({ label, cells, drawn: some.length })), of: all.length };
  }
  take(words.drawing(next.indices.length), [{ part: 'sample', key: 0, before: sample.value, after: next }]);
  worklist.value = 'random';
}
