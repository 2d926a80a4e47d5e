/** Network, head and pipeline under Node against what the training code computed. */
import assert from 'node:assert/strict';
import { after, before, describe, mock, test } from 'node:test';
import { bytesOf, floatsOf, goldenCases, head, largestDifference, model, novelty, spec, specJson, tinyCases, tinyModel, tinySpec } from '../border/fixtures.ts';
import { openEngine } from '../cli/fixtures.ts';
import type { Engines } from '../../src/js/classify/engines.ts';
import type { ClassifiedCell, Outcome } from '../../src/js/classify/outcome.ts';
import { Pipeline } from '../../src/js/classify/pipeline.ts';
import { Core } from '../../src/js/core/core.ts';
import type { Engine } from '../../src/js/core/engine.ts';
import { refuseSize, unreadFile } from '../../src/js/core/errors.ts';
import type { OnnxRuntimeEngine } from '../../src/js/core/onnxruntime.ts';
import { type ModelFiles, readModel } from '../../src/js/model/model_files.ts';

const coreWasm = bytesOf('build/wasm/cytodrop_core.wasm');
const images = goldenCases.map(({ image }) => bytesOf(`${model}/golden/${image}`));
const readFile = (file: string) => Promise.resolve(bytesOf(`${model}/${file}`));
const readTiny = (file: string) => Promise.resolve(bytesOf(`${tinyModel}/${file}`));
let engine: OnnxRuntimeEngine;
let byCore: Pipeline;
let byOnnxRuntime: Pipeline;

before(async () => {
  engine = openEngine();
  byCore = await Pipeline.open(await readModel(readFile), coreWasm, { force: undefined, openOnnxRuntime: () => assert.fail('not needed') });
  byOnnxRuntime = await Pipeline.open(await readModel(readFile), coreWasm, forcing(engine));
});

after(async () => {
  byCore.close();
  byOnnxRuntime.close();
  await engine.release();
});

function forcing(other: Engine): Engines {
  return { force: 'onnxruntime', openOnnxRuntime: () => Promise.resolve(other) };
}

function cells(outcomes: Outcome[]): ClassifiedCell[] {
  return outcomes.map((outcome) => (outcome.status === 'ok' ? outcome : assert.fail(`${outcome.code}: ${outcome.message}`)));
}

describe('golden images', () => {
  for (const golden of goldenCases) {
    describe(golden.image, () => {
      test('tensor, features, logits, probabilities, map and verdict', async () => {
        const core = await Core.open(coreWasm);
        try {
          core.loadModel(specJson, head, novelty);
          const prepared = core.prepare(bytesOf(`${model}/golden/${golden.image}`));
          const { tensor, shape } = prepared;
          const expected = floatsOf(`${model}/golden/${golden.tensor}`);
          assert.deepEqual(shape, golden.tensor_shape);
          assert.ok(largestDifference(tensor, expected) <= 1e-5 * (Math.max(...expected) - Math.min(...expected)), 'tensor');
          core.loadNetwork(bytesOf(`${model}/${spec.network.file}`), spec.network);
          const features = core.runNetwork({ data: tensor, shape });
          const oracle = await engine.run({ data: tensor, shape });
          for (const { data, shape: featuresShape } of [features, oracle]) {
            assert.deepEqual(featuresShape, golden.features_shape);
            assert.ok(largestDifference(data, floatsOf(`${model}/golden/${golden.features}`)) <= 1e-3, 'features');
          }
          assert.ok(largestDifference(features.data, oracle.data) <= 1e-4, 'features of the two engines');
          const [verdict] = core.judge(features, prepared.measures);
          assert.ok(verdict);
          assert.ok(largestDifference(verdict.logits, golden.logits) <= 1e-3, 'logits');
          assert.ok(largestDifference(verdict.probabilities, golden.probabilities) <= 1e-4, 'probabilities');
          assert.equal(spec.classes[verdict.class_index]?.id, golden.label);
          assert.equal(verdict.unsure, golden.unsure);
          if (golden.novelty !== undefined) assert.ok(Math.abs((verdict.novelty ?? NaN) - golden.novelty) <= 1e-4 * golden.novelty, 'novelty');
          assert.equal(verdict.foreign, golden.foreign ?? false);
          const size = golden.map.height * golden.map.width;
          const map = verdict.maps.subarray(verdict.class_index * size, (verdict.class_index + 1) * size);
          assert.ok(largestDifference(map, golden.map.values) <= 1e-2, 'map');
        } finally {
          core.close();
        }
      });
    });
  }

  test('the self-test passes with either engine', () => {
    for (const { selfTest } of [byCore, byOnnxRuntime]) {
      assert.equal(selfTest.passed, true);
      assert.ok(selfTest.maxLogitDifference <= 1e-3);
    }
  });

  test('the self-test fails where the golden logits are others', async () => {
    const files = await readModel(readFile);
    files.golden.logits = files.golden.logits.map((logit) => logit + 0.01);
    const opened = await Pipeline.open(files, coreWasm, forcing(engine));
    opened.close();
    assert.equal(opened.selfTest.passed, false);
  });
});

describe('the engine', () => {
  test('is the core where it can run the network, and says so', () => {
    assert.equal(byCore.runtime.engine.kind, 'core');
    assert.equal(byCore.runtime.engineReason, 'it can run this network');
    assert.equal(byOnnxRuntime.runtime.engine.kind, 'onnxruntime');
    assert.equal(byOnnxRuntime.runtime.engineReason, 'chosen by hand');
  });

  test('is ONNX Runtime for an operator that the core does not know, naming it; forcing the core then fails', async () => {
    const files = await readModel(readFile);
    // The operator of every Add becomes Mod, which no small vision network uses: three letters, so that all lengths stay.
    const text = Buffer.from(files.network).toString('latin1').replaceAll('\x22\x03Add', '\x22\x03Mod');
    files.network = new Uint8Array(Buffer.from(text, 'latin1'));
    const broken: Engine = { facts: engine.facts, load: () => Promise.resolve(), run: (input) => engine.run(input), release: () => Promise.resolve() };
    const opened = await Pipeline.open(files, coreWasm, { force: undefined, openOnnxRuntime: () => Promise.resolve(broken) });
    opened.close();
    assert.equal(opened.runtime.engine.kind, 'onnxruntime');
    assert.match(opened.runtime.engineReason, /Mod/);
    await assert.rejects(Pipeline.open(files, coreWasm, { force: 'core', openOnnxRuntime: () => assert.fail('forced') }), { code: 'unsupported_operator' });
  });

  test('both give the same verdicts', async () => {
    const [ours, oracle] = [cells(await byCore.classify(images)), cells(await byOnnxRuntime.classify(images))];
    assert.deepEqual(ours.map(({ label }) => label), oracle.map(({ label }) => label));
    ours.forEach(({ probabilities }, i) => assert.ok(largestDifference(probabilities, oracle[i]?.probabilities ?? []) <= 1e-5));
  });
});

describe('a model with statistics of its training images', () => {
  const openTiny = async (change: (files: ModelFiles) => void = () => {}) => {
    const files = await readModel(readTiny);
    change(files);
    return await Pipeline.open(files, coreWasm, { force: 'core', openOnnxRuntime: () => assert.fail('not needed') });
  };

  test('tells the foreign image from the others, as the training code does, by its file', async () => {
    const tiny = await openTiny();
    const outcomes = cells(await tiny.classify(tinyCases.map(({ image }) => bytesOf(`${tinyModel}/golden/${image}`))));
    tiny.close();
    assert.equal(tiny.selfTest.passed, true);
    assert.ok(outcomes.length > 0);
    outcomes.forEach((cell, i) => {
      const golden = tinyCases[i] ?? assert.fail();
      assert.deepEqual([cell.label, cell.unsure, cell.foreign], [golden.label, golden.unsure, golden.foreign]);
      assert.ok(Math.abs((cell.novelty ?? NaN) - golden.novelty) <= 1e-4 * golden.novelty, `${cell.novelty} for ${golden.novelty}`);
    });
  });

  test('fails its self-test when novelty or foreign differ, and passes without them', async () => {
    const changes: [(golden: ModelFiles['golden']) => void, boolean][] = [
      [(golden) => { golden.novelty = (golden.novelty ?? NaN) * 1.0002; }, false],
      [(golden) => { golden.foreign = !golden.foreign; }, false],
      [(golden) => { delete golden.novelty; delete golden.foreign; }, true],
    ];
    for (const [change, passed] of changes) {
      const tiny = await openTiny(({ golden }) => change(golden));
      tiny.close();
      assert.equal(tiny.selfTest.passed, passed, String(change));
    }
  });
});

describe('batches', () => {
  for (const [name, pipelineOf] of [['the core', () => byCore], ['ONNX Runtime', () => byOnnxRuntime]] as const) {
    test(`results of ${name} are equal to the last bit however images are put together`, async () => {
      const many = [...images, ...images, ...images].slice(0, 8);
      const alone: ClassifiedCell[] = [];
      for (const image of many) alone.push(...cells(await pipelineOf().classify([image])));
      for (const size of [2, 4, 8]) {
        for (let first = 0; first < many.length; first += size) {
          const together = cells(await pipelineOf().classify(many.slice(first, first + size)));
          together.forEach((cell, i) => {
            assert.deepEqual(cell.logits, alone[first + i]?.logits);
            assert.deepEqual(cell.probabilities, alone[first + i]?.probabilities);
            assert.deepEqual(cell.maps, alone[first + i]?.maps);
          });
        }
      }
    });
  }

  test('a bad file in a batch harms no other', async () => {
    const [first = new Uint8Array()] = images;
    const outcomes = await byCore.classify([new Uint8Array(), first, first.subarray(0, 999), first]);
    assert.deepEqual(outcomes.map((outcome) => (outcome.status === 'error' ? outcome.code : 'ok')), ['empty_file', 'ok', 'truncated', 'ok']);
  });
});

describe('when things break', () => {
  test('a core that trapped is replaced with its engine, and the next image is classified', async () => {
    const trap = () => { throw new WebAssembly.RuntimeError('unreachable'); };
    const codes = async () => (await byCore.classify(images.slice(0, 2))).map((outcome) => (outcome.status === 'error' ? outcome.code : 'ok'));
    const prepare = mock.method(Core.prototype, 'prepare', trap, { times: 1 });
    assert.deepEqual(await codes(), ['internal', 'ok']);
    prepare.mock.restore();
    const run = mock.method(Core.prototype, 'runNetwork', trap, { times: 1 });
    assert.deepEqual(await codes(), ['engine_failed', 'engine_failed']);
    run.mock.restore();
    assert.deepEqual(await codes(), ['ok', 'ok']);
  });

  test('a network that fails gives each image of its batch one clear line', async () => {
    const nothing = () => Promise.resolve();
    const broken: Engine = { facts: engine.facts, load: nothing, run: (input) => engine.run(input), release: nothing };
    const opened = await Pipeline.open(await readModel(readFile), coreWasm, forcing(broken));
    broken.run = () => Promise.reject(new Error('out of memory'));
    const outcomes = await opened.classify(images.slice(0, 2));
    opened.close();
    const messages = outcomes.map((outcome) => (outcome.status === 'error' ? outcome.message : 'ok'));
    assert.deepEqual(messages, Array(2).fill('The network could not be run: out of memory.'));
  });

  test('a file that is not the one the spec names is refused', async () => {
    const swapped = (other: string) => async (file: string) => (file === other ? new Uint8Array(9) : readTiny(file));
    for (const { file } of [tinySpec.network, tinySpec.head, tinySpec.novelty]) {
      await assert.rejects(readModel(swapped(file)), new RegExp(`${file} is not the one its spec names`));
    }
  });

  test('a network without the named output is refused', async () => {
    const network = bytesOf(`${model}/${spec.network.file}`);
    await assert.rejects(engine.load(network, { input: spec.network.input, output: 'nothing' }), /expected a network with input/);
    await assert.rejects(engine.load(new Uint8Array(100), spec.network), { name: 'EngineError' });
  });

  test('there is one piece of advice: the core\'s own where it has one', () => {
    assert.deepEqual(unreadFile('unsupported_feature', 'the JPEG file is in CMYK, the colours of print; save it as RGB'), {
      status: 'error', code: 'unsupported_feature', message: 'The JPEG file is in CMYK, the colours of print.', advice: 'Save it as RGB.',
    });
    assert.deepEqual(unreadFile('corrupt', 'the image has 12 bits per channel; 8 are read'), {
      status: 'error', code: 'corrupt', message: 'The image has 12 bits per channel; 8 are read.', advice: 'The file is damaged; open and save it again in an image program, or copy it anew.',
    });
  });

  test('a file too large is refused by its size', () => {
    assert.equal(refuseSize(512_000_000), undefined);
    assert.match(refuseSize(512_000_001)?.message ?? '', /^The file has 513 MB; files up to 512 MB are read\.$/);
  });
});
