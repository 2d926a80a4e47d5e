/** A shipped network as a list of layers, from which it is written again in the forms that other runtimes take. */
import type { ModelFiles } from '../../../src/js/model/model_files.ts';
import { floatsOf, type OnnxTensor, readOnnx } from '../../../src/js/model/onnx_graph.ts';
import { readTensor } from '../../../src/js/model/safetensors.ts';

/** Weights of the file are float16 where `isHalf`; their values are widened here. */
export interface Weights { shape: number[]; values: Float32Array; isHalf: boolean }

/** `input` and `inputs` count layers; -1 is the picture. Padding is TensorFlow's "same". */
export type Layer =
  | { kind: 'convolution'; input: number; weight: Weights; bias: Weights; stride: number; isDepthwise: boolean; isRelu6: boolean }
  | { kind: 'sum'; inputs: [number, number] };

export interface LayeredNetwork { layers: Layer[]; side: number; dense: { weight: Weights; bias: Weights } }

/**
 * Reads convolutions, their ReLU6 and sums; the last layer gives the features that are pooled and go through the dense head.
 *
 * Raises: Error, for an operator of another kind.
 */
export function layersOf({ spec, network, head }: ModelFiles): LayeredNetwork {
  const file = readOnnx(network);
  const layers: Layer[] = [];
  const layerOf = new Map([[spec.network.input, -1]]);
  const constants = new Map([...file.constants].map(([name, tensor]) => [name, weightsOf(tensor)]));
  const at = <K, V>(map: Map<K, V>, name: K): V => {
    const value = map.get(name);
    if (value === undefined) throw new Error(`the network uses ${String(name)} before it is there`);
    return value;
  };
  for (const { type, inputs: [first = '', second = '', third = ''], outputs: [output = ''], attributes } of file.nodes) {
    if (type === 'Cast') {
      constants.set(output, at(constants, first));
      continue;
    }
    if (type === 'Clip') {
      const index = at(layerOf, first);
      const before = layers[index];
      if (before?.kind !== 'convolution' || index !== layers.length - 1) throw new Error('a Clip is expected behind its convolution');
      before.isRelu6 = true;
      layerOf.set(output, index);
      continue;
    }
    if (type === 'Conv') {
      const stride = attributes.get('strides')?.integers[0] ?? 1;
      layers.push({ kind: 'convolution', input: at(layerOf, first), weight: at(constants, second), bias: at(constants, third), stride, isDepthwise: (attributes.get('group')?.integer ?? 1) > 1, isRelu6: false });
    } else if (type === 'Add') {
      layers.push({ kind: 'sum', inputs: [at(layerOf, first), at(layerOf, second)] });
    } else {
      throw new Error(`the network has a ${type}, which is not written for other runtimes`);
    }
    layerOf.set(output, layers.length - 1);
  }
  if (layerOf.get(spec.network.output) !== layers.length - 1) throw new Error('the last layer is expected to give the features');
  const [dense] = spec.head.layers;
  if (dense === undefined || spec.head.layers.length !== 1) throw new Error('the head is expected to have one layer');
  const part = (name: string, shape: number[]): Weights => ({ shape, values: readTensor(head, `${dense.name}.${name}`), isHalf: false });
  return { layers, side: spec.input.width_px, dense: { weight: part('weight', [dense.outputs, dense.inputs]), bias: part('bias', [dense.outputs]) } };
}

function weightsOf(tensor: OnnxTensor): Weights {
  const values = floatsOf(tensor);
  if (values === null) throw new Error(`the constant ${tensor.name} is not made of floats`);
  return { shape: tensor.dims, values, isHalf: tensor.type !== 1 };
}

/** In another order of sides: side i of the result is side `order[i]`. */
export function reordered({ shape, values, isHalf }: Weights, order: number[]): Weights {
  const sides = order.map((from) => shape[from] ?? 1);
  const steps = order.map((from) => shape.slice(from + 1).reduce((product, side) => product * side, 1));
  const moved = Float32Array.from(values, (_, to) => {
    let [rest, from] = [to, 0];
    for (let i = sides.length - 1; i >= 0; i--) {
      const side = sides[i] ?? 1;
      from += (rest % side) * (steps[i] ?? 0);
      rest = Math.floor(rest / side);
    }
    return values[from] ?? NaN;
  });
  return { shape: sides, values: moved, isHalf };
}

interface Float16Constructor { new (values: Float32Array): { buffer: ArrayBuffer } }

/** As the file has them: two bytes a value where it is half, else four. */
export function bytesOfWeights({ values, isHalf }: Weights): Uint8Array {
  const { Float16Array } = globalThis as unknown as { Float16Array: Float16Constructor };
  return isHalf ? new Uint8Array(new Float16Array(values).buffer) : new Uint8Array(values.slice().buffer);
}
