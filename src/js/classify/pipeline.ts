/** The one path from the bytes of an image file to a verdict, the same in the browser's worker and on the command line. */
import type { BatchVerdict, FileContent, Prepared as CorePrepared, Verdict, View } from '#cytodrop_core';
import { CytodropError, type UnreadFile } from '../core/errors.ts';
import { type FileParts, type ImageFileFacts, planeNumbers } from '../core/file_parts.ts';
import { FurtherReaders } from '../core/further_readers.ts';
import { sha256 } from '../core/sha256.ts';
import type { ModelFiles } from '../model/model_files.ts';
import type { ModelSpec } from '../model/spec.ts';
import { backgroundOfPixels, backgroundOfTensor } from './background.ts';
import { type CellLesson, type Checks, noChecks } from './checks.ts';
import type { Tensor } from '../core/engine.ts';
import type { Engines, RuntimeFacts } from './engines.ts';
import { check } from './explain.ts';
import type { CellVerdict, ClassifiedCell, Outcome } from './outcome.ts';
import { Runner } from './runner.ts';
import { type SelfTest, testItself, worstSelfTest } from './self_test.ts';

/** The pixels are hashed beside the network, which takes about as long, and let go. */
export type Prepared = Omit<CorePrepared, 'pixels'> & { pixelsSha256?: Promise<string | null>; background?: Float32Array; plane?: ClassifiedCell['plane'] };

export class Pipeline {
  readonly spec: ModelSpec;
  readonly runtime: RuntimeFacts;
  readonly selfTest: SelfTest;
  readonly runner: Runner;
  readonly readers: FurtherReaders;
  /** Another model of the same types, which is asked about every image too. */
  readonly second: Pipeline | undefined;

  private constructor(runner: Runner, readers: FurtherReaders, selfTest: SelfTest, specSha256: string | null, second: Pipeline | undefined) {
    this.spec = runner.files.spec;
    this.runner = runner;
    this.readers = readers;
    this.runtime = { engine: runner.engine.facts, engineReason: runner.reason, coreVersion: runner.core.version, specSha256 };
    this.selfTest = second ? worstSelfTest([selfTest, second.selfTest]) : selfTest;
    this.second = second;
  }

  /**
   * Loads a model into a core and an engine, and runs its first golden image.
   *
   * Args:
   *   coreWasm: bytes of cytodrop_core.wasm.
   *   second: a model of the same types, run by the core, whose opinion is heard too.
   */
  static async open(files: ModelFiles, coreWasm: Uint8Array, engines: Engines, second?: ModelFiles): Promise<Pipeline> {
    const runner = await Runner.open(files, coreWasm, engines);
    let other: Pipeline | undefined;
    try {
      other = second && (await Pipeline.open(second, coreWasm, { ...engines, force: 'core' }));
      return new Pipeline(runner, engines.readers ?? noReaders, await testItself(files, runner.core, runner.engine), await sha256(new TextEncoder().encode(files.specJson)), other);
    } catch (error) {
      other?.close();
      runner.close();
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
   *   imageScale: image px per px of the images that the model was trained on.
   * Returns: one outcome each, in order; a bad file harms no other.
   */
  async classify(images: readonly (Uint8Array | UnreadFile)[], checks: Checks = noChecks, onImage: (position: number) => void = () => {}, imageScale = 1): Promise<Outcome[]> {
    const prepared: (Prepared | UnreadFile)[] = [];
    for (const [position, image] of images.entries()) {
      onImage(position);
      prepared.push(image instanceof Uint8Array ? await this.#prepare(image, imageScale, checks.lesson === true) : image);
    }
    onImage(-1);
    const cells = prepared.filter((result): result is Prepared => !('status' in result));
    const positions = [...prepared.keys()].filter((position) => !('status' in (prepared[position] as Prepared | UnreadFile)));
    const judged = cells.length > 0 ? await this.judge(cells, checks, (cell) => onImage(positions[cell] as number)) : [];
    let next = 0;
    const outcomes = await Promise.all(prepared.map(async (result) => {
      if ('status' in result) return result;
      const outcome = judged[next++] as Outcome;
      if (outcome.status === 'error') return outcome;
      const { pixelsSha256, plane } = result;
      return { ...outcome, ...(plane && { plane }), ...(pixelsSha256 && { pixelsSha256: await pixelsSha256 }) };
    }));
    return this.second ? withOpinions(outcomes, await this.second.classify(images, noChecks, onImage, imageScale)) : outcomes;
  }

  async #prepare(image: Uint8Array, imageScale: number, forLesson: boolean): Promise<Prepared | UnreadFile> {
    const result = await this.runner.attempt((core) => this.readers.withPage(image, (file, facts) => ({ ...core.prepare(file, imageScale), ...(facts && { plane: planeOf(facts) }) })));
    if ('status' in result) return result;
    const { pixels, ...prepared } = result;
    return { ...prepared, ...(forLesson && { background: backgroundOfPixels(pixels) }), pixelsSha256: sha256(pixels) };
  }

  /**
   * The crop that the network saw, as a picture for the screen.
   *
   * Raises: CytodropError for a file that cannot be decoded.
   */
  async view(image: Uint8Array, maxSidePx: number, imageScale = 1): Promise<View> {
    const result = await this.runner.attempt((core) => this.readers.withPage(image, (file) => core.view(file, maxSidePx, imageScale)));
    if ('status' in result) throw new CytodropError(result.code, result.message);
    return result;
  }

  /** What cells come to as a set; their deviations one after the other. Raises: CytodropError. */
  async judgeBatch(deviations: Float32Array): Promise<BatchVerdict> {
    return this.runner.insist((core) => core.judgeBatch(deviations));
  }

  /** What a file says beside its pixels. Raises: CytodropError. */
  async inspect(file: Uint8Array | FileParts): Promise<FileContent> {
    return this.runner.insist((core) => this.readers.inspect(file, (bytes) => core.inspect(bytes)));
  }

  /** Frees the core and with it its engine; ONNX Runtime stays the caller's. */
  close(): void {
    this.runner.close();
    this.second?.close();
  }

  /**
   * Runs the network once on a few prepared cells and judges them.
   *
   * Args:
   *   onCheck: told the position among `cells` before what is checked beyond the verdict, which may take long.
   */
  async judge(cells: Prepared[], checks: Checks, onCheck: (cell: number) => void): Promise<Outcome[]> {
    const [, channels, height, width] = (cells[0] as Prepared).shape;
    const data = new Float32Array(cells.length * channels * height * width);
    cells.forEach(({ tensor }, i) => data.set(tensor, i * tensor.length));
    const started = performance.now();
    const input = { data, shape: [cells.length, channels, height, width] };
    // An encoder turns a picture to learn from it and to name it: once is enough for both.
    const taught = checks.lesson && this.runner.files.encoder ? await this.runner.attempt((core) => core.encodeLessons(input)) : undefined;
    if (taught && 'status' in taught) return cells.map(() => taught);
    const features = taught ? { data: taught.features, shape: [cells.length, taught.features.length / cells.length, 1, 1] } : await this.runner.run(input);
    if ('status' in features) return cells.map(() => features);
    const ran = performance.now();
    const measures = Float64Array.from(cells.flatMap((cell) => Array.from(cell.measures)));
    const verdicts = await this.runner.judge(features, measures);
    const judged = performance.now();
    if ('status' in verdicts) return cells.map(() => verdicts);
    const share = { network: (ran - started) / cells.length, head: (judged - ran) / cells.length };
    const outcomes: Outcome[] = [];
    for (const [i, cell] of cells.entries()) {
      const verdict = verdicts[i] as Verdict;
      if (checks.turns || checks.map) onCheck(i);
      const checked = await check(this.runner, cell, verdict, checks);
      const lesson = checks.lesson && lessonOf(cell, features, taught?.turned, i);
      outcomes.push('status' in checked ? checked : { ...this.#outcome(cell, verdict, share), ...checked, ...(lesson && { lesson }) });
    }
    return outcomes;
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
      deviation: verdict.deviation,
      measures: cell.measures,
      probabilities: Array.from(verdict.probabilities),
      logits: Array.from(verdict.logits),
      maps: { height: verdict.map_height, width: verdict.map_width, values: verdict.maps },
      image: cell.image,
      crop: cell.crop,
      elapsedMs: { decode: cell.decode_ms, prepare: cell.prepare_ms, ...share },
    };
  }
}

const none = (): Promise<never> => Promise.reject(new Error('there are no further readers.'));
const noReaders = new FurtherReaders(none, none);

/** Of the cell at a place in features [N, D, h, w]: their means over the map. */
function lessonOf({ tensor, shape, background }: Prepared, { data, shape: [count = 1, width = 0, rows = 1, columns = 1] }: Tensor, turned: Float32Array | undefined, place: number): CellLesson {
  const positions = rows * columns;
  const own = data.subarray(place * (data.length / count), (place + 1) * (data.length / count));
  const features = Float32Array.from({ length: width }, (_, i) => own.subarray(i * positions, (i + 1) * positions).reduce((sum, value) => sum + value, 0) / positions);
  return { features, turned: turned?.slice(place * width, (place + 1) * width) ?? new Float32Array(), background: background ?? backgroundOfTensor(tensor, shape) };
}

/** Each cell with what the second model says of it; one that the second could not judge goes without. */
export function withOpinions<Result extends Outcome | CellVerdict>(results: Result[], others: (Outcome | CellVerdict)[]): Result[] {
  return results.map((result, i) => {
    const other = others[i];
    if (!('label' in result) || other === undefined || !('label' in other)) return result;
    return { ...result, second: { label: other.label, probability: other.probability, agree: other.label === result.label } };
  });
}

/** Only where there was something to choose. */
function planeOf(facts: ImageFileFacts): ClassifiedCell['plane'] {
  const numbers = planeNumbers(facts);
  return facts.reason === '' && Object.keys(numbers).length === 0 ? undefined : { ...numbers, reason: facts.reason };
}
