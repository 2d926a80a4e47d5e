/** What the benchmark of finding cells does with each frame, under Node and in Chromium alike. */
import type { DetectSettings } from '#cytodrop_core';
import { Core } from '../../src/js/core/core.ts';

/** Milliseconds of every round, one after the other; `cells` are those of the last. */
export interface SearchTimes { decode: number[]; search: Record<Method, number[]>; cells: Record<Method, number> }

const methods = ['network_adherent', 'adherent', 'round'] as const;
type Method = (typeof methods)[number];

/**
 * Args:
 *   coreWasm: bytes of cytodrop_core.wasm.
 *   files: of frames.
 *   settings: of all methods.
 *   rounds: after one that does not count.
 */
export async function timeSearches(
  coreWasm: Uint8Array, detector: { specJson: string; network: Uint8Array }, files: readonly Uint8Array[], settings: Omit<DetectSettings, 'method'>, rounds: number,
): Promise<SearchTimes> {
  const core = await Core.open(coreWasm);
  core.loadDetector('adherent', detector.specJson, detector.network);
  const times: SearchTimes = { decode: [], search: { network_adherent: [], adherent: [], round: [] }, cells: { network_adherent: 0, adherent: 0, round: 0 } };
  for (let round = -1; round < rounds; round++) {
    for (const file of files) {
      // Opened anew each time: what the network said of a frame is kept with it.
      const { frame, decode_ms } = core.openFrame(file, 0, -1);
      if (round >= 0) times.decode.push(decode_ms);
      for (const method of methods) {
        const { detect_ms, scores } = core.detect(frame, { ...settings, method });
        if (round >= 0) times.search[method].push(detect_ms);
        times.cells[method] = scores.length;
      }
      core.closeFrame(frame);
    }
  }
  core.close();
  return times;
}
