/** How many cells count as what: the same for the summary, the list of frames and the saved picture. */
import type { ModelSpec } from '../../src/js/index.ts';
import { type Cell, mode, namesCells } from '../state/frame_store.ts';
import { judged } from '../state/images.ts';
import { shareOf } from '../state/view.ts';
import { foreignIndex, foreignLetter, qualityIndex, qualityLetter, unnamedLetter, unsureIndex } from './class_mark.tsx';
import { words } from './words.ts';

export interface Share { id: string; name: string; letter: string; index: number; count: number }

/** Every class of the model, then what counts as none of them, as far as the model can tell; where cells are only counted, that. */
export function sharesOf(cells: readonly Cell[], model: ModelSpec): Share[] {
  const counts = new Map<string, number>();
  for (const share of cells.map((cell) => shareOf(judged(cell)))) counts.set(share, (counts.get(share) ?? 0) + 1);
  const share = (id: string, name: string, letter: string, index: number): Share => ({ id, name, letter, index, count: counts.get(id) ?? 0 });
  if (mode.value === 'fields' && !namesCells.value) return [share('unnamed', words.shares.found, unnamedLetter, unsureIndex)];
  return [
    ...model.classes.map(({ id, name, letter }, index) => share(id, name, letter, index)),
    share('unsure', words.shares.unsure, '?', unsureIndex),
    ...(model.novelty ? [share('foreign', words.shares.foreign, foreignLetter, foreignIndex)] : []),
    ...(model.quality ? [share('quality', words.shares.quality, qualityLetter, qualityIndex)] : []),
    ...(counts.has('unnamed') ? [share('unnamed', words.shares.unnamed, unnamedLetter, unsureIndex)] : []),
  ];
}
