/** What a person says the cells are: by folders named like types, or by a table of labels. */
import Papa from 'papaparse';
import { CytodropError } from '../core/errors.ts';
import { plain } from './type_names.ts';

/** What is known of one file: the id of its type, where its name is one of the model's; `group` shares it with cells alike. */
export interface Truth { name: string; type: string | undefined; group: string }

/**
 * Of a file in a folder named like a type; undefined where none of its folders is.
 *
 * The nearest such folder counts. The group is the path without it: cells of "day 2/dead" and "day 2/live" are of one group.
 */
export function truthByFolder(path: string, typeOf: (name: string) => string | undefined): Truth | undefined {
  const folders = path.split(/[\\/]/).slice(0, -1);
  const at = folders.findLastIndex((folder) => typeOf(folder) !== undefined);
  const name = folders[at];
  if (name === undefined) return undefined;
  return { name, type: typeOf(name), group: folders.filter((_, i) => i !== at).join('/') };
}

/** Columns of a table of labels, by what stands at their heads. */
export interface LabelColumns { file?: string; type?: string; group?: string }

const usualHeads = {
  file: ['file', 'filename', 'path', 'image', 'imagename', 'imagepath', 'cell', 'name'],
  type: ['type', 'label', 'class', 'celltype', 'truth', 'category', 'reviewedtype'],
};

/** A table of labels: what is said of each path that it names. */
export type Labels = { file: string; name: string; group: string }[];

/**
 * Reads a table of labels: CSV with commas, semicolons or tabs, its first row the heads.
 *
 * Args:
 *   columns: which are meant; those not told are found by their usual heads.
 * Raises: CytodropError, `invalid_argument`, in words for a person.
 */
export function readLabels(text: string, columns: LabelColumns = {}): Labels {
  const [heads = [], ...rows] = readTable(text);
  const find = (what: string, wanted: string | undefined, usual: readonly string[]): number => {
    const names = wanted === undefined ? usual : [plain(wanted)];
    const at = heads.findIndex((head) => names.includes(plain(head)));
    if (at < 0) throw new CytodropError('invalid_argument', `It has no column ${wanted === undefined ? `for the ${what}` : `"${wanted}"`}; it has ${heads.map((head) => `"${head}"`).join(', ') || 'none'}.`);
    return at;
  };
  const [file, type] = [find('file', columns.file, usualHeads.file), find('type', columns.type, usualHeads.type)];
  const group = columns.group === undefined ? undefined : find('group', columns.group, []);
  const said = rows.flatMap((row) => (row[file] && row[type] ? [{ file: row[file], name: row[type], group: group === undefined ? '' : row[group] ?? '' }] : []));
  if (said.length === 0) throw new CytodropError('invalid_argument', 'It says of no file what it is.');
  return said;
}

/** The heads of a table's columns, and those that are likely meant. Raises: as `readLabels` of what is no table. */
export function readHeads(text: string): { heads: string[]; file: string | undefined; type: string | undefined } {
  const [heads = []] = readTable(text);
  const usual = (names: readonly string[]): string | undefined => heads.find((head) => names.includes(plain(head)));
  return { heads, file: usual(usualHeads.file), type: usual(usualHeads.type) };
}

function readTable(text: string): string[][] {
  const { data: table, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { delimitersToGuess: [',', ';', '\t'], skipEmptyLines: 'greedy', transform: (value) => value.trim() });
  // One column has no separator to guess.
  const [wrong] = errors.filter(({ type }) => type !== 'Delimiter');
  if (wrong) throw new CytodropError('invalid_argument', `It is no table of comma-separated values: row ${(wrong.row ?? 0) + 1}: ${wrong.message}.`);
  return table;
}

/**
 * What a table says of each of some paths: by the whole path, or by its end where that is enough to tell it from all others.
 *
 * Raises: CytodropError, `invalid_argument`, where a file is said to be of two types.
 */
export function truthByLabels(labels: Labels, paths: readonly string[], typeOf: (name: string) => string | undefined): (Truth | undefined)[] {
  const parts = (path: string): string[] => path.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
  const byEnd = new Map<string, { name: string; group: string }[]>();
  for (const { file, name, group } of labels) {
    const key = parts(file).join('/');
    byEnd.set(key, [...(byEnd.get(key) ?? []), { name, group }]);
  }
  const ambiguous = new Set(repeated(paths.map((path) => parts(path).at(-1) ?? '')));
  return paths.map((path) => {
    const whole = parts(path);
    // The longest end first; a bare file name only where no other file has it.
    for (let from = 0; from < whole.length; from++) {
      const end = whole.slice(from).join('/');
      const said = from === whole.length - 1 && ambiguous.has(end) && whole.length > 1 ? undefined : byEnd.get(end);
      if (said === undefined) continue;
      const [one] = said as [{ name: string; group: string }];
      const other = said.find(({ name }) => (typeOf(name) ?? name) !== (typeOf(one.name) ?? one.name));
      if (other) throw new CytodropError('invalid_argument', `It says of ${end} that it is "${one.name}" and that it is "${other.name}".`);
      return { ...one, type: typeOf(one.name) };
    }
    return undefined;
  });
}

function repeated(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.size === seen.add(name).size);
}
