/** How many cells count as what: the same for the summary, the list of frames and the saved picture. */
import type { ModelSpec } from '../../src/js/index.ts';
import { type Cell, namesCells } from '../state/frame_store.ts';
import { mode } from '../state/mode.ts';
import { judged } from '../state/images.ts';
import { shareOf } from '../state/view.ts';
import { type NoType, noTypeMarks } from './class_mark.tsx';
import { words } from './words.ts';

export interface Share { id: string; name: string; letter: string; index: number; count: number }

/** Every class of the model, then what counts as none of them, as far as the model can tell; where cells are only counted, that. */
export function sharesOf(cells: readonly Cell[], model: ModelSpec): Share[] {
  const counts = new Map<string, number>();
  for (const share of cells.map((cell) => shareOf(judged(cell)))) counts.set(share, (counts.get(share) ?? 0) + 1);
  const share = (id: string, name: string, letter: string, index: number): Share => ({ id, name, letter, index, count: counts.get(id) ?? 0 });
  const none = (kind: NoType, name = words.shares[kind]): Share => share(kind, name, noTypeMarks[kind].letter, noTypeMarks[kind].index);
  const said = (['cannot_tell', 'two_cells', 'no_cell'] as const).filter((kind) => counts.has(kind)).map((kind) => none(kind));
  if (mode.value === 'fields' && !namesCells.value && ![...counts.keys()].some((id) => model.classes.some((one) => one.id === id))) return [none('unnamed', words.shares.found), ...said];
  return [
    ...model.classes.map(({ id, name, letter }, index) => share(id, name, letter, index)),
    none('unsure'),
    ...(model.novelty ? [none('foreign')] : []),
    ...(model.quality ? [none('quality')] : []),
    ...(counts.has('unnamed') ? [none('unnamed')] : []),
    ...said,
  ];
}
