/** `cytodrop classify`: the type of every cell, in images of one cell each or in frames. */
import { Command, Option } from 'commander';
import { existsSync } from 'node:fs';
import {
  type Batch, batchWords, carefulBelow, type CellRecord, type Checks, type Classifier, type ExportContext, type ExportFormat, exportHead, exportRecord, exportTail, framesHead, framesRecord, type Images, leastImageScale, type ModelSpec, mostImageScale, thresholdFor, unreadFile,
} from '../js/index.ts';
import { exitCode, UsageError } from './exit.ts';
import { type FrameOptionValues, frameJob, type FrameJob, frameOptions, frameTask } from './frames.ts';
import { OtherModel } from './other_model.ts';
import { between, engineOption, jobsOption, modelOption, oneOf, openClassifier, outputOption, place, type Staff, typesAsked, typesOption, whichModel, wholeBetween } from './options.ts';
import { firstCells, interruptible, perform, type Placed, type Task, withOutput } from './output.ts';
import { ParquetSink } from './parquet.ts';
import { isWatched, logAsJson, progressReport, tell, warn } from './progress.ts';
import { Attempts, passOver, type Standing } from './resume.ts';
import { asShard, countOf, listedBy, nameOf, type Shard, WorkList } from './work_list.ts';

interface Options extends Staff, FrameOptionValues {
  model: string;
  format: ExportFormat | 'parquet';
  output?: string;
  /** Per cent. */
  maxError?: number;
  imageScale?: number;
  types?: string[];
  turns?: true;
  explain?: true;
  second?: string;
  numbers?: true;
  manifest?: string;
  null?: true;
  shard?: Shard;
  resume?: true;
  log?: 'text' | 'json';
}

export function classifyCommand(finish: (code: number) => void): Command {
  const command = new Command('classify')
    .summary('name the type of every cell')
    .description('Names the type of every cell, of images that show one cell each or, with --detect, of frames with many.')
    .argument('[path...]', 'an image file or a folder, searched to the bottom in natural order; hidden files and documents (.txt, .csv …) in folders are left out and every other file is tried; - for a list of paths on standard input, one a line')
    .addOption(modelOption(whichModel).makeOptionMandatory())
    .addOption(new Option('--format <format>', 'ndjson (one JSON object a line), csv, json or parquet (with --output)').default('ndjson').argParser(oneOf<ExportFormat | 'parquet'>(['ndjson', 'csv', 'json', 'parquet'])))
    .addOption(outputOption())
    .addOption(engineOption())
    .addOption(jobsOption())
    .addOption(new Option('--max-error <pct>', 'name a type only above the probability from which at most this share of the model\'s validation images was named wrongly, 1 for 1 %; unless told, '
      + 'the model\'s own threshold').argParser(between(0, 100)))
    .addOption(new Option('--image-scale <n>', 'brings to size images of one cell that show it at another scale than those that the model was trained on: their px per px of those, 0.5 for cells half as '
      + 'large; a try, for which no figure of the model holds').argParser(between(leastImageScale, mostImageScale)))
    .addOption(typesOption())
    .addOption(new Option('--threads <n>', 'threads for ONNX Runtime in each worker, 1 unless told; with more than 1 there is one worker unless told').argParser(wholeBetween(1, 64)))
    .addOption(new Option('--numbers', 'numbers stand in for the files\' names'))
    .optionsGroup('Many images:')
    .addOption(new Option('--manifest <file>', 'a CSV file with a column "file" or "path"; paths are from its own folder').argParser(place))
    .option('--null', 'paths on standard input end with a zero byte, as find -print0 writes them')
    .addOption(new Option('--shard <part>', '3/16: every sixteenth image of the list from the third on; what the list as a whole decides is decided as without it').argParser(asShard))
    .option('--resume', 'go on where the file of --output ends (ndjson or csv): what stands there is not done again, half a line at its end is cut off')
    .addOption(new Option('--log <format>', 'what standard error tells: text (a bar on a terminal, else warnings alone) or json, an object a line').default('text').argParser(oneOf<'text' | 'json'>(['text', 'json'])))
    .optionsGroup('Further checks of every cell, each with columns of its own:')
    .option('--turns', 'the picture turned and mirrored, eight ways: whether the type stays the same; eight runs of the network a cell')
    .option('--explain', 'whether the map explains the verdict: deleting what it marks against deleting at random; some hundreds of runs a cell')
    .addOption(modelOption('another model of the same types: whether the two agree', '--second'));
  return frameOptions(command).action(async (paths: string[], options: Options) => finish(await classify(paths, options)));
}

/** Classifies all files and writes the results in their order, each as soon as it is known. Returns the exit code. */
async function classify(given: string[], options: Options): Promise<number> {
  if (options.log === 'json') logAsJson();
  const job = frameJob(options);
  if (given.length === 0 && options.manifest === undefined) throw new UsageError('No image file or folder given.');
  if (options.null && !given.includes('-')) throw new UsageError('--null: needs the path -, which is a list on standard input.');
  const goesOn = options.resume === true && assertResumable(options);
  if (options.format === 'parquet' && (options.output === undefined || options.count)) throw new UsageError(`--format parquet: ${options.count ? 'a count is no table of cells' : 'needs --output, the file to write'}.`);
  const signal = interruptible();
  const list = await WorkList.open(listedBy(given, options), options.shard);
  const classifier = await openClassifier(options.model, options.second, options, list.isShort ? list.countOf(list.beginning.length) : Infinity);
  const run = new ClassifyRun(classifier, job, options);
  // As one run over the whole list would judge it; what is written now begins elsewhere.
  const isJudgedBefore = goesOn || list.countOf(2) < 2;
  if (isJudgedBefore) await run.settle(await firstCells(run.task.results(list.beginning, signal)));
  const own = list.own();
  const output = options.output ?? '';
  const before = goesOn ? await passOver(output, options.format as 'csv' | 'ndjson', own, (image, place) => (options.numbers ? String(list.indexOf(place) + 1) : nameOf(image)), run.standing()) : { done: 0, unread: 0 };
  const attempts = goesOn ? await Attempts.begin(output, before.done) : undefined;
  return withOutput(options.format === 'parquet' ? new ParquetSink(output, () => run.about()) : options.output, async (written) => {
    const rest = list.isShort ? await collected(own) : own;
    const total = list.isShort ? list.countOf(list.beginning.length) : undefined;
    let ended: number | undefined;
    const counted = total === undefined && isWatched() ? counting(given, options, list, signal) : () => total;
    const report = progressReport(() => ended ?? counted(), before.done);
    tell('start', { model: run.modelWords, done: before.done, total: total ?? null, workers: classifier.workers, ...(options.shard && { shard: `${options.shard.part}/${options.shard.of}` }) });
    const other = new OtherModel();
    const results = (images: Images, stop: AbortSignal) => other.watch(numbered(attempts ? attempts.results(images, (some) => run.task.results(some, stop)) : run.task.results(images, stop), (place) => list.indexOf(before.done + place)));
    const done = await perform<{ status: string }>({ ...run.task, results }, rest, written, signal, { report, settle: isJudgedBefore ? null : (seen) => run.settle(seen), before });
    await attempts?.end();
    if (signal.aborted) {
      tell('stopped', { ...done }, `Stopped after ${done.done}${total === undefined ? '' : ` of ${total}`} files; their results are written.`);
      return exitCode.interrupted;
    }
    // Of a list whose length was not known the bar ends only now.
    if (counted() !== (ended = done.done)) report(done.done, done.unread);
    tell('end', { ...done });
    if ((options.imageScale ?? 1) === 1) await other.tell(classifier.spec, signal);
    return done.unread > 0 ? exitCode.someUnread : exitCode.allRead;
  }, goesOn && before.done > 0);
}

/** Raises: UsageError where what was asked for cannot be gone on with. Returns: whether there is anything. */
function assertResumable({ output, format, count }: Options): boolean {
  if (output === undefined) throw new UsageError('--resume: needs --output, the file to go on with.');
  if (format === 'json' || format === 'parquet') throw new UsageError(`--resume: ${format === 'json' ? 'a JSON document' : 'a Parquet file'} cannot be gone on with; --format ndjson or csv can${format === 'parquet' ? ', and summarise --merge makes Parquet of them' : ''}.`);
  if (count) throw new UsageError('--resume: a count needs all its frames at once.');
  return existsSync(output);
}

async function collected<Each>(all: AsyncIterable<Each>): Promise<Each[]> {
  const found: Each[] = [];
  for await (const each of all) found.push(each);
  return found;
}

/** Each with its number in the whole list. */
async function* numbered<Each extends object>(results: AsyncIterable<Each>, indexOf: (place: number) => number): AsyncGenerator<Each, void, undefined> {
  let place = 0;
  for await (const result of results) yield { ...result, index: indexOf(place++) };
}

/** How many there are, counted while the work goes on. */
function counting(given: string[], options: Options, list: WorkList, signal: AbortSignal): () => number | undefined {
  let total: number | undefined;
  countOf(given, options, signal).then((all) => { total = all === undefined ? undefined : list.countOf(all); }, () => undefined);
  return () => total;
}

/** What is asked of the images, and what is told of them. */
class ClassifyRun {
  readonly task: Task<{ status: string }>;
  readonly modelWords: string;
  readonly #classifier: Classifier;
  readonly #job: FrameJob | undefined;
  readonly #context: () => ExportContext;
  #set: Batch | null = null;
  #complete: boolean;

  /** Raises: UsageError. */
  constructor(classifier: Classifier, job: FrameJob | undefined, options: Options) {
    const { spec } = classifier;
    [this.#classifier, this.#job, this.modelWords] = [classifier, job, `${spec.name} ${spec.version}`];
    if (job?.count && (spec.classes.length !== 2 || spec.frame === undefined)) throw new UsageError(`--count: the model "${options.model}" does not tell two classes apart in frames.`);
    const chosen = threshold(spec, options.maxError);
    const types = typesAsked(spec, options.types);
    const checks: Checks = { turns: options.turns ?? false, map: options.explain ?? false };
    const { imageScale = 1 } = options;
    if (job && imageScale !== 1) throw new UsageError('--image-scale is for images of one cell; with --detect, --pixel-size says how large things are.');
    const { provenance } = classifier.exportContext();
    // Its self-test may become a worse one, by a worker that takes the place of a dead one; its time stays that of the beginning.
    this.#context = () => ({
      ...classifier.exportContext({ fileNames: !options.numbers, checks, imageScale, ...(types && { types }), ...(this.#set && { batch: this.#set }) }), ...(provenance && { provenance }),
      unsureBelow: chosen ?? carefulBelow(spec, this.#set),
    });
    this.#complete = false;
    // Parquet is what CSV says, with types.
    const format = options.format === 'parquet' ? 'csv' : options.format;
    const task = taskOf(classifier, job, format, this.#context, { checks, imageScale });
    this.task = { ...task, tail: (complete) => { this.#complete = complete; return task.tail(complete); } };
  }

  /** How careful verdicts are follows from what the first cells are together. */
  async settle(seen: readonly Placed[]): Promise<void> {
    this.#set = await this.#classifier.judgeBatch(seen);
    const { spec } = this.#classifier;
    if (this.#set?.foreign) warn(batchWords(this.#set, this.#context().unsureBelow ?? spec.judge.abstain_below));
  }

  /** What a document says at its head, without cells. */
  about(): object {
    const context = this.#context();
    const { cells: _, frames: __, ...head } = JSON.parse((this.#job ? framesHead('json', context) : exportHead('json', context)) + exportTail('json', this.#complete)) as Record<string, unknown>;
    return head;
  }

  /** What every line of this run says. */
  standing(): Standing {
    const unread = { ...unreadFile('internal', ''), index: 0, path: '' };
    const context = this.#context();
    return {
      head: this.task.head(), isFrames: this.#job !== undefined, checks: context.checks ?? { turns: false, map: false }, second: context.secondModel ? `${context.secondModel.name} ${context.secondModel.version}` : undefined,
      line: JSON.parse(this.#job ? framesRecord('ndjson', unread, 0, context) : exportRecord('ndjson', unread, 0, context)) as Record<string, unknown>,
    };
  }
}

/** Of every cell. */
interface Asked { checks: Checks; imageScale: number }

function taskOf(classifier: Classifier, job: FrameJob | undefined, format: ExportFormat, context: () => ExportContext, asked: Asked): Task<{ status: string }> {
  const task = job === undefined ? cellTask(classifier, format, context, asked) : frameTask(classifier, { ...job, frames: { ...job.frames, checks: asked.checks } }, format, context);
  return task as Task<{ status: string }>;
}

/** Every image is one cell. */
function cellTask(classifier: Classifier, format: ExportFormat, context: () => ExportContext, asked: Asked): Task<CellRecord> {
  return {
    results: (images, signal) => classifier.classifyAll(images, { ...asked, signal }),
    head: () => exportHead(format, context()),
    record: (record, written) => exportRecord(format, record, written, context()),
    tail: (complete) => exportTail(format, complete),
  };
}

/** The probability below which a cell is unsure; undefined: the model's own. */
function threshold(spec: ModelSpec, maxError: number | undefined): number | undefined {
  if (maxError === undefined) return undefined;
  const chosen = thresholdFor(spec, maxError / 100);
  if (chosen === undefined) throw new UsageError(`--max-error: the model "${spec.name}" does not say what its thresholds buy.`);
  if (chosen.wrong > maxError / 100) warn(`no threshold of this model promises that; its highest is used, with ${(100 * chosen.wrong).toFixed(1)} % wrong.`);
  return chosen.threshold;
}
