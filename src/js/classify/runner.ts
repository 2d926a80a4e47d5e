/** A model ready to run: a core of its own that holds it, and the engine for its network. */
import type { Verdict } from '#cytodrop_core';
import { Core } from '../core/core.ts';
import { CoreEngine } from '../core/core_engine.ts';
import { type Engine, type Tensor, withPlaces } from '../core/engine.ts';
import { CytodropError, sentence, type UnreadFile, unreadFile } from '../core/errors.ts';
import type { ModelFiles } from '../model/model_files.ts';
import { chooseEngine, type ChosenEngine, type Engines, openCoreEngine } from './engines.ts';

/** What a core does may trap in WebAssembly: a runner then goes on with a fresh one, and what the old one held is gone. */
export class Runner {
  readonly files: ModelFiles;
  readonly #coreWasm: Uint8Array;
  readonly reason: string;
  #engine: Engine;
  #core: Core;

  private constructor(files: ModelFiles, coreWasm: Uint8Array, { engine, reason }: ChosenEngine, core: Core) {
    this.files = files;
    this.#coreWasm = coreWasm;
    this.reason = reason;
    this.#engine = engine;
    this.#core = core;
  }

  /**
   * Args:
   *   coreWasm: bytes of cytodrop_core.wasm.
   */
  static async open(files: ModelFiles, coreWasm: Uint8Array, engines: Engines): Promise<Runner> {
    const core = await openCore(files, coreWasm);
    try {
      return new Runner(files, coreWasm, await chooseEngine(files, core, engines), core);
    } catch (error) {
      core.close();
      throw error;
    }
  }

  /** Another object after the one before has trapped. */
  get core(): Core {
    return this.#core;
  }

  get engine(): Engine {
    return this.#engine;
  }

  /** Calls the core; one that trapped is in no known state and is replaced by a fresh one. */
  async attempt<T>(call: (core: Core) => T | Promise<T>): Promise<T | UnreadFile> {
    try {
      return await this.insist(call);
    } catch (error) {
      if (!(error instanceof CytodropError)) throw error;
      return unreadFile(error.code, error.message);
    }
  }

  /** As `attempt`, where there is no other file to go on with. */
  async insist<T>(call: (core: Core) => T | Promise<T>): Promise<T> {
    try {
      return await call(this.#core);
    } catch (error) {
      // Whole: behind its message may stand what to do.
      if (error instanceof CytodropError) throw new CytodropError(error.code, sentence(error.message));
      await this.#replaceCore();
      throw new CytodropError('internal', `The image could not be processed: ${(error as Error).message}`);
    }
  }

  /** Runs the network. */
  async run(input: Tensor): Promise<Tensor | UnreadFile> {
    try {
      return await this.#runAtOnce(input);
    } catch (error) {
      if (this.#engine instanceof CoreEngine && !(error instanceof CytodropError)) await this.#replaceCore();
      return unreadFile('engine_failed', `The network could not be run: ${(error as Error).message}`);
    }
  }

  async #runAtOnce({ data, shape: [count = 1, ...shape] }: Tensor): Promise<Tensor> {
    if (this.files.spec.network.batch === undefined || count === 1) return withPlaces(await this.#engine.run({ data, shape: [count, ...shape] }));
    const length = data.length / count;
    const parts: Tensor[] = [];
    for (let i = 0; i < count; i++) parts.push(withPlaces(await this.#engine.run({ data: data.slice(i * length, (i + 1) * length), shape: [1, ...shape] })));
    const all = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
    parts.reduce((at, part) => (all.set(part.data, at), at + part.data.length), 0);
    return { data: all, shape: [count, ...(parts[0]?.shape.slice(1) ?? [])] };
  }

  /** What the model says of features [N, D, h, w]; `measures`: of the N cells, one after the other. */
  judge(features: Tensor, measures: Float64Array): Promise<Verdict[] | UnreadFile> {
    return this.attempt((core) => core.judge(features, measures));
  }

  /** Frees the core and with it its engine; ONNX Runtime stays whose it is. */
  close(): void {
    this.#core.close();
  }

  async #replaceCore(): Promise<void> {
    this.#core = await openCore(this.files, this.#coreWasm);
    if (this.#engine instanceof CoreEngine) this.#engine = await openCoreEngine(this.files, this.#core);
  }
}

async function openCore(files: ModelFiles, coreWasm: Uint8Array): Promise<Core> {
  const core = await Core.open(coreWasm);
  try {
    core.loadModel(files.specJson, files.head, files.novelty);
    return core;
  } catch (error) {
    core.close();
    throw error;
  }
}
