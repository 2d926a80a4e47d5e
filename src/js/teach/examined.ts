/** What an examination of labelled cells comes to. */
import type { LearnedHead, LearnedKind, Measurement } from '#cytodrop_core';
import type { Lesson, TaughtType } from './lessons.ts';

/** What learning comes to on cells that were left out, each once. */
export interface CrossValidated {
  /** In how many parts. */
  parts: number;
  /** No group stood on both sides. */
  isGrouped: boolean;
  /** Distinct groups. */
  groups: number;
  temperature: number;
  /** [lessons][types], calibrated, of each cell when it was left out. */
  probabilities: Float64Array;
  measurement: Measurement;
  /** Named rightly: of all, with the 95 % interval over groups. */
  right: { cells: number; of: number; interval: [number, number] };
  /** [true type][named type] of cells. */
  confusion: number[][];
  /** Balanced accuracy in each part. */
  partAccuracies: number[];
  curve: { learnedFrom: number; balancedAccuracy: number }[];
  /** [lessons], of each cell to the kind of the others when it was left out. */
  distances: Float64Array;
  /** Balanced accuracy of a classifier of the pictures' corners, which see no cell. */
  background: number;
}

export interface Examination {
  types: TaughtType[];
  lessons: readonly Lesson[];
  head: LearnedHead;
  kind: LearnedKind | null;
  /** null where a type has too few cells to leave one out. */
  crossValidated: CrossValidated | null;
  /** Pairs of nearly the same picture, by their places among the lessons. */
  alike: [number, number][];
  warnings: TeachingWarning[];
  /** Places of lessons whose label the others contradict, the likeliest wrong first, each with the probability of its label and the type that is likelier. */
  doubtful: { lesson: number; probability: number; likelier: string }[];
}

/** Each says what was found; the words for a person and what to do are the page's and the command line's. */
export type TeachingWarning =
  /** Fewer than twenty cells of a type. */
  | { kind: 'few'; type: string; cells: number }
  /** One type has many times the cells of another. */
  | { kind: 'uneven'; most: string; mostCells: number; least: string; leastCells: number }
  /** All cells of each type come from a folder, or files named alike, of that type alone. */
  | { kind: 'own_source'; of: 'folder' | 'name' }
  /** A classifier of the pictures' corners, where there is no cell, does as well. */
  | { kind: 'background'; background: number; cells: number }
  /** Nearly the same picture stands under two types; places of lessons. */
  | { kind: 'two_labels'; pairs: [number, number][] }
  /** Nearly the same picture stands twice under one type. */
  | { kind: 'copies'; pairs: [number, number][] }
  /** Two types that cannot be told apart: of the cells of either, the share that was named as one of the two and wrongly. */
  | { kind: 'alike_types'; one: string; other: string; wrong: number }
  /** A cell unlike all others of its type; places of lessons. */
  | { kind: 'outliers'; lessons: number[] }
  /** Pixel sizes, or sides of pictures, that differ between types by more than a quarter. */
  | { kind: 'sizes'; unit: 'um' | 'px'; most: string; mostSize: number; least: string; leastSize: number }
  /** No group is known to be left out: cells of one picture stood on both sides. */
  | { kind: 'no_groups' };
