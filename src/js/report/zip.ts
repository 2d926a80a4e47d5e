/** A zip archive of files that are stored, not compressed: what small binary files need to travel together. */
import { joined, storedZip } from '../core/stored_zip.ts';

/** One file of an archive. */
export interface ZipEntry { name: string; bytes: Uint8Array }

/** CRC-32 of each byte (ISO 3309). */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

/** CRC-32 of bytes (ISO 3309), as zip archives and PNG files hold it. */
export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (table[(sum ^ byte) & 255] as number) ^ (sum >>> 8);
  return ~sum >>> 0;
}

/**
 * Args:
 *   entries: with names that differ.
 * Source: as storedZip.
 */
export function zip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  return joined([...zipPieces(entries)]);
}

/** The same in pieces, of a file at most, some of them empty, for whoever must not stand still over tens of thousands of files. */
export function* zipPieces(entries: Iterable<ZipEntry>): Generator<Uint8Array> {
  const files: { name: string; length: number; crc: number; bytes: Uint8Array }[] = [];
  for (const { name, bytes } of entries) {
    files.push({ name, length: bytes.length, crc: crc32(bytes), bytes });
    yield new Uint8Array();
  }
  const { before, end } = storedZip(files);
  for (const [i, { bytes }] of files.entries()) {
    yield before[i] as Uint8Array;
    yield bytes;
  }
  yield end;
}
