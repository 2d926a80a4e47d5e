/** What the benchmark of the rivals must not lose: nothing of theirs in the product, versions that do not move, our network unchanged in the form that they take. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifierOnnx, tensorFlowFiles, type TensorFlowNetwork } from '../bench/peers/forms.ts';
import { bytesOfWeights, layersOf, reordered } from '../bench/peers/layers.ts';
import { bytesOf, floatsOf, goldenCases, jsonOf, largestDifference, model } from '../border/fixtures.ts';
import { openEngine } from '../cli/fixtures.ts';
import { readModel } from '../../src/js/model/model_files.ts';

interface Package { dependencies: Record<string, string>; devDependencies?: Record<string, string> }

const peers = jsonOf<Package>('tests/bench/peers/package.json').dependencies;
const files = await readModel((file) => Promise.resolve(bytesOf(`${model}/${file}`)));
const layered = layersOf(files);

describe('the rivals of npm run bench:peers', () => {
  test('have exact versions, those of the lock', () => {
    const { packages } = jsonOf<{ packages: Record<string, { version?: string; dependencies?: Record<string, string> }> }>('tests/bench/peers/package-lock.json');
    assert.ok(Object.keys(peers).length >= 7);
    assert.deepEqual(packages['']?.dependencies, peers);
    for (const [name, version] of Object.entries(peers)) assert.equal(packages[`node_modules/${name}`]?.version, version);
  });

  test('are no dependency of the product, nor of anything that it depends on', () => {
    const { packages } = jsonOf<{ packages: Record<string, unknown> }>('package-lock.json');
    const own = jsonOf<Package>('package.json');
    for (const name of Object.keys(peers)) {
      assert.ok(!(name in own.dependencies) && !(name in (own.devDependencies ?? {})), name);
      // onnxruntime-web brings its reader of flat buffers with it.
      if (name !== 'flatbuffers') assert.ok(!(`node_modules/${name}` in packages), name);
    }
  });

  test('get our network: pooling and head in the file give the golden logits', async () => {
    const engine = openEngine();
    await engine.load(classifierOnnx(files, layered.dense), { input: 'pixel_values', output: 'logits' });
    assert.ok(goldenCases.length >= 3);
    for (const { tensor, tensor_shape, logits } of goldenCases) {
      const found = await engine.run({ data: floatsOf(`${model}/golden/${tensor}`), shape: tensor_shape });
      assert.deepEqual(found.shape, [1, logits.length]);
      assert.ok(largestDifference(found.data, logits) < 1e-3, `${tensor}: ${largestDifference(found.data, logits)}`);
    }
    await engine.release();
  });

  test('get every weight of it once, halves as halves', () => {
    const made = tensorFlowFiles(layered, ['a']);
    const { layers, dense } = JSON.parse(new TextDecoder().decode(made['network.json'])) as TensorFlowNetwork;
    const count = [...layers.flatMap(({ weight, bias }) => (weight && bias ? [weight, bias] : [])), dense.weight, dense.bias]
      .reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
    const head = files.spec.head.layers.reduce((sum, { inputs, outputs }) => sum + (inputs + 1) * outputs, 0);
    assert.equal(count, (files.spec.network.parameters ?? 0) + head);
    assert.equal(layers.length, 62);
    const half = { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6), isHalf: true };
    assert.deepEqual(reordered(half, [1, 0]), { shape: [3, 2], values: Float32Array.of(1, 4, 2, 5, 3, 6), isHalf: true });
    assert.deepEqual([...bytesOfWeights(half).subarray(0, 4)], [0x00, 0x3c, 0x00, 0x40]);
  });
});
