/** Which files are meant by the paths that were given. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { comparePaths, isBookkeeping, isDocument } from '../js/index.ts';

/** Each path's own file, or all below it in natural order. */
export async function filesOf(paths: readonly string[]): Promise<string[]> {
  return (await Promise.all(paths.map(filesOfOne))).flat();
}

async function filesOfOne(path: string): Promise<string[]> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  return isFolder ? (await filesBelow(path)).sort(comparePaths) : [path];
}

/**
 * Links to files are followed, links to folders are not, since they may go round in a circle. A folder that cannot be opened
 * stands for itself and gets an error line.
 */
async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [folder];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (isBookkeeping(entry.name) || (entry.isFile() && isDocument(entry.name))) continue;
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else if (entry.isFile() || (await stat(path).catch(() => undefined))?.isFile()) found.push(path);
  }
  return found;
}
