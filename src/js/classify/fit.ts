/** Whether a model knows the images that it is asked about, and which of several knows them best. */
import type { BatchVerdict } from '#cytodrop_core';
import { canCompare, type ModelSpec } from '../model/spec.ts';
import type { CellVerdict } from './outcome.ts';

type Judged = Pick<CellVerdict, 'quality' | 'foreign'>;

/** What a model says of a few cells, about the kind of image that they are. */
export interface ModelAnswer {
  name: string;
  /** Whether each image was taken for one cell, or searched for cells as a field of many. */
  askedAs: 'cells' | 'frames';
  cells: number;
  /** Of good quality to it, and like its training images. */
  accepted: number;
  /** It accepts most of them, and as a set they are hardly further from its training images than neighbours among those. */
  fits: boolean;
}

/** Of fewer cells nothing is said. */
export const leastToTell = 5;
/** Models accept 19 of 20 cells of their own kind, and next to none of another's. */
const acceptedAtHome = 2 / 3;
/** In limits of a set drawn at random, the mean of both shifts: neighbours of one folder or field share light and place, and lie further from the middle than those. */
const shiftAtHome = 1.5;

const isAccepted = ({ quality, foreign }: Judged): boolean => quality.length === 0 && !foreign;

/** Whether images seem to be meant for another model: at least half of five or more cells are not accepted by this one. */
export function isMisfit(cells: readonly Judged[]): boolean {
  return cells.length >= leastToTell && 2 * cells.filter(isAccepted).length <= cells.length;
}

/**
 * Args:
 *   set: what the model makes of the cells together; null where it cannot tell, and then it does not say that it knows them.
 */
export function answerOf(name: string, askedAs: ModelAnswer['askedAs'], cells: readonly Judged[], set: BatchVerdict | null): ModelAnswer {
  const accepted = cells.filter(isAccepted).length;
  const shift = set === null ? Infinity : (set.shift / (set.limit ?? Infinity) + set.look_shift / (set.look_limit ?? Infinity)) / 2;
  return { name, askedAs, cells: cells.length, accepted, fits: cells.length >= leastToTell && accepted >= acceptedAtHome * cells.length && shift <= shiftAtHome };
}

/**
 * The model that knows the images, where there is no doubt which.
 *
 * Args:
 *   specs: of all that were asked, in the order in which models are offered.
 * Returns: the first of those that fit; null where none does, or where two that name different types do.
 */
export function fittest(answers: readonly ModelAnswer[], specs: readonly ModelSpec[]): ModelAnswer | null {
  const fitting = specs.flatMap((spec) => answers.filter(({ name, fits }) => fits && name === spec.name).map((answer) => ({ answer, spec })));
  const [first, ...others] = fitting;
  return first && others.every(({ spec }) => canCompare(first.spec, spec)) ? first.answer : null;
}
