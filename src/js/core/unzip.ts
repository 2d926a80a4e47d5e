/** Zips that come from anybody: what is in them, and no more of it than was said. */
import type { Entry, FileEntry } from '@zip.js/zip.js';

/** Only what browsers and Node have built in. */
export async function zipLibrary(): Promise<typeof import('@zip.js/zip.js')> {
  const library: typeof import('@zip.js/zip.js') = await import('@zip.js/zip.js/lib/zip-core-native.js');
  library.configure({ useWebWorkers: false });
  return library;
}

/** What may be wrong with an archive, each said in the words of whoever reads it. */
export interface ZipFaults { none: () => Error; tooMany: () => Error }

/**
 * The files of an archive by their names; folders and encrypted files are left out.
 *
 * Raises: what `faults` makes, for what is no zip and for one with too many parts.
 */
export async function filesOfZip(file: Blob, mostEntries: number, { none, tooMany }: ZipFaults): Promise<Map<string, FileEntry>> {
  const { BlobReader, ZipReader } = await zipLibrary();
  let all: Entry[];
  try {
    all = await new ZipReader(new BlobReader(file)).getEntries();
  } catch {
    throw none();
  }
  if (all.length > mostEntries) throw tooMany();
  const found = new Map<string, FileEntry>();
  for (const entry of all) if (!entry.directory && !entry.encrypted) found.set(entry.filename, entry);
  return found;
}

/** Unpacks a file, and stops where it is longer than it said. Raises: Error where it is, or where its sum is another. */
export async function unpacked(entry: FileEntry): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const stream = new WritableStream<Uint8Array<ArrayBuffer>>({
    write: (part) => {
      length += part.length;
      if (length > entry.uncompressedSize) throw new RangeError('longer than it said');
      parts.push(part);
    },
  });
  await entry.getData(stream, { checkSignature: true });
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
