/** What a person does who looks through the cells: answers, notes, the next cell, many at once. */
import { batch, computed, effect, signal, untracked } from '@preact/signals';
import { type Answer, noReview, type Review, type ReviewOutcome } from '../../src/js/index.ts';
import { type Change, keepBefore, ownPart, take } from './history.ts';
import { era, modelCells, recordAt, reviewNow } from './images.ts';
import { mode, type Mode } from './mode.ts';
import { spec } from './models.ts';
import { remember, remembered } from './remembered.ts';
import { allReviews, reviewOf, reviewRevision, setReview } from './review_store.ts';
import { blind, currentIndex, openCell, openIndex, openDetails, reader, reviewing, shown, standOn } from './view.ts';
import { doubtfulFirst, sample, type Worklist, worklist } from './worklist.ts';
import { words } from './words.ts';

const reviewerKey = 'reviewer';
/** Initials or a name, for the answers that follow; a second reader has their own. */
export const reviewer = signal(remembered(reviewerKey) ?? '');

export function signAs(name: string): void {
  reviewer.value = name.slice(0, 40);
  // Who wants nothing kept wants no name kept either.
  if (reader.value === 'first' && remembered('keep') === null) remember(reviewerKey, reviewer.value || null);
}

const chosen = signal<ReadonlySet<number>>(new Set());
/** Indices of the cells chosen to be answered at once, as far as they are shown: what is out of sight is not answered. */
export const selected = computed<ReadonlySet<number>>(() => {
  if (chosen.value.size === 0) return chosen.value;
  const here = new Set(shown.value.map(({ index }) => index));
  return new Set([...chosen.value].filter((index) => here.has(index)));
});
/** On a phone a press then chooses instead of opening. */
export const selecting = signal(false);

export function select(indices: Iterable<number>): void {
  chosen.value = new Set(indices);
}

export function toggleSelected(index: number): void {
  const next = new Set(selected.value);
  if (!next.delete(index)) next.add(index);
  chosen.value = next;
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
  untracked(() => { chosen.value = new Set(); });
});

/** What many cells are about to be called, until a person says yes. */
export const pending = signal<{ outcome: ReviewOutcome; type: string | null } | null>(null);
effect(() => {
  selected.value;
  pending.value = null;
});

for (const which of ['cells', 'fields'] as const) ownPart<Review | null>(which, (index, review) => setReview(which, index, review));

/** As the results were sorted and filtered when a person chose to go through them: what is answered must not leave the list. */
const asShown = signal<readonly number[]>([]);

/** In the order in which they are gone through; a cell that was removed is gone from every list. */
export const order = computed<readonly number[]>(() => {
  if (worklist.value === 'doubtful' && !blind.value) return doubtfulFirst.value;
  const here = new Set(modelCells.value.map(({ index }) => index));
  return (worklist.value === 'random' ? (sample.value?.indices ?? []) : asShown.value.length > 0 ? asShown.value : shown.value.map(({ index }) => index)).filter((index) => here.has(index));
});

function hasAnswer(index: number): boolean {
  return reviewNow(index)?.[reader.value] != null;
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
  // Keys answer from the panel, wherever the focus was.
  requestAnimationFrame(() => {
    const active = document.activeElement;
    if (!active?.matches('.details *, input[type=text], textarea')) document.querySelector<HTMLElement>('.details')?.focus({ preventScroll: true });
  });
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

/** Answers for the cell that is open, else for those chosen, else for the one stood on. */
export function answer(outcome: ReviewOutcome, type: string | null = null): void {
  if (openIndex.value === null && selected.value.size > 0) return answerSelected(outcome, type);
  const one = openIndex.value ?? currentIndex.value;
  if (one === null) return;
  takeAnswers([one], outcome, type);
  if (openIndex.value !== null) goToNext();
}

/** Answers for all that are chosen; for more than one only when a person has said yes. */
export function answerSelected(outcome: ReviewOutcome, type: string | null = null, sure = false): void {
  const about = [...selected.value];
  if (about.length > 1 && !sure) {
    pending.value = { outcome, type };
    return;
  }
  takeAnswers(about, outcome, type);
  select([]);
}

function takeAnswers(about: readonly number[], outcome: ReviewOutcome, type: string | null): void {
  take(words.answering(about.length, nameOf(outcome, type)), changesOf(about, (review, index) => ({ ...review, [reader.value]: answerNow(outcome, type, index) })));
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
  batch(() => {
    reviewing.value = on;
    select([]);
    if (!on) readAs('first');
  });
  if (on && openIndex.value === null && !goToNext(true) && order.value[0] !== undefined) standOn(order.value[0]);
}

export function chooseWorklist(list: Worklist): void {
  if (list === 'shown') asShown.value = shown.value.map(({ index }) => index);
  worklist.value = list;
  goToNext(true);
}

/** Who answers. A second reader goes through the sample, or all cells in the order of their files, and cannot take back what the first did. */
export function readAs(who: 'first' | 'second'): void {
  if (who === reader.value) return;
  batch(() => {
    reader.value = who;
    reviewer.value = who === 'first' ? (remembered(reviewerKey) ?? '') : '';
    keepBefore(who === 'second');
    select([]);
    if (who === 'second') {
      asShown.value = modelCells.value.map(({ index }) => index);
      worklist.value = sample.value ? 'random' : 'shown';
    }
  });
  if (reviewing.value) goToNext(true);
}

/** Reviews that both readers gave. */
export const readByBoth = computed<Review[]>(() => {
  reviewRevision.value;
  return [...allReviews().values()].filter(({ first, second }) => first && second);
});
