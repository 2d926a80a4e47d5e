/** Results as Parquet: the columns of the CSV, typed, in groups of rows, with model and provenance in the file's metadata. */
import { renameSync, rmSync } from 'node:fs';
import { Writable } from 'node:stream';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { type ColumnSource, fileWriter, ParquetWriter } from 'hyparquet-writer';
import Papa from 'papaparse';

type Kind = 'boolean' | 'whole' | 'text' | 'number';
type Value = boolean | number | string | null;
/** A row of CSV with its values as their types. */
export type FlatRow = Record<string, Value>;

const kinds: Record<Exclude<Kind, 'number'>, readonly string[]> = {
  boolean: ['unsure', 'foreign', 'damaged', 'foreign_set', 'turns_disagree', 'second_agree', 'by_hand', 'cut_by_border', 'overview', 'complete'],
  whole: ['page', 'channel', 'series', 'z', 't', 'level', 'cell', 'removed_by_hand', 'turns_agree', 'turns_of', 'map_beats', 'map_beats_of'],
  text: [
    'file', 'frame', 'status', 'verdict', 'type', 'most_like', 'quality', 'error_code', 'error_message', 'error_advice', 'pixels_sha256', 'types', 'model', 'model_author', 'model_spec_sha256', 'self_test', 'note', 'schema', 'channel_name', 'projection',
    'map_explains', 'second_model', 'second_most_like',
  ],
};
const kindOfColumn = new Map(Object.entries(kinds).flatMap(([kind, names]) => names.map((name) => [name, kind as Kind] as const)));
const kindOf = (column: string): Kind => kindOfColumn.get(column) ?? 'number';

/** A value of a CSV field; an apostrophe that keeps a spreadsheet from running it is taken off. */
export function typedValue(column: string, text: string): Value {
  if (text === '') return null;
  const value = /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
  switch (kindOf(column)) {
    case 'text': return value;
    case 'boolean': return value === 'true';
    default: return Number(value);
  }
}

const elements: Record<Kind, object> = {
  boolean: { type: 'BOOLEAN' }, whole: { type: 'INT32' }, number: { type: 'DOUBLE' }, text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
};
const rowsOfGroup = 65_536;

/** Takes rows of CSV, the heads first, as they are written elsewhere, and writes Parquet. The file has its name only when it is whole. */
export class ParquetSink extends Writable {
  readonly #file: string;
  readonly #about: () => object;
  #writer: ParquetWriter | undefined;
  #heads: string[] = [];
  #columns: Value[][] = [];

  /** Args: about: asked at the end; it becomes the metadata's entry "cytodrop". */
  constructor(file: string, about: () => object) {
    super({ decodeStrings: false });
    [this.#file, this.#about] = [file, about];
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    try {
      for (const row of Papa.parse<string[]>(String(chunk), { delimiter: ',', newline: '\r\n' }).data) {
        if (row.length < 2) continue;
        if (this.#heads.length === 0) this.#begin(row);
        else this.#heads.forEach((head, i) => this.#columns[i]?.push(typedValue(head, row[i] ?? '')));
      }
      if ((this.#columns[0]?.length ?? 0) >= rowsOfGroup) this.#writeGroup();
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _final(done: (error?: Error | null) => void): void {
    try {
      if (this.#writer === undefined) return done();
      if ((this.#columns[0]?.length ?? 0) > 0) this.#writeGroup();
      this.#writer.kvMetadata = [{ key: 'cytodrop', value: JSON.stringify(this.#about()) }];
      void this.#writer.finish();
      renameSync(this.#partial, this.#file);
      done();
    } catch (error) {
      rmSync(this.#partial, { force: true });
      done(error as Error);
    }
  }

  get #partial(): string {
    return `${this.#file}.partial`;
  }

  #begin(heads: string[]): void {
    [this.#heads, this.#columns] = [heads, heads.map(() => [])];
    const schema = [{ name: 'root', num_children: heads.length }, ...heads.map((name) => ({ name, repetition_type: 'OPTIONAL', ...elements[kindOf(name)] }))];
    this.#writer = new ParquetWriter({ writer: fileWriter(this.#partial), schema: schema as ConstructorParameters<typeof ParquetWriter>[0]['schema'], createdBy: 'cytodrop' });
  }

  #writeGroup(): void {
    const columnData: ColumnSource[] = this.#heads.map((name, i) => ({ name, data: this.#columns[i] ?? [] }));
    void this.#writer?.write({ columnData, rowGroupSize: columnData[0]?.data.length ?? 0 });
    this.#columns = this.#heads.map(() => []);
  }
}

/** The rows of a file written so, a group at a time in memory. Raises: Error where it is none. */
export async function* readParquet(path: string): AsyncGenerator<FlatRow, void, undefined> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const { num_rows: rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(rows);
    for (const row of await parquetReadObjects({ file, metadata, rowStart, rowEnd })) yield row as FlatRow;
    rowStart = rowEnd;
  }
}
