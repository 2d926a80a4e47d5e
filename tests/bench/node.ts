/** Per-cell time of every stage under Node: our model, and EfficientNetV2-B0 through the same pipeline. */
import { bytesOf, model } from '../border/fixtures.ts';
import { openEngine } from '../cli/fixtures.ts';
import { efficientNetV2B0 } from './networks.ts';
import { median, printGoal, printTime, stageNames } from './report.ts';
import { Pipeline } from '../../src/js/classify/pipeline.ts';
import { batchSize, type EngineKind } from '../../src/js/core/engine.ts';
import { type ModelFiles, readModel } from '../../src/js/model/model_files.ts';

interface Measured { decode: number; prepare: number; network: number; head: number; whole: number }

/** Each round takes other images, so that every image counts; our rounds and the rival's take turns. */
const rounds = 24;
const rivalImages = 2;

export async function benchUnderNode(images: Uint8Array[]): Promise<void> {
  const modelFiles = await readModel((file) => Promise.resolve(bytesOf(`${model}/${file}`)));
  const ours = await openPipeline(modelFiles, 'core');
  const oracle = await openPipeline(modelFiles, 'onnxruntime');
  const { files, parameters } = await efficientNetFiles();
  const rival = await openPipeline(files, 'onnxruntime');
  const times = { ours: [] as Measured[], oracle: [] as Measured[], rival: [] as Measured[] };
  for (const pipeline of [ours, oracle]) await measure(pipeline, images.slice(0, batchSize * 4), batchSize);
  await measure(rival, images.slice(0, rivalImages), 1);
  const perRound = Math.max(batchSize, Math.floor(images.length / rounds / batchSize) * batchSize);
  for (let round = 0; round < rounds; round++) {
    const from = (round * perRound) % Math.max(1, images.length - perRound + 1);
    times.ours.push(...(await measure(ours, images.slice(from, from + perRound), batchSize)));
    times.oracle.push(...(await measure(oracle, images.slice(from, from + perRound), batchSize)));
    times.rival.push(...(await measure(rival, images.slice(from, from + rivalImages), 1)));
  }
  const { network, input } = ours.spec;
  const title = `Node ${process.version}, ${network.architecture}, ${input.width_px} px, batches of ${batchSize}`;
  const oursMedian = print(`${title}, ${ours.runtime.engine.name}`, times.ours);
  const oracleMedian = print(`${title}, ${oracle.runtime.engine.name}`, times.oracle);
  const rivalMedian = print(`Node ${process.version}, EfficientNetV2-B0, 224 px, ${(parameters / 1e6).toFixed(1)} million weights`, times.rival);
  printGoal('our engine against ONNX Runtime Web, same network, in the pipeline', oracleMedian.network / oursMedian.network, 2);
  printGoal('ours against EfficientNetV2-B0, network alone', rivalMedian.network / oursMedian.network, 20);
  printGoal('ours against EfficientNetV2-B0, end to end', rivalMedian.whole / oursMedian.whole, 20);
}

async function openPipeline(files: ModelFiles, force: EngineKind): Promise<Pipeline> {
  return await Pipeline.open(files, bytesOf('build/wasm/cytodrop_core.wasm'), { force, openOnnxRuntime: () => Promise.resolve(openEngine()) });
}

/** Our model's files with the other network and its input size; its head takes 1280 features as well. */
async function efficientNetFiles(): Promise<{ files: ModelFiles; parameters: number }> {
  const { network, parameters } = efficientNetV2B0(224);
  const files = await readModel((file) => Promise.resolve(bytesOf(`${model}/${file}`)));
  const spec = { ...files.spec, input: { ...files.spec.input, width_px: 224, height_px: 224 } };
  spec.network = { ...spec.network, bytes: network.length, input: 'x', output: 'y', features: { channels: 1280, height: 7, width: 7 } };
  return { files: { ...files, spec, specJson: JSON.stringify(spec), network }, parameters };
}

async function measure(pipeline: Pipeline, images: Uint8Array[], size: number): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let first = 0; first < images.length; first += size) {
    const batch = images.slice(first, first + size);
    const started = performance.now();
    const outcomes = await pipeline.classify(batch);
    const whole = (performance.now() - started) / batch.length;
    for (const outcome of outcomes) {
      if (outcome.status === 'error') throw new Error(outcome.message);
      measured.push({ ...outcome.elapsedMs, whole });
    }
  }
  return measured;
}

/** Prints the median of every stage. Returns those that goals are set for. */
function print(title: string, times: Measured[]): { network: number; whole: number } {
  console.log(`\n${title}`);
  for (const stage of stageNames) printTime(stage, median(times.map((time) => time[stage])));
  const whole = median(times.map((time) => time.whole));
  printTime('end to end', whole, true);
  return { network: median(times.map((time) => time.network)), whole };
}
