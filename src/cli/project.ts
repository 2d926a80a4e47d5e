/** `cytodrop project`: what is in a project file that the page saved. */
import { Command, Option } from 'commander';
import { readFile } from 'node:fs/promises';
import {
  appVersion, countsOf, CytodropError, exportFrames, type ExportContext, type ExportFormat, type Project, readProject, readSpecAndSum, researchNote, resultsOf, reviewsOf, toCsv, toJson, toNdjson,
} from '../js/index.ts';
import { exitCode, UsageError } from './exit.ts';
import { isModelName, modelOption, modelSource, oneOf, outputOption, place } from './options.ts';
import { withOutput, write } from './output.ts';

const formats = ['summary', 'csv', 'json', 'ndjson'] as const;

interface Options { model?: string; format: (typeof formats)[number]; numbers?: boolean; output?: string }

export function projectCommand(finish: (code: number) => void): Command {
  return new Command('project')
    .summary('read a project file that the page saved')
    .description('Reads a project file of the page: its results with what people said of them, as the page exports them. Nothing is computed anew.')
    .argument('<file>', 'a project file, NAME.cytodrop')
    .addOption(new Option('--format <format>', 'summary for a person, or csv, json, ndjson').default('summary').argParser(oneOf(formats)))
    .addOption(modelOption('where its results are by a model of your own: its zip, or its folder as a path'))
    .addOption(new Option('--numbers', 'numbers instead of the files\' names'))
    .addOption(outputOption())
    .action(async (file: string, options: Options) => finish(await show(place(file), options)));
}

async function show(file: string, { format, model, numbers = false, output: outputFile }: Options): Promise<number> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => { throw new UsageError(`The project file could not be read (${error.code}).`); });
  const project = await readProject(new Blob([bytes])).catch((error: unknown) => {
    throw error instanceof CytodropError ? new Error(`${file}: ${error.message}`) : error;
  });
  const context = await contextOf(project, !numbers, model);
  return withOutput(outputFile, async (output) => {
    await write(output, format === 'summary' ? summary(project, context) : exported(project, format, context));
    return exitCode.allRead;
  });
}

/** Raises: UsageError where the model of the results is not here. */
async function contextOf(project: Project, fileNames: boolean, given: string | undefined): Promise<ExportContext> {
  const { head: { model, runtime, settings, changedAtMs } } = project;
  if (!model || !runtime || !isModelName(model.name)) throw new UsageError('The project names no model: it has no results yet.');
  if (model.added && given === undefined) throw new UsageError(`The results are by ${model.name} ${model.version}, a model that somebody added; name its zip or folder with --model.`);
  const { spec, specSha256 } = await readSpecAndSum(modelSource(given ?? model.name)).catch((error: unknown) => {
    throw new UsageError(given === undefined ? `There is no model "${model.name}" beside this program.` : `${given}: ${(error as Error).message}`);
  });
  if (given !== undefined && model.specSha256 !== null && specSha256 !== model.specSha256) throw new UsageError(`The results are by another model than ${given}: ${model.name} ${model.version}.`);
  if (spec.version !== model.version) throw new UsageError(`The results are by ${model.name} ${model.version}, and here is ${spec.version}; open the project in the page to have them computed anew.`);
  const reviewOf = reviewsOf(project);
  return {
    spec, ...(model.added && { added: true }), runtime, appVersion, fileNames, complete: true, imageScale: settings.imageScale,
    provenance: { commit: '', platform: '', time: new Date(changedAtMs).toISOString(), specSha256: model.specSha256 },
    ...(settings.unsureBelow !== null && { unsureBelow: settings.unsureBelow }), ...(settings.types && { types: settings.types }), ...(reviewOf && { reviewOf }),
  };
}

function exported(project: Project, format: ExportFormat, context: ExportContext): string {
  const { records, frames } = resultsOf(project);
  if (project.head.settings.mode === 'fields') return exportFrames(format, frames, context);
  return { csv: toCsv, json: toJson, ndjson: toNdjson }[format](records, context);
}

/** Words for what counts as no type. */
const noType: Record<string, string> = {
  unsure: 'Unsure', foreign: 'Not like the training images', quality: 'Image quality', unnamed: 'Not named', cannot_tell: 'Cannot tell', no_cell: 'No cell', two_cells: 'Two cells',
};

function summary(project: Project, { spec }: ExportContext): string {
  const { head: { name, model, changedAtMs, counts } } = project;
  const found = countsOf(project, spec);
  const order = [...spec.classes.map(({ id }) => id), ...Object.keys(noType)];
  const lines = order.flatMap((id) => (found.has(id) ? [`${spec.classes.find((one) => one.id === id)?.name ?? noType[id] ?? id}: ${found.get(id)}`] : []));
  const cells = [...found.values()].reduce((sum, count) => sum + count, 0);
  return [
    name, `Model: ${model?.name} ${model?.version}`, `Saved: ${new Date(changedAtMs).toISOString()}`, `Images: ${project.images.length}`, `Cells: ${cells}, ${counts.reviewed} looked at by a person, whose answers count`,
    ...lines, researchNote, '',
  ].join('\n');
}
