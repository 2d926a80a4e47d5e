/** What is computed for a cell beyond its verdict, and how exports tell it; each costs further runs of the network. */
import type { Agreement, Deletion } from '#cytodrop_core';
import { sixDecimals } from './provenance.ts';
import type { ModelSpec } from './types.ts';

export type { Agreement, Deletion };

export interface Checks {
  /** Turned and mirrored pictures: eight runs a cell instead of one. */
  turns: boolean;
  /** Deletion by the map, from the middle and at random: some two hundred runs a cell. */
  map: boolean;
}

export const noChecks: Checks = { turns: false, map: false };
export const allChecks: Checks = { turns: true, map: true };

/** What another model of the same types says of a cell. */
export interface SecondOpinion { label: string; probability: number; agree: boolean }

/** What was checked of a cell; missing: not asked for. */
export interface Checked {
  turns?: Agreement;
  /** null: the map has too few regions to be checked. */
  deletion?: Deletion | null;
  second?: SecondOpinion;
}

/** Which checks a whole export has: its columns are the same for every cell. */
export interface CheckedColumns {
  checks?: Checks;
  secondModel?: ModelSpec;
}

/** Whether another model names the same types in pictures of the same kind, so that the two may be asked about one cell. */
export function canCompare(one: ModelSpec, other: ModelSpec): boolean {
  const ids = ({ classes }: ModelSpec): string => classes.map(({ id }) => id).sort().join(' ');
  return one.name !== other.name && ids(one) === ids(other) && one.input.channels === other.input.channels && (one.frame === undefined) === (other.frame === undefined);
}

/** The verdict changes when the picture is turned. */
export function turnsDisagree({ turns }: Checked): boolean {
  return turns !== undefined && turns.agree < turns.of;
}

/** Fields of an export for what was checked; of a cell that has no such check, or of the head, each is null. */
export function checkedFields(cell: Checked | undefined, { checks, secondModel }: CheckedColumns): Record<string, string | number | boolean | null> {
  const { turns, deletion, second } = cell ?? {};
  const number = (value: number | undefined): number | null => (value === undefined ? null : sixDecimals(value));
  return {
    ...(checks?.turns && {
      turns_agree: turns?.agree ?? null, turns_of: turns?.of ?? null, turns_least_probability: number(turns?.least_probability),
      turns_mean_probability: number(turns?.mean_probability), turns_disagree: turns ? turnsDisagree({ turns }) : null,
    }),
    ...(checks?.map && {
      map_area: number(deletion?.map_area), random_area: number(deletion?.random_area), middle_area: number(deletion?.middle_area),
      empty_probability: number(deletion?.by_map.at(-1)), map_beats: deletion?.beaten ?? null, map_beats_of: deletion?.random_orders ?? null, map_explains: deletion?.explains ?? null,
    }),
    ...(secondModel !== undefined && {
      second_model: `${secondModel.name} ${secondModel.version}`, second_type: second?.label ?? null, second_probability: number(second?.probability), agree: second?.agree ?? null,
    }),
  };
}
