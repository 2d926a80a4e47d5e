/** Frames at the border: opened once, searched, cut and drawn, and closed. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Classifier, CytodropCore, DetectedCells, DetectSettings, ErrorCode, FrameFacts, Result } from '#cytodrop_core';
import { bytesOf, floatsOf, jsonOf, largestDifference, openModule, valueOf } from './fixtures.ts';
import { drawDiscs, frameSide, greyPng, someDiscs, someFrame } from './frames.ts';
import { GraphWriter } from './onnx_writer.ts';

const settings: DetectSettings = {
  pixel_size_um: null, least_diameter: 8, most_diameter: 60, sensitivity: 0.5, split_touching: true, keep_cut_by_border: true, method: 'round',
};
const viability = 'models/viability';
const detectorSpec = new TextDecoder().decode(bytesOf('models/round/spec.json'));
const detectorNetwork = bytesOf('models/round/network.onnx');
const spec = jsonOf<Record<string, unknown>>(`${viability}/spec.json`);

let core: CytodropCore;
let loaded: Classifier;
let opened: FrameFacts;

function load(classifier: Classifier, changes: Record<string, unknown> = {}): void {
  const changed = { ...spec, ...changes };
  valueOf(classifier.load_model(JSON.stringify(changed), bytesOf(`${viability}/head.safetensors`), bytesOf(`${viability}/novelty.safetensors`)));
}

before(async () => {
  core = await openModule();
});

beforeEach(() => {
  loaded?.delete();
  loaded = new core.Classifier();
  load(loaded);
  opened = valueOf(loaded.open_frame(someFrame(), 0, -1));
});

after(() => loaded.delete());

function assertRefused(result: Result<unknown>, code: ErrorCode, words: RegExp): void {
  assert.ok(!result.ok && result.code === code && words.test(result.message), JSON.stringify(result));
}

/** Calls as a program without types would. */
function untyped(name: keyof Classifier, ...values: unknown[]): Result<unknown> {
  return (loaded[name] as unknown as (...values: unknown[]) => Result<unknown>).apply(loaded, values);
}

describe('a frame', () => {
  test('a part is searched as if nothing were around it, and places are those of the whole', () => {
    const { frame, image: { width_px, height_px } } = opened;
    const all = { left_px: 0, top_px: 0, width_px, height_px };
    const { detect_ms: _, ...whole } = valueOf(loaded.detect(frame, settings));
    const { detect_ms: __, ...same } = valueOf(loaded.detect_part(frame, settings, all));
    assert.deepEqual(same, whole);
    const region = { left_px: width_px >> 1, top_px: height_px >> 2, width_px: width_px >> 1, height_px: height_px >> 1 };
    const { boxes, outlines, scores } = valueOf(loaded.detect_part(frame, settings, region));
    assert.ok(scores.length > 3 && scores.length < whole.scores.length);
    const inside = (x: number, y: number): boolean => x >= region.left_px && y >= region.top_px && x <= region.left_px + region.width_px && y <= region.top_px + region.height_px;
    for (let i = 0; i < boxes.length; i += 4) {
      assert.ok(inside(boxes[i]!, boxes[i + 1]!) && inside(boxes[i]! + boxes[i + 2]!, boxes[i + 1]! + boxes[i + 3]!), `box ${i / 4}`);
    }
    for (let i = 0; i < outlines.length; i += 2) assert.ok(inside(outlines[i]!, outlines[i + 1]!), `point ${i / 2}`);
    for (const outside of [{ ...all, left_px: 1 }, { ...all, top_px: -1 }, { ...all, width_px: 0 }, { ...all, height_px: height_px + 1 }]) {
      assertRefused(loaded.detect_part(frame, settings, outside), 'invalid_argument', /region|width/);
    }
    assertRefused(loaded.detect_part(frame, { ...settings, method: 'network_adherent' }, all), 'detector_not_loaded', /network/);
    valueOf(loaded.close_frame(frame));
    assertRefused(loaded.detect_part(frame, settings, all), 'frame_not_open', /not open/);
  });

  test('tells what it is', () => {
    const { frame, decode_ms, ...facts } = opened;
    assert.ok(Number.isInteger(frame) && decode_ms >= 0);
    assert.deepEqual({ ...facts, image: { ...facts.image } }, {
      image: { ...facts.image, format: 'PNG', width_px: frameSide.width, height_px: frameSide.height, channels: 1, bits_per_channel: 8, exif_orientation: 1 },
      pages: 1, channels: 1, pixel_size_um: null, damaged: false, range: { low: 0, high: 255 },
    });
  });

  test('of 16 bits is shown from its 0.1th to its 99.9th percentile', () => {
    const samples = Uint16Array.from({ length: 2000 }, (_, i) => 1000 + i);
    assert.deepEqual(valueOf(loaded.open_frame(greyPng(50, 40, samples), 0, -1)).range, { low: 1001, high: 2998 });
  });

  test('has the pixels that an image of one cell has, which a hash is made from: 8 and 16 bits, upright', () => {
    const wide = greyPng(50, 40, Uint16Array.from({ length: 2000 }, (_, i) => 1000 + i));
    for (const file of [someFrame(), wide, bytesOf('tests/golden/decode/orientation-6.jpg')]) {
      const { pixels } = valueOf(loaded.prepare(file, 1));
      assert.deepEqual(valueOf(loaded.frame_pixels(valueOf(loaded.open_frame(file, 0, -1)).frame)), pixels);
    }
    const text = new TextDecoder().decode(valueOf(loaded.prepare(wide, 1)).pixels.subarray(0, 11));
    assert.equal(text, '50x40x1:16\n');
    assertRefused(loaded.frame_pixels(99), 'frame_not_open', /not open/);
  });

  test('is searched: a box, a score, an area, an outline and a flag for each cell, in reading order', () => {
    const { boxes, scores, areas_px, outlines, outline_offsets, cut_by_border } = valueOf(loaded.detect(opened.frame, settings));
    assert.equal(scores.length, someDiscs.length);
    assert.deepEqual([boxes.length, areas_px.length, cut_by_border.length, outline_offsets.length], [80, 20, 20, 21]);
    assert.deepEqual([outline_offsets[0], outline_offsets[20]], [0, outlines.length / 2]);
    someDiscs.forEach(({ x, y, radius }, i) => {
      const [left = NaN, top = NaN, width = NaN, height = NaN] = boxes.subarray(4 * i, 4 * i + 4);
      assert.ok(Math.abs(left + width / 2 - x - 0.5) <= 2 && Math.abs(top + height / 2 - y - 0.5) <= 2, `cell ${i} at ${left}, ${top}`);
      assert.ok(Math.abs(Math.sqrt((areas_px[i] as number) / Math.PI) - radius) < 3, `cell ${i}: ${areas_px[i]} px²`);
      assert.ok((scores[i] as number) > 0 && (scores[i] as number) <= 1);
      assert.equal(cut_by_border[i], 0);
      const points = outlines.subarray(2 * (outline_offsets[i] as number), 2 * (outline_offsets[i + 1] as number));
      assert.ok(points.length >= 6);
      for (let k = 0; k < points.length; k += 2) assert.ok(Math.hypot((points[k] as number) - x, (points[k + 1] as number) - y) < radius + 4);
    });
  });

  test('is searched again with other settings: in µm where the pixel size is known', () => {
    const count = (changes: Partial<DetectSettings>): number => valueOf(loaded.detect(opened.frame, { ...settings, ...changes })).scores.length;
    assert.equal(count({ least_diameter: 40 }), 0);
    assert.equal(count({ pixel_size_um: 2, least_diameter: 40 }), 20);
    assert.equal(count({ pixel_size_um: 2, most_diameter: 20 }), 0);
  });

  test('without cells gives arrays of no cells', () => {
    const { frame } = valueOf(loaded.open_frame(greyPng(50, 40, drawDiscs(50, 40, [])), 0, -1));
    const { boxes, scores, outline_offsets } = valueOf(loaded.detect(frame, settings));
    assert.deepEqual([boxes.length, scores.length, [...outline_offsets]], [0, 0, [0]]);
  });

  test('is drawn, whole, in part and beyond its border, between two samples', () => {
    const whole = valueOf(loaded.view_frame(opened.frame, null, 100, null));
    assert.deepEqual([whole.width_px, whole.height_px, whole.rgba.length], [100, 79, 100 * 79 * 4]);
    const pixel = (region: { left_px: number; top_px: number }, range: { low: number; high: number } | null): number[] =>
      [...valueOf(loaded.view_frame(opened.frame, { ...region, width_px: 1, height_px: 1 }, 10, range)).rgba];
    const [disc] = someDiscs;
    const middle = { left_px: disc?.x ?? 0, top_px: disc?.y ?? 0 };
    assert.deepEqual(pixel(middle, null), [40, 40, 40, 255]);
    assert.deepEqual(pixel(middle, { low: 0, high: 80 }), [128, 128, 128, 255]);
    assert.deepEqual(pixel({ left_px: -50, top_px: 10_000 }, null), [200, 200, 200, 255]);
  });
});

describe('a frame searched with a network', () => {
  const byNetwork: DetectSettings = { ...settings, least_diameter: 14, most_diameter: 45, method: 'network_round' };
  const field = () => valueOf(loaded.open_frame(bytesOf('public/samples/viability/fields/simulated-field-1.png'), 0, -1)).frame;
  const loadDetector = (): void => void valueOf(loaded.load_detector('round', detectorSpec, detectorNetwork));
  const plain = ({ detect_ms: _, ...cells }: DetectedCells): unknown => cells;

  test('needs one', () => {
    assertRefused(loaded.detect(opened.frame, byNetwork), 'detector_not_loaded', /network/);
    loadDetector();
    assertRefused(loaded.detect(opened.frame, { ...byNetwork, method: 'network_adherent' }), 'detector_not_loaded', /network/);
    assert.ok(valueOf(loaded.detect(field(), byNetwork)).scores.length > 0);
  });

  test('again with other settings gives what a fresh search gives', () => {
    loadDetector();
    const held = field();
    const counts = new Set<number>();
    for (const changes of [{}, { sensitivity: 1 }, { sensitivity: 0 }, { keep_cut_by_border: false }, { least_diameter: 30 }, { pixel_size_um: 1.2 }, {}]) {
      const fresh = field();
      const found = valueOf(loaded.detect(held, { ...byNetwork, ...changes }));
      assert.deepEqual(plain(found), plain(valueOf(loaded.detect(fresh, { ...byNetwork, ...changes }))), JSON.stringify(changes));
      valueOf(loaded.close_frame(fresh));
      counts.add(found.scores.length);
    }
    assert.ok(counts.size >= 3, 'the settings change something');
  });

  test('asks another network anew, and a broken one leaves the one before', () => {
    loadDetector();
    const held = field();
    const before = plain(valueOf(loaded.detect(held, byNetwork)));
    assertRefused(loaded.load_detector('round', '{}', detectorNetwork), 'invalid_model', /detector's spec/);
    assertRefused(loaded.load_detector('round', detectorSpec, detectorNetwork.subarray(0, 999)), 'invalid_model', /network/);
    assertRefused(loaded.load_detector('round', detectorSpec, bytesOf(`${viability}/network.onnx`)), 'invalid_model', /no input/);
    assertRefused(untyped('load_detector', 'square', detectorSpec, detectorNetwork), 'invalid_argument', /round or adherent/);
    assertRefused(untyped('load_detector', 'round', 7, detectorNetwork), 'invalid_argument', /spec_json/);
    assertRefused(untyped('load_detector', 'round', detectorSpec, [1]), 'invalid_argument', /Uint8Array/);
    assert.deepEqual(plain(valueOf(loaded.detect(held, byNetwork))), before);
    const writer = new GraphWriter();
    const silent = writer.file([1, 1, 'h', 'w'], writer.node('Conv', ['x', writer.floats([9, 1, 4, 4], new Float32Array(144)), writer.floats([9], new Float32Array(9).fill(-9))], { strides: [4, 4] }));
    const { network, ...rest } = JSON.parse(detectorSpec) as { network: object };
    valueOf(loaded.load_detector('round', JSON.stringify({ ...rest, network: { ...network, input: 'x', output: 'y' } }), silent));
    assert.equal(valueOf(loaded.detect(held, byNetwork)).scores.length, 0);
  });

  test('what one network said of it is not taken for what another says', () => {
    loadDetector();
    valueOf(loaded.load_detector('adherent', new TextDecoder().decode(bytesOf('models/adherent/spec.json')), bytesOf('models/adherent/network.onnx')));
    const by = (frame: number, method: DetectSettings['method']): unknown => plain(valueOf(loaded.detect(frame, { ...byNetwork, method })));
    const held = field();
    const [round, adherent] = [by(field(), 'network_round'), by(field(), 'network_adherent')];
    assert.notDeepEqual(round, adherent);
    const ellipses = (method: DetectSettings['method']): number => valueOf(loaded.detect(held, { ...byNetwork, method })).is_ellipse.reduce((sum, value) => sum + value, 0);
    assert.equal(ellipses('network_round'), (round as DetectedCells).scores.length, 'it learned from boxes');
    assert.ok(ellipses('network_adherent') < (adherent as DetectedCells).scores.length / 4);
    assert.equal(ellipses('round'), 0);
    for (const [method, expected] of [['network_round', round], ['network_adherent', adherent], ['network_round', round]] as const) assert.deepEqual(by(held, method), expected);
  });

  test('of 4,000 × 3,000 px takes little memory', async () => {
    const own = await openModule();
    const classifier = new own.Classifier();
    try {
      valueOf(classifier.load_detector('round', detectorSpec, detectorNetwork));
      const discs = Array.from({ length: 300 }, (_, i) => ({ x: 100 + 200 * (i % 20), y: 100 + 200 * Math.floor(i / 20), radius: 30 }));
      const { frame } = valueOf(classifier.open_frame(greyPng(4000, 3000, drawDiscs(4000, 3000, discs)), 0, -1));
      valueOf(classifier.detect(frame, { ...byNetwork, least_diameter: 40, most_diameter: 120 }));
      assert.ok(own.heap_bytes() < 300e6, `${own.heap_bytes()} bytes`);
    } finally {
      classifier.delete();
    }
  });
});

const noOutlines = (cells: number) => [new Float32Array(), new Int32Array(cells + 1)] as const;
const outlinesOf = (outlines: [number, number][][]) => [Float32Array.from(outlines.flat(2)), Int32Array.from([0, ...outlines].map((_, i) => outlines.slice(0, i).flat().length))] as const;

describe('cells of a frame', () => {
  test('are prepared as training cut and torch prepared them', () => {
    interface Case {
      name: string; image: string; pixel_size_um: number | null; boxes: number[][]; outlines?: [number, number][][]; tensors: string;
      input: object; crop: object; resize: object; normalisation: object; frame: object;
    }
    const { cases } = jsonOf<{ cases: Case[] }>('tests/golden/prepare/frame_cases.json');
    assert.ok(cases.length >= 5);
    for (const { name, image, pixel_size_um, boxes, outlines, tensors, input, crop, resize, normalisation, frame } of cases) {
      load(loaded, { input, crop, resize, normalisation, frame });
      const golden = valueOf(loaded.open_frame(bytesOf(`tests/golden/prepare/${image}`), 0, -1));
      const { tensor, shape, crops } = valueOf(loaded.prepare_cells(golden.frame, Int32Array.from(boxes.flat()), ...(outlines ? outlinesOf(outlines) : noOutlines(boxes.length)), pixel_size_um));
      const expected = floatsOf(`tests/golden/prepare/${tensors}`);
      assert.equal(shape[0], boxes.length);
      assert.equal(crops.length, 4 * boxes.length);
      const range = expected.reduce((most, value) => Math.max(most, value), -Infinity) - expected.reduce((least, value) => Math.min(least, value), Infinity);
      assert.ok(largestDifference(tensor, expected) <= 1e-5 * Math.max(1, range), name);
      valueOf(loaded.close_frame(golden.frame));
    }
  });

  test('at another pixel size are cut as many µm wide', () => {
    load(loaded, { frame: { side_px: 48, pixel_size_um: 1 } });
    const { crops, scale } = valueOf(loaded.prepare_cells(opened.frame, Int32Array.of(100, 100, 20, 20), ...noOutlines(1), 0.5));
    assert.equal(scale, 2);
    assert.deepEqual([...crops], [62, 62, 96, 96]);
  });

  test('cannot be prepared for a model of single cells, nor without a model', () => {
    const { frame: _, ...single } = spec;
    valueOf(loaded.load_model(JSON.stringify(single), bytesOf(`${viability}/head.safetensors`), bytesOf(`${viability}/novelty.safetensors`)));
    assertRefused(loaded.prepare_cells(opened.frame, Int32Array.of(0, 0, 9, 9), ...noOutlines(1), null), 'unsupported_feature', /one cell each/);
    const bare = new core.Classifier();
    try {
      const { frame } = valueOf(bare.open_frame(someFrame(), 0, -1));
      assert.equal(valueOf(bare.detect(frame, settings)).scores.length, 20);
      assertRefused(bare.prepare_cells(frame, Int32Array.of(0, 0, 9, 9), ...noOutlines(1), null), 'model_not_loaded', /model/);
    } finally {
      bare.delete();
    }
  });
});

describe('outlines of a frame', () => {
  const names = ['area', 'equivalent diameter', 'perimeter', 'feret', 'circularity', 'elongation', 'solidity', 'grey mean', 'grey spread', 'granularity'];
  const measured = (frame: number, outlines: [number, number][][]): number[][] => {
    const values = valueOf(loaded.measure_outlines(frame, ...outlinesOf(outlines)));
    assert.equal(values.length, names.length * outlines.length);
    return outlines.map((_, i) => [...values.subarray(names.length * i, names.length * (i + 1))]);
  };
  const square: [number, number][] = [[30, 30], [40, 30], [40, 40], [30, 40]];
  const nothing = [0, ...Array<number>(9).fill(NaN)];

  test('are measured, one cell after the other, without a model', () => {
    const bare = new core.Classifier();
    try {
      const { frame } = valueOf(bare.open_frame(someFrame(), 0, -1));
      const found = valueOf(bare.detect(frame, settings));
      const values = valueOf(bare.measure_outlines(frame, found.outlines, found.outline_offsets));
      assert.equal(values.length, 10 * someDiscs.length);
      someDiscs.forEach(({ radius }, i) => {
        const [area = NaN, diameter = NaN, perimeter = NaN, feret = NaN, circularity = NaN, elongation = NaN, solidity = NaN, mean = NaN, spread = NaN, granularity = NaN] = values.subarray(10 * i);
        assert.equal(area, found.areas_px[i]);
        assert.ok(Math.abs(diameter - 2 * radius) < 3 && Math.abs(feret - 2 * radius) < 5 && Math.abs(perimeter - 2 * Math.PI * radius) < 10);
        assert.ok(Math.abs(circularity - 1) < 0.05 && elongation < 1.05 && solidity > 0.95, `${circularity} ${elongation} ${solidity}`);
        assert.ok(mean >= 40 && mean < 110 && spread < 80 && granularity > 0);
      });
    } finally {
      bare.delete();
    }
  });

  test('that hold no pixel, leave the frame or cross themselves', () => {
    const { width, height } = frameSide;
    const [whole, outside, none, point, left, twice] = measured(opened.frame, [
      [[-1e30, -1e30], [1e30, -1e30], [1e30, 1e30], [-1e30, 1e30]], [[-9, 3], [-1, 3], [-1, 30]], [], [[5, 5]], [[-5, 30], [5, 30], [5, 40], [-5, 40]], [...square, ...square],
    ]);
    assert.equal(whole?.[0], width * height);
    for (const empty of [outside, none, point, twice]) assert.deepEqual(empty, nothing);
    assert.equal(left?.[0], 50);
    const [deep] = measured(valueOf(loaded.open_frame(greyPng(50, 50, new Uint16Array(2500).fill(4000)), 0, -1)).frame, [square]);
    assert.deepEqual(deep?.map((value) => Number(value.toFixed(6))), [100, 11.283792, 37.587889, 13.453624, 0.889435, 1, 1, 4000, 0, 0]);
  });

  test('of no cell are an empty list, and what is none is refused', () => {
    assert.equal(valueOf(loaded.measure_outlines(opened.frame, new Float32Array(), Int32Array.of(0))).length, 0);
    const [points, offsets] = outlinesOf([square]);
    for (const [outlines, ends] of [[points, Int32Array.of()], [points, Int32Array.of(0, 3)], [points, Int32Array.of(1, 4)], [points, Int32Array.of(0, 5, 4)], [points.slice(1), offsets], [Float32Array.of(0, NaN), Int32Array.of(0, 1)]] as const) {
      assertRefused(loaded.measure_outlines(opened.frame, outlines, ends), 'invalid_argument', /outline/);
    }
    assertRefused(untyped('measure_outlines', opened.frame, [1, 2], offsets), 'invalid_argument', /Float32Array/);
    assertRefused(loaded.measure_outlines(4711, points, offsets), 'frame_not_open', /not open/);
  });
});

describe('what is passed is checked', () => {
  const box = { left_px: 0, top_px: 0, width_px: 9, height_px: 9 };
  const wrong: [name: string, call: () => Result<unknown>, code: ErrorCode, words: RegExp][] = [
    ['a file that is no image', () => loaded.open_frame(new Uint8Array(100).fill(7), 0, -1), 'unsupported_format', /./],
    ['a file that is no bytes', () => untyped('open_frame', [1, 2], 0, -1), 'invalid_argument', /Uint8Array/],
    ['a page below the first', () => loaded.open_frame(someFrame(), -1, -1), 'invalid_argument', /page/],
    ['half a page', () => loaded.open_frame(someFrame(), 0.5, -1), 'invalid_argument', /page/],
    ['a channel that is no number', () => untyped('open_frame', someFrame(), 0, 'red'), 'invalid_argument', /channel/],
    ['a frame never opened', () => loaded.detect(4711, settings), 'frame_not_open', /not open/],
    ['a frame that is no number', () => untyped('detect', {}, settings), 'frame_not_open', /not open/],
    ['no settings', () => untyped('detect', opened.frame, null), 'invalid_argument', /settings/],
    ['settings that lack one', () => untyped('detect', opened.frame, { ...settings, sensitivity: undefined }), 'invalid_argument', /sensitivity/],
    ['a pixel size of nothing', () => loaded.detect(opened.frame, { ...settings, pixel_size_um: 0 }), 'invalid_argument', /pixel_size_um/],
    ['a diameter that is no number', () => loaded.detect(opened.frame, { ...settings, least_diameter: NaN }), 'invalid_argument', /least_diameter/],
    ['diameters in the wrong order', () => loaded.detect(opened.frame, { ...settings, least_diameter: 61 }), 'invalid_argument', /least_diameter/],
    ['a truth that is a number', () => untyped('detect', opened.frame, { ...settings, split_touching: 1 }), 'invalid_argument', /split_touching/],
    ['an unknown method', () => untyped('detect', opened.frame, { ...settings, method: 'square' }), 'invalid_argument', /method/],
    ['no box', () => loaded.prepare_cells(opened.frame, new Int32Array(), ...noOutlines(0), null), 'invalid_argument', /boxes/],
    ['half a box', () => loaded.prepare_cells(opened.frame, new Int32Array(6), ...noOutlines(1), null), 'invalid_argument', /boxes/],
    ['too many boxes', () => loaded.prepare_cells(opened.frame, new Int32Array(4 * 257).fill(1), ...noOutlines(257), null), 'invalid_argument', /boxes/],
    ['boxes of another type', () => untyped('prepare_cells', opened.frame, new Float32Array(4), ...noOutlines(1), null), 'invalid_argument', /Int32Array/],
    ['a box outside', () => loaded.prepare_cells(opened.frame, Int32Array.of(335, 0, 9, 9), ...noOutlines(1), null), 'invalid_argument', /within/],
    ['outlines of other cells', () => loaded.prepare_cells(opened.frame, Int32Array.of(5, 5, 9, 9), ...noOutlines(2), null), 'invalid_argument', /outline/],
    ['an outline that is no place', () => loaded.prepare_cells(opened.frame, Int32Array.of(5, 5, 9, 9), Float32Array.of(0, 0, NaN, 1, 1, 1), Int32Array.of(0, 3), null), 'invalid_argument', /outline/],
    ['an empty box', () => loaded.prepare_cells(opened.frame, Int32Array.of(5, 5, 0, 9), ...noOutlines(1), null), 'invalid_argument', /within/],
    ['a region that is no box', () => untyped('view_frame', opened.frame, { left_px: 1 }, 9, null), 'invalid_argument', /top_px/],
    ['a region of too many pixels', () => loaded.view_frame(opened.frame, { ...box, width_px: 99_999, height_px: 99_999 }, 9, null), 'too_large', /region/],
    ['a picture of nothing', () => loaded.view_frame(opened.frame, box, 0, null), 'invalid_argument', /max_side_px/],
    ['a range in the wrong order', () => loaded.view_frame(opened.frame, box, 9, { low: 2, high: 1 }), 'invalid_argument', /white/],
    ['a range without end', () => loaded.view_frame(opened.frame, box, 9, { low: 2, high: Infinity }), 'invalid_argument', /high/],
  ];
  for (const [name, call, code, words] of wrong) test(`${name}: ${code}`, () => assertRefused(call(), code, words));

  test('a page that the file has not is refused', () => {
    const result = loaded.open_frame(someFrame(), 3, -1);
    assert.ok(!result.ok, 'a PNG has one page');
  });
});

describe('memory', () => {
  test('four frames are open at most, each counts, and a closed one is gone', () => {
    const before = core.live_objects();
    const others = [1, 2, 3].map(() => valueOf(loaded.open_frame(someFrame(), 0, -1)).frame);
    assert.equal(core.live_objects(), before + 3);
    assertRefused(loaded.open_frame(someFrame(), 0, -1), 'invalid_argument', /too many/);
    for (const frame of others) valueOf(loaded.close_frame(frame));
    assert.equal(core.live_objects(), before);
    assertRefused(loaded.close_frame(others[0] ?? 0), 'frame_not_open', /not open/);
    assertRefused(loaded.view_frame(others[1] ?? 0, null, 9, null), 'frame_not_open', /not open/);
    loaded.delete();
    assert.equal(core.live_objects(), before - 2);
    loaded = new core.Classifier();
  });

  test('a thousand frames one after another leave nothing behind', () => {
    const round = (): void => {
      const { frame } = valueOf(loaded.open_frame(someFrame(), 0, -1));
      const { boxes, outlines, outline_offsets } = valueOf(loaded.detect(frame, settings));
      valueOf(loaded.prepare_cells(frame, boxes.slice(0, 8), ...noOutlines(2), null));
      valueOf(loaded.measure_outlines(frame, outlines, outline_offsets));
      valueOf(loaded.close_frame(frame));
    };
    const [file, objects] = [someFrame(), core.live_objects()];
    round();
    const bytes = core.heap_bytes();
    for (let i = 0; i < 1000; i++) valueOf(loaded.close_frame(valueOf(loaded.open_frame(file, 0, -1)).frame));
    for (let i = 0; i < 20; i++) round();
    assert.equal(core.live_objects(), objects);
    assert.equal(core.heap_bytes(), bytes);
  });
});
