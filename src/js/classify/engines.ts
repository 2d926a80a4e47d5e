/** Which engine runs a model's network. */
import type { Core } from '../core/core.ts';
import { CoreEngine } from '../core/core_engine.ts';
import type { Engine, EngineFacts, EngineKind } from '../core/engine.ts';
import { CytodropError } from '../core/errors.ts';
import type { FurtherReaders } from '../core/further_readers.ts';
import type { ModelFiles } from '../model/model_files.ts';

/** What may run a network. */
export interface Engines {
  /** The one to use whatever the network; undefined: the core's own where it can. */
  force: EngineKind | undefined;
  /** Opens ONNX Runtime, which costs megabytes: called only when it is needed. It stays the caller's. */
  openOnnxRuntime: () => Promise<Engine>;
  /** For files that the core does not read; unless given, they are refused. */
  readers?: FurtherReaders;
}

export interface RuntimeFacts {
  engine: EngineFacts;
  /** Why this engine and not the other, in words for a person. */
  engineReason: string;
  coreVersion: string;
  /** Of the model's spec.json; null where the browser cannot compute it. */
  specSha256?: string | null;
}

export interface ChosenEngine {
  engine: Engine;
  reason: string;
}

export async function chooseEngine(files: ModelFiles, core: Core, { force, openOnnxRuntime }: Engines): Promise<ChosenEngine> {
  if (files.encoder) return { engine: await openCoreEngine(files, core), reason: 'its features are an encoder\'s, which the core alone computes' };
  const byHand = 'chosen by hand';
  let reason = byHand;
  if (force !== 'onnxruntime') {
    try {
      return { engine: await openCoreEngine(files, core), reason: force === 'core' ? byHand : 'it can run this network' };
    } catch (error) {
      if (force === 'core' || !(error instanceof CytodropError && error.code === 'unsupported_operator')) throw error;
      reason = `the core's own engine cannot run this network: ${error.message}`;
    }
  }
  const engine = await openOnnxRuntime();
  await engine.load(files.network, files.spec.network);
  return { engine, reason };
}

export async function openCoreEngine({ network, encoder, spec }: ModelFiles, core: Core): Promise<CoreEngine> {
  const engine = new CoreEngine(core);
  if (encoder) engine.loadEncoder(encoder.specJson, encoder.networks);
  else await engine.load(network, spec.network);
  return engine;
}

