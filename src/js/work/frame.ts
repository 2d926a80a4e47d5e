/** A frame with many cells that a worker holds: opened once, then searched, classified and drawn without being decoded again. */
import type { Box, DetectSettings, DisplayRange } from '#cytodrop_core';
import { type Checks, noChecks } from '../classify/checks.ts';
import type { CellVerdict } from '../classify/outcome.ts';
import type { DetectorName } from '../core/core.ts';
import { CytodropError, type UnreadFile } from '../core/errors.ts';
import { frameCells, placesOf, withMorphometry } from '../frames/cells.ts';
import { choiceMade, type FrameCell, type FrameChoice, type FrameFacts, type TilesDone, wholeFile } from '../frames/frame.ts';
import { type DetectorFacts, type DetectorFiles, detectorOf } from '../model/detector.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { LargeFile } from '../platform/platform.ts';
import { WorkerDied, WorkerHung } from './pool.ts';
import { shareSteps } from './shared_steps.ts';
import { patienceSeconds } from './watchdog.ts';
import { type ReplyOf, transferable, type WorkerLink } from './worker_link.ts';
import { foundLength, inUnits, lookedAt, quickLook } from '../frames/quick_look.ts';
import { defaultSearch, type FrameOptions, type Looked, searchFor, withLook } from '../frames/search.ts';

/** Cells that a worker classifies before it answers: few enough to stop soon and to let a picture pass. */
export const cellsAtOnce = 16;
/** Cells that each of several workers measures before it takes more. */
const measuredAtOnce = 256;

/** Where a frame is held: a worker, how it is made ready should it have died, and the networks that find cells, which it takes when it is to use them. */
export interface FrameHost {
  link: WorkerLink;
  makeReady: () => Promise<void>;
  /** The model in use. */
  spec: ModelSpec;
  /** Raises: CytodropError, `detector_not_loaded`. */
  readDetector: (name: DetectorName) => Promise<DetectorFiles>;
  /** Others that have nothing to do now and take part of the work; none unless told. */
  helpers?: () => readonly Helper[];
}

export type Helper = Pick<FrameHost, 'link' | 'makeReady'>;

export interface ClassifyOptions {
  /** Of this frame, µm per px; null: not known. Unless told, as it was searched last, or as the file states it. */
  pixelSizeUm?: number | null;
  checks?: Checks;
  /** Asked before every step. */
  signal?: Pick<AbortSignal, 'aborted'>;
  /** Told the cells of each step, with their verdicts. */
  onVerdicts?: (cells: FrameCell[]) => void;
}

/** What may be told of the cells of a frame that is searched and named in one go. */
export interface FindOptions extends Omit<ClassifyOptions, 'pixelSizeUm' | 'onVerdicts'> {
  /** False: the cells are found, not named. */
  classify: boolean;
  /** Told cells as they are done, and how many of all that are to be done: cells found, or tiles of a picture that is searched tile by tile. */
  onCells?: (cells: FrameCell[], progress: Progress) => void;
}

/** `of`: what is counted. */
export interface Progress { done: number; all: number; of: 'cells' | 'tiles' }

/** `tiles`: of a picture that was searched tile by tile. */
export interface Found { cells: FrameCell[]; detector?: DetectorFacts; tiles?: TilesDone }

/** What can be done with any frame, held or read tile by tile. */
export type OpenFrame = Pick<Frame, keyof Frame>;

/** Bytes of a file, or where a large one lies. */
export type FrameFile = Uint8Array | LargeFile;

/** Asks one of those that hold the frame. */
type Ask = <T>(question: (link: WorkerLink, frame: number) => Promise<T>) => Promise<T>;

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
  /** Helpers that hold the frame too, with their numbers of it. */
  readonly #helpers: Map<WorkerLink, number>;
  /** Of the last search. */
  #pixelSizeUm: number | null;

  private constructor(host: FrameHost, choice: FrameChoice, opened: { number: number; facts: FrameFacts }, helpers: Map<WorkerLink, number>, readAgain: (() => Promise<FrameFile | UnreadFile>) | undefined) {
    this.#host = host;
    this.#helpers = helpers;
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
    const sharing = beginSharing(host, file, choice);
    try {
      const opened = await openIn(host, file, choice);
      return new Frame(host, choice, opened, await sharing(opened.facts), readAgain);
    } catch (error) {
      void sharing(null);
      throw error;
    }
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

  /** Finds cells and names them. After a stop those not reached have no verdict. Raises: as `search` and `classify`. */
  async find(settings: DetectSettings, { classify, onCells = () => {}, ...options }: FindOptions): Promise<Found> {
    const found = await this.search(settings);
    if (!classify) return found;
    let done = 0;
    const onVerdicts = (some: FrameCell[]): void => onCells(some, { done: (done += some.length), all: found.cells.length, of: 'cells' });
    return { ...found, cells: await this.classify(found.cells, { ...options, pixelSizeUm: settings.pixel_size_um, onVerdicts }) };
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
    const measure = async (some: readonly FrameCell[], ask: Ask): Promise<FrameCell[]> => {
      const { values } = await ask((link, frame) => link.ask({ type: 'measure_outlines', frame, places: placesOf(some) }, 'outlines_measured', { patience: this.#patience }));
      return withMorphometry(some, values);
    };
    if (this.#helpers.size === 0) return measure(cells, (question) => this.#ask(question));
    const done: FrameCell[] = [];
    await this.#fewByFew(cells, measuredAtOnce, measure, (some) => done.push(...some));
    return done;
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
    const seen = region === undefined && detectorOf(settings.method) !== undefined ? await this.#lookTogether(settings) : undefined;
    const detect = () => this.#ask((link, frame) => link.ask({ type: 'detect', frame, settings, region, seen }, 'detected', { patience: this.#patience }));
    return withDetector(this.#host, settings, detect, (question) => this.#ask(question));
  }

  /** What a network says of the frame, by all that hold it; undefined: there is one alone, or it has to do it alone. */
  async #lookTogether(settings: DetectSettings): Promise<Float32Array[] | undefined> {
    const parts = 1 + this.#helpers.size;
    if (parts === 1) return undefined;
    const seen: Float32Array[] = [];
    const look = (part: number, ask: Ask): Promise<ReplyOf<'part_seen'>> =>
      withDetector(this.#host, settings, () => ask((link, frame) => link.ask({ type: 'look_at_part', frame, settings, part, parts }, 'part_seen', { patience: this.#patience })), ask);
    const own: Ask = (question) => this.#ask(question);
    const helpers = [...this.#helpers];
    const missed: number[] = [];
    await Promise.all([
      look(0, own).then(({ values }) => { seen[0] = values; }),
      ...helpers.map(([link, number], i) => look(i + 1, (question) => question(link, number)).then(({ values }) => { seen[i + 1] = values; }, () => {
        this.#helpers.delete(link);
        missed.push(i + 1);
      })),
    ]);
    for (const part of missed) seen[part] = (await look(part, own)).values;
    return seen;
  }

  /**
   * Classifies cells, a few at a time.
   *
   * Returns: the same cells with their verdicts; after a stop those not reached have none.
   * Raises: CytodropError, `unsupported_feature` where the model is one of single cells; WorkerDied.
   */
  async classify(cells: readonly FrameCell[], { pixelSizeUm = this.#pixelSizeUm, checks = noChecks, signal, onVerdicts = () => {} }: ClassifyOptions = {}): Promise<FrameCell[]> {
    const done: FrameCell[] = [];
    await this.#fewByFew(cells, cellsAtOnce, async (some, ask) => {
      const { verdicts } = await ask((link, frame) => link.ask({ type: 'classify_cells', frame, places: placesOf(some), pixelSizeUm, checks }, 'cells_classified', { patience: this.#patience }));
      return some.map((cell, i) => ({ ...cell, verdict: verdicts[i] as CellVerdict }));
    }, (named) => {
      done.push(...named);
      onVerdicts(named);
    }, signal);
    return [...done, ...cells.slice(done.length)];
  }

  /** Has all that hold the frame do something with its cells, a few at a time; told in order. */
  #fewByFew(cells: readonly FrameCell[], atOnce: number, take: (some: readonly FrameCell[], ask: Ask) => Promise<FrameCell[]>, tell: (some: FrameCell[]) => void, signal?: Pick<AbortSignal, 'aborted'>): Promise<void> {
    const own = this.#host.link;
    return shareSteps<WorkerLink, FrameCell[]>({
      count: Math.ceil(cells.length / atOnce),
      workers: () => [own, ...this.#helpers.keys()],
      take: (worker, step) => {
        const helping = worker === own ? undefined : this.#helpers.get(worker);
        return take(cells.slice(step * atOnce, (step + 1) * atOnce), helping === undefined ? (question) => this.#ask(question) : (question) => question(worker, helping));
      },
      tell: (_, some) => tell(some),
      signal,
    });
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
    await Promise.all([[this.#host.link, this.#number] as const, ...this.#helpers].map(([link, frame]) => link.ask({ type: 'close_frame', frame }, 'frame_closed').catch(() => undefined)));
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

async function openIn({ link, makeReady }: Helper, file: FrameFile | UnreadFile, choice: FrameChoice): Promise<{ number: number; facts: FrameFacts }> {
  if ('status' in file) throw new CytodropError(file.code, file.message);
  await link.ready(makeReady);
  const number = ++framesOpened;
  const patience = patienceSeconds(file.length);
  const { facts } = await link.ask({ type: 'open_frame', frame: number, file, choice }, 'frame_opened', { transfer: transferable(file instanceof Uint8Array ? [file] : []), patience: () => patience });
  return { number, facts };
}

/** A worker takes the bytes that it is handed. */
export function copyOf(file: FrameFile): FrameFile {
  return file instanceof Uint8Array ? new Uint8Array(file) : file;
}

/** Frames of fewer pixels are done before others have decoded them too. */
const leastSharedPx = 1_000_000;
/** More would fill the memory: every helper holds the frame. */
const mostSharedBytes = 100e6;
/** No file of a picture of that size is smaller. */
const leastSharedFile = 100_000;

/**
 * Has helpers open a frame beside the one whose it is.
 *
 * Returns: to be told what the frame is, or null where it could not be opened; gives those that hold it now.
 */
function beginSharing(host: FrameHost, file: FrameFile | UnreadFile, choice: FrameChoice): (facts: FrameFacts | null) => Promise<Map<WorkerLink, number>> {
  const helpers = 'status' in file || file.length < leastSharedFile || choice.overview ? [] : (host.helpers?.() ?? []);
  // The bytes are handed over to the one whose frame it is.
  const opening = helpers.map((helper) => openIn(helper, copyOf(file as FrameFile), choice).then(({ number }) => [helper.link, number] as const, () => undefined));
  return async (facts) => {
    const opened = (await Promise.all(opening)).filter((one) => one !== undefined);
    const { width_px, height_px, channels, bits_per_channel: bits } = facts?.image ?? { width_px: 0, height_px: 0, channels: 1, bits_per_channel: 8 };
    const pixels = width_px * height_px;
    if (pixels >= leastSharedPx && pixels * channels * Math.ceil(bits / 8) <= mostSharedBytes) return new Map(opened);
    for (const [link, frame] of opened) void link.ask({ type: 'close_frame', frame }, 'frame_closed').catch(() => undefined);
    return new Map();
  };
}

/** Asks again with the network that finds cells where the worker does not have it yet. Raises: CytodropError, WorkerDied. */
export async function withDetector<T>({ readDetector }: Pick<FrameHost, 'readDetector'>, { method }: Pick<DetectSettings, 'method'>, search: () => Promise<T>, ask: (question: (link: WorkerLink) => Promise<unknown>) => Promise<unknown>): Promise<T> {
  return search().catch(async (error: unknown) => {
    const name = detectorOf(method);
    if (!(error instanceof CytodropError && error.code === 'detector_not_loaded') || name === undefined) throw error;
    const files = await readDetector(name);
    const patience = patienceSeconds(files.network.length);
    await ask((link) => link.ask({ type: 'load_detector', name, files }, 'detector_loaded', { patience: () => patience }));
    return search();
  });
}
