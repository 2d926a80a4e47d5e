/** How exports tell what was measured of a cell of a frame beside the network. */
import type { FrameCell } from '../frames/frame.ts';
import { sixDecimals } from './provenance.ts';

/**
 * Fields of an export; of a cell that was not measured, or of the head, each is null, and so is what cannot be told.
 *
 * Args:
 *   um: µm per px; null: not known.
 */
export function morphometryFields(cell: Pick<FrameCell, 'morphometry'> | undefined, um: number | null): Record<string, number | null> {
  const measured = cell?.morphometry;
  const told = (value: number | undefined): number | null => (value === undefined || Number.isNaN(value) ? null : sixDecimals(value));
  const length = (name: string, px: number | undefined) => ({ [`${name}_px`]: told(px), [`${name}_um`]: px === undefined || um === null ? null : told(px * um) });
  return {
    ...length('equivalent_diameter', measured?.equivalentDiameterPx), ...length('perimeter', measured?.perimeterPx), ...length('feret_diameter', measured?.feretDiameterPx),
    circularity: told(measured?.circularity), elongation: told(measured?.elongation), solidity: told(measured?.solidity),
    grey_mean: told(measured?.greyMean), grey_spread: told(measured?.greySpread), granularity: told(measured?.granularity),
  };
}
