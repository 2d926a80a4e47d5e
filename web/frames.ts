/**
 * Frames with many cells: what the page and the command line do with one that a worker holds.
 *
 * A frame is opened once; searching it with other settings, classifying some of its cells and drawing parts of it need no decoding.
 */
import { noChecks, type Checks } from './checks.ts';
import { detectorOf, type DetectorFacts, type DetectorFiles, type DetectorName } from './detector.ts';
import { CoreError, unreadFile } from './errors.ts';
import { WorkerDied, WorkerHung, type PoolWorker, type Run } from './pool.ts';
import type {
  Box, CellVerdict, DetectedCells, DetectSettings, DisplayRange, FrameAnalysis, FrameCell, FrameChoice, FrameFacts, ModelSpec, UnreadFile,
} from './types.ts';
import { patienceSeconds } from './watchdog.ts';
import { transferable, type WorkerLink } from './worker_link.ts';

/** Cells that a worker classifies before it answers: few enough to stop soon and to let a picture pass. */
export const cellsAtOnce = 16;

export type SearchSettings = Omit<DetectSettings, 'pixel_size_um'>;

/** How cells may be found. */
export const searchMethods = ['network_round', 'network_adherent', 'round', 'adherent'] as const satisfies DetectSettings['method'][];

export const defaultSearch: SearchSettings = { least_diameter: 8, most_diameter: 60, sensitivity: 0.5, split_touching: true, keep_cut_by_border: true, method: 'round' };

/** What to search a frame for before a person says otherwise: cells like those that the model was trained on. */
export function searchFor(spec: ModelSpec): SearchSettings {
  return { ...defaultSearch, ...spec.frame?.search };
}

/** How a file's frame is worked on unless a person says otherwise. */
export interface FrameOptions {
  choice: FrameChoice;
  search: SearchSettings;
  /** µm per px whatever the file says; null: as the file says. */
  pixelSizeUm: number | null;
  /** False: the cells are found and counted, not named. */
  classify: boolean;
  /** None unless told. */
  checks?: Checks;
}

export const wholeFile: FrameChoice = { page: 0, channel: -1 };

/** Where a frame is held: a worker, how it is made ready should it have died, and the networks that find cells, which it takes when it is to use them. */
export interface FrameHost {
  link: WorkerLink;
  makeReady: () => Promise<void>;
  /** Raises: CoreError, `detector_not_loaded`. */
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
   * Raises: CoreError for a file that cannot be read or decoded; WorkerDied.
   */
  static async open(host: FrameHost, file: Uint8Array | UnreadFile, choice: FrameChoice = wholeFile, readAgain?: () => Promise<Uint8Array | UnreadFile>): Promise<HeldFrame> {
    return new HeldFrame(host, choice, await openIn(host, file, choice), readAgain);
  }

  /**
   * Finds cells.
   *
   * Returns: the cells, with what found them where a network did.
   * Raises: CoreError, WorkerDied.
   */
  async detect(settings: DetectSettings): Promise<{ cells: FrameCell[]; detector?: DetectorFacts }> {
    const detect = () => this.#ask((link, frame) => link.ask({ type: 'detect', frame, settings }, 'detected', { patience: this.#patience }));
    const { cells, detector } = await detect().catch(async (error: unknown) => {
      const name = detectorOf(settings.method);
      if (!(error instanceof CoreError && error.code === 'detector_not_loaded') || name === undefined) throw error;
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
   * Raises: CoreError, `unsupported_feature` where the model is one of single cells; WorkerDied.
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
      const isLost = (error instanceof WorkerDied && !(error instanceof WorkerHung)) || (error instanceof CoreError && error.code === 'frame_not_open');
      if (!isLost || this.#readAgain === undefined) throw error;
      this.#number = (await openIn(this.#host, await this.#readAgain(), this.choice)).number;
      return question(link, this.#number);
    }
  }
}

async function openIn({ link, makeReady }: FrameHost, file: Uint8Array | UnreadFile, choice: FrameChoice): Promise<{ number: number; facts: FrameFacts }> {
  if ('status' in file) throw new CoreError(file.code, file.message);
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
    if (error instanceof CoreError) return unreadFile(error.code, error.message);
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
 * Raises: CoreError, WorkerDied.
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

/** The arrays that crossed the border as one object a cell. */
export function frameCells({ boxes, scores, areas_px, outlines, outline_offsets, cut_by_border }: DetectedCells): FrameCell[] {
  return Array.from(scores, (score, id) => {
    const [left_px = 0, top_px = 0, width_px = 0, height_px = 0] = boxes.subarray(4 * id, 4 * id + 4);
    return {
      id, score,
      box: { left_px, top_px, width_px, height_px },
      outline: outlines.slice(2 * (outline_offsets[id] as number), 2 * (outline_offsets[id + 1] as number)),
      areaPx: areas_px[id] as number,
      cutByBorder: cut_by_border[id] === 1,
    };
  });
}

/**
 * The cells of a frame that was searched again: a cell found in the same box keeps its number and its verdict, cells added by hand
 * stay, and what a person removed is not found again.
 *
 * Args:
 *   removed: boxes of the cells removed by hand; a cell that shares more than half of the union with one of them is left out.
 */
export function carryOver(before: readonly FrameCell[], found: readonly FrameCell[], removed: readonly Box[] = []): FrameCell[] {
  const key = ({ left_px, top_px, width_px, height_px }: Box): string => [left_px, top_px, width_px, height_px].join();
  const known = new Map(before.filter(({ score }) => score !== null).map((cell) => [key(cell.box), cell]));
  let id = nextId(before);
  const kept = found.filter(({ box }) => !removed.some((other) => overlap(box, other) > 0.5)).map((cell) => {
    const old = known.get(key(cell.box));
    if (old === undefined) return { ...cell, id: id++ };
    return { ...cell, id: old.id, ...(old.verdict && { verdict: old.verdict }) };
  });
  return [...kept, ...before.filter(({ score }) => score === null)];
}

/** Intersection over union of two boxes. */
export function overlap(a: Box, b: Box): number {
  const across = Math.min(a.left_px + a.width_px, b.left_px + b.width_px) - Math.max(a.left_px, b.left_px);
  const down = Math.min(a.top_px + a.height_px, b.top_px + b.height_px) - Math.max(a.top_px, b.top_px);
  if (across <= 0 || down <= 0) return 0;
  return (across * down) / (a.width_px * a.height_px + b.width_px * b.height_px - across * down);
}

/**
 * A cell where a person clicked: a square as large as the frame's other cells, or as the search expects where there is none.
 *
 * Args:
 *   x_px, y_px: inside the frame.
 */
export function cellByHand(x_px: number, y_px: number, { facts, settings, cells }: Pick<FrameAnalysis, 'facts' | 'settings' | 'cells'>): FrameCell {
  const { width_px, height_px } = facts.image;
  const sides = cells.map(({ box }) => Math.sqrt(box.width_px * box.height_px)).sort((a, b) => a - b);
  const expected = Math.sqrt(settings.least_diameter * settings.most_diameter) / (settings.pixel_size_um ?? 1);
  const side = Math.max(2, Math.round(Math.min(sides[sides.length >> 1] ?? expected, width_px, height_px)));
  const within = (centre: number, size: number): [number, number] => {
    const low = Math.max(0, Math.floor(centre) - (side >> 1));
    return [low, Math.max(1, Math.min(size, Math.floor(centre) - (side >> 1) + side) - low)];
  };
  const [left, width] = within(x_px, width_px);
  const [top, height] = within(y_px, height_px);
  return {
    id: nextId(cells),
    box: { left_px: left, top_px: top, width_px: width, height_px: height },
    outline: Float32Array.of(left, top, left + width, top, left + width, top + height, left, top + height),
    areaPx: width * height,
    score: null,
    cutByBorder: left === 0 || top === 0 || left + width === width_px || top + height === height_px,
  };
}

function nextId(cells: readonly FrameCell[]): number {
  return cells.reduce((most, { id }) => Math.max(most, id + 1), 0);
}

/** How the cells of a frame are brought to the scale that the model knows. */
export interface CellScaling {
  /** Whether the model can classify cells of a frame at all. */
  possible: boolean;
  /** Frame px per px of the frames that the model was trained on. */
  scale: number;
  /** What a person must know, one plain sentence; null where all is as in training. */
  warning: string | null;
}

/**
 * Args:
 *   pixelSizeUm: of the frame; null: not known.
 */
export function scalingFor(spec: Pick<ModelSpec, 'frame'>, pixelSizeUm: number | null): CellScaling {
  if (spec.frame === undefined) {
    return { possible: false, scale: 1, warning: 'This model knows images of one cell each; it cannot name the cells of a frame. They are found and counted.' };
  }
  const { side_px, pixel_size_um } = spec.frame;
  if (pixel_size_um === null) {
    return {
      possible: true, scale: 1,
      warning: `The pixel size of this model's training images is not known: its cells filled about half of ${side_px} px, and yours should too.`,
    };
  }
  if (pixelSizeUm === null) {
    return { possible: true, scale: 1, warning: `The pixel size is not known; the model was trained at ${pixel_size_um} µm per px. Enter yours, or its answers may be wrong.` };
  }
  const scale = pixel_size_um / pixelSizeUm;
  const warning = scale < 0.5
    ? `The frame is ${(1 / scale).toFixed(1)} times coarser than the model's training images; what they show of a cell is not in it.`
    : null;
  return { possible: true, scale, warning };
}
