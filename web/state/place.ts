/** Where a person is in the results, as it is kept with them. */
import { batch, type Signal } from '@preact/signals';
import { currentFrame, currentIndex, filter, layout, leastProbability, openIndex, question, reader, reviewing, search, sort, subset, thisFrameOnly, tileSize } from './view.ts';
import { grouping, groupings, source, truthSources } from './label_table.ts';
import { isTeaching } from './teaching.ts';
import { worklist } from './worklist.ts';

/** It may come from a stranger's file: what is none of these is left as it is. */
type Check = (value: unknown) => boolean;
const oneOf = (...words: string[]): Check => (value) => words.includes(value as string);
const text = (most: number): Check => (value) => typeof value === 'string' && value.length <= most;
const orNull = (check: Check): Check => (value) => value === null || check(value);
const isIndex: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isFlag: Check = (value) => typeof value === 'boolean';
const isSort: Check = (value) => typeof value === 'object' && value !== null && oneOf('index', 'file', 'label', 'probability', 'unsure')((value as { key?: unknown }).key) && isFlag((value as { descending?: unknown }).descending);

const kept: Record<string, [signal: Signal, check: Check]> = {
  isTeaching: [isTeaching, isFlag], layout: [layout, oneOf('gallery', 'table', 'frame', 'measure', 'paper')], filter: [filter, orNull(text(200))], search: [search, text(1_000)], sort: [sort, isSort], tileSize: [tileSize, oneOf('small', 'medium', 'large')],
  currentFrame: [currentFrame, orNull(isIndex)], thisFrameOnly: [thisFrameOnly, isFlag], leastProbability: [leastProbability, (value) => typeof value === 'number' && value >= 0 && value <= 1],
  currentIndex: [currentIndex, orNull(isIndex)], openIndex: [openIndex, orNull(isIndex)], reviewing: [reviewing, isFlag], reader: [reader, oneOf('first', 'second')], worklist: [worklist, oneOf('doubtful', 'random', 'shown')], question: [question, text(2_000)], truth: [source, oneOf(...truthSources)], grouping: [grouping, oneOf(...groupings)],
};

export function placeNow(): Record<string, unknown> {
  return Object.fromEntries(Object.entries(kept).map(([name, [{ value }]]) => [name, value]));
}

export function restorePlace(place: Record<string, unknown>): void {
  batch(() => {
    subset.value = null;
    for (const [name, [signal, check]] of Object.entries(kept)) if (check(place[name])) signal.value = place[name];
  });
}

/** As a new project begins. */
export function leavePlace(): void {
  restorePlace({ filter: null, search: '', sort: { key: 'index', descending: false }, thisFrameOnly: false, leastProbability: 0, currentIndex: null, openIndex: null, reviewing: false, reader: 'first', worklist: 'doubtful', question: '', truth: 'review', grouping: 'none' });
}
