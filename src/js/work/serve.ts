/** What a worker does: it takes a model and answers what it is asked, in every browser and under Node alike. */
import { platform } from '#platform';
import { noChecks } from '../classify/checks.ts';
import { Pipeline } from '../classify/pipeline.ts';
import { Core } from '../core/core.ts';
import type { Engine } from '../core/engine.ts';
import { CytodropError } from '../core/errors.ts';
import type { FileParts } from '../core/file_parts.ts';
import type { FurtherReaders } from '../core/further_readers.ts';
import { OpenFrames } from '../frames/open_frames.ts';
import { searchPart } from '../frames/part_search.ts';
import type { Port } from '../platform/platform.ts';
import { answerLearnCall } from './learn_calls.ts';
import { failed, type WorkerReply, type WorkerRequest } from './messages.ts';
import { openParts, readersOf, withParts } from './readers_of.ts';
import { inTurns } from './worker_turns.ts';
import { requestFactsOf } from './requests.ts';

const cellsInMessage = 64;

type SlideRequest = 'open_slide' | 'view_part' | 'search_part' | 'close_slide';
type Request<Type extends WorkerRequest['type']> = Extract<WorkerRequest, { type: Type }>;

/** Folder of the runtime's files below the library's; '': the runtime finds its own. Put in by the build. */
declare const __ONNX_RUNTIME_FOLDER__: string | undefined;
/** Its size as it arrives unpacked, for the progress of loading it. */
declare const __ONNX_RUNTIME_BYTES__: number | undefined;

const runtimeFolder = typeof __ONNX_RUNTIME_FOLDER__ === 'string' ? __ONNX_RUNTIME_FOLDER__ : '';
const runtimeBytes = typeof __ONNX_RUNTIME_BYTES__ === 'number' ? __ONNX_RUNTIME_BYTES__ : 0;

/** Answers what comes in by a port, as long as the worker lives. */
export function serve(port: Port<WorkerReply, WorkerRequest>): void {
  port.onMessage(inTurns(new Server(port).answer, port.post));
}

class Server {
  readonly #port: Port<WorkerReply, WorkerRequest>;
  #onnxRuntime: Promise<Engine> | undefined;
  #open: { pipeline: Pipeline; frames: OpenFrames } | undefined;
  #encoder: { core: Core; readers: FurtherReaders } | undefined;
  #readers: FurtherReaders | undefined;
  /** Files kept open, by the asker's numbers. */
  readonly #slides = new Map<number, FileParts>();
  #learning: { core: Core; coreWasm: Uint8Array } | undefined;

  constructor(port: Port<WorkerReply, WorkerRequest>) {
    this.#port = port;
  }

  readonly answer = async (request: WorkerRequest): Promise<void> => {
    switch (request.type) {
      case 'open_model': return this.#openModel(request);
      case 'requests': return this.#listRequests(request);
      case 'open_encoder': case 'encode': return this.#answerAboutFeatures(request);
      case 'open_learning': case 'learn': return this.#answerAboutLearning(request);
      case 'classify': case 'view': case 'judge_batch': case 'inspect': return this.#answerAboutImage(request);
      case 'open_slide': case 'view_part': case 'search_part': case 'close_slide': return this.#answerAboutSlide(request);
      default: return this.#answerAboutFrame(request);
    }
  };

  async #openModel({ ticket, parcel: { files, coreWasm, second }, engine, threads, home }: Request<'open_model'>): Promise<void> {
    const openRuntime = (): Promise<Engine> => {
      const onProgress = (loadedBytes: number): void => this.#port.post({ type: 'model_progress', ticket, loadedBytes, totalBytes: runtimeBytes });
      this.#onnxRuntime ??= openOnnxRuntime(home, threads, onProgress);
      this.#onnxRuntime.catch(() => { this.#onnxRuntime = undefined; });
      return this.#onnxRuntime;
    };
    // Somebody's own network may never end.
    this.#port.post({ type: 'at_work', ticket, image: -1 });
    const pipeline = await Pipeline.open(files, coreWasm, { force: engine, openOnnxRuntime: openRuntime, readers: this.#readersOf(home) }, second);
    this.#open?.pipeline.close();
    this.#open = { pipeline, frames: new OpenFrames(pipeline) };
    this.#port.post({ type: 'model_opened', ticket, runtime: pipeline.runtime, selfTest: pipeline.selfTest });
  }

  async #answerAboutImage(request: Request<'classify' | 'view' | 'judge_batch' | 'inspect'>): Promise<void> {
    const { pipeline } = this.#loaded();
    const { ticket } = request;
    if (request.type === 'classify') {
      const outcomes = await pipeline.classify(request.images, request.checks, (image) => this.#port.post({ type: 'at_work', ticket, image }), request.imageScale);
      this.#port.post({ type: 'classified', ticket, outcomes });
    } else if (request.type === 'view') {
      this.#postPicture('view', ticket, await pipeline.view(request.image, request.maxSidePx, request.imageScale));
    } else if (request.type === 'judge_batch') {
      this.#port.post({ type: 'batch_judged', ticket, batch: await pipeline.judgeBatch(request.deviations) });
    } else {
      this.#port.post({ type: 'inspected', ticket, content: await withParts(request.file, (file) => pipeline.inspect(file)) });
    }
  }

  async #answerAboutFeatures(request: Request<'open_encoder' | 'encode'>): Promise<void> {
    const { ticket } = request;
    if (request.type === 'open_encoder') {
      const core = await Core.open(request.coreWasm);
      core.loadEncoder(request.files.specJson, request.files.networks);
      this.#encoder?.core.close();
      this.#encoder = { core, readers: this.#readersOf(request.home) };
      this.#port.post({ type: 'encoder_opened', ticket });
    } else {
      if (this.#encoder === undefined) throw new CytodropError('model_not_loaded', 'No encoder is loaded.');
      const { core, readers } = this.#encoder;
      const { data } = await readers.withPage(request.image, (file) => core.encode(file, request.turns));
      this.#port.post({ type: 'encoded', ticket, features: data }, [data.buffer as ArrayBuffer]);
    }
  }

  async #answerAboutLearning(request: Request<'open_learning' | 'learn'>): Promise<void> {
    const { ticket } = request;
    if (request.type === 'open_learning') {
      this.#learning?.core.close();
      this.#learning = { core: await Core.open(request.coreWasm), coreWasm: request.coreWasm };
      this.#port.post({ type: 'learning_opened', ticket });
    } else {
      if (this.#learning === undefined) throw new CytodropError('internal', 'Nothing was opened to learn with.');
      this.#port.post({ type: 'learned', ticket, result: await answerLearnCall(this.#learning.core, this.#learning.coreWasm, request.call) });
    }
  }

  async #answerAboutFrame(request: Exclude<WorkerRequest, Request<'open_model' | 'open_encoder' | 'encode' | 'open_learning' | 'learn' | 'requests' | 'classify' | 'view' | 'judge_batch' | 'inspect' | SlideRequest>>): Promise<void> {
    const { frames } = this.#loaded();
    const { ticket } = request;
    const { post } = this.#port;
    switch (request.type) {
      case 'open_frame': return post({ type: 'frame_opened', ticket, facts: await withParts(request.file, (file) => frames.open(request.frame, file, request.choice)) });
      case 'load_detector':
        await frames.loadDetector(request.name, request.files);
        return post({ type: 'detector_loaded', ticket });
      case 'detect': return post({ type: 'detected', ticket, ...(await frames.detect(request.frame, request.settings, request.region, request.seen)) });
      case 'look_at_part': {
        const values = await frames.lookAtPart(request.frame, request.settings, request.part, request.parts);
        return post({ type: 'part_seen', ticket, values }, [values.buffer as ArrayBuffer]);
      }
      case 'classify_cells': {
        const { frame, places, pixelSizeUm, checks = noChecks } = request;
        return post({ type: 'cells_classified', ticket, verdicts: await frames.classifyCells(frame, places, pixelSizeUm, checks, () => post({ type: 'at_work', ticket, image: -1 })) });
      }
      case 'measure_outlines': return post({ type: 'outlines_measured', ticket, values: await frames.measure(request.frame, request.places) });
      case 'view_frame': return this.#postPicture('frame_view', ticket, await frames.view(request.frame, request.region, request.maxSidePx, request.range));
      case 'hash_frame':
        // Beside what is asked next: it is computed outside this worker.
        void frames.hash(request.frame).then((pixelsSha256) => post({ type: 'frame_hashed', ticket, pixelsSha256 }), (error: unknown) => post(failed(ticket, error)));
        return;
      case 'close_frame':
        await frames.close(request.frame);
        return post({ type: 'frame_closed', ticket });
    }
  }

  async #answerAboutSlide(request: Request<SlideRequest>): Promise<void> {
    const { frames } = this.#loaded();
    const { ticket, slide } = request;
    const known = this.#slides.get(slide);
    if (request.type === 'open_slide') {
      const parts = openParts(request.file);
      this.#slides.set(slide, parts);
      await frames.keep(parts);
      this.#port.post({ type: 'slide_opened', ticket });
    } else if (request.type === 'view_part') {
      if (known === undefined) throw new CytodropError('frame_not_open', 'The slide is not open.');
      this.#postPicture('frame_view', ticket, await frames.viewPart(known, request.choice, request.maxSidePx, request.range));
    } else if (request.type === 'search_part') {
      if (known === undefined) throw new CytodropError('frame_not_open', 'The slide is not open.');
      const { cells, ...found } = await searchPart(frames, known, request.task, () => this.#port.post({ type: 'at_work', ticket, image: -1 }));
      // A few at a time: the page would stand still while it takes thousands.
      for (let first = 0; first < cells.length; first += cellsInMessage) this.#port.post({ type: 'part_cells', ticket, cells: cells.slice(first, first + cellsInMessage) });
      this.#port.post({ type: 'part_searched', ticket, found });
    } else {
      this.#slides.delete(slide);
      if (known) await frames.letGo(known);
      known?.close();
      this.#port.post({ type: 'slide_closed', ticket });
    }
  }

  #postPicture(type: 'view' | 'frame_view', ticket: number, picture: { width_px: number; height_px: number; rgba: Uint8Array }): void {
    const rgba = new Uint8ClampedArray(picture.rgba);
    this.#port.post({ type, ticket, widthPx: picture.width_px, heightPx: picture.height_px, rgba }, [rgba.buffer]);
  }

  #listRequests({ ticket }: Request<'requests'>): void {
    const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    this.#port.post({ type: 'requests', ticket, requests: entries.map((entry) => ({ ...requestFactsOf(entry), by: 'worker' as const })) });
  }

  /** One of them for all models of this worker. */
  #readersOf(home: string): FurtherReaders {
    this.#readers ??= readersOf(new URL(home));
    return this.#readers;
  }

  #loaded(): { pipeline: Pipeline; frames: OpenFrames } {
    if (this.#open === undefined) throw new CytodropError('model_not_loaded', 'No model is loaded.');
    return this.#open;
  }
}

async function openOnnxRuntime(home: string, threads: number, onProgress: (loadedBytes: number) => void): Promise<Engine> {
  const address = (file: string): URL => new URL(`${runtimeFolder}${file}`, home);
  const [{ OnnxRuntimeEngine }, wasm] = await Promise.all([
    import('../core/onnxruntime.ts').catch((error: unknown) => {
      throw new CytodropError('engine_failed', `This network needs ONNX Runtime, the package onnxruntime-web, which could not be loaded: ${(error as Error).message}`);
    }),
    runtimeFolder === '' ? undefined : platform.read(address('ort-wasm-simd-threaded.wasm'), onProgress),
  ]);
  return new OnnxRuntimeEngine(wasm && { mjs: address('ort-wasm-simd-threaded.mjs').href, wasm }, threads);
}
