/** Files by which a person brings a model. */
import { signal } from '@preact/signals';

/** What is wrong with the one that was brought last, while the list of models is open. */
export const addTrouble = signal('');

/** What the picker of models offers. */
export const modelKinds = '.zip';

export function isModelFile(path: string): boolean {
  return /\.zip$/i.test(path);
}
