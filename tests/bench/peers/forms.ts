/** Our network in the forms that the rivals take, made from its own files. */
import { encode, type Field } from '../../border/onnx_writer.ts';
import type { ModelFiles } from '../../../src/js/model/model_files.ts';
import { readOnnx } from '../../../src/js/model/onnx_graph.ts';
import { fieldsOf, textIn } from '../../../src/js/model/protobuf.ts';
import { efficientNetV2B0, resNet50 } from '../networks.ts';
import { bytesOfWeights, type LayeredNetwork, reordered, type Weights } from './layers.ts';

const [pictureName, logitsName] = ['pixel_values', 'logits'];

/** Our ONNX file with pooling and head in it and the names that transformers.js looks for. */
export function classifierOnnx({ spec, network }: ModelFiles, dense: LayeredNetwork['dense']): Uint8Array {
  const file = readOnnx(network);
  const renamed = (message: Uint8Array): Uint8Array => encode([...fieldsOf(message)].map((field): Field => {
    if (field.kind !== 'bytes') return [field.number, field.value];
    return [field.number, field.number === 1 && textIn(field) === spec.network.input ? pictureName : field.bytes];
  }));
  const node = (type: string, inputs: string[], output: string, attributes: Field[] = []): Field => [1, [...inputs.map((input): Field => [1, input]), [2, output], [4, type], ...attributes]];
  const constant = (name: string, { shape, values }: Weights): Field => [5, [...shape.map((side): Field => [1, side]), [2, 1], [8, name], [9, bytesOfWeights({ shape, values, isHalf: false })]]];
  const value = (number: number, name: string, sides: (number | string)[]): Field =>
    [number, [[1, name], [2, [[1, [[1, 1], [2, sides.map((side): Field => [1, [typeof side === 'string' ? [2, side] : [1, side]]])]]]]]]];
  const { height_px: height, width_px: width } = spec.input;
  const graph: Field[] = [
    ...file.nodes.map(({ inputs, message }): Field => [1, inputs.includes(spec.network.input) ? renamed(message) : message]),
    node('GlobalAveragePool', [spec.network.output], 'pooled'), node('Flatten', ['pooled'], 'flat'),
    node('Gemm', ['flat', 'dense_weight', 'dense_bias'], logitsName, [[5, [[1, 'transB'], [3, 1], [20, 2]]]]),
    [2, 'classifier'], ...[...file.constants.values()].map(({ message }): Field => [5, message]),
    constant('dense_weight', dense.weight), constant('dense_bias', dense.bias),
    value(11, pictureName, ['batch', 3, height, width]), value(12, logitsName, ['batch', dense.bias.values.length]),
  ];
  return encode([...file.around.map(({ number, kind, value: whole, bytes }): Field => [number, kind === 'bytes' ? bytes : whole]), [7, graph]]);
}

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/**
 * What transformers.js expects in a model's folder.
 *
 * It scales before it crops: the shortest edge of `image_px` so that the square that we cut out becomes the input.
 */
export function transformersFolder(files: ModelFiles, dense: LayeredNetwork['dense'], image_px: number): Record<string, Uint8Array> {
  const { input: { width_px: side }, crop, classes } = files.spec;
  const cut = crop.rule === 'centre_square' ? crop.side_px : image_px;
  return {
    'config.json': text({
      model_type: 'mobilenet_v2', architectures: ['MobileNetV2ForImageClassification'],
      id2label: Object.fromEntries(classes.map(({ id }, i) => [i, id])), label2id: Object.fromEntries(classes.map(({ id }, i) => [id, i])),
    }),
    'preprocessor_config.json': text({
      image_processor_type: 'MobileNetV2ImageProcessor', feature_extractor_type: 'MobileNetV2FeatureExtractor', do_resize: true, size: { shortest_edge: Math.round((side * image_px) / cut) }, resample: 2,
      do_center_crop: true, crop_size: { height: side, width: side }, do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5],
    }),
    'onnx/model.onnx': classifierOnnx(files, dense),
  };
}

/** What the page of TensorFlow.js reads: its layers as JSON, each with the places of its weights in `weights.f32`. */
export interface TensorFlowLayer { input: number; other: number; stride: number; isDepthwise: boolean; isRelu6: boolean; weight: TensorFlowWeights | null; bias: TensorFlowWeights | null }
export interface TensorFlowWeights { shape: number[]; at: number; isHalf: boolean }
export interface TensorFlowNetwork { layers: TensorFlowLayer[]; dense: { weight: TensorFlowWeights; bias: TensorFlowWeights }; side: number; classes: string[] }

export function tensorFlowFiles(network: LayeredNetwork, classes: string[]): Record<string, Uint8Array> {
  const pieces: Uint8Array[] = [];
  let at = 0;
  const put = (weights: Weights): TensorFlowWeights => {
    const bytes = bytesOfWeights(weights);
    const place = { shape: weights.shape, at, isHalf: weights.isHalf };
    // The next one begins where a float32 may.
    const padded = Math.ceil(bytes.length / 4) * 4;
    pieces.push(bytes, new Uint8Array(padded - bytes.length));
    at += padded;
    return place;
  };
  const layers = network.layers.map((layer): TensorFlowLayer => {
    if (layer.kind === 'sum') return { input: layer.inputs[0], other: layer.inputs[1], stride: 1, isDepthwise: false, isRelu6: false, weight: null, bias: null };
    const { input, stride, isDepthwise, isRelu6, weight, bias } = layer;
    return { input, other: NaN, stride, isDepthwise, isRelu6, weight: put(reordered(weight, isDepthwise ? [2, 3, 0, 1] : [2, 3, 1, 0])), bias: put(bias) };
  });
  const dense = { weight: put(reordered(network.dense.weight, [1, 0])), bias: put(network.dense.bias) };
  return { 'network.json': text({ layers, dense, side: network.side, classes } satisfies TensorFlowNetwork), 'weights.f32': Buffer.concat(pieces) };
}

export interface PaperNetwork { title: string; file: Uint8Array; channels: number }

/** The two networks of the paper that Cytodrop rebuilds, with random weights: nothing of it but its time means anything. */
export function paperNetworks(): PaperNetwork[] {
  return [{ title: 'EfficientNetV2-B0', file: efficientNetV2B0(224).network, channels: 1280 }, { title: 'ResNet-50', file: resNet50(224).network, channels: 2048 }];
}

