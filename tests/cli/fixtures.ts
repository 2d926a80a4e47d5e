/** What the tests of the command line share. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytesOf, root } from '../border/fixtures.ts';
import { OnnxRuntimeEngine } from '../../src/js/core/onnxruntime.ts';

export const program = fileURLToPath(new URL('dist/cytodrop.mjs', root));

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the built command line to its end. */
export function cytodrop(...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args]);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A cell as the JSON export has it. */
export interface ExportedCell {
  file: string;
  status: 'ok' | 'error';
  verdict: string;
  quality: { flag: string; measure: string; value: number; limit: number }[];
  pixels_sha256: string;
  type: string | null;
  most_like: string;
  probability: number;
  unsure: boolean;
  novelty: number | null;
  foreign: boolean;
  damaged: boolean;
  probabilities: Record<string, number>;
  error?: { code: string; message: string; advice: string };
}

/** One line of the NDJSON output. */
export interface Line extends ExportedCell {
  model: string;
  self_test: string;
  unsure_below: number;
  note: string;
  complete: boolean | null;
  schema: string;
}

export function linesOf(ndjson: string): Line[] {
  return ndjson.trimEnd().split('\n').map((line) => JSON.parse(line) as Line);
}

/** Reads CSV as RFC 4180 says, into one object a row. */
export function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy;
  for (let match = pattern.exec(text); match !== null && pattern.lastIndex <= text.length; match = pattern.exec(text)) {
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n') rows.push([]);
    if (match[3] === '' || pattern.lastIndex === text.length) break;
  }
  const [names = [], ...values] = rows.filter((row) => row.length > 0);
  return values.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i] ?? ''])));
}

/** An empty folder that is gone after `use`. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function openEngine(threads = 1): OnnxRuntimeEngine {
  return new OnnxRuntimeEngine(
    { mjs: new URL('dist/ort/ort-wasm-simd-threaded.mjs', root).href, wasm: bytesOf('dist/ort/ort-wasm-simd-threaded.wasm') },
    threads,
  );
}
