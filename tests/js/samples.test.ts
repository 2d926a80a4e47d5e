/** The simulated samples under the shipped models: nearly all are taken for cells of the model's kind, and most for what they were drawn as. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Classifier } from '../../src/js/index.ts';
import { glimpseVerdicts } from '../../scripts/glimpse_verdicts.ts';
import type { GlimpseVerdict } from '../../web/state/samples.ts';
import { jsonOf, root } from '../border/fixtures.ts';

const home = new URL('dist/', root);
const pathOf = (file: string): string => fileURLToPath(new URL(`public/samples/${file}`, root));

interface DrawnSet { model: string; glimpses: { file: string; verdict?: GlimpseVerdict }[]; images: { file: string; intended: string }[]; fields: { file: string; counts: Record<string, number> }[] }
const { sets } = jsonOf<{ sets: DrawnSet[] }>('public/samples/manifest.json');

/** The cell cycle's model names but 42 % of its own test images: of what was drawn it may leave more unsure. */
const leastNamed = (model: string): number => (model === 'cell-cycle' ? 0.25 : 0.8);

const accepted = ({ foreign, quality }: { foreign: boolean; quality: unknown[] }): boolean => !foreign && quality.length === 0;

describe('simulated samples', () => {
  test('there is a set for each shipped model, three cells of each type', () => {
    assert.deepEqual(sets.map(({ model }) => model).sort(), ['blood-smear', 'blood-smear-anywhere', 'cancer-lines', 'cell-cycle', 'prostate-lines', 'viability']);
    for (const { images } of sets) for (const { intended } of images) assert.equal(images.filter((other) => other.intended === intended).length, 3);
  });

  for (const { model, images } of sets) {
    test(`${model}: nine in ten are accepted, four in five most like what they were drawn as, and so is nearly all that gets a type`, async () => {
      await using classifier = await Classifier.open(model, { home, jobs: 1 });
      const seen = [];
      for await (const record of classifier.classifyAll(images.map(({ file }) => pathOf(file)))) seen.push(record.status === 'ok' ? record : assert.fail(record.path));
      assert.equal(seen.length, images.length);
      const told = seen.map(({ label, probability, foreign, quality }, i) => `${images[i]?.file ?? ''}: ${label} ${probability.toFixed(3)}${foreign ? ' foreign' : ''}${quality.map(({ flag }) => ` ${flag}`).join('')}`).join('\n');
      const asDrawn = seen.map(({ label }, i) => label === images[i]?.intended);
      const named = seen.map((cell) => accepted(cell) && cell.probability >= classifier.spec.judge.abstain_below);
      const count = (which: readonly boolean[]): number => which.filter(Boolean).length;
      assert.ok(count(seen.map(accepted)) >= 0.9 * seen.length, told);
      assert.ok(count(asDrawn) >= 0.8 * seen.length, told);
      const right = count(named.map((is, i) => is && asDrawn[i] === true));
      assert.ok(right >= leastNamed(model) * seen.length, told);
      assert.ok(right >= 0.95 * count(named), told);
    });
  }

  for (const { model, glimpses } of sets) {
    test(`${model}: the start screen shows what the model says of its samples`, async () => {
      const verdicts = await glimpseVerdicts(model, glimpses);
      assert.equal(glimpses.length, 4);
      assert.deepEqual(glimpses.map(({ verdict }) => verdict), verdicts);
    });
  }

  test('of the first four blood cells three have a type, and of one the model is unsure', () => {
    assert.deepEqual(sets.find(({ model }) => model === 'blood-smear')?.glimpses.map(({ verdict }) => verdict?.kind), ['type', 'type', 'type', 'unsure']);
  });

  const fields = sets.flatMap(({ model, fields: drawn }) => drawn.map((field) => ({ model, ...field })));
  for (const { model, file, counts } of fields) {
    test(`${file}: as many cells of each type as were drawn, nine in ten accepted`, async () => {
      await using classifier = await Classifier.open(model, { home, jobs: 1 });
      const cells = [];
      for await (const record of classifier.analyseFrames([pathOf(file)])) cells.push(...(record.status === 'ok' ? record.cells : assert.fail(file)).map(({ verdict }) => verdict ?? assert.fail('no verdict')));
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      assert.ok(Math.abs(cells.length - total) <= 0.05 * total, `${cells.length} of ${total} found`);
      assert.ok(cells.filter(accepted).length >= 0.9 * cells.length, `${cells.filter(accepted).length} of ${cells.length} accepted`);
      // Of the chamber's cells each is told apart; of the flask's one that is rounded may be taken for the other line's.
      for (const [type, count] of Object.entries(counts)) {
        const found = cells.filter(({ label }) => label === type).length;
        assert.ok(Math.abs(found - count) <= (model === 'viability' ? 0 : 0.1 * count), `${found} of ${count} ${type}`);
      }
    });
  }

  test('two sets have a field', () => assert.deepEqual(fields.map(({ model }) => model), ['viability', 'prostate-lines']));
});
