/** Writing results, and saying how far the work is. */
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { CellVerdict } from '../js/index.ts';

/**
 * Opens where results go, has them written, and closes it.
 *
 * Args:
 *   file: undefined for standard output.
 */
export async function withOutput(file: string | undefined, use: (output: Writable) => Promise<number>): Promise<number> {
  const output = file === undefined ? process.stdout : (await open(file, 'w')).createWriteStream();
  // Who reads may go away, which `write` is told.
  output.on('error', () => {});
  const code = await use(output);
  if (output !== process.stdout) await new Promise<void>((resolve) => output.end(() => resolve()));
  return code;
}

export function write(output: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => output.write(text, (error) => (error ? reject(error) : resolve())));
}

export function warn(sentence: string): void {
  process.stderr.write(`Warning: ${sentence}\n`);
}

/** What is done with all files, and what is written of each. */
export interface Task<Result> {
  results(paths: string[], signal: AbortSignal): AsyncIterable<Result>;
  head(): string;
  record(record: Result, written: number): string | Promise<string>;
  /** `complete`: nothing was interrupted. */
  tail(complete: boolean): string;
}

/** A cell as the judgement of a whole set needs it. */
export type Placed = Pick<CellVerdict, 'deviation' | 'measures'>;

/** Cells that must be known before anything is written: how careful verdicts are depends on what they are together. */
const cellsOfSet = 32;

/** The classified cells of an image or a frame. */
function placedIn(result: object): Placed[] {
  if ('deviation' in result) return [result as Placed];
  return 'cells' in result ? (result.cells as { verdict?: Placed }[]).flatMap(({ verdict }) => verdict ?? []) : [];
}

/**
 * Has all files worked on and writes what is said of each, in their order; an interrupted run writes what there is.
 *
 * Args:
 *   settle: told the first cells, before anything is written.
 */
export async function perform<Result extends { status: string }>(
  task: Task<Result>, paths: string[], output: Writable, signal: AbortSignal, settle: (seen: readonly Placed[]) => Promise<void> = async () => {},
): Promise<{ done: number; unread: number }> {
  const report = progressReport(paths.length);
  let done = 0;
  let unread = 0;
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
    await settle(seen);
    await write(output, task.head());
    for (const record of first) await tell(record);
  };
  try {
    for await (const record of task.results(paths, signal)) {
      if (waiting === null) {
        await tell(record);
        continue;
      }
      waiting.push(record);
      seen.push(...placedIn(record));
      if (seen.length >= cellsOfSet) await begin();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (waiting !== null) await begin();
  await write(output, task.tail(!signal.aborted));
  return { done, unread };
}

/** Where standard error is a terminal: how far it is, ten times a second. */
export function progressReport(total: number): (done: number, unread: number) => void {
  if (!process.stderr.isTTY) return () => {};
  const startedAt = performance.now();
  let shownAt = 0;
  return (done, unread) => {
    const now = performance.now();
    if (done < total && now - shownAt < 100) return;
    shownAt = now;
    const rate = Math.round((done * 1000) / (now - startedAt));
    process.stderr.write(`\r${done} of ${total}, ${rate} a second${unread > 0 ? `, ${unread} not read` : ''}\x1b[K${done === total ? '\n' : ''}`);
  };
}

/** Where standard error is a terminal: how far a picture is that is searched tile by tile. */
export function reportTiles(done: number, all: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rtile ${done} of ${all}\x1b[K${done === all ? '\n' : ''}`);
}

/** Aborts at the first Ctrl+C; a second one ends the program at once. */
export function interruptible(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  return stop.signal;
}
