/** `cytodrop classify`: the type of every cell, in images of one cell each or in frames. */
import { Command, Option } from 'commander';
import {
  type Batch, batchWords, carefulBelow, type CellRecord, type Checks, type Classifier, type ExportContext, type ExportFormat, exportHead, exportRecord, exportTail, leastImageScale, type ModelSpec, mostImageScale, thresholdFor,
} from '../js/index.ts';
import { exitCode, UsageError } from './exit.ts';
import { type FrameOptionValues, frameJob, type FrameJob, frameOptions, frameTask } from './frames.ts';
import { OtherModel } from './other_model.ts';
import { between, engineOption, jobsOption, modelOption, oneOf, openClassifier, outputOption, type Staff, typesAsked, typesOption, whichModel, wholeBetween } from './options.ts';
import { interruptible, perform, type Placed, type Task, warn, withOutput } from './output.ts';
import { filesOf } from './paths.ts';

interface Options extends Staff, FrameOptionValues {
  model: string;
  format: ExportFormat;
  output?: string;
  /** Per cent. */
  maxError?: number;
  imageScale?: number;
  types?: string[];
  turns?: true;
  explain?: true;
  second?: string;
  numbers?: true;
}

export function classifyCommand(finish: (code: number) => void): Command {
  const command = new Command('classify')
    .summary('name the type of every cell')
    .description('Names the type of every cell, of images that show one cell each or, with --detect, of frames with many.')
    .argument('<path...>', 'an image file (PNG, JPEG, TIFF, BMP) or a folder, searched to the bottom in natural order; hidden files and documents (.txt, .csv …) in folders are left out and every other file is tried')
    .addOption(modelOption(whichModel).makeOptionMandatory())
    .addOption(new Option('--format <format>', 'ndjson (one JSON object a line), csv or json').default('ndjson').argParser(oneOf<ExportFormat>(['ndjson', 'csv', 'json'])))
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
    .optionsGroup('Further checks of every cell, each with columns of its own:')
    .option('--turns', 'the picture turned and mirrored, eight ways: whether the type stays the same; eight runs of the network a cell')
    .option('--explain', 'whether the map explains the verdict: deleting what it marks against deleting at random; some hundreds of runs a cell')
    .addOption(modelOption('another model of the same types: whether the two agree', '--second'));
  return frameOptions(command).action(async (paths: string[], options: Options) => finish(await classify(paths, options)));
}

/** Classifies all files and writes the results in their order, each as soon as it is known. Returns the exit code. */
async function classify(given: string[], options: Options): Promise<number> {
  const job = frameJob(options);
  const signal = interruptible();
  return withOutput(options.output, async (output) => {
    const paths = await filesOf(given);
    const classifier = await openClassifier(options.model, options.second, options, paths.length);
    const { spec } = classifier;
    if (job?.count && (spec.classes.length !== 2 || spec.frame === undefined)) throw new UsageError(`--count: the model "${options.model}" does not tell two classes apart in frames.`);
    const chosen = threshold(spec, options.maxError);
    const types = typesAsked(spec, options.types);
    let set: Batch | null = null;
    const checks: Checks = { turns: options.turns ?? false, map: options.explain ?? false };
    const { imageScale = 1 } = options;
    if (job && imageScale !== 1) throw new UsageError('--image-scale is for images of one cell; with --detect, --pixel-size says how large things are.');
    const { provenance } = classifier.exportContext();
    // Its self-test may become a worse one, by a worker that takes the place of a dead one; its time stays that of the beginning.
    const context = (): ExportContext => ({
      ...classifier.exportContext({ fileNames: !options.numbers, checks, imageScale, ...(types && { types }), ...(set && { batch: set }) }), ...(provenance && { provenance }),
      unsureBelow: chosen ?? carefulBelow(spec, set),
    });
    const settle = async (seen: readonly Placed[]): Promise<void> => {
      set = await classifier.judgeBatch(seen);
      if (set?.foreign) warn(batchWords(set, context().unsureBelow ?? spec.judge.abstain_below));
    };
    const task = taskOf(classifier, job, options.format, context, { checks, imageScale });
    const other = new OtherModel();
    const done = await perform<{ status: string }>({ ...task, results: (files, stop) => other.watch(task.results(files, stop)) }, paths, output, signal, settle);
    if (done.done < paths.length) {
      process.stderr.write(`${process.stderr.isTTY ? '\n' : ''}Stopped after ${done.done} of ${paths.length} files; their results are written.\n`);
      return exitCode.interrupted;
    }
    if (imageScale === 1) await other.tell(spec, signal);
    return done.unread > 0 ? exitCode.someUnread : exitCode.allRead;
  });
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
    results: (paths, signal) => classifier.classifyAll(paths, { ...asked, signal }),
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
