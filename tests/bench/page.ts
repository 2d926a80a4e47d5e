/** Runs in Chromium: our pipeline and a web developer's, image by image in turn. */
import type { StageTimes } from '../../src/js/classify/outcome.ts';
import { Pipeline } from '../../src/js/classify/pipeline.ts';
import { batchSize } from '../../src/js/core/engine.ts';
import { OnnxRuntimeEngine } from '../../src/js/core/onnxruntime.ts';
import { type ModelFiles, readModel } from '../../src/js/model/model_files.ts';

export interface BrowserTimes { ours: number[]; stages: StageTimes[]; rival: number[]; rivalNetwork: number[]; agreed: number; images: number }

const address = (path: string) => new URL(path, document.baseURI).href;

async function bytesOf(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(address(path))).arrayBuffer());
}

/** What a web developer would write: the browser decodes and scales, a loop normalises, the network runs, loops judge. */
class WebPipeline {
  readonly networkTimes: number[] = [];
  readonly #context: CanvasRenderingContext2D;
  readonly #files: ModelFiles;
  readonly #engine: OnnxRuntimeEngine;
  readonly #weight: Float32Array;
  readonly #bias: Float32Array;

  constructor(files: ModelFiles, engine: OnnxRuntimeEngine) {
    const { width_px: width, height_px: height } = files.spec.input;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    this.#context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
    this.#files = files;
    this.#engine = engine;
    const view = new DataView(files.head.buffer);
    const start = 8 + Number(view.getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(files.head.subarray(8, start))) as Record<string, { data_offsets: [number, number] }>;
    const tensor = (name: string) => {
      const [from = 0, to = 0] = Object.entries(header).find(([key]) => key.endsWith(name))?.[1].data_offsets ?? [];
      return new Float32Array(files.head.slice(start + from, start + to).buffer);
    };
    this.#weight = tensor('.weight');
    this.#bias = tensor('.bias');
  }

  async classify(bytes: Uint8Array): Promise<string> {
    const { width_px: width, height_px: height } = this.#files.spec.input;
    const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    this.#context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const { data } = this.#context.getImageData(0, 0, width, height);
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

/**
 * Args:
 *   names: image files beside the page.
 *   rounds: times every image is classified by each.
 */
async function bench(names: string[], rounds: number): Promise<BrowserTimes> {
  const engine = () => new OnnxRuntimeEngine({ mjs: address('ort/ort-wasm-simd-threaded.mjs'), wasm: address('ort/ort-wasm-simd-threaded.wasm') }, 1);
  const files = await readModel((file) => bytesOf(`model/${file}`));
  const ours = await Pipeline.open(files, await bytesOf('cytodrop_core.wasm'), { force: undefined, openOnnxRuntime: () => Promise.resolve(engine()) });
  const rivalEngine = engine();
  await rivalEngine.load(files.network, files.spec.network);
  const rival = new WebPipeline(files, rivalEngine);
  const images = await Promise.all(names.map((name) => bytesOf(name)));
  const times: BrowserTimes = { ours: [], stages: [], rival: [], rivalNetwork: [], agreed: 0, images: 0 };
  for (let round = -1; round < rounds; round++) {
    for (let first = 0; first < images.length; first += batchSize) {
      const batch = images.slice(first, first + batchSize);
      const labels = { ours: [] as string[], rival: [] as string[] };
      const classifyOurs = async () => {
        const started = performance.now();
        const outcomes = await ours.classify(batch);
        if (round >= 0) times.ours.push((performance.now() - started) / batch.length);
        if (round >= 0) for (const outcome of outcomes) if (outcome.status === 'ok') times.stages.push(outcome.elapsedMs);
        labels.ours = outcomes.map((outcome) => (outcome.status === 'ok' ? outcome.label : ''));
      };
      const classifyRival = async () => {
        const started = performance.now();
        for (const image of batch) labels.rival.push(await rival.classify(image));
        if (round >= 0) times.rival.push((performance.now() - started) / batch.length);
      };
      for (const turn of round % 2 === 0 ? [classifyOurs, classifyRival] : [classifyRival, classifyOurs]) await turn();
      times.agreed += labels.ours.filter((label, i) => label === labels.rival[i]).length;
      times.images += batch.length;
    }
  }
  return { ...times, rivalNetwork: rival.networkTimes };
}

Object.assign(globalThis, { bench });
