/** Going on with results that an earlier run has begun to write. */
import { createReadStream, rmSync, writeFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { type Checks, type Images, unreadFile } from '../js/index.ts';
import { UsageError } from './exit.ts';
import { csvRow, recordsOf } from './records.ts';
import { type Listed, nameOf } from './work_list.ts';

/** What every line of this run says, by which it is known whether results are of one like it. */
export interface Standing { head: string; line: Record<string, unknown>; isFrames: boolean; checks: Checks; second: string | undefined }

const repeated = ['schema', 'model', 'model_author', 'model_spec_sha256', 'unsure_below', 'image_scale', 'types', 'foreign_set'];

/**
 * Passes over the images of which results stand in a file, and cuts off what is half written.
 *
 * Of frames the last one is done again: whether all its cells are there cannot be seen.
 *
 * Args:
 *   images: taken from as far as results stand.
 *   fileOf: what results call an image.
 * Raises: UsageError where the file is of another list, model or settings.
 */
export async function passOver(
  file: string, format: 'csv' | 'ndjson', images: AsyncGenerator<Listed, void, undefined>, fileOf: (image: Listed, place: number) => string, standing: Standing,
): Promise<{ done: number; unread: number }> {
  const key = standing.isFrames ? 'frame' : 'file';
  /** Bytes up to the end of what is whole. */
  let keep = 0;
  let [done, unread, number] = [0, 0, 0];
  let heads: string[] | undefined;
  /** Of frames: the one that may not be whole. */
  let last: { name: string; from: number; isUnread: boolean } | undefined;
  const refuse = (what: string): never => { throw new UsageError(`--resume: ${file}${number > 0 ? `, line ${number},` : ''} ${what}; write to another file, or ask for what it was written with.`); };
  const passed = async (name: string, isUnread: boolean): Promise<void> => {
    const next = await images.next();
    if (next.done) return refuse(`has more than the ${done} files of the list`);
    const expected = fileOf(next.value, done);
    if (name !== (format === 'csv' ? spreadsheetSafe(expected) : expected)) refuse(`is of ${name}, where the list has ${expected}`);
    done += 1;
    if (isUnread) unread += 1;
  };
  for await (const { text, end, whole } of recordsOf(createReadStream(file), { quoted: format === 'csv' })) {
    if (!whole) break;
    number += 1;
    if (format === 'csv' && heads === undefined) {
      if (`${text}\r\n` !== standing.head) refuse('has other columns than this run would write');
      heads = csvRow(text);
      keep = end;
      continue;
    }
    const row = rowOf(text, heads);
    if (row === undefined) return refuse('is no result');
    const other = repeated.find((name) => String(row[name] ?? '') !== String(standing.line[name] ?? ''));
    if (other !== undefined) refuse(`says ${other} ${JSON.stringify(row[other] ?? null)}, this run ${JSON.stringify(standing.line[other] ?? null)}`);
    if (row['status'] === 'ok' && (('turns_agree' in row) !== standing.checks.turns || ('map_area' in row) !== standing.checks.map || String(row['second_model'] ?? '') !== (standing.second ?? ''))) refuse('has other checks than this run');
    const [name, isUnread] = [String(row[key]), row['status'] === 'error'];
    if (!standing.isFrames) await passed(name, isUnread);
    // Cells of a frame are numbered from 1.
    else if (last === undefined || last.name !== name || Number(row['cell'] || 1) === 1) {
      if (last !== undefined) await passed(last.name, last.isUnread);
      last = { name, from: keep, isUnread };
    }
    keep = end;
  }
  await cut(file, last?.from ?? keep);
  return { done, unread };
}

function rowOf(text: string, heads: string[] | undefined): Record<string, unknown> | undefined {
  if (heads !== undefined) {
    const values = csvRow(text);
    return values.length === heads.length ? Object.fromEntries(heads.map((head, i) => [head, values[i]])) : undefined;
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** As the exports write it in CSV. */
const spreadsheetSafe = (name: string): string => (/^[=+\-@\t\r]/.test(name) ? `'${name}` : name);

async function cut(file: string, length: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.truncate(length);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Starts at one place after which the files there are done one by one. */
const mostStarts = 3;
/** Files that are: those in hand of all workers, any of which it may be. */
const mostAlone = 1024;

interface Tried { done: number; starts: number; alone: number | null }

/** How often a run was begun at one place: a file that ends the whole program is given up, else it would be tried for ever. */
export class Attempts {
  readonly #file: string;
  readonly #tried: Tried;
  /** The program ended while this file, the next one, was alone in its hands. */
  readonly #givesUp: boolean;

  private constructor(file: string, tried: Tried, givesUp: boolean) {
    [this.#file, this.#tried, this.#givesUp] = [file, tried, givesUp];
  }

  /** Args: output: beside it lies what is remembered, until a run ends by itself. */
  static async begin(output: string, done: number): Promise<Attempts> {
    const file = `${output}.attempts`;
    const last = await readFile(file, 'utf8').then((text) => JSON.parse(text) as Tried).catch(() => undefined);
    const starts = last?.done === done ? last.starts + 1 : 1;
    const attempts = new Attempts(file, { done, starts, alone: null }, last?.alone === done);
    attempts.#write();
    return attempts;
  }

  async end(): Promise<void> {
    rmSync(this.#file, { force: true });
  }

  #write(): void {
    writeFileSync(this.#file, JSON.stringify(this.#tried));
  }

  /** Results of all images; where it was begun too often, of the first ones one by one. */
  async *results<Result extends { status: string }>(images: Images, of: (images: Images) => AsyncIterable<Result>): AsyncGenerator<Result, void, undefined> {
    if (this.#tried.starts <= mostStarts && !this.#givesUp) return yield* of(images);
    const list = iteratorOf(images as AsyncIterable<Listed> | Listed[]);
    for (let place = this.#tried.done; place < this.#tried.done + mostAlone; place++) {
      const next = await list.next();
      if (next.done) return;
      if (place === this.#tried.done && this.#givesUp) {
        yield { ...unreadFile('engine_failed', 'The program ended each time that it came to this file.'), index: 0, path: nameOf(next.value) } as unknown as Result;
        continue;
      }
      this.#tried.alone = place;
      this.#write();
      yield* of([next.value]);
    }
    this.#tried.alone = null;
    this.#write();
    yield* of({ [Symbol.asyncIterator]: () => list });
  }
}

function iteratorOf<Each>(all: AsyncIterable<Each> | Each[]): AsyncGenerator<Each, void, undefined> {
  return (async function* () { yield* all; })();
}
