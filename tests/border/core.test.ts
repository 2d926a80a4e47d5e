/** The border as cytodrop_core.d.ts promises it, against the real module. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Classifier, CytodropCore, ErrorCode, Result } from '#cytodrop_core';
import {
  bytesOf, floatsOf, type GoldenCase, goldenImage, head, jsonOf, largestDifference, modelsOfKind, novelty, openModule, root, specJson, tinyCases, tinyModel, tinySpec, tinySpecJson, valueOf,
} from './fixtures.ts';

const measures = new Float64Array(16);

let core: CytodropCore;
let loaded: Classifier;

before(async () => {
  core = await openModule();
  loaded = new core.Classifier();
  valueOf(loaded.load_model(specJson, head, novelty));
});

after(() => loaded.delete());

/** Calls as a program without types would. */
function untyped(call: (classifier: Record<string, (...values: unknown[]) => Result<unknown>>) => Result<unknown>): Result<unknown> {
  return call(loaded as unknown as Record<string, (...values: unknown[]) => Result<unknown>>);
}

function assertRefused(result: Result<unknown>, code: ErrorCode): void {
  assert.equal(result.ok, false);
  assert.ok(!result.ok && result.code === code && result.message.length > 10, JSON.stringify(result));
}

describe('cytodrop_core.d.ts', () => {
  const declarations = ['cytodrop_core.d.ts', 'learn.d.ts'].map((file) => readFileSync(new URL(`src/wasm/${file}`, root), 'utf8')).join('\n');
  const membersOf = (...openings: RegExp[]) => {
    const body = openings.map((opening) => declarations.slice(declarations.search(opening)).split('\n}')[0] ?? '').join('\n');
    return [...body.matchAll(/^ {2}(\w+)\((.*)\):/gm)].map(([, name = '', list = '']) => ({ name, count: list === '' ? 0 : list.split(',').length }));
  };

  test('names every method of the class with its number of arguments', (context) => {
    const methods = membersOf(/declare class Classifier/, /interface EncodeEntries/);
    assert.deepEqual(methods.map(({ name }) => name), [
      'load_model', 'prepare', 'view', 'judge', 'judge_batch', 'load_network', 'run_network', 'inspect', 'turn', 'agreement', 'delete_regions', 'deletion', 'open_frame', 'load_detector', 'detect', 'look_at_part', 'join_parts', 'detect_part', 'prepare_cells', 'measure_outlines', 'view_frame', 'frame_pixels', 'close_frame', 'delete', 'load_encoder', 'encode', 'encode_lessons', 'encode_maps',
    ]);
    const classifier = loaded as unknown as Record<string, (...values: unknown[]) => unknown>;
    try {
      classifier['prepare']?.(0, 0, 0);
      return context.skip('newer Embind does not count arguments');
    } catch {
      // It does count.
    }
    for (const { name, count } of methods.filter((method) => method.name !== 'delete')) {
      assert.throws(() => classifier[name]?.(...Array<number>(count + 1).fill(0)), { name: 'BindingError' }, `${name} takes ${count}`);
      assert.doesNotThrow(() => classifier[name]?.(...Array<number>(count).fill(0)), `${name} takes ${count}`);
    }
  });

  test('names every method the class has', () => {
    const own = Object.getOwnPropertyNames(core.Classifier.prototype).filter((name) => name !== 'constructor');
    const declared = membersOf(/declare class Classifier/, /interface EncodeEntries/).map(({ name }) => name).filter((name) => name !== 'delete');
    assert.deepEqual(own.sort(), declared.sort());
  });

  test('names every function of the module', () => {
    for (const { name } of membersOf(/interface CytodropCore/, /interface LearnEntries/)) {
      assert.equal(typeof core[name as keyof CytodropCore], 'function', name);
    }
    assert.equal(core.core_version(), (JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string }).version);
  });
});

describe('a call with a wrong argument is refused, never thrown', () => {
  const wrong = [undefined, null, 0, NaN, '', 'text', [1, 2, 3], {}, new ArrayBuffer(8), new Float64Array(2), () => 1];

  for (const value of wrong) {
    const shown = Object.prototype.toString.call(value) + String(value).slice(0, 10);
    test(`file = ${shown}`, () => {
      assertRefused(untyped((classifier) => classifier['prepare']!(value, 1)), 'invalid_argument');
      assertRefused(untyped((classifier) => classifier['view']!(value, 64, 1)), 'invalid_argument');
      assertRefused(untyped((classifier) => classifier['inspect']!(value)), 'invalid_argument');
    });
    test(`features = ${shown}`, () => {
      assertRefused(untyped((classifier) => classifier['judge']!(value, [1, 1280, 4, 4], measures)), 'invalid_argument');
    });
    test(`model = ${shown}`, () => {
      assertRefused(untyped((classifier) => classifier['load_model']!(specJson, value, novelty)), 'invalid_argument');
      const code = typeof value === 'string' ? 'invalid_model' : 'invalid_argument';
      assertRefused(untyped((classifier) => classifier['load_model']!(value, head, novelty)), code);
      assertRefused(untyped((classifier) => classifier['load_model']!(specJson, head, value)), 'invalid_argument');
    });
  }

  const wrongShapes = [
    undefined, 7, 'shape', [], [1, 1280, 4], [1, 1280, 4, 4, 1], [0, 1280, 4, 4], [-1, 1280, 4, 4], [1.5, 1280, 4, 4],
    [1, 1280, 4, NaN], [2 ** 31, 2 ** 31, 4, 4], [1, 7, 4, 4], ['1', 1280, 4, 4],
  ];
  for (const shape of wrongShapes) {
    test(`shape = ${JSON.stringify(shape)}`, () => {
      assertRefused(untyped((classifier) => classifier['judge']!(new Float32Array(1280 * 16), shape, measures)), 'invalid_argument');
    });
  }

  for (const side of [undefined, '64', 0, -1, 1.5, NaN, Infinity, 1e9]) {
    test(`max_side_px = ${side}`, () => {
      assertRefused(untyped((classifier) => classifier['view']!(goldenImage, side, 1)), 'invalid_argument');
    });
  }

  test('values too few for their shape', () => {
    assertRefused(loaded.judge(new Float32Array(5), [1, 1280, 4, 4], measures), 'invalid_argument');
  });

  test('measures that are not there, too few or of another type', () => {
    for (const wrong of [undefined, null, new Float32Array(measures), measures.subarray(1)]) {
      assertRefused(untyped((classifier) => classifier['judge']!(new Float32Array(1280 * 16), [1, 1280, 4, 4], wrong)), 'invalid_argument');
    }
  });

  test('an empty file, a cut file, a text', () => {
    for (const scale of [0, -1, 0.01, 65, NaN]) {
      assertRefused(loaded.prepare(goldenImage, scale), 'invalid_argument');
      assertRefused(loaded.view(goldenImage, 64, scale), 'invalid_argument');
    }
    assertRefused(loaded.prepare(new Uint8Array(), 1), 'empty_file');
    assertRefused(loaded.prepare(goldenImage.subarray(0, goldenImage.length / 2), 1), 'truncated');
    assertRefused(loaded.prepare(new TextEncoder().encode('file,label\n'), 1), 'unsupported_format');
  });

  test('a model that fails leaves the one before in place', () => {
    assertRefused(loaded.load_model('{}', head, novelty), 'invalid_model');
    assertRefused(loaded.load_model(specJson, head.subarray(0, 100), novelty), 'invalid_model');
    assert.ok(loaded.prepare(goldenImage, 1).ok);
  });

  test('no model is loaded', () => {
    const fresh = new core.Classifier();
    try {
      assertRefused(fresh.prepare(goldenImage, 1), 'model_not_loaded');
      assertRefused(fresh.judge(new Float32Array(1280 * 16), [1, 1280, 4, 4], measures), 'model_not_loaded');
    } finally {
      fresh.delete();
    }
  });
});

describe('image quality', () => {
  test('the measures are those of the training code, and the flags follow from them and the limits of the spec', () => {
    const classifier = new core.Classifier();
    try {
      const strict = { ...tinySpec, quality: { brightness: [null, 0.5], detail_1: [-100, 100], colour: [1, null] } };
      valueOf(classifier.load_model(JSON.stringify(strict), bytesOf(`${tinyModel}/${tinySpec.head.file}`), bytesOf(`${tinyModel}/${tinySpec.novelty.file}`)));
      for (const { image, features, features_shape, measures: expected } of tinyCases) {
        const prepared = valueOf(classifier.prepare(bytesOf(`${tinyModel}/golden/${image}`), 1));
        assert.ok(largestDifference(prepared.measures, expected) <= 1e-4, `${prepared.measures} for ${expected}`);
        const [verdict] = valueOf(classifier.judge(floatsOf(`${tinyModel}/golden/${features}`), features_shape, prepared.measures));
        assert.deepEqual(verdict?.quality.map(({ flag, measure, limit }) => [flag, measure, limit]), [['over_exposed', 'brightness', 0.5], ['grey_image', 'colour', 1]]);
        assert.equal(verdict?.quality[0]?.value, prepared.measures[1]);
      }
    } finally {
      classifier.delete();
    }
  });

  test('the pixels for a hash are the decoded ones, headed by their shape', () => {
    const { pixels, image } = valueOf(loaded.prepare(goldenImage, 1));
    const end = pixels.indexOf(10) + 1;
    const channels = image.channels > 2 ? 3 : 1;
    assert.equal(new TextDecoder().decode(pixels.subarray(0, end)), `${image.width_px}x${image.height_px}x${channels}:8\n`);
    assert.equal(pixels.length - end, image.width_px * image.height_px * channels);
  });
});

describe('novelty', () => {
  const tinyHead = bytesOf(`${tinyModel}/${tinySpec.head.file}`);
  const tinyNovelty = bytesOf(`${tinyModel}/${tinySpec.novelty.file}`);

  test('comes with the verdict, as the training code computed it, and says which cell is foreign', () => {
    const classifier = new core.Classifier();
    try {
      valueOf(classifier.load_model(tinySpecJson, tinyHead, tinyNovelty));
      assert.deepEqual(new Set(tinyCases.map(({ foreign }) => foreign)), new Set([true, false]));
      for (const { features, features_shape, measures: own, novelty: expected, foreign } of tinyCases) {
        const [verdict] = valueOf(classifier.judge(floatsOf(`${tinyModel}/golden/${features}`), features_shape, Float64Array.from(own)));
        assert.ok(Math.abs((verdict?.novelty ?? NaN) - expected) <= 1e-5 * expected, `${verdict?.novelty} for ${expected}`);
        assert.equal(verdict?.foreign, foreign);
      }
    } finally {
      classifier.delete();
    }
  });

  test('is null and no cell foreign for a model without statistics', () => {
    const { novelty: _, ...without } = tinySpec;
    const classifier = new core.Classifier();
    try {
      valueOf(classifier.load_model(JSON.stringify(without), tinyHead, new Uint8Array()));
      for (const { features, features_shape, measures: own } of tinyCases) {
        const [verdict] = valueOf(classifier.judge(floatsOf(`${tinyModel}/golden/${features}`), features_shape, Float64Array.from(own)));
        assert.deepEqual([verdict?.novelty, verdict?.foreign], [null, false]);
      }
    } finally {
      classifier.delete();
    }
  });

  test('a set of cells has the shifts and limits that the training code computed, of every model that judges sets', () => {
    const judging = modelsOfKind('classifier').map((name) => `models/${name}`);
    for (const folder of judging) {
      const { cases, batch } = jsonOf<{ cases: GoldenCase[]; batch: Record<'shift' | 'limit' | 'look_shift' | 'look_limit', number> }>(`${folder}/golden/golden.json`);
      const text = new TextDecoder().decode(bytesOf(`${folder}/spec.json`));
      const { head: { file }, novelty: statistics } = JSON.parse(text) as { head: { file: string }; novelty: { file: string } };
      const classifier = new core.Classifier();
      try {
        valueOf(classifier.load_model(text, bytesOf(`${folder}/${file}`), bytesOf(`${folder}/${statistics.file}`)));
        const deviations = cases.flatMap(({ features, features_shape, measures: own }) => {
          const [verdict] = valueOf(classifier.judge(floatsOf(`${folder}/golden/${features}`), features_shape, Float64Array.from(own)));
          return Array.from(verdict?.deviation ?? []);
        });
        const found = valueOf(classifier.judge_batch(Float32Array.from(deviations)));
        assert.deepEqual([found.cells, found.foreign], [cases.length, false]);
        for (const [name, expected] of Object.entries(batch)) {
          const got = found[name as keyof typeof batch] ?? NaN;
          assert.ok(Math.abs(got - expected) <= 1e-4 * Math.max(1e-3, expected), `${folder}: ${name} is ${got}, not ${expected}`);
        }
      } finally {
        classifier.delete();
      }
    }
    assert.ok(judging.length >= 4);
  });

  test('a file that is missing, broken or not asked for is refused', () => {
    const { novelty: _, ...without } = tinySpec;
    assertRefused(loaded.load_model(tinySpecJson, tinyHead, new Uint8Array()), 'invalid_model');
    assertRefused(loaded.load_model(tinySpecJson, tinyHead, tinyNovelty.subarray(0, 60)), 'invalid_model');
    assertRefused(loaded.load_model(tinySpecJson, tinyHead, tinyHead), 'invalid_model');
    assertRefused(loaded.load_model(JSON.stringify(without), tinyHead, tinyNovelty), 'invalid_model');
    assert.ok(loaded.prepare(goldenImage, 1).ok);
  });
});

describe('memory', () => {
  test('what is handed out is a copy with memory of its own', () => {
    const { tensor } = valueOf(loaded.prepare(goldenImage, 1));
    const { rgba } = valueOf(loaded.view(goldenImage, 64, 1));
    assert.deepEqual([0.5, 0.25].map((scale) => valueOf(loaded.prepare(goldenImage, scale)).crop.width_px), [144, 72]);
    assert.equal(valueOf(loaded.view(goldenImage, 64, 0.5)).crop.width_px, 144);
    const [verdict] = valueOf(loaded.judge(new Float32Array(1280 * 16), [1, 1280, 4, 4], measures));
    assert.ok(verdict);
    for (const array of [tensor, rgba, verdict.probabilities, verdict.logits, verdict.maps]) {
      assert.ok(array.length > 0);
      assert.equal(array.buffer.byteLength, array.byteLength);
    }
    const before = tensor.slice();
    valueOf(loaded.prepare(goldenImage.slice(), 1));
    assert.deepEqual(tensor, before);
  });

  test('a thousand images, each with a classifier of its own, leave nothing behind', () => {
    const cycle = () => {
      const classifier = new core.Classifier();
      try {
        valueOf(classifier.load_model(specJson, head, novelty));
        assert.ok(!classifier.prepare(goldenImage.subarray(0, 200), 1).ok);
      } finally {
        classifier.delete();
      }
    };
    const features = new Float32Array(1280 * 16);
    const image = () => {
      valueOf(loaded.prepare(goldenImage, 1));
      valueOf(loaded.judge(features, [1, 1280, 4, 4], measures));
    };
    const objects = core.live_objects();
    for (let i = 0; i < 20; i++) {
      cycle();
      image();
    }
    const bytes = core.heap_bytes();
    for (let i = 0; i < 1000; i++) {
      cycle();
      image();
    }
    assert.equal(core.live_objects(), objects);
    assert.equal(core.heap_bytes(), bytes);
  });
});
