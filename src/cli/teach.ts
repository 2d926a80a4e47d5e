/** `cytodrop teach`: a model of one's own types, from pictures in folders or named in a table. */
import { Command, Option } from 'commander';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import {
  CytodropError, type Examination, filedByFolder, type Filed, type GroupedBy, type Lesson, readLabels, Teacher, typeId, typesNamed, verdictWords, warningWords, zip,
} from '../js/index.ts';
import { exitCode, UsageError } from './exit.ts';
import { jobsOption, modelOption, modelSource, oneOf, place, type Staff } from './options.ts';
import { interruptible, progressReport, warn, withOutput, write } from './output.ts';
import { filesOf } from './paths.ts';

interface Options extends Pick<Staff, 'jobs'> {
  types: string; start?: string; group?: string; out: string; name?: string; title?: string; author?: string; data?: string; format: 'text' | 'json';
}

export function teachCommand(finish: (code: number) => void): Command {
  return new Command('teach')
    .summary('make a model of types of your own')
    .description('Learns types of cells from pictures that show one cell each, says how well on cells that were left out, and writes a model that classify takes.')
    .addOption(new Option('--types <path>', 'a folder, whose sub-folders are the types; or a table (CSV) that names files and their types').makeOptionMandatory())
    .addOption(modelOption('a model whose types are kept and learned further; unless told, types are learned from nothing', '--start'))
    .addOption(new Option('--group <by>', 'what is never learned from and tested on at once: file; folder, the one below the type\'s or that of the file; or a column of the table. Unless told, folder where every type has two, else file'))
    .addOption(new Option('--out <file>', 'where the model goes, a zip').makeOptionMandatory())
    .addOption(new Option('--name <name>', 'of the model, in small letters, digits and hyphens; unless told, the file\'s'))
    .addOption(new Option('--title <words>', 'what people read; unless told, the name'))
    .addOption(new Option('--author <words>', 'who taught it'))
    .addOption(new Option('--data <words>', 'where the cells come from, for the model\'s card'))
    .addOption(new Option('--format <format>', 'what is said of it: text, or json').default('text').argParser(oneOf(['text', 'json'] as const)))
    .addOption(jobsOption())
    .action(async (options: Options) => finish(await teach(options)));
}

async function teach(options: Options): Promise<number> {
  const out = place(options.out);
  const name = options.name ?? (typeId(basename(out).replace(/\.zip$/i, '')).replaceAll('_', '-') || 'taught');
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) throw new UsageError(`--name: small letters, digits and hyphens are expected, not "${name}".`);
  const { files, group } = await filed(options);
  const signal = interruptible();
  const teacher = await Teacher.open({ ...(options.start !== undefined && { base: modelSource(options.start) }), ...(options.jobs !== undefined && { jobs: options.jobs }) });
  try {
    const types = typesNamed(files.map(({ name: type }) => type), teacher.base.classes);
    const lessons = await shown(teacher, files, group, signal);
    if (new Set(lessons.map(({ type }) => type)).size < 2) throw new UsageError('--types: pictures of at least two types are needed.');
    const examination = await teacher.examine(lessons, types, { signal });
    const model = await teacher.model(examination, {
      name, title: options.title ?? name, groupedBy: group, ...(options.author && { author: options.author }), ...(options.data && { data: options.data }),
    });
    await writeFile(out, zip([...model].map(([file, bytes]) => ({ name: file, bytes }))));
    return await withOutput(undefined, async (output) => {
      await write(output, options.format === 'json' ? `${JSON.stringify(facts(examination, group, out), null, 2)}\n` : words(examination, group, out));
      return lessons.length < files.length ? exitCode.someUnread : exitCode.allRead;
    });
  } finally {
    await teacher.close();
  }
}

/** Pictures with their types, and by what they are kept together. Raises: UsageError. */
async function filed({ types, group }: Options): Promise<{ files: (Filed & { file: string })[]; group: GroupedBy }> {
  const path = place(types);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UsageError(`--types: there is no "${types}"; a folder of folders, or a table, is expected.`);
  if (!found.isDirectory()) return filedByTable(path, group);
  if (group !== undefined && group !== 'file' && group !== 'folder') throw new UsageError(`--group: without a table it is file or folder, not "${group}".`);
  const all = await filesOf([path]);
  const below = all.map((file) => relative(path, file));
  const files = filedByFolder(below).flatMap((one, i) => (one ? [{ ...one, file: all[i] as string }] : []));
  if (files.length < all.length) warn(`left out, since they lie in no sub-folder: ${all.length - files.length} of ${all.length} files.`);
  return { files, group: (group as 'file' | 'folder' | undefined) ?? (hasFolders(files) ? 'folder' : 'file') };
}

async function filedByTable(path: string, group: string | undefined): Promise<{ files: (Filed & { file: string })[]; group: GroupedBy }> {
  try {
    const isColumn = group !== undefined && group !== 'file' && group !== 'folder';
    const labels = readLabels(await readFile(path, 'utf8'), isColumn ? { group } : {});
    const files = labels.map(({ file, name, group: own }) => ({ path: file, file: resolve(dirname(path), file), name, type: typeId(name), folder: isColumn ? own : dirname(file) }));
    return { files, group: isColumn ? 'column' : ((group as 'file' | 'folder' | undefined) ?? 'file') };
  } catch (error) {
    if (error instanceof CytodropError) throw new UsageError(`--types ${path}: ${error.message}`);
    throw error;
  }
}

/** Whether every type has pictures in two folders at least. */
function hasFolders(files: readonly Filed[]): boolean {
  const folders = new Map<string, Set<string>>();
  for (const { type, folder } of files) folders.set(type, (folders.get(type) ?? new Set()).add(folder));
  return folders.size > 0 && [...folders.values()].every((own) => own.size > 1);
}

async function shown(teacher: Teacher, files: readonly (Filed & { file: string })[], group: GroupedBy, signal: AbortSignal): Promise<Lesson[]> {
  const lessons: Lesson[] = [];
  const report = progressReport(files.length);
  let [done, unread] = [0, 0];
  for await (const result of teacher.show(files.map(({ file }) => file), { signal })) {
    const { type, folder, path } = files[result.index] as Filed;
    if (result.status === 'ok') lessons.push({ cell: result.cell, type, path, group: group === 'file' ? path : folder });
    else {
      unread++;
      process.stderr.write(`${path}: ${result.message}\n`);
    }
    report(++done, unread);
  }
  return lessons;
}

function words(examination: Examination, group: GroupedBy, out: string): string {
  const { types, lessons, crossValidated, warnings, doubtful } = examination;
  const counts = types.flatMap(({ id, name }) => { const cells = lessons.filter(({ type }) => type === id).length; return cells > 0 ? [`${name}: ${cells}`] : []; });
  const list = doubtful.slice(0, 10).map(({ lesson, likelier }) => `  ${lessons[lesson]?.path}: rather ${types.find(({ id }) => id === likelier)?.name}`);
  return [
    verdictWords(crossValidated, group), `Cells: ${counts.join(', ')}`,
    ...(crossValidated ? [`Learning curve: ${crossValidated.curve.map(({ learnedFrom, balancedAccuracy }) => `${Math.round(learnedFrom)} cells ${(100 * balancedAccuracy).toFixed(1)} %`).join(', ')}`] : []),
    ...warnings.map((warning) => { const { found, advice } = warningWords(warning, examination); return `Mind: ${found} ${advice}`; }),
    ...(list.length > 0 ? ['Labels that the other cells contradict, the likeliest wrong first:', ...list] : []),
    `Written: ${out}`, 'For research and teaching; not for diagnosis.', '',
  ].join('\n');
}

function facts(examination: Examination, group: GroupedBy, out: string): object {
  const { types, lessons, crossValidated, warnings, doubtful, head } = examination;
  return {
    words: verdictWords(crossValidated, group), out, grouped_by: group, types: types.map(({ id, name }) => ({ id, name, cells: lessons.filter(({ type }) => type === id).length })), strength: head.strength,
    ...(crossValidated && {
      right: crossValidated.right, grouped: crossValidated.isGrouped, groups: crossValidated.groups, parts: crossValidated.partAccuracies, curve: crossValidated.curve, confusion: crossValidated.confusion,
      balanced_accuracy: crossValidated.measurement.balanced_accuracy, background: crossValidated.background, temperature: crossValidated.temperature,
    }),
    warnings: warnings.map((warning) => ({ ...warning, ...warningWords(warning, examination) })),
    doubtful: doubtful.map(({ lesson, probability, likelier }) => ({ file: lessons[lesson]?.path, probability, likelier })),
    note: 'For research and teaching; not for diagnosis.',
  };
}
