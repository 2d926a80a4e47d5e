/** The asking side of one worker: questions, their answers, and what happens when the worker dies. */
import { noChecks } from './checks.ts';
import { CoreError } from './errors.ts';
import { WorkerDied, type PoolWorker } from './pool.ts';
import type { UnreadFile, WorkerReply, WorkerRequest } from './types.ts';

type ReplyOf<Type extends WorkerReply['type']> = Extract<WorkerReply, { type: Type }>;
type Unnumbered<Request> = Request extends unknown ? Omit<Request, 'ticket'> : never;

/** What a browser's worker and one of Node have in common. */
export interface Transport {
  post(request: WorkerRequest, transfer: ArrayBuffer[]): void;
  /** Ends it at once; afterwards it tells nothing more. */
  stop(): void;
}

/** Starts a worker. */
export type StartWorker = (onReply: (reply: WorkerReply) => void, onDeath: () => void) => Transport;

interface Question {
  onReply: (reply: WorkerReply) => void;
  reject: (error: Error) => void;
}

/** One worker and the questions it has not answered; the next question to a dead one starts another. */
export class WorkerLink {
  readonly #start: StartWorker;
  #worker: Transport | undefined;
  #tickets = 0;
  readonly #questions = new Map<number, Question>();
  #ready: Promise<void> | undefined;

  constructor(start: StartWorker) {
    this.#start = start;
  }

  /**
   * Raises: CoreError with the worker's own words, WorkerDied.
   */
  ask<Last extends WorkerReply['type']>(
    request: Unnumbered<WorkerRequest>, last: Last, { transfer = [], onReply }: { transfer?: ArrayBuffer[]; onReply?: (reply: WorkerReply) => void } = {},
  ): Promise<ReplyOf<Last>> {
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
      this.#worker ??= this.#begin();
      this.#worker.post({ ...request, ticket } as WorkerRequest, transfer);
    }).finally(() => this.#questions.delete(ticket));
  }

  /** Its place in a pool; `makeReady` is what `ready` calls for. */
  poolWorker(makeReady: () => Promise<void>, checks = noChecks): PoolWorker {
    return {
      classify: async (images) => {
        await this.ready(makeReady);
        return (await this.ask({ type: 'classify', images, checks }, 'classified', { transfer: transferable(images) })).outcomes;
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

  /** The worker has to be made ready again. */
  forget(): void {
    this.#ready = undefined;
  }

  /** Starting another at once would never end where the script itself is broken. */
  end(): void {
    this.#worker?.stop();
    this.#worker = undefined;
    this.#ready = undefined;
    for (const { reject } of this.#questions.values()) reject(new WorkerDied('The program that classifies images stopped.'));
  }

  #begin(): Transport {
    const worker = this.#start(
      (reply) => this.#questions.get(reply.ticket ?? 0)?.onReply(reply),
      () => { if (worker === this.#worker) this.end(); },
    );
    return worker;
  }
}

/** The buffers of images that may be handed over rather than copied: what is part of something larger may not. */
export function transferable(images: readonly (Uint8Array | UnreadFile)[]): ArrayBuffer[] {
  return images.flatMap((image) =>
    image instanceof Uint8Array && image.buffer instanceof ArrayBuffer && image.byteLength === image.buffer.byteLength ? [image.buffer] : [],
  );
}
