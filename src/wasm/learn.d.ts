/** What crosses the border about learning new types from labelled cells. */

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
