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
  const { before, end } = storedZip(entries.map(({ name, bytes }) => ({ name, length: bytes.length, crc: crc32(bytes) })));
  return joined([...entries.flatMap(({ bytes }, i) => [before[i] as Uint8Array, bytes]), end]);
}
