/** Names that people give to types, in folders and tables. */
import type { ModelClass } from '../model/spec.ts';

/** Capitals, blanks and signs aside: "T-cells" is "tcells". */
export function plain(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

/**
 * Finds the type that a name stands for: by id or name of the type, in the singular or the plural.
 *
 * Args:
 *   also: further names and the ids that they stand for.
 */
export function typeNamer(classes: readonly ModelClass[], also: Readonly<Record<string, string>> = {}): (name: string) => string | undefined {
  const idOf = new Map<string, string>();
  for (const { id, name } of classes) for (const word of [id, name]) for (const form of [plain(word), `${plain(word)}s`]) idOf.set(form, id);
  for (const [name, id] of Object.entries(also)) idOf.set(plain(name), id);
  return (name) => idOf.get(plain(name));
}
