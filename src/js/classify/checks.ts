/** What is computed for a cell beyond its verdict; each costs further runs of the network. */
import type { Agreement, Deletion } from '#cytodrop_core';

export type { Agreement, Deletion };

export interface Checks {
  /** Turned and mirrored pictures: eight runs a cell instead of one. */
  turns: boolean;
  /** Deletion by the map, from the middle and at random: some two hundred runs a cell. */
  map: boolean;
  /** What a head is learned from. */
  lesson?: boolean;
}

export const noChecks: Checks = { turns: false, map: false };
export const allChecks: Checks = { turns: true, map: true };

/** What another model of the same types says of a cell. */
export interface SecondOpinion { label: string; probability: number; agree: boolean }

/** What a cell is learned from. */
export interface CellLesson {
  /** [D], the mean over the ways to turn its picture. */
  features: Float32Array;
  /** [D], the variance over these ways; empty where there was one way. */
  turned: Float32Array;
  /** What its picture's corners look like, which says nothing of the cell. */
  background: Float32Array;
}

/** What was checked of a cell; missing: not asked for. */
export interface Checked {
  turns?: Agreement;
  /** null: the map has too few regions to be checked. */
  deletion?: Deletion | null;
  second?: SecondOpinion;
  lesson?: CellLesson;
}

/** The verdict changes when the picture is turned. */
export function turnsDisagree({ turns }: Checked): boolean {
  return turns !== undefined && turns.agree < turns.of;
}
