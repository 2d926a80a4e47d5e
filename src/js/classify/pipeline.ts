/** The one path from the bytes of an image file to a verdict, the same in the browser's worker and on the command line. */
import type { Agreement, Box, Deletion, DetectedCells, DetectSettings, DisplayRange, FileContent, FrameView, Prepared as CorePrepared, Verdict, View } from '#cytodrop_core';
import { Core } from '../core/core.ts';
import { CoreEngine } from '../core/core_engine.ts';
import { batchSize, type Engine, type Tensor } from '../core/engine.ts';
import { CytodropError, type UnreadFile, unreadFile } from '../core/errors.ts';
import { sha256 } from '../core/sha256.ts';
import type { FrameChoice, FrameFacts } from '../frames/frame.ts';
import { detectorFacts, type DetectorFacts, type DetectorFiles, type DetectorName, detectorOf } from '../model/detector.ts';
import type { ModelFiles } from '../model/model_files.ts';
import type { ModelSpec } from '../model/spec.ts';
import { type Checked, type Checks, noChecks } from './checks.ts';
import { chooseEngine, type ChosenEngine, type Engines, openCoreEngine, type RuntimeFacts } from './engines.ts';
import type { CellVerdict, Outcome } from './outcome.ts';
import { type SelfTest, testItself, worstSelfTest } from './self_test.ts';

/** The pixels are hashed beside the network, which takes about as long, and let go. */
type Prepared = Omit<CorePrepared, 'pixels'> & { pixelsSha256?: Promise<string | null> };

export class Pipeline {
  readonly spec: ModelSpec;
  readonly runtime: RuntimeFacts;
  readonly selfTest: SelfTest;
  readonly #files: ModelFiles;
  readonly #coreWasm: Uint8Array;
  #engine: Engine;
  #core: Core;
  /** Another model of the same types, which is asked about every image too. */
  readonly #second: Pipeline | undefined;
  /** Those that this very core has. */
  readonly #detectors = new Map<DetectorName, DetectorFacts>();
  /** The asker's numbers of the open frames, with the core's own and the facts. */
  readonly #frames = new Map<number, { inCore: number; facts: FrameFacts }>();

  private constructor(files: ModelFiles, coreWasm: Uint8Array, { engine, reason }: ChosenEngine, core: Core, selfTest: SelfTest, specSha256: string | null, second: Pipeline | undefined) {
    this.spec = files.spec;
    this.#files = files;
    this.#coreWasm = coreWasm;
    this.#engine = engine;
    this.#core = core;
    this.runtime = { engine: engine.facts, engineReason: reason, coreVersion: core.version, specSha256 };
    this.selfTest = second ? worstSelfTest([selfTest, second.selfTest]) : selfTest;
    this.#second = second;
  }

  /**
   * Loads a model into a core and an engine, and runs its first golden image.
   *
   * Args:
   *   coreWasm: bytes of cytodrop_core.wasm.
   *   second: a model of the same types, run by the core, whose opinion is heard too.
   */
  static async open(files: ModelFiles, coreWasm: Uint8Array, engines: Engines, second?: ModelFiles): Promise<Pipeline> {
    const core = await openCore(files, coreWasm);
    let other: Pipeline | undefined;
    try {
      const chosen = await chooseEngine(files, core, engines);
      other = second && (await Pipeline.open(second, coreWasm, { ...engines, force: 'core' }));
      return new Pipeline(files, coreWasm, chosen, core, await testItself(files, core, chosen.engine), await sha256(new TextEncoder().encode(files.specJson)), other);
    } catch (error) {
      other?.close();
      core.close();
      throw error;
    }
  }

  /**
   * Classifies a few image files with one run of the network.
   *
   * Args:
   *   images: bytes of each file, or the outcome of one that could not be read; untrusted.
   *   checks: what is computed for each beside its verdict.
   *   onImage: told the position of each before it is begun with, -1 before the network's run on all, and the position of each again
   *     before its checks.
   * Returns: one outcome each, in order; a bad file harms no other.
   */
  async classify(images: readonly (Uint8Array | UnreadFile)[], checks: Checks = noChecks, onImage: (position: number) => void = () => {}): Promise<Outcome[]> {
    const prepared: (Prepared | UnreadFile)[] = [];
    for (const [position, image] of images.entries()) {
      onImage(position);
      prepared.push(image instanceof Uint8Array ? await this.#prepare(image) : image);
    }
    onImage(-1);
    const cells = prepared.filter((result): result is Prepared => !('status' in result));
    const positions = [...prepared.keys()].filter((position) => !('status' in (prepared[position] as Prepared | UnreadFile)));
    const judged = cells.length > 0 ? await this.#judge(cells, checks, (cell) => onImage(positions[cell] as number)) : [];
    let next = 0;
    const outcomes = await Promise.all(prepared.map(async (result) => {
      if ('status' in result) return result;
      const outcome = judged[next++] as Outcome;
      return outcome.status === 'ok' && result.pixelsSha256 ? { ...outcome, pixelsSha256: await result.pixelsSha256 } : outcome;
    }));
    return this.#second ? withOpinions(outcomes, await this.#second.classify(images, noChecks, onImage)) : outcomes;
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
   * Raises: CytodropError for a file that cannot be decoded.
   */
  async view(image: Uint8Array, maxSidePx: number): Promise<View> {
    const result = await this.#attempt((core) => core.view(image, maxSidePx));
    if ('status' in result) throw new CytodropError(result.code, result.message);
    return result;
  }

  /** What a file says beside its pixels. Raises: CytodropError. */
  async inspect(file: Uint8Array): Promise<FileContent> {
    return this.#insist((core) => core.inspect(file));
  }

  /**
   * Decodes a frame and keeps it in the core.
   *
   * Args:
   *   frame: names it until `closeFrame`.
   * Raises: CytodropError for a file that cannot be decoded.
   */
  async openFrame(frame: number, file: Uint8Array, { page, channel }: FrameChoice): Promise<FrameFacts> {
    const { frame: inCore, ...facts } = await this.#insist((core) => core.openFrame(file, page, channel));
    this.#frames.set(frame, { inCore, facts });
    await this.#second?.openFrame(frame, file, { page, channel });
    return facts;
  }

  /** Takes a network that finds cells. Raises: CytodropError. */
  async loadDetector({ specJson, spec, network }: DetectorFiles): Promise<void> {
    await this.#insist((core) => core.loadDetector(spec.name, specJson, network));
    this.#detectors.set(spec.name, detectorFacts(spec));
  }

  /**
   * Returns: the cells, with what found them where a network did.
   * Raises: CytodropError, `detector_not_loaded` where the method needs a network that is not there.
   */
  async detect(frame: number, settings: DetectSettings): Promise<{ cells: DetectedCells; detector?: DetectorFacts }> {
    const cells = await this.#insist((core) => core.detect(this.#frame(frame).inCore, settings));
    const name = detectorOf(settings.method);
    const detector = name && this.#detectors.get(name);
    return { cells, ...(detector && { detector }) };
  }

  /**
   * Classifies cells of an open frame, as many with one run of the network as of image files.
   *
   * Args:
   *   boxes: [N][4].
   *   onCell: told before each cell's checks.
   * Raises: CytodropError.
   */
  async classifyCells(frame: number, boxes: Int32Array, pixelSizeUm: number | null, checks: Checks = noChecks, onCell: () => void = () => {}): Promise<CellVerdict[]> {
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
      for (const outcome of await this.#judge(cells, checks, onCell)) {
        if (outcome.status === 'error') throw new CytodropError(outcome.code, outcome.message);
        const { status: _, image: __, elapsedMs: ___, ...verdict } = outcome;
        verdicts.push(verdict);
      }
    }
    return this.#second ? withOpinions(verdicts, await this.#second.classifyCells(frame, boxes, pixelSizeUm)) : verdicts;
  }

  /** Raises: CytodropError. */
  async viewFrame(frame: number, region: Box | null, maxSidePx: number, range: DisplayRange | null): Promise<FrameView> {
    return this.#insist((core) => core.viewFrame(this.#frame(frame).inCore, region, maxSidePx, range));
  }

  /** SHA-256 of a frame's decoded pixels; null where the browser cannot compute it. Raises: CytodropError. */
  async hashFrame(frame: number): Promise<string | null> {
    return sha256(await this.#insist((core) => core.framePixels(this.#frame(frame).inCore)));
  }

  async closeFrame(frame: number): Promise<void> {
    const open = this.#frames.get(frame);
    this.#frames.delete(frame);
    if (open !== undefined) await this.#insist((core) => core.closeFrame(open.inCore));
    await this.#second?.closeFrame(frame);
  }

  /** Frees the core and with it its engine; ONNX Runtime stays the caller's. */
  close(): void {
    this.#core.close();
    this.#second?.close();
  }

  /** `onCheck`: told the position among `cells` before what is checked beyond the verdict, which may take long. */
  async #judge(cells: Prepared[], checks: Checks, onCheck: (cell: number) => void): Promise<Outcome[]> {
    const [, channels, height, width] = (cells[0] as Prepared).shape;
    const data = new Float32Array(cells.length * channels * height * width);
    cells.forEach(({ tensor }, i) => data.set(tensor, i * tensor.length));
    const started = performance.now();
    const features = await this.#run({ data, shape: [cells.length, channels, height, width] });
    if ('status' in features) return cells.map(() => features);
    const ran = performance.now();
    const measures = Float64Array.from(cells.flatMap((cell) => Array.from(cell.measures)));
    const verdicts = await this.#attempt((core) => core.judge(features, measures));
    const judged = performance.now();
    if ('status' in verdicts) return cells.map(() => verdicts);
    const share = { network: (ran - started) / cells.length, head: (judged - ran) / cells.length };
    const outcomes: Outcome[] = [];
    for (const [i, cell] of cells.entries()) {
      const verdict = verdicts[i] as Verdict;
      if (checks.turns || checks.map) onCheck(i);
      const checked = await this.#check(cell, verdict, checks);
      outcomes.push('status' in checked ? checked : { ...this.#outcome(cell, verdict, share), ...checked });
    }
    return outcomes;
  }

  /** Runs the network. */
  async #run(input: Tensor): Promise<Tensor | UnreadFile> {
    try {
      return await this.#engine.run(input);
    } catch (error) {
      if (this.#engine instanceof CoreEngine && !(error instanceof CytodropError)) await this.#replaceCore();
      return unreadFile('engine_failed', `The network could not be run: ${(error as Error).message}`);
    }
  }

  async #check({ tensor, shape, measures }: Prepared, verdict: Verdict, { turns, map }: Checks): Promise<Checked | UnreadFile> {
    const input = { data: tensor, shape };
    try {
      return {
        ...(turns && { turns: await this.#turns(input, verdict, measures) }),
        ...(map && { deletion: await this.#deletion(input, verdict, measures) }),
      };
    } catch (error) {
      if (error instanceof CytodropError) return unreadFile(error.code, error.message);
      throw error;
    }
  }

  async #turns(input: Tensor, verdict: Verdict, measures: Float64Array): Promise<Agreement> {
    const others = await this.#probabilities(await this.#insist((core) => core.turn(input)), measures);
    const pictures = Float64Array.from([verdict, ...others].flatMap(({ probabilities }) => Array.from(probabilities)));
    return this.#insist((core) => core.agreement(pictures, verdict.probabilities.length, verdict.class_index));
  }

  /** null: the map has too few regions. */
  async #deletion(input: Tensor, { class_index, probability, maps, map_height: height, map_width: width }: Verdict, measures: Float64Array): Promise<Deletion | null> {
    const regions = height * width;
    const map = maps.subarray(class_index * regions, (class_index + 1) * regions);
    const left: number[] = [];
    for (let order = 0; order < this.#core.deletionOrders; order++) {
      const steps = await this.#attempt((core) => core.deleteRegions(input, map, { height, width }, order));
      if ('status' in steps) {
        if (steps.code === 'unsupported_feature') return null;
        throw new CytodropError(steps.code, steps.message);
      }
      for (const { probabilities } of await this.#probabilities(steps, measures)) left.push(probabilities[class_index] ?? NaN);
    }
    return this.#insist((core) => core.deletion(probability, Float64Array.from(left), regions));
  }

  /** What the model says of several inputs made from one cell. Raises: CytodropError. */
  async #probabilities({ data, shape: [count = 0, ...shape] }: Tensor, measures: Float64Array): Promise<Pick<Verdict, 'probabilities'>[]> {
    const verdicts: Verdict[] = [];
    const length = data.length / count;
    for (let first = 0; first < count; first += batchSize) {
      const end = Math.min(count, first + batchSize);
      const features = await this.#run({ data: data.slice(first * length, end * length), shape: [end - first, ...shape] });
      if ('status' in features) throw new CytodropError(features.code, features.message);
      const repeated = Float64Array.from({ length: (end - first) * measures.length }, (_, i) => measures[i % measures.length] ?? NaN);
      verdicts.push(...(await this.#insist((core) => core.judge(features, repeated))));
    }
    return verdicts;
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
      if (error instanceof CytodropError) return unreadFile(error.code, error.message);
      await this.#replaceCore();
      return unreadFile('internal', `The image could not be processed: ${(error as Error).message}`);
    }
  }

  /** As `#attempt`, where there is no other file to go on with. */
  async #insist<T extends object | void>(call: (core: Core) => T): Promise<T> {
    const result = await this.#attempt(call);
    if (typeof result === 'object' && 'status' in result && result.status === 'error') throw new CytodropError(result.code, result.message);
    return result as T;
  }

  #frame(frame: number): { inCore: number; facts: FrameFacts } {
    const open = this.#frames.get(frame);
    if (open === undefined) throw new CytodropError('frame_not_open', 'The frame is not open.');
    return open;
  }

  async #replaceCore(): Promise<void> {
    this.#frames.clear();
    this.#detectors.clear();
    this.#core = await openCore(this.#files, this.#coreWasm);
    if (this.#engine instanceof CoreEngine) this.#engine = await openCoreEngine(this.#files, this.#core);
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

/** Each cell with what the second model says of it; one that the second could not judge goes without. */
function withOpinions<Result extends Outcome | CellVerdict>(results: Result[], others: (Outcome | CellVerdict)[]): Result[] {
  return results.map((result, i) => {
    const other = others[i];
    if (!('label' in result) || other === undefined || !('label' in other)) return result;
    return { ...result, second: { label: other.label, probability: other.probability, agree: other.label === result.label } };
  });
}
