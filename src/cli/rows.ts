/** Results that were written before, in any format, as rows: the flat form that CSV has. */
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { UsageError } from './exit.ts';
import { type FlatRow, readParquet, typedValue } from './parquet.ts';
import { csvRow, recordsOf } from './records.ts';

export type ResultFormat = 'csv' | 'json' | 'ndjson' | 'parquet';

/** `text`: as it stands in a file of lines, for who writes it elsewhere. */
export interface ResultRow { row: FlatRow; text?: string }

/** By what the file begins with, not by its name. Raises: UsageError. */
export async function formatOf(path: string): Promise<ResultFormat> {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => { throw new UsageError(`${path} could not be read (${error.code}).`); });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
    const text = buffer.subarray(0, bytesRead).toString('utf8');
    if (text.startsWith('PAR1')) return 'parquet';
    if (/^\{\s*\n/.test(text)) return 'json';
    if (text.startsWith('{')) return 'ndjson';
    if (/^(file|frame),/.test(text)) return 'csv';
    throw new UsageError(`${path} holds no results of classify; it is ${bytesRead === 0 ? 'empty' : 'neither NDJSON nor CSV, JSON or Parquet of them'}.`);
  } finally {
    await handle.close();
  }
}

/** Raises: UsageError for a file that is damaged or not whole, with what to do. */
export async function* readRows(path: string, format: ResultFormat): AsyncGenerator<ResultRow, void, undefined> {
  try {
    if (format === 'parquet') for await (const row of readParquet(path)) yield { row };
    else if (format === 'json') for (const row of documentRows(await readFile(path, 'utf8'))) yield { row };
    else yield* textRows(path, format);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} could not be read: ${(error as Error).message}`);
  }
}

async function* textRows(path: string, format: 'csv' | 'ndjson'): AsyncGenerator<ResultRow, void, undefined> {
  let heads: string[] | undefined;
  let number = 0;
  for await (const { text, whole } of recordsOf(createReadStream(path), { quoted: format === 'csv' })) {
    number += 1;
    const broken = (): never => { throw new UsageError(`${path}, line ${number}, is not whole; classify --resume with the same list goes on with it.`); };
    if (!whole) broken();
    if (format === 'ndjson') {
      let line: Record<string, unknown> | undefined;
      try { line = JSON.parse(text) as Record<string, unknown>; } catch { broken(); }
      yield { row: flat(line ?? {}), text: `${text}\n` };
      continue;
    }
    const values = csvRow(text);
    if (heads !== undefined && values.length !== heads.length) broken();
    if (heads === undefined) heads = values;
    else yield { row: Object.fromEntries(heads.map((head, i) => [head, typedValue(head, values[i] ?? '')])), text: `${text}\r\n` };
  }
}

/** Each cell or frame of a document with what its head says once. */
function* documentRows(text: string): Generator<FlatRow, void, undefined> {
  const { cells, frames, settings, set, model, self_test, schema, complete } = JSON.parse(text) as {
    cells?: object[]; frames?: { cells?: object[]; status?: string }[]; settings: { unsure_below: number; image_scale: number; types: string[] | null }; set: { foreign: boolean } | null;
    model: { name: string; version: string; shipped: boolean; author: string | null; spec_sha256: string | null }; self_test: { result: string }; schema: string; complete: boolean;
  };
  const repeated = {
    unsure_below: settings.unsure_below, ...(settings.image_scale !== 1 && { image_scale: settings.image_scale }), ...(settings.types && { types: settings.types.join(' ') }), ...(set?.foreign && { foreign_set: true }),
    model: `${model.name} ${model.version}`, ...(!model.shipped && { model_author: model.author, model_spec_sha256: model.spec_sha256 }), self_test: self_test.result, complete, schema,
  };
  for (const cell of cells ?? []) yield flat({ ...cell, ...repeated });
  for (const { cells: inFrame, ...frame } of frames ?? []) {
    if (inFrame === undefined || inFrame.length === 0) yield flat({ ...frame, status: frame.status ?? 'no_cells', ...repeated });
    else for (const cell of inFrame) yield flat({ ...frame, ...cell, ...repeated });
  }
}

/** A line of NDJSON as the row of CSV that says the same. */
function flat({ probabilities, error, region, quality, search: _, removed_boxes: __, frame_width_px: ___, frame_height_px: ____, pixel_size_from_file_um: _____, ...line }: Record<string, unknown>): FlatRow {
  const nested = (prefix: string, object: unknown): FlatRow => Object.fromEntries(Object.entries((object ?? {}) as FlatRow).map(([name, value]) => [`${prefix}_${name}`, value]));
  return { ...(line as FlatRow), ...nested('p', probabilities), ...nested('error', error), ...nested('region', region), ...(Array.isArray(quality) && { quality: quality.map(({ flag }: { flag: string }) => flag).join(' ') || null }) };
}

/** The first line of a table. */
export async function headOf(path: string): Promise<string> {
  for await (const { text } of recordsOf(createReadStream(path), { quoted: true })) return text;
  return '';
}

/** Columns of all rows of some files, those of a read image first. Lines of NDJSON need not have the same ones, and so are all looked at. */
export async function columnsIn(files: readonly string[], formats: readonly ResultFormat[]): Promise<string[]> {
  const [ok, others] = [new Set<string>(), new Set<string>()];
  for (const [i, file] of files.entries()) {
    const format = formats[i] as ResultFormat;
    for await (const { row } of readRows(file, format)) {
      for (const name of Object.keys(row)) (row['status'] === 'ok' ? ok : others).add(name);
      if (format === 'csv' || format === 'parquet') break;
    }
  }
  return [...new Set([...ok, ...others])];
}

/** A row of CSV, as it is read again and not as a spreadsheet should see it. */
export function csvText(values: readonly (string | number | boolean | null)[]): string {
  return `${values.map((value) => (typeof value === 'string' && /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : String(value ?? ''))).join(',')}\r\n`;
}
