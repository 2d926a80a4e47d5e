/** What a model's spec.json says, as far as TypeScript reads it; the schema beside the models has all of it. */
import type { DetectSettings } from '#cytodrop_core';

/** A model that names cells. */
export interface ModelSpec {
  schema_version: number;
  name: string;
  version: string;
  title: string;
  purpose: string;
  /** Shown beside every result. */
  caution?: string;
  /** Who made it, where it is not one of those that are shipped. */
  author?: string;
  network: {
    /** An encoder: `file` is its spec, and its networks lie beside that. Missing: one network. */
    kind?: 'encoder';
    file: string; sha256: string; bytes: number; architecture: string; parameters: number;
    input: string; output: string;
    /** The graph takes one picture at a time. */
    batch?: 1;
    features: { channels: number; height: number; width: number };
  };
  input: { width_px: number; height_px: number; channels: 'rgb' | 'grey' };
  crop: { rule: 'none' } | { rule: 'centre_square'; side_px: number } | { rule: 'stained_cell'; radii: number };
  /** Read by the core alone. */
  resize: object;
  normalisation: object;
  pixel_size_um: number | null;
  /**
   * The square around a cell's centre that the model was trained on, in px of frames at `pixel_size_um` (null: not known). Missing: the
   * model was trained on images of one cell each and cannot classify the cells of a frame.
   */
  frame?: { side_px: number; pixel_size_um: number | null; surroundings?: 'kept' | 'black'; search?: Pick<DetectSettings, 'least_diameter' | 'most_diameter' | 'method'> };
  classes: ModelClass[];
  head: { file: string; sha256: string; layers: { name: string; inputs: number; outputs: number; activation: string }[]; output: 'softmax' | 'sigmoid' };
  judge: {
    temperature: number; abstain_below: number;
    /** On the validation part: threshold, share decided, share wrong of those and the ends of its 95 % interval; thresholds rise. */
    risk_coverage?: [number, number, number, number, number][];
  };
  /** Limits of each measure of the crop. Missing: the model flags no image quality. */
  quality?: Record<string, [number | null, number | null]>;
  /** Missing: the model cannot tell a cell unlike its training images. */
  novelty?: {
    file: string; sha256: string; rule: 'mahalanobis'; dimensions: number; threshold: number;
    /** When a set of cells as a whole is foreign, the mean and spread of each measure of the crop over the training images, in the core's order, and from which probability on a type is named then. */
    batch?: { least_cells: number; shift: number; noise: number; look?: { shift: number; noise: number }; abstain_below: number; measures: Record<string, [number, number]> };
  };
  training: {
    data: string; source: string; data_licence: string; split: string; recipe: string;
    images: { train: number; validation: number; test: number };
  };
  licence: string;
  /** Of a model that was taught here: on what, from how many cells of each type, and what was found. `curve`: cells learned from and balanced accuracy. */
  taught?: {
    base: { name: string; version: string }; cells: Record<string, number>; strength: number;
    parts: number; grouped: boolean; groups: number; curve: [number, number][]; warnings: string[];
  };
  /** `test` missing: it was never measured. */
  metrics: { validation?: ModelMetrics; test?: ModelMetrics; elsewhere?: ElsewhereMetrics };
}

/** Px per px of the images that a model was trained on, at which the core takes others: `kLeastScale`, `kMostScale`. */
export const [leastImageScale, mostImageScale] = [1 / 64, 64] as const;

export interface ModelClass { id: string; name: string; letter: string; description: string }

export interface ModelMetrics {
  images: number; correct: number; accuracy: number; accuracy_interval_95: [number, number];
  balanced_accuracy: number; macro_f1: number; ece: number;
  unsure?: number; accuracy_when_sure?: number; confusion: number[][];
}

/** On images of another source than those that a model learned from; missing where that was never measured. */
export interface ElsewhereMetrics { what: string; images: number; correct: number; accuracy: number; accuracy_interval_95: [number, number]; named: number; named_correct: number }

/** What models/index.json, made by the build, lists; `added`: by a person, and not shipped. */
export interface ModelListing { name: string; spec: ModelSpec; added?: { specSha256: string | null } }

/** Whether its maps tell what spoke for a type where; that of a network without places has one region, which tells nothing. */
export function hasMap({ network }: ModelSpec): boolean {
  const { features } = network as Partial<ModelSpec['network']>;
  return features !== undefined && features.height * features.width > 1;
}

/** Whether another model names the same types in pictures of the same kind, so that the two may be asked about one cell. */
export function canCompare(one: ModelSpec, other: ModelSpec): boolean {
  const ids = ({ classes }: ModelSpec): string => classes.map(({ id }) => id).sort().join(' ');
  return one.name !== other.name && ids(one) === ids(other) && one.input.channels === other.input.channels && (one.frame === undefined) === (other.frame === undefined);
}
