/** How exports tell what was checked of a cell beyond its verdict. */
import { type Checked, type Checks, turnsDisagree } from '../classify/checks.ts';
import type { ModelSpec } from '../model/spec.ts';
import { sixDecimals } from './provenance.ts';

/** Which checks a whole export has: its columns are the same for every cell. */
export interface CheckedColumns {
  checks?: Checks;
  secondModel?: ModelSpec;
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
      second_model: `${secondModel.name} ${secondModel.version}`, second_most_like: second?.label ?? null, second_probability: number(second?.probability), second_agree: second?.agree ?? null,
    }),
  };
}
