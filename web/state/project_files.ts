/** The files of the open project, as rows of the database and back. */
import { signal } from '@preact/signals';
import { sha256 } from '../../src/js/index.ts';
import { nameOf } from './found_files.ts';
import { allImages, type CellImage, type FileMark, sizeOf } from './images.ts';
import type { KeptFiles, KeptImage, Row } from './project_store.ts';

/** Files of the open project that did not fit, by position: their results are kept, they are not. */
export const unfit = signal<ReadonlySet<number>>(new Set());

/** Files to keep, as they are at this moment. `number`: position of the first; `bytes`: where they were read already. */
export interface FileBatch { table: 'files' | 'files_again'; number: number; images: { path: string; intended: string | null; file: File | null; bytes: Uint8Array<ArrayBuffer> | undefined; away: FileMark | undefined; sizeBytes: number }[] }

/** Positions below it have their row. */
let writtenBelow = 0;
/** Positions below it have at least their name kept. */
let namedBelow = 0;
/** Where the rows of names begin. */
let namedAt: number[] = [];

/** What was read of files to work on them, until it is written. */
const held = new Map<number, Uint8Array<ArrayBuffer>>();
let heldBytes = 0;
/** More are taken from their files again. */
const mostHeldBytes = 64 * 1024 * 1024;
const mostHeldOfFile = 1024 * 1024;
/** Positions below it were read, or nearly all of them. */
let readBelow = 0;

/** Copies what was read of a file, so that it need not be read again to be kept. */
export function holdBytes(position: number, bytes: Uint8Array): void {
  readBelow = Math.max(readBelow, position + 1);
  if (position < writtenBelow || bytes.length > mostHeldOfFile || heldBytes + bytes.length > mostHeldBytes || held.has(position)) return;
  held.set(position, bytes.slice());
  heldBytes += bytes.length;
}

/** So many files, or bytes, in one row. */
const filesInRow = 256;
const bytesInRow = 32 * 1024 * 1024;
/** The page stands still while a browser looks a file up that was not read yet: so many at once are not felt. */
const mostUnread = 64;

/**
 * Files that came, some to a row; a file that is here again after it was away has a row of its own.
 *
 * Args:
 *   everything: also those whose turn has not come; else what was read, or where nothing was a few.
 */
export function fileBatches(again: ReadonlySet<number>, everything: boolean): FileBatch[] {
  const all = allImages();
  const of = (position: number): FileBatch['images'] => {
    const [image, bytes] = [all[position], held.get(position)];
    return image ? [{ path: image.path, intended: image.intended, file: image.file, bytes, away: image.away, sizeBytes: bytes?.length ?? sizeOf(image) }] : [];
  };
  const batches = [...again].filter((position) => position < writtenBelow).map((number): FileBatch => ({ table: 'files_again', number, images: of(number) }));
  let last: FileBatch | undefined;
  let bytes = 0;
  // While files are read by themselves none is looked up ahead; those that were read and are too large to be held are.
  const most = everything ? Infinity : mostUnread;
  const isReading = readBelow > writtenBelow;
  let unread = 0;
  for (; writtenBelow < all.length; writtenBelow++) {
    if (all[writtenBelow]?.file && !held.has(writtenBelow) && (++unread > most || (isReading && writtenBelow >= readBelow && !everything))) break;
    const images = of(writtenBelow);
    const size = images[0]?.sizeBytes ?? 0;
    if (!last || last.images.length >= filesInRow || bytes + size > bytesInRow) {
      batches.push(last = { table: 'files', number: writtenBelow, images });
      bytes = size;
    } else {
      last.images.push(...images);
      bytes += size;
    }
    heldBytes -= held.get(writtenBelow)?.length ?? 0;
    held.delete(writtenBelow);
  }
  return batches;
}

/** Whether files are left that have no row. */
export function filesLeft(): boolean {
  return writtenBelow < allImages().length;
}

/** Rows of the names of files that have no row of their own yet: after a browser was killed the page asks for them. Later they go. */
export function namesAhead(): Row[] {
  const all = allImages();
  if (!filesLeft()) {
    const rows = namedAt.map((number): Row => ({ table: 'files_ahead', number, value: undefined }));
    namedAt = [];
    return rows;
  }
  const number = Math.max(writtenBelow, namedBelow);
  if (number >= all.length) return [];
  namedBelow = all.length;
  namedAt.push(number);
  return [{ table: 'files_ahead', number, value: all.slice(number).map(({ path, intended }): NameAhead => ({ path, intended })) }];
}

interface NameAhead { path: string; intended: string | null }

/** The row of a batch. Args: sums: of files that do not fit, in their order; null: all fit. */
export function rowOfFiles({ table, number, images }: FileBatch, sums: (string | null)[] | null): Row {
  let offset = 0;
  const kept = images.map(({ path, intended, file, bytes, away, sizeBytes }, i): KeptImage => {
    const at = file && !sums ? offset : null;
    offset += file && !sums ? sizeBytes : 0;
    // A file that was read is not looked up again for its date.
    return { path, intended, type: file?.type ?? '', lastModified: bytes ? 0 : (file?.lastModified ?? 0), sizeBytes, sha256: sums?.[i] ?? away?.sha256 ?? null, offset: at };
  });
  return { table, number, value: { images: kept, bytes: offset > 0 ? new Blob(together(images.flatMap(({ file, bytes }) => bytes ?? file ?? []))) : null } satisfies KeptFiles };
}

/** With bytes that follow each other as one part: a blob of many parts takes long. */
function together(parts: readonly (File | Uint8Array<ArrayBuffer>)[]): BlobPart[] {
  const found: BlobPart[] = [];
  for (let i = 0; i < parts.length;) {
    const first = parts[i] as File | Uint8Array<ArrayBuffer>;
    if (!(first instanceof Uint8Array)) {
      found.push(first);
      i += 1;
      continue;
    }
    const run: Uint8Array[] = [];
    for (let part = parts[i]; part instanceof Uint8Array; part = parts[++i]) run.push(part);
    const all = new Uint8Array(run.reduce((sum, { length }) => sum + length, 0));
    run.reduce((offset, part) => (all.set(part, offset), offset + part.length), 0);
    found.push(all);
  }
  return found;
}

/** By position, from the rows of each table. */
export function imagesOf(rows: { ahead: ReadonlyMap<number, unknown>; files: ReadonlyMap<number, unknown>; again: ReadonlyMap<number, unknown> }): CellImage[] {
  const found = new Map<number, CellImage>();
  for (const [number, names] of rows.ahead) (names as NameAhead[]).forEach((one, i) => found.set(number + i, { file: null, ...one, away: { sizeBytes: 0, sha256: null } }));
  for (const [number, value] of [...rows.files, ...rows.again]) {
    const { images, bytes } = value as KeptFiles;
    images.forEach(({ path, intended, type, lastModified, sizeBytes, sha256, offset }, i) => {
      found.set(number + i, bytes && offset !== null ? { file: new File([bytes.slice(offset, offset + sizeBytes)], nameOf(path), { type, lastModified }), path, intended } : { file: null, path, intended, away: { sizeBytes, sha256 } });
    });
  }
  return Array.from({ length: [...found.keys()].reduce((most, position) => Math.max(most, position + 1), 0) }, (_, i): CellImage => found.get(i) ?? { file: null, path: '', intended: null });
}

/** Every file has its row. */
export function allWritten(): void {
  startAt(allImages().length);
}

/** Every file is still to be kept. */
export function forgetWritten(): void {
  startAt(0);
}

function startAt(position: number): void {
  writtenBelow = position;
  namedBelow = position;
  namedAt = [];
  readBelow = 0;
  held.clear();
  heldBytes = 0;
}

/** Larger ones are known by name and size alone. */
const mostHashedBytes = 256 * 1024 * 1024;

/** SHA-256 of a file's bytes in hex; null where the browser cannot compute it, or where the file is too large or gone. */
export async function sumOf(file: File): Promise<string | null> {
  // Without a secure address nothing is read: there is no sum to be had.
  if (file.size > mostHashedBytes || !crypto.subtle) return null;
  try {
    return await sha256(new Uint8Array(await file.arrayBuffer()));
  } catch {
    return null;
  }
}
