/** The headless twin: the page's classifier on the command line, under Node. */
import { open, readFile, readdir, stat } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Writable } from 'node:stream';
import { isMainThread, parentPort } from 'node:worker_threads';
import { frameTask, type FrameJob } from './frames.ts';
import { beside, serve, startCrew, type Crew } from './workers.ts';
import { checkLines, appVersion, canCompare, type CellRecord, type CellReport, type CheckedFile, checkFrameReport, checkReport, type CheckResult, type Checks, checkWords,
  checkWorker, classifyInOrder, commit, comparePaths, contentText, Core, type EngineKind, engineKinds, type ExportContext, type ExportFormat, exportHead,
  exportRecord, exportTail, type FrameReport, isBookkeeping, maxWorkers, type ModelParcel, type ModelsNow, type ModelSpec, type Outcome, type PoolWorker,
  type Provenance, readModel, readReport, refuseSize, type Report, type Run, searchFor, searchMethods, type SearchSettings, thresholdFor, unreadFile,
  type UnreadFile } from '../js/index.ts';

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
class SelfTestFailed extends Error {}

interface Options {
  model: string;
  format: ExportFormat;
  output: string | undefined;
  jobs: number;
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

/** What is done with each file: by whom, and what is written of it. */
export interface Task<Result> {
  workers: PoolWorker<Result>[];
  /** Files that a worker takes at once; a few unless told. */
  atOnce?: number;
  head(): string;
  record(outcome: Result | UnreadFile, index: number, path: string, written: number): string | Promise<string>;
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
  const jobs = countOf('--jobs', values.jobs) ?? (threads > 1 ? 1 : Math.min(maxWorkers, processors()));
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
  const jobs = countOf('--jobs', values.jobs) ?? Math.min(maxWorkers, processors());
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

/** Node 18 learnt to count what a container may use in its last versions only. */
function processors(): number {
  return (availableParallelism as typeof availableParallelism | undefined)?.() ?? cpus().length;
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

async function readImage(path: string, mostBytes: number): Promise<Uint8Array | UnreadFile | undefined> {
  try {
    const { size } = await stat(path);
    const refusal = refuseSize(size);
    if (refusal !== undefined) return refusal;
    return size <= mostBytes ? await readFile(path) : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return unreadFile('unreadable_file', code === 'ENOENT' ? 'There is no such file.' : `The file could not be read (${code}).`);
  }
}

async function readParcel(model: string, second: string | undefined): Promise<ModelParcel> {
  const [files, other] = await Promise.all([model, second].map((name) => (name === undefined ? undefined : readModel((file) => readFile(beside(`models/${name}/${file}`))).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new UsageError(`There is no model "${name}" beside this program.`) : error;
  }))));
  if (files === undefined) throw new UsageError('--model is missing.');
  if (other && !canCompare(files.spec, other.spec)) throw new UsageError(`--second: "${second}" does not name the same types as "${model}", or in pictures of another kind.`);
  return { files, coreWasm: await readFile(beside('cytodrop_core.wasm')), ...(other && { second: other }) };
}

/** Writes what each file says beside its pixels. Returns the exit code. */
async function inspectAll({ inspect, asJson }: InspectOptions, output: Writable): Promise<number> {
  const paths = (await Promise.all(inspect.map(filesOf))).flat();
  const core = await Core.open(await readFile(beside('cytodrop_core.wasm')));
  let unread = 0;
  for (const [i, path] of paths.entries()) {
    const file = await readImage(path, Infinity);
    const content = file instanceof Uint8Array ? core.inspect(file) : null;
    if (content?.facts == null) unread++;
    const problem = file !== undefined && 'status' in file ? file.message : '';
    if (asJson) await write(output, `${JSON.stringify({ file: path, ...(content ?? { facts: null, problem, tags: [], notes: [] }) })}\n`);
    else await write(output, `${i > 0 ? '\n' : ''}${path}\n${content ? contentText(content) : problem}\n`);
  }
  core.close();
  return unread > 0 ? exitCode.someUnread : exitCode.allRead;
}

/** Classifies all files and writes the results in their order, each as soon as it is known. Returns the exit code. */
async function classifyAll(options: Options, output: Writable): Promise<number> {
  const run: Run = { cancelled: false };
  // Once: a second Ctrl+C ends the program at once.
  process.once('SIGINT', () => { run.cancelled = true; });
  const parcel = await readParcel(options.model, options.second);
  const { spec } = parcel.files;
  if (options.frames?.count && (spec.classes.length !== 2 || spec.frame === undefined)) {
    throw new UsageError(`--count: the model "${options.model}" does not tell two classes apart in frames.`);
  }
  const paths = (await Promise.all(options.paths.map(filesOf))).flat();
  const crew = await startCrew(parcel, Math.max(1, Math.min(options.jobs, paths.length)), options.engine, options.threads, options.checks);
  const warn = (sentence: string): void => { process.stderr.write(`Warning: ${sentence}\n`); };
  assertSelfTest(crew);
  const chosen = options.maxError === undefined ? undefined : thresholdFor(spec, options.maxError);
  if (options.maxError !== undefined && chosen === undefined) throw new UsageError(`--max-error: the model "${options.model}" does not say what its thresholds buy.`);
  if (chosen !== undefined && chosen.wrong > (options.maxError ?? 1)) warn(`no threshold of this model promises that; its highest is used, with ${(100 * chosen.wrong).toFixed(1)} % wrong.`);
  const provenance: Provenance = { commit, platform: `Node ${process.version}, ${process.platform} ${process.arch}`, time: new Date().toISOString(), specSha256: crew.runtime.specSha256 ?? null };
  const { second } = parcel;
  const context = (): ExportContext => ({
    checks: options.checks, ...(second && { secondModel: second.spec }), spec, runtime: crew.runtime, selfTest: crew.selfTest(), appVersion, fileNames: options.fileNames, provenance, ...(chosen && { unsureBelow: chosen.threshold }),
  });
  if (options.report !== undefined) return check(options.report, crew, { spec, specSha256: crew.runtime.specSha256 ?? null, second: second?.spec }, paths, output, run);
  const { format, frames } = options;
  const done = frames === undefined
    ? await perform(cellTask(crew, format, context), paths, output, run)
    : await perform(frameTask(crew, spec, { ...frames, frames: { ...frames.frames, checks: options.checks } }, format, context, run, warn), paths, output, run);
  return exitCodeOf(done, paths.length);
}

/** Raises: SelfTestFailed, also where a worker that replaced a dead one failed. */
function assertSelfTest(crew: Crew): void {
  if (!crew.selfTest().passed) throw new SelfTestFailed('The self-test failed: this computer does not compute for the model\'s own test image what it should. There are no results.');
}

/** Works on the images again and writes whether they give what the report says. */
async function check(report: Report, crew: Crew, now: ModelsNow, paths: string[], output: Writable, run: Run): Promise<number> {
  const result = report.of === 'frames' ? await checkFrames(report, crew, now, paths, run) : await checkCells(report, crew, now, paths, run);
  if (result === undefined) return exitCode.interrupted;
  await write(output, `${[checkWords(result), ...checkLines(result)].join('\n')}\n`);
  return result.reproduced ? exitCode.allRead : exitCode.notReproduced;
}

async function checkCells(report: CellReport, crew: Crew, now: ModelsNow, paths: string[], run: Run): Promise<CheckResult | undefined> {
  const outcomes = await gather(crew, crew.workers, paths, run);
  return outcomes && checkReport(report, outcomes.map((outcome, index): CellRecord => ({ ...outcome, index, path: paths[index] as string })), now);
}

async function checkFrames(report: FrameReport, crew: Crew, now: ModelsNow, paths: string[], run: Run): Promise<CheckResult | undefined> {
  const outcomes = await gather<CheckedFile>(crew, crew.hosts.map((host) => checkWorker(host, report, now, run)), paths, run, 1);
  const files = outcomes?.map((outcome, i) => ({ path: paths[i] as string, frames: outcome.status === 'ok' ? outcome.frames : null }));
  return files && checkFrameReport(report, files, now);
}

/** The outcome of every file, in order; undefined where it was interrupted. */
async function gather<Result extends { status: string }>(crew: Crew, workers: PoolWorker<Result>[], paths: string[], run: Run, atOnce?: number): Promise<(Result | UnreadFile)[] | undefined> {
  const outcomes: (Result | UnreadFile)[] = [];
  const keep: Task<Result> = {
    workers,
    ...(atOnce !== undefined && { atOnce }),
    head: () => '',
    record: (outcome) => {
      assertSelfTest(crew);
      outcomes.push(outcome);
      return '';
    },
    tail: () => '',
  };
  const { done } = await perform(keep, paths, process.stdout, run);
  return done < paths.length || run.cancelled ? undefined : outcomes;
}

/** Every image is one cell. */
function cellTask(crew: Crew, format: ExportFormat, context: () => ExportContext): Task<Outcome> {
  return {
    workers: crew.workers,
    head: () => exportHead(format, context()),
    record: (outcome, index, path, written) => {
      assertSelfTest(crew);
      return exportRecord(format, { ...outcome, index, path }, written, context());
    },
    tail: () => exportTail(format),
  };
}

/** Has all files worked on and writes what is said of each, in their order. */
async function perform<Result extends { status: string }>(task: Task<Result>, paths: string[], output: Writable, run: Run): Promise<{ done: number; unread: number }> {
  const report = progressReport(paths.length);
  let done = 0;
  let unread = 0;
  await write(output, task.head());
  await classifyInOrder(task.workers, {
    ...(task.atOnce !== undefined && { atOnce: task.atOnce }),
    count: paths.length,
    read: (position, mostBytes) => readImage(paths[position] as string, mostBytes),
    tell: async (position, outcome) => {
      await write(output, await task.record(outcome, position, paths[position] as string, done));
      if (outcome.status === 'error') unread++;
      report(++done, unread);
    },
  }, run);
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
    if (error instanceof SelfTestFailed) {
      process.stderr.write(`${message}\n`);
      return exitCode.selfTestFailed;
    }
    if (code !== 'EPIPE') process.stderr.write(`${message}\n`);
    return exitCode.failed;
  }
}

if (isMainThread) process.exit(await main(process.argv.slice(2)));
else if (parentPort !== null) serve(parentPort);
