/** The page's worker: file bytes go in, verdicts come out. */
import coreWasmUrl from '../build/wasm/cytodrop_core.wasm?url';
import { fetchSiteFile, modelFileUrl } from './models.ts';
import { requestFactsOf, answerAboutFrame, CytodropError, type Engine, inTurns, type ModelParcel, Pipeline, readModel, type WorkerReply, type WorkerRequest } from '../src/js/index.ts';

type Request<Type extends WorkerRequest['type']> = Extract<WorkerRequest, { type: Type }>;

declare const __ONNX_RUNTIME_BYTES__: number;

const maxThreads = 4;

let onnxRuntime: Promise<Engine> | undefined;
let pipeline: Pipeline | undefined;

const take = inTurns(answer, reply);
addEventListener('message', ({ data: request }: MessageEvent<WorkerRequest>) => take(request));
holdLock();

/** Holds a lock as long as this worker lives, by which the page learns of its end whatever the cause; only secure pages have locks. */
function holdLock(): void {
  if (!('locks' in navigator)) return;
  const lock = crypto.randomUUID();
  void navigator.locks.request(lock, () => new Promise(() => reply({ type: 'alive', lock })));
}

async function answer(request: WorkerRequest): Promise<void> {
  switch (request.type) {
    case 'load_model': return loadModel(request);
    case 'adopt_model': return adoptModel(request);
    case 'classify': return classify(request);
    case 'view': return view(request);
    case 'inspect': return inspect(request);
    case 'requests': return listRequests(request);
    default: return void (await answerAboutFrame(loadedPipeline(), request, reply));
  }
}

async function loadModel({ ticket, name, second, baseUrl, engine, share }: Request<'load_model'>): Promise<void> {
  const progress = (totalBytes: number) => (loadedBytes: number) => reply({ type: 'model_progress', ticket, loadedBytes, totalBytes });
  const read = (model: string) => readModel((file, bytes) => download(modelFileUrl(model, file, baseUrl), bytes === undefined || model !== name ? undefined : progress(bytes)));
  const [files, coreWasm, other] = await Promise.all([read(name), download(coreWasmUrl), second === undefined ? undefined : read(second)]);
  const parcel: ModelParcel = { files, coreWasm, ...(other && { second: other }) };
  const { runtime, selfTest } = await open(parcel, engine, () => {
    onnxRuntime ??= openOnnxRuntime(baseUrl, progress(__ONNX_RUNTIME_BYTES__));
    onnxRuntime.catch(() => { onnxRuntime = undefined; });
    return onnxRuntime;
  });
  reply({ type: 'model_loaded', ticket, runtime, selfTest, parcel: share && runtime.engine.kind === 'core' ? parcel : undefined });
}

async function openOnnxRuntime(baseUrl: string, onProgress: (loadedBytes: number) => void): Promise<Engine> {
  const address = (file: string) => new URL(`ort/${file}`, baseUrl).href;
  const [{ OnnxRuntimeEngine }, wasm] = await Promise.all([
    import('../src/js/core/onnxruntime.ts'),
    download(address('ort-wasm-simd-threaded.wasm'), onProgress),
  ]);
  const threads = crossOriginIsolated ? Math.min(maxThreads, navigator.hardwareConcurrency) : 1;
  return new OnnxRuntimeEngine({ mjs: address('ort-wasm-simd-threaded.mjs'), wasm }, threads);
}

/** Takes a model that another worker loaded. */
async function adoptModel({ ticket, parcel, engine }: Request<'adopt_model'>): Promise<void> {
  const { runtime, selfTest } = await open(parcel, engine, () => Promise.reject(new Error('Only the first worker runs ONNX Runtime.')));
  reply({ type: 'model_adopted', ticket, runtime, selfTest });
}

async function open({ files, coreWasm, second }: ModelParcel, force: Request<'load_model'>['engine'], openOnnxRuntime: () => Promise<Engine>): Promise<Pipeline> {
  const opened = await Pipeline.open(files, coreWasm, { force, openOnnxRuntime }, second);
  pipeline?.close();
  pipeline = opened;
  return opened;
}

async function download(url: URL | string, onProgress?: (loadedBytes: number) => void): Promise<Uint8Array> {
  const response = await fetchSiteFile(url);
  if (response.body === null) throw new Error(`The file ${url} is empty.`);
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

async function classify({ ticket, images, checks }: Request<'classify'>): Promise<void> {
  reply({ type: 'classified', ticket, outcomes: await loadedPipeline().classify(images, checks, (image) => reply({ type: 'at_work', ticket, image })) });
}

async function view({ ticket, image, maxSidePx }: Request<'view'>): Promise<void> {
  const picture = await loadedPipeline().view(image, maxSidePx);
  const rgba = new Uint8ClampedArray(picture.rgba);
  reply({ type: 'view', ticket, widthPx: picture.width_px, heightPx: picture.height_px, rgba }, [rgba.buffer]);
}

async function inspect({ ticket, file }: Request<'inspect'>): Promise<void> {
  reply({ type: 'inspected', ticket, content: await loadedPipeline().inspect(file) });
}

function listRequests({ ticket }: Request<'requests'>): void {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const requests = entries.map((entry) => ({ ...requestFactsOf(entry), by: 'worker' as const }));
  reply({ type: 'requests', ticket, requests });
}

function loadedPipeline(): Pipeline {
  if (pipeline === undefined) throw new CytodropError('model_not_loaded', 'No model is loaded.');
  return pipeline;
}

function reply(message: WorkerReply, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}
