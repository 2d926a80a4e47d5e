/** Our search for the cells of a frame, by the method that `search.json` names. */
import { bytesOf } from '../../address.ts';
import { serve } from './serve.ts';
import type { DetectSettings } from '../../../../src/js/index.ts';
import { Core } from '../../../../src/js/core/core.ts';

serve(1, async () => {
  const [coreWasm, spec, network, settings] = await Promise.all(['cytodrop_core.wasm', 'detector/spec.json', 'detector/network.onnx', 'search.json'].map(bytesOf)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const core = await Core.open(coreWasm);
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const search = JSON.parse(text(settings)) as DetectSettings;
  if (search.method === 'network_adherent') core.loadDetector('adherent', text(spec), network);
  return (batch) => Promise.resolve(batch.map((bytes) => {
    const { frame } = core.openFrame(bytes, 0, -1);
    const { scores } = core.detect(frame, search);
    core.closeFrame(frame);
    return String(scores.length);
  }));
});
