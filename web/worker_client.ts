/** The page's side of the worker: one queue, answers in order, a dead worker replaced. */
import { CoreError, unreadFile } from './errors.ts';
import type { ClassifyJob, Outcome, RequestFacts, RuntimeFacts, SelfTest, WorkerReply, WorkerRequest } from './types.ts';

export type { RequestFacts };

export interface LoadedModel { runtime: RuntimeFacts; selfTest: SelfTest }

type ReplyOf<Type extends WorkerReply['type']> = Extract<WorkerReply, { type: Type }>;
type Unnumbered<Request> = Request extends unknown ? Omit<Request, 'ticket'> : never;

interface Question {
  onReply: (reply: WorkerReply) => void;
  reject: (error: Error) => void;
}

/** The worker ended by itself: out of memory, or a fault in the page's own code. */
class WorkerDied extends Error {}

export class ClassifierClient {
  #worker: Worker | undefined = this.#startWorker();
  #tickets = 0;
  readonly #questions = new Map<number, Question>();
  #queue: Promise<unknown> = Promise.resolve();
  readonly #runs = new Set<{ cancelled: boolean; ticket: number }>();
  #modelName: string | undefined;

  /**
   * Loads a model, after whatever runs now.
   *
   * Args:
   *   onProgress: told as the network arrives.
   */
  loadModel(name: string, onProgress: (loadedBytes: number, totalBytes: number) => void): Promise<LoadedModel> {
    return this.#queued(async () => {
      const loaded = await this.#load(name, onProgress);
      this.#modelName = name;
      return loaded;
    });
  }

  /**
   * Classifies files in order, after whatever runs now.
   *
   * A worker that dies is replaced and the files it had not finished are tried one by one; the one it dies on again is given up.
   *
   * Args:
   *   onOutcome: told once for every file, in order.
   */
  classify(jobs: readonly ClassifyJob[], onOutcome: (index: number, outcome: Outcome) => void): Promise<{ cancelled: boolean }> {
    const run = { cancelled: false, ticket: 0 };
    this.#runs.add(run);
    return this.#queued(async () => {
      let done = 0;
      const finish = (index: number, outcome: Outcome) => {
        done++;
        onOutcome(index, outcome);
      };
      for (let singly = false; done < jobs.length && !run.cancelled; singly = true) {
        try {
          await this.#ask({ type: 'classify', jobs: jobs.slice(done), singly }, 'classify_done', {
            onTicket: (ticket) => { run.ticket = ticket; },
            onReply: (reply) => { if (reply.type === 'outcome') finish(reply.index, reply.outcome); },
          });
          break;
        } catch (error) {
          if (!(error instanceof WorkerDied)) throw error;
          const suspect = jobs[done];
          if (singly && suspect !== undefined) {
            finish(suspect.index, unreadFile('engine_failed', 'The program that classifies images stopped at this file and was started again.'));
          }
          if (this.#modelName !== undefined) await this.#load(this.#modelName, () => {});
        }
      }
      return { cancelled: done < jobs.length };
    }).finally(() => this.#runs.delete(run));
  }

  /** Stops what runs and what waits; the image being worked on is the last. */
  cancel(): void {
    for (const run of this.#runs) {
      run.cancelled = true;
      if (run.ticket > 0) this.#worker?.postMessage({ type: 'cancel', ticket: run.ticket } satisfies WorkerRequest);
    }
  }

  /**
   * The crop that the network saw; served between two images, also during a run.
   *
   * Raises: CoreError for a file that cannot be decoded.
   */
  async view(file: File, maxSidePx: number): Promise<ImageData> {
    const { rgba, widthPx, heightPx } = await this.#ask({ type: 'view', file, maxSidePx }, 'view');
    return new ImageData(rgba, widthPx, heightPx);
  }

  /** What the worker fetched so far; its own workers fetch nothing but the runtime's script. */
  async requests(): Promise<RequestFacts[]> {
    return (await this.#ask({ type: 'requests' }, 'requests')).requests;
  }

  #load(name: string, onProgress: (loadedBytes: number, totalBytes: number) => void): Promise<LoadedModel> {
    return this.#ask({ type: 'load_model', name, baseUrl: document.baseURI }, 'model_loaded', {
      onReply: (reply) => { if (reply.type === 'model_progress') onProgress(reply.loadedBytes, reply.totalBytes); },
    });
  }

  #queued<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #ask<Last extends WorkerReply['type']>(
    request: Unnumbered<WorkerRequest>,
    last: Last,
    { onTicket, onReply }: { onTicket?: (ticket: number) => void; onReply?: (reply: WorkerReply) => void } = {},
  ): Promise<ReplyOf<Last>> {
    const ticket = ++this.#tickets;
    onTicket?.(ticket);
    return new Promise<ReplyOf<Last>>((resolve, reject) => {
      this.#questions.set(ticket, {
        reject,
        onReply: (reply) => {
          if (reply.type === 'failed') reject(new CoreError(reply.code, reply.message));
          else if (reply.type === last) resolve(reply as ReplyOf<Last>);
          else onReply?.(reply);
        },
      });
      this.#worker ??= this.#startWorker();
      this.#worker.postMessage({ ...request, ticket } as WorkerRequest);
    }).finally(() => this.#questions.delete(ticket));
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'classifier' });
    worker.addEventListener('message', ({ data: reply }: MessageEvent<WorkerReply>) => this.#questions.get(reply.ticket)?.onReply(reply));
    for (const type of ['error', 'messageerror'] as const) {
      worker.addEventListener(type, (event) => {
        event.preventDefault();
        this.#bury(worker);
      });
    }
    return worker;
  }

  /** The next question starts another worker; starting it here would never end where the script itself is broken. */
  #bury(worker: Worker): void {
    worker.terminate();
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#questions.values()) reject(new WorkerDied('The program that classifies images stopped. Reload the page.'));
  }
}
