/** Cytodrop's own pipeline, without the page around it. */
import { address, bytesOf } from '../../address.ts';
import { networkTimes } from '../turn.ts';
import { serve } from './serve.ts';
import { Pipeline } from '../../../../src/js/classify/pipeline.ts';
import { batchSize } from '../../../../src/js/core/engine.ts';
import { OnnxRuntimeEngine } from '../../../../src/js/core/onnxruntime.ts';
import { readModel } from '../../../../src/js/model/model_files.ts';

const runtime = () => Promise.resolve(new OnnxRuntimeEngine({ mjs: address('ort/ort-wasm-simd-threaded.mjs'), wasm: address('ort/ort-wasm-simd-threaded.wasm') }, 1));

serve(batchSize, async () => {
  const [files, core] = await Promise.all([readModel((file) => bytesOf(`model/${file}`)), bytesOf('cytodrop_core.wasm')]);
  const pipeline = await Pipeline.open(files, core, { force: 'core', openOnnxRuntime: runtime });
  return async (batch) => (await pipeline.classify(batch)).map((outcome) => {
    if (outcome.status === 'error') throw new Error(outcome.message);
    networkTimes.push(outcome.elapsedMs.network);
    return outcome.label;
  });
});
