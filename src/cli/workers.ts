/** The command line's workers: threads of Node that run this same program, fed by the same queue as the page's. */
import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Worker, workerData, type MessagePort } from 'node:worker_threads';
import { answerAboutFrame, CytodropError, detectorShelf, type EngineKind, type FrameHost, inTurns, type ModelParcel, noChecks, Pipeline, type PoolWorker, type RuntimeFacts, type SelfTest, type StartWorker, WorkerLink, type WorkerReply, worstSelfTest } from '../js/index.ts';
import { OnnxRuntimeEngine } from '../js/core/onnxruntime.ts';

// Node 18 has it under another name only.
globalThis.crypto ??= webcrypto as Crypto;

export interface Crew {
  workers: PoolWorker[];
  /** The same workers, to hold frames. */
  hosts: FrameHost[];
  runtime: RuntimeFacts;
  /** The worst of all workers so far, those included that replaced a dead one. */
  selfTest(): SelfTest;
}

/** Address of a file beside this program, which the build makes one file. */
export function beside(file: string): URL {
  return new URL(file, import.meta.url);
}

/**
 * Starts workers, each with the model.
 *
 * Args:
 *   engine: runs the network; undefined leaves the choice to the network.
 *   threads: of ONNX Runtime, in each worker.
 * Raises: CytodropError or WorkerDied where one cannot take the model.
 */
export async function startCrew(parcel: ModelParcel, jobs: number, engine: EngineKind | undefined, threads: number, checks = noChecks): Promise<Crew> {
  const start: StartWorker = (onReply, onDeath) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: threads });
    worker.on('message', onReply).on('messageerror', onDeath).on('error', onDeath).on('exit', onDeath);
    return { post: (request, transfer) => worker.postMessage(request, transfer), stop: () => void worker.terminate() };
  };
  const selfTests: SelfTest[] = [];
  const runtimes: RuntimeFacts[] = [];
  const readDetector = detectorShelf((path) => readFile(beside(path)));
  const enlist = async (): Promise<FrameHost> => {
    const link = new WorkerLink(start);
    const adopt = async (): Promise<void> => {
      const { runtime, selfTest } = await link.ask({ type: 'adopt_model', parcel, engine }, 'model_adopted');
      runtimes.push(runtime);
      selfTests.push(selfTest);
    };
    await link.ready(adopt);
    return { link, makeReady: adopt, readDetector };
  };
  const hosts = await Promise.all(Array.from({ length: jobs }, enlist));
  const workers = hosts.map(({ link, makeReady }) => link.poolWorker(makeReady, checks));
  return { workers, hosts, runtime: runtimes[0] as RuntimeFacts, selfTest: () => worstSelfTest(selfTests) };
}

/** What such a worker does: adopts the model and classifies what it is handed. */
export function serve(port: MessagePort): void {
  const reply = (message: WorkerReply): void => port.postMessage(message);
  let pipeline: Pipeline | undefined;
  const take = inTurns(async (request) => {
    const { ticket } = request;
    if (request.type === 'adopt_model') {
      const { files, coreWasm, second } = request.parcel;
      pipeline = await Pipeline.open(files, coreWasm, { force: request.engine, openOnnxRuntime }, second);
      reply({ type: 'model_adopted', ticket, runtime: pipeline.runtime, selfTest: pipeline.selfTest });
    } else if (request.type === 'classify' && pipeline !== undefined) {
      reply({ type: 'classified', ticket, outcomes: await pipeline.classify(request.images, request.checks, (image) => reply({ type: 'at_work', ticket, image })) });
    } else if (pipeline === undefined || !(await answerAboutFrame(pipeline, request, reply))) {
      throw new CytodropError('invalid_argument', `The worker cannot answer "${request.type}" now.`);
    }
  }, reply);
  port.on('message', take);
}

async function openOnnxRuntime(): Promise<OnnxRuntimeEngine> {
  const wasm = await readFile(beside('ort/ort-wasm-simd-threaded.wasm'));
  return new OnnxRuntimeEngine({ mjs: beside('ort/ort-wasm-simd-threaded.mjs').href, wasm }, workerData as number);
}
