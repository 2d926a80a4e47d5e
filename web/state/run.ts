/** The work itself: every image that has no result yet gets one. */
import type { FrameCell } from '../../src/js/index.ts';
import { client } from './client.ts';
import { cellsDue, frameAt, framesToName, giveUp, isDue, namesCells, optionsKey, optionsOf, settleFrame, settleVerdicts } from './frame_store.ts';
import { mode } from './mode.ts';
import { withFrame } from './held_frames.ts';
import { allImages, era, flush, flushSoon, imagesDue, noteRead, settle } from './images.ts';
import { leftOut } from './left_out.ts';
import { checks, imageScale, modelReady } from './models.ts';
import { messageOf, notice } from './notice.ts';
import { fail, measurePace, restartPace, runState, underWay } from './progress.ts';
import { words } from './words.ts';

let runner: Promise<void> | null = null;

/** Classifies what has no result yet, including what is added meanwhile; also goes on after a cancel. */
export function run(): Promise<void> {
  runState.value = 'running';
  runner ??= work().finally(() => (runner = null));
  return runner;
}

async function work(): Promise<void> {
  restartPace();
  while (runState.value === 'running') {
    const ready = modelReady();
    const loaded = await ready;
    if (runState.value !== 'running') break;
    if (ready !== modelReady()) continue;
    if (!loaded) break;
    const mine = era.value;
    if (mode.value === 'fields') {
      if (!(await workOnFrames(mine)) && mine === era.value && runState.value === 'running') {
        runState.value = 'done';
        break;
      }
      continue;
    }
    const jobs = imagesDue();
    if (jobs.length === 0) {
      runState.value = 'done';
      break;
    }
    measurePace();
    try {
      const indexOf = (position: number): number => (jobs[position] as (typeof jobs)[number]).index;
      const onRead = (position: number, bytes: Uint8Array): void => { if (mine === era.value) noteRead(indexOf(position), bytes); };
      for await (const { index, ...outcome } of client.classifyAll(jobs.map(({ file }) => file), { checks: checks(), imageScale: imageScale.value, onRead })) {
        if (mine === era.value) settle(indexOf(index), outcome);
      }
    } catch (error) {
      if (mine === era.value) fail(messageOf(error));
    }
  }
  flush();
}

/** Does the next frames. Returns: whether there was anything to do. */
async function workOnFrames(mine: number): Promise<boolean> {
  const due = allImages().flatMap(({ file }, index) => (file && !leftOut.value.has(index) && isDue(index) ? [{ index, file }] : []));
  const [first] = due;
  if (!first) return nameRest(mine);
  const options = optionsOf(first.index);
  const key = optionsKey(options);
  const jobs = due.filter(({ index }) => optionsKey(optionsOf(index)) === key);
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
    for await (const { index: position, path: _, ...outcome } of client.analyseFrames(jobs.map(({ file }) => file), { ...options, classify: namesCells.value, checks: checks(), onProgress })) {
      const index = indexOf(position);
      const image = allImages()[index];
      if (mine !== era.value || !image) continue;
      settleFrame(index, image.path, outcome, options);
      note(index);
      flushSoon();
    }
  } catch (error) {
    if (mine === era.value) fail(messageOf(error));
  }
  underWay.value = new Map();
  return true;
}

/** Names the cells of known frames that lack something: those of another model, of a cancelled run, and those added by hand. */
async function nameRest(mine: number): Promise<boolean> {
  const due = framesToName();
  for (const frame of due) {
    if (runState.value !== 'running' || mine !== era.value) break;
    try {
      await classifyMissing(frame, { get aborted() { return runState.value !== 'running' || mine !== era.value; } });
      // What is left now will not come by trying again.
      const entry = frameAt(frame);
      if (runState.value === 'running' && mine === era.value && entry && !isDue(frame) && cellsDue(entry).length > 0) giveUp(frame);
    } catch (error) {
      giveUp(frame);
      notice.value = { words: words.frameFailed(allImages()[frame]?.path ?? words.aFrame, messageOf(error)) };
    }
  }
  return due.length > 0;
}

/** Classifies the cells of one frame that lack something. Raises: CytodropError. */
export async function classifyMissing(frame: number, signal: Pick<AbortSignal, 'aborted'>): Promise<void> {
  const entry = frameAt(frame);
  if (!entry) return;
  const mine = era.value;
  const missing = cellsDue(entry);
  if (missing.length === 0) return;
  const onVerdicts = (some: FrameCell[]): void => {
    if (mine !== era.value) return;
    settleVerdicts(frame, some);
    flushSoon();
  };
  await withFrame(frame, entry.analysis.choice, (held) => held.classify(missing, { pixelSizeUm: entry.analysis.settings.pixel_size_um, checks: checks(), signal, onVerdicts }));
}

/** Stops; what is done stays, and `run` goes on with the rest. */
export function cancel(): void {
  if (runState.value !== 'running') return;
  runState.value = 'cancelled';
  client.cancel();
  flush();
}
