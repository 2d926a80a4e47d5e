/** The asking side of one worker: questions, their answers, and what happens when the worker dies. */
import { platform } from '#platform';
import { noChecks } from '../classify/checks.ts';
import { CytodropError, type UnreadFile } from '../core/errors.ts';
import type { Transport } from '../platform/platform.ts';
import type { WorkerReply, WorkerRequest } from './messages.ts';
import { type PoolWorker, WorkerDied, WorkerHung } from './pool.ts';
import { everySecond, patienceSeconds, type Ticking, Watchdog } from './watchdog.ts';

export type ReplyOf<Type extends WorkerReply['type']> = Extract<WorkerReply, { type: Type }>;
type Unnumbered<Request> = Request extends unknown ? Omit<Request, 'ticket'> : never;

/** Starts a worker. */
export type StartWorker = (onReply: (reply: WorkerReply) => void, onDeath: () => void) => Transport<WorkerRequest>;

interface Question {
  onReply: (reply: WorkerReply) => void;
  reject: (error: Error) => void;
  /** Seconds that the worker may be silent over the image of that position; undefined: for ever. */
  patience: (image: number) => number | undefined;
}

/** One worker and the questions it has not answered; the next question to a dead one, or to one that was ended since it hung, starts another. */
export class WorkerLink {
  readonly #start: StartWorker;
  readonly #watchdog: Watchdog;
  #worker: Transport<WorkerRequest> | undefined;
  #tickets = 0;
  readonly #questions = new Map<number, Question>();
  #ready: Promise<void> | undefined;
  #closed = false;
  /** What the worker says it is at. */
  #atWork: { ticket: number; image: number } | undefined;

  constructor(start: StartWorker = platform.startWorker, ticking: Ticking = everySecond) {
    this.#start = start;
    this.#watchdog = new Watchdog(() => this.#patience(), (seconds) => this.#giveUp(seconds), ticking);
  }

  /**
   * Args:
   *   patience: seconds that the worker may be silent over it, or over one of its images; unless told, for ever.
   * Raises: CytodropError with the worker's own words, WorkerDied, WorkerHung where it was this that it hung on.
   */
  ask<Last extends WorkerReply['type']>(
    request: Unnumbered<WorkerRequest>, last: Last,
    { transfer = [], onReply, patience = () => undefined }: { transfer?: ArrayBuffer[]; onReply?: (reply: WorkerReply) => void; patience?: Question['patience'] } = {},
  ): Promise<ReplyOf<Last>> {
    if (this.#closed) return Promise.reject(new WorkerDied('The program that classifies images was closed.'));
    const ticket = ++this.#tickets;
    return new Promise<ReplyOf<Last>>((resolve, reject) => {
      if (this.#questions.size === 0) this.#watchdog.hear();
      this.#questions.set(ticket, {
        reject,
        patience,
        onReply: (reply) => {
          if (reply.type === 'failed') reject(new CytodropError(reply.code, reply.message));
          else if (reply.type === last) resolve(reply as ReplyOf<Last>);
          else onReply?.(reply);
        },
      });
      this.#worker ??= this.#begin();
      this.#worker.post({ ...request, ticket } as WorkerRequest, transfer);
    }).finally(() => {
      this.#questions.delete(ticket);
      if (this.#questions.size === 0) this.#watchdog.rest();
    });
  }

  /** Its place in a pool; `makeReady` is what `ready` calls for. */
  poolWorker(makeReady: () => Promise<void>, checks = noChecks, imageScale = 1): PoolWorker {
    return {
      classify: async (images) => {
        await this.ready(makeReady);
        const bytes = images.map((image) => (image instanceof Uint8Array ? image.length : 0));
        const patience = (image: number): number => patienceSeconds(bytes[image] ?? Math.max(...bytes));
        return (await this.ask({ type: 'classify', images, checks, imageScale }, 'classified', { transfer: transferable(images), patience })).outcomes;
      },
    };
  }

  /** Makes sure that this very worker, not one that died before it, was made ready by `make`. */
  ready(make: () => Promise<void>): Promise<void> {
    if (this.#ready === undefined) {
      const ready = make();
      this.#ready = ready;
      ready.catch(() => { if (this.#ready === ready) this.#ready = undefined; });
    }
    return this.#ready;
  }

  /** Starts the worker before it is asked anything. */
  wake(): void {
    this.#worker ??= this.#begin();
  }

  /** The worker has to be made ready again. */
  forget(): void {
    this.#ready = undefined;
  }

  /** Ends it for good. */
  close(): void {
    this.#closed = true;
    this.end();
  }

  /** Starting another at once would never end where the script itself is broken. */
  end(): void {
    this.#worker?.stop();
    this.#worker = undefined;
    this.#ready = undefined;
    this.#atWork = undefined;
    this.#watchdog.rest();
    const unanswered = [...this.#questions.values()];
    this.#questions.clear();
    for (const { reject } of unanswered) reject(new WorkerDied('The program that classifies images stopped.'));
  }

  #begin(): Transport<WorkerRequest> {
    const worker = this.#start(
      (reply) => {
        if (worker !== this.#worker) return;
        this.#watchdog.hear();
        this.#atWork = reply.type === 'at_work' ? { ticket: reply.ticket, image: reply.image } : this.#atWork?.ticket === reply.ticket ? undefined : this.#atWork;
        this.#questions.get(reply.ticket)?.onReply(reply);
      },
      () => { if (worker === this.#worker) this.end(); },
    );
    return worker;
  }

  /** For what the worker is at, or, where it says nothing, for the most that anyone would wait. */
  #patience(): number | undefined {
    const asked = this.#questions.get(this.#atWork?.ticket ?? 0);
    if (asked !== undefined) return asked.patience(this.#atWork?.image ?? 0);
    const all = [...this.#questions.values()].map(({ patience }) => patience(Infinity));
    return all.includes(undefined) ? undefined : Math.max(...(all as number[]));
  }

  #giveUp(seconds: number): void {
    const culprit = this.#questions.get(this.#atWork?.ticket ?? 0);
    culprit?.reject(new WorkerHung(seconds, this.#atWork?.image ?? -1));
    this.end();
  }
}

/** The buffers of images that may be handed over rather than copied: what is part of something larger may not. */
export function transferable(images: readonly (Uint8Array | UnreadFile)[]): ArrayBuffer[] {
  return images.flatMap((image) =>
    image instanceof Uint8Array && image.buffer instanceof ArrayBuffer && image.byteLength === image.buffer.byteLength ? [image.buffer] : [],
  );
}
