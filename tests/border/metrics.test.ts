/** What crosses the border about cells of known type, and the library's words for it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CytodropCore, ErrorCode, LabelledCells, Result } from '#cytodrop_core';
import { CytodropError } from '../../src/js/core/errors.ts';
import { estimateShares } from '../../src/js/classify/shares.ts';
import { Measurer } from '../../src/js/work/measurer.ts';
import { openModule, root, valueOf } from './fixtures.ts';

let core: CytodropCore;
let measurer: Measurer;

before(async () => {
  core = await openModule();
  measurer = await Measurer.open({ home: new URL('build/wasm/', root) });
});

after(() => measurer.close());

function assertRefused(result: Result<unknown>, words: RegExp, code: ErrorCode = 'invalid_argument'): void {
  assert.ok(!result.ok && result.code === code && words.test(result.message), JSON.stringify(result));
}

/** Calls as a program without types would. */
function untyped(name: keyof CytodropCore, ...values: unknown[]): Result<unknown> {
  return (core[name] as unknown as (...values: unknown[]) => Result<unknown>)(...values);
}

const near = (actual: number | null | undefined, expected: number, within = 1e-9): void => assert.ok(Math.abs((actual ?? NaN) - expected) <= within, `${actual}, not ${expected}`);

/** Four cells of two types, of which the last was named wrongly. */
const cells: LabelledCells = { types: 2, truth: Int32Array.of(0, 0, 1, 1), probabilities: Float64Array.of(0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.6, 0.4) };

describe('cells of known type', () => {
  test('are measured, with intervals', async () => {
    const found = valueOf(core.measure_cells(cells, 200));
    assert.deepEqual([found.cells, found.groups, ...found.matrix], [4, 4, 2, 0, 1, 1]);
    assert.equal(found.accuracy.value, 0.75);
    near(found.brier.value, (2 * 0.01 + 2 * 0.04 + 2 * 0.09 + 2 * 0.36) / 4);
    assert.equal(found.types[1]?.recall.value, 0.5);
    const [low, high] = found.accuracy.interval ?? [];
    assert.ok((low ?? 1) < 0.75 && (high ?? 0) > 0.75);
    assert.deepEqual(await measurer.measure(cells, 200), found);
  });

  test('weights and groups are heard, and the same draws give the same', () => {
    const weighed = valueOf(core.measure_cells({ ...cells, weights: Float64Array.of(1, 1, 1, 5), groups: Int32Array.of(1, 1, 2, 2) }, 50));
    assert.deepEqual([weighed.groups, weighed.accuracy.value], [2, 3 / 8]);
    assert.deepEqual(valueOf(core.measure_cells(cells, 50)), valueOf(core.measure_cells(cells, 50)));
  });

  test('two models on them are compared', async () => {
    const better = { ...cells, probabilities: Float64Array.of(0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.4, 0.6) };
    const found = valueOf(core.compare_models(cells, better, 50));
    assert.deepEqual([found.only_first, found.only_second, found.p, found.accuracy_gain.value], [0, 1, 1, 0.25]);
    assert.deepEqual(await measurer.compare(cells, better, 50), found);
  });
});

describe('two readers', () => {
  test('agree beyond chance by Cohen\'s kappa', async () => {
    // 0.7 of the cells the same, 0.5 by chance: (0.7 − 0.5) / (1 − 0.5).
    const found = valueOf(core.kappa(Float64Array.of(20, 5, 10, 15)));
    near(found?.value, 0.4);
    near(found?.agreement, 0.7);
    assert.ok((found?.interval[0] ?? 1) < 0.4 && (found?.interval[1] ?? 0) > 0.4);
    assert.equal(valueOf(core.kappa(Float64Array.of(9, 0, 0, 0))), null);
    const readers = [20, 5, 10, 15].map((count, i) => Array.from({ length: count }, () => [i >> 1, i & 1] as const)).flat();
    const [first, second] = [Int32Array.from(readers, ([one]) => one), Int32Array.from(readers, ([, other]) => other)];
    assert.deepEqual(await measurer.agreement(first, second, 2), found);
    assert.deepEqual(await measurer.kappa(Float64Array.of(20, 5, 10, 15)), found);
    assert.equal(await measurer.agreement(new Int32Array(), new Int32Array(), 2), null);
  });

  test('must have seen the same cells and given known types', async () => {
    for (const [first, second] of [[[0, 1], [0]], [[0, 2], [0, 0]], [[0, 0], [0, -1]]] as const) {
      await assert.rejects(measurer.agreement(Int32Array.from(first), Int32Array.from(second), 2), (error) => error instanceof CytodropError && error.code === 'invalid_argument');
    }
    assertRefused(core.kappa(new Float64Array(3)), /matrix must be square/);
    assertRefused(untyped('kappa', [1, 0, 0, 1]), /Float64Array/);
  });
});

describe('shares of types', () => {
  const known = Float64Array.of(80, 20, 10, 90);

  test('are freed of a model\'s known errors', async () => {
    // Sensitivity 0.9 and specificity 0.8, 34 of 100 named positive: (0.34 + 0.8 − 1) / (0.9 + 0.8 − 1) = 0.2.
    const found = valueOf(core.adjusted_shares(Float64Array.of(66, 34), known));
    near(found?.[0], 0.8);
    near(found?.[1], 0.2);
    assert.deepEqual(await measurer.adjustedShares(Float64Array.of(66, 34), known), found);
    assert.deepEqual(valueOf(core.adjusted_shares(Float64Array.of(95, 5), known)), Float64Array.of(1, 0));
    for (const useless of [Float64Array.of(1, 1, 1, 1), Float64Array.of(0, 0, 1, 1)]) assert.equal(valueOf(core.adjusted_shares(Float64Array.of(5, 5), useless)), null);
    assertRefused(core.adjusted_shares(Float64Array.of(1, 2, 3), known), /shares of types/);
    assertRefused(core.adjusted_shares(Float64Array.of(1, NaN), known), /shares of types/);
    assertRefused(core.adjusted_shares(Float64Array.of(1, 2), new Float64Array(5)), /known must be square/);
    assertRefused(core.adjusted_shares(new Float64Array(), new Float64Array()), /shares of types/);
    assertRefused(untyped('adjusted_shares', null, known), /named must be a Float64Array/);
  });

  test('that differ from training\'s are found by expectation maximisation, as the page finds them', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => (i < 74 ? [0.9, 0.1] : [0.1, 0.9]));
    const [probabilities, even] = [Float64Array.from(rows.flat()), Float64Array.of(0.5, 0.5)];
    const found = valueOf(core.expected_shares(probabilities, even, null));
    near(found[0], 0.8, 1e-5);
    assert.deepEqual([...found], estimateShares(rows, [0.5, 0.5]));
    assert.deepEqual(await measurer.expectedShares(probabilities, even), found);
    const last = await measurer.expectedShares(probabilities, even, Float64Array.from(rows, (_, i) => Number(i >= 74)));
    assert.ok((last[0] ?? 1) < 1e-4);
    assert.deepEqual(valueOf(core.expected_shares(new Float64Array(), even, null)), even);
    assertRefused(core.expected_shares(Float64Array.of(1), even, null), /shares of types/);
    assertRefused(core.expected_shares(probabilities, even, Float64Array.of(1)), /shares of types/);
    assertRefused(untyped('expected_shares', probabilities, [0.5, 0.5], null), /trained must be a Float64Array/);
  });

  test('of a sample drawn unevenly are weighed back to all cells', async () => {
    // 900 easy cells of which 10 of 10 were right, 100 doubtful ones of which 20 of 50 were: 0.94, not 30 of 60.
    const found = valueOf(core.stratified_share(Int32Array.of(900, 10, 10, 100, 50, 20)));
    near(found.share, 0.94);
    assert.ok(found.interval[0] > 0.7 && found.interval[0] < 0.85 && found.interval[1] === 1);
    assert.deepEqual(await measurer.stratifiedShare([{ cells: 900, drawn: 10, hits: 10 }, { cells: 100, drawn: 50, hits: 20 }]), found);
    assert.deepEqual(valueOf(core.stratified_share(new Int32Array())), { share: 0, interval: [0, 1] });
    for (const wrong of [[5, 0, 0], [5, 6, 0], [5, 3, 4], [5, 3, -1]]) assertRefused(core.stratified_share(Int32Array.from(wrong)), /at least one cell must be drawn/);
    assertRefused(core.stratified_share(Int32Array.of(5, 3)), /three numbers/);
    assertRefused(untyped('stratified_share', [5, 3, 1]), /Int32Array/);
  });
});
