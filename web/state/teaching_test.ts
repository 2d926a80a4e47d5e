/** How good what was taught is, on cells that were left out; and the model that is made of it. */
import { batch, computed, effect, signal, untracked } from '@preact/signals';
import { type Examination, type TeachGrouping, zip } from '../../src/js/index.ts';
import { addModel } from './added_models.ts';
import { chooseMode } from './adding.ts';
import { chooseModel } from './model_choice.ts';
import { mode } from './mode.ts';
import { messageOf, notice } from './notice.ts';
import { about, isTeaching, labelAt, plan, teachingEra, trays } from './teaching.ts';
import { groupingNow } from './teaching_groups.ts';
import { items } from './teaching_items.ts';
import { closeTeaching, isOfBase } from './teaching_steps.ts';
import { modelNameOf } from './teaching_types.ts';
import { canLearn, ground, learnAs, lessonsNow, looked, teacherNow } from './teaching_work.ts';
import { words } from './words.ts';

/** From so many cells of every type on it is tested by itself. */
export const leastToTest = 5;
const testAfterMs = 1_200;
/** A test that took longer is begun by a person. */
const mostMsByItself = 20_000;

/** What came of a test. `indices`: of the lessons' cells. */
export interface Tested { key: string; ground: string; grouping: TeachGrouping; found: Examination; indices: number[] }

export const tested = signal<Tested | null>(null);
/** How much of a test is done; null where none is under way. */
export const testing = signal<number | null>(null);
export const testTrouble = signal('');

/** Something changed since the last test. */
export const isStale = computed(() => tested.value !== null && tested.value.key !== lessonsNow.value.key);

/** Types with too few cells to be tested by themselves. */
export const tooFew = computed(() => plan.value.types.filter(({ id }) => { const cells = trays.value.get(id)?.length ?? 0; return cells < leastToTest && !(cells === 0 && isOfBase(id)); }));

export const canTest = computed(() => canLearn.value && looked.value.done === looked.value.of);

export const making = signal(false);
/** The model that was made last. */
export const made = signal<{ name: string; title: string; key: string } | null>(null);

let under: AbortController | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let lastMs = 0;
/** What the test that began last is about. */
let testedKey: string | null = null;

/** Tests what is taught now. Returns: null where it was stopped or failed. */
export async function test(): Promise<Tested | null> {
  under?.abort();
  clearTimeout(timer);
  const { key, lessons, types, indices, ground } = lessonsNow.value;
  testedKey = key;
  const own = under = new AbortController();
  const grouping = groupingNow.value;
  const began = performance.now();
  batch(() => {
    testing.value = 0;
    testTrouble.value = '';
  });
  try {
    const { teacher } = await teacherNow();
    const found = await teacher.examine(lessons, types, { signal: own.signal, onProgress: (done) => { if (under === own) testing.value = done; } });
    if (under !== own) return null;
    lastMs = performance.now() - began;
    const result: Tested = { key, ground, grouping, found, indices };
    batch(() => {
      tested.value = result;
      learnAs.value = { ground, strength: found.head.strength, temperature: found.crossValidated?.temperature ?? 1 };
    });
    return result;
  } catch (error) {
    if (under === own && !own.signal.aborted) testTrouble.value = messageOf(error);
    return null;
  } finally {
    if (under === own) {
      under = null;
      testing.value = null;
    }
  }
}

/** Labels of a test that was stopped by a person: it does not begin by itself again until they change. */
let stoppedKey: string | null = null;

export function stopTest(): void {
  stoppedKey = lessonsNow.value.key;
  giveUp();
}

function giveUp(): void {
  under?.abort();
  under = null;
  testing.value = null;
}

effect(() => {
  const { key } = lessonsNow.value;
  const isDue = isTeaching.value && canTest.value && tooFew.value.length === 0 && tested.value?.key !== key;
  untracked(() => {
    clearTimeout(timer);
    // What it is about has changed.
    if (under && testing.value !== null && testedKey !== key) giveUp();
    if (!isDue || stoppedKey === key || lastMs > mostMsByItself || testing.value !== null) return;
    timer = setTimeout(() => void test(), testAfterMs);
  });
});
effect(() => {
  const now = ground.value;
  untracked(() => { if (tested.value && tested.value.ground !== now) tested.value = null; });
});

// What was found of one project says nothing of another.
effect(() => {
  teachingEra.value;
  untracked(() => {
    giveUp();
    batch(() => {
      tested.value = null;
      made.value = null;
    });
  });
});

/** What a test says of one cell, as far as its label is still the one that was tested. */
export function indexOf({ indices, found }: Tested, lesson: number): number | null {
  const index = indices[lesson];
  return index !== undefined && labelAt(index)?.type === found.lessons[lesson]?.type ? index : null;
}

/** Labels that the others contradict and nobody has said yes to, the likeliest wrong first. */
export const doubtful = computed(() => {
  lessonsNow.value;
  const now = tested.value;
  if (!now) return [];
  const sure = new Set(plan.value.sure[mode.value]);
  return now.found.doubtful.flatMap(({ lesson, probability, likelier }) => {
    const index = indexOf(now, lesson);
    return index === null || sure.has(index) ? [] : [{ index, label: now.found.lessons[lesson]?.type ?? '', probability, likelier }];
  });
});


/** "Neutrophil, lymphocyte and monocyte", of few types. */
export function usualTitle(): string {
  const names = lessonsNow.value.types.map(({ name }) => name);
  return words.teach.title(names);
}

/** Makes a model of what is taught, tested as it is now, and lists it with the others. */
export async function makeModel(): Promise<void> {
  making.value = true;
  testTrouble.value = '';
  try {
    const now = tested.value && !isStale.value ? tested.value : await test();
    if (!now) return;
    const { teacher } = await teacherNow();
    const title = about.value.title.trim() || usualTitle();
    const [author, data] = [about.value.author.trim(), about.value.data.trim()];
    const files = await teacher.model(now.found, { name: modelNameOf(title), title, groupedBy: now.grouping, ...(author && { author }), ...(data && { data }) });
    const file = new Blob([zip([...files].map(([name, bytes]) => ({ name, bytes })))], { type: 'application/zip' });
    const added = await addModel(file);
    made.value = { name: added.name, title: added.title, key: now.key };
  } catch (error) {
    testTrouble.value = messageOf(error);
  } finally {
    making.value = false;
  }
}

/** Chooses a model and shows its results; where cells of frames were only counted, they are named. */
export function useModel({ name, title }: { name: string; title: string }): void {
  const all = items.value.length;
  const taught = [...trays.value.values()].reduce((sum, tray) => sum + tray.length, 0);
  if (mode.value === 'fields') chooseMode('fields');
  void chooseModel(name);
  closeTeaching();
  if (all > 0) notice.value = { words: words.teach.learnedFrom(taught, all, title, mode.value === 'fields' ? 'cells' : 'pictures') };
}
