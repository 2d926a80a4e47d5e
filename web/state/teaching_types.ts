/** Names, ids and letters of types that a person makes, and how folders name them. */
import { type ModelClass, typeId, typeNamer } from '../../src/js/index.ts';

/** "immature_granulocytes" is "Immature granulocytes"; capitals that are there stay. */
export function nameOfFolder(folder: string): string {
  const words = folder.replace(/[_\s]+/g, ' ').trim();
  return /^\p{Ll}[\p{Ll}\s\d-]*$/u.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words;
}

function freeOf(wanted: string, isTaken: (one: string) => boolean): string {
  let one = wanted;
  for (let number = 2; isTaken(one); number++) one = `${wanted}_${number}`;
  return one;
}

function idFor(name: string, types: readonly ModelClass[]): string {
  return freeOf(typeId(name), (one) => types.some(({ id }) => id === one));
}

/** Each has a letter of its own. */
export const mostTypes = 26;

/** A letter of the name that no other type has, else one of the alphabet. */
function letterFor(name: string, types: readonly ModelClass[]): string {
  const taken = new Set(types.map(({ letter }) => letter.toUpperCase()));
  const own = [...name.normalize('NFKD').toUpperCase()].filter((one) => /[A-Z]/.test(one));
  return [...own, ...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].find((one) => !taken.has(one)) ?? '?';
}

/** Name and id differ from those of all `types`. */
export function newType(wanted: string, types: readonly ModelClass[]): ModelClass {
  const trimmed = wanted.trim().slice(0, 60);
  const isTaken = (one: string): boolean => types.some(({ name }) => name.toLowerCase() === one.toLowerCase());
  let name = trimmed;
  for (let number = 2; isTaken(name); number++) name = `${trimmed} ${number}`;
  return { id: idFor(name, types), name, letter: letterFor(name, types), description: name };
}

/** Types with those added that folders name and that are not there yet. Returns: also the type that each folder's name stands for. */
export function withFolders(folders: readonly string[], types: readonly ModelClass[]): { types: ModelClass[]; idOf: ReadonlyMap<string, string> } {
  const all = [...types];
  const idOf = new Map<string, string>();
  for (const folder of new Set(folders)) {
    const known = typeNamer(all)(folder);
    const type = known === undefined ? newType(nameOfFolder(folder), all) : undefined;
    if (type) all.push(type);
    idOf.set(folder, known ?? type?.id ?? '');
  }
  return { types: all, idOf };
}

/** Which folder of a path names its type, and the others that tell pictures that belong together; null where none does. */
export type TypeFolder = { name: string; folder: string } | null;

/** Folders that are called so hold days, slides or parts of a set, and not types. */
const groupName = /^(\d[\d._-]*|(day|date|slide|dish|patient|donor|mouse|plate|well|batch|run|exp(eriment)?|rep(licate)?|lab(oratory)?|fold|part|train(ing)?|test|val(id(ation)?)?)([ _-]*\w{0,3}))$/i;

/**
 * The first folder that is called like a known type names it, else the first below those that all paths share; where there is none, all are of the one folder that they share. Where the first ones are called like
 * days or parts, those below them name the types.
 *
 * Args:
 *   types: that there are already.
 */
export function typeFolders(paths: readonly string[], types: readonly ModelClass[] = []): TypeFolder[] {
  const folders = paths.map((path) => path.split('/').slice(0, -1));
  const shared = sharedFolders(folders);
  const isOne = folders.every((own) => own.length === shared);
  const areGroups = !isOne && folders.every((own) => own.length > shared + 1 && groupName.test(own[shared] ?? '') && !groupName.test(own[shared + 1] ?? ''));
  const usual = isOne ? shared - 1 : areGroups ? shared + 1 : shared;
  const typeOf = typeNamer(types);
  return folders.map((own) => {
    const known = own.findIndex((folder) => typeOf(folder) !== undefined);
    const at = known >= 0 ? known : usual;
    return own[at] === undefined ? null : { name: own[at], folder: own.filter((_, i) => i !== at && i >= Math.min(shared, at)).join('/') };
  });
}

/** How many folders all paths begin with. */
function sharedFolders(folders: readonly (readonly string[])[]): number {
  const [first = []] = folders;
  let shared = 0;
  while (shared < first.length && folders.every((own) => own[shared] === first[shared])) shared += 1;
  return shared;
}

/** The folders of a path below the last that all share, for pictures that are all of one type. */
export function foldersBelow(paths: readonly string[]): string[] {
  const folders = paths.map((path) => path.split('/').slice(0, -1));
  const shared = sharedFolders(folders);
  return folders.map((own) => own.slice(shared).join('/'));
}

/** Small letters, digits and hyphens, as a model's name has them. */
export function modelNameOf(title: string): string {
  return title.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 50).replace(/-+$/, '') || 'my-model';
}
