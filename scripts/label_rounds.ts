/**
 * Labels cells round after round, chosen in three ways, by the built core, from features that a script wrote: for scripts/measure_suggestions.py.
 *
 *     node scripts/label_rounds.ts FOLDER
 *
 * For each NAME.json of the folder, { labels, types, blocks, first, lot, truth, rounds, each, read }: NAME.features and NAME.turned are float32
 * [labels][D] of the cells that can be labelled, of which those at `first` are from the start; NAME.tested is float32 [truth][D]; `lot` is an order of the
 * others; in each of `rounds` rounds `each` more are labelled. Writes NAME.scores.json: for each way the balanced accuracies after the rounds in `read`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LearnedHead, Lessons } from '#cytodrop_core';
import { softmax } from '../src/js/teach/lessons.ts';
import { floats, logitsOf, namedBy, openCore, value } from './learned.ts';

interface Written { labels: number[]; types: number; blocks: number[]; first: number[]; lot: number[]; truth: number[]; rounds: number; each: number; read: number[] }
interface Cells { written: Written; features: Float32Array; turned: Float32Array; tested: Float32Array }
/** Chooses among others; `known` have a label. */
type Way = (cells: Cells, head: LearnedHead, known: number[], others: number[]) => number[];

/** As the page learns at once. */
const strength = 100;

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('a folder is needed');
const core = await openCore();

const ways: Record<'lot' | 'unsure' | 'far', Way> = {
  lot: ({ written }, _head, _known, others) => written.lot.filter((cell) => others.includes(cell)),
  unsure: (cells, head, _known, others) => {
    const unsure = new Map(others.map((cell) => [cell, uncertainty(head, cells.features, cell)]));
    return [...others].sort((a, b) => (unsure.get(b) as number) - (unsure.get(a) as number));
  },
  far: (cells, head, known, others) => {
    const uncertainties = Float64Array.from(others, (cell) => uncertainty(head, cells.features, cell));
    return Array.from(value(core.suggest_lessons(lessonsOf(cells, [...known, ...others]), known.length, uncertainties, cells.written.each)), (place) => others[place] as number);
  },
};

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json') && !name.endsWith('.scores.json'))) {
  const name = join(folder, file.replace(/\.json$/, ''));
  const cells: Cells = { written: JSON.parse(readFileSync(`${name}.json`, 'utf8')) as Written, features: floats(`${name}.features`), turned: floats(`${name}.turned`), tested: floats(`${name}.tested`) };
  writeFileSync(`${name}.scores.json`, JSON.stringify(Object.fromEntries(Object.entries(ways).map(([way, choose]) => [way, scores(cells, choose)]))));
}

function scores(cells: Cells, choose: Way): number[] {
  const { labels, first, rounds, each, read, truth } = cells.written;
  const known = [...first];
  const found: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const head = value(core.learn_head(lessonsOf(cells, known), strength));
    if (read.includes(round)) found.push(balanced(namedBy(head, cells.tested), truth));
    const others = [...labels.keys()].filter((cell) => !known.includes(cell));
    known.push(...choose(cells, head, known, others).slice(0, each));
  }
  return found;
}

function lessonsOf({ written: { labels, types, blocks }, features, turned }: Cells, cells: number[]): Lessons {
  const width = features.length / labels.length;
  const of = (values: Float32Array): Float32Array => {
    const own = new Float32Array(cells.length * width);
    cells.forEach((cell, i) => own.set(values.subarray(cell * width, (cell + 1) * width), i * width));
    return own;
  };
  return { features: of(features), turned: of(turned), blocks: Int32Array.from(blocks), labels: Int32Array.from(cells, (cell) => labels[cell] as number), groups: Int32Array.from(cells), known: new Float64Array(), types };
}

/** As the page tells it: how little the likeliest type is likelier than the next. */
function uncertainty(head: LearnedHead, features: Float32Array, cell: number): number {
  const [most = 1, next = 0] = softmax(logitsOf(head, features, cell)).sort((a, b) => b - a);
  return 1 - (most - next);
}

function balanced(named: number[], truth: number[]): number {
  const types = [...new Set(truth)];
  return types.reduce((sum, type) => {
    const own = [...truth.keys()].filter((i) => truth[i] === type);
    return sum + own.filter((i) => named[i] === type).length / own.length / types.length;
  }, 0);
}
