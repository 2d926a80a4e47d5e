/** What is learned from what a person teaches: cells are looked at once, a head is learned after each change. Loaded when it is taught; `teaching_test.ts` says how good it is. */
import { batch, computed, effect, signal, untracked } from '@preact/signals';
import { type Lesson, probabilitiesOf, type QuickHead, type ShownCell, type TaughtType, Teacher } from '../../src/js/index.ts';
import { sourceOfModel } from './added_models.ts';
import { allImages, files, noteRead } from './images.ts';
import { leftOut } from './left_out.ts';
import { messageOf } from './notice.ts';
import { allLabels, isTeaching, labelAt, labelRevision, plan, teachingEra, trays } from './teaching.ts';
import { groupingNow, groupOf, tableGroups } from './teaching_groups.ts';
import { isOfBase } from './teaching_steps.ts';
import { words } from './words.ts';

/** Pictures without a label that are looked at, at most: each holds a tenth of a megabyte. */
export const mostOthers = 1_000;
/** Between two looks at what has changed. */
const atOnce = 48;
const learnAfterMs = 120;
/** While pictures are still on their way. */
const learnEveryMs = 1_500;

/** Of the one that is at work. */
export const teacherState = signal<'waiting' | 'opening' | 'ready' | 'failed'>('waiting');
export const trouble = signal('');
/** A person let it wait. */
export const isPaused = signal(false);

interface Room { base: string | null; teacher: Teacher; shown: WeakMap<File, ShownCell>; failed: WeakMap<File, string> }
let room: Room | null = null;
let opening: Promise<Room> | null = null;
let under: AbortController | null = null;

/** Counts up when cells were looked at. */
const shownRevision = signal(0);

/** The teacher of the base that is chosen. Raises: as `Teacher.open`. */
export async function teacherNow(): Promise<Room> {
  const { base } = plan.value;
  if (opening) await opening.catch(() => undefined);
  if (room?.base === base) return room;
  opening = open(base);
  try {
    return await opening;
  } finally {
    opening = null;
  }
}

async function open(base: string | null): Promise<Room> {
  const before = room;
  room = null;
  batch(() => {
    teacherState.value = 'opening';
    trouble.value = '';
    learned.value = null;
  });
  try {
    await before?.teacher.close();
    const teacher = await Teacher.open({ home: new URL('./', document.baseURI), ...(base !== null && { base: sourceOfModel(base) }) });
    room = { base, teacher, shown: new WeakMap(), failed: new WeakMap() };
    teacherState.value = 'ready';
    shownRevision.value += 1;
    return room;
  } catch (error) {
    batch(() => {
      teacherState.value = 'failed';
      trouble.value = messageOf(error);
    });
    throw error;
  }
}

/** What was looked at on another base says nothing on this one. */
function roomNow(): Room | null {
  return room?.base === plan.value.base ? room : null;
}

export function cellAt(index: number): ShownCell | undefined {
  const file = allImages()[index]?.file;
  return file ? roomNow()?.shown.get(file) : undefined;
}

/** Positions of all images without a label, as far as they are looked at. */
export const others = computed(() => {
  labelRevision.value;
  return files.value.flatMap((_, index) => (labelAt(index) || leftOut.value.has(index) ? [] : [index]));
});

/** Labelled ones first. */
function wanted(): number[] {
  return [...[...allLabels().keys()].sort((a, b) => a - b), ...others.value.slice(0, mostOthers)];
}

function due(): { index: number; file: File }[] {
  const here = roomNow();
  return wanted().flatMap((index) => {
    const file = allImages()[index]?.file;
    return file && !here?.shown.has(file) && !here?.failed.has(file) ? [{ index, file }] : [];
  });
}

/** How many pictures are looked at, of how many; labelled ones that cannot be. */
export const looked = computed(() => {
  shownRevision.value;
  labelRevision.value;
  files.value;
  const all = wanted();
  return { done: all.filter((index) => cellAt(index) || failureAt(index)).length, of: all.length };
});

export function failureAt(index: number): string | undefined {
  const { file, away } = allImages()[index] ?? {};
  if (!file) return away ? words.notKept : words.teach.imageGone;
  return roomNow()?.failed.get(file);
}

/** Pictures that could not be read, each with why. */
export const unreadable = computed(() => {
  shownRevision.value;
  return files.value.flatMap(({ path }, index) => { const why = failureAt(index); return why === undefined ? [] : [{ index, path, why }]; });
});

let runner: Promise<void> | null = null;

function wake(): void {
  runner ??= work().finally(() => { runner = null; });
}

async function work(): Promise<void> {
  try {
    while (isTeaching.value && !isPaused.value) {
      // Nothing is loaded before there is something to look at.
      if (due().length === 0) return;
      const { base } = plan.value;
      const { teacher, shown, failed } = await teacherNow();
      if (plan.value.base !== base) continue;
      const jobs = due().slice(0, atOnce);
      if (jobs.length === 0) return;
      under = new AbortController();
      const { signal } = under;
      try {
        for await (const one of teacher.show(jobs.map(({ file }) => file), { signal, onRead: (i, bytes) => { const job = jobs[i]; if (job && allImages()[job.index]?.file === job.file) noteRead(job.index, bytes); } })) {
          const { file } = jobs[one.index] as (typeof jobs)[number];
          if (one.status === 'ok') shown.set(file, one.cell);
          else failed.set(file, `${one.message}`);
          shownSoon();
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  } catch (error) {
    if (teacherState.value !== 'failed') trouble.value = messageOf(error);
  }
}

let shownTimer: ReturnType<typeof setTimeout> | undefined;
function shownSoon(): void {
  shownTimer ??= setTimeout(() => {
    shownTimer = undefined;
    shownRevision.value += 1;
  }, 100);
}

export function pause(on: boolean): void {
  isPaused.value = on;
  if (on) under?.abort();
}

/** After a failure. */
export function tryAgain(): void {
  trouble.value = '';
  wake();
}

/** What can be learned from now, and by what it is known. */
export interface LessonsNow { key: string; base: string | null; types: TaughtType[]; indices: number[]; lessons: Lesson[] }

export const lessonsNow = computed<LessonsNow>(() => {
  shownRevision.value;
  labelRevision.value;
  const { base, types, table } = plan.value;
  const some = types.filter(({ id }) => (trays.value.get(id)?.length ?? 0) > 0 || isOfBase(id));
  const known = new Set(some.map(({ id }) => id));
  const grouping = groupingNow.value;
  if (grouping === 'column') tableGroups.value;
  const indices: number[] = [];
  const lessons: Lesson[] = [];
  for (const [index, { type }] of [...allLabels()].sort(([a], [b]) => a - b)) {
    const cell = cellAt(index);
    if (!cell || !known.has(type)) continue;
    indices.push(index);
    lessons.push({ cell, type, group: groupOf(index), path: allImages()[index]?.path ?? '' });
  }
  return { key: JSON.stringify([base, some.map(({ id, name, letter }) => [id, name, letter]), grouping, table && [table.file, table.fileColumn, table.groupColumn], labelRevision.value, lessons.length]), base, types: some, indices, lessons };
});

/** Whether two types have pictures to learn from. */
export const canLearn = computed(() => new Set(lessonsNow.value.lessons.map(({ type }) => type)).size > 1);

/** The head that was learned last, and from what. */
export const learned = signal<{ key: string; head: QuickHead; ms: number } | null>(null);
/** Of the head that was tested last: the strength that was best, and how far its probabilities are to be drawn to the middle. */
export const learnAs = signal<{ base: string | null; strength: number; temperature: number } | null>(null);

/** From so many pictures without a type on some are worth more than others. */
const leastOthers = 12;
const mostSuggested = 8;

/** Positions of pictures whose answer would help most, the most telling first. */
const suggestions = signal<readonly number[]>([]);
export const suggested = computed(() => { const here = new Set(others.value); return suggestions.value.filter((index) => here.has(index)); });

async function suggest(): Promise<void> {
  suggestTimer = undefined;
  const [of, head] = [room, learned.value?.head];
  const cellsOf = (indices: readonly number[]): { index: number; cell: ShownCell }[] => indices.flatMap((index) => { const cell = cellAt(index); return cell ? [{ index, cell }] : []; });
  const free = cellsOf(others.value.slice(0, mostOthers));
  if (!of || !head || free.length < leastOthers) {
    suggestions.value = [];
    return;
  }
  try {
    const found = await of.teacher.suggest(head, cellsOf([...allLabels().keys()]).map(({ cell }) => cell), free.map(({ cell }) => cell), mostSuggested);
    if (room === of) suggestions.value = found.flatMap((place) => free[place]?.index ?? []);
  } catch {
    // The page does without.
    suggestions.value = [];
  }
}

const suggestAfterMs = 400;
let suggestTimer: ReturnType<typeof setTimeout> | undefined;

let learnTimer: ReturnType<typeof setTimeout> | undefined;
let isLearning = false;

async function learn(): Promise<void> {
  learnTimer = undefined;
  const { key, lessons, types, base } = lessonsNow.value;
  const { teacher } = room ?? {};
  if (!teacher || !canLearn.value || room?.base !== base) return;
  isLearning = true;
  const began = performance.now();
  try {
    const known = learnAs.value;
    const head = await teacher.learn(lessons, types, known?.base === base ? known.strength : undefined);
    isLearning = false;
    if (room?.teacher === teacher) learned.value = { key, head, ms: performance.now() - began };
  } catch (error) {
    isLearning = false;
    if (room?.teacher === teacher) trouble.value = messageOf(error);
  }
}

/** What a picture without a label looks like now. */
export interface Guess { index: number; type: string; probability: number }

/** By type, the likeliest first. */
export const guesses = computed<Guess[]>(() => {
  shownRevision.value;
  const { head } = learned.value ?? {};
  if (!head) return [];
  const known = learnAs.value;
  const temperature = known?.base === plan.value.base ? known.temperature : 1;
  const place = new Map(head.types.map(({ id }, i) => [id, i]));
  return others.value.flatMap((index): Guess[] => {
    const cell = cellAt(index);
    if (!cell) return [];
    const probabilities = probabilitiesOf(head, cell, temperature);
    const probability = Math.max(...probabilities);
    return [{ index, type: head.types[probabilities.indexOf(probability)]?.id ?? '', probability }];
  }).sort((a, b) => (place.get(a.type) ?? 0) - (place.get(b.type) ?? 0) || b.probability - a.probability);
});

effect(() => {
  const { key } = lessonsNow.value;
  if (!isTeaching.value || !canLearn.value || teacherState.value !== 'ready' || learned.value?.key === key) return;
  const isBusy = untracked(() => due().some(({ index }) => labelAt(index) !== undefined));
  if (learnTimer === undefined && !isLearning) learnTimer = setTimeout(() => void learn(), isBusy ? learnEveryMs : learnAfterMs);
});

let lastBase: string | null = null;
effect(() => {
  const { base } = plan.value;
  const isOpen = isTeaching.value;
  files.value;
  labelRevision.value;
  isPaused.value;
  untracked(() => {
    if (!isOpen || base !== lastBase) under?.abort();
    lastBase = base;
    if (isOpen) wake();
  });
});

effect(() => {
  learned.value;
  const { done, of } = looked.value;
  clearTimeout(suggestTimer);
  suggestTimer = done === of ? setTimeout(() => void suggest(), suggestAfterMs) : undefined;
});

// What was learned in one project says nothing of another.
effect(() => {
  teachingEra.value;
  untracked(() => batch(() => {
    learned.value = null;
    learnAs.value = null;
    suggestions.value = [];
    trouble.value = '';
    isPaused.value = false;
  }));
});
