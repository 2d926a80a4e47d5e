/** The worker: does one thing at a time, pictures for the screen first. */
import coreWasmUrl from '../build/wasm/cytodrop_core.wasm?url';
import { CoreError, unreadFile } from './errors.ts';
import { modelFileUrl } from './models.ts';
import { OnnxRuntimeEngine } from './onnxruntime.ts';
import { Pipeline, batchSize, readModel, refuseSize } from './pipeline.ts';
import type { UnreadFile, WorkerReply, WorkerRequest } from './types.ts';

type Request<Type extends WorkerRequest['type']> = Extract<WorkerRequest, { type: Type }>;

/** A batch of large files would fill the memory before it is worth anything. */
const maxBatchBytes = 32 * 1024 * 1024;
const maxThreads = 4;

const urgent: (Request<'view'> | Request<'requests'>)[] = [];
const waiting: (Request<'load_model'> | Request<'classify'>)[] = [];
let cancelled: number | undefined;
let working = false;
let engine: OnnxRuntimeEngine | undefined;
let pipeline: Pipeline | undefined;

addEventListener('message', ({ data: request }: MessageEvent<WorkerRequest>) => {
  if (request.type === 'cancel') cancelled = request.ticket;
  else if (request.type === 'view' || request.type === 'requests') urgent.push(request);
  else waiting.push(request);
  void work();
});

async function work(): Promise<void> {
  if (working) return;
  working = true;
  for (;;) {
    await serveUrgent();
    const request = waiting.shift();
    if (request === undefined) break;
    try {
      await (request.type === 'load_model' ? loadModel(request) : classify(request));
    } catch (error) {
      fail(request.ticket, error);
    }
  }
  working = false;
}

async function serveUrgent(): Promise<void> {
  for (let request = urgent.shift(); request !== undefined; request = urgent.shift()) {
    try {
      await (request.type === 'view' ? view(request) : listRequests(request));
    } catch (error) {
      fail(request.ticket, error);
    }
  }
}

async function loadModel({ ticket, name, baseUrl }: Request<'load_model'>): Promise<void> {
  const readFile = (file: string, totalBytes?: number) => download(modelFileUrl(name, file, baseUrl), (loadedBytes) => {
    if (totalBytes !== undefined) reply({ type: 'model_progress', ticket, loadedBytes, totalBytes });
  });
  const [files, coreWasm] = await Promise.all([readModel(readFile), download(coreWasmUrl)]);
  const runtimeFile = (file: string) => new URL(`ort/${file}`, baseUrl).href;
  engine ??= new OnnxRuntimeEngine(
    { mjs: runtimeFile('ort-wasm-simd-threaded.mjs'), wasm: runtimeFile('ort-wasm-simd-threaded.wasm') },
    crossOriginIsolated ? Math.min(maxThreads, navigator.hardwareConcurrency) : 1,
  );
  const opened = await Pipeline.open(files, coreWasm, engine);
  pipeline?.close();
  pipeline = opened;
  reply({ type: 'model_loaded', ticket, runtime: opened.runtime, selfTest: opened.selfTest });
}

async function download(url: URL | string, onProgress?: (loadedBytes: number) => void): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) throw new Error(`The file ${url} could not be loaded (status ${response.status}).`);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let loadedBytes = 0;
  const reader = response.body.getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    chunks.push(chunk.value);
    loadedBytes += chunk.value.length;
    onProgress?.(loadedBytes);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

async function classify({ ticket, jobs, singly }: Request<'classify'>): Promise<void> {
  const ready = loadedPipeline();
  let next = 0;
  while (next < jobs.length && cancelled !== ticket) {
    let end = next + 1;
    let bytes = jobs[next]?.file.size ?? 0;
    for (let job = jobs[end]; job !== undefined && end - next < (singly ? 1 : batchSize); job = jobs[++end]) {
      bytes += job.file.size;
      if (bytes > maxBatchBytes) break;
    }
    const batch = jobs.slice(next, end);
    const images = await Promise.all(batch.map(({ file }) => readImage(file)));
    if (cancelled === ticket) break;
    const outcomes = await ready.classify(images);
    outcomes.forEach((outcome, i) => reply({ type: 'outcome', ticket, index: batch[i]?.index ?? -1, outcome }));
    next = end;
    await serveUrgent();
  }
  reply({ type: 'classify_done', ticket, cancelled: next < jobs.length });
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

function fail(ticket: number, error: unknown): void {
  const code = error instanceof CoreError ? error.code : 'engine_failed';
  reply({ type: 'failed', ticket, code, message: error instanceof Error ? error.message : String(error) });
}
