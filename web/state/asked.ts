/** What a person asks of every verdict, as steps that can be taken back. */
import { ownPart, take } from './history.ts';
import { types, unsureBelow } from './models.ts';
import { words } from './words.ts';

ownPart<number | null>('threshold', (_, value) => { unsureBelow.value = value; });
ownPart<string[] | null>('types', (_, value) => { types.value = value; });

/** Args: threshold: top probability below which a cell is unsure; null: the model's own. */
export function nameFrom(threshold: number | null): void {
  take(words.threshold, [{ part: 'threshold', key: 0, before: unsureBelow.value, after: threshold }], 'threshold');
}

/** Args: ids: of the classes that can occur; null: all. */
export function allowTypes(ids: string[] | null): void {
  take(words.types, [{ part: 'types', key: 0, before: types.value, after: ids }]);
}
