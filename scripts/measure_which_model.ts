/**
 * Measures how often the models, asked about a batch of ten images, tell which of them knows it, and writes the table of models/README.md.
 *
 *     node scripts/measure_which_model.ts --data ../shared/data --prepared build/data --part test --write
 *
 * Needs the built core and models (scripts/build), the prepared folders of scripts/prepare_data.py, and for tissue, things and nuclei the wheels that it names. Every image is asked about once by every
 * model, as `whichModel` of the library asks; batches are then put together out of the answers, and judged by its rule. Batches share no image, so that intervals hold: those "mixed" are drawn at
 * random, those "in order" are neighbours in the index, mostly of one type and one folder, as a person drops them. Right is a batch where every other model takes it for a misfit and the right one
 * alone is proposed, whichever of the others was chosen. `--part val` is what the rule was chosen by.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Classifier, listModels, type ModelListing, type SeenImage, wilsonInterval } from '../src/js/index.ts';
import { fittest, isMisfit, type ModelAnswer } from '../src/js/classify/fit.ts';
import type { CellVerdict } from '../src/js/classify/outcome.ts';
import { answerFrom, cellsIn, couldKnow, sampleOf } from '../src/js/work/which_model.ts';

const { values: { data = '../shared/data', prepared = 'build/data', part = 'val', write = false } } = parseArgs({
  options: { data: { type: 'string' }, prepared: { type: 'string' }, part: { type: 'string' }, write: { type: 'boolean' } },
});
const home = new URL('../dist/', import.meta.url);
const batchOf = 10;
const mostBatches = 120;

/** `knows`: the models that learned from such images; none of foreign ones. `seen`: looked at while the rule was chosen. */
interface Kind { name: string; knows: string[]; files: string[]; seen: boolean }

interface Row { file: string; part: string }

function rowsOf(folder: string): Row[] {
  const [head = '', ...lines] = readFileSync(join(folder, 'index.csv'), 'utf8').trim().split(/\r?\n/);
  const [file, split] = [head.split(',').indexOf('file'), head.split(',').findIndex((name) => name === 'split' || name === 'laboratory')];
  return lines.map((line) => line.split(',')).map((fields) => ({ file: join(folder, fields[file] ?? ''), part: fields[split] ?? '' }));
}

function kind(name: string, folder: string, { knows = [], of, seen = true }: { knows?: string[]; of?: string; seen?: boolean } = {}): Kind[] {
  if (!existsSync(join(folder, 'index.csv'))) {
    console.error(`${name}: ${folder} has no index.csv; left out.`);
    return [];
  }
  return [{ name, knows, seen, files: rowsOf(folder).filter((row) => of === undefined || row.part === of).map(({ file }) => file) }];
}

/** Whole tiles and frames. */
function frames(name: string, folder: string, isWanted: (file: string) => boolean, knows: string[] = []): Kind[] {
  if (!existsSync(folder)) {
    console.error(`${name}: there is no ${folder}; left out.`);
    return [];
  }
  return [{ name, knows, seen: true, files: readdirSync(folder).filter(isWanted).sort().map((file) => join(folder, file)) }];
}

/** The tiles of a part, which its cells are named after. */
const tiles = new Set(existsSync(join(prepared, 'viability/index.csv')) ? rowsOf(join(prepared, 'viability')).filter((row) => row.part === part).map(({ file }) => `${basename(file).replace(/_\d+\.png$/, '')}.png`) : []);

const kinds: Kind[] = [
  ...kind('blood-smear', join(data, 'blood-smear'), { knows: ['blood-smear', 'blood-smear-anywhere'], of: part }),
  ...['cell-cycle', 'viability', 'cancer-lines', 'prostate-lines'].flatMap((name) => kind(name, join(prepared, name), { knows: [name], of: part })),
  ...(part === 'test' ? kind('cell-cycle, another experiment, G1 alone', join(prepared, 'cell-cycle'), { knows: ['cell-cycle'], of: 'other_day', seen: false }) : []),
  ...frames('viability, whole tiles', join(data, 'viability/images'), (file) => tiles.has(file), ['viability']),
  ...['a', 'b'].flatMap((laboratory) => kind(`another laboratory's blood smears, ${laboratory}`, join(data, 'blood-smear-elsewhere'), { of: laboratory })),
  ...kind('cells of three other lines (flask-positions)', join(prepared, 'flask-positions'), { of: part, seen: part === 'val' }),
  ...frames('phase contrast, whole frames', join(data, 'phase-contrast'), (file) => file.endsWith('.tif')),
  ...kind('phase contrast', join(prepared, 'phase-contrast')), ...kind('phase contrast, cut out along outlines', join(prepared, 'phase-contrast-cut')),
  ...kind('photographs', join(prepared, 'photographs')), ...kind('things in colour', join(prepared, 'things')), ...kind('things in grey', join(prepared, 'grey-things')),
  ...kind('tissue, brown stain', join(prepared, 'tissue')),
  ...(part === 'test' ? [...kind('tissue, haematoxylin and eosin', join(prepared, 'tissue-he'), { seen: false }), ...kind('nuclei, fluorescence', join(prepared, 'fluorescence'), { seen: false })] : []),
];

/** The same order every time. Source: Marsaglia 2003, xorshift of 32 bits. */
function shuffled<T>(all: readonly T[]): T[] {
  let state = 0x9e3779b9;
  const random = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
  const order = [...all];
  for (let i = order.length - 1; i > 0; i--) {
    const other = random(i + 1);
    [order[i], order[other]] = [order[other] as T, order[i] as T];
  }
  return order;
}

function batches<T>(all: readonly T[]): T[][] {
  const whole = Array.from({ length: Math.floor(all.length / batchOf) }, (_, i) => all.slice(i * batchOf, (i + 1) * batchOf));
  return whole.filter((_, i) => whole.length <= mostBatches || Math.floor((i * mostBatches) / whole.length) !== Math.floor(((i - 1) * mostBatches) / whole.length));
}

const models: ModelListing[] = await listModels(home);
const classifiers = new Map<string, Classifier>();
for (const { name } of models) classifiers.set(name, await Classifier.open(name, { home, jobs: 1 }));
const classifierOf = (name: string): Classifier => classifiers.get(name) as Classifier;
const known = new Map<string, Promise<CellVerdict[]>>();
/** What a model says of an image, asked once. */
function cellsOnce(name: string, { source }: SeenImage, as: ModelAnswer['askedAs'], most: number): Promise<CellVerdict[]> {
  const key = `${name} ${as} ${String(source)}`;
  const cells = known.get(key) ?? cellsIn(classifierOf(name), { source }, as, most);
  known.set(key, cells);
  return cells;
}

interface Outcome { proposed: string | null; misfits: string[] }

async function outcomeOf(images: readonly SeenImage[]): Promise<Outcome> {
  const sample = sampleOf(images);
  const answers: ModelAnswer[] = [];
  const candidates = models.filter(({ spec }) => couldKnow(spec, sample));
  for (const { name, spec } of candidates) {
    answers.push(await answerFrom({ spec, cellsIn: (...asked) => cellsOnce(name, ...asked), judge: (cells) => classifierOf(name).judgeBatch(cells) }, sample));
  }
  const misfits: string[] = [];
  // As the one chosen sees them: each image as a cell.
  for (const { name } of models) if (isMisfit((await Promise.all(images.map((image) => cellsOnce(name, image, 'cells', 1)))).flat())) misfits.push(name);
  return { proposed: fittest(answers, candidates.map(({ spec }) => spec))?.name ?? null, misfits };
}

async function seenImages(files: readonly string[]): Promise<SeenImage[]> {
  const seen: SeenImage[] = [];
  const [{ name = '' } = {}] = models;
  for (const file of files) {
    const [cell] = (await cellsOnce(name, { source: file } as SeenImage, 'cells', 1)) as (CellVerdict & { image: SeenImage['facts'] })[];
    if (cell) seen.push({ source: file, facts: cell.image });
  }
  return seen;
}

const share = (hits: number, of: number): string => {
  const [low, high] = wilsonInterval(hits, of);
  const percent = (value: number): string => (value === 1 || value === 0 ? `${100 * value}` : (100 * value).toFixed(1));
  return `${hits} of ${of}: ${percent(hits / of)} % (${percent(low)}–${percent(high)} %)`;
};

const lines: string[] = [];
const totals = new Map(['known', 'foreign'].map((name) => [name, [[0, 0], [0, 0]]]));
for (const { name, knows, files, seen } of kinds) {
  const cells: string[] = [];
  const wrong = new Map<string, number>();
  for (const [column, order] of [shuffled(files), files].entries()) {
    let [right, all] = [0, 0];
    for (const batch of batches(order)) {
      const { proposed, misfits } = await outcomeOf(await seenImages(batch));
      const isRight = knows.length === 0 ? proposed === null : proposed !== null && knows.includes(proposed) && models.every((model) => knows.includes(model.name) || misfits.includes(model.name));
      right += Number(isRight);
      all += 1;
      if (!isRight) wrong.set(proposed ?? 'none', (wrong.get(proposed ?? 'none') ?? 0) + 1);
    }
    const total = totals.get(knows.length > 0 ? 'known' : 'foreign')?.[column] as [number, number];
    total[0] += right;
    total[1] += all;
    cells.push(all === 0 ? 'too few' : share(right, all));
  }
  const told = [...wrong].map(([model, count]) => `${model} ${count}`).join(', ');
  lines.push(`| ${name}${seen ? '' : ' *'} | ${knows[0] ?? 'none'} | ${cells.join(' | ')} | ${told} |`);
  console.log(lines.at(-1));
}
for (const classifier of classifiers.values()) await classifier.close();
for (const [name, sums] of totals) lines.push(`| **all ${name}** | | ${sums.map(([right = 0, all = 0]) => share(right, all)).join(' | ')} | |`);
console.log(lines.slice(-2).join('\n'));
const table = ['| images | right is | batches of ten, mixed | batches of ten, in order | else told |', '| --- | --- | ---: | ---: | --- |', ...lines].join('\n');
if (write) {
  const doc = new URL('../models/README.md', import.meta.url);
  const text = readFileSync(doc, 'utf8');
  const [begin, end] = ['<!-- which model: written by scripts/measure_which_model.ts -->', '<!-- end of which model -->'];
  if (!text.includes(begin) || !text.includes(end)) throw new Error(`models/README.md has no place for the table: ${begin} … ${end}`);
  writeFileSync(doc, `${text.slice(0, text.indexOf(begin) + begin.length)}\n\n${table}\n\n${text.slice(text.indexOf(end))}`);
}
