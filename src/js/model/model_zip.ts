/** A model as one file: a zip of its folder, at the top or inside one folder. It may come from anybody. */
import type { FileEntry } from '@zip.js/zip.js';
import { CytodropError } from '../core/errors.ts';
import { filesOfZip, unpacked } from '../core/unzip.ts';

/** A folder with many golden images has a few dozen. */
const mostEntries = 2_000;
/** The core's own limit for a network. */
const mostBytes = 512_000_000;

export interface ModelZip {
  /** Reads a file of the folder. Raises: CytodropError, `invalid_model`, in one line for a person. */
  read: (file: string) => Promise<Uint8Array>;
  /** Paths below the folder. */
  files: string[];
}

/** Whether a zip holds a model, as far as the names in it tell. */
export function folderIn(names: Iterable<string>): string | undefined {
  const found = [...names].filter((name) => /^([^/]+\/)?spec\.json$/.test(name) && !name.startsWith('__MACOSX/'));
  return found.length === 1 ? (found[0] as string).slice(0, -'spec.json'.length) : undefined;
}

/** Raises: CytodropError, `invalid_model`, in one line for a person. */
export async function readModelZip(bytes: Blob | Uint8Array): Promise<ModelZip> {
  const file = bytes instanceof Blob ? bytes : new Blob([bytes as Uint8Array<ArrayBuffer>]);
  if (file.size > mostBytes) throw invalid(`it has more than ${mostBytes / 1e6} MB`);
  const entries = await filesOfZip(file, mostEntries, {
    none: () => new CytodropError('invalid_model', 'It is no zip file, or it is damaged.'), tooMany: () => invalid('it has too many parts'),
  });
  const folder = folderIn(entries.keys());
  if (folder === undefined) throw invalid('there is no spec.json at its top or in its one folder');
  const below = new Map<string, FileEntry>([...entries].filter(([name]) => name.startsWith(folder)).map(([name, entry]) => [name.slice(folder.length), entry]));
  if ([...below.values()].reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0) > mostBytes) throw invalid(`unpacked it has more than ${mostBytes / 1e6} MB`);
  const read = async (name: string): Promise<Uint8Array> => {
    const entry = below.get(name);
    if (!entry) throw new CytodropError('invalid_model', `The model's file ${name} is missing.`);
    try {
      return await unpacked(entry);
    } catch {
      throw new CytodropError('invalid_model', `The model's file ${name} cannot be unpacked.`);
    }
  };
  return { read, files: [...below.keys()] };
}

function invalid(what: string): CytodropError {
  return new CytodropError('invalid_model', `It is no model's zip: ${what}.`);
}
