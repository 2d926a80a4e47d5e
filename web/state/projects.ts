/**
 * The open project, written while work goes on, and those kept before.
 *
 * What the stores change they touch (`changes.ts`); here it is gathered, a moment later and many at once, and written. Nothing else on the page
 * knows that anything is kept.
 */
import { computed, effect, signal, untracked } from '@preact/signals';
import { type ProjectHead, projectSchema } from '../../src/js/index.ts';
import { onBytes, onTouched, parts, takeTouched, touch, type Touched } from './changes.ts';
import { takeFrames } from './frame_store.ts';
import { forgetHeldFrames } from './held_frames.ts';
import { forgetSteps, restoreSteps, type Step, stepAt, whereInSteps } from './history.ts';
import { allImages, files, takeImages } from './images.ts';
import { table } from './label_table.ts';
import { types, unsureBelow } from './models.ts';
import { messageOf, notice } from './notice.ts';
import { leavePlace, placeNow, restorePlace } from './place.ts';
import { runState } from './progress.ts';
import { allWritten, type FileBatch, fileBatches, filesLeft, forgetWritten, holdBytes, namesAhead, unfit } from './project_files.ts';
import { headNow, type ProjectName, readRows, type Restored, rowsOf, settingsNow, touchAll } from './project_rows.ts';
import { ProjectStore, type Row } from './project_store.ts';
import { estimate, writeRows } from './project_writing.ts';
import { remember, remembered, rememberedHere, rememberHere } from './remembered.ts';
import { takeReviews } from './review_store.ts';
import { takeTeaching } from './teaching.ts';
import { sample } from './worklist.ts';
import { words } from './words.ts';

/** `off`: a person wants nothing kept; `denied`: the browser keeps nothing; `full`: no more fits; `lost`: what was kept is gone, as where a person cleared it. */
export type Storing = 'unknown' | 'on' | 'off' | 'denied' | 'full' | 'lost';
const storingKey = 'keep';
const nothing = 'nothing';
export const storing = signal<Storing>(remembered(storingKey) === nothing ? 'off' : 'unknown');

/** The project that is written to; null before there is anything to keep. */
export const project = signal<ProjectName | null>(null);
/** All that are kept, newest first. */
export const kept = signal<readonly ProjectHead[]>([]);
/** Bytes in use and at most, as far as the browser tells. */
export const room = signal<{ usedBytes: number; mostBytes: number; persisted: boolean } | null>(null);
/** Files of the open project that are not kept with it. */
export const notKept = computed(() => unfit.value.size);
/** Whether anything on the page would be lost with it. */
export const atRisk = computed(() => files.value.length > 0 && (project.value === null || storing.value !== 'on' || runState.value === 'running'));

const openKey = 'project';

/** A tab knows its own, also after a reload; a browser that was killed comes back with what was open last. */
export function rememberOpen(id: string | null): void {
  remember(openKey, id);
  rememberHere(openKey, id);
}

/** Whether there is nowhere to write to, now and until a person changes it. */
function isNothingKept(): boolean {
  return storing.value === 'off' || storing.value === 'denied' || storing.value === 'lost';
}

/** Id of the project that was open last, in this tab or else in this browser. */
export function openLast(): string | null {
  return storing.value === 'off' ? null : (rememberedHere(openKey) ?? remembered(openKey));
}

let opening: Promise<ProjectStore | null> | undefined;

/** The database, or null where there is none to be had. */
function store(): Promise<ProjectStore | null> {
  opening ??= (async () => {
    try {
      const opened = await ProjectStore.open(() => {
        opening = undefined;
        if (storing.value !== 'off') storing.value = 'lost';
      });
      if (storing.value === 'unknown') storing.value = 'on';
      return opened;
    } catch {
      if (storing.value !== 'off') storing.value = 'denied';
      return null;
    }
  })();
  return opening;
}

export async function listKept(): Promise<void> {
  const known = await store();
  if (!known) return;
  kept.value = await known.list();
  const { usage = 0, quota = 0 } = await estimate();
  const persisted = (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
  room.value = quota > 0 ? { usedBytes: usage, mostBytes: quota, persisted } : null;
}

/** Asks the browser not to throw anything away when the disk fills up. */
export async function persist(): Promise<void> {
  await navigator.storage?.persist?.().catch(() => false);
  await listKept();
}

let release: (() => void) | undefined;

const lockName = (id: string): string => `cytodrop ${id}`;

/** Takes a project for this tab alone. Returns: false where another tab has it. */
async function hold(id: string): Promise<boolean> {
  // Without a secure address there are no locks; two tabs then overwrite each other.
  if (!navigator.locks) return true;
  return new Promise((resolve) => {
    void navigator.locks.request(lockName(id), { ifAvailable: true }, (lock) => {
      if (!lock) {
        resolve(false);
        return null;
      }
      // The one held before is let go only when this one is had.
      letGo();
      return new Promise<void>((done) => {
        release = done;
        resolve(true);
      });
    });
  });
}

/** Another tab may have the project that this one had. */
export function letGo(): void {
  const mine = release;
  release = undefined;
  // What is still to be written is written first.
  if (mine) void queue.finally(mine);
}

function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** By its folder, or its first file. */
function nameOfNew(): string {
  const [first] = allImages();
  const [folder = '', ...below] = (first?.path ?? '').split('/');
  const name = first?.intended ? words.project.samples : below.length > 0 ? folder : allImages().length > 1 ? words.project.files(folder, allImages().length - 1) : folder;
  return name.slice(0, 80);
}

/** What a person did is written at once; results that pour in go many together, since the last row of them is written anew each time. */
const writeAfterMs = 50;
const writeWhileRunningMs = 1_500;

interface Job { head: ProjectHead; rows: Row[]; files: FileBatch[]; touched: Touched }

let timer: ReturnType<typeof setTimeout> | undefined;
let queue: Promise<void> = Promise.resolve();
let queued = 0;

function writeSoon(): void {
  if (isNothingKept()) return;
  timer ??= setTimeout(() => {
    timer = undefined;
    // One after the other, so that what changes meanwhile goes together.
    if (queued > 0) writeSoon();
    else {
      void write(false);
      if (filesLeft() && !isNothingKept()) writeSoon();
    }
  }, runState.peek() === 'running' && project.value !== null ? writeWhileRunningMs : writeAfterMs);
}
onTouched(writeSoon);
onBytes((position, bytes) => { if (!isNothingKept()) holdBytes(position, bytes); });

effect(() => {
  settingsNow();
  placeNow();
  untracked(() => { if (project.value) writeSoon(); });
});

/** Writes all that changed. Args: everything: also files that would have to be looked up now. Resolves when nothing is left to write. */
export function write(everything = true): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const job = gather(everything);
  if (job) {
    queued += 1;
    queue = queue.then(() => writeJob(job)).finally(() => { queued -= 1; });
  }
  return queue;
}

/** All that changed since, as it is at this moment; null where there is nothing to keep. */
function gather(everything: boolean): Job | null {
  if (allImages().length === 0 || isNothingKept()) {
    takeTouched();
    return null;
  }
  if (project.value === null) {
    project.value = { id: newId(), name: nameOfNew(), createdAtMs: Date.now() };
    rememberOpen(project.value.id);
    void hold(project.value.id);
    touchAll();
  }
  const touched = takeTouched();
  const own = project.value;
  return untracked(() => {
    const batches = fileBatches(touched.files, everything);
    return { head: headNow(own), rows: [...rowsOf(touched), ...namesAhead()], files: batches, touched };
  });
}

async function writeJob({ head, rows, files, touched }: Job): Promise<void> {
  const known = await store();
  if (!known) return;
  try {
    await writeRows(known, head, rows, files);
    if (storing.value === 'full') storing.value = 'on';
  } catch (error) {
    if (project.value?.id !== head.id) return;
    const isFull = (error as DOMException).name === 'QuotaExceededError';
    storing.value = isFull ? 'full' : 'lost';
    // It goes with the next change.
    if (isFull) for (const part of parts) if (part !== 'files') for (const index of touched[part]) touch(part, index);
    clearTimeout(timer);
    timer = undefined;
  }
}

/** Reads a project and takes it for this tab. Returns: null where it is not there; `taken` where another tab has it. */
export async function readKept(id: string): Promise<Restored | 'taken' | null> {
  const known = await store();
  const head = await known?.head(id);
  if (!known || !head || head.schema !== projectSchema) return null;
  return (await hold(id)) ? readRows(known, head) : 'taken';
}

/** A project is on the page, kept already or still to be kept. */
export function nowOpen({ id, name, createdAtMs }: ProjectName): void {
  project.value = { id, name, createdAtMs };
  rememberOpen(id);
}

/** Makes what is on the page, as of a file, a project of this browser. */
export function keepAsNew(name: string): void {
  if (storing.value === 'off') return;
  nowOpen({ id: newId(), name: name.slice(0, 80), createdAtMs: Date.now() });
  void hold(project.value?.id ?? '');
  touchAll();
}

/** Leaves the open project, which stays kept. Returns: what comes back to it. */
export function leave(): () => void {
  void write();
  const before = project.value;
  const { first, end, place } = whereInSteps();
  const steps = Array.from({ length: end - first }, (_, i) => stepAt(first + i) as Step);
  const bringBack = [takeImages(), takeFrames(), takeReviews(), takeTeaching()];
  const [drawn, fit, asked, allowed, labels, was] = [sample.value, unfit.value, unsureBelow.value, types.value, table.value, placeNow()];
  forgetOpen();
  return () => {
    takeTouched();
    for (const one of bringBack) one();
    restoreSteps({ steps, first, place });
    sample.value = drawn;
    unfit.value = fit;
    unsureBelow.value = asked;
    types.value = allowed;
    table.value = labels;
    restorePlace(was);
    if (!before) return touchAll();
    allWritten();
    const images = allImages();
    void hold(before.id).then((held) => { if (held && allImages() === images) nowOpen(before); });
  };
}

function forgetOpen(): void {
  takeTouched();
  forgetWritten();
  forgetSteps();
  forgetHeldFrames();
  sample.value = null;
  // Settings of one project are nothing that the next one asked for.
  unsureBelow.value = null;
  types.value = null;
  table.value = null;
  leavePlace();
  unfit.value = new Set();
  project.value = null;
  rememberOpen(null);
  letGo();
}

export async function renameProject(id: string, name: string): Promise<void> {
  const short = name.trim().slice(0, 80);
  if (short === '') return;
  if (project.value?.id === id) {
    project.value = { ...project.value, name: short };
    await write();
  } else if (await isHeldElsewhere(id)) notice.value = { words: words.project.openElsewhere };
  else await (await store())?.rename(id, short);
  await listKept();
}

async function isHeldElsewhere(id: string): Promise<boolean> {
  return navigator.locks !== undefined && ((await navigator.locks.query()).held?.some(({ name }) => name === lockName(id)) ?? false);
}

export async function duplicateProject({ id, name }: Pick<ProjectHead, 'id' | 'name'>): Promise<void> {
  try {
    await write();
    await (await store())?.duplicate(id, { id: newId(), name: words.project.copyOf(name).slice(0, 80) });
  } catch (error) {
    notice.value = { words: (error as DOMException).name === 'QuotaExceededError' ? words.project.noRoom : messageOf(error) };
  }
  await listKept();
}

/** Deletes a project from this computer; not one that another tab has open. Args: isOwn: it was open here a moment ago. */
export async function forgetProject(id: string, isOwn: boolean): Promise<void> {
  const known = await store();
  if (!known) return;
  // What is still on its way would come back.
  await write();
  if (!isOwn && (await isHeldElsewhere(id))) {
    notice.value = { words: words.project.openElsewhere };
    return;
  }
  await known.forget(id);
  await listKept();
}

/** What was open when a person asked for nothing to be kept, and its images. */
let paused: { own: ProjectName; images: unknown } | null = null;

/** Keeps nothing from here on, or keeps again; what is kept already stays until it is forgotten. */
export async function keepNothing(on: boolean): Promise<void> {
  remember(storingKey, on ? nothing : null);
  if (on) {
    await write();
    paused = project.value && { own: project.value, images: allImages() };
    project.value = null;
    rememberOpen(null);
    letGo();
    storing.value = 'off';
    return;
  }
  storing.value = 'unknown';
  opening = undefined;
  await listKept();
  // The same project goes on, where it is still there and still on the page.
  if (paused && paused.images === allImages() && kept.value.some(({ id }) => id === paused?.own.id) && (await hold(paused.own.id))) nowOpen(paused.own);
  paused = null;
  // What came meanwhile is new to the database.
  touchAll();
}

/** Writes what is not written yet. Returns: whether there was anything. */
export function hurry(): boolean {
  if (timer !== undefined) void write();
  return queued > 0;
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden' && timer !== undefined) void write();
});
window.addEventListener('pagehide', () => {
  if (timer !== undefined) void write();
});
