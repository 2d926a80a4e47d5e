/** What crosses between page, worker and command line. */
import type { Box, DetectedCells, DetectSettings, DisplayRange, ErrorCode, FileContent, FileTag, FrameFacts as CoreFrameFacts, ImageFacts, QualityFlag } from '#cytodrop_core';
import type { Checked, Checks } from './checks.ts';
import type { DetectorFacts, DetectorFiles } from './detector.ts';
import type { EngineFacts, EngineKind } from './engine.js';
import type { ModelFiles } from './pipeline.ts';

export type { Box, DetectedCells, DetectSettings, DisplayRange, ErrorCode, FileContent, FileTag, ImageFacts, QualityFlag };
/** What an open frame turned out to be; the number that the core gave it stays in the worker. */
export type FrameFacts = Omit<CoreFrameFacts, 'frame'>;

/** The part of models/<name>/spec.json that TypeScript reads; the schema beside the models has all of it. */
export interface ModelSpec {
  name: string;
  version: string;
  title: string;
  purpose: string;
  /** Shown beside every result. */
  caution?: string;
  network: {
    file: string; sha256: string; bytes: number; architecture: string; parameters: number;
    input: string; output: string;
    features: { channels: number; height: number; width: number };
  };
  input: { width_px: number; height_px: number; channels: 'rgb' | 'grey' };
  crop: { rule: 'none' } | { rule: 'centre_square'; side_px: number };
  pixel_size_um: number | null;
  /**
   * The square around a cell's centre that the model was trained on, in px of frames at `pixel_size_um` (null: not known). Missing: the
   * model was trained on images of one cell each and cannot classify the cells of a frame.
   */
  frame?: { side_px: number; pixel_size_um: number | null; search?: Pick<DetectSettings, 'least_diameter' | 'most_diameter' | 'method'> };
  classes: ModelClass[];
  head: { file: string; sha256: string };
  judge: {
    temperature: number; abstain_below: number;
    /** On the validation part: threshold, share decided, share wrong of those and the ends of its 95 % interval; thresholds rise. */
    risk_coverage?: [number, number, number, number, number][];
  };
  /** Limits of each measure of the crop. Missing: the model flags no image quality. */
  quality?: Record<string, [number | null, number | null]>;
  /** Missing: the model cannot tell a cell unlike its training images. */
  novelty?: { file: string; sha256: string; threshold: number };
  training: {
    data: string; source: string; data_licence: string; split: string; recipe: string;
    images: { train: number; validation: number; test: number };
  };
  licence: string;
  metrics: { validation?: ModelMetrics; test: ModelMetrics };
}

export interface ModelClass { id: string; name: string; letter: string; description: string }

export interface ModelMetrics {
  images: number; correct: number; accuracy: number; accuracy_interval_95: [number, number];
  balanced_accuracy: number; macro_f1: number; ece: number;
  unsure?: number; accuracy_when_sure?: number; confusion: number[][];
}

/** What models/index.json, made by the build, lists. */
export interface ModelListing { name: string; spec: ModelSpec }

/** Milliseconds that one cell took; `network` and `head` are its share of the batch. */
export interface StageTimes { decode: number; prepare: number; network: number; head: number }

export interface ClassifiedCell extends Checked {
  status: 'ok';
  /** Class id of the most probable class. */
  label: string;
  probability: number;
  unsure: boolean;
  /** How unlike the training images it is; null where the model cannot tell. */
  novelty: number | null;
  /** Not like the training images: label and probabilities are then those of the most similar class, and no answer. */
  foreign: boolean;
  /** What is wrong with the image itself; empty where nothing is. It comes before `foreign` and `unsure`. */
  quality: QualityFlag[];
  /** Of the decoded pixels; missing for a cell of a frame, null where the browser cannot compute it. */
  pixelsSha256?: string | null;
  /** One per class in spec order. */
  probabilities: number[];
  logits: number[];
  /** [classes][height][width] */
  maps: { height: number; width: number; values: Float32Array };
  image: ImageFacts;
  crop: Box;
  elapsedMs: StageTimes;
}

export interface UnreadFile {
  status: 'error';
  code: ErrorCode | 'unreadable_file' | 'engine_failed' | 'took_too_long';
  /** What happened, one plain sentence without the file's name. */
  message: string;
  /** What a person can do about it, one plain sentence. */
  advice: string;
}

export type Outcome = ClassifiedCell | UnreadFile;

/** An outcome with the file it belongs to. `path` is relative to what was dropped. */
export type CellRecord = Outcome & { index: number; path: string };

/** Which picture of a file; `channel` -1: as the file has it. */
export interface FrameChoice { page: number; channel: number }

/** What a model says of one cell of a frame; `crop` is what the network saw and may reach outside the frame. */
export type CellVerdict = Omit<ClassifiedCell, 'status' | 'image' | 'elapsedMs'>;

/** One cell of a frame. */
export interface FrameCell {
  /** Unique in its frame; a cell keeps it when the frame is searched again and its box is the same. */
  id: number;
  box: Box;
  /** Closed polygon in px: x0, y0, x1, y1 …; the first point is not repeated. */
  outline: Float32Array;
  areaPx: number;
  /** How sure the search is that it is a cell, 0 to 1; null for a cell that a person added. */
  score: number | null;
  cutByBorder: boolean;
  /** Not there: not classified, or not yet. */
  verdict?: CellVerdict;
}

/** One picture of a file, searched for cells. */
export interface FrameAnalysis {
  status: 'ok';
  facts: FrameFacts;
  choice: FrameChoice;
  settings: DetectSettings;
  /** The network that found the cells; missing where none did. */
  detector?: DetectorFacts;
  /** In reading order; cells added by hand come last. */
  cells: FrameCell[];
  /** Of the decoded pixels; null where the browser cannot compute it. */
  pixelsSha256?: string | null;
  elapsedMs: { decode: number; detect: number; classify: number };
}

/** A frame that could be searched or not, with the file it belongs to. */
export type FrameOutcome = FrameAnalysis | UnreadFile;
/** `removed`: boxes of the cells that a person removed. */
export type FrameRecord = FrameOutcome & { index: number; path: string; removed?: readonly Box[] };

export interface RuntimeFacts {
  engine: EngineFacts;
  /** Why this engine and not the other, in words for a person. */
  engineReason: string;
  coreVersion: string;
  /** Of the model's spec.json; null where the browser cannot compute it. */
  specSha256?: string | null;
}

/** One request, for the privacy panel. */
export interface RequestFacts {
  url: string;
  bytes: number;
  /** `kept`: by the service worker, without the network; `cache`: the browser's own. */
  from: 'network' | 'cache' | 'kept';
  by: 'page' | 'worker' | 'service worker';
  startedAtMs: number;
}

/** Page to service worker. */
export type ServiceWorkerOrder =
  /** Keep these addresses too; answered on the port with `done` or `failed`. */
  | { type: 'keep'; urls: string[] }
  /** Fetch nothing more. */
  | { type: 'stop' }
  /** Take over from the version before. */
  | { type: 'use' };

/** Service worker to page. */
export interface ServiceWorkerNews { type: 'fetched'; request: RequestFacts }

export interface ClassifyJob { index: number; file: File }

/** A model as a worker needs it: read once, handed to every worker. */
export interface ModelParcel {
  files: ModelFiles;
  coreWasm: Uint8Array;
  /** A model of the same types, whose opinion is heard too. */
  second?: ModelFiles;
}

/** Page or command line to worker. `ticket` numbers tell the answers apart. */
export type WorkerRequest =
  /** `share`: whether other workers are to adopt what this one loads. */
  | { type: 'load_model'; ticket: number; name: string; second: string | undefined; baseUrl: string; engine: EngineKind | undefined; share: boolean }
  | { type: 'adopt_model'; ticket: number; parcel: ModelParcel; engine: EngineKind | undefined }
  | { type: 'classify'; ticket: number; images: (Uint8Array | UnreadFile)[]; checks: Checks }
  | { type: 'view'; ticket: number; image: Uint8Array; maxSidePx: number }
  | { type: 'inspect'; ticket: number; file: Uint8Array }
  /** `frame`: a number of the asker's own, never used before, that names the frame until it is closed. */
  | { type: 'open_frame'; ticket: number; frame: number; file: Uint8Array; choice: FrameChoice }
  | { type: 'load_detector'; ticket: number; files: DetectorFiles }
  | { type: 'detect'; ticket: number; frame: number; settings: DetectSettings }
  | { type: 'classify_cells'; ticket: number; frame: number; boxes: Int32Array; pixelSizeUm: number | null; checks: Checks }
  | { type: 'view_frame'; ticket: number; frame: number; region: Box | null; maxSidePx: number; range: DisplayRange | null }
  | { type: 'hash_frame'; ticket: number; frame: number }
  | { type: 'close_frame'; ticket: number; frame: number }
  | { type: 'requests'; ticket: number };

/** Worker to page or command line. */
export type WorkerReply =
  /** `lock`: name of a lock that is held until the worker ends. */
  | { type: 'alive'; ticket?: never; lock: string }
  /** Begins with this; `image`: position of the one it begins with now, -1 for all or none. */
  | { type: 'at_work'; ticket: number; image: number }
  | { type: 'model_progress'; ticket: number; loadedBytes: number; totalBytes: number }
  | { type: 'model_loaded'; ticket: number; runtime: RuntimeFacts; selfTest: SelfTest; parcel: ModelParcel | undefined }
  | { type: 'model_adopted'; ticket: number; runtime: RuntimeFacts; selfTest: SelfTest }
  | { type: 'classified'; ticket: number; outcomes: Outcome[] }
  | { type: 'view'; ticket: number; widthPx: number; heightPx: number; rgba: Uint8ClampedArray<ArrayBuffer> }
  | { type: 'inspected'; ticket: number; content: FileContent }
  | { type: 'frame_opened'; ticket: number; facts: FrameFacts }
  | { type: 'detector_loaded'; ticket: number }
  | { type: 'detected'; ticket: number; cells: DetectedCells; detector?: DetectorFacts }
  | { type: 'cells_classified'; ticket: number; verdicts: CellVerdict[] }
  | { type: 'frame_view'; ticket: number; widthPx: number; heightPx: number; rgba: Uint8ClampedArray<ArrayBuffer> }
  | { type: 'frame_hashed'; ticket: number; pixelsSha256: string | null }
  | { type: 'frame_closed'; ticket: number }
  | { type: 'requests'; ticket: number; requests: RequestFacts[] }
  | { type: 'failed'; ticket: number; code: UnreadFile['code']; message: string };

/** The model's first golden image, run here and compared with what the training code computed; of several workers the worst. */
export interface SelfTest { passed: boolean; maxLogitDifference: number }
