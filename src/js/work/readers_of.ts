/** The further readers that lie beside the library, and files as they take them. */
import { platform } from '#platform';
import { openCodec } from '../core/codecs.ts';
import { CytodropError } from '../core/errors.ts';
import { type FileParts, partsOf } from '../core/file_parts.ts';
import { FurtherReaders } from '../core/further_readers.ts';
import type { LargeFile } from '../platform/platform.ts';

/** Args: home: folder of the library's files. */
export function readersOf(home: URL): FurtherReaders {
  const read = (file: string): Promise<Uint8Array> => platform.read(new URL(file, home));
  return new FurtherReaders(async () => {
    const [{ Readers }, wasm] = await Promise.all([import('../core/readers.ts'), read('cytodrop_formats.wasm')]);
    return Readers.open(wasm);
  }, (name) => openCodec(name, read));
}

/** To be read by parts until it is closed. Raises: CytodropError where a large file cannot be opened. */
export function openParts(file: Uint8Array | LargeFile): FileParts {
  if (file instanceof Uint8Array) return partsOf(file);
  try {
    return platform.openParts(file);
  } catch {
    throw new CytodropError('unreadable_file', 'The file cannot be read.');
  }
}

/** Raises: CytodropError where a large file cannot be opened, or what `use` raises. */
export async function withParts<T>(file: Uint8Array | LargeFile, use: (file: Uint8Array | FileParts) => Promise<T>): Promise<T> {
  if (file instanceof Uint8Array) return use(file);
  const parts = openParts(file);
  try {
    return await use(parts);
  } finally {
    parts.close();
  }
}
