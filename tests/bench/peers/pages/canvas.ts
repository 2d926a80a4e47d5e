/** A canvas and ONNX Runtime Web, with our network or another of the same input and output names as its spec. */
import { address, bytesOf } from '../../address.ts';
import { WebPipeline } from '../../web_pipeline.ts';
import { networkTimes } from '../turn.ts';
import { serve } from './serve.ts';
import { OnnxRuntimeEngine } from '../../../../src/js/core/onnxruntime.ts';
import type { ModelSpec } from '../../../../src/js/model/spec.ts';

serve(1, async () => {
  const read = async (file: string): Promise<ModelSpec> => JSON.parse(new TextDecoder().decode(await bytesOf(file))) as ModelSpec;
  const [spec, head, network] = await Promise.all([read('spec.json'), bytesOf('head.safetensors'), bytesOf('network.onnx')]);
  const engine = new OnnxRuntimeEngine({ mjs: address('ort/ort-wasm-simd-threaded.mjs'), wasm: address('ort/ort-wasm-simd-threaded.wasm') }, 1);
  await engine.load(network, spec.network);
  const pipeline = new WebPipeline({ spec, head }, engine);
  return async (batch) => {
    const labels: string[] = [];
    for (const bytes of batch) labels.push(await pipeline.classify(bytes));
    networkTimes.push(...pipeline.networkTimes.splice(0));
    return labels;
  };
});
