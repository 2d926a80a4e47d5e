/** A frame with many cells that a worker holds: opened once, then searched, classified and drawn without being decoded again. */
import type { Box, DetectSettings, DisplayRange } from '#cytodrop_core';
import { type Checks, noChecks } from '../classify/checks.ts';
import type { CellVerdict } from '../classify/outcome.ts';
import type { DetectorName } from '../core/core.ts';
import { CytodropError, type UnreadFile } from '../core/errors.ts';
import { frameCells, placesOf, withMorphometry } from '../frames/cells.ts';
import { choiceMade, type FrameCell, type FrameChoice, type FrameFacts, wholeFile } from '../frames/frame.ts';
import { type DetectorFacts, type DetectorFiles, detectorOf } from '../model/detector.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { LargeFile } from '../platform/platform.ts';
import { WorkerDied, WorkerHung } from './pool.ts';
import { patienceSeconds } from './watchdog.ts';
import { type ReplyOf, transferable, type WorkerLink } from './worker_link.ts';
import { foundLength, inUnits, lookedAt, quickLook } from '../frames/quick_look.ts';
import { defaultSearch, type FrameOptions, type Looked, searchFor, withLook } from '../frames/search.ts';

/** Cells that a worker classifies before it answers: few enough to stop soon and to let a picture pass. */
export const cellsAtOnce = 16;

/** Where a frame is held: a worker, how it is made ready should it have died, and the networks that find cells, which it takes when it is to use them. */
export interface FrameHost {
  link: WorkerLink;
  makeReady: () => Promise<void>;
  /** The model in use. */
  spec: ModelSpec;
  /** Raises: CytodropError, `detector_not_loaded`. */
  readDetector: (name: DetectorName) => Promise<DetectorFiles>;
}

export interface ClassifyOptions {
  /** Of this frame, µm per px; null: not known. Unless told, as it was searched last, or as the file states it. */
  pixelSizeUm?: number | null;
  checks?: Checks;
  /** Asked before every step. */
  signal?: Pick<AbortSignal, 'aborted'>;
  /** Told the cells of each step, with their verdicts. */
  onVerdicts?: (cells: FrameCell[]) => void;
}

/** Bytes of a file, or where a large one lies. */
export type FrameFile = Uint8Array | LargeFile;

let framesOpened = 0;

/** A frame decoded in a worker; `close` frees it, and so does `await using`. */
export class Frame {
  readonly choice: FrameChoice;
  readonly facts: FrameFacts;
  readonly #host: FrameHost;
  readonly #readAgain: (() => Promise<FrameFile | UnreadFile>) | undefined;
  /** Seconds that the worker may be silent over one thing done with it. */
  readonly #patience = (): number => patienceSeconds(4 * this.facts.image.width_px * this.facts.image.height_px);
  #number: number;
  /** Of the last search. */
  #pixelSizeUm: number | null;

  private constructor(host: FrameHost, choice: FrameChoice, opened: { number: number; facts: FrameFacts }, readAgain: (() => Promise<FrameFile | UnreadFile>) | undefined) {
    this.#host = host;
    this.#readAgain = readAgain;
    this.choice = choiceMade(choice, opened.facts);
    this.facts = opened.facts;
    this.#number = opened.number;
    this.#pixelSizeUm = opened.facts.pixel_size_um;
  }

  /**
   * Args:
   *   file: its bytes, which are handed over, or where it lies.
   *   readAgain: gives them anew when the worker died or took another model; without it the frame is lost then.
   * Raises: CytodropError for a file that cannot be read or decoded; WorkerDied.
   */
  static async open(host: FrameHost, file: FrameFile | UnreadFile, choice: FrameChoice = wholeFile, readAgain?: () => Promise<FrameFile | UnreadFile>): Promise<Frame> {
    return new Frame(host, choice, await openIn(host, file, choice), readAgain);
  }

  /** What is searched for unless told otherwise: cells like those that the model learned from, at the pixel size that the file states. */
  get settings(): DetectSettings {
    return { ...searchFor(this.#host.spec), pixel_size_um: this.facts.pixel_size_um };
  }

  /**
   * Finds cells and measures them.
   *
   * Args:
   *   settings: in place of the frame's own.
   * Returns: the cells in reading order.
   * Raises: CytodropError, WorkerDied.
   */
  async findCells(settings: Partial<DetectSettings> = {}): Promise<FrameCell[]> {
    return (await this.search({ ...this.settings, ...settings })).cells;
  }

  /** As `findCells`, with all settings; tells also what found the cells where a network did. An overview has none. */
  async search(settings: DetectSettings): Promise<{ cells: FrameCell[]; detector?: DetectorFacts }> {
    if (this.choice.overview) return { cells: [] };
    const { cells, detector } = await this.#detect(settings);
    this.#pixelSizeUm = settings.pixel_size_um;
    return { cells: await this.measure(frameCells(cells)), ...(detector && { detector }) };
  }

  /** Measures cells: shape, grey and grain from the pixels inside each outline. Raises: CytodropError, WorkerDied. */
  async measure(cells: readonly FrameCell[]): Promise<FrameCell[]> {
    const { values } = await this.#ask((link, frame) => link.ask({ type: 'measure_outlines', frame, places: placesOf(cells) }, 'outlines_measured', { patience: this.#patience }));
    return withMorphometry(cells, values);
  }

  /** Finds cells in a part of the frame alone, as if nothing were around it. Raises: CytodropError, WorkerDied. */
  async searchPart(region: Box, settings: DetectSettings): Promise<FrameCell[]> {
    return frameCells((await this.#detect(settings, region)).cells);
  }

  /**
   * A quick look at the middle of the frame: by which network, and for cells of which size, most is found with high scores.
   *
   * Args:
   *   pixelSizeUm: µm per px; null: not known.
   * Returns: settings for `findCells`; null where hardly anything is found.
   * Raises: CytodropError, WorkerDied.
   */
  async suggestSearch(pixelSizeUm: number | null = this.#pixelSizeUm): Promise<Looked | null> {
    if (this.choice.overview) return null;
    const region = lookedAt(this.facts.image);
    const looked = await quickLook(Math.min(region.width_px, region.height_px), async (settings) => {
      return foundLength((await this.#detect({ ...defaultSearch, ...settings, pixel_size_um: null }, region)).cells);
    });
    return looked && inUnits(looked, pixelSizeUm);
  }

  /** What the frame is searched with: as asked, and what is left to a look as that decides. Raises: CytodropError, WorkerDied. */
  async settingsFor({ search, look, pixelSizeUm }: Pick<FrameOptions, 'search' | 'look' | 'pixelSizeUm'>): Promise<DetectSettings> {
    const pixel_size_um = pixelSizeUm ?? this.facts.pixel_size_um;
    return { ...(look?.length ? withLook(search, await this.suggestSearch(pixel_size_um), look) : search), pixel_size_um };
  }

  async #detect(settings: DetectSettings, region?: Box): Promise<ReplyOf<'detected'>> {
    const detect = () => this.#ask((link, frame) => link.ask({ type: 'detect', frame, settings, region }, 'detected', { patience: this.#patience }));
    return detect().catch(async (error: unknown) => {
      const name = detectorOf(settings.method);
      if (!(error instanceof CytodropError && error.code === 'detector_not_loaded') || name === undefined) throw error;
      const files = await this.#host.readDetector(name);
      await this.#ask((link) => link.ask({ type: 'load_detector', name, files }, 'detector_loaded', { patience: this.#patience }));
      return detect();
    });
  }

  /**
   * Classifies cells, a few at a time.
   *
   * Returns: the same cells with their verdicts; after a stop those not reached have none.
   * Raises: CytodropError, `unsupported_feature` where the model is one of single cells; WorkerDied.
   */
  async classify(cells: readonly FrameCell[], { pixelSizeUm = this.#pixelSizeUm, checks = noChecks, signal, onVerdicts = () => {} }: ClassifyOptions = {}): Promise<FrameCell[]> {
    const done: FrameCell[] = [];
    for (let first = 0; first < cells.length && !signal?.aborted; first += cellsAtOnce) {
      const some = cells.slice(first, first + cellsAtOnce);
      const { verdicts } = await this.#ask((link, frame) => link.ask({ type: 'classify_cells', frame, places: placesOf(some), pixelSizeUm, checks }, 'cells_classified', { patience: this.#patience }));
      const named = some.map((cell, i) => ({ ...cell, verdict: verdicts[i] as CellVerdict }));
      done.push(...named);
      onVerdicts(named);
    }
    return [...done, ...cells.slice(done.length)];
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
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

async function openIn({ link, makeReady }: FrameHost, file: FrameFile | UnreadFile, choice: FrameChoice): Promise<{ number: number; facts: FrameFacts }> {
  if ('status' in file) throw new CytodropError(file.code, file.message);
  await link.ready(makeReady);
  const number = ++framesOpened;
  const patience = patienceSeconds(file.length);
  const { facts } = await link.ask({ type: 'open_frame', frame: number, file, choice }, 'frame_opened', { transfer: transferable(file instanceof Uint8Array ? [file] : []), patience: () => patience });
  return { number, facts };
}
