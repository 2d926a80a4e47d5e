/** `cytodrop measure`: how good a model is on images of which somebody says what they show. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { readFile } from 'node:fs/promises';
import {
  appVersion, type ComparedModels, CytodropError, type Grouping, leastImageScale, MeasuredCells, type Measurement, type MeasurementContext, measurementCsv, measurementJson, Measurer, type ModelSpec, mostImageScale, readLabels, type Truth, truthByFolder, truthByLabels,
  typeNamer, usualDraws,
} from '../js/index.ts';
import { exitCode, UsageError } from './exit.ts';
import { between, engineOption, jobsOption, modelOption, oneOf, openClassifier, outputOption, place, type Staff, typesAsked, typesOption, whichModel, wholeBetween } from './options.ts';
import { interruptible, progressReport, warn, withOutput, write } from './output.ts';
import { filesOf } from './paths.ts';

interface Options extends Staff {
  model: string;
  second?: string;
  truth: string;
  map?: Record<string, string>;
  fileColumn?: string;
  typeColumn?: string;
  group: string;
  types?: string[];
  unsureBelow?: number;
  imageScale?: number;
  draws: number;
  format: 'json' | 'csv' | 'html';
  output?: string;
}

export function measureCommand(finish: (code: number) => void): Command {
  return new Command('measure')
    .summary('measure a model on images of known type')
    .description('Measures a model on images of one cell each of which somebody says what they show: by folders named like types, or by a table. Every score has its interval of 95 %.')
    .argument('<path...>', 'image files or folders')
    .addOption(modelOption(whichModel).makeOptionMandatory())
    .addOption(new Option('--truth <source>', 'folders: the nearest folder named like a type says what an image shows; or a CSV file with a row for each image').argParser(place).makeOptionMandatory())
    .addOption(modelOption('another model of the same types, held against the first on the same cells', '--second'))
    .addOption(new Option('--map <names>', 'further names of types, with commas: neu=neutrophil,eos=eosinophil').argParser(pairs))
    .addOption(new Option('--file-column <head>', 'column of the CSV file with the images\' paths or names; unless told, by its usual heads'))
    .addOption(new Option('--type-column <head>', 'column with what they show; unless told, by its usual heads'))
    .addOption(new Option('--group <by>', 'cells that are alike, as those of one dish or day, are drawn together for the intervals: none, file (the same as none, as long as every image is one cell), folder (without the one named like a type), or a column of the CSV file').default('none').argParser((by: string) => (by === 'file' ? 'none' : by)))
    .addOption(typesOption())
    .addOption(new Option('--unsure-below <p>', 'probability below which a verdict is unsure; unless told, the model\'s own').argParser(between(0, 1)))
    .addOption(new Option('--image-scale <n>', 'as in classify').argParser(between(leastImageScale, mostImageScale)))
    .addOption(new Option('--draws <n>', 'bootstrap samples for the intervals').default(usualDraws).argParser(wholeBetween(100, 100_000)))
    .addOption(new Option('--format <format>', 'json, csv or html: a report to read and to print').default('json').argParser(oneOf(['json', 'csv', 'html'])))
    .addOption(outputOption())
    .addOption(engineOption())
    .addOption(jobsOption())
    .action(async (paths: string[], options: Options) => finish(await measure(paths, options)));
}

function pairs(text: string): Record<string, string> {
  const entries = text.split(',').map((pair) => pair.split('=').map((word) => word.trim()));
  if (entries.some((words) => words.length !== 2 || words.includes(''))) throw new InvalidArgumentError(`expected name=type, with commas, got "${text}".`);
  return Object.fromEntries(entries) as Record<string, string>;
}

async function measure(given: string[], options: Options): Promise<number> {
  const { model, group, draws, imageScale = 1 } = options;
  const signal = interruptible();
  return withOutput(options.output, async (output) => {
    const paths = await filesOf(given);
    const classifier = await openClassifier(model, options.second, options, paths.length);
    const { spec } = classifier;
    const grouping: Grouping = group === 'none' || group === 'folder' ? group : 'column';
    const truths = await truthsOf(spec, paths, grouping, options);
    const types = typesAsked(spec, options.types);
    const unsureBelow = options.unsureBelow ?? spec.judge.abstain_below;
    const gathered = new MeasuredCells(spec, { unsureBelow, types });
    const report = progressReport(paths.length);
    try {
      for await (const record of classifier.classifyAll(paths, { imageScale, signal })) {
        gathered.add(record, truths[record.index]);
        report(record.index + 1, gathered.accounting.unread);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await classifier.close();
    }
    if (signal.aborted) {
      process.stderr.write(`${process.stderr.isTTY ? '\n' : ''}Stopped after ${gathered.accounting.images} of ${paths.length} files; nothing is written: part of them would not be a sample.\n`);
      return exitCode.interrupted;
    }
    sayWhatIsLeftOut(gathered, options);
    const measurer = await Measurer.open();
    const found = await measurer.measure(gathered.cells(grouping), draws);
    const others = gathered.secondCells(grouping);
    const compared = others && (await measurer.compare(gathered.cells(grouping), others, draws));
    await measurer.close();
    const { added, provenance, secondModel } = classifier.exportContext();
    const comparison = compared && secondModel ? { found: compared, first: `${spec.name} ${spec.version}`, second: `${secondModel.name} ${secondModel.version}` } : undefined;
    const context: MeasurementContext = {
      spec, ...(added && { added }), appVersion, ...(provenance && { provenance }), accounting: gathered.accounting, grouping, draws, truth: options.truth, ...(types && { types }), unsureBelow,
    };
    await write(output, await written(options.format, found, context, comparison));
    return gathered.accounting.unread > 0 ? exitCode.someUnread : exitCode.allRead;
  });
}

async function written(format: Options['format'], found: Measurement, context: MeasurementContext, comparison: ComparedModels | undefined): Promise<string> {
  if (format === 'csv') return measurementCsv(found, context, comparison);
  if (format === 'json') return measurementJson(found, context, comparison);
  const { measurementHtml } = await import('../js/plots.ts');
  return measurementHtml(found, context, comparison);
}

/** What is said of each path. */
async function truthsOf(spec: ModelSpec, paths: readonly string[], grouping: Grouping, { truth, map = {}, fileColumn, typeColumn, group }: Options): Promise<(Truth | undefined)[]> {
  const ids = spec.classes.map(({ id }) => id);
  const unknown = Object.values(map).find((id) => !ids.includes(id));
  if (unknown !== undefined) throw new UsageError(`--map: the model "${spec.name}" has no type "${unknown}"; it has ${ids.join(', ')}.`);
  const typeOf = typeNamer(spec.classes, map);
  if (truth === 'folders') {
    if (grouping === 'column') throw new UsageError(`--group: with --truth folders it is none or folder, not "${group}".`);
    return paths.map((path) => truthByFolder(path, typeOf));
  }
  try {
    const columns = { ...(fileColumn && { file: fileColumn }), ...(typeColumn && { type: typeColumn }), ...(grouping === 'column' && { group }) };
    const found = truthByLabels(readLabels(await readFile(truth, 'utf8'), columns), paths, typeOf);
    return grouping === 'folder' ? found.map((one, i) => one && { ...one, group: (paths[i] ?? '').replace(/[^\\/]*$/, '') }) : found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new UsageError(`--truth: there is no file "${truth}"; folders, or a CSV file, is expected.`);
    if (error instanceof CytodropError) throw new UsageError(`--truth ${truth}: ${error.message}`);
    throw error;
  }
}

/** Raises: UsageError where nothing is left to measure. */
function sayWhatIsLeftOut({ accounting, groupCount }: MeasuredCells, { truth, group }: Options): void {
  const { without_truth, of_other_types, measured } = accounting;
  const others = Object.entries(of_other_types).map(([name, count]) => `"${name}" (${count})`);
  if (others.length > 0) warn(`left out, since the model has no such type: ${others.join(', ')}. --map names the type that is meant.`);
  if (without_truth > 0) warn(`left out, since ${truth === 'folders' ? 'no folder of theirs is named like a type' : `${truth} does not name them`}: ${without_truth} of ${accounting.images} images.`);
  if (measured === 0) throw new UsageError('There is nothing to measure: of no image that was read is the type known.');
  if (group !== 'none' && groupCount < 2) throw new UsageError(`--group ${group}: all cells are of one group, which tells nothing of how groups differ.`);
  if (group !== 'none' && groupCount < 10) warn(`only ${groupCount} groups: intervals drawn from so few are too narrow.`);
}
