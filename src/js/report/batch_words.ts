/** A foreign set of cells, in words for a person. */
import type { Batch, BatchDifference } from '../classify/batch.ts';

/** Below and above what is usual. */
const words: Record<string, [string, string]> = {
  brightness: ['darker', 'brighter'],
  contrast: ['with less contrast', 'with more contrast'],
  white: ['less over-exposed', 'over-exposed in part'],
  black: ['less black', 'black in part'],
  colour: ['less colourful', 'more colourful'],
  detail_1: ['blurred', 'sharper or grainier'],
  detail_2: ['blurred', 'sharper or grainier'],
  detail_4: ['with coarser structures', 'with finer structures'],
  detail_8: ['with larger structures', 'with smaller structures'],
  border: ['with less around the cell', 'with more around the cell'],
  middle: ['with less in the middle', 'with more in the middle'],
  peak: ['more evenly grey', 'with a few very bright or dark spots'],
  rim: ['darker at the rim', 'brighter at the rim'],
  red: ['less red', 'redder'],
  blue: ['less blue', 'bluer'],
};
const mostNamed = 3;

/** "darker, blurred and cells 1.4 times as large"; '' where nothing plain differs. */
export function differenceWords(differences: readonly BatchDifference[]): string {
  const named = differences.map(({ measure, mean, usual }) => (measure === 'size' ? `with cells ${(mean / usual).toFixed(1)} times as large in pixels` : words[measure]?.[mean < usual ? 0 : 1]));
  const distinct = [...new Set(named.filter((word) => word !== undefined))].slice(0, mostNamed);
  return distinct.length < 2 ? distinct.join('') : `${distinct.slice(0, -1).join(', ')} and ${distinct.at(-1)}`;
}

/** A foreign set in a sentence or two. */
export function batchWords({ differences }: Pick<Batch, 'differences'>, threshold: number): string {
  const how = differenceWords(differences);
  return `These images differ from those that the model learned from${how ? ` (they are ${how})` : ''}. Its probabilities do not hold for them: compare some with your own eyes first. `
    + `A type is named only from ${(100 * threshold).toFixed(0)} % on.`;
}
