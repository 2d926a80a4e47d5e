/** What is learned from what a person teaches: cells are looked at once, a head is learned after each change. Loaded when it is taught; `teaching_test.ts` says how good it is. */
import { batch, computed, effect, signal, untracked } from '@preact/signals';
import { CytodropError, type FrameSquare, type Lesson, pictureKey, probabilitiesOf, type QuickHead, type ShownCell, type TaughtType, Teacher } from '../../src/js/index.ts';
import { sourceOfModel } from './added_models.ts';
import { allImages, files, noteRead } from './images.ts';
import { mode } from './mode.ts';
import { listings } from './models.ts';
import { messageOf } from './notice.ts';
import { allLabels, isTeaching, labelAt, labelRevision, plan, teachingEra, trays } from './teaching.ts';
import { groupingNow, groupOf, tableGroups } from './teaching_groups.ts';
import { items, pathOf, type Subject, subjectOf, whyGone } from './teaching_items.ts';
import { isOfBase } from './teaching_steps.ts';

/** Cells without a label that are looked at, at most: each holds a tenth of a megabyte. */
export const mostOthers = 1_000;
/** Between two looks at what has changed. */
const atOnce = 48;
/** Of cells of one frame, which is decoded each time. */
const atOnceInFrame = 192;
const learnAfterMs = 120;
/** While pictures are still on their way. */
const learnEveryMs = 1_500;

/** Of the one that is at work. */
export const teacherState = signal<'waiting' | 'opening' | 'ready' | 'failed'>('waiting');
export const trouble = signal('');
/** A person let it wait. */
export const isPaused = signal(false);

/** What is taught on. Cells that were looked at on other ground cannot be compared. */
const basis = computed<{ base: string | null; frame: FrameSquare | null }>(() => ({ base: plan.value.base, frame: mode.value === 'fields' && plan.value.base === null ? plan.value.square : null }));
export const ground = computed(() => JSON.stringify([basis.value, mode.value]));

/** Whether the base looks at what there is: a model of images of one cell each cannot be shown the cells of a frame. */
export const canLook = computed(() => mode.value === 'cells' || plan.value.base === null || listings.value.find(({ name }) => name === plan.value.base)?.spec.frame !== undefined);

/** Of each file, by the key of what is looked at in it: what was seen, or why it could not be. */
type Seen = WeakMap<File, Map<string, ShownCell | string>>;

interface Room { ground: string; teacher: Teacher; seen: Seen }
let room: Room | null = null;
let opening: Promise<Room> | null = null;
let under: AbortController | null = null;

/** Counts up when cells were looked at. */
const shownRevision = signal(0);

/** The teacher of the base that is chosen. Raises: as `Teacher.open`. */
export async function teacherNow(): Promise<Room> {
  const now = ground.value;
  if (opening) await opening.catch(() => undefined);
  if (room?.ground === now) return room;
  opening = open();
  try {
    return await opening;
  } finally {
    opening = null;
  }
}

async function open(): Promise<Room> {
  const before = room;
  const [now, { base, frame }] = [ground.value, basis.value];
  room = null;
  batch(() => {
    teacherState.value = 'opening';
    trouble.value = '';
    learned.value = null;
  });
  try {
    await before?.teacher.close();
    const teacher = await Teacher.open({ home: new URL('./', document.baseURI), ...(base !== null && { base: sourceOfModel(base) }), ...(frame && { frame }) });
    room = { ground: now, teacher, seen: new WeakMap() };
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

function seenOf({ file, key }: Subject): ShownCell | string | undefined {
  return room?.ground === ground.value ? room.seen.get(file)?.get(key) : undefined;
}

function note({ seen }: Room, { file, key }: Subject, what: ShownCell | string): void {
  const own = seen.get(file) ?? new Map<string, ShownCell | string>();
  seen.set(file, own.set(key, what));
  shownSoon();
}

export function cellAt(index: number): ShownCell | undefined {
  const subject = subjectOf(index);
  const seen = subject ? seenOf(subject) : undefined;
  return typeof seen === 'object' ? seen : undefined;
}

/** Why a cell could not be looked at. */
function failureAt(index: number): string | undefined {
  const subject = subjectOf(index);
  const seen = subject ? seenOf(subject) : whyGone(index);
  return typeof seen === 'string' ? seen : undefined;
}

/** Indices of all cells without a label. */
export const others = computed(() => {
  labelRevision.value;
  return items.value.filter((index) => !labelAt(index));
});

/** Labelled ones first; none before it is known what is looked at around each. */
function wanted(): number[] {
  const { base, square } = plan.value;
  if (!canLook.value || (mode.value === 'fields' && base === null && square === null)) return [];
  return [...[...allLabels().keys()].sort((a, b) => a - b), ...others.value.slice(0, mostOthers)];
}

interface Job { index: number; subject: Subject }

function due(): Job[] {
  return wanted().flatMap((index) => {
    const subject = subjectOf(index);
    return subject && seenOf(subject) === undefined ? [{ index, subject }] : [];
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

/** Cells that could not be looked at, each with why. */
export const unreadable = computed(() => {
  shownRevision.value;
  labelRevision.value;
  return [...new Set([...items.value, ...allLabels().keys()])].flatMap((index) => { const why = failureAt(index); return why === undefined ? [] : [{ index, path: pathOf(index), why }]; });
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
      const now = ground.value;
      const here = await teacherNow();
      if (ground.value !== now) continue;
      const jobs = due();
      if (jobs.length === 0) return;
      under = new AbortController();
      const { signal } = under;
      try {
        await (mode.value === 'fields' ? lookInFrame : lookAtImages)(here, jobs, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  } catch (error) {
    if (teacherState.value !== 'failed') trouble.value = messageOf(error);
  }
}

/** Looks at the first images of one cell each. Raises: as `Teacher.show`. */
async function lookAtImages(here: Room, due: readonly Job[], signal: AbortSignal): Promise<void> {
  const jobs = due.slice(0, atOnce);
  const onRead = (i: number, bytes: Uint8Array): void => { const job = jobs[i]; if (job && allImages()[job.index]?.file === job.subject.file) noteRead(job.index, bytes); };
  for await (const one of here.teacher.show(jobs.map(({ subject }) => subject.file), { signal, onRead })) {
    note(here, (jobs[one.index] as Job).subject, one.status === 'ok' ? one.cell : one.message);
  }
}

/** Looks at the cells of one picture of a file, which is decoded once for all of them. */
async function lookInFrame(here: Room, due: readonly Job[], signal: AbortSignal): Promise<void> {
  const [first] = due;
  if (!first?.subject.found) return;
  const { file, found: { choice, pixelSizeUm } } = first.subject;
  const jobs = due.filter(({ subject }) => subject.file === file && subject.found && pictureKey(subject.found.choice) === pictureKey(choice)).slice(0, atOnceInFrame);
  const cells = jobs.flatMap(({ subject }) => subject.found?.cell ?? []);
  try {
    await here.teacher.showFrame(file, cells, { choice, pixelSizeUm, signal, onShown: (some, place) => some.forEach((cell, i) => note(here, (jobs[place + i] as Job).subject, cell)) });
  } catch (error) {
    if (!(error instanceof CytodropError)) throw error;
    // A file that cannot be decoded harms no other.
    for (const { subject } of jobs) if (seenOf(subject) === undefined) note(here, subject, error.message);
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
export interface LessonsNow { key: string; ground: string; types: TaughtType[]; indices: number[]; lessons: Lesson[] }

export const lessonsNow = computed<LessonsNow>(() => {
  shownRevision.value;
  labelRevision.value;
  const { types, table } = plan.value;
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
    lessons.push({ cell, type, group: groupOf(index), path: pathOf(index) });
  }
  return { key: JSON.stringify([ground.value, some.map(({ id, name, letter }) => [id, name, letter]), grouping, table && [table.file, table.fileColumn, table.groupColumn], labelRevision.value, lessons.length]), ground: ground.value, types: some, indices, lessons };
});

/** Whether two types have pictures to learn from. */
export const canLearn = computed(() => new Set(lessonsNow.value.lessons.map(({ type }) => type)).size > 1);

/** The head that was learned last, and from what. */
export const learned = signal<{ key: string; head: QuickHead; ms: number } | null>(null);
/** Of the head that was tested last: the strength that was best, and how far its probabilities are to be drawn to the middle. */
export const learnAs = signal<{ ground: string; strength: number; temperature: number } | null>(null);

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
  const { key, lessons, types, ground: on } = lessonsNow.value;
  const { teacher } = room ?? {};
  if (!teacher || !canLearn.value || room?.ground !== on) return;
  isLearning = true;
  const began = performance.now();
  try {
    const known = learnAs.value;
    const head = await teacher.learn(lessons, types, known?.ground === on ? known.strength : undefined);
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
  const temperature = known?.ground === ground.value ? known.temperature : 1;
  const place = new Map(head.types.map(({ id }, i) => [id, i]));
  return others.value.slice(0, mostOthers).flatMap((index): Guess[] => {
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

let lastGround = '';
effect(() => {
  const now = ground.value;
  const isOpen = isTeaching.value;
  files.value;
  labelRevision.value;
  isPaused.value;
  untracked(() => {
    if (!isOpen || now !== lastGround) under?.abort();
    lastGround = now;
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
