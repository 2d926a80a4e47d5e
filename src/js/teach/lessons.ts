/** Labelled cells, and what a head is learned from. */
import type { Lessons } from '#cytodrop_core';
import type { CellLesson } from '../classify/checks.ts';
import type { CellVerdict } from '../classify/outcome.ts';
import type { EncoderSpec } from '../model/encoder.ts';
import type { ModelClass } from '../model/spec.ts';
import type { TeachBase } from './base.ts';

/** A cell as a teacher was shown it: whatever it is learned from, and nothing of its picture. */
export interface ShownCell extends CellLesson {
  /** What the base says of it; empty where it knows no types. */
  logits: number[];
  /** Of the picture, in the order of the core's measures. */
  measures: Float64Array;
  /** Sides of the crop that was looked at, in px of the picture. */
  widthPx: number;
  heightPx: number;
  /** As the file states it; null: not known. */
  pixelSizeUm: number | null;
  pixelsSha256: string | null;
}

export type TaughtType = ModelClass;

/** A labelled cell. */
export interface Lesson {
  cell: ShownCell;
  /** Id of its type. */
  type: string;
  /** What it shares with cells alike, a picture, a day or a patient: never learned from and tested on at once. */
  group: string;
  /** What a person knows the cell by, for words about it. */
  path: string;
}

/** A cell as it is learned from. */
export function shownCell(verdict: CellVerdict & { lesson?: CellLesson }, pixelSizeUm: number | null, { classes }: Pick<TeachBase, 'classes'>): ShownCell {
  if (verdict.lesson === undefined) throw new Error('the cell was classified without its lesson');
  const { crop: { width_px: widthPx, height_px: heightPx }, measures, logits, pixelsSha256 = null, lesson } = verdict;
  return { ...lesson, logits: classes.length > 0 ? logits : [], measures, widthPx, heightPx, pixelSizeUm, pixelsSha256 };
}

/**
 * Lessons as the core takes them.
 *
 * Args:
 *   types: in the model's order; those of a base that knows some come first.
 */
export function coreLessons(lessons: readonly Lesson[], types: readonly TaughtType[], base: TeachBase): Lessons {
  const ids = types.map(({ id }) => id);
  const numbers = new Map<string, number>();
  const groups = lessons.map(({ group }) => {
    const number = numbers.get(group) ?? numbers.size;
    numbers.set(group, number);
    return number;
  });
  return {
    features: joined(lessons.map(({ cell }) => cell.features)),
    turned: joined(lessons.map(({ cell }) => cell.turned)),
    blocks: Int32Array.from(base.blocks),
    labels: Int32Array.from(lessons, ({ type }) => ids.indexOf(type)),
    groups: Int32Array.from(groups),
    known: Float64Array.from(lessons.flatMap(({ cell }) => knownLogits(cell, types.length))),
    types: types.length,
  };
}

/** The same of the pictures' corners: what can be told from these is not told from the cells. */
export function backgroundLessons(lessons: Lessons, of: readonly Lesson[]): Lessons {
  const features = joined(of.map(({ cell }) => cell.background));
  return { ...lessons, features, turned: new Float32Array(), blocks: Int32Array.of(features.length / of.length), known: new Float64Array() };
}

/** What the base says, with its mean for types that it does not know, so that these begin in the middle. */
export function knownLogits({ logits }: Pick<ShownCell, 'logits'>, types: number): number[] {
  if (logits.length === 0) return [];
  const mean = logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
  return Array.from({ length: types }, (_, i) => logits[i] ?? mean);
}

/** Probabilities, summing to 1. */
export function softmax(logits: ArrayLike<number>, temperature = 1): number[] {
  const values = Array.from(logits);
  const most = Math.max(...values);
  const powers = values.map((logit) => Math.exp((logit - most) / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** Blocks of an encoder's features that weigh the same: each network's middle layers and its last, and the measurements. */
export function blocksOf({ networks, measurements }: EncoderSpec): number[] {
  return [...networks.flatMap(({ features, last }) => (features > last ? [features - last, last] : [last])), measurements.names.length];
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}
