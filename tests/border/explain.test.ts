/** Turned pictures and deletion curves across the border: plain numbers, and what is refused. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Classifier, CytodropCore, Result } from '#cytodrop_core';
import { openModule, valueOf } from './fixtures.ts';

let core: CytodropCore;
let classifier: Classifier;

before(async () => {
  core = await openModule();
  classifier = new core.Classifier();
});
after(() => classifier.delete());

function assertRefused(result: Result<unknown>, code: string): void {
  assert.ok(!result.ok && result.code === code && result.message.length > 10, JSON.stringify(result));
}

const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => i + 1);

describe('turn', () => {
  test('gives the other seven ways of a square, none of them a view', () => {
    const { data, shape } = valueOf(classifier.turn(numbers(4), [1, 1, 2, 2]));
    assert.deepEqual(shape, [7, 1, 2, 2]);
    assert.deepEqual(Array.from(data), [3, 1, 4, 2, 4, 3, 2, 1, 2, 4, 1, 3, 2, 1, 4, 3, 4, 2, 3, 1, 3, 4, 1, 2, 1, 3, 2, 4]);
    assert.equal(data.buffer.byteLength, data.byteLength);
  });

  test('gives three of an oblong', () => assert.deepEqual(valueOf(classifier.turn(numbers(12), [1, 2, 2, 3])).shape, [3, 2, 2, 3]));

  test('refuses what is no single input', () => {
    for (const shape of [[2, 1, 2, 1], [1, 1, 2], [1, 1, 3, 3], [1, 0, 2, 2], 'shape', null]) {
      assertRefused(classifier.turn(numbers(4), shape as number[]), 'invalid_argument');
    }
    assertRefused(classifier.turn([1, 2, 3, 4] as unknown as Float32Array, [1, 1, 2, 2]), 'invalid_argument');
  });
});

describe('agreement', () => {
  test('counts the pictures that say the same', () => {
    const found = valueOf(classifier.agreement(Float64Array.of(0.75, 0.25, 0.25, 0.75, 0.5, 0.5), 2, 0));
    assert.deepEqual(found, { agree: 2, of: 3, least_probability: 0.25, mean_probability: 0.5 });
  });

  test('refuses a class that there is not', () => {
    assertRefused(classifier.agreement(Float64Array.of(0.75, 0.25), 2, 2), 'invalid_argument');
    assertRefused(classifier.agreement(Float64Array.of(0.75, 0.25, 0.1), 2, 0), 'invalid_argument');
    assertRefused(classifier.agreement(Float32Array.of(0.75, 0.25) as unknown as Float64Array, 2, 0), 'invalid_argument');
  });
});

describe('delete_regions', () => {
  const map = Float32Array.of(1, 4, 2, 3);

  test('deletes the hottest region first and everything in the end', () => {
    const { data, shape } = valueOf(classifier.delete_regions(numbers(16), [1, 1, 4, 4], map, 2, 2, 0));
    assert.deepEqual(shape, [4, 1, 4, 4]);
    assert.deepEqual(Array.from(data.subarray(0, 16)), [1, 2, 4, 4, 5, 6, 4, 4, 9, 10, 11, 12, 13, 14, 15, 16]);
    assert.deepEqual(Array.from(data.subarray(48)), Array(16).fill(4));
  });

  test('every order ends with nothing left, and they differ', () => {
    const middles = new Set<string>();
    for (let order = 0; order < core.deletion_orders(); order++) {
      const { data } = valueOf(classifier.delete_regions(numbers(256), [1, 1, 16, 16], new Float32Array(16), 4, 4, order));
      assert.deepEqual(new Set(data.subarray(15 * 256)), new Set([data[15 * 256]]));
      middles.add(data.subarray(7 * 256, 8 * 256).join());
    }
    assert.ok(middles.size > core.deletion_orders() / 2, `${middles.size}`);
  });

  test('refuses a map with too little to compare, one that does not fit, and an order that there is not', () => {
    const ask = (some: Float32Array, height: number, width: number, order = 0) => classifier.delete_regions(numbers(16), [1, 1, 4, 4], some, height, width, order);
    assertRefused(ask(numbers(3), 1, 3), 'unsupported_feature');
    assertRefused(ask(numbers(25), 5, 5), 'invalid_argument');
    assertRefused(ask(map, 2, 3), 'invalid_argument');
    assertRefused(ask(map.map(() => NaN), 2, 2), 'invalid_argument');
    for (const order of [-1, 0.5, core.deletion_orders()]) assertRefused(ask(map, 2, 2, order), 'invalid_argument');
  });
});

describe('deletion', () => {
  test('draws and compares the curves', () => {
    const probabilities = [0, 0, 0, 0, 1, 0, 0, 0, ...Array.from({ length: core.deletion_orders() - 2 }, () => [1, 1, 1, 0]).flat()];
    const found = valueOf(classifier.deletion(1, Float64Array.from(probabilities), 4));
    assert.deepEqual(Array.from(found.shares), [0, 0.25, 0.5, 0.75, 1]);
    assert.deepEqual(Array.from(found.by_map), [1, 0, 0, 0, 0]);
    assert.deepEqual([found.map_area, found.middle_area, found.beaten, found.random_orders, found.explains], [0.125, 0.375, 19, 19, 'clearly']);
    assert.ok(Math.abs(found.random_area - 0.875) < 1e-12);
  });

  test('refuses too few probabilities and what is none', () => {
    assertRefused(classifier.deletion(1, new Float64Array(83), 4), 'invalid_argument');
    assertRefused(classifier.deletion(1, new Float64Array(84).fill(2), 4), 'invalid_argument');
    assertRefused(classifier.deletion(NaN, new Float64Array(84), 4), 'invalid_argument');
  });
});

test('nothing is left behind', () => {
  const ask = (): void => {
    valueOf(classifier.turn(numbers(3 * 64 * 64), [1, 3, 64, 64]));
    valueOf(classifier.delete_regions(numbers(3 * 64 * 64), [1, 3, 64, 64], numbers(16), 4, 4, 0));
  };
  for (let i = 0; i < 20; i++) ask();
  const bytes = core.heap_bytes();
  for (let i = 0; i < 200; i++) ask();
  assert.equal(core.heap_bytes(), bytes);
});
