/** Runs in Chromium: the searches that detect.ts times. */
import { bytesOf } from './address.ts';
import { timeSearches, type SearchTimes } from './detect_rounds.ts';
import type { DetectSettings } from '#cytodrop_core';

/**
 * Args:
 *   names: of frames beside the page.
 */
async function benchDetect(names: string[], settings: Omit<DetectSettings, 'method'>, rounds: number): Promise<SearchTimes> {
  const detector = { specJson: new TextDecoder().decode(await bytesOf('detector/spec.json')), network: await bytesOf('detector/network.onnx') };
  return timeSearches(await bytesOf('cytodrop_core.wasm'), detector, await Promise.all(names.map(bytesOf)), settings, rounds);
}

Object.assign(globalThis, { benchDetect });
