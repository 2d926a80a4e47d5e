/** Features for new types as the built core computes them, against what Python wrote. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Classifier, CytodropCore, Result } from '#cytodrop_core';
import type { EncoderSpec } from '../../src/js/model/encoder.ts';
import { bytesOf, floatsOf, jsonOf, openModule, valueOf } from './fixtures.ts';

const folder = 'models/cell-encoder';
const specJson = new TextDecoder().decode(bytesOf(`${folder}/spec.json`));
const spec = JSON.parse(specJson) as EncoderSpec;
const networks = spec.networks.map(({ file }) => bytesOf(`${folder}/${file}`));
const { cases } = jsonOf<{ cases: { image: string; turns: number; features: string; shape: number[] }[] }>('tests/golden/encoder/cases.json');
const picture = (image: string): Uint8Array => bytesOf(`tests/golden/prepare/${image}`);

let core: CytodropCore;
let loaded: Classifier;
before(async () => {
  core = await openModule();
  loaded = new core.Classifier();
  valueOf(loaded.load_encoder(specJson, networks));
});
after(() => {
  loaded.delete();
  assert.equal(core.live_objects(), 0);
});

describe('features', () => {
  for (const { image, turns, features, shape } of cases) {
    test(`of ${image} equal Python's`, () => {
      const found = valueOf(loaded.encode(picture(image), 8));
      const expected = floatsOf(`tests/golden/encoder/${features}`);
      assert.deepEqual([found.shape, found.data.length, expected.length], [[8, shape[1]], 8 * (shape[1] as number), turns * (shape[1] as number)]);
      for (const [i, value] of expected.entries()) assert.ok(Math.abs((found.data[i] as number) - value) <= 5e-4 * Math.max(1, Math.abs(value)), `feature ${i}: ${found.data[i]}, not ${value}`);
    });

    test(`of ${image} are the same bits again, and the first turn is the picture as it is`, () => {
      const [one, again, ...fewer] = [8, 8, 4, 1].map((asked) => valueOf(loaded.encode(picture(image), asked)).data) as [Float32Array, Float32Array, Float32Array, Float32Array];
      assert.deepEqual(one, again);
      for (const first of fewer) assert.deepEqual(one.subarray(0, first.length), first);
    });
  }
});

describe('what is refused', () => {
  const refused = (result: Result<unknown>, code: string, words: RegExp): void => {
    assert.ok(!result.ok && result.code === code && words.test(result.message), JSON.stringify(result));
  };

  test('pictures before an encoder is loaded', () => {
    const empty = new core.Classifier();
    refused(empty.encode(picture('rgb_1x1.png'), 1), 'model_not_loaded', /no encoder/);
    empty.delete();
  });

  test('files that are no image, and turns that there are not', () => {
    refused(loaded.encode(new Uint8Array(64), 1), 'unsupported_format', /./);
    for (const turns of [0, 2, 9, 1.5]) refused(loaded.encode(picture('rgb_1x1.png'), turns), 'invalid_argument', /turns/);
  });

  test('encoders with a wrong spec, a file too few or a damaged one; the one before stays', () => {
    const before = valueOf(loaded.encode(picture('rgb_1x1.png'), 1)).data;
    refused(loaded.load_encoder('{}', networks), 'invalid_model', /encoder's spec/);
    refused(loaded.load_encoder(specJson, networks.slice(1)), 'invalid_model', /each of its networks/);
    refused(loaded.load_encoder(specJson, [bytesOf('models/round/network.onnx'), bytesOf('models/round/network.onnx')]), 'invalid_model', /./);
    refused(loaded.load_encoder(specJson, networks.map((network) => network.subarray(0, 5000))), 'invalid_model', /./);
    refused((loaded.load_encoder as (spec: string, of: unknown) => Result<null>)(specJson, 7), 'invalid_argument', /list of Uint8Array/);
    assert.deepEqual(valueOf(loaded.encode(picture('rgb_1x1.png'), 1)).data, before);
  });
});
