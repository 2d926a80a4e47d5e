/** Runs in Chromium: the searches that detect.ts times. */
import { timeSearches, type SearchTimes } from './detect_rounds.ts';
import type { DetectSettings } from '#cytodrop_core';

async function bytesOf(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(new URL(path, document.baseURI))).arrayBuffer());
}

/**
 * Args:
 *   names: of frames beside the page.
 */
async function benchDetect(names: string[], settings: Omit<DetectSettings, 'method'>, rounds: number): Promise<SearchTimes> {
  const detector = { specJson: new TextDecoder().decode(await bytesOf('detector/spec.json')), network: await bytesOf('detector/network.onnx') };
  return timeSearches(await bytesOf('cytodrop_core.wasm'), detector, await Promise.all(names.map(bytesOf)), settings, rounds);
}

Object.assign(globalThis, { benchDetect });
