/**
 * The whole border between the C++ core and TypeScript, as `bindings.cpp` exports it.
 *
 * Every call is coarse: one image or one batch. Nothing throws: each call gives a `Result`.
 * All arrays handed out are copies that the caller owns; no view into WASM memory crosses the border.
 */

import type { EncodeEntries, LearnEntries } from './learn.d.ts';
import type { Comparison, Kappa, LabelledCells, Measurement, ShareEstimate } from './metrics.d.ts';

export type { LearnedHead, LearnedKind, LeftOut, LessonPlan, Lessons } from './learn.d.ts';
export type { Comparison, Kappa, LabelledCells, Measured, Measurement, ShareEstimate, TypeMeasurement } from './metrics.d.ts';

export type ErrorCode =
  | 'invalid_argument'
  | 'empty_file'
  | 'unsupported_format'
  | 'unsupported_feature'
  | 'needs_reader' | 'needs_codec'
  | 'unreadable_file'
  | 'truncated'
  | 'corrupt'
  | 'too_large'
  | 'out_of_memory'
  | 'invalid_model'
  | 'unsupported_operator'
  | 'model_not_loaded'
  | 'detector_not_loaded'
  | 'frame_not_open'
  | 'internal';

export type Result<T> = { ok: true; value: T } | { ok: false; code: ErrorCode; message: string };

/** What a decoded file turned out to be, after its EXIF orientation was applied. */
export interface ImageFacts {
  /** 'PNG', 'TIFF', 'Zeiss CZI' and so on. */
  format: string;
  width_px: number;
  height_px: number;
  /** Channels in the file: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; of a TIFF the samples a pixel. */
  channels: number;
  bits_per_channel: number;
  /** EXIF orientation 1 to 8 that was applied; 1 where the file states none. */
  exif_orientation: number;
  /** Pages to choose from; z and time are pages too. */
  pages: number;
  /** Channels of each page to choose from: of an OME-TIFF, of an ImageJ stack, or of a grey image with several samples a pixel. */
  page_channels: number;
  /** Images that the file says it has, where it has fewer to choose from: those cannot be reached; 0: no such. */
  images_stated: number;
  /** Micrometres a pixel as the file states it; null where it does not. */
  pixel_size_um: number | null;
  /** The decoder warned: some of the pixels may not be what was stored. */
  damaged: boolean;
}

/** Part of the image in px, origin top left. */
export interface Box {
  left_px: number;
  top_px: number;
  width_px: number;
  height_px: number;
}

export interface Prepared {
  image: ImageFacts;
  crop: Box;
  /** Normalised input of the network, shape [1, C, H, W], C-contiguous. */
  tensor: Float32Array;
  shape: [number, number, number, number];
  /** The plain measures of the crop, in the order of the core's `Measure`. */
  measures: Float64Array;
  /** "WIDTHxHEIGHTxCHANNELS:BITS\n" in ASCII, then the decoded samples, upright, little-endian, row by row: what a hash is made from. */
  pixels: Uint8Array;
  decode_ms: number;
  prepare_ms: number;
}

/** A measure of the crop that lies outside what good cells of the model keep. */
export interface QualityFlag { flag: string; measure: string; value: number; limit: number }

/** A picture of the crop for the screen, 8-bit sRGB, opaque. */
export interface View {
  width_px: number;
  height_px: number;
  /** width_px * height_px * 4 bytes, R G B A. */
  rgba: Uint8Array;
  crop: Box;
  image: ImageFacts;
}

export interface Verdict {
  /** Position of the most probable class in the model's spec. */
  class_index: number;
  probability: number;
  /** The top probability is below the model's abstain threshold. */
  unsure: boolean;
  /** How unlike the model's training images the cell is; null where the model has no statistics to tell. */
  novelty: number | null;
  /** The novelty is above the model's threshold: what the probabilities say does not hold for this cell. */
  foreign: boolean;
  /** What is wrong with the crop itself; empty where nothing is. */
  quality: QualityFlag[];
  /** How it deviates from the nearest class of the training images, for `judge_batch`; empty where the model has no statistics. */
  deviation: Float32Array;
  /** One per class, in spec order; they sum to 1. */
  probabilities: Float64Array;
  /** One per output unit, before temperature. */
  logits: Float32Array;
  /** Class activation maps, [classes][map_height][map_width]: the contribution of each region to the class's logit. */
  maps: Float32Array;
  map_height: number;
  map_width: number;
}

/** What a set of cells comes to as a whole. */
export interface BatchVerdict {
  cells: number;
  /** Squared length of the cells' mean deviation in their features, less what chance makes of it. */
  shift: number;
  /** Above it a set of as many cells is foreign; null where the model does not say. */
  limit: number | null;
  /** The same of their look: light, colour, size and how structures lie. */
  look_shift: number;
  look_limit: number | null;
  /** The cells as a set are not of the kind that the model learned from: its probabilities do not hold for them. */
  foreign: boolean;
}

/** What a network gives, in C order: [N, C, h, w] or [N, C]. */
export interface Output {
  data: Float32Array;
  shape: number[];
}

/** How far a verdict holds when the picture is turned and mirrored. */
export interface Agreement {
  /** Pictures whose most probable class is the named one. */
  agree: number;
  /** Pictures, the one as it is among them: eight of a square input, four of another. */
  of: number;
  /** Of the named class over the pictures. */
  least_probability: number;
  mean_probability: number;
}

/** What deleting more and more of the picture did to the probability of a class. */
export interface Deletion {
  /** Shares of the regions deleted, 0 first, 1 last; the curves have a probability for each. */
  shares: Float64Array;
  /** Hottest regions of the class's map first. */
  by_map: Float64Array;
  /** From the middle outwards, whatever the map says. */
  from_middle: Float64Array;
  /** Mean of the random orders. */
  at_random: Float64Array;
  /** Area under each curve, 0 to 1: the smaller, the faster the probability falls. */
  map_area: number;
  middle_area: number;
  random_area: number;
  /** Random orders with an area that is larger than the map's, by more than rounding, of so many. */
  beaten: number;
  random_orders: number;
  /**
   * Whether the map explains what the class was named for, its area being a hundredth smaller than `random_area` at least. `clearly`: all
   * random orders are beaten, as by chance one map in twenty does; `perhaps`: 15 of them, as by chance one in four does.
   */
  explains: 'clearly' | 'perhaps' | 'little';
}

/** Samples shown as black and as white, on the scale of the frame's own samples: 0 to 255, 0 to 65535, or floats. */
export interface DisplayRange { low: number; high: number }

/** A frame that the core holds decoded. */
export interface FrameFacts {
  /** Names the frame in the other calls. */
  frame: number;
  image: ImageFacts;
  /** Pictures in the file, z and time included; at least 1. */
  pages: number;
  /** Channels to choose from; at least 1. */
  channels: number;
  /** µm per px as the file states it; null where it does not. */
  pixel_size_um: number | null;
  /** The decoder warned: the pixels may not be what was stored. */
  damaged: boolean;
  /** How it is shown unless told otherwise: 8-bit samples as they are, others from the 0.1th to the 99.9th percentile. */
  range: DisplayRange;
  decode_ms: number;
}

/** What counts as a cell; lengths in µm where the pixel size is known, else in px. */
export interface DetectSettings {
  /** null: unknown. */
  pixel_size_um: number | null;
  least_diameter: number;
  most_diameter: number;
  /** 0 to 1: how faint a cell may be. */
  sensitivity: number;
  /** Without meaning for a network. */
  split_touching: boolean;
  keep_cut_by_border: boolean;
  /**
   * round: cells in suspension; adherent: spread cells in phase contrast, also cut along the bright halos between them; network_round,
   * network_adherent: what the detector of that name marks.
   */
  method: 'network_round' | 'network_adherent' | 'round' | 'adherent';
}

/** N cells in reading order of their centres. */
export interface DetectedCells {
  /** [N][4]: left, top, width, height in px. */
  boxes: Int32Array;
  /** [N] 0 to 1. */
  scores: Float32Array;
  /** [N] px². */
  areas_px: Float64Array;
  /** [points][2]: x, y in px; the outline of cell i is points outline_offsets[i] to outline_offsets[i + 1]. */
  outlines: Float32Array;
  /** [N + 1] */
  outline_offsets: Int32Array;
  /** [N] 0 or 1. */
  cut_by_border: Uint8Array;
  /** [N] 0 or 1: the outline is the ellipse in the box, since the search knows no more of the shape. */
  is_ellipse: Uint8Array;
  detect_ms: number;
}

/** Inputs of the network, one for each of N boxes. */
export interface PreparedCells {
  /** [N, C, H, W], C-contiguous. */
  tensor: Float32Array;
  shape: [number, number, number, number];
  /** [N][4]: the square that the network sees of each cell; what lies outside the frame repeats its border. */
  crops: Int32Array;
  /** The plain measures of every square, one cell after the other. */
  measures: Float64Array;
  /** Frame px per px of the frames that the model was trained on. */
  scale: number;
  prepare_ms: number;
}

/** Part of a frame for the screen, 8-bit sRGB, opaque. */
export interface FrameView {
  width_px: number;
  height_px: number;
  /** width_px * height_px * 4 bytes, R G B A. */
  rgba: Uint8Array;
}

/** What a tag may give away; '': nothing. `device`: one very instrument or computer. `text`: free text or unread bytes, in which anything may stand. */
export type TagMark = '' | 'place' | 'person' | 'time' | 'device' | 'text';

/** One statement of a file about itself; the value is text without control characters, but for line breaks. */
export interface FileTag { group: string; name: string; value: string; mark: TagMark }

/** What a file says of its pixels, before any is decoded. */
export interface FileFacts {
  format: ImageFacts['format'];
  width_px: number;
  height_px: number;
  channels: number;
  bits_per_channel: number;
  pages: number;
  page_channels: number;
  pixel_size_um: number | null;
  /** Images that the file says it has, where it has fewer to choose from: those cannot be reached; 0: no such. */
  images_stated: number;
  pixel_size_source: string | null;
  /** Of a file that the further readers read. */
  series?: import('./cytodrop_formats.d.ts').Series[];
}

export interface FileContent {
  /** null: it is no image that is read; `problem` says why. */
  facts: FileFacts | null;
  problem: string;
  tags: FileTag[];
  /** What was left out, in sentences. */
  notes: string[];
}

export declare class Classifier {
  constructor();
  /**
   * Takes a model's spec.json text, its head file and its novelty file, empty where the spec has no `novelty`; replaces the model
   * loaded before only when all is well.
   */
  load_model(spec_json: string, head: Uint8Array, novelty: Uint8Array): Result<null>;
  /**
   * Decodes an image file, crops, resizes and normalises it as the loaded model asks. `scale`: its px per px of the images that the
   * model was trained on, 1 unless a person brings images to size, 1/64 to 64; a model without a crop rule sees the whole image at any.
   */
  prepare(file: Uint8Array, scale: number): Result<Prepared>;
  /** The crop that the network sees, no larger than max_side_px. Works without a network. */
  view(file: Uint8Array, max_side_px: number, scale: number): Result<View>;
  /** Turns features [N, D, h, w], and the measures of the N cells one after the other, into one verdict for each. */
  judge(features: Float32Array, shape: readonly number[], measures: Float64Array): Result<Verdict[]>;
  /** Whether cells as a set are of the kind that the model learned from; their deviations one after the other. */
  judge_batch(deviations: Float32Array): Result<BatchVerdict>;
  /**
   * Reads an ONNX file for this core's own engine; replaces the network loaded before only when all is well.
   * The code `unsupported_operator` says that another engine has to run it, and the message why.
   */
  load_network(network: Uint8Array, input: string, output: string): Result<null>;
  /** Runs the loaded network on a batch in C order; its shape is as the ONNX file states it. */
  run_network(tensor: Float32Array, shape: readonly number[]): Result<Output>;
  /** Lists what a file says beside its pixels, as far as it can be read; works without a model. */
  inspect(file: Uint8Array): Result<FileContent>;
  /** The input [1, C, H, W] in every other way that it can be turned and mirrored: [7, C, H, W] of a square, [3, C, H, W] of another. */
  turn(tensor: Float32Array, shape: readonly number[]): Result<Output>;
  /** Compares the verdicts of a cell's pictures: `probabilities` [pictures][classes]. */
  agreement(probabilities: Float64Array, class_count: number, class_index: number): Result<Agreement>;
  /**
   * The input [1, C, H, W] with more and more regions of a class's map deleted: [steps, C, H, W], nothing left in the last.
   * `order` 0: hottest first; 1: from the middle outwards; from 2 to `deletion_orders()` - 1: at random. `unsupported_feature`: a map
   * of fewer than four regions.
   */
  delete_regions(tensor: Float32Array, shape: readonly number[], map: Float32Array, map_height: number, map_width: number, order: number): Result<Output>;
  /** Compares the orders: `whole` is the class's probability with nothing deleted, `probabilities` [orders][steps]. */
  deletion(whole: number, probabilities: Float64Array, regions: number): Result<Deletion>;
  /** Decodes one page of a file and keeps it until `close_frame`; works without a model. At most four are open. `channel` -1: as the file has it. */
  open_frame(file: Uint8Array, page: number, channel: number): Result<FrameFacts>;
  /**
   * Takes a detector's spec.json text and its network; replaces the one of that name only when all is well. The code
   * `unsupported_operator` says that this core cannot run it.
   */
  load_detector(name: 'round' | 'adherent', spec_json: string, network: Uint8Array): Result<null>;
  /**
   * Finds the cells of an open frame. `detector_not_loaded`: the method needs one that is not there. What the network said of
   * the frame last is kept, so that another sensitivity or another rule for the border takes a few milliseconds.
   */
  detect(frame: number, settings: DetectSettings): Result<DetectedCells>;
  /** What a method's network says of one of at most 64 bands of rows of a frame that several cores hold and share: values for `join_parts`. */
  look_at_part(frame: number, settings: DetectSettings, part: number, parts: number): Result<Float32Array>;
  /** Takes all bands in order, as if this core's network had said them: `detect` with the same settings then gives the same bits. */
  join_parts(frame: number, settings: DetectSettings, values: readonly Float32Array[]): Result<null>;
  /** The same of a part of the frame alone, as if nothing were around it; places are those of the whole. What was said of the whole stays kept. */
  detect_part(frame: number, settings: DetectSettings, region: Box): Result<DetectedCells>;
  /**
   * Cuts the square that the loaded model was trained on around each box's centre and prepares it; at most 256 boxes.
   * With both pixel sizes known the square is as many µm wide as in training. `unsupported_feature`: the model's spec has no `frame`.
   * Outlines as `DetectedCells` has them; a model that was shown cells cut out sees black outside them.
   */
  prepare_cells(frame: number, boxes: Int32Array, outlines: Float32Array, outline_offsets: Int32Array, pixel_size_um: number | null): Result<PreparedCells>;
  /**
   * Measures the N cells of an open frame that the outlines, as `DetectedCells` has them, lie around: [N][10] in this order: area, equivalent
   * diameter, perimeter, Feret's largest diameter, in px; circularity, elongation, solidity; mean and spread of the grey inside, in samples of the
   * frame; granularity. NaN is what cannot be told; a cell without a pixel has an area of 0. `src/core/measure/morphometry.h` has the definitions.
   */
  measure_outlines(frame: number, outlines: Float32Array, outline_offsets: Int32Array): Result<Float64Array>;
  /** Draws part of a frame; it may reach outside, where the border is repeated. null: the whole frame; its own range. */
  view_frame(frame: number, region: Box | null, max_side_px: number, range: DisplayRange | null): Result<FrameView>;
  /** Of an open frame, as `Prepared.pixels`. */
  frame_pixels(frame: number): Result<Uint8Array>;
  close_frame(frame: number): Result<null>;
  delete(): void;
}

export interface Classifier extends EncodeEntries {}

export interface CytodropCore extends LearnEntries {
  Classifier: typeof Classifier;
  /** Version of the core, as in package.json. */
  /** All that cells of known type say about a model; intervals from so many draws. */
  measure_cells(cells: LabelledCells, draws: number): Result<Measurement>;
  /** Groups and weights are those of the first. */
  compare_models(first: LabelledCells, second: LabelledCells, draws: number): Result<Comparison>;
  /** `matrix` [types][types]: one reader's types by the other's; null where both gave one type only, or there is no cell. */
  kappa(matrix: Float64Array): Result<Kappa | null>;
  /**
   * Shares of the types among cells that a model named, freed of its known errors: `named` [types] cells called each, `known` [true types][named types] of
   * other cells that were looked at. At least 0, summing to 1; null where the errors cannot be undone. Rogan and Gladen 1978, for several types.
   */
  adjusted_shares(named: Float64Array, known: Float64Array): Result<Float64Array | null>;
  /**
   * Shares of the types among cells where they are not as frequent as among the training images, by expectation maximisation: `probabilities` [N][types],
   * calibrated, `trained` [types] the shares in training, `weights` [N] or null. Summing to 1; `trained` where no cell counts. Saerens et al. 2002.
   */
  expected_shares(probabilities: Float64Array, trained: Float64Array, weights: Float64Array | null): Result<Float64Array>;
  /**
   * The share of hits among all cells, of which parts were drawn from unevenly: `strata` [parts][3] the cells of each part, those of them drawn at random
   * and looked at, and the hits among these. Horvitz and Thompson 1952; the interval of 95 % is Cochran's of 1977.
   */
  stratified_share(strata: Int32Array): Result<ShareEstimate>;
  core_version(): string;
  /** Classifier objects made and not deleted, and the frames open in them. */
  live_objects(): number;
  /** Orders in which regions are deleted. */
  deletion_orders(): number;
  /** Bytes of linear memory now. */
  heap_bytes(): number;
}

export interface CoreOptions {
  /** The bytes of cytodrop_core.wasm; the loader itself never fetches. */
  wasmBinary: ArrayBuffer | Uint8Array;
}

export default function createCytodropCore(options: CoreOptions): Promise<CytodropCore>;
