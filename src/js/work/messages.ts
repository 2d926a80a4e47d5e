/** What crosses between a worker and whoever asks it. */
import type { BatchVerdict, Box, DetectedCells, DetectSettings, DisplayRange, FileContent } from '#cytodrop_core';
import type { Checks } from '../classify/checks.ts';
import type { RuntimeFacts } from '../classify/engines.ts';
import type { CellVerdict, Outcome } from '../classify/outcome.ts';
import type { SelfTest } from '../classify/self_test.ts';
import type { DetectorName, PlacedCells } from '../core/core.ts';
import type { EngineKind } from '../core/engine.ts';
import { CytodropError, type UnreadFile } from '../core/errors.ts';
import type { FrameCell, FrameChoice, FrameFacts } from '../frames/frame.ts';
import type { PartFound, PartTask } from '../frames/part_search.ts';
import type { DetectorFacts, DetectorFiles } from '../model/detector.ts';
import type { EncoderFiles } from '../model/encoder.ts';
import type { ModelFiles } from '../model/model_files.ts';
import type { LargeFile } from '../platform/platform.ts';
import type { LearnCall, LearnResults } from './learn_calls.ts';
import type { RequestFacts } from './requests.ts';

/** A model as a worker needs it: read once, handed to every worker. */
export interface ModelParcel {
  files: ModelFiles;
  coreWasm: Uint8Array;
  /** A model of the same types, whose opinion is heard too. */
  second?: ModelFiles;
  /** They do not come with the library, and may make a worker hang. */
  isOwn?: boolean;
}

/** To a worker. `ticket` numbers tell the answers apart. */
export type WorkerRequest =
  /** `home`: folder of the library's files; `threads`: of ONNX Runtime. */
  | { type: 'open_model'; ticket: number; parcel: ModelParcel; engine: EngineKind | undefined; threads: number; home: string }
  | { type: 'classify'; ticket: number; images: (Uint8Array | UnreadFile)[]; checks: Checks; imageScale: number }
  | { type: 'view'; ticket: number; image: Uint8Array; maxSidePx: number; imageScale: number }
  | { type: 'judge_batch'; ticket: number; deviations: Float32Array }
  | { type: 'inspect'; ticket: number; file: Uint8Array | LargeFile }
  /** `frame`: a number of the asker's own, never used before, that names the frame until it is closed. */
  | { type: 'open_frame'; ticket: number; frame: number; file: Uint8Array | LargeFile; choice: FrameChoice }
  | { type: 'load_detector'; ticket: number; name: DetectorName; files: DetectorFiles }
  /** `seen`: what the network said of all parts, by `look_at_part`. */
  | { type: 'detect'; ticket: number; frame: number; settings: DetectSettings; region?: Box | undefined; seen?: readonly Float32Array[] | undefined }
  /** What the method's network says of one of so many parts of the frame. */
  | { type: 'look_at_part'; ticket: number; frame: number; settings: DetectSettings; part: number; parts: number }
  | { type: 'classify_cells'; ticket: number; frame: number; places: PlacedCells; pixelSizeUm: number | null; checks: Checks }
  | { type: 'measure_outlines'; ticket: number; frame: number; places: PlacedCells }
  | { type: 'view_frame'; ticket: number; frame: number; region: Box | null; maxSidePx: number; range: DisplayRange | null }
  | { type: 'hash_frame'; ticket: number; frame: number }
  | { type: 'close_frame'; ticket: number; frame: number }
  /** `slide`: a number of the asker's own, that names a file kept open until it is closed. */
  | { type: 'open_slide'; ticket: number; slide: number; file: Uint8Array | LargeFile }
  | { type: 'view_part'; ticket: number; slide: number; choice: FrameChoice; maxSidePx: number; range: DisplayRange | null }
  | { type: 'search_part'; ticket: number; slide: number; task: PartTask }
  | { type: 'close_slide'; ticket: number; slide: number }
  | { type: 'open_encoder'; ticket: number; files: EncoderFiles; coreWasm: Uint8Array; home: string }
  | { type: 'encode'; ticket: number; image: Uint8Array; turns: number }
  | { type: 'open_learning'; ticket: number; coreWasm: Uint8Array }
  | { type: 'learn'; ticket: number; call: LearnCall }
  | { type: 'requests'; ticket: number };

/** From a worker. */
export type WorkerReply =
  /** Begins with this; `image`: position of the one it begins with now, -1 for all or none. */
  | { type: 'at_work'; ticket: number; image: number }
  /** Of ONNX Runtime, where it is needed. */
  | { type: 'model_progress'; ticket: number; loadedBytes: number; totalBytes: number }
  | { type: 'model_opened'; ticket: number; runtime: RuntimeFacts; selfTest: SelfTest }
  | { type: 'classified'; ticket: number; outcomes: Outcome[] }
  | { type: 'view'; ticket: number; widthPx: number; heightPx: number; rgba: Uint8ClampedArray<ArrayBuffer> }
  | { type: 'batch_judged'; ticket: number; batch: BatchVerdict }
  | { type: 'inspected'; ticket: number; content: FileContent }
  | { type: 'frame_opened'; ticket: number; facts: FrameFacts }
  | { type: 'detector_loaded'; ticket: number }
  | { type: 'detected'; ticket: number; cells: DetectedCells; detector?: DetectorFacts }
  | { type: 'part_seen'; ticket: number; values: Float32Array }
  /** Of the part that is searched. */
  | { type: 'part_cells'; ticket: number; cells: FrameCell[] }
  | { type: 'part_searched'; ticket: number; found: Omit<PartFound, 'cells'> }
  | { type: 'cells_classified'; ticket: number; verdicts: CellVerdict[] }
  | { type: 'outlines_measured'; ticket: number; values: Float64Array }
  | { type: 'frame_view'; ticket: number; widthPx: number; heightPx: number; rgba: Uint8ClampedArray<ArrayBuffer> }
  | { type: 'slide_opened'; ticket: number }
  | { type: 'slide_closed'; ticket: number }
  | { type: 'frame_hashed'; ticket: number; pixelsSha256: string | null }
  | { type: 'frame_closed'; ticket: number }
  | { type: 'encoder_opened'; ticket: number }
  | { type: 'encoded'; ticket: number; features: Float32Array }
  | { type: 'learning_opened'; ticket: number }
  | { type: 'learned'; ticket: number; result: LearnResults[LearnCall['of']] }
  | { type: 'requests'; ticket: number; requests: RequestFacts[] }
  | { type: 'failed'; ticket: number; code: UnreadFile['code']; message: string };

/** What a worker replies where a request could not be answered. */
export function failed(ticket: number, error: unknown): WorkerReply {
  const code = error instanceof CytodropError ? error.code : 'engine_failed';
  return { type: 'failed', ticket, code, message: error instanceof Error ? error.message : String(error) };
}
