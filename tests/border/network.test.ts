/** The core's inference engine against ONNX Runtime Web: the shipped networks and hundreds of generated graphs. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bytesOf, floatsOf, goldenCases, jsonOf, largestDifference, model, root, spec } from './fixtures.ts';
import { GraphWriter } from './onnx_writer.ts';
import { Core } from '../../src/js/core/core.ts';
import { CoreEngine } from '../../src/js/core/core_engine.ts';
import { CytodropError } from '../../src/js/core/errors.ts';
import { OnnxRuntimeEngine } from '../../src/js/core/onnxruntime.ts';

const graphCount = 400;

let core: Core;
let ours: CoreEngine;
let oracle: OnnxRuntimeEngine;

before(async () => {
  const runtime = 'node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded';
  core = await Core.open(bytesOf('build/wasm/cytodrop_core.wasm'));
  ours = new CoreEngine(core);
  oracle = new OnnxRuntimeEngine({ mjs: new URL(`${runtime}.mjs`, root).href, wasm: bytesOf(`${runtime}.wasm`) }, 1);
});

after(async () => {
  await oracle.release();
  core.close();
});

/** Numbers that are the same in every run of a seed. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = (seed * 2654435761) % 2147483646 + 1;
  }
  /** From 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state * 48271) % 2147483647;
    return (this.#state - 1) / 2147483646;
  }
  pick<T>(...choices: T[]): T {
    return choices[Math.floor(this.next() * choices.length)] as T;
  }
  floats(count: number, scale: number): Float32Array {
    return Float32Array.from({ length: count }, () => (this.next() + this.next() + this.next() - 1.5) * scale);
  }
}

/** A value of a generated graph; `flat` is N×C. */
interface Value { name: string; channels: number; height: number; width: number; flat: boolean }

/** Grows a random graph of the operators that the engine has, keeping all sizes at hand. */
class RandomGraph {
  readonly writer = new GraphWriter();
  readonly operators = new Set<string>();
  readonly random: Random;
  readonly input: Value;
  #last: Value;
  #values: Value[];

  constructor(seed: number) {
    this.random = new Random(seed);
    const side = () => this.random.pick(5, 7, 8, 11, 12, 16);
    this.input = { name: 'x', channels: this.random.pick(1, 3, 3, 4, 5, 8), height: side(), width: side(), flat: false };
    this.#last = this.input;
    this.#values = [this.input];
    for (let size = this.random.pick(1, 2, 4, 6, 9); size > 0; size--) this.#grow();
  }

  get output(): Value {
    return this.#last;
  }

  #node(type: string, inputs: string[], attributes = {}): string {
    this.operators.add(type);
    return this.writer.node(type, inputs, attributes);
  }

  #push(value: Value): void {
    this.#last = value;
    this.#values.push(value);
  }

  #grow(): void {
    const { random } = this;
    if (this.#last.flat) return this.#growFlat();
    random.pick(
      () => this.#convolve(false), () => this.#convolve(false), () => this.#convolve(true), () => this.#convolve(true),
      () => this.#residual(), () => this.#activate(), () => this.#activate(), () => this.#squeezeAndExcite(), () => this.#pool(),
      () => this.#concatenate(), () => this.#normalise(), () => this.#flatten(), () => this.#twoNodeActivation(), () => this.#rename(),
    )();
  }

  #convolve(depthwise: boolean, outputs = this.random.pick(1, 3, 4, 6, 8, 12, 17), same = false): void {
    const { random } = this;
    const { name, channels, height, width } = this.#last;
    const kernel = same ? random.pick(1, 3) : Math.min(random.pick(1, 1, 3, 3, 5, 2), height, width);
    const stride = same ? 1 : random.pick(1, 1, 2, 3);
    const padding = same ? 'half' : random.pick('none', 'half', 'tensorflow', 'odd', 'SAME_UPPER', 'SAME_LOWER', 'VALID');
    // ONNX Runtime has no dilation with automatic padding.
    const dilation = !same && kernel === 3 && !padding.startsWith('SAME') && Math.min(height, width) > 4 ? random.pick(1, 1, 2) : 1;
    const half = (dilation * (kernel - 1)) / 2;
    const count = depthwise ? channels : outputs;
    const weights = this.writer.floats([count, depthwise ? 1 : channels, kernel, kernel],
      random.floats(count * (depthwise ? 1 : channels) * kernel * kernel, 2 / Math.sqrt((depthwise ? 1 : channels) * kernel)));
    const attributes: Record<string, number | number[] | string> = {
      kernel_shape: [kernel, kernel], strides: [stride, stride], dilations: [dilation, dilation], group: depthwise ? channels : 1,
    };
    let pads = [0, 0, 0, 0];
    if (padding === 'half') pads = [Math.floor(half), Math.floor(half), Math.floor(half), Math.floor(half)];
    if (padding === 'tensorflow') pads = [0, 0, 1, 1];
    if (padding === 'odd') pads = [random.pick(0, 1, 3), random.pick(0, 2), random.pick(0, 1), random.pick(0, 1, 2)];
    if (padding.startsWith('SAME') || padding === 'VALID') attributes['auto_pad'] = padding;
    else attributes['pads'] = pads;
    const extent = dilation * (kernel - 1) + 1;
    const size = (pixels: number, before: number, behind: number) =>
      padding.startsWith('SAME') ? Math.ceil(pixels / stride) : Math.floor((pixels + before + behind - extent) / stride) + 1;
    const inputs = [name, weights];
    if (random.pick(true, true, false)) inputs.push(this.writer.floats([count], random.floats(count, 1)));
    this.#push({
      name: this.#node('Conv', inputs, attributes), channels: count, flat: false,
      height: size(height, pads[0] ?? 0, pads[2] ?? 0), width: size(width, pads[1] ?? 0, pads[3] ?? 0),
    });
  }

  /** A block of one or two convolutions whose input is added to its output. */
  #residual(): void {
    const before = this.#last;
    if (this.random.pick(true, false)) this.#convolve(false, this.random.pick(5, 8), true);
    if (this.random.pick(true, false)) this.#activate();
    this.#convolve(false, before.channels, true);
    if (this.random.pick(true, false)) this.#activate();
    const names = [before.name, this.#last.name];
    this.#push({ ...this.#last, name: this.#node('Add', this.random.pick(true, false) ? names : names.reverse()) });
    if (this.random.pick(true, false)) this.#activate();
  }

  #activate(): void {
    const { random } = this;
    const { name } = this.#last;
    const bound = (value: number) => this.writer.floats([], Float32Array.of(value));
    this.#push({
      ...this.#last,
      name: random.pick(
        () => this.#node('Relu', [name]), () => this.#node('Clip', [name, bound(0), bound(6)]), () => this.#node('Clip', [name, '', bound(0.5)]),
        () => this.#node('Clip', [name, bound(-0.5)]), () => this.#node('Sigmoid', [name]), () => this.#node('HardSwish', [name]),
        () => this.#node('HardSigmoid', [name]), () => this.#node('HardSigmoid', [name], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
      )(),
    });
  }

  /** SiLU and hard swish as exporters write them. */
  #twoNodeActivation(): void {
    const { name } = this.#last;
    const gate = this.random.pick(true, false)
      ? this.#node('Sigmoid', [name])
      : this.#node('HardSigmoid', [name], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
    this.#push({ ...this.#last, name: this.#node('Mul', this.random.pick(true, false) ? [name, gate] : [gate, name]) });
  }

  /** Two names for one value, both read: whatever is fused behind one must not show behind the other. */
  #rename(): void {
    const before = this.#last;
    const renamed = { ...before, name: this.#node('Identity', [before.name]) };
    const [fused, kept] = this.random.pick([before, renamed], [renamed, before]);
    this.#push({ ...fused });
    this.#activate();
    this.#push({ ...kept, channels: 2 * kept.channels, name: this.#node('Concat', [kept.name, this.#last.name], { axis: 1 }) });
  }

  #mean(flat: boolean): void {
    const { name } = this.#last;
    const pooled = flat || this.random.pick(true, false)
      ? this.#node('ReduceMean', [name], { axes: this.random.pick([2, 3], [-1, -2]), keepdims: flat ? 0 : 1 })
      : this.#node('GlobalAveragePool', [name]);
    this.#push({ ...this.#last, name: pooled, height: 1, width: 1, flat });
  }

  #squeezeAndExcite(): void {
    const before = this.#last;
    this.#mean(false);
    this.#convolve(false, this.random.pick(2, 5), true);
    this.#activate();
    this.#convolve(false, before.channels, true);
    const gate = this.random.pick(() => this.#node('Sigmoid', [this.#last.name]), () => this.#node('HardSigmoid', [this.#last.name]))();
    this.#push({ ...before, name: this.#node('Mul', this.random.pick([before.name, gate], [gate, before.name], [before.name, before.name])) });
  }

  #pool(): void {
    const { name, height, width } = this.#last;
    const kernel = Math.min(this.random.pick(2, 3), height, width);
    const stride = this.random.pick(1, 2);
    const pads = kernel === 3 ? this.random.pick([0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 1, 0]) : [0, 0, 0, 0];
    const size = (pixels: number, before: number, behind: number) => Math.floor((pixels + before + behind - kernel) / stride) + 1;
    this.#push({
      ...this.#last, name: this.#node('MaxPool', [name], { kernel_shape: [kernel, kernel], strides: [stride, stride], pads }),
      height: size(height, pads[0] ?? 0, pads[2] ?? 0), width: size(width, pads[1] ?? 0, pads[3] ?? 0),
    });
  }

  #concatenate(): void {
    const { height, width } = this.#last;
    const parts = this.#values.filter((value) => !value.flat && value.height === height && value.width === width).slice(-3);
    const channels = parts.reduce((sum, part) => sum + part.channels, 0);
    this.#push({ ...this.#last, channels, name: this.#node('Concat', parts.map(({ name }) => name), { axis: this.random.pick(1, -3) }) });
  }

  #normalise(): void {
    const { name, channels } = this.#last;
    const constant = (values: Float32Array) => this.writer.floats([channels], values);
    const [scale, shift, mean] = [0, 1, 2].map(() => constant(this.random.floats(channels, 1)));
    const variance = constant(this.random.floats(channels, 0.5).map((value) => value + 1));
    this.#push({ ...this.#last, name: this.#node('BatchNormalization', [name, scale ?? '', shift ?? '', mean ?? '', variance], { epsilon: { float: 1e-3 } }) });
  }

  #flatten(): void {
    const { name, channels, height, width } = this.#last;
    const size = channels * height * width;
    this.random.pick(
      () => this.#mean(true),
      () => this.#push({ name: this.#node('Flatten', [name]), channels: size, height: 1, width: 1, flat: true }),
      () => this.#push({ name: this.#node('Reshape', [name, this.writer.integers(this.random.pick([0, -1], [-1, size]))]), channels: size, height: 1, width: 1, flat: true }),
      () => this.#push({ name: this.#node('Reshape', [name, this.writer.integers([0, height, -1, channels])]), channels: height, height: width, width: channels, flat: false }),
    )();
  }

  #growFlat(): void {
    const { random } = this;
    const { name, channels } = this.#last;
    if (random.pick(true, false)) return this.#activate();
    const outputs = random.pick(1, 4, 7, 16);
    const transB = random.pick(0, 1);
    const weights = this.writer.floats(transB ? [outputs, channels] : [channels, outputs], random.floats(channels * outputs, 2 / Math.sqrt(channels)));
    const biasShape = random.pick(undefined, [outputs], [1, outputs]);
    const bias = biasShape === undefined ? [] : [this.writer.floats(biasShape, random.floats(outputs, 1))];
    const scales = random.pick({}, { alpha: { float: 0.5 }, beta: { float: 2 } });
    this.#push({ ...this.#last, name: this.#node('Gemm', [name, weights, ...bias], { transB, ...scales }), channels: outputs });
  }
}

describe('our engine equals ONNX Runtime Web to 1e-4', () => {
  test(`on ${model}`, async () => {
    const network = bytesOf(`${model}/${spec.network.file}`);
    await ours.load(network, spec.network);
    await oracle.load(network, spec.network);
    for (const { tensor, tensor_shape: shape } of goldenCases) {
      const input = { data: floatsOf(`${model}/golden/${tensor}`), shape };
      const [features, expected] = [await ours.run(input), await oracle.run(input)];
      assert.deepEqual(features.shape, expected.shape);
      assert.ok(largestDifference(features.data, expected.data) <= 1e-4);
    }
  });

  for (const [name, channels, stride] of [['round', 36, 8], ['adherent', 9, 4]] as const) test(`on models/${name}, frames of several sizes`, async () => {
    const { network: { file, ...names } } = jsonOf<{ network: { file: string; input: string; output: string } }>(`models/${name}/spec.json`);
    const network = bytesOf(`models/${name}/${file}`);
    await ours.load(network, names);
    await oracle.load(network, names);
    const random = new Random(1);
    for (const [height, width] of [[8, 8], [40, 104], [192, 160]] as const) {
      const input = { data: random.floats(height * width, 2), shape: [1, 1, height, width] };
      const [maps, expected] = [await ours.run(input), await oracle.run(input)];
      assert.deepEqual(maps.shape, [1, channels, height / stride, width / stride]);
      assert.deepEqual(maps.shape, expected.shape);
      assert.ok(largestDifference(maps.data, expected.data) <= 1e-4);
    }
  });

  test(`on ${graphCount} generated graphs over all operators`, async () => {
    const operators = new Map<string, number>();
    for (let seed = 1; seed <= graphCount; seed++) {
      const graph = new RandomGraph(seed);
      const { channels, height, width } = graph.input;
      const free = graph.random.pick(true, false);
      const file = graph.writer.file(free ? ['n', channels, 'h', 'w'] : ['n', channels, height, width], graph.output.name);
      const input = { data: graph.random.floats(2 * channels * height * width, 2), shape: [2, channels, height, width] };
      await oracle.load(file, { input: 'x', output: 'y' });
      await ours.load(file, { input: 'x', output: 'y' });
      const [got, expected] = [await ours.run(input), await oracle.run(input)];
      const about = `graph ${seed}: ${[...graph.operators].join(', ')}`;
      assert.deepEqual(got.shape, expected.shape, about);
      const range = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      assert.ok(largestDifference(got.data, expected.data) <= 1e-4 * range, `${about}: ${largestDifference(got.data, expected.data)} of ${range}`);
      const one = await ours.run({ data: input.data.subarray(0, input.data.length / 2), shape: [1, channels, height, width] });
      assert.deepEqual(one.data, got.data.slice(0, one.data.length), `${about}: one image and a batch differ`);
      for (const operator of graph.operators) operators.set(operator, (operators.get(operator) ?? 0) + 1);
    }
    assert.deepEqual([...operators.keys()].sort(), [
      'Add', 'BatchNormalization', 'Clip', 'Concat', 'Conv', 'Flatten', 'Gemm', 'GlobalAveragePool', 'HardSigmoid', 'HardSwish',
      'Identity', 'MaxPool', 'Mul', 'ReduceMean', 'Relu', 'Reshape', 'Sigmoid',
    ]);
    assert.ok([...operators.values()].every((count) => count >= 10), JSON.stringify([...operators]));
  });
});

test('an operator that is not ours is named, and the network before stays', async () => {
  const writer = new GraphWriter();
  const file = writer.file(['n', 3, 8, 8], writer.node('Softplus', ['x']));
  await ours.load(bytesOf(`${model}/${spec.network.file}`), spec.network);
  await assert.rejects(ours.load(file, { input: 'x', output: 'y' }), (error) =>
    error instanceof CytodropError && error.code === 'unsupported_operator' && error.message.includes('Softplus'));
  const golden = goldenCases[0];
  assert.ok(golden);
  await ours.run({ data: floatsOf(`${model}/golden/${golden.tensor}`), shape: golden.tensor_shape });
});
