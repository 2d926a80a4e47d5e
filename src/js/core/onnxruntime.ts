/** ONNX Runtime Web behind the `Engine` seam; the only file that imports it. */
import { InferenceSession, Tensor as OrtTensor, env } from 'onnxruntime-web/wasm';
import type { Tensor, Engine, EngineFacts } from './engine.ts';

/** Where the runtime's own two files lie: same-origin addresses in a browser, file addresses and bytes under Node. */
export interface RuntimeFiles {
  mjs: string;
  wasm: string | Uint8Array;
}

/** The network could not be loaded or run. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

interface Network {
  session: InferenceSession;
  input: string;
  output: string;
}

export class OnnxRuntimeEngine implements Engine {
  readonly facts: EngineFacts;
  #network: Network | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * Args:
   *   files: the runtime's files; undefined: it finds its own. The first engine made in a process decides for all.
   *   threads: more than one needs SharedArrayBuffer.
   */
  constructor(files: RuntimeFiles | undefined, threads: number) {
    env.wasm.numThreads = threads;
    env.wasm.proxy = false;
    if (typeof files?.wasm === 'string') {
      env.wasm.wasmPaths = { mjs: files.mjs, wasm: files.wasm };
    } else if (files !== undefined) {
      env.wasm.wasmPaths = { mjs: files.mjs };
      env.wasm.wasmBinary = files.wasm;
    }
    env.logLevel = 'error';
    this.facts = { kind: 'onnxruntime', name: `ONNX Runtime Web ${env.versions.web ?? ''}`.trim(), threads };
  }

  load(bytes: Uint8Array, names: { input: string; output: string }): Promise<void> {
    return this.#queued(async () => {
      const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
      if (!session.inputNames.includes(names.input) || !session.outputNames.includes(names.output)) {
        await session.release();
        throw new EngineError(
          `expected a network with input "${names.input}" and output "${names.output}", ` +
            `got ${session.inputNames.join()} and ${session.outputNames.join()}`,
        );
      }
      const before = this.#network;
      this.#network = { session, ...names };
      await before?.session.release();
    });
  }

  run(input: Tensor): Promise<Tensor> {
    return this.#queued(async () => {
      if (this.#network === undefined) throw new EngineError('no network is loaded');
      const { session, input: inputName, output: outputName } = this.#network;
      const given = new OrtTensor('float32', input.data, input.shape);
      try {
        const features = (await session.run({ [inputName]: given }, [outputName]))[outputName];
        if (features?.type !== 'float32') throw new EngineError(`expected float32 features, got ${features?.type ?? 'nothing'}`);
        try {
          // The runtime's own memory stays its own: what it hands out is a copy already.
          return { data: features.data as Float32Array, shape: [...features.dims] };
        } finally {
          features.dispose();
        }
      } finally {
        given.dispose();
      }
    });
  }

  release(): Promise<void> {
    return this.#queued(async () => {
      await this.#network?.session.release();
      this.#network = undefined;
    });
  }

  /** One call at a time: the runtime's sessions are not made for concurrent runs. */
  #queued<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work).catch((error: unknown) => {
      throw error instanceof EngineError ? error : new EngineError(String(error));
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
