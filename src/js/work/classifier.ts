/** The library's front door: a model, the workers that run it, and everything that can be asked of images with it. */
import { platform } from '#platform';
import type { FileContent } from '#cytodrop_core';
import { type Checks, noChecks } from '../classify/checks.ts';
import type { DetectorName } from '../core/core.ts';
import type { RuntimeFacts } from '../classify/engines.ts';
import { type Batch, deviationsOf, differencesOf } from '../classify/batch.ts';
import type { CellRecord, CellVerdict, ClassifiedCell, Outcome } from '../classify/outcome.ts';
import type { SelfTest } from '../classify/self_test.ts';
import { CytodropError, type UnreadFile } from '../core/errors.ts';
import { type FrameCell, type FrameChoice, type FrameRecord, wholeFile } from '../frames/frame.ts';
import { type FrameOptions, leftToLook, searchFor } from '../frames/search.ts';
import type { DetectorFiles, DetectorSpec } from '../model/detector.ts';
import { type ModelFiles, readModel } from '../model/model_files.ts';
import { canCompare, type ModelSpec } from '../model/spec.ts';
import type { ImageSource } from '../platform/platform.ts';
import { type CheckedFile, checkFrameReport } from '../report/check_frames.ts';
import { type ExportContext } from '../report/export_cells.ts';
import type { Provenance } from '../report/provenance.ts';
import { checkReport, type CheckResult, type Report } from '../report/report.ts';
import { appVersion, commit } from '../report/version.ts';
import { checkWorker } from './check_worker.ts';
import { Crew, type Equipment } from './crew.ts';
import { type FrameFile, type OpenFrame, type Progress } from './frame.ts';
import { frameWorker } from './frame_worker.ts';
import { openFrame } from './open_frame.ts';
import { Handoff } from './handoff.ts';
import { type Images, Line } from './line.ts';
import type { ModelParcel } from './messages.ts';
import { classifyInOrder, type PoolWorker, type Run } from './pool.ts';
import type { RequestFacts } from './requests.ts';
import { Slide } from './slide.ts';
import { isShipped, modelReaderOf, type ModelSource } from './sources.ts';
import { patienceSeconds } from './watchdog.ts';
import { transferable, type WorkerLink } from './worker_link.ts';

export interface ClassifierOptions extends Partial<Equipment> {
  /** Told the worst of all self-tests whenever a worker has tested itself, also one that replaces a dead one. */
  onSelfTest?: (worst: SelfTest) => void;
}

export interface LoadOptions {
  /** A model of the same types whose opinion is heard too. */
  second?: ModelSource | undefined;
  /** Told as the network arrives, and ONNX Runtime where it is needed. */
  onProgress?: (loadedBytes: number, totalBytes: number) => void;
}

/** What is asked of many images. */
export interface RunOptions {
  /** What is computed of each cell beyond its verdict; nothing unless told. */
  checks?: Checks;
  /** Workers that share the images; all there are unless told. */
  jobs?: number;
  /** When it is aborted, what workers have in hand is still given; then its reason is thrown. */
  signal?: AbortSignal;
  /** Told the bytes of each file that was read, before a worker takes them: what is to outlive the call must be copied. A file may be read again. */
  onRead?: (index: number, bytes: Uint8Array) => void;
}

export interface CellRunOptions extends RunOptions {
  /**
   * Image px per px of the images that the model was trained on, 1/64 to 64: brings to size what shows a cell at another scale. 1 unless told. What the model was measured to get
   * right holds for no other.
   */
  imageScale?: number;
}

export interface FrameRunOptions extends RunOptions, Partial<Omit<FrameOptions, 'checks'>> {
  /** Told the cells classified of the cells found in the frame of an image, or the tiles done of a picture that is searched tile by tile. */
  onProgress?: (index: number, done: number, all: number, of: Progress['of']) => void;
  /** Told cells of an image as they are done: those of a picture that is searched tile by tile long before the others. */
  onCells?: (index: number, cells: FrameCell[]) => void;
}

interface Loaded { files: ModelFiles; second: ModelFiles | undefined; runtime: RuntimeFacts; added: Pick<ExportContext, 'added' | 'secondAdded'> }

export class Classifier {
  readonly #crew: Crew;
  readonly #home: URL;
  #loaded: Loaded | undefined;
  #coreWasm: Promise<Uint8Array> | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #runs = new Set<Run>();

  /** Without a model: `load` one, or use `Classifier.open`. */
  constructor({ engine, threads = platform.threads(), jobs, home = platform.home, detector, onSelfTest = () => {} }: ClassifierOptions = {}) {
    this.#home = home;
    this.#crew = new Crew({ engine, threads, jobs, home, detector }, onSelfTest);
  }

  /**
   * Loads a model and starts its workers.
   *
   * Args:
   *   model: name of a shipped model, address of a model's folder, its files, or a zip of them.
   * Raises: CytodropError, `self_test_failed` where this computer does not compute what the training code did; Error, in words for a person,
   *   where a file of the model is missing or another.
   */
  static async open(model: ModelSource, { second, onProgress, ...options }: ClassifierOptions & LoadOptions = {}): Promise<Classifier> {
    const classifier = new Classifier(options);
    try {
      await classifier.load(model, { second, ...(onProgress && { onProgress }) });
      return classifier;
    } catch (error) {
      await classifier.close();
      throw error;
    }
  }

  /** Takes a model in place of the one before, after whatever runs now, with the same workers. Raises: as `open`. */
  load(model: ModelSource, { second, onProgress = () => {} }: LoadOptions = {}): Promise<void> {
    this.#crew.wake();
    const parcel = this.#read(model, second, onProgress);
    parcel.catch(() => undefined);
    return this.#queued(async () => {
      const { files, second: other, ...rest } = await parcel;
      const runtime = await this.#crew.take({ files, ...rest, ...(other && { second: other }) }, onProgress);
      this.#loaded = { files, second: other, runtime, added: { added: !isShipped(model), secondAdded: second !== undefined && !isShipped(second) } };
    });
  }

  async #read(model: ModelSource, second: ModelSource | undefined, onProgress: (loadedBytes: number, totalBytes: number) => void): Promise<ModelParcel> {
    const read = (source: ModelSource, isFirst: boolean): Promise<ModelFiles> => {
      const file = modelReaderOf(source, this.#home);
      return readModel((path, bytes) => file(path, bytes !== undefined && isFirst ? (loadedBytes) => onProgress(loadedBytes, bytes) : undefined));
    };
    this.#coreWasm ??= platform.read(new URL('cytodrop_core.wasm', this.#home));
    this.#coreWasm.catch(() => { this.#coreWasm = undefined; });
    const reading = [read(model, true), second === undefined ? undefined : read(second, false)] as const;
    reading[1]?.catch(() => undefined);
    // Where both are missing it is always the first that is told.
    const files = await reading[0];
    const other = await reading[1];
    const coreWasm = await this.#coreWasm;
    if (other && !canCompare(files.spec, other.spec)) {
      throw new CytodropError('invalid_argument', `The model ${other.spec.name} does not name the same types as ${files.spec.name}, or in pictures of another kind.`);
    }
    return { files, coreWasm, ...(other && { second: other }), isOwn: !isShipped(model) || (second !== undefined && !isShipped(second)) };
  }

  #model(): Loaded {
    if (this.#loaded === undefined) throw new CytodropError('model_not_loaded', 'No model is loaded.');
    return this.#loaded;
  }

  /** What the model says of itself. Raises: CytodropError, `model_not_loaded`; so do the next ones. */
  get spec(): ModelSpec {
    return this.#model().files.spec;
  }

  get secondSpec(): ModelSpec | undefined {
    return this.#model().second?.spec;
  }

  get runtime(): RuntimeFacts {
    return this.#model().runtime;
  }

  /** The worst of all workers so far, those included that replaced a dead one. */
  get selfTest(): SelfTest {
    return this.#crew.selfTest;
  }

  /** Workers that share the images. */
  get workers(): number {
    return this.#crew.workers;
  }

  /** What exports tell beside results. */
  exportContext({ fileNames = true, checks = noChecks, imageScale = 1, ...asked }: Partial<Pick<ExportContext, 'fileNames' | 'unsureBelow' | 'checks' | 'imageScale' | 'types' | 'batch'>> = {}): ExportContext {
    const { files: { spec }, second, runtime, added } = this.#model();
    const provenance: Provenance = { commit, platform: platform.words, time: new Date().toISOString(), specSha256: runtime.specSha256 ?? null };
    return {
      checks, imageScale, ...(second && { secondModel: second.spec }), ...added, spec, runtime, selfTest: this.selfTest, appVersion, fileNames, provenance, ...asked,
    };
  }

  /**
   * Classifies one image of a cell, also while many others are; the workers take turns.
   *
   * Raises: CytodropError for an image that cannot be read or decoded; WorkerDied.
   */
  async classify(image: ImageSource, { checks = noChecks, imageScale = 1 }: Pick<CellRunOptions, 'checks' | 'imageScale'> = {}): Promise<ClassifiedCell> {
    const { link, bytes, options } = await this.#hand(image);
    const { outcomes: [outcome] } = await link.ask({ type: 'classify', images: [bytes], checks, imageScale }, 'classified', options);
    if (outcome?.status !== 'ok') throw new CytodropError(outcome?.code ?? 'internal', outcome?.message ?? 'There is no result.');
    return outcome;
  }

  /**
   * Classifies images of one cell each, after whatever runs now.
   *
   * Yields: one record for each, in order; one that cannot be read has `status` "error" and harms no other.
   * Raises: the signal's reason, WorkerDied, what `images` throws.
   */
  classifyAll(images: Images, { checks = noChecks, imageScale = 1, ...options }: CellRunOptions = {}): AsyncGenerator<CellRecord, void, undefined> {
    const worker = (link: WorkerLink): PoolWorker => link.poolWorker(() => this.#crew.makeReady(link), checks, imageScale);
    return this.#run<Outcome>(images, worker, options);
  }

  /**
   * Searches one frame of each image for cells and names them, after whatever runs now; each worker holds one frame at a time.
   *
   * Args:
   *   options: what to search for and which frame; unless told, cells like those that the model learned from, or where it knows no frames those that a quick look at each frame finds, in the first frame.
   * Yields, raises: as `classifyAll`.
   */
  analyseFrames(images: Images, options: FrameRunOptions = {}): AsyncGenerator<FrameRecord, void, undefined> {
    const { spec } = this;
    const { choice = wholeFile, search = searchFor(spec), look = options.search === undefined ? leftToLook(spec, {}) : [], pixelSizeUm = null, classify = spec.frame !== undefined, checks = noChecks, onProgress = () => {}, onCells = () => {}, ...rest } = options;
    const worker = (link: WorkerLink, run: Run, idle: () => readonly WorkerLink[]) => frameWorker(this.#crew.host(link, idle), { choice, search, look, pixelSizeUm, classify, checks }, run, (index, cells, { done, all, of }) => {
      onCells(index, cells);
      onProgress(index, done, all, of);
    });
    return this.#run(images, worker, { ...rest, atOnce: 1 });
  }

  /**
   * Opens one frame to work on step by step, also while others are searched. It must be closed.
   *
   * Args:
   *   image: read again should its worker die.
   * Raises: CytodropError for an image that cannot be read or decoded; WorkerDied.
   */
  async openFrame(image: ImageSource, choice: Partial<FrameChoice> = {}): Promise<OpenFrame> {
    const read = async (): Promise<FrameFile | UnreadFile> => (await platform.readFrame(image, Infinity)) as FrameFile | UnreadFile;
    const link = this.#crew.links(1)[0] as WorkerLink;
    // Frames that a person looks at are held once; those read tile by tile are held by nobody.
    return openFrame(this.#crew.host(link), await read(), { ...wholeFile, ...choice }, read, () => this.#crew.helpersOf(link));
  }

  /** Keeps a file open to look at parts of it, also while others are worked on. It must be closed. */
  openSlide(image: ImageSource): Slide {
    return new Slide(this.#crew.host(this.#crew.links(1)[0] as WorkerLink), async () => (await platform.readFrame(image, Infinity)) as FrameFile | UnreadFile);
  }

  /**
   * Works on images again and compares with what an exported report says; they are known by their pixels, not by their names.
   *
   * Args:
   *   onProgress: told how many images are done.
   * Raises: as `classifyAll`.
   */
  async checkReport(report: Report, images: Images, { onProgress = () => {}, ...options }: Omit<RunOptions, 'checks'> & { onProgress?: (done: number) => void } = {}): Promise<CheckResult> {
    const { files: { spec }, second, runtime } = this.#model();
    const now = { spec, specSha256: runtime.specSha256 ?? null, second: second?.spec, imageScale: report.imageScale };
    let done = 0;
    if (report.of === 'frames') {
      const worker = (link: WorkerLink, run: Run, idle: () => readonly WorkerLink[]) => checkWorker(this.#crew.host(link, idle), report, now, run);
      const checked: { path: string; frames: CheckedFile['frames'] | null }[] = [];
      for await (const { path, ...outcome } of this.#run(images, worker, { ...options, atOnce: 1 })) {
        checked.push({ path, frames: outcome.status === 'ok' ? outcome.frames : null });
        onProgress(++done);
      }
      return checkFrameReport(report, checked, now);
    }
    const records: CellRecord[] = [];
    for await (const record of this.classifyAll(images, { ...options, checks: report.checks, imageScale: report.imageScale })) {
      records.push(record);
      onProgress(++done);
    }
    return checkReport(report, records, now);
  }

  /** The crop that the network saw, R G B A; served between two batches of a run. Raises: CytodropError. */
  async view(image: ImageSource, maxSidePx: number, { imageScale = 1 }: Pick<CellRunOptions, 'imageScale'> = {}): Promise<{ widthPx: number; heightPx: number; rgba: Uint8ClampedArray<ArrayBuffer> }> {
    const { link, bytes, options } = await this.#hand(image);
    const { widthPx, heightPx, rgba } = await link.ask({ type: 'view', image: bytes, maxSidePx, imageScale }, 'view', options);
    return { widthPx, heightPx, rgba };
  }

  /**
   * What cells come to as a set: one cell says little about whether it is from elsewhere, thirty say much.
   *
   * Returns: null where the model cannot tell, or of no cell.
   */
  async judgeBatch(cells: readonly Pick<CellVerdict, 'deviation' | 'measures'>[]): Promise<Batch | null> {
    const { files: { spec } } = this.#model();
    if (spec.novelty?.batch === undefined || cells.length === 0) return null;
    const { batch } = await (this.#crew.links(1)[0] as WorkerLink).ask({ type: 'judge_batch', deviations: deviationsOf(cells) }, 'batch_judged');
    return { ...batch, differences: batch.foreign ? differencesOf(cells, spec) : [] };
  }

  /** What a file says beside its pixels; served as `view`. Raises: CytodropError, also for a file that cannot be read. */
  async inspect(file: ImageSource): Promise<FileContent> {
    const link = this.#crew.next();
    const [read] = await Promise.all([platform.readFrame(file, Infinity), this.#crew.makeReady(link)]);
    if (read === undefined || 'status' in read) throw new CytodropError(read?.code ?? 'unreadable_file', read?.message ?? 'The file could not be read.');
    const patience = patienceSeconds(read.length);
    return (await link.ask({ type: 'inspect', file: read }, 'inspected', { transfer: transferable(read instanceof Uint8Array ? [read] : []), patience: () => patience })).content;
  }

  /** Fetches a network that finds cells ahead of need. Raises: CytodropError, `detector_not_loaded`. */
  readDetector(name: DetectorName): Promise<DetectorFiles> {
    return this.#crew.readDetector(name);
  }

  /**
   * Has cells found by a network of a person's own in place of the shipped ones, or by those again, after whatever runs now. Frames that are open are searched by it from then on.
   *
   * Args:
   *   detector: as in `Classifier.open`; undefined: the shipped ones.
   * Returns: what it says of itself.
   * Raises: CytodropError, `detector_not_loaded`, in one line for a person: then the one before stays.
   */
  useDetector(detector: ModelSource | undefined): Promise<DetectorSpec | undefined> {
    return this.#queued(async () => (await this.#crew.useDetector(detector))?.spec);
  }

  /** What the workers fetched so far; their own workers fetch nothing but the runtime's script. */
  async requests(): Promise<RequestFacts[]> {
    const lists = await Promise.all(this.#crew.links(undefined).map((link) => link.ask({ type: 'requests' }, 'requests')));
    return lists.flatMap(({ requests }) => requests);
  }

  /** Stops what runs and what waits, without an error; what workers have in hand is the last. */
  cancel(): void {
    for (const run of this.#runs) run.cancelled = true;
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    this.cancel();
    this.#crew.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Has workers empty a queue of images, after whatever runs now, no faster than the results are taken. */
  async *#run<Result extends { status: string }>(
    images: Images, worker: (link: WorkerLink, run: Run, idle: () => readonly WorkerLink[]) => PoolWorker<Result>, { jobs, signal, atOnce, onRead = () => {} }: Omit<RunOptions, 'checks'> & { atOnce?: number },
  ): AsyncGenerator<(Result | UnreadFile) & { index: number; path: string }, void, undefined> {
    const run: Run = { cancelled: signal?.aborted ?? false };
    const stop = (): void => { run.cancelled = true; };
    signal?.addEventListener('abort', stop);
    this.#runs.add(run);
    // Frames go one by one.
    const line = new Line(images, atOnce === 1);
    const results = new Handoff<(Result | UnreadFile) & { index: number; path: string }>();
    let links: WorkerLink[] = [];
    const resting = new Set<number>();
    const idle = (): WorkerLink[] => links.filter((_, i) => resting.has(i));
    const work = this.#queued(() => classifyInOrder((links = this.#crew.links(jobs)).map((link) => worker(link, run, idle)), {
      rest: (i) => resting.add(i),
      ...(atOnce !== undefined && { atOnce }),
      get count() { return line.count; },
      read: async (position, mostBytes) => {
        const bytes = await line.read(position, mostBytes);
        if (bytes instanceof Uint8Array) onRead(position, bytes);
        return bytes;
      },
      tell: (position, outcome) => results.give({ ...outcome, index: position, path: line.tellName(position) }),
    }, run)).finally(() => results.close());
    work.catch(() => undefined);
    try {
      yield* results.values();
      await work;
      signal?.throwIfAborted();
    } finally {
      stop();
      results.close();
      signal?.removeEventListener('abort', stop);
      this.#runs.delete(run);
      await line.end();
    }
  }

  /** A worker that is ready for one more question, and an image for it. */
  async #hand(image: ImageSource): Promise<{ link: WorkerLink; bytes: Uint8Array; options: { transfer: ArrayBuffer[]; patience: () => number } }> {
    const link = this.#crew.next();
    const [bytes] = await Promise.all([platform.readImage(image, Infinity), this.#crew.makeReady(link)]);
    if (!(bytes instanceof Uint8Array)) throw new CytodropError(bytes?.code ?? 'unreadable_file', bytes?.message ?? 'The file could not be read.');
    const patience = patienceSeconds(bytes.length);
    return { link, bytes, options: { transfer: transferable([bytes]), patience: () => patience } };
  }

  #queued<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
