/** A zip archive of files that are stored, not compressed: what small binary files need to travel together. */

/** One file of an archive. */
export interface ZipEntry { name: string; bytes: Uint8Array }

/** CRC-32 of each byte (ISO 3309). */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (table[(sum ^ byte) & 255] as number) ^ (sum >>> 8);
  return ~sum >>> 0;
}

/** 1 January 1980, the first day there is: the same content makes the same archive. */
const date = 0x21;
/** Version 2.0, names in UTF-8, stored. */
const [version, flags, method] = [20, 0x800, 0];

/**
 * Args:
 *   entries: with names that differ.
 * Raises: RangeError for more entries or bytes than the format holds.
 * Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
 */
export function zip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  const files = entries.map(({ name, bytes }) => ({ name: new TextEncoder().encode(name), bytes, crc: crc32(bytes) }));
  const length = files.reduce((sum, { name, bytes }) => sum + 30 + 46 + 2 * name.length + bytes.length, 22);
  if (files.length > 0xffff || length > 0xffffffff) throw new RangeError(`A zip archive cannot hold ${files.length} files of ${length} bytes.`);
  const archive = new Uint8Array(length);
  const view = new DataView(archive.buffer);
  let at = 0;
  const write = (...fields: [size: 2 | 4, value: number][]): void => {
    for (const [size, value] of fields) {
      if (size === 2) view.setUint16(at, value, true);
      else view.setUint32(at, value, true);
      at += size;
    }
  };
  const append = (bytes: Uint8Array): void => {
    archive.set(bytes, at);
    at += bytes.length;
  };
  const common = ({ name, bytes, crc }: (typeof files)[number]): [2 | 4, number][] =>
    [[2, version], [2, flags], [2, method], [2, 0], [2, date], [4, crc], [4, bytes.length], [4, bytes.length], [2, name.length], [2, 0]];
  const offsets = files.map((file) => {
    const offset = at;
    write([4, 0x04034b50], ...common(file));
    append(file.name);
    append(file.bytes);
    return offset;
  });
  const directory = at;
  files.forEach((file, i) => {
    write([4, 0x02014b50], [2, version], ...common(file), [2, 0], [2, 0], [2, 0], [4, 0], [4, offsets[i] as number]);
    append(file.name);
  });
  write([4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, at - directory], [4, directory], [2, 0]);
  return archive;
}
