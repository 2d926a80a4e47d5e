/** Finds in a network that somebody exported what Cytodrop needs of it: the picture it takes, logits, the last dense layer, and the features before pooling. */
import { CytodropError } from '../core/errors.ts';
import { elementTypes, floatsOf, integersOf, type OnnxFile, type OnnxNode, type OnnxTensor, type OnnxValue } from './onnx_graph.ts';

export type Layout = 'nchw' | 'nhwc';

/** A dense layer, its weights as [outputs][inputs]. */
export interface DenseLayer { inputs: number; outputs: number; weight: Float32Array; bias: Float32Array }

/** Where a network can be cut: at `tensor`, with `head` on what is pooled of it, ReLU between its layers; empty: what is pooled are the logits. `isMap`: it has places, so that the head tells what spoke for a type where. */
export interface Cut { tensor: string; head: DenseLayer[]; isMap: boolean }

const mostLayers = 8;

export interface NetworkParts {
  /** `layout` null: the file does not tell; a side that is free is null. */
  input: { name: string; type: number; layout: Layout | null; channels: number | null; heightPx: number | null; widthPx: number | null; isOneByOne: boolean };
  /** Names of what it gives, the first of which is taken. */
  outputs: string[];
  /** What stood at its end and is taken off. */
  end: 'softmax' | 'sigmoid' | null;
  /** Logits, or what was told to be probabilities. */
  logits: string;
  /** How many values it gives; null: not told. */
  values: number | null;
  /** The best way to cut it, where its last layer was found. */
  cut: Cut | null;
  /** It begins with arithmetic on the picture, so that its range may be that of pixels. */
  scalesItself: boolean;
  parameters: number;
}

/** They pass on what they get, or the same in another shape. */
const passing = new Set(['Identity', 'Dropout', 'Cast', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze']);

/** Raises: CytodropError, `unsupported_feature`, in one line, for a network that does not name what is in a picture. */
export function findParts(file: OnnxFile): NetworkParts {
  const input = pictureOf(file);
  const [first] = [...file.outputs].sort((a, b) => rank(a) - rank(b));
  if (!first) throw unsupported('It gives nothing');
  const makers = new Map(file.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const graph = new Graph(file, makers);
  const { end, logits } = graph.endAt(first.name);
  const cut = graph.cutAt(logits);
  const told = first.shape?.length === 2 ? first.shape[1] ?? null : null;
  const readers = file.nodes.filter(({ inputs }) => inputs.includes(input.name));
  const inputAfter = readers.find(({ type }) => ['Transpose', 'Cast', 'Identity'].includes(type))?.outputs[0];
  const begin = [...readers, ...file.nodes.filter(({ inputs }) => inputAfter !== undefined && inputs.includes(inputAfter))];
  return {
    input: { ...input, layout: input.layout ?? layoutByReaders(readers) }, outputs: [first.name, ...file.outputs.flatMap(({ name }) => (name === first.name ? [] : [name]))], end, logits,
    values: cut?.head.at(-1)?.outputs ?? told, cut, scalesItself: begin.some(({ type }) => ['Sub', 'Mul', 'Div', 'Add'].includes(type)),
    parameters: [...file.constants.values()].reduce((sum, { dims, type }) => sum + (type === elementTypes.float || type === elementTypes.float16 ? dims.reduce((product, side) => product * side, 1) : 0), 0),
  };
}

function unsupported(what: string): CytodropError {
  return new CytodropError('unsupported_feature', `The network cannot be used here: ${what}.`);
}

/** Logits before what else a network may give. */
const rank = ({ name, shape }: OnnxValue): number => (shape?.length === 2 ? 0 : 2) + (/logit|prob|output|class/i.test(name) ? 0 : 1);

const mayBeChannels = (side: number | null | undefined): boolean => side === 1 || side === 3;

function pictureOf({ inputs }: OnnxFile): NetworkParts['input'] {
  const pictures = inputs.filter(({ shape }) => shape === null || shape.length === 4);
  const [one] = pictures;
  if (inputs.length !== 1 || !one) throw unsupported(inputs.length === 1 ? `it takes ${inputs[0]?.shape?.length ?? 0} dimensions, where a batch of pictures has four` : `it takes ${inputs.length} inputs, where one picture is given`);
  if (![elementTypes.float, elementTypes.float16, elementTypes.double, elementTypes.uint8, 0].includes(one.type as 0)) throw unsupported('it takes no pictures of floats or bytes');
  const shape = one.shape ?? [null, null, null, null];
  const [batch, second, third, last] = shape;
  if (batch !== null && batch !== undefined && batch !== 1) throw unsupported(`it takes ${batch} pictures at once; export it for one, or for any number`);
  const layout: Layout | null = mayBeChannels(second) && !mayBeChannels(last) ? 'nchw' : mayBeChannels(last) && !mayBeChannels(second) ? 'nhwc' : null;
  const sides = layout === 'nhwc' ? [last, second, third] : [second, third, last];
  const [channels = null, heightPx = null, widthPx = null] = layout === null && one.shape === null ? [] : sides;
  if (channels !== null && !mayBeChannels(channels)) throw unsupported(`its pictures have ${channels} channels, where one or three are given`);
  return { name: one.name, type: one.type === 0 ? elementTypes.float : one.type, layout, channels, heightPx, widthPx, isOneByOne: batch === 1 };
}

function layoutByReaders(readers: readonly OnnxNode[]): Layout | null {
  if (readers.some(({ type }) => type === 'Conv')) return 'nchw';
  return readers.some((node) => isToChannelsFirst(node)) ? 'nhwc' : null;
}

/** Whether a node makes N×C×H×W of N×H×W×C. */
export function isToChannelsFirst({ type, attributes }: OnnxNode): boolean {
  return type === 'Transpose' && attributes.get('perm')?.integers.join() === '0,3,1,2';
}

/** `from`: what it is applied to. */
interface FoundLayer { from: string; layer: DenseLayer }

class Graph {
  readonly #file: OnnxFile;
  readonly #makers: ReadonlyMap<string, OnnxNode>;

  constructor(file: OnnxFile, makers: ReadonlyMap<string, OnnxNode>) {
    this.#file = file;
    this.#makers = makers;
  }

  /** What is before a softmax or a sigmoid at the end. */
  endAt(output: string): { end: NetworkParts['end']; logits: string } {
    const last = this.#makers.get(this.#before(output));
    const kind = last?.type === 'Softmax' || last?.type === 'LogSoftmax' ? 'softmax' : last?.type === 'Sigmoid' ? 'sigmoid' : null;
    return kind && last?.inputs[0] !== undefined ? { end: kind, logits: last.inputs[0] } : { end: null, logits: output };
  }

  /** Where what gives `logits` is a dense layer, or pooling alone. */
  cutAt(logits: string): Cut | null {
    const at = this.#before(logits);
    const node = this.#makers.get(at);
    if (!node) return null;
    if (this.#isPooling(node)) return { tensor: node.inputs[0] as string, head: [], isMap: true };
    const dense = this.#denseOf(node);
    if (!dense) return null;
    const layers = [dense.layer];
    for (let from = dense.from; layers.length <= mostLayers;) {
      const before = this.#makers.get(this.#before(from));
      if (before && this.#isPooling(before)) return { tensor: before.inputs[0] as string, head: layers, isMap: true };
      const inner = before?.type === 'Relu' && before.inputs[0] !== undefined ? this.#makers.get(this.#before(before.inputs[0])) : undefined;
      const found = inner && this.#denseOf(inner);
      if (!found) break;
      layers.unshift(found.layer);
      from = found.from;
    }
    // Its own dense layer takes vectors: what comes before a change of shape has another.
    return { tensor: dense.from, head: [dense.layer], isMap: false };
  }

  /** The name of the same values before nodes that only pass them on; a graph may go round in a circle, which ends it. */
  #before(name: string): string {
    let at = name;
    for (let steps = 0; steps < 100; steps++) {
      const node = this.#makers.get(at);
      if (!node || !passing.has(node.type) || node.inputs[0] === undefined || node.inputs[0] === '') return at;
      at = node.inputs[0];
    }
    return at;
  }

  #isPooling({ type, inputs, attributes }: OnnxNode): boolean {
    if (inputs[0] === undefined) return false;
    if (type === 'GlobalAveragePool') return true;
    if (type !== 'ReduceMean') return false;
    const told = attributes.get('axes')?.integers ?? [];
    const constant = this.#file.constants.get(inputs[1] ?? '');
    const axes = [...told, ...(constant ? integersOf(constant) : [])].map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
    return axes.join() === '2,3';
  }

  /** A constant as it is, or as nodes that leave its values alone hand it on; a matrix may be turned over on the way. */
  #constant(name: string): { tensor: OnnxTensor; isTurned: boolean } | null {
    let [at, isTurned] = [name, false];
    for (let steps = 0; steps < 10; steps++) {
      const tensor = this.#file.constants.get(at);
      if (tensor) return { tensor, isTurned };
      const node = this.#makers.get(at);
      if (!node || !['Identity', 'Cast', 'Transpose'].includes(node.type)) return null;
      if (node.type === 'Transpose') isTurned = !isTurned;
      at = node.inputs[0] ?? '';
    }
    return null;
  }

  #denseOf(node: OnnxNode): FoundLayer | null {
    const [from = '', second = '', third = ''] = node.inputs;
    if (node.type === 'Add') return this.#sumOf(from, second);
    const found = this.#constant(second);
    if (!found) return null;
    const { tensor: weight, isTurned } = found;
    const number = (name: string, usual: number): number => node.attributes.get(name)?.number ?? usual;
    const isGemm = node.type === 'Gemm' && (node.attributes.get('transA')?.integer ?? 0) === 0;
    const isPoint = node.type === 'Conv' && weight.dims.length === 4 && weight.dims[2] === 1 && weight.dims[3] === 1 && (node.attributes.get('group')?.integer ?? 1) === 1;
    if (isPoint && !isTurned) return this.#layer(from, weight, true, 1, third, 1);
    if (weight.dims.length !== 2) return null;
    if (isGemm) return this.#layer(from, weight, (node.attributes.get('transB')?.integer === 1) !== isTurned, number('alpha', 1), third, number('beta', 1));
    return node.type === 'MatMul' ? this.#layer(from, weight, isTurned, 1, '', 1) : null;
  }

  /** A product of matrices, and what is added to it. */
  #sumOf(first: string, second: string): FoundLayer | null {
    for (const [product, bias] of [[first, second], [second, first]] as const) {
      const constant = this.#constant(bias);
      const node = this.#makers.get(product);
      const found = constant && node?.type === 'MatMul' ? this.#denseOf(node) : null;
      const values = found && constant ? floatsOf(constant.tensor) : null;
      if (found && values?.length === found.layer.outputs) return { from: found.from, layer: { ...found.layer, bias: values } };
    }
    return null;
  }

  /** `isByOutput`: weights are [outputs][inputs] in the file. */
  #layer(from: string, constant: OnnxTensor, isByOutput: boolean, alpha: number, biasName: string, beta: number): FoundLayer | null {
    const stated = this.#constant(biasName);
    const values = floatsOf(constant);
    const added = stated ? floatsOf(stated.tensor) : null;
    const [rows = 0, columns = 0] = constant.dims;
    const [outputs, inputs] = isByOutput ? [rows, columns] : [columns, rows];
    // A bias that is computed, or of another shape.
    if (!values || outputs < 1 || inputs < 1 || outputs > 8_192 || inputs > 8_192 || (biasName !== '' && added === null) || (added && added.length !== 1 && added.length !== outputs)) return null;
    const weight = new Float32Array(outputs * inputs);
    for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) weight[o * inputs + i] = alpha * (values[isByOutput ? o * inputs + i : i * outputs + o] as number);
    const bias = Float32Array.from({ length: outputs }, (_, o) => beta * (added ? (added[added.length === 1 ? 0 : o] as number) : 0));
    return { from, layer: { inputs, outputs, weight, bias } };
  }
}
