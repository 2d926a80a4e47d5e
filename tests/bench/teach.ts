/** Teaching drawn cells, under Node: looking at them, learning, testing, and the model. */
import { type Lesson, Teacher, typesNamed } from '../../src/js/index.ts';
import { root } from '../border/fixtures.ts';
import { drawnCell } from '../js/drawn_cells.ts';
import { printLimit } from './report.ts';

const home = new URL('build/wasm/', root);
const base = new URL('models/cell-encoder', root);

export async function benchTeaching(): Promise<void> {
  console.log('\nTeaching, Node, two workers');
  printLimit('two types, twenty of each, looked at, learned and tested, from nothing', (await taught(2, 20)).whole, 's', { most: 5 });
  const { refit } = await taught(4, 125);
  printLimit('learned anew from 500 labelled cells', refit, 's', { most: 0.5 });
  printLimit('eight types, five hundred of each', (await taught(8, 500)).whole, 's', { most: 60 });
}

/** Seconds. */
async function taught(typeCount: number, cells: number): Promise<{ whole: number; refit: number }> {
  const seconds = (since: number): number => (performance.now() - since) / 1000;
  const started = performance.now();
  await using teacher = await Teacher.open({ base, home, jobs: 2 });
  const types = typesNamed(Array.from({ length: typeCount }, (_, i) => `Type ${i + 1}`));
  const drawn = types.flatMap(({ id }, i) => Array.from({ length: cells }, (_, seed) => ({ id, path: `${id}/${seed}`, source: drawnCell({ nuclei: i % 2 === 0 ? 1 : 2, seed, ground: 150 + 10 * i }) })));
  const lessons: Lesson[] = [];
  for await (const shown of teacher.show(drawn)) if (shown.status === 'ok') lessons.push({ cell: shown.cell, type: drawn[shown.index]?.id ?? '', path: shown.path, group: shown.path });
  const looked = seconds(started);
  const again = performance.now();
  await teacher.learn(lessons, types);
  const refit = seconds(again);
  const testing = performance.now();
  const examination = await teacher.examine(lessons, types);
  const tested = seconds(testing);
  await teacher.model(examination, { name: 'drawn', title: 'Drawn' });
  const whole = seconds(started);
  console.log(`  ${typeCount} × ${cells}: looked at ${looked.toFixed(2)} s, learned at once ${refit.toFixed(2)} s, tested ${tested.toFixed(2)} s, all ${whole.toFixed(2)} s`);
  return { whole, refit };
}
