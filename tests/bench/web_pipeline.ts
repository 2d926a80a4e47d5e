/** What a web developer would write: the browser decodes and scales, a loop normalises, the network runs, loops judge. */
import type { OnnxRuntimeEngine } from '../../src/js/core/onnxruntime.ts';
import type { ModelFiles } from '../../src/js/model/model_files.ts';
import { readTensor } from '../../src/js/model/safetensors.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';

/** Decodes, crops and scales by a canvas. */
export class CanvasReader {
  readonly #context: CanvasRenderingContext2D;
  readonly #spec: ModelSpec;

  constructor(spec: ModelSpec) {
    const canvas = Object.assign(document.createElement('canvas'), { width: spec.input.width_px, height: spec.input.height_px });
    this.#context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
    this.#spec = spec;
  }

  async read(bytes: Uint8Array): Promise<ImageData> {
    const { input: { width_px: width, height_px: height }, crop } = this.#spec;
    const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    const side = crop.rule === 'centre_square' ? Math.min(crop.side_px, bitmap.width, bitmap.height) : null;
    const [across, down] = [side ?? bitmap.width, side ?? bitmap.height];
    this.#context.drawImage(bitmap, (bitmap.width - across) / 2, (bitmap.height - down) / 2, across, down, 0, 0, width, height);
    bitmap.close();
    return this.#context.getImageData(0, 0, width, height);
  }
}

export class WebPipeline {
  readonly networkTimes: number[] = [];
  readonly #reader: CanvasReader;
  readonly #files: Pick<ModelFiles, 'spec' | 'head'>;
  readonly #engine: OnnxRuntimeEngine;
  readonly #weight: Float32Array;
  readonly #bias: Float32Array;

  constructor(files: Pick<ModelFiles, 'spec' | 'head'>, engine: OnnxRuntimeEngine) {
    this.#reader = new CanvasReader(files.spec);
    this.#files = files;
    this.#engine = engine;
    this.#weight = readTensor(files.head, 'dense_0.weight');
    this.#bias = readTensor(files.head, 'dense_0.bias');
  }

  async classify(bytes: Uint8Array): Promise<string> {
    const { data, width, height } = await this.#reader.read(bytes);
    const size = width * height;
    const input = new Float32Array(3 * size);
    for (let i = 0; i < size; i++) {
      for (let channel = 0; channel < 3; channel++) input[channel * size + i] = ((data[i * 4 + channel] ?? 0) - 127.5) / 127.5;
    }
    const started = performance.now();
    const features = (await this.#engine.run({ data: input, shape: [1, 3, height, width] })).data;
    this.networkTimes.push(performance.now() - started);
    const channels = this.#files.spec.network.features.channels;
    const area = features.length / channels;
    const pooled = new Float32Array(channels);
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let i = 0; i < area; i++) sum += features[channel * area + i] ?? 0;
      pooled[channel] = sum / area;
    }
    const logits = Array.from(this.#bias, (bias, k) => {
      let sum = bias;
      for (let channel = 0; channel < channels; channel++) sum += (pooled[channel] ?? 0) * (this.#weight[k * channels + channel] ?? 0);
      return sum;
    });
    const exponentials = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
    const total = exponentials.reduce((sum, each) => sum + each, 0);
    const probabilities = exponentials.map((each) => each / total);
    return this.#files.spec.classes[probabilities.indexOf(Math.max(...probabilities))]?.id ?? '';
  }
}
