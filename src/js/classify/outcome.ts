/** What becomes of one image. */
import type { Box, ImageFacts, QualityFlag } from '#cytodrop_core';
import type { UnreadFile } from '../core/errors.ts';
import type { PlaneNumbers } from '../core/file_parts.ts';
import type { Checked } from './checks.ts';

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
  /** From the nearest class of the training images, for the judgement of many cells together; empty where the model cannot tell. */
  deviation: Float32Array;
  /** Of the crop, in the order of the core's measures. */
  measures: Float64Array;
  /** Of the decoded pixels; missing for a cell of a frame, null where the browser cannot compute it. */
  pixelsSha256?: string | null;
  /** One per class in spec order. */
  probabilities: number[];
  logits: number[];
  /** [classes][height][width] */
  maps: { height: number; width: number; values: Float32Array };
  image: ImageFacts;
  /** Of a microscope's file with more than one: which plane was classified, and why, as a sentence; '' where there was nothing to choose. */
  plane?: PlaneNumbers & { reason: string };
  crop: Box;
  elapsedMs: StageTimes;
}

export type Outcome = ClassifiedCell | UnreadFile;

/** An outcome with the file it belongs to. `path` is relative to what was dropped. */
export type CellRecord = Outcome & { index: number; path: string };

/** What a model says of one cell of a frame; `crop` is what the network saw and may reach outside the frame. */
export type CellVerdict = Omit<ClassifiedCell, 'status' | 'image' | 'plane' | 'elapsedMs'>;
