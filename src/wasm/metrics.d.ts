/** What crosses the border about cells of known type; `cytodrop_core.d.ts` has the calls. */

/** Cells whose true types are known, and what a model said of them. */
export interface LabelledCells {
  /** Number of types. */
  types: number;
  /** [N] type of each cell, from 0. */
  truth: Int32Array;
  /** [N][types] */
  probabilities: Float64Array;
  /** [N] the file, folder, frame or day that a cell shares with cells alike: any numbers; missing where each cell is its own. */
  groups?: Int32Array | null;
  /** [N] how many cells of the whole each stands for; missing where each stands for itself. */
  weights?: Float64Array | null;
}

/** `interval`: 95 %, by bootstrap over groups; of shares at least as wide as Wilson's, and Wilson's where every cell is its own group. null for what cannot be told. */
export interface Measured { value: number | null; interval: [number, number] | null }

export interface TypeMeasurement {
  true_count: number;
  named_count: number;
  precision: Measured;
  recall: Measured;
  f1: Measured;
  /** Under the receiver operating characteristic of this type against all others; null where it does not occur, or nothing else does. */
  roc_area: Measured | null;
  average_precision: Measured | null;
  /** From the strictest threshold to the laxest; cells of equal probability make one point. */
  curve: { thresholds: Float64Array; true_positive_rates: Float64Array; false_positive_rates: Float64Array; precisions: Float64Array } | null;
}

export interface Measurement {
  cells: number;
  groups: number;
  /** [true types][named types] cells, or the cells that they stand for. */
  matrix: Float64Array;
  accuracy: Measured;
  /** As if no two cells were alike. */
  accuracy_wilson: [number, number];
  /** Mean recall of the types that occur. */
  balanced_accuracy: Measured;
  /** Mean F1 of the types that occur or were named. */
  macro_f1: Measured;
  matthews: Measured;
  /** 0 to 2. */
  brier: Measured;
  /** Of the likeliest type's probability, in 15 bins. */
  calibration_error: Measured;
  /** Of each type's probability, mean over the types. */
  classwise_calibration_error: number;
  types: TypeMeasurement[];
  reliability: { low: number; high: number; weight: number; confidence: number; accuracy: number }[];
  /** What is wrong of the cells named when less is demanded bit by bit; `area` is the mean risk over all coverages. */
  risk_coverage: { thresholds: Float64Array; coverages: Float64Array; risks: Float64Array; area: number };
}

/** Two models on the same cells; gains are the second's over the first. */
export interface Comparison {
  /** Cells that only one of them named rightly. */
  only_first: number;
  only_second: number;
  /** McNemar's exact test, as if no two cells were alike. */
  p: number;
  accuracy_gain: Measured;
  balanced_accuracy_gain: Measured;
}

/** A share with its interval of 95 %. */
export interface ShareEstimate { share: number; interval: [number, number] }

/** Cohen's, of two readers. */
export interface Kappa { value: number; interval: [number, number]; agreement: number }
