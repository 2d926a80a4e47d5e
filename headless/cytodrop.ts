/** The headless twin: the page's classifier on the command line, under Node. */
import { open, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Writable } from 'node:stream';
import { batchSize, engineKinds, type EngineKind } from '../web/engine.ts';
import { unreadFile } from '../web/errors.ts';
import { exportHead, exportRecord, exportTail, type ExportContext, type ExportFormat } from '../web/export.ts';
import { OnnxRuntimeEngine } from '../web/onnxruntime.ts';
import { comparePaths, isBookkeeping } from '../web/paths.ts';
import { Pipeline, readModel, refuseSize } from '../web/pipeline.ts';
import type { UnreadFile } from '../web/types.ts';
import { appVersion } from '../web/version.ts';

const exitCode = { allRead: 0, someUnread: 2, failed: 1, wrongUsage: 64 };
const formats: readonly string[] = ['ndjson', 'csv', 'json'] satisfies ExportFormat[];

const help = `Names the type of every cell in image files, as the Cytodrop page does, without a browser.
For research and teaching; not for diagnosis.

Usage: node cytodrop.mjs classify --model NAME [options] PATH...

PATH is an image file (PNG, JPEG, BMP) or a folder, searched to the bottom in natural order;
hidden files in folders are left out and every other file is tried.

  --model NAME      folder in models/, for example blood-smear
  --format FORMAT   ndjson (one JSON object a line, the default), csv or json
  --output FILE     write there instead of to standard output
  --engine NAME     core (our own) or onnxruntime; unless told, our own where it can run the network
  --threads N       threads for ONNX Runtime, 1 unless told
  --version         print the version
  --help            print this

Exit status: 0 every file was read; 2 some were not, each with a line of its own; 64 wrong usage; 1 anything else.
`;

class UsageError extends Error {}

interface Options {
  model: string;
  format: ExportFormat;
  output: string | undefined;
  threads: number;
  engine: EngineKind | undefined;
  paths: string[];
}

function readOptions(args: string[]): Options | 'help' | 'version' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const [command, ...paths] = positionals;
  if (command !== 'classify') throw new UsageError(command === undefined ? 'No command given.' : `There is no command "${command}".`);
  if (values.model === undefined) throw new UsageError('--model is missing.');
  if (!/^[a-z0-9-]+$/.test(values.model)) throw new UsageError(`--model: "${values.model}" is not the name of a model.`);
  if (!formats.includes(values.format)) throw new UsageError(`--format: expected ${formats.join(', ')}, got "${values.format}".`);
  const threads = Number(values.threads);
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) throw new UsageError(`--threads: expected 1 to 64, got "${values.threads}".`);
  const engine = engineKinds.find((kind) => kind === values.engine);
  if (values.engine !== undefined && engine === undefined) throw new UsageError(`--engine: expected ${engineKinds.join(' or ')}, got "${values.engine}".`);
  if (paths.length === 0) throw new UsageError('No image file or folder given.');
  return { model: values.model, format: values.format as ExportFormat, output: values.output, threads, engine, paths };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        model: { type: 'string' },
        format: { type: 'string', default: 'ndjson' },
        output: { type: 'string' },
        threads: { type: 'string', default: '1' },
        engine: { type: 'string' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The files that a path stands for: itself, or all below it in natural order. */
async function filesOf(path: string): Promise<string[]> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  return isFolder ? (await filesBelow(path)).sort(comparePaths) : [path];
}

/**
 * Links to files are followed, links to folders are not, since they may go round in a circle. A folder that cannot be opened
 * stands for itself and gets an error line.
 */
async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [folder];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (isBookkeeping(entry.name)) continue;
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else if (entry.isFile() || (await stat(path).catch(() => undefined))?.isFile()) found.push(path);
  }
  return found;
}

async function readImage(path: string): Promise<Uint8Array | UnreadFile> {
  try {
    return refuseSize((await stat(path)).size) ?? (await readFile(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return unreadFile('unreadable_file', code === 'ENOENT' ? 'There is no such file.' : `The file could not be read (${code}).`);
  }
}

async function openPipeline({ model, threads, engine }: Options): Promise<Pipeline> {
  const beside = (file: string) => new URL(file, import.meta.url);
  const openOnnxRuntime = async () => new OnnxRuntimeEngine(
    { mjs: beside('ort/ort-wasm-simd-threaded.mjs').href, wasm: await readFile(beside('ort/ort-wasm-simd-threaded.wasm')) },
    threads,
  );
  const files = await readModel((file) => readFile(beside(`models/${model}/${file}`))).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new UsageError(`There is no model "${model}" beside this program.`) : error;
  });
  return await Pipeline.open(files, await readFile(beside('cytodrop_core.wasm')), { force: engine, openOnnxRuntime });
}

/** Classifies all files in order and writes each result as soon as it is known. Returns how many were not read. */
async function classifyAll(options: Options, output: Writable): Promise<number> {
  const pipeline = await openPipeline(options);
  if (!pipeline.selfTest.passed) process.stderr.write('Warning: the model failed its self-test on this computer; the results may be wrong.\n');
  const { spec, runtime, selfTest } = pipeline;
  const context: ExportContext = { spec, runtime, selfTest, appVersion, fileNames: true };
  const paths = (await Promise.all(options.paths.map(filesOf))).flat();
  const report = progressReport(paths.length);
  let unread = 0;
  await write(output, exportHead(options.format, context));
  for (let first = 0; first < paths.length; first += batchSize) {
    const batch = paths.slice(first, first + batchSize);
    const outcomes = await pipeline.classify(await Promise.all(batch.map(readImage)));
    for (const [i, outcome] of outcomes.entries()) {
      const index = first + i;
      if (outcome.status === 'error') unread++;
      await write(output, exportRecord(options.format, { ...outcome, index, path: batch[i] ?? '' }, index, context));
    }
    report(first + batch.length, unread);
  }
  await write(output, exportTail(options.format));
  pipeline.close();
  return unread;
}

function write(output: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => output.write(text, (error) => (error ? reject(error) : resolve())));
}

/** Where standard error is a terminal: how far it is, ten times a second. */
function progressReport(total: number): (done: number, unread: number) => void {
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

async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options === 'help' || options === 'version') {
      await write(process.stdout, options === 'help' ? help : `${appVersion}\n`);
      return exitCode.allRead;
    }
    const output = options.output === undefined ? process.stdout : (await open(options.output, 'w')).createWriteStream();
    output.on('error', () => {});
    const unread = await classifyAll(options, output);
    if (output !== process.stdout) await new Promise<void>((resolve) => output.end(() => resolve()));
    return unread > 0 ? exitCode.someUnread : exitCode.allRead;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof UsageError) {
      process.stderr.write(`${message}\nTry: node cytodrop.mjs --help\n`);
      return exitCode.wrongUsage;
    }
    if (code !== 'EPIPE') process.stderr.write(`${message}\n`);
    return exitCode.failed;
  }
}

process.exit(await main(process.argv.slice(2)));
