/** A network that somebody exported becomes a model: what is found in it, and that it gives what ONNX Runtime gives of the whole. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Exported } from '../border/exported.ts';
import { bytesOf, root } from '../border/fixtures.ts';
import { openEngine } from '../cli/fixtures.ts';
import { CytodropError } from '../../src/js/core/errors.ts';
import { guessAnswers, refuseOtherForms } from '../../src/js/model/export_habits.ts';
import { findParts } from '../../src/js/model/network_parts.ts';
import { classesOf, type NetworkAnswers } from '../../src/js/model/own_network.ts';
import { readOnnx } from '../../src/js/model/onnx_graph.ts';
import { encode } from '../../src/js/model/protobuf.ts';
import { networkAmong } from '../../src/js/model/network_files.ts';
import { simulatedPicture } from '../../src/js/model/simulated_picture.ts';
import { zip } from '../../src/js/report/zip.ts';
import { Classifier } from '../../src/js/work/classifier.ts';
import { NetworkTrial } from '../../src/js/work/network_trial.ts';
import { WorkerLink } from '../../src/js/work/worker_link.ts';

const home = new URL('dist/', root);
const trial = new NetworkTrial({ home });
after(() => trial.close());

/** Each ends in three values, from a picture of 16 px. */
const endings: Record<string, { make: (net: Exported, channels: number) => string; hasMap: boolean; hasFeatures: boolean; end: string | null }> = {
  'a PyTorch export: pooling, flatten, Gemm': { make: (net, channels) => net.node('Gemm', [net.node('Flatten', [net.node('GlobalAveragePool', [net.conv('x', channels, 6)])]), net.weights([3, 6]), net.weights([3])], { transB: 1 }), hasMap: true, hasFeatures: true, end: null },
  'with a softmax at its end': { make: (net, channels) => net.node('Softmax', [net.node('Gemm', [net.node('Flatten', [net.node('GlobalAveragePool', [net.conv('x', channels, 6)])]), net.weights([6, 3])])], { axis: 1 }), hasMap: true, hasFeatures: true, end: 'softmax' },
  'mean over height and width, product and sum': { make: (net, channels) => net.node('Add', [net.weights([3]), net.node('MatMul', [net.node('ReduceMean', [net.conv('x', channels, 5)], { axes: [2, 3], keepdims: 0 }), net.weights([5, 3])])]), hasMap: true, hasFeatures: true, end: null },
  'weights that are handed on and turned over': { make: (net, channels) => net.node('Add', [net.node('MatMul', [net.node('Flatten', [net.node('GlobalAveragePool', [net.conv('x', channels, 6)])]), net.node('Transpose', [net.node('Identity', [net.weights([3, 6])])], { perm: [1, 0] })]), net.node('Identity', [net.weights([3])])]), hasMap: true, hasFeatures: true, end: null },
  'two dense layers with a ReLU between, as Teachable Machine\'s': { make: (net, channels) => net.node('MatMul', [net.node('Relu', [net.node('Gemm', [net.node('Flatten', [net.node('GlobalAveragePool', [net.conv('x', channels, 4)])]), net.weights([4, 9]), net.weights([9])])]), net.weights([9, 3])]), hasMap: true, hasFeatures: true, end: null },
  'a last layer of 1 × 1 convolution after pooling': { make: (net, channels) => net.node('Flatten', [net.node('Conv', [net.node('GlobalAveragePool', [net.conv('x', channels, 5)]), net.weights([3, 5, 1, 1]), net.weights([3])], { kernel_shape: [1, 1] })]), hasMap: true, hasFeatures: true, end: null },
  'pooled maps of types, as SqueezeNet\'s': { make: (net, channels) => net.node('Flatten', [net.node('GlobalAveragePool', [net.conv('x', channels, 3)])]), hasMap: true, hasFeatures: true, end: null },
  'a dense layer on what has no places': { make: (net, channels) => net.node('Gemm', [net.node('HardSwish', [net.node('Gemm', [net.node('Flatten', [net.node('GlobalAveragePool', [net.conv('x', channels, 4)])]), net.weights([4, 7])])]), net.weights([7, 3])]), hasMap: false, hasFeatures: true, end: null },
  'an end that is not known': { make: (net, channels) => net.node('Relu', [net.node('Gemm', [net.node('Flatten', [net.node('GlobalAveragePool', [net.conv('x', channels, 4)])]), net.weights([4, 3]), net.weights([3])])]), hasMap: false, hasFeatures: false, end: null },
};

const answered: NetworkAnswers = { title: 'My network', author: 'A. Person', types: ['Round cell', 'round cell!', '×'], sidePx: 16, channels: 'rgb', range: 'unit', mean: [0], spread: [1], layout: 'nchw', output: 'logits', crop: 'whole' };

/** What ONNX Runtime gives of the whole network for a picture that is prepared as the answers say; `picture`: 16 × 16, [channels][height][width] from 0 to 1. */
async function reference(network: Uint8Array, shape: number[], data: Float32Array): Promise<number[]> {
  const engine = openEngine();
  await engine.load(network, { input: 'x', output: 'y' });
  const { data: values } = await engine.run({ data, shape });
  await engine.release();
  return Array.from(values);
}

const softmax = (values: readonly number[]): number[] => {
  const most = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - most));
  const sum = powers.reduce((total, one) => total + one, 0);
  return powers.map((one) => one / sum);
};

/** A picture of 16 × 16 px as BMP and as [3][16][16] from 0 to 1; resized to its own size it is the same. */
const picture = ((): { bmp: Uint8Array; unit: Float32Array } => {
  const whole = simulatedPicture();
  const bmp = new Uint8Array(54 + 3 * 16 * 16);
  bmp.set(whole.subarray(0, 54));
  const view = new DataView(bmp.buffer);
  view.setUint32(2, bmp.length, true);
  view.setInt32(18, 16, true);
  view.setInt32(22, 16, true);
  view.setUint32(34, 3 * 16 * 16, true);
  const unit = new Float32Array(3 * 256);
  for (let y = 0; y < 16; y++) for (let x = 0; x < 16; x++) for (let c = 0; c < 3; c++) {
    const value = (37 * x + 91 * y * (c + 1) + 13 * c * x * y) % 256;
    // From the bottom up, blue first.
    bmp[54 + (15 - y) * 48 + 3 * x + (2 - c)] = value;
    unit[c * 256 + y * 16 + x] = value / 255;
  }
  return { bmp, unit };
})();

const near = (found: readonly number[], expected: readonly number[], within = 2e-4): void => {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => assert.ok(Math.abs(value - (expected[i] as number)) <= within, `${found.join()} is not ${expected.join()}`));
};

describe('a network becomes a model that gives what the whole network gives', () => {
  for (const [what, { make, hasMap, hasFeatures, end }] of Object.entries(endings)) {
    test(what, async () => {
      const net = new Exported();
      const network = net.graph.file(['N', 3, 16, 16], make(net, 3));
      const file = readOnnx(network);
      const parts = findParts(file);
      assert.deepEqual([parts.end, parts.values ?? 3, parts.input.layout, parts.input.channels], [end, 3, 'nchw', 3]);
      const found = await trial.run(file, parts, answered, 'my.onnx', [picture.bmp]);
      assert.deepEqual([found.hasMap, found.hasFeatures, found.runtime.engine.kind], [hasMap, hasFeatures, 'core']);
      const [outcome] = found.outcomes;
      const given = await reference(network, [1, 3, 16, 16], picture.unit);
      near(outcome?.status === 'ok' ? outcome.probabilities : [], end === null ? softmax(given) : given);
      // It is a model like any other: its own self-test passes, as a zip too.
      await using classifier = await Classifier.open(zip([...found.folder].map(([name, bytes]) => ({ name, bytes }))), { home, jobs: 1 });
      assert.deepEqual([classifier.selfTest, classifier.spec.title, classifier.spec.author], [{ passed: true, maxLogitDifference: 0 }, 'My network', 'A. Person']);
      assert.deepEqual(classifier.spec.classes.map(({ id, letter }) => [id, letter]), [['round_cell', 'R'], ['round_cell_2', 'O'], ['type_3', 'A']]);
      const again = await classifier.classify(picture.bmp);
      assert.deepEqual(again.probabilities, outcome?.status === 'ok' && outcome.probabilities);
      assert.equal(again.maps.height * again.maps.width > 1, hasMap);
    });
  }

  test('by the range, the order of channels and mean and spread that were told', async () => {
    const net = new Exported();
    const network = net.graph.file(['N', 3, 16, 16], endings['a PyTorch export: pooling, flatten, Gemm']?.make(net, 3) ?? '');
    const file = readOnnx(network);
    const each = (change: (value: number, channel: number) => number, isReversed = false): Float32Array => Float32Array.from(picture.unit, (_, i) => {
      const channel = Math.floor(i / 256);
      return change(picture.unit[(isReversed ? 2 - channel : channel) * 256 + (i % 256)] as number, channel);
    });
    const [mean, spread] = [[0.1, 0.4, 0.9], [0.5, 0.25, 1]];
    const cases: [Partial<NetworkAnswers>, Float32Array][] = [
      [{ range: 'bytes' }, each((value) => value * 255)], [{ range: 'signed' }, each((value) => value * 2 - 1)],
      [{ range: 'imagenet' }, each((value, c) => (value - ([0.485, 0.456, 0.406][c] ?? 0)) / ([0.229, 0.224, 0.225][c] ?? 1))],
      [{ range: 'own', mean, spread }, each((value, c) => (value - (mean[c] ?? 0)) / (spread[c] ?? 1))], [{ channels: 'bgr' }, each((value) => value, true)],
      [{ range: 'own', mean, spread, channels: 'bgr' }, each((value, c) => (value - (mean[c] ?? 0)) / (spread[c] ?? 1), true)],
    ];
    for (const [answers, prepared] of cases) {
      const { outcomes: [outcome], runtime, hasMap } = await trial.run(file, findParts(file), { ...answered, ...answers }, 'my.onnx', [picture.bmp]);
      const given = await reference(network, [1, 3, 16, 16], prepared);
      assert.deepEqual([runtime.engine.kind, hasMap], ['core', true]);
      near(outcome?.status === 'ok' ? outcome.logits : [], given, 1e-3 * Math.max(1, ...given.map(Math.abs)));
    }
  });

  test('of one grey channel, of one picture at a time, and of channels last, whose turning round falls away', async () => {
    const grey = new Exported();
    const greyNetwork = grey.graph.file([1, 1, 16, 16], endings['a PyTorch export: pooling, flatten, Gemm']?.make(grey, 1) ?? '');
    const found = await trial.run(readOnnx(greyNetwork), findParts(readOnnx(greyNetwork)), { ...answered, channels: 'grey' }, 'grey.onnx', [picture.bmp, picture.bmp]);
    const luma = Float32Array.from({ length: 256 }, (_, i) => 0.299 * (picture.unit[i] ?? 0) + 0.587 * (picture.unit[256 + i] ?? 0) + 0.114 * (picture.unit[512 + i] ?? 0));
    const [outcome] = found.outcomes;
    near(outcome?.status === 'ok' ? outcome.probabilities : [], softmax(await reference(greyNetwork, [1, 1, 16, 16], luma)), 1e-2);
    await using classifier = await Classifier.open(found.folder, { home, jobs: 1 });
    for await (const record of classifier.classifyAll([picture.bmp, picture.bmp, picture.bmp])) assert.deepEqual(record.status === 'ok' && record.probabilities, outcome?.status === 'ok' && outcome.probabilities);

    const last = new Exported();
    const turned = last.node('Transpose', ['x'], { perm: [0, 3, 1, 2] });
    const lastNetwork = last.graph.file(['N', 16, 16, 3], last.node('Gemm', [last.node('Flatten', [last.node('GlobalAveragePool', [last.conv(turned, 3, 6)])]), last.weights([6, 3])]));
    const parts = findParts(readOnnx(lastNetwork));
    assert.deepEqual([parts.input.layout, parts.input.heightPx], ['nhwc', 16]);
    const byLast = await trial.run(readOnnx(lastNetwork), parts, { ...answered, layout: 'nhwc' }, 'last.onnx', [picture.bmp]);
    const pixels = Float32Array.from(picture.unit, (_, i) => picture.unit[(i % 3) * 256 + Math.floor(i / 3)] as number);
    const [lastOutcome] = byLast.outcomes;
    assert.equal(byLast.runtime.engine.kind, 'core');
    near(lastOutcome?.status === 'ok' ? lastOutcome.probabilities : [], softmax(await reference(lastNetwork, [1, 16, 16, 3], pixels)));
  });

  test('that gives one value for two types, or probabilities whose making is not known: by ONNX Runtime where the core cannot, and why', async () => {
    const one = new Exported();
    const network = one.graph.file(['N', 3, 16, 16], one.node('Sigmoid', [one.node('Gemm', [one.node('Flatten', [one.node('GlobalAveragePool', [one.conv('x', 3, 6)])]), one.weights([6, 1])])]));
    const parts = findParts(readOnnx(network));
    const [given = NaN] = await reference(network, [1, 3, 16, 16], picture.unit);
    const found = await trial.run(readOnnx(network), parts, { ...answered, types: ['dead', 'alive'] }, 'two.onnx', [picture.bmp]);
    near(found.outcomes[0]?.status === 'ok' ? found.outcomes[0].probabilities : [], [1 - given, given]);

    const odd = new Exported();
    const shares = odd.node('Exp', [odd.node('Gemm', [odd.node('Flatten', [odd.node('GlobalAveragePool', [odd.conv('x', 3, 6)])]), odd.weights([6, 3], 0.1)])]);
    const oddNetwork = odd.graph.file(['N', 3, 16, 16], odd.node('Div', [shares, odd.node('ReduceSum', [shares, odd.graph.integers([1])], { keepdims: 1 })]));
    const byRuntime = await trial.run(readOnnx(oddNetwork), findParts(readOnnx(oddNetwork)), { ...answered, output: 'probabilities' }, 'odd.onnx', [picture.bmp]);
    near(byRuntime.outcomes[0]?.status === 'ok' ? byRuntime.outcomes[0].probabilities : [], await reference(oddNetwork, [1, 3, 16, 16], picture.unit), 1e-5);
    assert.equal(byRuntime.runtime.engine.kind, 'onnxruntime');
    assert.match(byRuntime.runtime.engineReason, /cannot run this network: .*Exp|Div|ReduceSum|Log/);
    assert.deepEqual([byRuntime.hasMap, byRuntime.hasFeatures], [false, false]);
  });
});

describe('what cannot be used is refused in one line', () => {
  const net = new Exported();
  const good = new Uint8Array(net.graph.file(['N', 3, 16, 16], endings['a PyTorch export: pooling, flatten, Gemm']?.make(net, 3) ?? ''));
  const refused = (make: () => unknown, words: RegExp): void => assert.throws(make, (error: unknown) => error instanceof CytodropError && !error.message.includes('\n') && words.test(error.message), String(words));

  test('files that are none, or cut off anywhere, or changed anywhere: never anything but a line, or a network', () => {
    refused(() => readOnnx(new Uint8Array()), /holds no graph/);
    refused(() => readOnnx(new TextEncoder().encode('PNG no network at all')), /no ONNX network/);
    for (let length = 0; length < good.length; length += 7) {
      try {
        findParts(readOnnx(good.slice(0, length)));
      } catch (error) {
        assert.ok(error instanceof CytodropError && !error.message.includes('\n'), String(error));
      }
    }
    let seed = 1;
    for (let round = 0; round < 3_000; round++) {
      const changed = good.slice();
      for (let i = 0; i < 3; i++) {
        seed = (seed * 16_807) % 2_147_483_647;
        changed[seed % changed.length] = seed >> 8;
      }
      try {
        findParts(readOnnx(changed));
      } catch (error) {
        assert.ok(error instanceof CytodropError, `${round}: ${String(error)}`);
      }
    }
  });

  test('files made to keep a page busy: of nothing but tiny fields, or of numbers, or with a name as long as a book', () => {
    const inField = (field: number, content: Uint8Array): Uint8Array => encode([[field, content]]);
    const tiny = new Uint8Array(40_000_000).map((_, i) => (i % 2 === 0 ? 8 : 1));
    refused(() => readOnnx(tiny), /too many parts/);
    refused(() => readOnnx(inField(7, tiny)), /too many parts/);
    // A node with an attribute of twenty million numbers.
    refused(() => readOnnx(inField(7, inField(1, inField(5, inField(8, new Uint8Array(20_000_000)))))), /too many parts/);
    refused(() => readOnnx(inField(7, inField(1, inField(4, new Uint8Array(20_000_000).fill(65))))), /a name in it is too long/);
    const started = performance.now();
    try { readOnnx(inField(7, tiny)); } catch { /* As above. */ }
    assert.ok(performance.now() - started < 5_000);
  });

  test('a network of another kind', async () => {
    const many = new Exported();
    const imageNet = many.graph.file(['N', 3, 16, 16], many.node('Gemm', [many.node('Flatten', [many.node('GlobalAveragePool', [many.conv('x', 3, 6)])]), many.weights([6, 1000])]));
    await assert.rejects(networkAmong([{ name: 'a.onnx', bytes: imageNet.length, read: async () => imageNet }]), { message: 'The network tells 1000 types apart; up to 64 can be shown.' });
    const two = new Exported();
    refused(() => findParts(readOnnx(two.graph.file(['N', 10], two.node('Gemm', ['x', two.weights([10, 3])])))), /takes 2 dimensions, where a batch of pictures has four/);
    const four = new Exported();
    refused(() => findParts(readOnnx(four.graph.file(['N', 4, 16, 16], four.conv('x', 4, 3)))), /pictures have (4|16) channels|cannot be used/);
    const batch = new Exported();
    refused(() => findParts(readOnnx(batch.graph.file([8, 3, 16, 16], batch.conv('x', 3, 3)))), /takes 8 pictures at once/);
    refused(() => refuseOtherForms(new Map([['model.json', '{"format":"layers-model","modelTopology":{}}']])), /TensorFlow\.js model, which cannot be run here; make an ONNX file of it/);
  });

  test('one that never ends: its worker is stopped', async () => {
    let ticks = 0;
    let stopped = 0;
    // A worker that begins and answers nothing, and a clock that does not wait.
    const link = new WorkerLink((onReply) => ({ post: ({ ticket }) => onReply({ type: 'at_work', ticket, image: -1 }), stop: () => { stopped++; } }), (onTick) => {
      const timer = setInterval(() => { ticks++; onTick(); }, 0);
      return () => clearInterval(timer);
    });
    await assert.rejects(new NetworkTrial({ home, link }).run(readOnnx(good), findParts(readOnnx(good)), answered, 'my.onnx', []), { message: 'The network took longer than 60 seconds and was stopped.', code: 'took_too_long' });
    assert.deepEqual([ticks, stopped], [61, 1]);
  });

  test('answers that do not fit, and what the network itself cannot do', async () => {
    const [file, parts] = [readOnnx(good), findParts(readOnnx(good))];
    const lineFor = async (answers: Partial<NetworkAnswers>, from = file): Promise<string> => trial.run(from, findParts(from), { ...answered, ...answers }, 'my.onnx', []).then(() => assert.fail('it was taken'), (error: Error) => error.message);
    assert.equal(await lineFor({ types: ['a', 'b'] }), 'The network gives 3 values, and there are 2 types.');
    assert.equal(await lineFor({ types: ['a', 'a', 'b'] }), 'Types must have names that differ.');
    assert.equal(await lineFor({ sidePx: 4 }), 'The side must be 8 to 1024 px.');
    assert.equal(await lineFor({ channels: 'grey' }), 'The network takes pictures in colour.');
    assert.equal(await lineFor({ range: 'own', mean: [0, 0], spread: [1] }), 'Mean and spread must have a number for each channel, or one for all.');
    assert.equal(parts.values, 3);
    const strange = new Exported();
    const unknown = readOnnx(strange.graph.file(['N', 3, 16, 16], strange.node('NoSuchOperator', [strange.conv('x', 3, 3)])));
    assert.match(await lineFor({}, unknown), /NoSuchOperator/);
  });
});

describe('what the files beside a network tell', () => {
  const net = new Exported();
  const file = readOnnx(net.graph.file(['N', 3, 'H', 'W'], endings['a PyTorch export: pooling, flatten, Gemm']?.make(net, 3) ?? ''));
  const guess = (files: Record<string, unknown>) => guessAnswers(file, findParts(file), 'exports/white_cells-v2.onnx', new Map(Object.entries(files).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])));

  test('nothing: all but what the network tells is a guess', () => {
    const { answers, told } = guess({});
    assert.deepEqual(answers, { title: 'white cells v2', author: '', types: ['Type 1', 'Type 2', 'Type 3'], sidePx: 224, channels: 'rgb', range: 'imagenet', mean: [0, 0, 0], spread: [1, 1, 1], layout: 'nchw', output: 'logits', crop: 'whole' });
    assert.deepEqual(told, { layout: 'network' });
  });

  test('Hugging Face', () => {
    const { answers, told } = guess({
      'config.json': { id2label: { 0: 'a', 2: 'c', 1: 'b' }, image_size: 300 },
      'preprocessor_config.json': { do_normalize: true, do_rescale: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], size: { height: 192, width: 192 }, do_center_crop: true },
    });
    assert.deepEqual([answers.types, answers.sidePx, answers.range, answers.crop], [['a', 'b', 'c'], 192, 'signed', 'square']);
    assert.deepEqual([told.types, told.sidePx, told.range], ['config.json', 'preprocessor_config.json', 'preprocessor_config.json']);
  });

  test('timm', () => {
    const { answers } = guess({ 'config.json': { architecture: 'resnet18', label_names: ['x', 'y', 'z'], pretrained_cfg: { input_size: [3, 288, 288], mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] } } });
    assert.deepEqual([answers.types, answers.sidePx, answers.range, answers.mean, answers.spread, answers.crop], [['x', 'y', 'z'], 288, 'own', [0.1, 0.2, 0.3], [0.4, 0.5, 0.6], 'square']);
  });

  test('Teachable Machine, and labels that are not as many as the network has', () => {
    const { answers, told } = guess({ 'labels.txt': '0 Round\r\n1 Long cell\r\n2 Nothing\r\n' });
    assert.deepEqual([answers.types, answers.range, answers.output, told.types], [['Round', 'Long cell', 'Nothing'], 'signed', 'probabilities', 'labels.txt']);
    assert.deepEqual(guess({ 'metadata.json': { labels: ['only', 'two'], imageSize: 96, tmVersion: '2.4.7' } }).answers.types, ['Type 1', 'Type 2', 'Type 3']);
    assert.throws(() => guess({ 'config.json': '{' }), /config\.json beside the network is no JSON/);
  });
});

test('a type has an id and a letter that no other has, whatever it is called', () => {
  const classes = classesOf(['Größe', 'grosse', 'Gro sse', '白血球', '', ...Array.from({ length: 20 }, (_, i) => `G ${i}`)]);
  assert.equal(new Set(classes.map(({ id }) => id)).size, classes.length);
  assert.equal(new Set(classes.map(({ letter }) => letter)).size, classes.length);
  assert.ok(classes.every(({ id, letter }) => /^[a-z0-9]+(_[a-z0-9]+)*$/.test(id) && /^[A-Z]$/.test(letter)));
});

test('of our own networks it finds the picture, and nothing at the end, for their head stands apart', () => {
  const { input, end, cut } = findParts(readOnnx(bytesOf('models/blood-smear/network.onnx')));
  assert.deepEqual([input.layout, input.channels, end, cut], ['nchw', 3, null, null]);
});
