/** Runs in Chromium: the two engines on any network, one turn at a time. */
import { address, bytesOf } from './address.ts';
import { takeTurn } from './turn.ts';
import { Core } from '../../src/js/core/core.ts';
import { CoreEngine } from '../../src/js/core/core_engine.ts';
import type { Engine, EngineKind } from '../../src/js/core/engine.ts';
import { OnnxRuntimeEngine } from '../../src/js/core/onnxruntime.ts';

const engines: Partial<Record<EngineKind, Engine>> = {};

/** Both engines get the network of this name beside the page. */
async function load(file: string, names: { input: string; output: string }): Promise<void> {
  engines.core ??= new CoreEngine(await Core.open(await bytesOf('cytodrop_core.wasm')));
  engines.onnxruntime ??= new OnnxRuntimeEngine({ mjs: address('ort/ort-wasm-simd-threaded.mjs'), wasm: address('ort/ort-wasm-simd-threaded.wasm') }, 1);
  const network = await bytesOf(file);
  for (const engine of Object.values(engines)) await engine.load(network, names);
}

async function turn(kind: EngineKind, shape: number[], seconds: number): Promise<number> {
  const engine = engines[kind];
  if (engine === undefined) throw new Error(`no network is loaded into ${kind}`);
  return await takeTurn((input) => engine.run(input), shape, seconds);
}

Object.assign(globalThis, { load, turn });
