/** The headless twin: the page's classifier on the command line, under Node. */
import { open, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Writable } from 'node:stream';
import { isMainThread } from 'node:worker_threads';
import { frameTask, type FrameJob } from './frames.ts';
import {
  type CellRecord, type Checks, checkLines, checkWords, Classifier, comparePaths, contentText, CytodropError, defaultJobs, type EngineKind, engineKinds, type ExportContext, type ExportFormat, exportHead,
  exportRecord, exportTail, Inspector, isBookkeeping, type ModelSpec, readReport, type Report, searchFor, searchMethods, type SearchSettings, thresholdFor, appVersion,
} from '../js/index.ts';
import '../js/worker.ts';

const exitCode = { allRead: 0, someUnread: 2, selfTestFailed: 3, notReproduced: 4, failed: 1, wrongUsage: 64, interrupted: 130 };
const formats: readonly string[] = ['ndjson', 'csv', 'json'] satisfies ExportFormat[];

const help = `Names the type of every cell in image files, as the Cytodrop page does, without a browser.
For research and teaching; not for diagnosis.

Usage: node cytodrop.mjs classify --model NAME [options] PATH...
       node cytodrop.mjs check REPORT.json [--engine NAME] [--jobs N] PATH...
         works on the images again and tells whether they give what the report, exported as JSON, says, of single cells or of
         frames; images are known by their pixels, whatever their names
       node cytodrop.mjs classify --model NAME --detect [options of frames] [options] PATH...
       node cytodrop.mjs inspect [--format json] PATH...
         lists what each file says beside its pixels (EXIF, OME-XML, TIFF tags, PNG texts, JPEG comments) and marks what may tell of
         a person, a place, a time or one very device; none of it is ever in the results of the other commands

PATH is an image file (PNG, JPEG, TIFF, BMP) or a folder, searched to the bottom in natural order;
hidden files in folders are left out and every other file is tried.

  --model NAME      folder in models/, for example blood-smear
  --format FORMAT   ndjson (one JSON object a line, the default), csv or json
  --output FILE     write there instead of to standard output
  --engine NAME     core (our own) or onnxruntime; unless told, our own where it can run the network
  --jobs N          images computed at once, each by a worker with memory of its own; unless told, one for each processor,
                    four at most; the results are the same
  --max-error PCT   name a type only above the probability from which at most this share of the model's validation images was
                    named wrongly, 1 for 1 %; unless told, the model's own threshold
  --threads N       threads for ONNX Runtime in each worker, 1 unless told; with more than 1 there is one worker unless told

Further checks of every cell, each with columns of its own:
  --turns           the picture turned and mirrored, eight ways: whether the type stays the same; eight runs of the network a cell
  --explain         whether the map explains the verdict: deleting what it marks against deleting at random; some hundreds of runs a cell
  --second NAME     another model of the same types: whether the two agree

Frames with many cells:
  --detect          find the cells of each image first; every cell has a line of its own
  --pixel-size UM   µm per px, whatever the files say; --min-diameter and --max-diameter are in µm where it is known, else in px
  --page N          picture of a file with several, from 1 (the default)
  --channel N       channel of a file that has them one by one, from 1; unless told, as the file has them
  --method NAME     how cells are found: network_round or network_adherent (by a network for cells in suspension, or for spread,
                    attached ones), round or adherent (without a network); unless told, as the model says, else round
  --min-diameter D  of a cell; unless told, as the model says, else 8
  --max-diameter D  of a cell; unless told, as the model says, else 60
  --sensitivity S   0 to 1, 0.5 unless told: how faint a cell may be
  --numbers         numbers stand in for the files' names
  --geojson FOLDER  write each frame's outlines there, as QuPath imports them
  --rois FOLDER     write each frame's outlines there, as a zip that ImageJ's ROI Manager opens
  --count           write the count of a culture instead of its cells, for a model of two classes; each frame shows one square of the chamber:
  --square-mm MM    side of the square; without it there are shares and no cells per ml
  --depth-mm MM     0.1 unless told
  --dilution N      1 unless told; 2 for equal parts of culture and dye

  --version         print the version
  --help            print this

Exit status: 0 every file was read, or the report reproduced; 2 some files were not read, each with a line of its own;
3 the self-test failed and there are no results; 4 the report was not reproduced; 64 wrong usage;
130 stopped by Ctrl+C, with every result up to there written; 1 anything else.
`;

class UsageError extends Error {}

interface Options {
  model: string;
  format: ExportFormat;
  output: string | undefined;
  jobs: number | undefined;
  threads: number;
  engine: EngineKind | undefined;
  paths: string[];
  checks: Checks;
  /** A model of the same types that is asked too. */
  second: string | undefined;
  fileNames: boolean;
  /** Share of wrong ones among the decided; undefined: the model's own threshold. */
  maxError: number | undefined;
  /** A report to check, instead of results to write. */
  report: Report | undefined;
  /** Undefined: every image is one cell. */
  frames: FrameJob | undefined;
}

/** Files to be inspected, not classified. */
interface InspectOptions { inspect: string[]; asJson: boolean; output: string | undefined }

/** What is done with all files, and what is written of each. */
export interface Task<Result> {
  results(paths: string[], signal: AbortSignal): AsyncIterable<Result>;
  head(): string;
  record(record: Result, written: number): string | Promise<string>;
  tail(): string;
}

function readOptions(args: string[]): Options | InspectOptions | Promise<Options> | 'help' | 'version' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const [command, ...paths] = positionals;
  if (command === 'check') return readCheckOptions(values, paths);
  if (command === 'inspect') return readInspectOptions(values, paths);
  if (command !== 'classify') throw new UsageError(command === undefined ? 'No command given.' : `There is no command "${command}".`);
  if (values.model === undefined) throw new UsageError('--model is missing.');
  for (const option of ['model', 'second'] as const) {
    const name = values[option];
    if (name !== undefined && !/^[a-z0-9-]+$/.test(name)) throw new UsageError(`--${option}: "${name}" is not the name of a model.`);
  }
  const format = values.format ?? 'ndjson';
  if (!formats.includes(format)) throw new UsageError(`--format: expected ${formats.join(', ')}, got "${format}".`);
  const threads = countOf('--threads', values.threads) ?? 1;
  const jobs = countOf('--jobs', values.jobs);
  const engine = engineKinds.find((kind) => kind === values.engine);
  if (values.engine !== undefined && engine === undefined) throw new UsageError(`--engine: expected ${engineKinds.join(' or ')}, got "${values.engine}".`);
  if (paths.length === 0) throw new UsageError('No image file or folder given.');
  const maxError = values['max-error'] === undefined ? undefined : Number(values['max-error']) / 100;
  if (maxError !== undefined && !(maxError >= 0 && maxError <= 1 && values['max-error']?.trim() !== '')) throw new UsageError(`--max-error: expected 0 to 100, got "${values['max-error']}".`);
  return {
    model: values.model, format: format as ExportFormat, output: values.output, jobs, threads, engine, paths, fileNames: !values.numbers, maxError,
    checks: { turns: values.turns ?? false, map: values.explain ?? false }, second: values.second,
    report: undefined, frames: readFrameJob(values),
  };
}

function readInspectOptions(values: ReturnType<typeof parse>['values'], paths: string[]): InspectOptions {
  const stray = Object.keys(values).find((option) => !['format', 'output'].includes(option));
  if (stray !== undefined) throw new UsageError(`--${stray}: is not for inspect.`);
  if (paths.length === 0) throw new UsageError('No image file or folder given.');
  if (!['text', 'json'].includes(values.format ?? 'text')) throw new UsageError(`--format: expected text or json, got "${values.format}".`);
  return { inspect: paths, asJson: values.format === 'json', output: values.output };
}

/** Everything else that `check` needs stands in the report. */
async function readCheckOptions(values: ReturnType<typeof parse>['values'], [file, ...paths]: string[]): Promise<Options> {
  if (file === undefined || paths.length === 0) throw new UsageError('check: a report and an image file or folder are needed.');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => { throw new UsageError(`The report could not be read (${error.code}).`); });
  const report = readReport(text);
  if ([report.model, report.second].some((model) => model !== null && !/^[a-z0-9-]+$/.test(model.name))) throw new UsageError('The report names no model.');
  const engine = engineKinds.find((kind) => kind === values.engine);
  const jobs = countOf('--jobs', values.jobs);
  return { model: report.model.name, format: 'json', output: values.output, jobs, threads: 1, engine, paths, checks: report.checks, second: report.second?.name, fileNames: true, maxError: undefined, report, frames: undefined };
}

/** The options of frames; without --detect none of them may be there. */
function readFrameJob({ detect, count, ...values }: ReturnType<typeof parse>['values']): FrameJob | undefined {
  const ofCount = ['square-mm', 'depth-mm', 'dilution'] as const;
  const ofFrames = ['pixel-size', 'page', 'channel', 'method', 'min-diameter', 'max-diameter', 'sensitivity', 'geojson', 'rois', ...ofCount] as const;
  const stray = ofFrames.find((option) => values[option] !== undefined && (!detect || (!count && (ofCount as readonly string[]).includes(option))));
  if (stray !== undefined || (count && !detect)) throw new UsageError(`--${stray ?? 'count'}: needs ${!detect ? '--detect' : '--count'}.`);
  if (!detect) return undefined;
  const number = (option: (typeof ofFrames)[number], least: number, most: number): number | undefined => {
    const value = Number(values[option] ?? NaN);
    if (values[option] === undefined) return undefined;
    if (!(value >= least && value <= most) || values[option]?.trim() === '') throw new UsageError(`--${option}: expected ${least} to ${most}, got "${values[option]}".`);
    return value;
  };
  const whole = (option: 'page' | 'channel'): number | undefined => {
    const value = number(option, 1, 1000);
    if (value !== undefined && !Number.isInteger(value)) throw new UsageError(`--${option}: expected a whole number, got "${value}".`);
    return value;
  };
  const method = searchMethods.find((name) => name === values.method);
  if (method === undefined && values.method !== undefined) throw new UsageError(`--method: expected ${searchMethods.join(', ')}, got "${values.method}".`);
  const [least_diameter, most_diameter, sensitivity] = [number('min-diameter', 0, 1e5), number('max-diameter', 0, 1e5), number('sensitivity', 0, 1)];
  const searchIn = (spec: ModelSpec): SearchSettings => {
    const search = searchFor(spec);
    const asked = {
      ...search, method: method ?? search.method, least_diameter: least_diameter ?? search.least_diameter,
      most_diameter: most_diameter ?? search.most_diameter, sensitivity: sensitivity ?? search.sensitivity,
    };
    if (asked.least_diameter > asked.most_diameter) throw new UsageError('--min-diameter: must not be larger than --max-diameter.');
    return asked;
  };
  const squareMm = number('square-mm', 1e-3, 100);
  const chamber = { depthMm: number('depth-mm', 1e-4, 100) ?? 0.1, dilution: number('dilution', 1, 1e6) ?? 1 };
  return {
    frames: {
      choice: { page: (whole('page') ?? 1) - 1, channel: (whole('channel') ?? 0) - 1 },
      pixelSizeUm: number('pixel-size', 1e-4, 1e4) ?? null, classify: true,
    },
    searchIn, geojson: values.geojson, rois: values.rois,
    count: count ? { chamber: squareMm === undefined ? null : { squareMm, ...chamber } } : undefined,
  };
}

function countOf(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1 || count > 64) throw new UsageError(`${option}: expected 1 to 64, got "${value}".`);
  return count;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        model: { type: 'string' },
        format: { type: 'string' },
        output: { type: 'string' },
        jobs: { type: 'string' },
        threads: { type: 'string' },
        engine: { type: 'string' },
        'max-error': { type: 'string' },
        turns: { type: 'boolean' },
        explain: { type: 'boolean' },
        second: { type: 'string' },
        detect: { type: 'boolean' },
        'pixel-size': { type: 'string' },
        page: { type: 'string' },
        channel: { type: 'string' },
        method: { type: 'string' },
        'min-diameter': { type: 'string' },
        'max-diameter': { type: 'string' },
        sensitivity: { type: 'string' },
        numbers: { type: 'boolean' },
        geojson: { type: 'string' },
        rois: { type: 'string' },
        count: { type: 'boolean' },
        'square-mm': { type: 'string' },
        'depth-mm': { type: 'string' },
        dilution: { type: 'string' },
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

/** Writes what each file says beside its pixels. Returns the exit code. */
async function inspectAll({ inspect, asJson }: InspectOptions, output: Writable): Promise<number> {
  const paths = (await Promise.all(inspect.map(filesOf))).flat();
  const inspector = await Inspector.open();
  let unread = 0;
  for (const [i, path] of paths.entries()) {
    let problem = '';
    const content = await inspector.inspect(path).catch((error: unknown) => {
      if (!(error instanceof CytodropError)) throw error;
      problem = error.message;
      return null;
    });
    if (content?.facts == null) unread++;
    if (asJson) await write(output, `${JSON.stringify({ file: path, ...(content ?? { facts: null, problem, tags: [], notes: [] }) })}\n`);
    else await write(output, `${i > 0 ? '\n' : ''}${path}\n${content ? contentText(content) : problem}\n`);
  }
  await inspector.close();
  return unread > 0 ? exitCode.someUnread : exitCode.allRead;
}

/** Opens the model and its workers. Raises: UsageError where there is no such model. */
async function openClassifier({ model, second, engine, jobs, threads }: Options, files: number): Promise<Classifier> {
  return Classifier.open(model, { engine, threads, jobs: Math.max(1, Math.min(jobs ?? defaultJobs(threads), files)), second }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new UsageError(`There is no model "${[model, second].find((name) => name !== undefined && error.path?.includes(join('models', name)))}" beside this program.`);
    if (error instanceof CytodropError && error.code === 'invalid_argument') throw new UsageError(`--second: ${error.message}`);
    throw error;
  });
}

/** Classifies all files and writes the results in their order, each as soon as it is known. Returns the exit code. */
async function classifyAll(options: Options, output: Writable): Promise<number> {
  const stop = new AbortController();
  // Once: a second Ctrl+C ends the program at once.
  process.once('SIGINT', () => stop.abort());
  const paths = (await Promise.all(options.paths.map(filesOf))).flat();
  const classifier = await openClassifier(options, paths.length);
  const { spec } = classifier;
  if (options.frames?.count && (spec.classes.length !== 2 || spec.frame === undefined)) {
    throw new UsageError(`--count: the model "${options.model}" does not tell two classes apart in frames.`);
  }
  const warn = (sentence: string): void => { process.stderr.write(`Warning: ${sentence}\n`); };
  const chosen = options.maxError === undefined ? undefined : thresholdFor(spec, options.maxError);
  if (options.maxError !== undefined && chosen === undefined) throw new UsageError(`--max-error: the model "${options.model}" does not say what its thresholds buy.`);
  if (chosen !== undefined && chosen.wrong > (options.maxError ?? 1)) warn(`no threshold of this model promises that; its highest is used, with ${(100 * chosen.wrong).toFixed(1)} % wrong.`);
  if (options.report !== undefined) return check(options.report, classifier, paths, output, stop.signal);
  const { checks, fileNames, format, frames } = options;
  const time = classifier.exportContext();
  const context = (): ExportContext => ({ ...time, ...classifier.exportContext({ fileNames, checks, ...(chosen && { unsureBelow: chosen.threshold }) }), ...(time.provenance && { provenance: time.provenance }) });
  const done = frames === undefined
    ? await perform(cellTask(classifier, format, context, checks), paths, output, stop.signal)
    : await perform(frameTask(classifier, { ...frames, frames: { ...frames.frames, checks } }, format, context, warn), paths, output, stop.signal);
  return exitCodeOf(done, paths.length);
}

/** Works on the images again and writes whether they give what the report says. */
async function check(report: Report, classifier: Classifier, paths: string[], output: Writable, signal: AbortSignal): Promise<number> {
  const progress = progressReport(paths.length);
  try {
    const result = await classifier.checkReport(report, paths, { signal, onProgress: (done) => progress(done, 0) });
    await write(output, `${[checkWords(result), ...checkLines(result)].join('\n')}\n`);
    return result.reproduced ? exitCode.allRead : exitCode.notReproduced;
  } catch (error) {
    if (signal.aborted) return exitCode.interrupted;
    throw error;
  }
}

/** Every image is one cell. */
function cellTask(classifier: Classifier, format: ExportFormat, context: () => ExportContext, checks: Checks): Task<CellRecord> {
  return {
    results: (paths, signal) => classifier.classifyAll(paths, { checks, signal }),
    head: () => exportHead(format, context()),
    record: (record, written) => exportRecord(format, record, written, context()),
    tail: () => exportTail(format),
  };
}

/** Has all files worked on and writes what is said of each, in their order. */
async function perform<Result extends { status: string }>(task: Task<Result>, paths: string[], output: Writable, signal: AbortSignal): Promise<{ done: number; unread: number }> {
  const report = progressReport(paths.length);
  let done = 0;
  let unread = 0;
  await write(output, task.head());
  try {
    for await (const record of task.results(paths, signal)) {
      await write(output, await task.record(record, done));
      if (record.status === 'error') unread++;
      report(++done, unread);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  await write(output, task.tail());
  return { done, unread };
}

function exitCodeOf({ done, unread }: { done: number; unread: number }, total: number): number {
  if (done < total) {
    process.stderr.write(`${process.stderr.isTTY ? '\n' : ''}Stopped after ${done} of ${total} files; their results are written.\n`);
    return exitCode.interrupted;
  }
  return unread > 0 ? exitCode.someUnread : exitCode.allRead;
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
    const options = await readOptions(args);
    if (options === 'help' || options === 'version') {
      await write(process.stdout, options === 'help' ? help : `${appVersion}\n`);
      return exitCode.allRead;
    }
    const output = options.output === undefined ? process.stdout : (await open(options.output, 'w')).createWriteStream();
    output.on('error', () => {});
    const code = 'inspect' in options ? await inspectAll(options, output) : await classifyAll(options, output);
    if (output !== process.stdout) await new Promise<void>((resolve) => output.end(() => resolve()));
    return code;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof UsageError) {
      process.stderr.write(`${message}\nTry: node cytodrop.mjs --help\n`);
      return exitCode.wrongUsage;
    }
    if (error instanceof CytodropError && error.code === 'self_test_failed') {
      process.stderr.write(`${message}\n`);
      return exitCode.selfTestFailed;
    }
    if (code !== 'EPIPE') process.stderr.write(`${message}\n`);
    return exitCode.failed;
  }
}

if (isMainThread) process.exit(await main(process.argv.slice(2)));
