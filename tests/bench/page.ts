/** Runs in Chromium: our pipeline and a web developer's, image by image in turn. */
import type { StageTimes } from '../../src/js/classify/outcome.ts';
import { Pipeline } from '../../src/js/classify/pipeline.ts';
import { batchSize } from '../../src/js/core/engine.ts';
import { OnnxRuntimeEngine } from '../../src/js/core/onnxruntime.ts';
import { readModel } from '../../src/js/model/model_files.ts';
import { address, bytesOf } from './address.ts';
import { WebPipeline } from './web_pipeline.ts';

export interface BrowserTimes { ours: number[]; stages: StageTimes[]; rival: number[]; rivalNetwork: number[]; agreed: number; images: number }

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
