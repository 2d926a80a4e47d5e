/** What is made of a network's probabilities: types that cannot occur, shares of types, sets of cells. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Batch, carefulBelow, differencesOf } from '../../src/js/classify/batch.ts';
import { estimateShares } from '../../src/js/classify/shares.ts';
import { asAsked, restrict, typesOf } from '../../src/js/classify/verdict.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { batchWords, differenceWords } from '../../src/js/report/batch_words.ts';

const spec = { name: 'three', classes: ['a', 'b', 'c'].map((id) => ({ id, name: id, letter: id.toUpperCase(), description: '' })) } as unknown as ModelSpec;
const cell = { label: 'a', probability: 0.6, probabilities: [0.6, 0.3, 0.1], quality: [], foreign: false, unsure: true };
const close = (found: readonly number[], wanted: readonly number[], within = 1e-9): void =>
  found.forEach((value, i) => assert.ok(Math.abs(value - (wanted[i] ?? NaN)) <= within, `${found.join(' ')} is not ${wanted.join(' ')}`));

describe('types that can occur', () => {
  test('the others have no probability, what is left sums to 1, and the order stays', () => {
    const left = restrict(cell, spec, ['b', 'c']);
    assert.equal(left.label, 'b');
    close(left.probabilities, [0, 0.75, 0.25]);
    assert.equal(left.probability, left.probabilities[1]);
    assert.equal(restrict(cell, spec, null), cell);
  });

  test('where rounding left nothing of those that can, they are equally likely', () => {
    close(restrict({ ...cell, probabilities: [1, 0, 0] }, spec, ['b', 'c']).probabilities, [0, 0.5, 0.5]);
  });

  test('the threshold is held against what is left', () => {
    assert.equal(asAsked(cell, spec, { unsureBelow: 0.7, types: null }).unsure, true);
    assert.equal(asAsked(cell, spec, { unsureBelow: 0.7, types: ['b', 'c'] }).unsure, false);
    assert.equal(asAsked(cell, spec, { unsureBelow: 0.8, types: ['b', 'c'] }).unsure, true);
  });

  test('they are put in the order of the model; all of them are no restriction, one alone or an unknown one is refused', () => {
    assert.deepEqual(typesOf(spec, ['c', 'a']), ['a', 'c']);
    assert.equal(typesOf(spec, ['c', 'b', 'a']), null);
    assert.throws(() => typesOf(spec, ['a']), /at least two/);
    assert.throws(() => typesOf(spec, ['a', 'z']), /no type "z"; it has a, b, c/);
  });
});

describe('shares of types', () => {
  test('sure cells give their plain shares', () => {
    close(estimateShares([[1, 0], [1, 0], [1, 0], [0, 1]]), [0.75, 0.25], 1e-6);
  });

  test('unsure cells count as what is frequent here: the estimate makes their total most likely', () => {
    // Nine cells at 0.8 for the first and one at 0.8 for the second. L(s) = (8s + 2(1 - s))^9 (2s + 8(1 - s)) is largest where 54/(2 + 6s) = 6/(8 - 6s).
    close(estimateShares([...Array.from({ length: 9 }, () => [0.8, 0.2]), [0.2, 0.8]]), [1, 0], 1e-3);
    // Six and four: 36/(2 + 6s) = 24/(8 - 6s), so s = 2/3.
    close(estimateShares([...Array.from({ length: 6 }, () => [0.8, 0.2]), ...Array.from({ length: 4 }, () => [0.2, 0.8])]), [2 / 3, 1 / 3], 1e-4);
  });

  test('what was frequent in training is taken off first; a class that was never there stays away; without cells nothing is learned', () => {
    close(estimateShares([[0.9, 0.1], [0.9, 0.1]], [0.9, 0.1]), [0.9, 0.1], 1e-6);
    close(estimateShares([[0.5, 0.5, 0]], [0.5, 0.5, 0]), [0.5, 0.5, 0], 1e-6);
    close(estimateShares([], [0.3, 0.7]), [0.3, 0.7]);
  });
});

describe('sets of cells', () => {
  const rules = { least_cells: 20, shift: 1, noise: 0, abstain_below: 0.97, measures: { size: [1, 0.1], brightness: [100, 10], colour: [20, 5] } as Record<string, [number, number]> };
  const model = { ...spec, judge: { temperature: 1, abstain_below: 0.8 }, novelty: { file: '', sha256: '', threshold: 1, batch: rules } } as ModelSpec;
  const placed = (...measures: number[]) => ({ deviation: new Float32Array(), measures: Float64Array.from(measures) });

  test('what differs by more than the spread of single cells is told, the most striking first, by its mean', () => {
    const found = differencesOf([placed(1.3, 80, 21), placed(1.5, 84, 22)], model);
    assert.deepEqual(found.map(({ measure }) => measure), ['size', 'brightness']);
    close(found.map(({ mean }) => mean), [1.4, 82]);
    assert.equal(differenceWords(found), 'with cells 1.4 times as large in pixels and darker');
    assert.equal(differenceWords([]), '');
    assert.equal(differenceWords([{ measure: 'blue', mean: -0.4, usual: -0.1, spread: 0.05 }, { measure: 'red', mean: 0.2, usual: 0.1, spread: 0.05 }]), 'less blue and redder');
  });

  test('in a foreign set more is asked for; never less than the model asks', () => {
    assert.equal(carefulBelow(model, { foreign: true }), 0.97);
    assert.equal(carefulBelow(model, { foreign: false }), 0.8);
    assert.equal(carefulBelow(model, null), 0.8);
    assert.equal(carefulBelow({ ...model, judge: { ...model.judge, abstain_below: 0.99 } }, { foreign: true }), 0.99);
  });

  test('a foreign set in words', () => {
    const set: Batch = { cells: 30, shift: 9, limit: 2, look_shift: 0, look_limit: null, foreign: true, differences: [] };
    assert.equal(
      batchWords(set, 0.97),
      'These images differ from those that the model learned from. Its probabilities do not hold for them: compare some with your own eyes first. A type is named only from 97 % on.',
    );
  });
});
