/** transformers.js with our network in its own folder; it decodes, scales and judges itself. */
import { env, pipeline, RawImage } from '@huggingface/transformers';
import { address } from '../../address.ts';
import { serve } from './serve.ts';

serve(4, async () => {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.useBrowserCache = false;
  // By a whole address it does not find that it has the files.
  env.localModelPath = new URL(address('models/')).pathname;
  const wasm = env.backends.onnx.wasm;
  wasm.wasmPaths = { mjs: address('runtime/ort-wasm-simd-threaded.asyncify.mjs'), wasm: address('runtime/ort-wasm-simd-threaded.asyncify.wasm') };
  wasm.numThreads = 1;
  const classify = await pipeline('image-classification', 'blood-smear', { device: 'wasm', dtype: 'fp32' });
  return async (batch) => {
    const images = await Promise.all(batch.map((bytes) => RawImage.fromBlob(new Blob([bytes as Uint8Array<ArrayBuffer>]))));
    return (await classify(images, { top_k: 1 })).map((found) => [found].flat()[0]?.label ?? '');
  };
});
