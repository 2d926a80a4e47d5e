/** Types and groups as folders state them. */
import type { TaughtType } from './lessons.ts';

/** What is known of a picture by where it lies. */
export interface Filed {
  path: string;
  /** Id of its type. */
  type: string;
  /** The name that its folder gives it. */
  name: string;
  /** The folders between its type's and itself, or above its type's: a day, a slide, a patient. */
  folder: string;
}

/** A stable word for exports: "Non-viable cell" is non_viable_cell. */
export function typeId(name: string): string {
  return name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '') || 'type';
}

/**
 * Sub-folders of one folder are types, and folders within them groups.
 *
 * Args:
 *   paths: below the folder.
 * Returns: undefined for a picture that lies in no sub-folder.
 */
export function filedByFolder(paths: readonly string[]): (Filed | undefined)[] {
  return paths.map((path) => {
    const [name, ...folders] = path.split(/[\\/]/).slice(0, -1);
    return name === undefined ? undefined : { path, type: typeId(name), name, folder: folders.join('/') };
  });
}

/** Types in the order in which their names come, each with a letter of its own. Raises: RangeError for more than 26. */
export function typesNamed(names: readonly string[], known: readonly TaughtType[] = []): TaughtType[] {
  const types: TaughtType[] = [...known];
  const letters = new Set(known.map(({ letter }) => letter));
  for (const name of names) {
    const id = typeId(name);
    if (types.some((type) => type.id === id)) continue;
    const letter = [...`${id.toUpperCase()}ABCDEFGHIJKLMNOPQRSTUVWXYZ`].find((each) => /[A-Z]/.test(each) && !letters.has(each));
    if (letter === undefined) throw new RangeError('A model tells at most 26 types apart.');
    letters.add(letter);
    types.push({ id, name: name.trim() || id, letter, description: 'As it was taught.' });
  }
  return types;
}
