/** The C++ core behind one class that throws `CytodropError` instead of handing out results to check. */
import createCytodropCore, {
  type Agreement, type BatchVerdict, type Box, type Classifier, type Comparison, type CytodropCore, type Deletion, type DetectedCells, type DetectSettings, type DisplayRange, type FileContent, type FrameFacts, type FrameView,
  type Kappa, type LabelledCells, type LearnedHead, type LearnedKind, type LeftOut, type LessonPlan, type Lessons, type Measurement, type Prepared, type PreparedCells, type Result, type ShareEstimate, type Verdict, type View,
} from '#cytodrop_core';
import type { Tensor } from './engine.ts';
import { CytodropError } from './errors.ts';

/** Of the networks that find cells, one for each kind of cells. */
export type DetectorName = 'round' | 'adherent';

/** Where cells lie in a frame, as they cross the border. */
export type PlacedCells = Pick<DetectedCells, 'boxes' | 'outlines' | 'outline_offsets'>;

export class Core {
  readonly version: string;
  /** Orders in which regions of a map are deleted. */
  readonly deletionOrders: number;
  readonly #module: CytodropCore;
  readonly #classifier: Classifier;

  private constructor(module: CytodropCore) {
    this.#module = module;
    this.#classifier = new module.Classifier();
    this.version = module.core_version();
    this.deletionOrders = module.deletion_orders();
  }

  /** Starts a core of its own from the bytes of cytodrop_core.wasm; `close` frees it. */
  static async open(wasmBinary: Uint8Array): Promise<Core> {
    return new Core(await createCytodropCore({ wasmBinary }));
  }

  /** `novelty` is empty for a model without statistics of its training images. */
  loadModel(specJson: string, head: Uint8Array, novelty: Uint8Array): void {
    unwrap(this.#classifier.load_model(specJson, head, novelty));
  }

  prepare(file: Uint8Array, scale = 1): Prepared {
    return unwrap(this.#classifier.prepare(file, scale));
  }

  view(file: Uint8Array, maxSidePx: number, scale = 1): View {
    return unwrap(this.#classifier.view(file, maxSidePx, scale));
  }

  /** `measures`: those of all cells, one after the other. */
  judge(features: Tensor, measures: Float64Array): Verdict[] {
    return unwrap(this.#classifier.judge(features.data, features.shape, measures));
  }

  /** `deviations`: those of all cells, one after the other. */
  judgeBatch(deviations: Float32Array): BatchVerdict {
    return unwrap(this.#classifier.judge_batch(deviations));
  }

  loadNetwork(network: Uint8Array, names: { input: string; output: string }): void {
    unwrap(this.#classifier.load_network(network, names.input, names.output));
  }

  runNetwork(input: Tensor): Tensor {
    return unwrap(this.#classifier.run_network(input.data, input.shape));
  }

  /** Works without a model, as the next five. `draws`: of the bootstrap. */
  measureCells(cells: LabelledCells, draws: number): Measurement {
    return unwrap(this.#module.measure_cells(cells, draws));
  }

  compareModels(first: LabelledCells, second: LabelledCells, draws: number): Comparison {
    return unwrap(this.#module.compare_models(first, second, draws));
  }

  /** `matrix`: [types][types]. */
  kappa(matrix: Float64Array): Kappa | null {
    return unwrap(this.#module.kappa(matrix));
  }

  /** `named`: [types]; `known`: [types][types]. */
  adjustedShares(named: Float64Array, known: Float64Array): Float64Array | null {
    return unwrap(this.#module.adjusted_shares(named, known));
  }

  /** `probabilities`: [N][types]; `trained`: [types]; `weights`: [N]. */
  expectedShares(probabilities: Float64Array, trained: Float64Array, weights: Float64Array | null): Float64Array {
    return unwrap(this.#module.expected_shares(probabilities, trained, weights));
  }

  /** `strata`: [parts][3]. */
  stratifiedShare(strata: Int32Array): ShareEstimate {
    return unwrap(this.#module.stratified_share(strata));
  }

  /** Works without a model. */
  inspect(file: Uint8Array): FileContent {
    return unwrap(this.#classifier.inspect(file));
  }

  loadEncoder(specJson: string, networks: readonly Uint8Array[]): void {
    unwrap(this.#classifier.load_encoder(specJson, networks));
  }

  /** Features [turns, D] of an image of one cell; `turns` is 1, 4 or 8. */
  encode(file: Uint8Array, turns: number): Tensor {
    return unwrap(this.#classifier.encode(file, turns));
  }

  /** Of prepared pictures [N, 3, H, W], [N][D]: mean and variance over the turns. */
  encodeLessons(pictures: Tensor): { features: Float32Array; turned: Float32Array } {
    return unwrap(this.#classifier.encode_lessons(pictures.data, pictures.shape));
  }

  /** Of prepared pictures [N, 3, H, W]: [N, D, grid, grid]. */
  encodeMaps(pictures: Tensor): Tensor {
    return unwrap(this.#classifier.encode_maps(pictures.data, pictures.shape));
  }

  /** Works without a model, as the next five. */
  planLessons(lessons: Lessons): LessonPlan {
    return unwrap(this.#module.plan_lessons(lessons));
  }

  leavePartOut(lessons: Lessons, part: number): LeftOut {
    return unwrap(this.#module.leave_part_out(lessons, part));
  }

  /** `strength` null: chosen. */
  learnHead(lessons: Lessons, strength: number | null): LearnedHead {
    return unwrap(this.#module.learn_head(lessons, strength));
  }

  learnKind(lessons: Lessons, distances: Float64Array): LearnedKind {
    return unwrap(this.#module.learn_kind(lessons, distances));
  }

  suggestLessons(lessons: Lessons, labelled: number, uncertainties: Float64Array, count: number): Int32Array {
    return unwrap(this.#module.suggest_lessons(lessons, labelled, uncertainties, count));
  }

  fitTemperature(logits: Float64Array, labels: Int32Array, types: number): number {
    return unwrap(this.#module.fit_temperature(logits, labels, types));
  }

  turn(input: Tensor): Tensor {
    return unwrap(this.#classifier.turn(input.data, input.shape));
  }

  /** `probabilities`: [pictures][classes]. */
  agreement(probabilities: Float64Array, classes: number, classIndex: number): Agreement {
    return unwrap(this.#classifier.agreement(probabilities, classes, classIndex));
  }

  deleteRegions(input: Tensor, map: Float32Array, { height, width }: { height: number; width: number }, order: number): Tensor {
    return unwrap(this.#classifier.delete_regions(input.data, input.shape, map, height, width, order));
  }

  /** `probabilities`: [orders][steps]. */
  deletion(whole: number, probabilities: Float64Array, regions: number): Deletion {
    return unwrap(this.#classifier.deletion(whole, probabilities, regions));
  }

  loadDetector(name: DetectorName, specJson: string, network: Uint8Array): void {
    unwrap(this.#classifier.load_detector(name, specJson, network));
  }

  openFrame(file: Uint8Array, page: number, channel: number): FrameFacts {
    return unwrap(this.#classifier.open_frame(file, page, channel));
  }

  detect(frame: number, settings: DetectSettings): DetectedCells {
    return unwrap(this.#classifier.detect(frame, settings));
  }

  lookAtPart(frame: number, settings: DetectSettings, part: number, parts: number): Float32Array {
    return unwrap(this.#classifier.look_at_part(frame, settings, part, parts));
  }

  joinParts(frame: number, settings: DetectSettings, values: readonly Float32Array[]): void {
    unwrap(this.#classifier.join_parts(frame, settings, values));
  }

  detectPart(frame: number, settings: DetectSettings, region: Box): DetectedCells {
    return unwrap(this.#classifier.detect_part(frame, settings, region));
  }

  prepareCells(frame: number, { boxes, outlines, outline_offsets: offsets }: PlacedCells, pixelSizeUm: number | null): PreparedCells {
    return unwrap(this.#classifier.prepare_cells(frame, boxes, outlines, offsets, pixelSizeUm));
  }

  /** [N][10], as cytodrop_core.d.ts lists them; works without a model. */
  measureOutlines(frame: number, { outlines, outline_offsets: offsets }: Pick<PlacedCells, 'outlines' | 'outline_offsets'>): Float64Array {
    return unwrap(this.#classifier.measure_outlines(frame, outlines, offsets));
  }

  viewFrame(frame: number, region: Box | null, maxSidePx: number, range: DisplayRange | null): FrameView {
    return unwrap(this.#classifier.view_frame(frame, region, maxSidePx, range));
  }

  framePixels(frame: number): Uint8Array {
    return unwrap(this.#classifier.frame_pixels(frame));
  }

  closeFrame(frame: number): void {
    unwrap(this.#classifier.close_frame(frame));
  }

  close(): void {
    this.#classifier.delete();
  }
}

/** Raises: CytodropError for a call that failed. */
export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new CytodropError(result.code, result.message);
  return result.value;
}
