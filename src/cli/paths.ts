/** Which files are meant by the paths that were given. */
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { comparePaths, isBookkeeping, isDocument, isZarrFolder } from '../js/index.ts';
import { warn } from './output.ts';

/** Each path's own file, or all below it in natural order, but for documents, which are told on standard error. */
export async function filesOf(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const path of walk(paths)) found.push(path);
  return found;
}

/**
 * The same one after the other, as they are found: of a folder only the names of the folders that are open are in memory.
 *
 * Args:
 *   quiet: nothing is told of what is left out.
 */
export async function* walk(paths: readonly string[], quiet = false): AsyncGenerator<string, void, undefined> {
  let documents = 0;
  let first = '';
  for (const path of paths) {
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
    if (!isFolder) {
      yield path;
      continue;
    }
    for await (const below of filesBelow(path)) {
      // A document in a folder of images.
      if (below === path || !isDocument(below)) yield below;
      else if (documents++ === 0) first = below;
    }
  }
  if (documents > 0 && !quiet) warn(`left out as no images: ${first}${documents > 1 ? ` and ${documents - 1} more documents in folders` : ''}. A file named by itself is tried.`);
}

/**
 * Links to files are followed, links to folders are not, since they may go round in a circle. A folder that cannot be opened
 * stands for itself and gets an error line, and one of OME-Zarr is an image.
 */
async function* filesBelow(folder: string): AsyncGenerator<string, void, undefined> {
  const [all, names]: [string[], string[]] = [[], []];
  try {
    for await (const entry of await opendir(folder, { bufferSize: 1024 })) {
      all.push(entry.name);
      if (isBookkeeping(entry.name)) continue;
      // With its slash a folder stands where its files' paths belong.
      if (entry.isDirectory()) names.push(`${entry.name}/`);
      else if (entry.isFile() || (await stat(join(folder, entry.name)).catch(() => undefined))?.isFile()) names.push(entry.name);
    }
  } catch {
    yield folder;
    return;
  }
  if (isZarrFolder(folder, all)) return yield folder;
  for (const name of names.sort(comparePaths)) {
    if (name.endsWith('/')) yield* filesBelow(join(folder, name.slice(0, -1)));
    else yield join(folder, name);
  }
}
