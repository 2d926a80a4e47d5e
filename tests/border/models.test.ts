/** The model folder is the contract: each spec against the schema, each file against the spec. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { bytesOf, jsonOf, modelsOfKind } from './fixtures.ts';
import type { DetectorSpec } from '../../src/js/model/detector.ts';
import type { EncoderSpec } from '../../src/js/model/encoder.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';

const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
const specSchema = jsonOf<object>('models/spec.schema.json');
const matches = ajv.compile<ModelSpec>(specSchema);
ajv.addSchema(specSchema, 'spec.schema.json');
const matchesDetector = ajv.compile<DetectorSpec>(jsonOf('models/detector.schema.json'));
const matchesEncoder = ajv.compile<EncoderSpec>(jsonOf('models/encoder.schema.json'));
const names = modelsOfKind('classifier');

test('the schema takes all that a spec may state', () => {
  const full = jsonOf<object>('tests/golden/tiny-shapes/spec.json');
  assert.ok(matches(full), ajv.errorsText(matches.errors));
  assert.ok(!matches({ ...full, novelty: { file: 'novelty.safetensors' } }));
  assert.ok(!matches({ ...full, normalisation: { rule: 'corner_median_spread', corner_px: 0, least_spread: 1 } }));
});

test('there is a model', () => assert.ok(names.length > 0));

for (const name of names) {
  describe(`models/${name}`, () => {
    const spec = jsonOf<ModelSpec>(`models/${name}/spec.json`);

    test('spec.json follows the schema', () => assert.ok(matches(spec), ajv.errorsText(matches.errors)));

    test('the folder is called as the model', () => assert.equal(spec.name, name));

    test('classes have letters of their own', () => {
      assert.equal(new Set(spec.classes.map(({ letter }) => letter)).size, spec.classes.length);
      assert.equal(new Set(spec.classes.map(({ id }) => id)).size, spec.classes.length);
    });

    test('network, head and novelty file are the ones the spec names', () => {
      for (const { file, sha256 } of [spec.network, spec.head, ...(spec.novelty ? [spec.novelty] : [])]) {
        assert.equal(createHash('sha256').update(bytesOf(`models/${name}/${file}`)).digest('hex'), sha256, file);
      }
      assert.equal(bytesOf(`models/${name}/${spec.network.file}`).length, spec.network.bytes);
    });

    test('the confusion matrix adds up to the stated figures', () => {
      const { confusion, images, correct, accuracy } = spec.metrics.test ?? assert.fail('never measured');
      assert.equal(confusion.flat().reduce((sum, count) => sum + count), images);
      assert.equal(confusion.reduce((sum, row, i) => sum + (row[i] ?? 0), 0), correct);
      assert.ok(Math.abs(accuracy - correct / images) < 5e-5);
    });

    test('there is a card', () => assert.ok(bytesOf(`models/${name}/card.md`).length > 500));
  });
}

test('there is a detector for each kind of cells', () => assert.deepEqual(modelsOfKind('detector'), ['adherent', 'round']));

for (const name of modelsOfKind('detector')) {
  describe(`models/${name}`, () => {
    const spec = jsonOf<DetectorSpec>(`models/${name}/spec.json`);

    test('spec.json follows the schema of detectors, and not that of classifiers', () => {
      assert.ok(matchesDetector(spec), ajv.errorsText(matchesDetector.errors));
      assert.ok(!matches(spec));
      assert.ok(!matchesDetector({ ...(spec as object), threshold: 1.5 }));
    });

    test('the network is the one the spec names, and small', () => {
      const network = bytesOf(`models/${name}/${spec.network.file}`);
      assert.equal(createHash('sha256').update(network).digest('hex'), spec.network.sha256);
      assert.equal(network.length, spec.network.bytes);
      assert.ok(network.length <= 2_000_000);
      assert.equal(spec.name, name);
    });

    test('there is a card', () => assert.ok(bytesOf(`models/${name}/card.md`).length > 500));
  });
}

describe('models/cell-encoder', () => {
  const spec = jsonOf<EncoderSpec>('models/cell-encoder/spec.json');

  test('is the one encoder, and follows the schema of encoders alone', () => {
    assert.deepEqual([modelsOfKind('encoder'), spec.name], [['cell-encoder'], 'cell-encoder']);
    assert.ok(matchesEncoder(spec), ajv.errorsText(matchesEncoder.errors));
    assert.ok(!matches(spec) && !matchesDetector(spec));
    assert.ok(matchesEncoder({ ...(spec as object), turns: 8 }) && !matchesEncoder({ ...(spec as object), turns: 5 }));
  });

  test('the networks are the ones the spec names, small, and say whose they are', () => {
    for (const { file, sha256, bytes, licence, features, last } of spec.networks) {
      const network = bytesOf(`models/cell-encoder/${file}`);
      assert.deepEqual([createHash('sha256').update(network).digest('hex'), network.length], [sha256, bytes]);
      assert.ok(bytes <= 1_000_000 && last < features && licence.length > 0);
    }
  });

  test('measurements have names of their own', () => assert.equal(new Set(spec.measurements.names).size, spec.measurements.names.length));

  test('there is a card', () => assert.ok(bytesOf('models/cell-encoder/card.md').length > 500));
});
