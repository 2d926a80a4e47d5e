/** The queue that a pool of workers empties together: the same for the page and the command line, whatever their workers are. */
import type { Outcome } from '../classify/outcome.ts';
import { batchSize } from '../core/engine.ts';
import { type UnreadFile, unreadFile } from '../core/errors.ts';

/** While a worker computes one batch the files of its next are read, so that it never waits for whoever reads them. */
const batchesInHand = 2;
/** Results that may wait for an earlier one; then nothing more is begun until it is told, so that they do not fill the memory. */
const mostWaiting = 64;
/** A larger file is a batch of its own, with no other in hand: else a folder of large files would fill the memory. */
const maxBytesTogether = 16 * 1024 * 1024;

/** The worker ended by itself: out of memory, killed, or a fault in the program. */
export class WorkerDied extends Error {}

/** The worker gave no sign of life for too long and was ended. */
export class WorkerHung extends WorkerDied {
  /** Position, among those handed over, of the image that it was at; -1: not known, or all of them together. */
  readonly image: number;
  readonly outcome: UnreadFile;

  constructor(seconds: number, image: number) {
    const outcome = unreadFile('took_too_long', `The image took longer than ${inWords(seconds)} and was stopped.`);
    super(outcome.message);
    this.image = image;
    this.outcome = outcome;
  }
}

function inWords(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`;
}

/** `Result`: what becomes of a file that could be read; an image of one cell, or a frame. `File`: its bytes, or where it lies. */
export interface PoolWorker<Result = Outcome, File = Uint8Array> {
  /**
   * Classifies a few image files; asked again while it is at it, it takes the next after that. One that died starts anew.
   *
   * Args:
   *   images: bytes of each file, which may be taken from the caller, where it lies if it is large, or the outcome of one that could not be read.
   *   positions: of each file in the queue.
   * Returns: one outcome each, in order.
   * Raises: WorkerDied.
   */
  classify(images: (File | UnreadFile)[], positions: readonly number[]): Promise<(Result | UnreadFile)[]>;
}

export interface ImageQueue<Result = Outcome, File = Uint8Array> {
  /** Files that a worker takes at once; a few unless told. */
  readonly atOnce?: number;
  /** How many files there are; Infinity while that is not known. */
  readonly count: number;
  /** Reads one file; undefined where it has more than `mostBytes` and was left alone; null where the queue had ended before it. */
  read(position: number, mostBytes: number): Promise<File | UnreadFile | null | undefined>;
  /** Told once for every image, in order; while it is at it no worker takes more. */
  tell(position: number, outcome: Result | UnreadFile): Promise<void> | void;
  /** Told, by its place among the workers, of each for which nothing is left. */
  rest?(worker: number): void;
}

/** Set `cancelled` to stop: what workers have in hand is the last. */
export interface Run { cancelled: boolean }

/** Positions in the queue that one worker takes at once. */
interface Batch {
  positions: number[];
  /** Why it is one image that a worker takes with no other in hand: it is large, or a worker died that had it and others in hand. */
  alone?: 'large' | 'suspect';
}

/**
 * Empties a queue of images.
 *
 * What a worker had in hand when it died is tried again, one by one; an image that a worker dies on alone is given up, and so is one
 * that it is known to have hung on.
 *
 * Raises: what `read`, `tell` or a worker throws, after all workers have come to rest.
 */
export async function classifyInOrder<Result = Outcome, File extends object = Uint8Array>(workers: readonly PoolWorker<Result, File>[], queue: ImageQueue<Result, File>, run: Run): Promise<void> {
  const batches = new Batches(queue, workers.length, queue.atOnce ?? batchSize);
  const early = new Map<number, Result | UnreadFile>();
  let due = 0;
  let telling: Promise<void> = Promise.resolve();
  let failure: { error: unknown } | undefined;
  /** Workers that have nothing in hand and wait for results to be told. */
  const sleepers: (() => void)[] = [];

  const tellDue = async (): Promise<void> => {
    for (let outcome = early.get(due); outcome !== undefined; outcome = early.get(due)) {
      early.delete(due);
      await queue.tell(due++, outcome);
      for (const wake of sleepers.splice(0)) wake();
    }
  };
  const settle = (positions: number[], outcomes: (Result | UnreadFile)[]): Promise<void> => {
    outcomes.forEach((outcome, i) => early.set(positions[i] as number, outcome));
    telling = telling.then(tellDue);
    return telling;
  };
  const classify = async (worker: PoolWorker<Result, File>, { positions, alone }: Batch): Promise<void> => {
    const files = await Promise.all(
      positions.map(async (position) => ({ position, image: await queue.read(position, alone ? Infinity : maxBytesTogether) })),
    );
    batches.putBack(files.filter(({ image }) => image === undefined).map(({ position }) => position), 'large');
    const images = files.flatMap(({ image }): (File | UnreadFile)[] => (image ? [image] : []));
    const read = files.flatMap(({ position, image }) => (image === undefined || image === null ? [] : position));
    if (images.length === 0) return;
    try {
      await settle(read, await worker.classify(images, read));
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      if (error instanceof WorkerHung && (alone || error.image >= 0)) {
        const position = read[Math.max(error.image, 0)] as number;
        batches.putBack(read.filter((other) => other !== position), 'suspect');
        await settle([position], [error.outcome]);
      } else if (alone) await settle(read, [unreadFile('engine_failed', 'The program that classifies images stopped at this file and was started again.')]);
      else batches.putBack(read, 'suspect');
    }
  };
  const employ = async (worker: PoolWorker<Result, File>): Promise<void> => {
    const inHand = new Map<Batch, Promise<void>>();
    for (;;) {
      const batch = run.cancelled ? undefined : batches.next();
      // What is tried again may be what the others wait for.
      const isFull = early.size >= mostWaiting && batch?.alone === undefined;
      if (batch !== undefined && !isFull && hasRoomFor(batch, [...inHand.keys()])) {
        batches.take(batch);
        const done = classify(worker, batch)
          .catch((error: unknown) => {
            failure ??= { error };
            run.cancelled = true;
          })
          .finally(() => {
            inHand.delete(batch);
            for (const wake of sleepers.splice(0)) wake();
          });
        inHand.set(batch, done);
        // The workers take turns, so that few images do not all go to the first.
        await null;
      } else if (inHand.size > 0) {
        await Promise.race(inHand.values());
      } else if (batch !== undefined && isFull) {
        await new Promise<void>((resolve) => sleepers.push(resolve));
      } else {
        return;
      }
    }
  };

  await Promise.all(workers.map((worker, i) => employ(worker).finally(() => queue.rest?.(i))));
  if (failure !== undefined) throw failure.error;
  // After a cancel there are gaps where images were to be tried again.
  for (const [position, outcome] of [...early].sort(([a], [b]) => a - b)) await queue.tell(position, outcome);
}

function hasRoomFor(batch: Batch, inHand: Batch[]): boolean {
  return inHand.length === 0 || (inHand.length < batchesInHand && ![...inHand, batch].some(({ alone }) => alone !== undefined));
}

/** Cuts the queue into batches, in order and no earlier than they are needed. */
class Batches {
  readonly #queue: { readonly count: number };
  readonly #workers: number;
  readonly #atOnce: number;
  /** In order; they go first. */
  #again: Batch[] = [];
  #fresh: Batch | undefined;
  #end = 0;

  constructor(queue: { readonly count: number }, workers: number, atOnce: number) {
    this.#queue = queue;
    this.#workers = workers;
    this.#atOnce = atOnce;
  }

  /** What is next until it is taken. */
  next(): Batch | undefined {
    this.#fresh ??= this.#cut();
    return this.#again[0] ?? this.#fresh;
  }

  take(batch: Batch): void {
    if (batch === this.#fresh) this.#fresh = undefined;
    else this.#again.shift();
  }

  /** Each to be taken again, alone. */
  putBack(positions: number[], alone: 'large' | 'suspect'): void {
    const first = ({ positions: [position = 0] }: Batch): number => position;
    this.#again = [...this.#again, ...positions.map((position) => ({ positions: [position], alone }))].sort((a, b) => first(a) - first(b));
  }

  /** Near the end batches shrink, so that all workers end together. */
  #cut(): Batch | undefined {
    const size = Math.min(this.#atOnce, Math.ceil((this.#queue.count - this.#end) / this.#workers));
    return size > 0 ? { positions: Array.from({ length: size }, () => this.#end++) } : undefined;
  }
}
