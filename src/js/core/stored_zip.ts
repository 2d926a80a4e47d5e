/** ZIP archives whose files are stored as they are: what stands around the files, so that an archive can be made of files that nobody has read yet. */

export interface StoredFile {
  name: string;
  /** In bytes. */
  length: number;
  /** CRC-32; 0 where nobody knows it, which readers of single parts do not ask for. */
  crc?: number;
}

/** What stands before each file, and behind the last. */
export interface StoredZip { before: Uint8Array<ArrayBuffer>[]; end: Uint8Array<ArrayBuffer> }

type Field = [size: 2 | 4 | 8, value: number];

/** 1 January 1980, the first day there is: the same content makes the same archive. */
const date = 0x21;
/** Names in UTF-8, stored. */
const [flags, method] = [0x800, 0];
const [most16, most32] = [0xffff, 0xffffffff];

/**
 * Args:
 *   files: with names that differ. What a classic archive does not hold (65,535 files, 4 GB) is written as ZIP64.
 * Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 to 4.3.16 and 4.5.3.
 */
export function storedZip(files: readonly StoredFile[]): StoredZip {
  const encoder = new TextEncoder();
  const before: Uint8Array<ArrayBuffer>[] = [];
  const entries: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const { name: words, length, crc = 0 } of files) {
    const name = encoder.encode(words);
    const sizes: Field[] = length < most32 ? [] : [[8, length], [8, length]];
    const places: Field[] = at < most32 ? sizes : [...sizes, [8, at]];
    const common = (large: readonly Field[]): Field[] => [
      [2, large.length > 0 ? 45 : 20], [2, flags], [2, method], [2, 0], [2, date], [4, crc], [4, Math.min(length, most32)], [4, Math.min(length, most32)], [2, name.length], [2, large.length > 0 ? 4 + 8 * large.length : 0],
    ];
    const extra = (large: Field[]): Field[] => (large.length > 0 ? [[2, 1], [2, 8 * large.length], ...large] : []);
    const head = written([[4, 0x04034b50], ...common(sizes)], name, extra(sizes));
    before.push(head);
    entries.push(written([[4, 0x02014b50], [2, places.length > 0 ? 45 : 20], ...common(places), [2, 0], [2, 0], [2, 0], [4, 0], [4, Math.min(at, most32)]], name, extra(places)));
    at += head.length + length;
  }
  const bytes = entries.reduce((sum, { length }) => sum + length, 0);
  const large: Field[] = files.length < most16 && at + bytes < most32 ? [] : [
    [4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, files.length], [8, files.length], [8, bytes], [8, at],
    [4, 0x07064b50], [4, 0], [8, at + bytes], [4, 1],
  ];
  const count = Math.min(files.length, most16);
  const last = written([...large, [4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, Math.min(bytes, most32)], [4, Math.min(at, most32)], [2, 0]]);
  return { before, end: joined([...entries, last]) };
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function written(fields: readonly Field[], name = new Uint8Array(0), more: readonly Field[] = []): Uint8Array<ArrayBuffer> {
  return joined([numbers(fields), name, numbers(more)]);
}

function numbers(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else if (size === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += size;
  }
  return bytes;
}
