/** Which files are meant by the paths that were given. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { comparePaths, isBookkeeping, isDocument, isZarrFolder } from '../js/index.ts';
import { warn } from './output.ts';

/** Each path's own file, or all below it in natural order, but for documents, which are told on standard error. */
export async function filesOf(paths: readonly string[]): Promise<string[]> {
  const found = (await Promise.all(paths.map(filesOfOne))).flat();
  const documents = found.filter(({ isBeside }) => isBeside).map(({ path }) => path);
  if (documents.length > 0) warn(`left out as no images: ${documents[0]}${documents.length > 1 ? ` and ${documents.length - 1} more documents in folders` : ''}. A file named by itself is tried.`);
  return found.filter(({ isBeside }) => !isBeside).map(({ path }) => path);
}

/** `isBeside`: a document in a folder of images. */
async function filesOfOne(path: string): Promise<{ path: string; isBeside: boolean }[]> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  return isFolder ? (await filesBelow(path)).sort(comparePaths).map((below) => ({ path: below, isBeside: below !== path && isDocument(below) })) : [{ path, isBeside: false }];
}

/**
 * Links to files are followed, links to folders are not, since they may go round in a circle. A folder that cannot be opened
 * stands for itself and gets an error line, and one of OME-Zarr is an image.
 */
async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined || isZarrFolder(folder, entries.map(({ name }) => name))) return [folder];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (isBookkeeping(entry.name)) continue;
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else if (entry.isFile() || (await stat(path).catch(() => undefined))?.isFile()) found.push(path);
  }
  return found;
}
