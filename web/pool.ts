/** The queue that a pool of workers empties together: the same for the page and the command line, whatever their workers are. */
import { batchSize } from './engine.ts';
import { unreadFile } from './errors.ts';
import type { Outcome, SelfTest, UnreadFile } from './types.ts';

/** Each worker has a core with memory of its own. */
export const maxWorkers = 4;
/** While a worker computes one batch the bytes of its next are read, so that it never waits for whoever reads them. */
const batchesInHand = 2;
/** What one worker has in hand would otherwise fill the memory where files are large. */
const maxBytesInHand = 32 * 1024 * 1024;

/** The worker ended by itself: out of memory, killed, or a fault in the program. */
export class WorkerDied extends Error {}

export interface PoolWorker {
  /**
   * Classifies a few image files; asked again while it is at it, it takes the next after that. One that died starts anew.
   *
   * Args:
   *   images: bytes of each file, which may be taken from the caller, or the outcome of one that could not be read.
   * Returns: one outcome each, in order.
   * Raises: WorkerDied.
   */
  classify(images: (Uint8Array | UnreadFile)[]): Promise<Outcome[]>;
}

export interface ImageQueue {
  readonly count: number;
  /** Bytes of one file, as far as that is known before it is read. */
  sizeOf(position: number): number;
  read(position: number): Promise<Uint8Array | UnreadFile>;
  /** Told once for every image, in order; while it is at it nothing new is begun. */
  tell(position: number, outcome: Outcome): Promise<void> | void;
}

/** Set `cancelled` to stop: what workers have in hand is the last. */
export interface Run { cancelled: boolean }

/** Positions in the queue that one worker takes at once. */
interface Batch {
  positions: number[];
  bytes: number;
  /** A worker died with these in hand; each is tried alone, so that it is known which one it dies on. */
  isSuspect: boolean;
}

/**
 * Empties a queue of images.
 *
 * What a worker had in hand when it died is tried again, one by one; an image that a worker dies on alone is given up.
 *
 * Raises: what `read`, `tell` or a worker throws, after all workers have come to rest.
 */
export async function classifyInOrder(workers: readonly PoolWorker[], queue: ImageQueue, run: Run): Promise<void> {
  const batches = new Batches(queue, workers.length);
  const early = new Map<number, Outcome>();
  let due = 0;
  let telling: Promise<void> = Promise.resolve();
  let failure: { error: unknown } | undefined;

  const tellDue = async (): Promise<void> => {
    for (let outcome = early.get(due); outcome !== undefined; outcome = early.get(due)) {
      early.delete(due);
      await queue.tell(due++, outcome);
    }
  };
  const settle = (positions: number[], outcomes: Outcome[]): Promise<void> => {
    outcomes.forEach((outcome, i) => early.set(positions[i] as number, outcome));
    telling = telling.then(tellDue);
    return telling;
  };
  const work = async (worker: PoolWorker, { positions, isSuspect }: Batch): Promise<void> => {
    try {
      const images = await Promise.all(positions.map((position) => queue.read(position)));
      await settle(positions, await worker.classify(images));
    } catch (error) {
      if (!(error instanceof WorkerDied)) {
        failure ??= { error };
        run.cancelled = true;
      } else if (isSuspect) {
        await settle(positions, [unreadFile('engine_failed', 'The program that classifies images stopped at this file and was started again.')]);
      } else {
        batches.suspect(positions);
      }
    }
  };
  const employ = async (worker: PoolWorker): Promise<void> => {
    const inHand = new Map<Batch, Promise<void>>();
    for (;;) {
      const batch = run.cancelled ? undefined : batches.next();
      if (batch !== undefined && hasRoomFor(batch, [...inHand.keys()])) {
        batches.take(batch);
        inHand.set(batch, work(worker, batch).finally(() => inHand.delete(batch)));
        // The workers take turns, so that few images do not all go to the first.
        await null;
      } else if (inHand.size > 0) {
        await Promise.race(inHand.values());
      } else {
        return;
      }
    }
  };

  await Promise.all(workers.map(employ));
  if (failure !== undefined) throw failure.error;
  // After a cancel there may be gaps where images of a worker that died were to be tried again.
  for (const position of [...early.keys()].sort((a, b) => a - b)) await queue.tell(position, early.get(position) as Outcome);
}

function hasRoomFor(batch: Batch, inHand: Batch[]): boolean {
  if (inHand.length === 0) return true;
  const all = [...inHand, batch];
  return all.length <= batchesInHand && !all.some(({ isSuspect }) => isSuspect) && all.reduce((sum, { bytes }) => sum + bytes, 0) <= maxBytesInHand;
}

/** Cuts the queue into batches, in order and no earlier than they are needed. */
class Batches {
  readonly #queue: ImageQueue;
  readonly #workers: number;
  /** In order. */
  #suspects: number[] = [];
  #fresh: Batch | undefined;
  #end = 0;

  constructor(queue: ImageQueue, workers: number) {
    this.#queue = queue;
    this.#workers = workers;
  }

  /** What is next until it is taken. */
  next(): Batch | undefined {
    const [suspect] = this.#suspects;
    if (suspect !== undefined) return { positions: [suspect], bytes: this.#queue.sizeOf(suspect), isSuspect: true };
    this.#fresh ??= this.#cut();
    return this.#fresh;
  }

  take({ isSuspect }: Batch): void {
    if (isSuspect) this.#suspects.shift();
    else this.#fresh = undefined;
  }

  suspect(positions: number[]): void {
    this.#suspects = [...this.#suspects, ...positions].sort((a, b) => a - b);
  }

  /** Near the end batches shrink, so that all workers end together. */
  #cut(): Batch | undefined {
    const { count } = this.#queue;
    const most = Math.min(batchSize, Math.ceil((count - this.#end) / this.#workers));
    const positions: number[] = [];
    let bytes = 0;
    while (positions.length < most) {
      const size = this.#queue.sizeOf(this.#end);
      if (positions.length > 0 && bytes + size > maxBytesInHand) break;
      positions.push(this.#end++);
      bytes += size;
    }
    return positions.length > 0 ? { positions, bytes, isSuspect: false } : undefined;
  }
}

/** Of all workers, since any of them may have computed any image. */
export function worstSelfTest(selfTests: readonly SelfTest[]): SelfTest {
  return {
    passed: selfTests.length > 0 && selfTests.every(({ passed }) => passed),
    maxLogitDifference: Math.max(...selfTests.map(({ maxLogitDifference }) => maxLogitDifference)),
  };
}
