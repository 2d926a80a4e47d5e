/** The cells of tests/golden/learn as the core takes them, and every number that is learned from them. */
import type { CytodropCore, Lessons } from '#cytodrop_core';
import { valueOf } from './fixtures.ts';

export interface GoldenLessons {
  blocks: number[];
  types: number;
  /** The first of the cells; the others are only named. */
  learned: number;
  labels: number[];
  groups: number[];
  known: number[][];
  heads: { strength: number; has_known: boolean; coefficients: number[]; probabilities: number[] }[];
}

export function lessonsOf(golden: GoldenLessons, features: Float32Array, turned: Float32Array, hasKnown: boolean): Lessons {
  const { blocks, types, learned, labels, groups, known } = golden;
  const width = blocks.reduce((sum, block) => sum + block, 0);
  return {
    features: features.slice(0, learned * width), turned: turned.slice(0, learned * width), blocks: Int32Array.from(blocks),
    labels: Int32Array.from(labels.slice(0, learned)), groups: Int32Array.from(groups), types,
    known: Float64Array.from(hasKnown ? known.slice(0, learned).flat() : []),
  };
}

/**
 * Of each part the logits and distances, of the head and the kind all numbers as they cross the border, and a temperature: the content of
 * tests/golden/learn/bits.f64, which tests/unit/test_kind.cpp computes natively.
 */
export function bitsOfLearning(core: CytodropCore, lessons: Lessons): Float64Array {
  const plan = valueOf(core.plan_lessons(lessons));
  const parts = Array.from({ length: plan.parts }, (_, part) => valueOf(core.leave_part_out(lessons, part)));
  const { weights, bias } = valueOf(core.learn_head(lessons, null));
  const { mean, feature_scale, feature_limit, basis, scale, class_means, residual_scale } = valueOf(core.learn_kind(lessons, new Float64Array()));
  const numbers = [parts.flatMap(({ logits, distances }) => [...logits, ...distances]), ...[weights, bias, mean, feature_scale, feature_limit, basis, scale, class_means].map((values) => [...values]), [residual_scale]].flat();
  const temperature = valueOf(core.fit_temperature(Float64Array.from(numbers.slice(0, lessons.labels.length * lessons.types)), lessons.labels, lessons.types));
  return Float64Array.of(...numbers, temperature);
}
