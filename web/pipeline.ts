/** The one path from the bytes of an image file to a verdict, the same in the browser's worker and on the command line. */
import type { FileContent, FrameView, Prepared as CorePrepared, Verdict, View } from '#cytodrop_core';
import { Core } from './core.ts';
import { CoreEngine } from './core_engine.ts';
import { batchSize, type Engine, type EngineKind } from './engine.ts';
import { CoreError, unreadFile } from './errors.ts';
import { sha256 } from './provenance.ts';
import type {
  Box, CellVerdict, DetectedCells, DetectSettings, DisplayRange, FrameChoice, FrameFacts, ModelSpec, Outcome, RuntimeFacts, SelfTest, UnreadFile,
} from './types.ts';

/** The pixels are hashed beside the network, which takes about as long, and let go. */
type Prepared = Omit<CorePrepared, 'pixels'> & { pixelsSha256?: Promise<string | null> };

/** The core's own limit. */
const maxFileBytes = 512_000_000;

/** What may run a network. */
export interface Engines {
  /** The one to use whatever the network; undefined: the core's own where it can. */
  force: EngineKind | undefined;
  /** Opens ONNX Runtime, which costs megabytes: called only when it is needed. It stays the caller's. */
  openOnnxRuntime: () => Promise<Engine>;
}

const maxLogitDifference = 1e-3;
/** As a share of what is expected: a distance has no scale of its own. */
const maxNoveltyDifference = 1e-4;

/** Everything in a model's folder that classification needs. */
export interface ModelFiles {
  specJson: string;
  spec: ModelSpec;
  network: Uint8Array;
  head: Uint8Array;
  /** Empty for a model without statistics of its training images. */
  novelty: Uint8Array;
  golden: { image: Uint8Array } & GoldenVerdict;
}

/** What the training code computed; the last two only where the model has statistics of its training images. */
interface GoldenVerdict { logits: number[]; label: string; novelty?: number; foreign?: boolean; quality?: string[] }

interface GoldenFile {
  cases: ({ image: string } & GoldenVerdict)[];
}

/**
 * Reads a model's folder and checks network, head and novelty file against the sums in its spec.
 *
 * Args:
 *   read: gives the bytes of a file of the folder; `bytes` is the size of the network, the one large file.
 * Raises: Error, in words for a person, when a file is not the one the spec names.
 */
export async function readModel(read: (file: string, bytes?: number) => Promise<Uint8Array>): Promise<ModelFiles> {
  const text = async (file: string) => new TextDecoder().decode(await read(file));
  const specJson = await text('spec.json');
  const spec = JSON.parse(specJson) as ModelSpec;
  const [network, head, novelty, goldenJson] = await Promise.all([
    read(spec.network.file, spec.network.bytes),
    read(spec.head.file),
    spec.novelty ? read(spec.novelty.file) : new Uint8Array(),
    text('golden/golden.json'),
  ]);
  await checkSum(spec.network.file, network, spec.network.sha256);
  await checkSum(spec.head.file, head, spec.head.sha256);
  if (spec.novelty) await checkSum(spec.novelty.file, novelty, spec.novelty.sha256);
  const first = (JSON.parse(goldenJson) as GoldenFile).cases[0];
  if (first === undefined) throw new Error(`The model ${spec.name} has no golden image to test itself with.`);
  const image = await read(`golden/${first.image}`);
  return { specJson, spec, network, head, novelty, golden: { ...first, image } };
}

/** Browsers offer SHA-256 on secure pages only; elsewhere (http on a local network) the self-test stands alone. */
async function checkSum(file: string, bytes: Uint8Array, expected: string): Promise<void> {
  const hex = await sha256(bytes);
  if (hex !== null && hex !== expected) {
    throw new Error(`The model file ${file} is not the one its spec names (SHA-256 ${hex.slice(0, 12)}…). Reload, or set the model up again.`);
  }
}

/** The outcome of a file that is too large to be read at all. */
export function refuseSize(bytes: number): UnreadFile | undefined {
  if (bytes <= maxFileBytes) return undefined;
  return unreadFile('too_large', `The file has ${Math.ceil(bytes / 1e6)} MB; files up to ${maxFileBytes / 1e6} MB are read.`);
}

export class Pipeline {
  readonly spec: ModelSpec;
  readonly runtime: RuntimeFacts;
  readonly selfTest: SelfTest;
  readonly #files: ModelFiles;
  readonly #coreWasm: Uint8Array;
  #engine: Engine;
  #core: Core;
  /** The asker's numbers of the open frames, with the core's own and the facts. */
  readonly #frames = new Map<number, { inCore: number; facts: FrameFacts }>();

  private constructor(files: ModelFiles, coreWasm: Uint8Array, { engine, reason }: ChosenEngine, core: Core, selfTest: SelfTest, specSha256: string | null) {
    this.spec = files.spec;
    this.#files = files;
    this.#coreWasm = coreWasm;
    this.#engine = engine;
    this.#core = core;
    this.runtime = { engine: engine.facts, engineReason: reason, coreVersion: core.version, specSha256 };
    this.selfTest = selfTest;
  }

  /**
   * Loads a model into a core and an engine, and runs its first golden image.
   *
   * Args:
   *   coreWasm: bytes of cytodrop_core.wasm.
   */
  static async open(files: ModelFiles, coreWasm: Uint8Array, engines: Engines): Promise<Pipeline> {
    const core = await openCore(files, coreWasm);
    try {
      const chosen = await chooseEngine(files, core, engines);
      return new Pipeline(files, coreWasm, chosen, core, await testItself(files, core, chosen.engine), await sha256(new TextEncoder().encode(files.specJson)));
    } catch (error) {
      core.close();
      throw error;
    }
  }

  /**
   * Classifies a few image files with one run of the network.
   *
   * Args:
   *   images: bytes of each file, or the outcome of one that could not be read; untrusted.
   *   onImage: told the position of each before it is begun with, and -1 before the network's run on all.
   * Returns: one outcome each, in order; a bad file harms no other.
   */
  async classify(images: readonly (Uint8Array | UnreadFile)[], onImage: (position: number) => void = () => {}): Promise<Outcome[]> {
    const prepared: (Prepared | UnreadFile)[] = [];
    for (const [position, image] of images.entries()) {
      onImage(position);
      prepared.push(image instanceof Uint8Array ? await this.#prepare(image) : image);
    }
    onImage(-1);
    const cells = prepared.filter((result): result is Prepared => !('status' in result));
    const judged = cells.length > 0 ? await this.#judge(cells) : [];
    let next = 0;
    return Promise.all(prepared.map(async (result) => {
      if ('status' in result) return result;
      const outcome = judged[next++] as Outcome;
      return outcome.status === 'ok' && result.pixelsSha256 ? { ...outcome, pixelsSha256: await result.pixelsSha256 } : outcome;
    }));
  }

  async #prepare(image: Uint8Array): Promise<Prepared | UnreadFile> {
    const result = await this.#attempt((core) => core.prepare(image));
    if ('status' in result) return result;
    const { pixels, ...prepared } = result;
    return { ...prepared, pixelsSha256: sha256(pixels) };
  }

  /**
   * The crop that the network saw, as a picture for the screen.
   *
   * Raises: CoreError for a file that cannot be decoded.
   */
  async view(image: Uint8Array, maxSidePx: number): Promise<View> {
    const result = await this.#attempt((core) => core.view(image, maxSidePx));
    if ('status' in result) throw new CoreError(result.code, result.message);
    return result;
  }

  /** What a file says beside its pixels. Raises: CoreError. */
  async inspect(file: Uint8Array): Promise<FileContent> {
    return this.#insist((core) => core.inspect(file));
  }

  /**
   * Decodes a frame and keeps it in the core.
   *
   * Args:
   *   frame: names it until `closeFrame`.
   * Raises: CoreError for a file that cannot be decoded.
   */
  async openFrame(frame: number, file: Uint8Array, { page, channel }: FrameChoice): Promise<FrameFacts> {
    const { frame: inCore, ...facts } = await this.#insist((core) => core.openFrame(file, page, channel));
    this.#frames.set(frame, { inCore, facts });
    return facts;
  }

  /** Raises: CoreError. */
  async detect(frame: number, settings: DetectSettings): Promise<DetectedCells> {
    return this.#insist((core) => core.detect(this.#frame(frame).inCore, settings));
  }

  /**
   * Classifies cells of an open frame, as many with one run of the network as of image files.
   *
   * Args:
   *   boxes: [N][4].
   * Raises: CoreError.
   */
  async classifyCells(frame: number, boxes: Int32Array, pixelSizeUm: number | null): Promise<CellVerdict[]> {
    const { inCore, facts } = this.#frame(frame);
    const verdicts: CellVerdict[] = [];
    for (let first = 0; first < boxes.length; first += 4 * batchSize) {
      const some = boxes.slice(first, first + 4 * batchSize);
      const { tensor, shape: [count, ...shape], crops, measures, prepare_ms } = await this.#insist((core) => core.prepareCells(inCore, some, pixelSizeUm));
      const length = tensor.length / count;
      const measured = measures.length / count;
      const cells = Array.from({ length: count }, (_, i): Prepared => {
        const [left_px = 0, top_px = 0, width_px = 0, height_px = 0] = crops.subarray(4 * i, 4 * i + 4);
        return {
          image: facts.image, crop: { left_px, top_px, width_px, height_px }, tensor: tensor.subarray(i * length, (i + 1) * length),
          shape: [1, ...shape], measures: measures.subarray(i * measured, (i + 1) * measured), decode_ms: 0, prepare_ms: prepare_ms / count,
        };
      });
      for (const outcome of await this.#judge(cells)) {
        if (outcome.status === 'error') throw new CoreError(outcome.code, outcome.message);
        const { status: _, image: __, elapsedMs: ___, ...verdict } = outcome;
        verdicts.push(verdict);
      }
    }
    return verdicts;
  }

  /** Raises: CoreError. */
  async viewFrame(frame: number, region: Box | null, maxSidePx: number, range: DisplayRange | null): Promise<FrameView> {
    return this.#insist((core) => core.viewFrame(this.#frame(frame).inCore, region, maxSidePx, range));
  }

  /** SHA-256 of a frame's decoded pixels; null where the browser cannot compute it. Raises: CoreError. */
  async hashFrame(frame: number): Promise<string | null> {
    return sha256(await this.#insist((core) => core.framePixels(this.#frame(frame).inCore)));
  }

  async closeFrame(frame: number): Promise<void> {
    const open = this.#frames.get(frame);
    this.#frames.delete(frame);
    if (open !== undefined) await this.#insist((core) => core.closeFrame(open.inCore));
  }

  /** Frees the core and with it its engine; ONNX Runtime stays the caller's. */
  close(): void {
    this.#core.close();
  }

  async #judge(cells: Prepared[]): Promise<Outcome[]> {
    const [, channels, height, width] = (cells[0] as Prepared).shape;
    const data = new Float32Array(cells.length * channels * height * width);
    cells.forEach(({ tensor }, i) => data.set(tensor, i * tensor.length));
    const started = performance.now();
    let features;
    try {
      features = await this.#engine.run({ data, shape: [cells.length, channels, height, width] });
    } catch (error) {
      if (this.#engine instanceof CoreEngine && !(error instanceof CoreError)) await this.#replaceCore();
      return cells.map(() => unreadFile('engine_failed', `The network could not be run: ${(error as Error).message}`));
    }
    const ran = performance.now();
    const measures = Float64Array.from(cells.flatMap((cell) => Array.from(cell.measures)));
    const verdicts = await this.#attempt((core) => core.judge(features, measures));
    const judged = performance.now();
    if ('status' in verdicts) return cells.map(() => verdicts);
    const share = { network: (ran - started) / cells.length, head: (judged - ran) / cells.length };
    return cells.map((cell, i) => this.#outcome(cell, verdicts[i] as Verdict, share));
  }

  #outcome(cell: Prepared, verdict: Verdict, share: { network: number; head: number }): Outcome {
    return {
      status: 'ok',
      label: this.spec.classes[verdict.class_index]?.id ?? '',
      probability: verdict.probability,
      unsure: verdict.unsure,
      novelty: verdict.novelty,
      foreign: verdict.foreign,
      quality: verdict.quality,
      probabilities: Array.from(verdict.probabilities),
      logits: Array.from(verdict.logits),
      maps: { height: verdict.map_height, width: verdict.map_width, values: verdict.maps },
      image: cell.image,
      crop: cell.crop,
      elapsedMs: { decode: cell.decode_ms, prepare: cell.prepare_ms, ...share },
    };
  }

  /** Calls the core; one that trapped is in no known state and is replaced by a fresh one. */
  async #attempt<T>(call: (core: Core) => T): Promise<T | UnreadFile> {
    try {
      return call(this.#core);
    } catch (error) {
      if (error instanceof CoreError) return unreadFile(error.code, error.message);
      await this.#replaceCore();
      return unreadFile('internal', `The image could not be processed: ${(error as Error).message}`);
    }
  }

  /** As `#attempt`, where there is no other file to go on with. */
  async #insist<T extends object | void>(call: (core: Core) => T): Promise<T> {
    const result = await this.#attempt(call);
    if (typeof result === 'object' && 'status' in result && result.status === 'error') throw new CoreError(result.code, result.message);
    return result as T;
  }

  #frame(frame: number): { inCore: number; facts: FrameFacts } {
    const open = this.#frames.get(frame);
    if (open === undefined) throw new CoreError('frame_not_open', 'The frame is not open.');
    return open;
  }

  async #replaceCore(): Promise<void> {
    this.#frames.clear();
    this.#core = await openCore(this.#files, this.#coreWasm);
    if (this.#engine instanceof CoreEngine) this.#engine = await openCoreEngine(this.#files, this.#core);
  }
}

interface ChosenEngine {
  engine: Engine;
  reason: string;
}

async function chooseEngine(files: ModelFiles, core: Core, { force, openOnnxRuntime }: Engines): Promise<ChosenEngine> {
  const byHand = 'chosen by hand';
  let reason = byHand;
  if (force !== 'onnxruntime') {
    try {
      return { engine: await openCoreEngine(files, core), reason: force === 'core' ? byHand : 'it can run this network' };
    } catch (error) {
      if (force === 'core' || !(error instanceof CoreError && error.code === 'unsupported_operator')) throw error;
      reason = `the core's own engine cannot run this network: ${error.message}`;
    }
  }
  const engine = await openOnnxRuntime();
  await engine.load(files.network, files.spec.network);
  return { engine, reason };
}

async function openCoreEngine({ network, spec }: ModelFiles, core: Core): Promise<CoreEngine> {
  const engine = new CoreEngine(core);
  await engine.load(network, spec.network);
  return engine;
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

/**
 * Decodes, prepares, runs and judges the golden image and compares with what the training code computed.
 *
 * A tensor that were prepared otherwise would move the logits; comparing it as well would cost a download larger than the core.
 */
async function testItself({ golden, spec }: ModelFiles, core: Core, engine: Engine): Promise<SelfTest> {
  const prepared = core.prepare(golden.image);
  const [verdict] = core.judge(await engine.run({ data: prepared.tensor, shape: prepared.shape }), prepared.measures);
  const logitDifference = largestDifference(verdict?.logits ?? [], golden.logits);
  return {
    passed:
      logitDifference <= maxLogitDifference &&
      spec.classes[verdict?.class_index ?? -1]?.id === golden.label &&
      (golden.novelty === undefined || Math.abs((verdict?.novelty ?? NaN) - golden.novelty) <= maxNoveltyDifference * golden.novelty) &&
      (golden.foreign === undefined || verdict?.foreign === golden.foreign) &&
      (golden.quality === undefined || verdict?.quality.map(({ flag }) => flag).join() === golden.quality.join()),
    maxLogitDifference: logitDifference,
  };
}

/** Infinity when the lengths differ or a value is not a number, so that nothing passes by accident. */
function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}
