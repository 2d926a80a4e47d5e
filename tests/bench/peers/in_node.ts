/** A rival in a process of its own: argv names it, its folder, the first file and all files; it tells of its first verdict and then takes turns when asked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Classify, largestOf, networkTimes, takeTurn } from './turn.ts';
import type { ModelSpec } from '../../../src/js/model/spec.ts';

const [name = '', folder = '', ...paths] = process.argv.slice(2);
const read = (file: string): Uint8Array => new Uint8Array(readFileSync(join(folder, file)));

async function openCytodrop(): Promise<[number, Classify]> {
  const { bytesOf, model } = await import('../../border/fixtures.ts');
  const { openEngine } = await import('../../cli/fixtures.ts');
  const { Pipeline } = await import('../../../src/js/classify/pipeline.ts');
  const { batchSize } = await import('../../../src/js/core/engine.ts');
  const { readModel } = await import('../../../src/js/model/model_files.ts');
  const files = await readModel((file) => Promise.resolve(bytesOf(`${model}/${file}`)));
  const pipeline = await Pipeline.open(files, bytesOf('build/wasm/cytodrop_core.wasm'), { force: 'core', openOnnxRuntime: () => Promise.resolve(openEngine()) });
  return [batchSize, async (batch) => (await pipeline.classify(batch)).map((outcome) => {
    if (outcome.status === 'error') throw new Error(outcome.message);
    networkTimes.push(outcome.elapsedMs.network);
    return outcome.label;
  })];
}

/** sharp decodes, crops and scales; the native runtime does the rest. */
async function openOnnxRuntime(): Promise<[number, Classify]> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const { default: sharp } = await import('sharp');
  sharp.concurrency(1);
  const spec = JSON.parse(new TextDecoder().decode(read('spec.json'))) as ModelSpec;
  const session = await InferenceSession.create(read('classifier.onnx'), { executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1 });
  const { width_px: side } = spec.input;
  const cut = spec.crop.rule === 'centre_square' ? spec.crop.side_px : NaN;
  return [1, async (batch) => {
    const labels: string[] = [];
    for (const bytes of batch) {
      const { width, height } = await sharp(bytes).metadata();
      const whole = Math.min(cut, width, height);
      const part = { left: Math.floor((width - whole) / 2), top: Math.floor((height - whole) / 2), width: whole, height: whole };
      const pixels = await sharp(bytes).extract(part).resize(side, side, { kernel: 'linear' }).removeAlpha().raw().toBuffer();
      const values = new Float32Array(3 * side * side);
      for (let i = 0; i < side * side; i++) for (let channel = 0; channel < 3; channel++) values[channel * side * side + i] = ((pixels[3 * i + channel] ?? 0) - 127.5) / 127.5;
      const started = performance.now();
      const { logits } = await session.run({ pixel_values: new Tensor('float32', values, [1, 3, side, side]) });
      networkTimes.push(performance.now() - started);
      labels.push(spec.classes[largestOf(logits?.data ?? [])]?.id ?? '');
    }
    return labels;
  }];
}

async function openTransformers(): Promise<[number, Classify]> {
  const { env, pipeline, RawImage } = await import('@huggingface/transformers');
  const { default: sharp } = await import('sharp');
  sharp.concurrency(1);
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: join(folder, 'models/') });
  const classify = await pipeline('image-classification', 'blood-smear', { device: 'cpu', dtype: 'fp32', session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 } });
  return [4, async (batch) => {
    const images = await Promise.all(batch.map((bytes) => RawImage.fromBlob(new Blob([bytes as Uint8Array<ArrayBuffer>]))));
    return (await classify(images, { top_k: 1 })).map((found) => [found].flat()[0]?.label ?? '');
  }];
}

/** To tell what Node itself takes. */
const openNothing = (): Promise<[number, Classify]> => Promise.resolve([1, (batch) => Promise.resolve(batch.map(() => ''))]);

const openers: Record<string, () => Promise<[number, Classify]>> = { cytodrop: openCytodrop, onnxruntime: openOnnxRuntime, transformers: openTransformers, nothing: openNothing };
const open = openers[name];
if (open === undefined) throw new Error(`there is no rival ${name}`);
const [batch, classify] = await open();
const files = paths.map((path) => new Uint8Array(readFileSync(path)));
await classify(files.slice(0, 1));
process.send?.({ firstVerdictMs: performance.now() });
process.on('message', () => void takeTurn(classify, files, batch).then((turn) => process.send?.(turn)));
