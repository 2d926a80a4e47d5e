/** The worker: does one thing at a time, pictures for the screen first. File bytes go in, verdicts come out. */
import coreWasmUrl from '../build/wasm/cytodrop_core.wasm?url';
import type { Engine } from './engine.ts';
import { CoreError, unreadFile } from './errors.ts';
import { modelFileUrl } from './models.ts';
import { Pipeline, readModel, refuseSize } from './pipeline.ts';
import type { ModelParcel, UnreadFile, WorkerReply, WorkerRequest } from './types.ts';

type Request<Type extends WorkerRequest['type']> = Extract<WorkerRequest, { type: Type }>;

declare const __ONNX_RUNTIME_BYTES__: number;

const maxThreads = 4;

const urgent: WorkerRequest[] = [];
const waiting: WorkerRequest[] = [];
let working = false;
let onnxRuntime: Promise<Engine> | undefined;
let pipeline: Pipeline | undefined;

addEventListener('message', ({ data: request }: MessageEvent<WorkerRequest>) => {
  (request.type === 'view' || request.type === 'requests' ? urgent : waiting).push(request);
  void work();
});

async function work(): Promise<void> {
  if (working) return;
  working = true;
  for (let request = urgent.shift() ?? waiting.shift(); request !== undefined; request = urgent.shift() ?? waiting.shift()) {
    try {
      await answer(request);
    } catch (error) {
      const code = error instanceof CoreError ? error.code : 'engine_failed';
      reply({ type: 'failed', ticket: request.ticket, code, message: error instanceof Error ? error.message : String(error) });
    }
  }
  working = false;
}

function answer(request: WorkerRequest): Promise<void> | void {
  switch (request.type) {
    case 'load_model': return loadModel(request);
    case 'adopt_model': return adoptModel(request);
    case 'classify': return classify(request);
    case 'view': return view(request);
    case 'requests': return listRequests(request);
  }
}

async function loadModel({ ticket, name, baseUrl, engine }: Request<'load_model'>): Promise<void> {
  const progress = (totalBytes: number) => (loadedBytes: number) => reply({ type: 'model_progress', ticket, loadedBytes, totalBytes });
  const [files, coreWasm] = await Promise.all([
    readModel((file, bytes) => download(modelFileUrl(name, file, baseUrl), bytes === undefined ? undefined : progress(bytes))),
    download(coreWasmUrl),
  ]);
  const parcel = { files, coreWasm };
  const { runtime, selfTest } = await open(parcel, engine, () => {
    onnxRuntime ??= openOnnxRuntime(baseUrl, progress(__ONNX_RUNTIME_BYTES__));
    onnxRuntime.catch(() => { onnxRuntime = undefined; });
    return onnxRuntime;
  });
  reply({ type: 'model_loaded', ticket, runtime, selfTest, parcel });
}

async function openOnnxRuntime(baseUrl: string, onProgress: (loadedBytes: number) => void): Promise<Engine> {
  const address = (file: string) => new URL(`ort/${file}`, baseUrl).href;
  const [{ OnnxRuntimeEngine }, wasm] = await Promise.all([
    import('./onnxruntime.ts'),
    download(address('ort-wasm-simd-threaded.wasm'), onProgress),
  ]);
  const threads = crossOriginIsolated ? Math.min(maxThreads, navigator.hardwareConcurrency) : 1;
  return new OnnxRuntimeEngine({ mjs: address('ort-wasm-simd-threaded.mjs'), wasm }, threads);
}

/** Takes a model that another worker loaded and runs with the core's own engine. */
async function adoptModel({ ticket, parcel }: Request<'adopt_model'>): Promise<void> {
  await open(parcel, 'core', () => Promise.reject(new Error('Only the first worker runs ONNX Runtime.')));
  reply({ type: 'model_adopted', ticket });
}

async function open({ files, coreWasm }: ModelParcel, force: Request<'load_model'>['engine'], openOnnxRuntime: () => Promise<Engine>): Promise<Pipeline> {
  const opened = await Pipeline.open(files, coreWasm, { force, openOnnxRuntime });
  pipeline?.close();
  pipeline = opened;
  return opened;
}

async function download(url: URL | string, onProgress?: (loadedBytes: number) => void): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) throw new Error(`The file ${url} could not be loaded (status ${response.status}).`);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let loadedBytes = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    loadedBytes += part.value.length;
    onProgress?.(loadedBytes);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

async function classify({ ticket, files }: Request<'classify'>): Promise<void> {
  const ready = loadedPipeline();
  reply({ type: 'classified', ticket, outcomes: await ready.classify(await Promise.all(files.map(readImage))) });
}

async function view({ ticket, file, maxSidePx }: Request<'view'>): Promise<void> {
  const image = await readImage(file);
  if ('status' in image) throw new CoreError(image.code, image.message);
  const picture = await loadedPipeline().view(image, maxSidePx);
  const rgba = new Uint8ClampedArray(picture.rgba);
  reply({ type: 'view', ticket, widthPx: picture.width_px, heightPx: picture.height_px, rgba }, [rgba.buffer]);
}

function listRequests({ ticket }: Request<'requests'>): void {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const requests = entries.map((entry) => ({
    url: entry.name,
    bytes: entry.encodedBodySize || entry.decodedBodySize,
    fromCache: entry.transferSize === 0,
    startedAtMs: performance.timeOrigin + entry.startTime,
  }));
  reply({ type: 'requests', ticket, requests });
}

async function readImage(file: File): Promise<Uint8Array | UnreadFile> {
  const refusal = refuseSize(file.size);
  if (refusal !== undefined) return refusal;
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    return unreadFile('unreadable_file', 'The browser could not read the file.');
  }
}

function loadedPipeline(): Pipeline {
  if (pipeline === undefined) throw new CoreError('model_not_loaded', 'No model is loaded.');
  return pipeline;
}

function reply(message: WorkerReply, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}
