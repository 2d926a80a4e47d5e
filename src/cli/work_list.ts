/** What is to be classified, however it was given: paths, folders, a list on standard input, a table; read no faster than it is worked on. */
import { createReadStream } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { type NamedImage, readHeads } from '../js/index.ts';
import { UsageError } from './exit.ts';
import { walk } from './paths.ts';
import { csvRow, delimiterOf, recordsOf } from './records.ts';

export type Listed = string | NamedImage;

/** Every `of`-th image of the list from the `part`-th on, from 1. */
export interface Shard { part: number; of: number }

export interface ListOptions {
  /** A table with a column of paths. */
  manifest?: string | undefined;
  /** Paths on standard input end with a zero byte. */
  null?: boolean | undefined;
  /** Nothing is told of what is left out. */
  quiet?: boolean;
}

/** Reads "3/16". Raises: InvalidArgumentError. */
export function asShard(text: string): Shard {
  const [, part = NaN, of = NaN] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (!(part >= 1 && part <= of)) throw new InvalidArgumentError(`expected a part of how many, as in 3/16, got "${text}".`);
  return { part, of };
}

export const nameOf = (image: Listed): string => (typeof image === 'string' ? image : image.path);

/** Everything that was asked for, in order. Raises: UsageError; Error where a list cannot be read. */
export async function* listedBy(given: readonly string[], options: ListOptions = {}): AsyncGenerator<Listed, void, undefined> {
  if (given.filter((path) => path === '-').length > 1) throw new UsageError('-: standard input can be read once.');
  const on = given.indexOf('-');
  yield* walk(on < 0 ? given : given.slice(0, on), options.quiet);
  if (on >= 0) {
    for await (const { text } of recordsOf(process.stdin, { terminator: options.null ? 0 : 0x0a })) if (text.trim() !== '') yield text;
    yield* walk(given.slice(on + 1), options.quiet);
  }
  if (options.manifest !== undefined) yield* listedIn(options.manifest);
}

/** Paths in a table are from its own folder, and results name them as it does. */
async function* listedIn(manifest: string): AsyncGenerator<Listed, void, undefined> {
  const folder = dirname(manifest);
  let [column, delimiter] = [-1, ','];
  try {
    for await (const { text } of recordsOf(createReadStream(manifest), { quoted: true })) {
      const row = text.replace(/^\uFEFF/, '');
      if (row.trim() === '') continue;
      if (column >= 0) {
        const path = csvRow(row, delimiter)[column]?.trim() ?? '';
        if (path !== '') yield { path, source: isAbsolute(path) ? path : join(folder, path) };
        continue;
      }
      const { heads, file } = readHeads(row);
      if (file === undefined) throw new UsageError(`--manifest: ${manifest} has no column "file" or "path"; it has ${heads.map((head) => `"${head}"`).join(', ')}.`);
      [column, delimiter] = [heads.indexOf(file), delimiterOf(row)];
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new UsageError(`--manifest: ${manifest} could not be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  if (column < 0) throw new UsageError(`--manifest: ${manifest} is empty.`);
}

/** How many there are, where that can be found out without taking them; undefined where they come on standard input. */
export async function countOf(given: readonly string[], options: ListOptions, stop: AbortSignal): Promise<number | undefined> {
  if (given.includes('-')) return undefined;
  let count = 0;
  for await (const _ of listedBy(given, { ...options, quiet: true })) {
    if (stop.aborted) return undefined;
    count += 1;
  }
  return count;
}

/** So many are read before anything else is done: of no more than that everything is known at once. */
const mostAhead = 4096;

/** A list of which the beginning is at hand. */
export class WorkList {
  /** The first images of the whole list. */
  readonly beginning: readonly Listed[];
  readonly #all: AsyncGenerator<Listed, void, undefined>;
  readonly #shard: Shard;
  /** All there are stand in `beginning`. */
  readonly isShort: boolean;

  private constructor(beginning: Listed[], all: AsyncGenerator<Listed, void, undefined>, isShort: boolean, shard: Shard) {
    [this.beginning, this.#all, this.isShort, this.#shard] = [beginning, all, isShort, shard];
  }

  static async open(all: AsyncGenerator<Listed, void, undefined>, shard: Shard = { part: 1, of: 1 }): Promise<WorkList> {
    const beginning: Listed[] = [];
    while (beginning.length < mostAhead) {
      const { done, value } = await all.next();
      if (done) return new WorkList(beginning, all, true, shard);
      beginning.push(value);
    }
    return new WorkList(beginning, all, false, shard);
  }

  /** How many of `all` are this shard's. */
  countOf(all: number): number {
    return Math.max(0, Math.ceil((all - this.#shard.part + 1) / this.#shard.of));
  }

  /** This shard's, once. */
  async *own(): AsyncGenerator<Listed, void, undefined> {
    let at = 0;
    const isOwn = (): boolean => at++ % this.#shard.of === this.#shard.part - 1;
    for (const image of this.beginning) if (isOwn()) yield image;
    for await (const image of this.#all) if (isOwn()) yield image;
  }

  /** The place in the whole list, from 0, of this shard's image at a place of its own. */
  indexOf(place: number): number {
    return place * this.#shard.of + this.#shard.part - 1;
  }
}
