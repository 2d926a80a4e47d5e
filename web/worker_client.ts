/** The page's side of the workers: one queue, answers in order, every worker on the next files, a dead one replaced. */
import { batchSize, type EngineKind } from './engine.ts';
import { CoreError, unreadFile } from './errors.ts';
import type { ClassifyJob, ModelParcel, Outcome, RequestFacts, RuntimeFacts, SelfTest, WorkerReply, WorkerRequest } from './types.ts';

export type { RequestFacts };

export interface LoadedModel {
  runtime: RuntimeFacts;
  selfTest: SelfTest;
  /** Workers that share the images. */
  workers: number;
}

type ReplyOf<Type extends WorkerReply['type']> = Extract<WorkerReply, { type: Type }>;
type Unnumbered<Request> = Request extends unknown ? Omit<Request, 'ticket'> : never;
type OnProgress = (loadedBytes: number, totalBytes: number) => void;

/** A batch of large files would fill the memory before it is worth anything. */
const maxBatchBytes = 32 * 1024 * 1024;
/** Each worker has a core with memory of its own. */
const maxWorkers = 4;

/** The worker ended by itself: out of memory, or a fault in the page's own code. */
class WorkerDied extends Error {}

interface Question {
  onReply: (reply: WorkerReply) => void;
  reject: (error: Error) => void;
}

/** One worker and the questions it has not answered; the next question to a dead one starts another. */
class WorkerLink {
  #worker: Worker | undefined = this.#start();
  #tickets = 0;
  readonly #questions = new Map<number, Question>();
  /** Whether this very worker, not one that died before it, has the model. */
  hasModel = false;

  /** Raises: CoreError with the worker's own words, WorkerDied. */
  ask<Last extends WorkerReply['type']>(request: Unnumbered<WorkerRequest>, last: Last, onReply?: (reply: WorkerReply) => void): Promise<ReplyOf<Last>> {
    const ticket = ++this.#tickets;
    return new Promise<ReplyOf<Last>>((resolve, reject) => {
      this.#questions.set(ticket, {
        reject,
        onReply: (reply) => {
          if (reply.type === 'failed') reject(new CoreError(reply.code, reply.message));
          else if (reply.type === last) resolve(reply as ReplyOf<Last>);
          else onReply?.(reply);
        },
      });
      this.#worker ??= this.#start();
      this.#worker.postMessage({ ...request, ticket } as WorkerRequest);
    }).finally(() => this.#questions.delete(ticket));
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'classifier' });
    worker.addEventListener('message', ({ data: reply }: MessageEvent<WorkerReply>) => this.#questions.get(reply.ticket)?.onReply(reply));
    for (const type of ['error', 'messageerror'] as const) {
      worker.addEventListener(type, (event) => {
        event.preventDefault();
        if (worker === this.#worker) this.end();
      });
    }
    return worker;
  }

  /** Starting another at once would never end where the script itself is broken. */
  end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.hasModel = false;
    for (const { reject } of this.#questions.values()) reject(new WorkerDied('The program that classifies images stopped. Reload the page.'));
  }
}

/** Positions in a list of jobs that one worker takes at once. */
interface Task {
  positions: number[];
  /** A worker died on these already; where it dies on one alone, that one is given up. */
  isSuspect: boolean;
}

export class ClassifierClient {
  readonly #first = new WorkerLink();
  /** The first and, where the core runs the network, others beside it. */
  #links = [this.#first];
  #loaded: { name: string; kind: EngineKind; parcel: ModelParcel } | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #runs = new Set<{ cancelled: boolean }>();
  #views = 0;
  readonly #engine: EngineKind | undefined;

  /**
   * Args:
   *   engine: runs every network with this one; undefined leaves the choice to the network.
   */
  constructor(engine?: EngineKind) {
    this.#engine = engine;
  }

  /**
   * Loads a model, after whatever runs now.
   *
   * Args:
   *   onProgress: told as the network arrives, and the runtime where it is needed.
   */
  loadModel(name: string, onProgress: OnProgress): Promise<LoadedModel> {
    return this.#queued(async () => {
      const { runtime, selfTest } = await this.#load(name, onProgress);
      const wanted = runtime.engine.kind === 'core' ? Math.min(maxWorkers, navigator.hardwareConcurrency) : 1;
      for (const link of this.#links.splice(wanted)) link.end();
      while (this.#links.length < wanted) this.#links.push(new WorkerLink());
      // A worker that cannot start is not missed: the others do its work.
      const adopted = await Promise.allSettled(this.#links.map((link) => this.#giveModel(link, link !== this.#first)));
      this.#links = this.#links.filter((_, i) => adopted[i]?.status === 'fulfilled');
      return { runtime, selfTest, workers: this.#links.length };
    });
  }

  /**
   * Classifies files, after whatever runs now.
   *
   * A worker that dies is replaced and its files are tried one by one; one that it dies on again is given up.
   *
   * Args:
   *   onOutcome: told once for every file, in order.
   */
  classify(jobs: readonly ClassifyJob[], onOutcome: (index: number, outcome: Outcome) => void): Promise<{ cancelled: boolean }> {
    const run = { cancelled: false };
    this.#runs.add(run);
    return this.#queued(async () => {
      const tasks = batchesOf(jobs);
      const early = new Map<number, Outcome>();
      let next = 0;
      const tell = (position: number, outcome: Outcome) => onOutcome(jobs[position]?.index ?? -1, outcome);
      const settle = (position: number, outcome: Outcome) => {
        early.set(position, outcome);
        for (let due = early.get(next); due !== undefined; due = early.get(next)) {
          tell(next, due);
          early.delete(next++);
        }
      };
      try {
        await Promise.all(this.#links.map((link) => this.#serve(link, jobs, tasks, run, settle)));
      } finally {
        run.cancelled = true;
        early.forEach((outcome, position) => tell(position, outcome));
      }
      return { cancelled: next + early.size < jobs.length };
    }).finally(() => this.#runs.delete(run));
  }

  /** Stops what runs and what waits; the images being worked on are the last. */
  cancel(): void {
    for (const run of this.#runs) run.cancelled = true;
  }

  /**
   * The crop that the network saw; served between two batches, also during a run.
   *
   * Raises: CoreError for a file that cannot be decoded.
   */
  async view(file: File, maxSidePx: number): Promise<ImageData> {
    const link = this.#links[this.#views++ % this.#links.length] ?? this.#first;
    const { rgba, widthPx, heightPx } = await link.ask({ type: 'view', file, maxSidePx }, 'view');
    return new ImageData(rgba, widthPx, heightPx);
  }

  /** What the workers fetched so far; their own workers fetch nothing but the runtime's script. */
  async requests(): Promise<RequestFacts[]> {
    const lists = await Promise.all(this.#links.map((link) => link.ask({ type: 'requests' }, 'requests')));
    return lists.flatMap(({ requests }) => requests);
  }

  async #serve(
    link: WorkerLink, jobs: readonly ClassifyJob[], tasks: Task[], run: { cancelled: boolean }, settle: (position: number, outcome: Outcome) => void,
  ): Promise<void> {
    for (let task = tasks.shift(); task !== undefined && !run.cancelled; task = tasks.shift()) {
      const { positions, isSuspect } = task;
      const [alone] = positions;
      try {
        await this.#giveModel(link);
        const files = positions.flatMap((position) => jobs[position]?.file ?? []);
        const { outcomes } = await link.ask({ type: 'classify', files }, 'classified');
        outcomes.forEach((outcome, i) => settle(positions[i] ?? -1, outcome));
      } catch (error) {
        if (!(error instanceof WorkerDied)) throw error;
        if (isSuspect && alone !== undefined) {
          settle(alone, unreadFile('engine_failed', 'The program that classifies images stopped at this file and was started again.'));
        } else {
          tasks.unshift(...positions.map((position) => ({ positions: [position], isSuspect: true })));
        }
      }
    }
  }

  /** Makes sure that a worker has the model; one that was started anew has not. */
  async #giveModel(link: WorkerLink, again = false): Promise<void> {
    if (this.#loaded === undefined || (link.hasModel && !again)) return;
    if (this.#loaded.kind === 'core') await link.ask({ type: 'adopt_model', parcel: this.#loaded.parcel }, 'model_adopted');
    else await this.#load(this.#loaded.name, () => {});
    link.hasModel = true;
  }

  async #load(name: string, onProgress: OnProgress): Promise<ReplyOf<'model_loaded'>> {
    const loaded = await this.#first.ask({ type: 'load_model', name, baseUrl: document.baseURI, engine: this.#engine }, 'model_loaded', (reply) => {
      if (reply.type === 'model_progress') onProgress(reply.loadedBytes, reply.totalBytes);
    });
    this.#loaded = { name, kind: loaded.runtime.engine.kind, parcel: loaded.parcel };
    this.#first.hasModel = true;
    return loaded;
  }

  #queued<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

function batchesOf(jobs: readonly ClassifyJob[]): Task[] {
  const tasks: Task[] = [];
  let bytes = 0;
  jobs.forEach(({ file }, position) => {
    const last = tasks.at(-1);
    bytes += file.size;
    if (last !== undefined && last.positions.length < batchSize && bytes <= maxBatchBytes) last.positions.push(position);
    else {
      tasks.push({ positions: [position], isSuspect: false });
      bytes = file.size;
    }
  });
  return tasks;
}
