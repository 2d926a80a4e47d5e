/** Files that a project knows and that are not here: found again among those that a person shows. */
import { type FoundFile, nameOf } from './found_files.ts';
import { allImages, bringFiles, type CellImage } from './images.ts';
import { runState } from './progress.ts';
import { sumOf } from './projects.ts';
import { run } from './run.ts';

/** Takes the files that the project waits for. Returns: the others. */
export async function bringBack(files: readonly FoundFile[]): Promise<FoundFile[]> {
  const waiting = new Map<number, CellImage & Required<Pick<CellImage, 'away'>>>();
  allImages().forEach((image, i) => { if (image.away) waiting.set(i, { ...image, away: image.away }); });
  if (waiting.size === 0) return [...files];
  const found = new Map<number, File>();
  const others: FoundFile[] = [];
  for (const one of files) {
    const position = await positionOf(one, waiting);
    if (position === undefined) others.push(one);
    else {
      found.set(position, one.file);
      waiting.delete(position);
    }
  }
  if (found.size > 0) {
    bringFiles(found);
    if (runState.value !== 'running') void run();
  }
  return others;
}

/** By size and sum where there is a sum, else by size and name; a folder may have another name now. */
async function positionOf({ file, path }: FoundFile, waiting: ReadonlyMap<number, CellImage & Required<Pick<CellImage, 'away'>>>): Promise<number | undefined> {
  const alike = [...waiting].filter(([, { away }]) => away.sizeBytes === file.size);
  if (alike.length === 0) return undefined;
  const named = alike.filter(([, image]) => nameOf(image.path) === nameOf(path));
  const sum = alike.some(([, { away }]) => away.sha256 !== null) ? await sumOf(file) : null;
  const same = ([, { away }]: (typeof alike)[number]): boolean => away.sha256 === null || sum === null || away.sha256 === sum;
  return (named.find(same) ?? alike.find(([, { away }]) => sum !== null && away.sha256 === sum))?.[0];
}
