/** Learning new types as the built core does it, against the numbers that the native core gives for the same cells. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Classifier, CytodropCore, ErrorCode, Lessons, Result } from '#cytodrop_core';
import type { EncoderSpec } from '../../src/js/model/encoder.ts';
import { bytesOf, floatsOf, jsonOf, largestDifference, openModule, valueOf } from './fixtures.ts';
import { bitsOfLearning, type GoldenLessons, lessonsOf } from './golden_lessons.ts';

const folder = 'tests/golden/learn';
const golden = jsonOf<GoldenLessons>(`${folder}/cases.json`);
const features = floatsOf(`${folder}/features.f32`);
const turned = floatsOf(`${folder}/turned.f32`);
const lessons = lessonsOf(golden, features, turned, false);
const width = golden.blocks.reduce((sum, block) => sum + block, 0);
const cells = golden.learned;

let core: CytodropCore;
before(async () => { core = await openModule(); });
after(() => assert.equal(core.live_objects(), 0));

function assertRefused(result: Result<unknown>, words: RegExp, code: ErrorCode = 'invalid_argument'): void {
  assert.ok(!result.ok && result.code === code && words.test(result.message), JSON.stringify(result));
}

/** Calls as a program without types would. */
function untyped(name: keyof CytodropCore, ...values: unknown[]): Result<unknown> {
  return (core[name] as unknown as (...values: unknown[]) => Result<unknown>)(...values);
}

function softmax(logits: readonly number[]): number[] {
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

describe('heads', () => {
  for (const { strength, has_known: hasKnown, probabilities } of golden.heads) {
    test(`of strength ${strength}${hasKnown ? ' towards a known one' : ''} equal ${hasKnown ? 'scipy' : 'scikit-learn'}'s`, () => {
      const head = valueOf(core.learn_head(lessonsOf(golden, features, turned, hasKnown), strength));
      assert.deepEqual([head.weights.constructor, head.weights.length, head.bias.length, head.strength], [Float32Array, golden.types * width, golden.types, strength]);
      const found = golden.labels.slice(cells).flatMap((_, i) => softmax(Array.from(head.bias, (bias, type) => {
        const row = features.subarray((cells + i) * width, (cells + i + 1) * width);
        return row.reduce((sum, value, j) => sum + value * (head.weights[type * width + j] as number), bias) + (hasKnown ? (golden.known[cells + i]?.[type] as number) : 0);
      })));
      assert.ok(largestDifference(found, probabilities) <= 5e-4);
    });
  }

  test('have a strength of the core\'s choice where none is given, and none where labels say nothing of what is known', () => {
    const chosen = valueOf(core.learn_head(lessons, null));
    assert.ok([3, 10, 30, 100, 300].includes(chosen.strength));
    assert.deepEqual(valueOf(core.learn_head(lessons, chosen.strength)), chosen);
    const kept = valueOf(core.learn_head({ ...lessons, labels: lessons.labels.map((_, i) => (5 * i + (i >> 2)) % 3), known: new Float64Array(3 * cells) }, null));
    assert.deepEqual([kept.strength, kept.weights.every((weight) => weight === 0), kept.bias.every((bias) => bias === 0)], [0, true, true]);
  });
});

describe('a plan', () => {
  test('has parts, and no group in two of them', () => {
    const plan = valueOf(core.plan_lessons(lessons));
    assert.deepEqual([plan.alike, plan.groups, plan.parts, plan.is_grouped], [[], lessons.groups, 3, true]);
    const parts = Array.from({ length: plan.parts }, (_, part) => valueOf(core.leave_part_out(lessons, part)));
    assert.deepEqual(parts.flatMap((part) => [...part.cells]).sort((a, b) => a - b), [...golden.labels.slice(0, cells).keys()]);
    const groupsOf = parts.map((part) => new Set([...part.cells].map((cell) => lessons.groups[cell])));
    assert.equal(groupsOf.reduce((sum, { size }) => sum + size, 0), new Set(lessons.groups).size);
    for (const part of parts) {
      assert.deepEqual([part.logits.length, part.distances.length, part.curve.length], [3 * part.cells.length, part.cells.length, 3]);
      assert.equal(part.curve[2]?.learned_from, cells - part.cells.length);
      assert.ok(part.distances.every((distance) => distance > 0 && distance < 1e3) && part.logits.every(Number.isFinite));
    }
  });

  test('finds copies, and puts them into one group', () => {
    const copied = { ...lessons, features: Float32Array.from(lessons.features) };
    copied.features.copyWithin(35 * width, 0, width);
    const plan = valueOf(core.plan_lessons(copied));
    assert.deepEqual(plan.alike, [[0, 35]]);
    assert.equal(plan.groups[35], plan.groups[0]);
  });

  test('has no parts where a type has one cell', () => {
    const one = { ...lessons, labels: Int32Array.from(lessons.labels, (_, i) => Number(i === 0)), types: 2 };
    const plan = valueOf(core.plan_lessons(one));
    assert.deepEqual([plan.parts, plan.is_grouped], [0, false]);
    assertRefused(core.leave_part_out(one, 0), /no such part/);
    assert.equal(valueOf(core.learn_head(one, null)).strength, 100);
  });
});

test('a kind is the tensors of a novelty file, with a threshold where there are distances', () => {
  const kind = valueOf(core.learn_kind(lessons, Float64Array.of(1, 3, 2)));
  const { dimensions } = kind;
  assert.ok(dimensions >= 1 && dimensions <= width);
  assert.deepEqual([kind.mean, kind.feature_scale, kind.feature_limit, kind.basis, kind.scale, kind.class_means].map(({ length }) => length), [width, width, width, dimensions * width, dimensions, golden.types * dimensions]);
  assert.ok(Math.abs((kind.threshold ?? NaN) - (3 * 8) / 7) < 1e-12 && kind.residual_scale > 0);
  assert.equal(valueOf(core.learn_kind(lessons, new Float64Array())).threshold, null);
  assertRefused(core.learn_kind(lessons, Float64Array.of(1, NaN)), /distance/);
  assertRefused(core.learn_kind(lessons, Float64Array.of(-1)), /distance/);
  assertRefused(untyped('learn_kind', lessons, [1, 2]), /distances must be a Float64Array/);
});

test('a temperature follows the logits', () => {
  const logits = Float64Array.from({ length: 60 }, (_, i) => ((i * 7919) % 13) / 4), labels = Int32Array.from({ length: 20 }, (_, i) => (i * 31) % 3);
  for (let i = 0; i < 16; i++) logits[3 * i + (labels[i] as number)] = 4;
  const found = valueOf(core.fit_temperature(logits, labels, 3));
  assert.ok(found > 0.06 && found < 6);
  assert.ok(Math.abs(valueOf(core.fit_temperature(logits.map((logit) => 3 * logit), labels, 3)) / (3 * found) - 1) < 1e-4);
  assertRefused(core.fit_temperature(logits, labels, 4), /each type for every cell/);
  assertRefused(core.fit_temperature(logits, labels, 1), /types/);
  assertRefused(core.fit_temperature(new Float64Array(), new Int32Array(), 3), /each type for every cell/);
  assertRefused(core.fit_temperature(logits, labels.map((label) => label + 1), 3), /no type/);
  assertRefused(core.fit_temperature(logits.map(() => NaN), labels, 3), /not finite/);
  assertRefused(untyped('fit_temperature', logits, [...labels], 3), /labels must be a Int32Array/);
});

test('every bit is the native core\'s', () => {
  const expected = new Float64Array(bytesOf(`${folder}/bits.f64`).slice().buffer);
  const found = bitsOfLearning(core, lessons);
  assert.equal(found.length, expected.length);
  assert.deepEqual(Buffer.from(found.buffer), Buffer.from(expected.buffer));
});

describe('lessons that are refused', () => {
  const wrong: [string, Partial<Record<keyof Lessons, unknown>>, RegExp][] = [
    ['features of another type', { features: [...lessons.features] }, /features must be a Float32Array/],
    ['labels of another type', { labels: [...lessons.labels] }, /labels must be a Int32Array/],
    ['groups of another type', { groups: undefined }, /groups must be a Int32Array/],
    ['known logits of another type', { known: new Float32Array(cells * 3) }, /known must be a Float64Array/],
    ['blocks of another type', { blocks: 12 }, /blocks must be a Int32Array/],
    ['a feature too few', { features: lessons.features.subarray(1) }, /features, a label and a group/],
    ['a label too few', { labels: lessons.labels.subarray(1) }, /features, a label and a group/],
    ['a group too few', { groups: lessons.groups.subarray(1) }, /features, a label and a group/],
    ['a variance too few', { turned: lessons.turned.subarray(1) }, /turns' variance/],
    ['a known logit too few', { known: new Float64Array(cells * 3 - 1) }, /known logits/],
    ['no cells', { labels: new Int32Array(), groups: new Int32Array(), features: new Float32Array(), turned: new Float32Array() }, /cells of two types/],
    ['no blocks', { blocks: new Int32Array() }, /blocks must come to/],
    ['a block of none', { blocks: Int32Array.of(12, 0) }, /blocks of at least one/],
    ['blocks that overflow', { blocks: Int32Array.of(2 ** 31 - 1, 2 ** 31 - 1, 14) }, /blocks/],
    ['a label that is no type', { labels: lessons.labels.map((label) => label + 1) }, /no type/],
    ['a label below 0', { labels: lessons.labels.map((label) => label - 1) }, /no type/],
    ['one type', { types: 1 }, /types must be a whole number from 2 to 64/],
    ['too many types', { types: 65 }, /types must be a whole number from 2 to 64/],
    ['no number of types', { types: 'three' }, /types must be a whole number/],
    ['a feature that is no number', { features: lessons.features.map((value, i) => (i === 5 ? NaN : value)) }, /not finite/],
    ['an infinite variance', { turned: lessons.turned.map((value, i) => (i === 5 ? Infinity : value)) }, /not finite/],
    ['a variance below 0', { turned: lessons.turned.map((value, i) => (i === 5 ? -1 : value)) }, /below 0/],
    ['a known logit that is no number', { known: new Float64Array(cells * 3).fill(NaN) }, /not finite/],
  ];
  for (const [what, change, words] of wrong) {
    test(what, () => {
      const given = { ...lessons, ...change } as Lessons;
      for (const result of [core.plan_lessons(given), core.leave_part_out(given, 0), core.learn_head(given, 1), core.learn_kind(given, new Float64Array())]) assertRefused(result, words);
    });
  }

  test('nothing at all, parts and strengths that there are not, more cells than fit', () => {
    for (const nothing of [null, undefined]) {
      assertRefused(untyped('plan_lessons', nothing), /lessons must be an object/);
      for (const entry of ['leave_part_out', 'learn_head', 'learn_kind'] as const) assertRefused(untyped(entry, nothing, 0), /lessons must be an object/);
    }
    for (const nothing of [5, 'lessons', []]) assertRefused(untyped('plan_lessons', nothing), /must be a Int32Array/);
    for (const part of [-1, 3, 1.5, NaN, null, '0']) assertRefused(untyped('leave_part_out', lessons, part), /part/);
    for (const strength of [-1, NaN, Infinity, undefined, '1']) assertRefused(untyped('learn_head', lessons, strength), /strength must be a number/);
    assertRefused(core.plan_lessons({ ...lessons, labels: new Int32Array(20_001) }), /20000 cells/, 'too_large');
  });
});

describe('cells for an encoder', () => {
  const encoder = 'models/cell-encoder';
  const specJson = new TextDecoder().decode(bytesOf(`${encoder}/spec.json`));
  const spec = JSON.parse(specJson) as EncoderSpec & { input: { width_px: number } };
  const side = spec.input.width_px;
  const count = spec.networks.reduce((sum, { features: own }) => sum + own, 0) + spec.measurements.names.length;
  /** Two pictures: a bright disc off the middle, and stripes. */
  const pictures = Float32Array.from({ length: 2 * 3 * side * side }, (_, i) => {
    const x = i % side, y = Math.floor(i / side) % side;
    return i < 3 * side * side ? (Math.hypot(x - 50, y - 64) < 30 ? 200 : 90) : 60 + 40 * ((x >> 3) & 1);
  });
  let loaded: Classifier;
  before(() => {
    loaded = new core.Classifier();
    valueOf(loaded.load_encoder(specJson, spec.networks.map(({ file }) => bytesOf(`${encoder}/${file}`))));
  });
  after(() => loaded.delete());

  test('lessons are mean and variance over the turns, maps have the same means', () => {
    const shape = [2, 3, side, side];
    const found = valueOf(loaded.encode_lessons(pictures, shape));
    assert.deepEqual([found.features.length, found.turned.length], [2 * count, 2 * count]);
    assert.ok(found.turned.every((variance) => variance >= 0) && found.turned.some((variance) => variance > 0));
    const measured = spec.measurements.names.length;
    assert.ok(found.turned.subarray(count - measured, count).every((variance) => variance === 0), 'measurements do not change with the turns');
    const maps = valueOf(loaded.encode_maps(pictures, shape));
    assert.deepEqual([maps.shape, maps.data.length], [[2, count, spec.grid, spec.grid], 2 * count * spec.grid ** 2]);
    const plane = spec.grid ** 2;
    found.features.forEach((value, i) => {
      const mean = maps.data.subarray(i * plane, (i + 1) * plane).reduce((sum, one) => sum + one, 0) / plane;
      assert.ok(Math.abs(mean - value) <= 1e-4 * Math.max(1, Math.abs(value)), `feature ${i}: ${mean}, not ${value}`);
    });
    const alone = valueOf(loaded.encode_lessons(pictures.subarray(3 * side * side), [1, 3, side, side]));
    assert.deepEqual(alone.features, found.features.subarray(count));
  });

  test('pictures of another size, type or number are refused', () => {
    const one = pictures.subarray(0, 3 * side * side);
    for (const entry of ['encode_lessons', 'encode_maps'] as const) {
      const call = (...values: unknown[]): Result<unknown> => (loaded[entry] as unknown as (...values: unknown[]) => Result<unknown>).apply(loaded, values);
      assertRefused(call([...one], [1, 3, side, side]), /tensor must be a Float32Array/);
      assertRefused(call(one, [2, 3, side, side]), /as many values as its shape says/);
      assertRefused(call(one, [1, 3, side]), /list of 4 numbers/);
      assertRefused(call(one, [0, 3, side, side]), /shape\[0\]/);
      assertRefused(call(one.subarray(0, 3 * 64 * 64), [1, 3, 64, 64]), /picture of 3 × 128 × 128/);
      const empty = new core.Classifier();
      assertRefused((empty[entry] as unknown as (...values: unknown[]) => Result<unknown>).call(empty, one, [1, 3, side, side]), /no encoder/, 'model_not_loaded');
      empty.delete();
    }
    assert.equal(core.live_objects(), 1);
  });
});
