/**
 * Frames with many cells: what the page and the command line do with one that a worker holds.
 *
 * A frame is opened once; searching it with other settings, classifying some of its cells and drawing parts of it need no decoding.
 */
import type { Box, DetectSettings, DisplayRange } from '#cytodrop_core';
import { noChecks } from '../classify/checks.ts';
import type { CellVerdict } from '../classify/outcome.ts';
import { CytodropError, type UnreadFile, unreadFile } from '../core/errors.ts';
import { frameCells } from '../frames/cells.ts';
import { type FrameAnalysis, type FrameCell, type FrameChoice, type FrameFacts, wholeFile } from '../frames/frame.ts';
import type { FrameOptions } from '../frames/search.ts';
import { type DetectorFacts, type DetectorFiles, type DetectorName, detectorOf } from '../model/detector.ts';
import { type PoolWorker, type Run, WorkerDied, WorkerHung } from './pool.ts';
import { patienceSeconds } from './watchdog.ts';
import { transferable, type WorkerLink } from './worker_link.ts';

/** Cells that a worker classifies before it answers: few enough to stop soon and to let a picture pass. */
export const cellsAtOnce = 16;

/** Where a frame is held: a worker, how it is made ready should it have died, and the networks that find cells, which it takes when it is to use them. */
export interface FrameHost {
  link: WorkerLink;
  makeReady: () => Promise<void>;
  /** Raises: CytodropError, `detector_not_loaded`. */
  readDetector: (name: DetectorName) => Promise<DetectorFiles>;
}

let framesOpened = 0;

/** A frame decoded in a worker; `close` frees it. */
export class HeldFrame {
  readonly choice: FrameChoice;
  readonly facts: FrameFacts;
  readonly #host: FrameHost;
  readonly #readAgain: (() => Promise<Uint8Array | UnreadFile>) | undefined;
  /** Seconds that the worker may be silent over one thing done with it. */
  readonly #patience = (): number => patienceSeconds(4 * this.facts.image.width_px * this.facts.image.height_px);
  #number: number;

  private constructor(host: FrameHost, choice: FrameChoice, opened: { number: number; facts: FrameFacts }, readAgain: (() => Promise<Uint8Array | UnreadFile>) | undefined) {
    this.#host = host;
    this.#readAgain = readAgain;
    this.choice = choice;
    this.facts = opened.facts;
    this.#number = opened.number;
  }

  /**
   * Args:
   *   file: its bytes, which are handed over.
   *   readAgain: gives them anew when the worker died or took another model; without it the frame is lost then.
   * Raises: CytodropError for a file that cannot be read or decoded; WorkerDied.
   */
  static async open(host: FrameHost, file: Uint8Array | UnreadFile, choice: FrameChoice = wholeFile, readAgain?: () => Promise<Uint8Array | UnreadFile>): Promise<HeldFrame> {
    return new HeldFrame(host, choice, await openIn(host, file, choice), readAgain);
  }

  /**
   * Finds cells.
   *
   * Returns: the cells, with what found them where a network did.
   * Raises: CytodropError, WorkerDied.
   */
  async detect(settings: DetectSettings): Promise<{ cells: FrameCell[]; detector?: DetectorFacts }> {
    const detect = () => this.#ask((link, frame) => link.ask({ type: 'detect', frame, settings }, 'detected', { patience: this.#patience }));
    const { cells, detector } = await detect().catch(async (error: unknown) => {
      const name = detectorOf(settings.method);
      if (!(error instanceof CytodropError && error.code === 'detector_not_loaded') || name === undefined) throw error;
      const files = await this.#host.readDetector(name);
      await this.#ask((link) => link.ask({ type: 'load_detector', files }, 'detector_loaded', { patience: this.#patience }));
      return detect();
    });
    return { cells: frameCells(cells), ...(detector && { detector }) };
  }

  /**
   * Classifies cells, a few at a time.
   *
   * Args:
   *   pixelSizeUm: of this frame; null: not known.
   *   onVerdicts: told the cells of each step, with their verdicts.
   *   run: set `cancelled` to stop after the step that runs.
   * Raises: CytodropError, `unsupported_feature` where the model is one of single cells; WorkerDied.
   */
  async classify(cells: readonly FrameCell[], pixelSizeUm: number | null, onVerdicts: (cells: FrameCell[]) => void, run: Run = { cancelled: false }, checks = noChecks): Promise<void> {
    for (let first = 0; first < cells.length && !run.cancelled; first += cellsAtOnce) {
      const some = cells.slice(first, first + cellsAtOnce);
      const boxes = Int32Array.from(some.flatMap(({ box }) => [box.left_px, box.top_px, box.width_px, box.height_px]));
      const { verdicts } = await this.#ask((link, frame) => link.ask({ type: 'classify_cells', frame, boxes, pixelSizeUm, checks }, 'cells_classified', { patience: this.#patience }));
      onVerdicts(some.map((cell, i) => ({ ...cell, verdict: verdicts[i] as CellVerdict })));
    }
  }

  /**
   * Draws part of the frame, never enlarged.
   *
   * Args:
   *   region: may reach outside the frame, where the border is repeated; null: all of it.
   *   range: samples shown as black and white; null: `facts.range`.
   */
  async view(region: Box | null, maxSidePx: number, range: DisplayRange | null = null): Promise<{ widthPx: number; heightPx: number; rgba: Uint8ClampedArray<ArrayBuffer> }> {
    return this.#ask((link, frame) => link.ask({ type: 'view_frame', frame, region, maxSidePx, range }, 'frame_view', { patience: this.#patience }));
  }

  /** SHA-256 of the decoded pixels; null where the browser cannot compute it. Computed beside what is asked next. */
  async pixelsSha256(): Promise<string | null> {
    return (await this.#ask((link, frame) => link.ask({ type: 'hash_frame', frame }, 'frame_hashed', { patience: this.#patience }))).pixelsSha256;
  }

  /** Frees it; a worker that died has nothing to free. */
  async close(): Promise<void> {
    await this.#host.link.ask({ type: 'close_frame', frame: this.#number }, 'frame_closed').catch(() => undefined);
  }

  async #ask<T>(question: (link: WorkerLink, frame: number) => Promise<T>): Promise<T> {
    const { link, makeReady } = this.#host;
    try {
      await link.ready(makeReady);
      return await question(link, this.#number);
    } catch (error) {
      const isLost = (error instanceof WorkerDied && !(error instanceof WorkerHung)) || (error instanceof CytodropError && error.code === 'frame_not_open');
      if (!isLost || this.#readAgain === undefined) throw error;
      this.#number = (await openIn(this.#host, await this.#readAgain(), this.choice)).number;
      return question(link, this.#number);
    }
  }
}

async function openIn({ link, makeReady }: FrameHost, file: Uint8Array | UnreadFile, choice: FrameChoice): Promise<{ number: number; facts: FrameFacts }> {
  if ('status' in file) throw new CytodropError(file.code, file.message);
  await link.ready(makeReady);
  const number = ++framesOpened;
  const patience = patienceSeconds(file.length);
  const { facts } = await link.ask({ type: 'open_frame', frame: number, file, choice }, 'frame_opened', { transfer: transferable([file]), patience: () => patience });
  return { number, facts };
}

/**
 * A worker's place in a pool that empties a queue of frames, one in memory at a time.
 *
 * Args:
 *   onProgress: told the cells classified of the cells found, with the frame's position in the queue.
 *   run: the pool's; when it is cancelled, the cells not reached have no verdict.
 */
export function frameWorker(host: FrameHost, options: FrameOptions, run: Run, onProgress: (position: number, classified: number, cells: number) => void = () => {}): PoolWorker<FrameAnalysis> {
  return fileByFile((file, position) =>
    withOpenFrame(host, file, options.choice, (frame) => analyse(frame, options, (classified, cells) => onProgress(position, classified, cells), run)),
  );
}

/** A worker's place in a pool, for work that takes one file after the other. */
export function fileByFile<Result>(work: (file: Uint8Array | UnreadFile, position: number) => Promise<Result | UnreadFile>): PoolWorker<Result> {
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
export async function withOpenFrame<Result>(host: FrameHost, file: Uint8Array | UnreadFile, choice: FrameChoice, use: (frame: HeldFrame) => Promise<Result>): Promise<Result | UnreadFile> {
  let frame: HeldFrame | undefined;
  try {
    frame = await HeldFrame.open(host, file, choice);
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
 *   onProgress: told after every step.
 *   run: set `cancelled` to stop; the cells not reached then have no verdict.
 * Raises: CytodropError, WorkerDied.
 */
export async function analyse(
  frame: HeldFrame, { search, pixelSizeUm, classify, checks }: FrameOptions, onProgress: (classified: number, cells: number) => void = () => {}, run?: Run,
): Promise<FrameAnalysis> {
  const settings = { ...search, pixel_size_um: pixelSizeUm ?? frame.facts.pixel_size_um };
  const started = performance.now();
  const [pixelsSha256, { cells: found, detector }] = await Promise.all([frame.pixelsSha256(), frame.detect(settings)]);
  let cells = found;
  const detected = performance.now();
  if (classify) {
    const classified: FrameCell[] = [];
    await frame.classify(cells, settings.pixel_size_um, (some) => {
      classified.push(...some);
      onProgress(classified.length, cells.length);
    }, run, checks);
    cells = [...classified, ...cells.slice(classified.length)];
  }
  const elapsedMs = { decode: frame.facts.decode_ms, detect: detected - started, classify: performance.now() - detected };
  return { status: 'ok', facts: frame.facts, choice: frame.choice, settings, ...(detector && { detector }), cells, pixelsSha256, elapsedMs };
}
