/** One key an answer. */
import type { ModelSpec } from '../../src/js/index.ts';
import { answer, confirm, goToNext } from './reviewing.ts';

export const otherKeys = { cannot_tell: '.', no_cell: '-', two_cells: '+' } as const;
export type OtherAnswer = keyof typeof otherKeys;
export const otherAnswers = Object.keys(otherKeys) as OtherAnswer[];

/** What a key does while a person looks through the cells; undefined where it does nothing. */
export function answerOfKey(key: string, { classes }: ModelSpec): (() => void) | undefined {
  const letter = key.length === 1 ? key.toLowerCase() : '';
  const named = classes.find((one) => one.letter.toLowerCase() === letter) ?? classes[letter >= '1' && letter <= '9' ? Number(letter) - 1 : -1];
  if (named) return () => answer('type', named.id);
  const other = otherAnswers.find((one) => otherKeys[one] === key);
  if (other) return () => answer(other);
  return { Enter: confirm, ' ': () => void goToNext() }[key];
}
