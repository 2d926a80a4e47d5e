/** What crosses the border about learning new types from labelled cells. */
import type { Output, Result } from './cytodrop_core.d.ts';

/** N labelled cells with D features. */
export interface Lessons {
  /** [N][D], each the mean over the ways to turn the cell's picture. */
  features: Float32Array;
  /** [N][D], the variance over these ways; empty where there was one way. */
  turned: Float32Array;
  /** Lengths of the blocks of D that weigh the same. */
  blocks: Int32Array;
  /** [N], from 0 to types - 1. */
  labels: Int32Array;
  /** [N], any numbers: of cells of one picture, day or patient the same. */
  groups: Int32Array;
  /** [N][types], the logits of the head towards which is learned, or empty. */
  known: Float64Array;
  /** 2 to 64. */
  types: number;
}

export interface LessonPlan {
  /** Pairs of cells of nearly the same picture, nearest first. */
  alike: [number, number][];
  /** Groups such that those pairs are in one; what the entries after this one are to be given. */
  groups: Int32Array;
  /** Parts, each of which is left out once; 0: too few cells of a type. */
  parts: number;
  /** No group stands on both sides; false where a type has only one group. */
  is_grouped: boolean;
}

/** One part, named by a head that was learned from the others. */
export interface LeftOut {
  /** Of the part, by their place among the lessons. */
  cells: Int32Array;
  /** [cells][types] */
  logits: Float64Array;
  /** [cells], to the kind of the others. */
  distances: Float64Array;
  /** Inverse of the penalty, chosen within the others; 0: the known head stayed as it is. */
  strength: number;
  /** A quarter, half and all of the others learned from. */
  curve: { learned_from: number; balanced_accuracy: number }[];
}

/** What is added to the known head: [types][D] and [types]. */
export interface LearnedHead { weights: Float32Array; bias: Float32Array; strength: number }

/** The tensors of a novelty file but for those of the appearance, and the distance above which a cell is foreign, null where it is not known. */
export interface LearnedKind {
  mean: Float32Array; feature_scale: Float32Array; feature_limit: Float32Array; basis: Float32Array; scale: Float32Array; class_means: Float32Array;
  residual_scale: number; dimensions: number; threshold: number | null;
}

export interface LearnEntries {
  /** Finds near copies among labelled cells and says in how many parts learning is tested. */
  plan_lessons(lessons: Lessons): Result<LessonPlan>;
  /** Learns from all parts but one and names that one; `groups` of the plan. */
  leave_part_out(lessons: Lessons, part: number): Result<LeftOut>;
  /** `strength`: inverse of the penalty; null: the one that is best on cells that were left out. */
  learn_head(lessons: Lessons, strength: number | null): Result<LearnedHead>;
  /** `distances`: of all parts, when they were left out. */
  learn_kind(lessons: Lessons, distances: Float64Array): Result<LearnedKind>;
  /**
   * Cells worth a label next, by their place among those without one: the first `labelled` lessons have one, `labels` of the others say nothing, and
   * `uncertainties` [N - labelled] are theirs.
   */
  suggest_lessons(lessons: Lessons, labelled: number, uncertainties: Float64Array, count: number): Result<Int32Array>;
  /** The temperature at which logits [N][types] of cells that were not learned from lose least. */
  fit_temperature(logits: Float64Array, labels: Int32Array, types: number): Result<number>;
}

/** Of a core that holds an encoder. */
export interface EncodeEntries {
  /**
   * Takes an encoder's spec.json text and the networks that it names, in its order; replaces the one loaded before only when all is
   * well. The code `unsupported_operator` says that this core cannot run one of them.
   */
  load_encoder(spec_json: string, networks: readonly Uint8Array[]): Result<null>;
  /**
   * Decodes an image of one cell and gives its features [turns, D]. `turns` 1: as it is; 8: also turned and mirrored, in the order of
   * `turn`. `model_not_loaded`: there is no encoder.
   */
  encode(file: Uint8Array, turns: number): Result<Output>;
  /** Features to learn from of prepared pictures [N, 3, H, W]: mean and variance over the turns, [N][D]. */
  encode_lessons(tensor: Float32Array, shape: readonly number[]): Result<{ features: Float32Array; turned: Float32Array }>;
  /** Features to name prepared pictures [N, 3, H, W] by, as maps [N, D, grid, grid]: the mean over the turns, each turned back. */
  encode_maps(tensor: Float32Array, shape: readonly number[]): Result<Output>;
}
