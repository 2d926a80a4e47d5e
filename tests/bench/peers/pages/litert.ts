/** LiteRT.js on the processor, with our layers and weights. */
import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core';
import { address, bytesOf } from '../../address.ts';
import { CanvasReader } from '../../web_pipeline.ts';
import { largestOf, networkTimes } from '../turn.ts';
import { serve } from './serve.ts';
import type { ModelSpec } from '../../../../src/js/model/spec.ts';

serve(1, async () => {
  const [spec, file] = await Promise.all([bytesOf('spec.json'), bytesOf('network.tflite'), loadLiteRt(address('litert/'))]);
  const { input: { width_px: width, height_px: height }, classes } = JSON.parse(new TextDecoder().decode(spec)) as ModelSpec;
  const model = await loadAndCompile(file, { accelerator: 'wasm' });
  const reader = new CanvasReader(JSON.parse(new TextDecoder().decode(spec)) as ModelSpec);
  return async (batch) => {
    const labels: string[] = [];
    for (const bytes of batch) {
      const { data } = await reader.read(bytes);
      const values = new Float32Array(3 * width * height);
      for (let i = 0, at = 0; i < data.length; i++) if (i % 4 !== 3) values[at++] = ((data[i] ?? 0) - 127.5) / 127.5;
      const picture = new Tensor(values, [1, height, width, 3]);
      const started = performance.now();
      const [logits] = await model.run(picture);
      if (logits === undefined) throw new Error('LiteRT gave nothing');
      const given = await logits.data();
      networkTimes.push(performance.now() - started);
      labels.push(classes[largestOf(given)]?.id ?? '');
      picture.delete();
      logits.delete();
    }
    return labels;
  };
});
