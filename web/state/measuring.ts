/**
 * How good the model is on the cells of the page: who says what they are, which of them may count, and the scores.
 *
 * Only cells that nobody picked say anything about a model. Folders and tables are taken to name all images that there are; answers count
 * where the cells were drawn at random, else a person is told so before any figure is shown.
 */
import { batch, computed, effect, signal } from '@preact/signals';
import {
  appVersion, type Comparison, type LabelledCells, MeasuredCells, type Measurement, type MeasurementContext, type ModelSpec, type ProjectLabels, readHeads, readLabels, type ShareQuestion, type Truth, truthByFolder, truthByLabels, typeNamer, type TypeShares, usualDraws,
} from '../../src/js/index.ts';
import { exportContext } from './export_context.ts';
import { settled } from './cell_set.ts';
import { cells, era, imageAt } from './images.ts';
import { grouping, source, table } from './label_table.ts';
import { mode } from './mode.ts';
import { secondSpec, spec, threshold, types } from './models.ts';
import { messageOf } from './notice.ts';
import { reviewRevision } from './review_store.ts';
import { type Subset, subset, layout } from './view.ts';
import { sample } from './worklist.ts';
import { words } from './words.ts';

/** Figures of cells that were not drawn at random are wanted all the same. */
export const allTheSame = signal(false);

// Another set, or a sample: what a person insisted on was about something else.
effect(() => {
  era.value;
  sample.value;
  allTheSame.value = false;
});

/** Takes a table of labels. Raises: CytodropError for what is none. */
export async function takeTable(file: File): Promise<void> {
  const text = await file.text();
  const { heads, file: fileColumn, type: typeColumn } = readHeads(text);
  batch(() => {
    table.value = { file: file.name, text, heads, fileColumn: fileColumn ?? heads[0] ?? '', typeColumn: typeColumn ?? heads[1] ?? heads[0] ?? '', names: {} };
    source.value = 'table';
  });
}

/** Names in the table, how often each stands there, and the type that each is taken for; null: none. */
export const namesInTable = computed<{ name: string; rows: number; type: string | null }[]>(() => {
  const [known, model] = [table.value, spec.value];
  if (!known || !model) return [];
  const typeOf = namer();
  const counts = new Map<string, number>();
  for (const { name } of readLabels(known.text, { file: known.fileColumn, type: known.typeColumn })) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, rows]) => ({ name, rows, type: typeOf(name) ?? null })).sort((a, b) => b.rows - a.rows);
});

function namer(): (name: string) => string | undefined {
  const { names = {} } = table.value ?? {};
  const typeOf = typeNamer(spec.value?.classes ?? []);
  return (name) => (name in names ? names[name] || undefined : typeOf(name));
}

/** The folder of a path, or the path itself where cells of one frame are alike. */
function groupOf(path: string): string {
  return grouping.value === 'file' ? path : path.replace(/[^\\/]*$/, '');
}

/** What is said of every cell of the page. Raises: CytodropError where a table contradicts itself. */
function truths(): (Truth | undefined)[] {
  const all = cells.value;
  const typeOf = namer();
  if (source.value === 'folders') return all.map(({ path }) => truthByFolder(path, typeOf)).map((one, i) => one && (grouping.value === 'file' ? { ...one, group: all[i]?.path ?? '' } : one));
  if (source.value === 'table') {
    const known = table.value;
    if (!known) return all.map(() => undefined);
    const paths = [...new Set(all.map(({ path }) => path))];
    const found = truthOfTable(known, paths, typeOf);
    const byPath = new Map(paths.map((path, i) => [path, found[i]]));
    return all.map(({ path }) => {
      const one = byPath.get(path);
      return one && { ...one, group: groupOf(path) };
    });
  }
  const drawn = new Set(sample.value?.indices ?? []);
  return all.map(({ index, review, path }) => {
    const answer = review?.first;
    // Of answers only those to cells of the sample, unless a person wants all.
    if (!answer || !(allTheSame.value || drawn.has(index))) return undefined;
    return { name: answer.type ?? words.outcomes[answer.outcome as 'no_cell'], type: answer.type ?? undefined, group: groupOf(path) };
  });
}

function truthOfTable(known: ProjectLabels, paths: string[], typeOf: (name: string) => string | undefined): (Truth | undefined)[] {
  return truthByLabels(readLabels(known.text, { file: known.fileColumn, type: known.typeColumn }), paths, typeOf);
}

/** Answers so far, and those that may be counted. */
export const answers = computed(() => {
  reviewRevision.value;
  const given = cells.value.filter(({ review }) => review?.first);
  const here = new Set(cells.value.map(({ index }) => index));
  // A cell that was removed is gone from the sample too.
  const drawn = new Set((sample.value?.indices ?? []).filter((index) => here.has(index)));
  return { given: given.length, ofSample: given.filter(({ index }) => drawn.has(index)).length, drawn: drawn.size, since: Math.max(0, cells.value.length - (sample.value?.of ?? Infinity)) };
});

/** Cells that each of the sample stands for: those that the model named likewise, over those of them that were looked at. */
function weights(): Map<string, number> | null {
  const strata = sample.value?.strata;
  if (source.value !== 'review' || !strata || allTheSame.value) return null;
  const drawn = new Set(sample.value?.indices ?? []);
  const answered = new Map<string, number>();
  for (const { index, label, review } of cells.value) if (drawn.has(index) && review?.first) answered.set(label, (answered.get(label) ?? 0) + 1);
  return new Map(strata.map(({ label, cells: of }) => [label, of / Math.max(1, answered.get(label) ?? 0)]));
}

/** What the worker is told. `second`: of another model, on the same cells. `shares`: cells of a sample stand for many others. */
export interface Asked { home: string; cells: LabelledCells; second: LabelledCells | null; shares: Omit<ShareQuestion, 'sample'> | null }

export type Measuring =
  | { state: 'nothing' }
  | { state: 'failed'; message: string }
  | { state: 'computing' }
  | { state: 'done'; measurement: Measurement; comparison: Comparison | null; shares: TypeShares[] | null; cells: LabelledCells; indices: number[]; context: MeasurementContext };
export const measuring = signal<Measuring>({ state: 'nothing' });

let worker: Worker | null = null;

/** Another object whenever anything changed that the figures follow from. */
export const measureInputs = computed(() => ({
  of: cells.value, source: source.value, by: grouping.value, table: table.value, sample: sample.value, all: allTheSame.value, threshold: threshold.value, types: types.value, second: secondSpec.value, spec: spec.value, mode: mode.value,
}));

// Figures of what was before say nothing of what is.
effect(() => {
  measureInputs.value;
  worker?.terminate();
  worker = null;
  measuring.value = { state: 'nothing' };
});

let newest = 0;

/** Measures what there is now, once it has been judged as a set; what was under way is dropped. */
export async function measureNow(): Promise<void> {
  const mine = ++newest;
  worker?.terminate();
  worker = null;
  if (measuring.value.state === 'done') measuring.value = { state: 'computing' };
  await settled();
  if (mine !== newest) return;
  const model = spec.value;
  const exported = exportContext();
  if (!model || !exported) {
    measuring.value = { state: 'nothing' };
    return;
  }
  try {
    const said = truths();
    const standFor = weights();
    const gathered = new MeasuredCells(model, { unsureBelow: threshold.value, types: types.value });
    const indices: number[] = [];
    cells.value.forEach((cell, i) => {
      if (cell.unnamed) return;
      const truth = said[i];
      gathered.add(cell, truth, standFor?.get(cell.label) ?? 1);
      if (truth?.type === undefined) return;
      indices.push(cell.index);
    });
    if (indices.length === 0) {
      measuring.value = { state: 'nothing' };
      return;
    }
    const by = grouping.value;
    const labelled = gathered.cells(by);
    const { added, provenance } = exported;
    const context: MeasurementContext = {
      spec: model, ...(added && { added }), appVersion, ...(provenance && { provenance }), accounting: gathered.accounting, grouping: by, draws: usualDraws, truth: truthWords(), ...(types.value && { types: types.value }), unsureBelow: threshold.value,
    };
    measuring.value = { state: 'computing' };
    worker = new Worker(new URL('../measure_worker.ts', import.meta.url), { type: 'module', name: 'measure' });
    worker.onmessage = ({ data }: MessageEvent<{ measurement: Measurement; comparison: Comparison | null; shares: TypeShares[] | null } | { message: string }>) => {
      measuring.value = 'message' in data ? { state: 'failed', message: data.message } : { state: 'done', ...data, cells: labelled, indices, context };
      worker?.terminate();
      worker = null;
    };
    worker.onerror = ({ message }) => { measuring.value = { state: 'failed', message: message || words.measuring.failed }; };
    worker.postMessage({ home: new URL('./', document.baseURI).href, cells: labelled, second: secondSpec.value ? gathered.secondCells(by) : null, shares: questionOfShares(model) } satisfies Asked);
  } catch (error) {
    measuring.value = { state: 'failed', message: messageOf(error) };
  }
}

/** Of a sample drawn at random: what it says of all cells. */
function questionOfShares({ metrics }: ModelSpec): Asked['shares'] {
  if (source.value !== 'review' || allTheSame.value || sample.value === null || !metrics.test) return null;
  const trained = metrics.test.confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const total = trained.reduce((sum, count) => sum + count, 0);
  const all = cells.value.filter((cell) => !cell.unnamed && cell.review?.first?.outcome !== 'no_cell');
  return { all: Float64Array.from(all.flatMap(({ probabilities }) => probabilities)), trained: Float64Array.from(trained, (count) => count / total), byType: sample.value.strata !== null };
}

function truthWords(): string {
  if (source.value === 'folders') return 'folders';
  if (source.value === 'table') return table.value?.file ?? '';
  if (allTheSame.value) return words.measuring.notRandom;
  return sample.value?.strata ? words.measuring.byType : words.measuring.random;
}

/** Shows the cells of a field of the matrix, or of any other choice, in the gallery. */
export function showCells(what: string, indices: Iterable<number>): void {
  subset.value = { words: what, indices: new Set(indices) } satisfies Subset;
  layout.value = mode.value === 'fields' ? 'table' : 'gallery';
}

/** Cells of a measurement whose likeliest type is another than the true one, surest first. */
export function wronglyNamed({ cells: { types: count, truth, probabilities }, indices }: Extract<Measuring, { state: 'done' }>): number[] {
  const wrong: { index: number; probability: number }[] = [];
  truth.forEach((type, i) => {
    const own = probabilities.subarray(i * count, (i + 1) * count);
    const best = own.indexOf(Math.max(...own));
    if (best !== type) wrong.push({ index: indices[i] as number, probability: own[best] as number });
  });
  return wrong.sort((a, b) => b.probability - a.probability).map(({ index }) => index);
}

/** Indices of the cells in a field of the confusion matrix. */
export function inField({ cells: { types: count, truth, probabilities }, indices }: Extract<Measuring, { state: 'done' }>, field: { truth: number; named: number }): number[] {
  return indices.filter((_, i) => {
    const own = probabilities.subarray(i * count, (i + 1) * count);
    return truth[i] === field.truth && own.indexOf(Math.max(...own)) === field.named;
  });
}

/** Whether folders say of any image what it shows. */
export const foldersTell = computed(() => {
  const typeOf = typeNamer(spec.value?.classes ?? []);
  return cells.value.some(({ index }) => {
    const path = imageAt(index)?.path;
    return path !== undefined && truthByFolder(path, typeOf) !== undefined;
  });
});

/** Folders of images of which no folder says what they show, and how many there are in each. */
export const unknownFolders = computed<{ folder: string; images: number }[]>(() => {
  const typeOf = typeNamer(spec.value?.classes ?? []);
  const counts = new Map<string, number>();
  for (const { path } of cells.value) {
    if (truthByFolder(path, typeOf)) continue;
    const folder = path.split('/').at(-2) ?? '';
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].map(([folder, images]) => ({ folder, images })).sort((a, b) => b.images - a.images);
});
