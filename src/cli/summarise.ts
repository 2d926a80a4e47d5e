/** `cytodrop summarise`: what many results come to together, and all of them as one file. */
import { Command, Option } from 'commander';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { exitCode, UsageError } from './exit.ts';
import { oneOf, outputOption, place } from './options.ts';
import { withOutput, write } from './output.ts';
import { ParquetSink } from './parquet.ts';
import { columnsIn, csvText, formatOf, headOf, readRows, type ResultFormat, type ResultRow } from './rows.ts';
import { Summary, summaryText } from './summary.ts';

interface Options { format: 'text' | 'json'; output?: string; merge?: string }

export function summariseCommand(finish: (code: number) => void): Command {
  return new Command('summarise')
    .summary('pool results of many runs')
    .description('Counts what results of classify come to together: images, verdicts, types with their shares and intervals of 95 %. Results of all shards of a list give what those of one run give.')
    .argument('<results...>', 'files that classify wrote: NDJSON, CSV, JSON or Parquet; of shards, in their order')
    .addOption(new Option('--format <format>', 'text or json').default('text').argParser(oneOf<'text' | 'json'>(['text', 'json'])))
    .addOption(new Option('--merge <file>', 'write all results there as well, one of each file in turn, as shards of a list lie: .parquet of any, .ndjson and .csv of files of that kind').argParser(place))
    .addOption(outputOption())
    .action(async (files: string[], options: Options) => finish(await summarise(files, options)));
}

async function summarise(files: string[], { format, output, merge }: Options): Promise<number> {
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined) throw new UsageError(`${twice} is given twice; its cells would count twice.`);
  const formats = await Promise.all(files.map(formatOf));
  const summary = new Summary();
  const sources = files.map((file, i) => images(readRows(file, formats[i] as ResultFormat)));
  const merged = merge === undefined ? undefined : await Merged.open(merge, files, formats, () => summary.document(files.length));
  try {
    for await (const { rows, source } of inTurn(sources)) {
      for (const each of rows) {
        summary.add(each.row, files[source] as string);
        await merged?.add(each);
      }
    }
    await merged?.close();
  } catch (error) {
    merged?.drop();
    throw error;
  }
  const document = summary.document(files.length);
  return withOutput(output, async (written) => {
    await write(written, format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : summaryText(document));
    return exitCode.allRead;
  });
}

/** Rows of one image, or of one frame, together. */
async function* images(rows: AsyncIterable<ResultRow>): AsyncGenerator<ResultRow[], void, undefined> {
  let frame: ResultRow[] = [];
  for await (const each of rows) {
    if (frame.length > 0 && (!('frame' in each.row) || Number(each.row['cell'] ?? 1) === 1)) {
      yield frame;
      frame = [];
    }
    frame.push(each);
  }
  if (frame.length > 0) yield frame;
}

/** One of each in turn, until all have ended. */
async function* inTurn(sources: AsyncGenerator<ResultRow[], void, undefined>[]): AsyncGenerator<{ rows: ResultRow[]; source: number }, void, undefined> {
  const going = new Set(sources.keys());
  while (going.size > 0) {
    for (const source of [...going]) {
      const next = await (sources[source] as AsyncGenerator<ResultRow[], void, undefined>).next();
      if (next.done) going.delete(source);
      else yield { rows: next.value, source };
    }
  }
}

/** All results as one file, which has its name only when it is whole. */
class Merged {
  readonly #output: Writable;
  readonly #isParquet: boolean;
  readonly #file: string;
  readonly #heads: readonly string[];

  private constructor(output: Writable, file: string, isParquet: boolean, heads: readonly string[] = []) {
    [this.#output, this.#file, this.#isParquet, this.#heads] = [output, file, isParquet, heads];
    output.on('error', () => {});
  }

  /** Raises: UsageError where files cannot be put together so. */
  static async open(file: string, files: string[], formats: ResultFormat[], about: () => object): Promise<Merged> {
    const [ending] = /\.(parquet|ndjson|csv)$/.exec(file) ?? [];
    if (ending === undefined) throw new UsageError(`--merge: ${file} should end in .parquet, .ndjson or .csv.`);
    if (ending === '.parquet') {
      const heads = await columnsIn(files, formats);
      const merged = new Merged(new ParquetSink(file, about), file, true, heads);
      await write(merged.#output, csvText(heads));
      return merged;
    }
    const other = formats.findIndex((format) => `.${format}` !== ending);
    if (other >= 0) throw new UsageError(`--merge: ${files[other]} is ${formats[other]}, not ${ending.slice(1)}; .parquet takes files of any kind.`);
    const heads = ending === '.csv' ? await Promise.all(files.map(headOf)) : [];
    const unlike = heads.findIndex((head) => head !== heads[0]);
    if (unlike >= 0) throw new UsageError(`--merge: ${files[unlike]} has other columns than ${files[0]}.`);
    const merged = new Merged(createWriteStream(`${file}.partial`), file, false);
    if (heads[0] !== undefined) await write(merged.#output, `${heads[0]}\r\n`);
    return merged;
  }

  async add({ row, text }: ResultRow): Promise<void> {
    if (!this.#isParquet) return write(this.#output, text ?? '');
    await write(this.#output, csvText(this.#heads.map((head) => row[head] ?? null)));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#output.end((error?: Error | null) => (error ? reject(error) : resolve())));
    if (!this.#isParquet) renameSync(`${this.#file}.partial`, this.#file);
  }

  /** Nothing of it stays. */
  drop(): void {
    this.#output.destroy();
    rmSync(`${this.#file}.partial`, { force: true });
  }
}
