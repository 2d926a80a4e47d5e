/** Folders of OME-Zarr, which are one image each: told apart from folders of images, and handed over as one file. */
import type { FileParts } from './file_parts.ts';
import { storedZip } from './stored_zip.ts';

/** Files that say what a folder of Zarr is, of both its versions. */
const isMetadata = (name: string): boolean => /^(\.z(attrs|group|array|metadata)|zarr\.json)$/.test(name);
const isNamedZarr = (name: string): boolean => /\.zarr\/?$/i.test(name);
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Whether a file that looks like bookkeeping belongs to an image. */
export const isOfZarr = (name: string): boolean => isMetadata(name) && name !== '.zmetadata';

/** Whether an archive is an OME-Zarr by its name. */
export const isZarrArchive = (name: string): boolean => /\.(ozx|zarr\.zip)$/i.test(name);

/** Args: name: of a folder; files: names of what lies in it. */
export const isZarrFolder = (name: string, files: readonly string[]): boolean => isNamedZarr(name) || files.some(isOfZarr);

/**
 * The outermost folders among paths that are images of OME-Zarr.
 *
 * Args:
 *   paths: of files, hidden ones too, with slashes.
 * Returns: for a path the folder that it lies in; undefined where it lies in none.
 */
export function zarrFoldersOf(paths: readonly string[]): (path: string) => string | undefined {
  const known = new Set<string>();
  for (const path of paths) {
    if (isOfZarr(nameOf(path)) && path.includes('/')) known.add(path.slice(0, path.lastIndexOf('/')));
  }
  return (path) => {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      const folder = path.slice(0, end);
      if (known.has(folder) || isNamedZarr(nameOf(folder))) return folder;
    }
    return undefined;
  };
}

/** Of a folder as a file: reading all of it would open each of its files. */
const typeOfFolder = 'application/vnd.ome-zarr+folder';
export const isFolderFile = (file: Blob): boolean => file.type === typeOfFolder;

/** A file of a folder, by its path below the folder. */
export interface FileBelow {
  path: string;
  /** In bytes. */
  length: number;
}

/**
 * A folder as a ZIP archive: pieces of it, and files in their places. Its metadata come first, so that they can be read at once, and it is the
 * same archive whatever order a system lists its files in.
 */
function archiveOf<File extends FileBelow>(files: readonly File[]): (Uint8Array<ArrayBuffer> | File)[] {
  const rank = ({ path }: File): number => (isMetadata(nameOf(path)) ? 0 : 1);
  const sorted = [...files].sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));
  const { before, end } = storedZip(sorted.map(({ path: name, length }) => ({ name, length })));
  return [...sorted.flatMap((file, i) => [before[i] as Uint8Array<ArrayBuffer>, file]), end];
}

/**
 * A folder of OME-Zarr as one file, which is read by parts like any other; its own files are not read for it.
 *
 * Args:
 *   name: the folder's.
 *   files: all that lie in it, by their paths below it.
 */
export function zarrFile(name: string, files: readonly { path: string; file: Blob }[]): File {
  const pieces = archiveOf(files.map(({ path, file }) => ({ path, file, length: file.size })));
  return new File(pieces.map((piece) => (piece instanceof Uint8Array ? piece : piece.file)), name, { type: typeOfFolder });
}

/**
 * The same where files are read one by one.
 *
 * Args:
 *   readInto: fills a part with a file's bytes from an offset on; false where that is not possible.
 */
export function zarrParts(files: readonly FileBelow[], readInto: (path: string, part: Uint8Array, at: number) => boolean): FileParts {
  const pieces = archiveOf(files);
  const begins = new Float64Array(pieces.length + 1);
  pieces.forEach(({ length }, i) => { begins[i + 1] = (begins[i] as number) + length; });
  const read = (at: number, count: number): Uint8Array | null => {
    const part = new Uint8Array(count);
    for (let i = pieceAt(begins, at), done = 0; done < count; i++) {
      const piece = pieces[i];
      if (piece === undefined) return null;
      const from = at + done - (begins[i] as number);
      const step = Math.min(count - done, piece.length - from);
      if (piece instanceof Uint8Array) part.set(piece.subarray(from, from + step), done);
      else if (step > 0 && !readInto(piece.path, part.subarray(done, done + step), from)) return null;
      done += step;
    }
    return part;
  };
  return { length: begins[pieces.length] as number, read, close: () => {} };
}

/** The last piece that begins at or before a byte. */
function pieceAt(begins: Float64Array, at: number): number {
  let [low, high] = [0, begins.length - 2];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((begins[middle] as number) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
