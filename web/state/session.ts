/** What the page works on: the model, the images, and what became of them. */
import { batch, computed, effect, signal } from '@preact/signals';
import type { Found } from '../files.ts';
import { formatCount } from '../format.ts';
import { listModels } from '../models.ts';
import { pageClassifier, type LoadedModel } from '../worker_client.ts';
import {
  allCells, allFrames, cellAt, fieldOptions, forgetVerdicts, frameAt, frameOfKey, freshen, isSettled, isStale, mode, optionsOf, refuseFrame, searchAs, settledFrames, settleFrame, settleVerdicts, takeFrames, unreadFrames,
  type Cell, type Mode,
} from './frame_store.ts';
import { checkCell, forgetFrames, viewCell, withFrame } from './held_frames.ts';
import { fetchField, fetchSamples } from './samples.ts';
import { type Report, type Frame, type CheckResult, type FrameCell, CytodropError, allChecks, canCompare, type CellRecord, type Checked, type Checks, detectorOf, engineKinds, type FileContent, type FrameChoice, type ModelListing, type ModelsNow, type Outcome, rejudge, type RequestFacts, type UnreadFile, unreadFile } from '../../src/js/index.ts';

export type { Cell };
export type Unread = UnreadFile & { index: number; path: string };

/** One file in the order it came. `intended` is the class id that a simulated sample was drawn as. */
export interface CellImage { file: File | null; path: string; intended: string | null }

export type ModelState =
  | { phase: 'loading'; loadedBytes: number; totalBytes: number }
  | ({ phase: 'ready' } & LoadedModel)
  | { phase: 'failed'; message: string; canRetry: boolean; selfTestFailed?: boolean };

export type RunState = 'idle' | 'running' | 'cancelled' | 'done';

export const listings = signal<ModelListing[]>([]);
export const chosenName = signal<string | null>(null);
export const modelState = signal<ModelState>({ phase: 'loading', loadedBytes: 0, totalBytes: 0 });
export const runState = signal<RunState>('idle');
/** One plain line about the last thing done, such as an empty folder. */
export const notice = signal<{ words: string; undo?: () => void } | null>(null);
/** Milliseconds since 1970 of the first image, for the count of requests since then. */
export const firstImageAtMs = signal<number | null>(null);

/** Top probability below which a cell is unsure; null: the model's own. */
export const unsureBelow = signal<number | null>(null);

/** Every cell is turned and mirrored too. */
export const checkTurns = signal(false);
/** Another model that is asked about every cell too. */
export const secondName = signal<string | null>(null);
export const secondSpec = computed(() => listings.value.find(({ name }) => name === secondName.value)?.spec);

export const spec = computed(() => listings.value.find(({ name }) => name === chosenName.value)?.spec ?? null);

/** Models that name the same types as the one in use. */
export const comparable = computed(() => {
  const own = spec.value;
  return own ? listings.value.filter((other) => canCompare(own, other.spec)) : [];
});

/** Position is the index that records and jobs carry. */
let images: CellImage[] = [];
let records: (CellRecord | undefined)[] = [];
/** Counts up when `images` or `records` changed; at most ten times a second, so that thousands of results cost little. */
const revision = signal(0);

export const progress = computed(() => {
  revision.value;
  const done = mode.value === 'fields' ? settledFrames() : cells.value.length + unread.value.length;
  return { total: images.length, done };
});

export const cells = computed((): Cell[] => {
  revision.value;
  const found: Cell[] = mode.value === 'fields' ? allCells() : records.filter((record) => record?.status === 'ok');
  return found.map(judged);
});

/** A cell under the threshold in use. */
export function judged(cell: Cell): Cell {
  const threshold = unsureBelow.value;
  return threshold === null ? cell : rejudge(cell, threshold);
}

export const unread = computed((): Unread[] => {
  revision.value;
  if (mode.value === 'fields') return unreadFrames();
  return records.filter((record): record is Unread => record?.status === 'error');
});

export function recordAt(index: number): Cell | Unread | undefined {
  const record = mode.value === 'fields' ? cellAt(index) : records[index];
  return record?.status === 'ok' ? judged(record) : record;
}

/** The file that a cell, of an image of its own or of a frame, is in. */
export function imageAt(index: number): CellImage | undefined {
  return mode.value === 'fields' ? images[frameOfKey(index)] : images[index];
}

/** Files in the order they came; in the mode of whole fields each is a frame. */
export const files = computed((): readonly CellImage[] => {
  revision.value;
  return images.slice();
});

export function finishedRecords(): CellRecord[] {
  return records.filter((record) => record !== undefined);
}

/** Cells per second over the last seconds, and the time left at that rate; null until it is known. */
export const pace = signal<{ perSecond: number; leftMs: number } | null>(null);
const paceWindowMs = 4_000;
let marks: { atMs: number; done: number }[] = [];

function measurePace(): void {
  const now = { atMs: performance.now(), done: progress.value.done };
  marks = [...marks.filter(({ atMs }) => now.atMs - atMs < paceWindowMs), now];
  const first = marks[0] ?? now;
  const spanMs = now.atMs - first.atMs;
  if (spanMs < 500 || now.done === first.done) return;
  const perSecond = ((now.done - first.done) * 1000) / spanMs;
  pace.value = { perSecond, leftMs: ((progress.value.total - now.done) * 1000) / perSecond };
}

const flushEveryMs = 100;
let flushTimer: ReturnType<typeof setTimeout> | undefined;

function flush(): void {
  clearTimeout(flushTimer);
  flushTimer = undefined;
  batch(() => {
    revision.value += 1;
    measurePace();
  });
}

function flushSoon(): void {
  flushTimer ??= setTimeout(flush, flushEveryMs);
}

/** For developers: ?engine=core or ?engine=onnxruntime in the address runs every network with that one. */
const engineInAddress = new URLSearchParams(location.search).get('engine');
const client = pageClassifier(engineKinds.find((kind) => kind === engineInAddress), (selfTest) => {
  if (modelState.value.phase !== 'ready') return;
  if (selfTest.passed) modelState.value = { ...modelState.value, selfTest };
  else refuseResults();
});
/** Counts up with every model and every clearing, so that late answers find nothing to write to. */
export const era = signal(0);
let modelReady: Promise<boolean> = Promise.resolve(false);

/** Reads the list of models and loads the first. */
export async function start(): Promise<void> {
  modelState.value = { phase: 'loading', loadedBytes: 0, totalBytes: 0 };
  if (!hasWasmSimd()) {
    fail('This browser cannot run WebAssembly SIMD, which the classifier needs. Firefox, Chrome, Edge and Safari can since 2023.', false);
    return;
  }
  try {
    listings.value = await listModels();
    const first = listings.value[0];
    if (!first) throw new Error('The list of models is empty.');
    await chooseModel(first.name);
  } catch (error) {
    fail(messageOf(error));
  }
}

/** No model, no work; images wait for `retryModel`. */
function fail(message: string, canRetry = true): void {
  batch(() => {
    modelState.value = { phase: 'failed', message, canRetry };
    if (runState.value === 'running') runState.value = 'cancelled';
  });
}

/** A computer that does not compute what the training code did gives no results, not even those it gave before. */
function refuseResults(): void {
  client.cancel();
  batch(() => {
    forgetResults();
    fail('The self-test failed: this browser does not compute for the model\'s own test image what it should. No results are shown.');
    if (modelState.value.phase === 'failed') modelState.value = { ...modelState.value, selfTestFailed: true };
  });
}

/** Whether the browser takes a function that does `i8x16.popcnt`. */
function hasWasmSimd(): boolean {
  return (
    typeof WebAssembly === 'object' &&
    WebAssembly.validate(
      new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]),
    )
  );
}

/** Loads a model; images already there are classified again with it. `second`: another that is asked about them too. */
export async function chooseModel(name: string, second: string | null = null): Promise<void> {
  client.cancel();
  batch(() => {
    chosenName.value = name;
    secondName.value = second;
    unsureBelow.value = null;
    if (spec.value) searchAs(spec.value);
    modelState.value = { phase: 'loading', loadedBytes: 0, totalBytes: 0 };
    forgetResults();
    forgetVerdicts();
    flush();
  });
  const isCurrent = (): boolean => modelReady === ready;
  const onProgress = (loadedBytes: number, totalBytes: number): void => {
    if (isCurrent() && modelState.value.phase === 'loading') modelState.value = { phase: 'loading', loadedBytes, totalBytes };
  };
  const ready: Promise<boolean> = client.load(name, { onProgress, second: second ?? undefined }).then(
    () => {
      if (isCurrent()) modelState.value = { phase: 'ready', runtime: client.runtime, selfTest: client.selfTest, workers: client.workers };
      return true;
    },
    (error: unknown) => {
      if (!isCurrent()) return false;
      if (error instanceof CytodropError && error.code === 'self_test_failed') refuseResults();
      else fail(messageOf(error));
      return false;
    },
  );
  modelReady = ready;
  if (images.length > 0) void run();
  await ready;
}

/** Tries again to load what could not be loaded. */
export function retryModel(): void {
  void (chosenName.value === null ? start() : chooseModel(chosenName.value, secondName.value));
}

/** Asks another model of the same types too, or with null no longer; images already there are classified again. */
export function compareWith(second: string | null): void {
  if (chosenName.value !== null) void chooseModel(chosenName.value, second);
}

/** Turns every picture too, or no longer; turning it on classifies the images again. */
export function setCheckTurns(on: boolean): void {
  checkTurns.value = on;
  if (!on) return;
  client.cancel();
  batch(() => {
    forgetResults();
    forgetVerdicts();
    flush();
  });
  if (images.length > 0 && modelState.value.phase !== 'failed') void run();
}

function checks(): Checks {
  return { turns: checkTurns.value, map: false };
}

/** Puts files at the end of the line and starts work. */
export function addFiles({ files, unopened }: Found, intended?: ReadonlyMap<string, string>): void {
  if (files.length + unopened.length === 0) {
    notice.value = { words: 'There are no files in there.' };
    return;
  }
  batch(() => {
    notice.value = null;
    firstImageAtMs.value ??= performance.timeOrigin + performance.now();
    for (const { file, path } of files) images.push({ file, path, intended: intended?.get(path) ?? null });
    for (const path of unopened) images.push({ file: null, path, intended: null });
    refuseUnopened();
    flush();
  });
  if (modelState.value.phase === 'failed') runState.value = 'cancelled';
  else void run();
}

/** Adds the simulated samples of the model in use, each one cell, and looks at them as such. */
export async function addSamples(): Promise<void> {
  if (chosenName.value === null) return;
  chooseMode('cells');
  try {
    const samples = await fetchSamples(chosenName.value);
    addFiles({ files: samples, unopened: [] }, new Map(samples.map(({ path, intended }) => [path, intended])));
  } catch (error) {
    notice.value = { words: messageOf(error) };
  }
}

/** Adds the simulated field of view of the model in use, and looks at it as one. */
export async function addField(): Promise<void> {
  if (chosenName.value === null) return;
  chooseMode('fields');
  try {
    const [field] = await Promise.all([fetchField(chosenName.value), searchReady()]);
    addFiles({ files: [field], unopened: [] });
  } catch (error) {
    notice.value = { words: messageOf(error) };
  }
}

/** Takes every image for one cell, or for a frame of many; results of the other way are kept. */
export function chooseMode(chosen: Mode): void {
  if (chosen === mode.value) return;
  client.cancel();
  batch(() => {
    era.value += 1;
    mode.value = chosen;
    refuseUnopened();
    flush();
  });
  if (images.length > 0 && modelState.value.phase !== 'failed') void run();
}

/** Fetches the network that finds cells where frames are to be searched with it, before there are any; a search that needs it tries again. */
async function searchReady(): Promise<void> {
  const detector = detectorOf(fieldOptions.value.search.method);
  if (mode.value === 'fields' && detector !== undefined) await client.readDetector(detector).catch(() => undefined);
}
effect(() => void searchReady());

let runner: Promise<void> | null = null;

/** Classifies what has no result yet, including what is added meanwhile; also goes on after a cancel. */
export function run(): Promise<void> {
  runState.value = 'running';
  runner ??= work().finally(() => (runner = null));
  return runner;
}

async function work(): Promise<void> {
  marks = [];
  pace.value = null;
  while (runState.value === 'running') {
    const ready = modelReady;
    const loaded = await ready;
    if (runState.value !== 'running') break;
    if (ready !== modelReady) continue;
    if (!loaded) break;
    const mine = era.value;
    if (mode.value === 'fields') {
      if (!(await workOnFrames(mine)) && mine === era.value && runState.value === 'running') {
        runState.value = 'done';
        break;
      }
      continue;
    }
    const jobs = images.flatMap(({ file }, index) => (file && !records[index] ? [{ index, file }] : []));
    if (jobs.length === 0) {
      runState.value = 'done';
      break;
    }
    measurePace();
    try {
      for await (const { index, ...outcome } of client.classifyAll(jobs.map(({ file }) => file), { checks: checks() })) {
        if (mine === era.value) settle((jobs[index] as (typeof jobs)[number]).index, outcome);
      }
    } catch (error) {
      if (mine === era.value) fail(messageOf(error));
    }
  }
  flush();
}

/** Cells classified of the cells found in the frames that workers have in hand. */
export const underWay = signal<ReadonlyMap<number, { classified: number; cells: number }>>(new Map());

/** Does the next frames. Returns: whether there was anything to do. */
async function workOnFrames(mine: number): Promise<boolean> {
  const classify = spec.value?.frame !== undefined;
  const due = images.flatMap(({ file }, index) => (file && (!isSettled(index) || isStale(index)) ? [{ index, file }] : []));
  const [first] = due;
  if (!first) return classify && classifyRest(mine);
  const options = optionsOf(first.index);
  const jobs = due.filter(({ index }) => optionsOf(index) === options);
  measurePace();
  const note = (index: number, at?: { classified: number; cells: number }): void => {
    const map = new Map(underWay.value);
    if (at) map.set(index, at);
    else map.delete(index);
    underWay.value = map;
  };
  try {
    const indexOf = (position: number): number => (jobs[position] as (typeof jobs)[number]).index;
    const onProgress = (position: number, classified: number, found: number): void => note(indexOf(position), { classified, cells: found });
    for await (const { index: position, path: _, ...outcome } of client.analyseFrames(jobs.map(({ file }) => file), { ...options, classify, checks: checks(), onProgress })) {
      const index = indexOf(position);
      const image = images[index];
      if (mine !== era.value || !image) continue;
      freshen(index);
      settleFrame(index, image.path, outcome);
      note(index);
      flushSoon();
    }
  } catch (error) {
    if (mine === era.value) fail(messageOf(error));
  }
  underWay.value = new Map();
  return true;
}

/** Classifies cells of known frames that have no verdict: those of another model, of a cancelled run, and those added by hand. */
async function classifyRest(mine: number): Promise<boolean> {
  const isDue = (index: number): boolean => frameAt(index)?.analysis.cells.some(({ verdict }) => !verdict) ?? false;
  const due = allFrames().filter(({ frame }) => isDue(frame) && !unable.has(`${mine} ${frame}`));
  for (const { frame } of due) {
    if (runState.value !== 'running' || mine !== era.value) break;
    try {
      await classifyMissing(frame, { get aborted() { return runState.value !== 'running' || mine !== era.value; } });
    } catch (error) {
      unable.add(`${mine} ${frame}`);
      notice.value = { words: `${images[frame]?.path ?? 'A frame'}: ${messageOf(error)}` };
    }
  }
  return due.length > 0;
}

/** Frames whose cells could not be classified, not to be tried for ever. */
const unable = new Set<string>();

/** Classifies the cells of one frame that have no verdict yet. Raises: CytodropError. */
export async function classifyMissing(frame: number, signal: Pick<AbortSignal, 'aborted'>): Promise<void> {
  const entry = frameAt(frame);
  if (!entry || spec.value?.frame === undefined) return;
  const mine = era.value;
  const missing = entry.analysis.cells.filter(({ verdict }) => !verdict);
  const onVerdicts = (some: FrameCell[]): void => {
    if (mine !== era.value) return;
    settleVerdicts(frame, some);
    flushSoon();
  };
  await withFrame(frame, entry.analysis.choice, (held) => held.classify(missing, { pixelSizeUm: entry.analysis.settings.pixel_size_um, checks: checks(), signal, onVerdicts }));
}

/** Tells the page that a frame changed. */
export function frameChanged(): void {
  flush();
}

/** What reports are compared with; undefined until the model is ready. */
export function modelsInUse(): ModelsNow | undefined {
  const [model, state] = [spec.value, modelState.value];
  if (!model || state.phase !== 'ready') return undefined;
  return { spec: model, specSha256: state.runtime.specSha256 ?? null, second: secondSpec.value };
}

/**
 * Works on all files again and compares with a report of frames.
 *
 * Args:
 *   onDone: told how many files are done of all.
 * Raises: the signal's reason where it was cancelled.
 */
export async function checkFrames(report: Report, signal: AbortSignal, onDone: (done: number, total: number) => void): Promise<CheckResult> {
  const all = images.flatMap(({ file, path }) => (file ? [{ path, source: file }] : []));
  onDone(0, all.length);
  return client.checkReport(report, all, { signal, onProgress: (done) => onDone(done, all.length) });
}

/** Opens a frame to look into it; it must be closed. Raises: CytodropError. */
export function openFrame(index: number, choice: FrameChoice): Promise<Frame> {
  const file = images[index]?.file;
  return file ? client.openFrame(file, choice) : Promise.reject(new Error('No such image.'));
}

function settle(index: number, outcome: Outcome): void {
  const image = images[index];
  if (!image) return;
  records[index] = { ...outcome, index, path: image.path };
  flushSoon();
}

/** Stops; what is done stays, and `run` goes on with the rest. */
export function cancel(): void {
  if (runState.value !== 'running') return;
  runState.value = 'cancelled';
  client.cancel();
  flush();
}

/** Empties the page; can be undone until something else is added. */
export function clear(): void {
  client.cancel();
  const before = { images, records, state: runState.value === 'running' ? 'cancelled' : runState.value } as const;
  const bringBack = takeFrames();
  const undo = (): void => {
    ({ images, records } = before);
    bringBack();
    batch(() => {
      era.value += 1;
      runState.value = before.state;
      notice.value = null;
      flush();
    });
  };
  batch(() => {
    images = [];
    forgetFrames();
    forgetResults();
    runState.value = 'idle';
    notice.value = { words: `${formatCount(before.images.length)} images cleared.`, undo };
  });
}

function forgetResults(): void {
  era.value += 1;
  records = [];
  refuseUnopened();
  pace.value = null;
  flush();
}

function refuseUnopened(): void {
  images.forEach(({ file, path }, index) => {
    if (file) return;
    const failure = unreadFile('unreadable_file', 'The browser could not open it.');
    records[index] ??= { ...failure, index, path };
    refuseFrame(index, path, failure);
  });
}

/** The crop of one image as the network saw it, no side longer than asked. */
export function viewOf(index: number, maxSidePx: number): Promise<ImageData> {
  if (mode.value === 'fields') return viewCell(index, maxSidePx);
  const file = images[index]?.file;
  return file ? viewed(file, maxSidePx) : Promise.reject(new Error('No such image.'));
}

async function viewed(file: File, maxSidePx: number): Promise<ImageData> {
  const { rgba, widthPx, heightPx } = await client.view(file, maxSidePx);
  return new ImageData(rgba, widthPx, heightPx);
}

/** Everything that can be checked of one cell. Raises: CytodropError, WorkerDied, Error where the image is gone. */
export async function checkOf(index: number): Promise<Checked> {
  if (mode.value === 'fields') return checkCell(index, allChecks);
  const file = images[index]?.file;
  if (!file) throw new Error('The image is not there any more.');
  return client.classify(file, { checks: allChecks });
}

/** What the file of an image or frame says beside its pixels, by its position among the files; it stays in this page. */
export function contentOf(position: number): Promise<FileContent> {
  const file = images[position]?.file;
  return file ? client.inspect(file) : Promise.reject(new Error('No such image.'));
}

/** Requests that the workers made, which the page's own record does not have. */
export function workerRequests(): Promise<RequestFacts[]> {
  return client.requests();
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
