/** Writing results while the work goes on. */
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { CellVerdict, Images } from '../js/index.ts';
import type { Report } from './progress.ts';

export { progressReport, warn } from './progress.ts';

/**
 * Opens where results go, has them written, and closes it.
 *
 * Args:
 *   to: a file; undefined for standard output; or what takes them.
 *   goesOn: behind what stands in the file.
 * Raises: what `use` and closing raise.
 */
export async function withOutput(to: string | Writable | undefined, use: (output: Writable) => Promise<number>, goesOn = false): Promise<number> {
  const output: Writable = to === undefined ? process.stdout : typeof to === 'string' ? (await open(to, goesOn ? 'a' : 'w')).createWriteStream() : to;
  // Who reads may go away, which `write` is told.
  output.on('error', () => {});
  const code = await use(output);
  if (output !== process.stdout) await new Promise<void>((resolve, reject) => output.end((error?: Error | null) => (error ? reject(error) : resolve())));
  return code;
}

export function write(output: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => output.write(text, (error) => (error ? reject(error) : resolve())));
}

/** What is done with all files, and what is written of each. */
export interface Task<Result> {
  results(images: Images, signal: AbortSignal): AsyncIterable<Result>;
  head(): string;
  record(record: Result, written: number): string | Promise<string>;
  /** `complete`: nothing was interrupted. */
  tail(complete: boolean): string;
}

/** A cell as the judgement of a whole set needs it. */
export type Placed = Pick<CellVerdict, 'deviation' | 'measures'>;

/** Cells that must be known before anything is written: how careful verdicts are depends on what they are together. */
const cellsOfSet = 32;
/** Where so many images gave fewer, as of a folder of other files, those there are must do. */
const mostOfSet = 1024;

/** The classified cells of an image or a frame. */
function placedIn(result: object): Placed[] {
  if ('deviation' in result) return [result as Placed];
  return 'cells' in result ? (result.cells as { verdict?: Placed }[]).flatMap(({ verdict }) => verdict ?? []) : [];
}

/** The cells by which a whole list is judged, of the results of its beginning. */
export async function firstCells(results: AsyncIterable<object>): Promise<Placed[]> {
  const seen: Placed[] = [];
  let images = 0;
  for await (const result of results) {
    seen.push(...placedIn(result));
    if (seen.length >= cellsOfSet || ++images >= mostOfSet) break;
  }
  return seen;
}

export interface Performance {
  report: Report;
  /** Told the first cells before anything is written; null where that was done before. */
  settle: ((seen: readonly Placed[]) => Promise<void>) | null;
  /** What an earlier run wrote, and this one goes on behind. */
  before: { done: number; unread: number };
}

/** Has all files worked on and writes what is said of each, in their order; an interrupted run writes what there is. */
export async function perform<Result extends { status: string }>(
  task: Task<Result>, images: Images, output: Writable, signal: AbortSignal, { report, settle, before }: Performance,
): Promise<{ done: number; unread: number }> {
  let { done, unread } = before;
  let waiting: Result[] | null = [];
  const seen: Placed[] = [];
  const tell = async (record: Result): Promise<void> => {
    await write(output, await task.record(record, done));
    if (record.status === 'error') unread++;
    report(++done, unread);
  };
  const begin = async (): Promise<void> => {
    const first = waiting ?? [];
    waiting = null;
    await settle?.(seen);
    if (before.done === 0) await write(output, task.head());
    for (const record of first) await tell(record);
  };
  try {
    if (settle === null) await begin();
    for await (const record of task.results(images, signal)) {
      if (waiting === null) {
        await tell(record);
        continue;
      }
      waiting.push(record);
      seen.push(...placedIn(record));
      if (seen.length >= cellsOfSet || waiting.length >= mostOfSet) await begin();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (waiting !== null) await begin();
  await write(output, task.tail(!signal.aborted));
  return { done, unread };
}

/** Aborts at the first Ctrl+C, or when a cluster takes the machine back; a second one ends the program at once. */
export function interruptible(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}
