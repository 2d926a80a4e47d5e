/** TensorFlow.js on WebAssembly with our layers and weights, bias and ReLU6 fused as its converter does. */
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { address, bytesOf } from '../../address.ts';
import { CanvasReader } from '../../web_pipeline.ts';
import type { TensorFlowNetwork, TensorFlowWeights } from '../forms.ts';
import { largestOf, networkTimes } from '../turn.ts';
import { serve } from './serve.ts';
import type { ModelSpec } from '../../../../src/js/model/spec.ts';

interface Float16Constructor { new (buffer: ArrayBuffer, at: number, length: number): ArrayLike<number> }
const { Float16Array } = globalThis as unknown as { Float16Array: Float16Constructor };

const jsonOf = async <T>(file: string): Promise<T> => JSON.parse(new TextDecoder().decode(await bytesOf(file))) as T;

serve(1, async () => {
  // One thread: the build without threads.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  setWasmPaths(address('tensorflow/'));
  const [spec, network, weights] = await Promise.all([jsonOf<ModelSpec>('spec.json'), jsonOf<TensorFlowNetwork>('network.json'), bytesOf('weights.f32'), tf.setBackend('wasm')]);
  const tensorOf = ({ shape, at, isHalf }: TensorFlowWeights): tf.Tensor => {
    const count = shape.reduce((product, side) => product * side, 1);
    const values = isHalf ? Float32Array.from(new Float16Array(weights.buffer as ArrayBuffer, at, count)) : new Float32Array(weights.buffer as ArrayBuffer, at, count);
    return tf.tensor(values, shape);
  };
  const layers = network.layers.map((layer) => ({ ...layer, filter: layer.weight && tensorOf(layer.weight), bias: layer.bias && tensorOf(layer.bias) }));
  const dense = { weight: tensorOf(network.dense.weight), bias: tensorOf(network.dense.bias) };
  const run = (picture: tf.Tensor): tf.Tensor => {
    const made: tf.Tensor[] = [];
    const of = (layer: number): tf.Tensor => (layer < 0 ? picture : made[layer] as tf.Tensor);
    for (const { input, other, stride, isDepthwise, isRelu6, filter, bias } of layers) {
      if (filter === null || bias === null) {
        made.push(tf.add(of(input), of(other)));
        continue;
      }
      const options = { x: of(input), filter, bias, strides: stride, pad: 'same' as const, activation: isRelu6 ? 'relu6' as const : 'linear' as const };
      made.push(isDepthwise ? tf.fused.depthwiseConv2d(options) : tf.fused.conv2d(options));
    }
    return tf.add(tf.matMul(tf.mean(of(layers.length - 1), [1, 2]), dense.weight), dense.bias);
  };
  const reader = new CanvasReader(spec);
  return async (batch) => {
    const labels: string[] = [];
    for (const bytes of batch) {
      const image = await reader.read(bytes);
      const logits = tf.tidy(() => {
        const picture = tf.expandDims(tf.div(tf.sub(tf.browser.fromPixels(image), 127.5), 127.5), 0);
        const started = performance.now();
        const values = run(picture).dataSync();
        networkTimes.push(performance.now() - started);
        return values;
      });
      labels.push(network.classes[largestOf(logits)] ?? '');
    }
    return labels;
  };
});
