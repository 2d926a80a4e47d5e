/** What a threshold names, and how much of that is right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wilsonInterval } from '../../src/js/classify/intervals.ts';
import { atThreshold } from '../../src/js/measure/threshold.ts';

const cells = { types: 2, truth: Int32Array.of(0, 0, 1, 1), probabilities: Float64Array.of(0.9, 0.1, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5) };

test('a cell is named from the threshold on, as the first of equally likely types', () => {
  const { named, right, types } = atThreshold(cells, 0.6);
  assert.deepEqual(named, { count: 3, of: 4, share: 0.75, interval: wilsonInterval(3, 4) });
  assert.deepEqual(right, { count: 2, of: 3, share: 2 / 3, interval: wilsonInterval(2, 3) });
  assert.deepEqual(types.map((type) => [type.named.count, type.named.of, type.right.count]), [[1, 2, 1], [2, 2, 1]]);
});

test('each type may have its own, by the likeliest type', () => {
  const { named, right } = atThreshold(cells, [0.5, 0.7]);
  assert.deepEqual([named.count, right.count, right.of], [3, 2, 3]);
});

test('of nothing named no share is right, and nothing is known', () => {
  const { named, right } = atThreshold(cells, 1);
  assert.deepEqual(named, { count: 0, of: 4, share: 0, interval: wilsonInterval(0, 4) });
  assert.deepEqual(right, { count: 0, of: 0, share: null, interval: [0, 1] });
});

test('weights count as the cells they stand for, and widen the interval to that of as many equal cells', () => {
  const { named } = atThreshold({ ...cells, weights: Float64Array.of(3, 1, 1, 1) }, 0.8);
  // (3 + 1 + 1 + 1)² / (9 + 1 + 1 + 1) = 3 cells.
  assert.deepEqual([named.count, named.of, named.share], [3, 6, 0.5]);
  assert.deepEqual(named.interval, wilsonInterval(1.5, 3));
  assert.deepEqual(atThreshold({ ...cells, weights: Float64Array.of(0.1, 0.2, 0.3, 0.7) }, 0).named.interval[1], 1);
});
