/** Workers' places in a pool that empties a queue of frames. */
import { CytodropError, type UnreadFile, unreadFile } from '../core/errors.ts';
import type { FrameAnalysis, FrameCell, FrameChoice } from '../frames/frame.ts';
import type { FrameOptions } from '../frames/search.ts';
import type { FrameFile, FrameHost, OpenFrame, Progress } from './frame.ts';
import { openFrame } from './open_frame.ts';
import { type PoolWorker, type Run, WorkerHung } from './pool.ts';

/**
 * A worker's place in a pool that empties a queue of frames, one in memory at a time.
 *
 * Args:
 *   onCells: told cells as they are done, with the frame's position in the queue.
 *   run: the pool's; when it is cancelled, the cells not reached have no verdict.
 */
export function frameWorker(host: FrameHost, options: FrameOptions, run: Run, onCells: (position: number, cells: FrameCell[], progress: Progress) => void = () => {}): PoolWorker<FrameAnalysis> {
  return fileByFile((file, position) =>
    withOpenFrame(host, file, options.choice, (frame) => analyse(frame, options, (cells, progress) => onCells(position, cells, progress), signalOf(run))),
  );
}

/** A run of a pool as what frames are asked to heed. */
export function signalOf(run: Run): Pick<AbortSignal, 'aborted'> {
  return { get aborted() { return run.cancelled; } };
}

/** A worker's place in a pool, for work that takes one file after the other. */
export function fileByFile<Result>(work: (file: FrameFile | UnreadFile, position: number) => Promise<Result | UnreadFile>): PoolWorker<Result> {
  let before: Promise<unknown> = Promise.resolve();
  return {
    classify: (files, positions) => {
      const all = before.then(async () => {
        const outcomes: (Result | UnreadFile)[] = [];
        for (const [i, file] of files.entries()) outcomes.push(await work(file, positions[i] as number));
        return outcomes;
      });
      before = all.catch(() => undefined);
      return all;
    },
  };
}

/**
 * Opens a frame, does something with it, and closes it.
 *
 * Raises: WorkerDied; what is wrong with the file, or a worker that hung on it, becomes the outcome.
 */
export async function withOpenFrame<Result>(host: FrameHost, file: FrameFile | UnreadFile, choice: FrameChoice, use: (frame: OpenFrame) => Promise<Result>): Promise<Result | UnreadFile> {
  let frame: OpenFrame | undefined;
  try {
    frame = await openFrame(host, file, choice);
    return await use(frame);
  } catch (error) {
    if (error instanceof CytodropError) return unreadFile(error.code, error.message);
    if (error instanceof WorkerHung) return error.outcome;
    throw error;
  } finally {
    await frame?.close();
  }
}

/**
 * Finds the cells of an open frame and classifies them.
 *
 * Args:
 *   onCells: told cells as they are done.
 *   signal: asked before every step; the cells not reached after a stop have no verdict.
 * Raises: CytodropError, WorkerDied.
 */
export async function analyse(
  frame: OpenFrame, { classify, checks, ...asked }: FrameOptions, onCells: (cells: FrameCell[], progress: Progress) => void = () => {}, signal?: Pick<AbortSignal, 'aborted'>,
): Promise<FrameAnalysis> {
  const started = performance.now();
  const settings = await frame.settingsFor(asked);
  let found: number | undefined;
  const onSome = (cells: FrameCell[], progress: Progress): void => {
    found ??= performance.now();
    onCells(cells, progress);
  };
  const [pixelsSha256, { cells, detector, tiles }] = await Promise.all([frame.pixelsSha256(), frame.find(settings, { classify, ...(checks && { checks }), ...(signal && { signal }), onCells: onSome })]);
  const ended = performance.now();
  const elapsedMs = { decode: frame.facts.decode_ms, detect: (found ?? ended) - started, classify: ended - (found ?? ended) };
  return { status: 'ok', facts: frame.facts, choice: frame.choice, settings, ...(detector && { detector }), ...(tiles && { tiles }), cells, pixelsSha256, elapsedMs };
}
