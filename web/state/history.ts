/**
 * Steps that a person took, back and forth again.
 *
 * A step is a list of changes, each of one thing by its part and number, with what it was and what it became; whoever owns the part says how
 * to put a value there. So steps can be kept with the project, and outlive the page.
 */
import { batch, computed, signal } from '@preact/signals';
import { touch } from './changes.ts';

export interface Change { part: string; key: number; before: unknown; after: unknown }
/** `merges`: a further step of the same kind, soon after, is one with it, as while a slider moves. */
export interface Step { words: string; changes: Change[]; merges?: string }

/** Older ones are forgotten. */
const mostSteps = 500;
const mergeWithinMs = 1_500;

let steps: Step[] = [];
/** Number of the first one that is left. */
let first = 0;
/** Steps before this place are done, those from here on were taken back. */
const place = signal(0);
let lastAtMs = -Infinity;
/** Steps before this place stay as they are. */
const floor = signal(0);

/** Nothing that was done so far can be taken back, or all again. */
export function keepBefore(on: boolean): void {
  floor.value = on ? place.value : 0;
  lastAtMs = -Infinity;
}

const owners = new Map<string, (key: number, value: never) => void>();

/** Says how a value of a part is put in place. */
export function ownPart<Value>(part: string, put: (key: number, value: Value) => void): void {
  owners.set(part, put as (key: number, value: never) => void);
}

function put(part: string, key: number, value: unknown): void {
  owners.get(part)?.(key, value as never);
}

/** Takes a step: puts every value where it belongs, and remembers what was there. */
export function take(words: string, changes: Change[], merges?: string): void {
  if (changes.length === 0) return;
  batch(() => {
    for (const { part, key, after } of changes) put(part, key, after);
    remember({ words, changes, ...(merges !== undefined && { merges }) });
  });
}

function remember(step: Step): void {
  const now = performance.now();
  const done = place.value - first;
  for (let i = done; i < steps.length; i++) touch('steps', first + i);
  steps.length = done;
  const last = steps.at(-1);
  if (last && step.merges !== undefined && step.merges === last.merges && now - lastAtMs < mergeWithinMs) {
    const known = new Map(last.changes.map((change) => [`${change.part} ${change.key}`, change]));
    for (const change of step.changes) {
      const same = known.get(`${change.part} ${change.key}`);
      if (same) same.after = change.after;
      else last.changes.push(change);
    }
    touch('steps', place.value - 1);
  } else {
    steps.push(step);
    touch('steps', place.value);
    place.value += 1;
  }
  while (steps.length > mostSteps) {
    steps.shift();
    touch('steps', first);
    first += 1;
  }
  lastAtMs = now;
}

/** What the next step back, and the next one forth, is about; null where there is none. */
export const backWords = computed(() => (place.value > Math.max(first, floor.value) ? (steps[place.value - 1 - first]?.words ?? null) : null));
export const forthWords = computed(() => (place.value >= floor.value ? (steps[place.value - first]?.words ?? null) : null));

export function back(): void {
  const step = steps[place.value - 1 - first];
  if (place.value <= Math.max(first, floor.value) || !step) return;
  batch(() => {
    for (const { part, key, before } of [...step.changes].reverse()) put(part, key, before);
    place.value -= 1;
  });
  lastAtMs = -Infinity;
}

export function forth(): void {
  const step = steps[place.value - first];
  if (!step) return;
  batch(() => {
    for (const { part, key, after } of step.changes) put(part, key, after);
    place.value += 1;
  });
  lastAtMs = -Infinity;
}

export interface KeptSteps { steps: Step[]; first: number; place: number }

export function stepAt(number: number): Step | undefined {
  return steps[number - first];
}

/** Which steps there are, and where one stands. */
export function whereInSteps(): { first: number; end: number; place: number } {
  return { first, end: first + steps.length, place: place.value };
}

/** Puts kept steps in place of those that there are. */
export function restoreSteps(kept: KeptSteps): void {
  ({ steps, first } = kept);
  place.value = -1;
  place.value = kept.place;
  floor.value = 0;
  lastAtMs = -Infinity;
}

export function forgetSteps(): void {
  restoreSteps({ steps: [], first: 0, place: 0 });
}
