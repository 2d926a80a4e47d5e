/** The page's side of the workers: one queue, answers in order, every worker on the next files, a dead one replaced. */
import { fetchSiteFile } from './models.ts';
import {
  allChecks, type CheckedFile, checkWorker, type ClassifiedCell, classifyInOrder, CytodropError, detectorShelf, type EngineKind, type FileContent,
  type FrameChoice, type FrameHost, type FrameOptions, type FrameOutcome, type FrameReport, frameWorker, HeldFrame, maxWorkers, type ModelParcel,
  type ModelsNow, noChecks, type Outcome, patienceSeconds, type PoolWorker, refuseSize, type RequestFacts, type Run, type RuntimeFacts, type SelfTest,
  type StartWorker, transferable, unreadFile, type UnreadFile, WorkerLink, type WorkerReply, worstSelfTest,
} from '../src/js/index.ts';

export interface ClassifyJob { index: number; file: File }

export interface LoadedModel {
  runtime: RuntimeFacts;
  /** The worst of all workers. */
  selfTest: SelfTest;
  /** Workers that share the images. */
  workers: number;
}

type OnProgress = (loadedBytes: number, totalBytes: number) => void;

export class ClassifierClient {
  readonly #first = new WorkerLink(startWorker);
  /** The first and, where the core runs the network, others beside it. */
  #links = [this.#first];
  #loaded: { name: string; second: string | undefined; parcel: ModelParcel | undefined } | undefined;
  #selfTests: SelfTest[] = [];
  readonly readDetector = detectorShelf(async (path) => new Uint8Array(await (await fetchSiteFile(new URL(path, document.baseURI))).arrayBuffer()));
  #queue: Promise<unknown> = Promise.resolve();
  readonly #runs = new Set<Run>();
  #views = 0;
  readonly #engine: EngineKind | undefined;
  readonly #onSelfTest: (worst: SelfTest) => void;

  /**
   * Args:
   *   engine: runs every network with this one; undefined leaves the choice to the network.
   *   onSelfTest: told the worst of all self-tests whenever a worker has tested itself, also one that replaces a dead one.
   */
  constructor(engine: EngineKind | undefined, onSelfTest: (worst: SelfTest) => void) {
    this.#engine = engine;
    this.#onSelfTest = onSelfTest;
  }

  /**
   * Loads a model, after whatever runs now.
   *
   * Args:
   *   onProgress: told as the network arrives, and the runtime where it is needed.
   *   second: a model of the same types to be asked about every image too.
   */
  loadModel(name: string, onProgress: OnProgress, second?: string): Promise<LoadedModel> {
    return this.#queued(async () => {
      this.#selfTests = [];
      const runtime = await this.#load(name, second, onProgress);
      await this.#first.ready(() => Promise.resolve());
      const wanted = this.#loaded?.parcel === undefined ? 1 : mostWorkers();
      for (const link of this.#links.splice(wanted)) link.end();
      while (this.#links.length < wanted) this.#links.push(new WorkerLink(startWorker));
      const [, ...others] = this.#links;
      for (const other of others) other.forget();
      // A worker that cannot start is not missed: the others do its work.
      const ready = await Promise.allSettled(others.map((other) => this.#giveModel(other)));
      this.#links = [this.#first, ...others.filter((_, i) => ready[i]?.status === 'fulfilled')];
      return { runtime, selfTest: worstSelfTest(this.#selfTests), workers: this.#links.length };
    });
  }

  /**
   * Classifies files, after whatever runs now.
   *
   * Args:
   *   onOutcome: told once for every file, in order.
   */
  classify(jobs: readonly ClassifyJob[], onOutcome: (index: number, outcome: Outcome) => void, checks = noChecks): Promise<void> {
    return this.#empty<Outcome>(() => this.#links.map((link) => link.poolWorker(() => this.#handModel(link), checks)), jobs, onOutcome);
  }

  /**
   * Searches files, one frame of each, for cells and classifies them, after whatever runs now; each worker holds one frame at a time.
   *
   * Args:
   *   onOutcome: told once for every file, in order.
   *   onProgress: told the cells classified of the cells found in a frame, as it goes.
   */
  analyseFrames(
    jobs: readonly ClassifyJob[], options: FrameOptions, onOutcome: (index: number, outcome: FrameOutcome) => void,
    onProgress: (index: number, classified: number, cells: number) => void = () => {},
  ): Promise<void> {
    const tell = (position: number, classified: number, cells: number): void => onProgress((jobs[position] as ClassifyJob).index, classified, cells);
    return this.#empty((run) => this.#hosts().map((host) => frameWorker(host, options, run, tell)), jobs, onOutcome, { atOnce: 1 });
  }

  /**
   * Checks files against a report of frames, after whatever runs now.
   *
   * Args:
   *   now: the models in use.
   *   onOutcome: told once for every file, in order, up to where `run` was cancelled.
   */
  checkFrames(jobs: readonly ClassifyJob[], report: FrameReport, now: ModelsNow, onOutcome: (index: number, outcome: CheckedFile | UnreadFile) => void, run: Run): Promise<void> {
    return this.#empty(() => this.#hosts().map((host) => checkWorker(host, report, now, run)), jobs, onOutcome, { atOnce: 1, run });
  }

  /** Has workers empty a queue of files, after whatever runs now. */
  #empty<Result>(
    workers: (run: Run) => PoolWorker<Result>[], jobs: readonly ClassifyJob[], onOutcome: (index: number, outcome: Result | UnreadFile) => void,
    { atOnce, run = { cancelled: false } }: { atOnce?: number; run?: Run } = {},
  ): Promise<void> {
    this.#runs.add(run);
    const job = (position: number): ClassifyJob => jobs[position] as ClassifyJob;
    return this.#queued(() =>
      classifyInOrder(workers(run), {
        ...(atOnce !== undefined && { atOnce }),
        count: jobs.length,
        read: (position, mostBytes) => readImage(job(position).file, mostBytes),
        tell: (position, outcome) => onOutcome(job(position).index, outcome),
      }, run),
    ).finally(() => this.#runs.delete(run));
  }

  #hosts(): FrameHost[] {
    return this.#links.map((link) => this.#host(link));
  }

  /**
   * Opens one frame to work on by hand, also while others are searched: see `HeldFrame`. It must be closed.
   *
   * Raises: CytodropError for a file that cannot be decoded.
   */
  async openFrame(file: File, choice?: FrameChoice): Promise<HeldFrame> {
    return HeldFrame.open(this.#host(this.#first), await readImage(file), choice, () => readImage(file));
  }

  /** Stops what runs and what waits; the images that workers have in hand are the last. */
  cancel(): void {
    for (const run of this.#runs) run.cancelled = true;
  }

  /**
   * The crop that the network saw; served between two batches, also during a run.
   *
   * Raises: CytodropError for a file that cannot be decoded.
   */
  async view(file: File, maxSidePx: number): Promise<ImageData> {
    const { link, bytes, options } = await this.#hand(file);
    const { rgba, widthPx, heightPx } = await link.ask({ type: 'view', image: bytes, maxSidePx }, 'view', options);
    return new ImageData(rgba, widthPx, heightPx);
  }

  /**
   * One image with everything that can be checked of it; served after what its worker has in hand.
   *
   * Raises: CytodropError for a file that cannot be classified; WorkerDied.
   */
  async check(file: File): Promise<ClassifiedCell> {
    const { link, bytes, options } = await this.#hand(file);
    const { outcomes: [outcome] } = await link.ask({ type: 'classify', images: [bytes], checks: allChecks }, 'classified', options);
    if (outcome?.status !== 'ok') throw new CytodropError(outcome?.code ?? 'internal', outcome?.message ?? 'There is no result.');
    return outcome;
  }

  /** What a file says beside its pixels; served as `view`. Raises: CytodropError, also for a file that cannot be read. */
  async inspect(file: File): Promise<FileContent> {
    const { link, bytes, options } = await this.#hand(file);
    return (await link.ask({ type: 'inspect', file: bytes }, 'inspected', options)).content;
  }

  /** A worker that is ready for one more question, and a file for it; the workers take turns. */
  async #hand(file: File): Promise<{ link: WorkerLink; bytes: Uint8Array; options: { transfer: ArrayBuffer[]; patience: () => number } }> {
    const link = this.#links[this.#views++ % this.#links.length] ?? this.#first;
    const [bytes] = await Promise.all([readImage(file), this.#giveModel(link)]);
    if ('status' in bytes) throw new CytodropError(bytes.code, bytes.message);
    const patience = patienceSeconds(bytes.length);
    return { link, bytes, options: { transfer: transferable([bytes]), patience: () => patience } };
  }

  /** What the workers fetched so far; their own workers fetch nothing but the runtime's script. */
  async requests(): Promise<RequestFacts[]> {
    const lists = await Promise.all(this.#links.map((link) => link.ask({ type: 'requests' }, 'requests')));
    return lists.flatMap(({ requests }) => requests);
  }

  #host(link: WorkerLink): FrameHost {
    return { link, makeReady: () => this.#handModel(link), readDetector: this.readDetector };
  }

  #giveModel(link: WorkerLink): Promise<void> {
    return link.ready(() => this.#handModel(link));
  }

  async #handModel(link: WorkerLink): Promise<void> {
    if (this.#loaded === undefined) throw new CytodropError('model_not_loaded', 'No model is loaded.');
    const { name, second, parcel } = this.#loaded;
    if (parcel === undefined) await this.#load(name, second, () => {});
    else this.#note((await link.ask({ type: 'adopt_model', parcel, engine: 'core' }, 'model_adopted')).selfTest);
  }

  /** Has the first worker load a model. */
  async #load(name: string, second: string | undefined, onProgress: OnProgress): Promise<RuntimeFacts> {
    const { runtime, selfTest, parcel } = await this.#first.ask(
      { type: 'load_model', name, second, baseUrl: document.baseURI, engine: this.#engine, share: mostWorkers() > 1 },
      'model_loaded',
      { onReply: (reply) => { if (reply.type === 'model_progress') onProgress(reply.loadedBytes, reply.totalBytes); } },
    );
    this.#loaded = { name, second, parcel };
    this.#note(selfTest);
    return runtime;
  }

  #note(selfTest: SelfTest): void {
    this.#selfTests.push(selfTest);
    this.#onSelfTest(worstSelfTest(this.#selfTests));
  }

  #queued<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

function mostWorkers(): number {
  return Math.min(maxWorkers, navigator.hardwareConcurrency);
}

const startWorker: StartWorker = (onReply, onDeath) => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'classifier' });
  worker.addEventListener('message', ({ data: reply }: MessageEvent<WorkerReply>) => {
    // The lock is free when the worker is gone, also where the system ended it and no event says so.
    if (reply.type === 'alive') void navigator.locks.request(reply.lock, onDeath);
    else onReply(reply);
  });
  for (const type of ['error', 'messageerror'] as const) {
    worker.addEventListener(type, (event) => {
      event.preventDefault();
      onDeath();
    });
  }
  return { post: (request, transfer) => worker.postMessage(request, transfer), stop: () => worker.terminate() };
};

/**
 * Reads a file without asking for its size first, which would stop the page until the browser has looked it up: the reader tells
 * the size when it begins, in time to leave a large file alone.
 *
 * Returns: undefined for a file of more than `mostBytes`.
 */
function readImage(file: File): Promise<Uint8Array | UnreadFile>;
function readImage(file: File, mostBytes: number): Promise<Uint8Array | UnreadFile | undefined>;
function readImage(file: File, mostBytes = Infinity): Promise<Uint8Array | UnreadFile | undefined> {
  return new Promise((resolve) => {
    const reader = new FileReader();
    const look = ({ total }: ProgressEvent): void => {
      const refusal = refuseSize(total);
      if (refusal === undefined && total <= mostBytes) return;
      resolve(refusal);
      reader.abort();
    };
    reader.onloadstart = look;
    reader.onprogress = look;
    reader.onload = () => resolve(new Uint8Array(reader.result as ArrayBuffer));
    reader.onerror = () => resolve(refuseSize(file.size) ?? unreadFile('unreadable_file', 'The browser could not read the file.'));
    reader.readAsArrayBuffer(file);
  });
}
