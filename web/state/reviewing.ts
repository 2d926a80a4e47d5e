/** What a person does who looks through the cells: answers, notes, the next cell, many at once. */
import { computed, effect, signal, untracked } from '@preact/signals';
import { type Answer, noReview, type Review, type ReviewOutcome } from '../../src/js/index.ts';
import { type Change, ownPart, take } from './history.ts';
import { era, recordAt } from './images.ts';
import { mode, type Mode } from './mode.ts';
import { spec } from './models.ts';
import { remember, remembered } from './remembered.ts';
import { allReviews, reviewOf, reviewRevision, setReview } from './review_store.ts';
import { currentIndex, openCell, openIndex, openDetails, shown, standOn } from './view.ts';
import { doubtfulFirst, sample, type Worklist, worklist } from './worklist.ts';
import { words } from './words.ts';

/** Whether keys and buttons answer. */
export const reviewing = signal(false);
/** A second reader sees neither the model's answers nor those of the first. */
export const reader = signal<'first' | 'second'>('first');
export const blind = computed(() => reviewing.value && reader.value === 'second');

const reviewerKey = 'reviewer';
/** Initials or a name, for the answers that follow. */
export const reviewer = signal(remembered(reviewerKey) ?? '');

export function signAs(name: string): void {
  reviewer.value = name.slice(0, 40);
  remember(reviewerKey, reviewer.value || null);
}

/** Indices of the cells chosen to be answered at once. */
export const selected = signal<ReadonlySet<number>>(new Set());
/** On a phone a press then chooses instead of opening. */
export const selecting = signal(false);

export function select(indices: Iterable<number>): void {
  selected.value = new Set(indices);
}

export function toggleSelected(index: number): void {
  const next = new Set(selected.value);
  if (!next.delete(index)) next.add(index);
  selected.value = next;
}

/** All between the one that was stood on and another, in the order shown. */
export function selectTo(index: number): void {
  const order = shown.value.map((cell) => cell.index);
  const [a, b] = [order.indexOf(currentIndex.value ?? index), order.indexOf(index)];
  if (a < 0 || b < 0) return;
  select([...selected.value, ...order.slice(Math.min(a, b), Math.max(a, b) + 1)]);
}

effect(() => {
  era.value;
  mode.value;
  untracked(() => { selected.value = new Set(); });
});

/** What many cells are about to be called, until a person says yes. */
export const pending = signal<{ outcome: ReviewOutcome; type: string | null } | null>(null);
effect(() => {
  selected.value;
  pending.value = null;
});

for (const which of ['cells', 'fields'] as const) ownPart<Review | null>(which, (index, review) => setReview(which, index, review));

/** In the order in which they are gone through. */
export const order = computed<readonly number[]>(() => {
  if (worklist.value === 'shown') return shown.value.map(({ index }) => index);
  return worklist.value === 'random' ? (sample.value?.indices ?? []) : doubtfulFirst.value;
});

function hasAnswer(index: number): boolean {
  return reviewOf(index)?.[reader.value] != null;
}

/** How many of the list are answered, and of how many. */
export const answered = computed(() => {
  reviewRevision.value;
  return { answered: order.value.reduce((count, index) => count + Number(hasAnswer(index)), 0), of: order.value.length };
});

/** Whether a cell of the list was answered before its place, from where one is on. */
function nextIn(list: readonly number[], from: number | null): number | undefined {
  const start = from === null ? 0 : list.indexOf(from) + 1;
  for (let i = 0; i < list.length; i++) {
    const index = list[(start + i) % list.length] as number;
    if (index !== from && !hasAnswer(index) && recordAt(index)?.status === 'ok') return index;
  }
  return undefined;
}

/** Opens the next cell of the list that waits for an answer, from where one is on or from the list's beginning. Returns: whether there was one. */
export function goToNext(fromBeginning = false): boolean {
  const next = nextIn(order.value, fromBeginning ? null : (openIndex.value ?? currentIndex.value));
  if (next === undefined) return false;
  openDetails(next);
  return true;
}

/** How a cell that is answered now came to be looked at. */
function originOf(index: number): Answer['origin'] {
  if (sample.value?.indices.includes(index)) return 'random';
  return worklist.value === 'doubtful' && openIndex.value === index ? 'doubtful' : 'chosen';
}

function answerNow(outcome: ReviewOutcome, type: string | null, index: number): Answer {
  return { outcome, type, reviewer: reviewer.value.trim(), at: new Date().toISOString(), origin: originOf(index) };
}

function changesOf(indices: Iterable<number>, change: (review: Review, index: number) => Review): Change[] {
  const of: Mode = mode.value;
  return [...indices].map((index) => {
    const before = reviewOf(index) ?? null;
    return { part: of, key: index, before, after: change(before ?? noReview, index) };
  });
}

function nameOf(outcome: ReviewOutcome, type: string | null): string {
  return outcome === 'type' ? (spec.value?.classes.find(({ id }) => id === type)?.name ?? '') : words.outcomes[outcome];
}

/** The cells that an answer would be about. */
export function targets(): number[] {
  if (selected.value.size > 0) return [...selected.value];
  const one = openIndex.value ?? currentIndex.value;
  return one === null ? [] : [one];
}

/** Answers for the cells chosen, where they are many only once a person has said yes, or for the one looked at, and goes on to the next. */
export function answer(outcome: ReviewOutcome, type: string | null = null, sure = false): void {
  const about = targets();
  if (about.length === 0) return;
  if (about.length > 1 && !sure) {
    pending.value = { outcome, type };
    return;
  }
  const many = selected.value.size > 0;
  take(words.answering(about.length, nameOf(outcome, type)), changesOf(about, (review, index) => ({ ...review, [reader.value]: answerNow(outcome, type, index) })));
  if (many) select([]);
  else if (openIndex.value !== null) goToNext();
}

/** Says that the model is right of the cell looked at; of one that it did not name there is nothing to confirm. */
export function confirm(): void {
  const cell = openCell.value;
  if (!cell || cell.unnamed || blind.value) return;
  answer('type', cell.label);
}

/** Takes an answer back. */
export function takeBack(index: number): void {
  take(words.takingBack, changesOf([index], (review) => ({ ...review, [reader.value]: null })));
}

export function setNote(index: number, note: string): void {
  take(words.noting, changesOf([index], (review) => ({ ...review, note: note.slice(0, 2_000) })), `note ${index}`);
}

/** Begins, or ends; a list that has nothing left begins at its start. */
export function setReviewing(on: boolean): void {
  reviewing.value = on;
  if (on && openIndex.value === null && !goToNext(true) && order.value[0] !== undefined) standOn(order.value[0]);
}

export function chooseWorklist(list: Worklist): void {
  worklist.value = list;
  goToNext(true);
}

export function readAs(who: 'first' | 'second'): void {
  reader.value = who;
  goToNext(true);
}

/** Reviews that both readers gave. */
export const readByBoth = computed<Review[]>(() => {
  reviewRevision.value;
  return [...allReviews().values()].filter(({ first, second }) => first && second);
});
