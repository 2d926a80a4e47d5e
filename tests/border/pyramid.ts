/** Slides: tiled pyramids of any size, white but for one painted part; what is white is stored once, so that they take little room. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

export interface Pyramid {
  width: number;
  height: number;
  /** Each a quarter as wide and high as the one before. */
  levels: number;
  /** RGB, row by row, and where it lies at full size: multiples of the step between the levels. */
  painted: { left: number; top: number; width: number; height: number; rgb: Uint8Array };
  /** Length of the file, the painted tiles at its end; what lies between is a hole. */
  bytes?: number;
}

const tile = 256;
const tileBytes = tile * tile * 3;
const umPerPx = 0.5;

/** Grey samples as RGB. */
export function asRgb(samples: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: 3 * samples.length }, (_, i) => samples[Math.floor(i / 3)] as number);
}

/** Every fourth pixel of every fourth row. */
export function smaller({ left, top, width, height, rgb }: Pyramid['painted']): Pyramid['painted'] {
  const [w, h] = [width >> 2, height >> 2];
  const less = new Uint8Array(3 * w * h);
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) less.set(rgb.subarray(3 * (4 * y * width + 4 * x), 3 * (4 * y * width + 4 * x) + 3), 3 * (y * w + x));
  return { left: left >> 2, top: top >> 2, width: w, height: h, rgb: less };
}

/** Writes an uncompressed BigTIFF. */
export function writePyramid(path: string, { width, height, levels, painted, bytes = 0 }: Pyramid): void {
  const directoryBytes = 8 + 13 * 20 + 8;
  const file = openSync(path, 'w');
  const header = Buffer.alloc(16);
  header.write('II');
  [43, 8, 0].forEach((value, i) => header.writeUInt16LE(value, 2 + 2 * i));
  header.writeBigUInt64LE(BigInt(16 + tileBytes), 8);
  writeSync(file, header, 0, 16, 0);
  writeSync(file, Buffer.alloc(tileBytes, 255), 0, tileBytes, 16);
  const sizes = Array.from({ length: levels }, (_, i) => [width >> (2 * i), height >> (2 * i)] as [number, number]);
  const tables = sizes.reduce((sum, [w, h]) => sum + directoryBytes + 16 * Math.ceil(w / tile) * Math.ceil(h / tile), 16 + tileBytes);
  let [at, free, part] = [16 + tileBytes, Math.max(tables, bytes - 2 * Math.ceil(painted.rgb.length / tileBytes + 64) * tileBytes), painted];
  for (const [level, [w, h]] of sizes.entries()) {
    const [across, down] = [Math.ceil(w / tile), Math.ceil(h / tile)];
    const offsets = new BigUint64Array(across * down).fill(16n);
    for (let y = Math.floor(part.top / tile); y * tile < part.top + part.height; y++) {
      for (let x = Math.floor(part.left / tile); x * tile < part.left + part.width; x++) {
        writeSync(file, tileOf(part, x * tile, y * tile), 0, tileBytes, free);
        offsets[y * across + x] = BigInt(free);
        free += tileBytes;
      }
    }
    const next = at + directoryBytes + 16 * across * down;
    const resolution = 10_000 / umPerPx;
    const entries: [tag: number, type: number, count: number, value: bigint][] = [
      [254, 4, 1, level > 0 ? 1n : 0n], [256, 4, 1, BigInt(w)], [257, 4, 1, BigInt(h)], [258, 3, 3, 0x0008_0008_0008n], [259, 3, 1, 1n], [262, 3, 1, 2n], [277, 3, 1, 3n],
      [282, 5, 1, BigInt(resolution) | (1n << 32n)], [296, 3, 1, 3n], [322, 3, 1, BigInt(tile)], [323, 3, 1, BigInt(tile)],
      [324, 16, across * down, BigInt(at + directoryBytes)], [325, 16, across * down, BigInt(at + directoryBytes + 8 * across * down)],
    ];
    const directory = Buffer.alloc(directoryBytes);
    directory.writeBigUInt64LE(BigInt(entries.length), 0);
    entries.forEach(([tag, type, count, value], i) => {
      directory.writeUInt16LE(tag, 8 + 20 * i);
      directory.writeUInt16LE(type, 10 + 20 * i);
      directory.writeBigUInt64LE(BigInt(count), 12 + 20 * i);
      directory.writeBigUInt64LE(value, 20 + 20 * i);
    });
    directory.writeBigUInt64LE(level + 1 < levels ? BigInt(next) : 0n, directoryBytes - 8);
    // A table of one entry stands in the directory itself.
    if (across * down === 1) {
      directory.writeBigUInt64LE(offsets[0] as bigint, 20 + 20 * 11);
      directory.writeBigUInt64LE(BigInt(tileBytes), 20 + 20 * 12);
    }
    writeSync(file, directory, 0, directoryBytes, at);
    writeSync(file, offsets, 0, offsets.byteLength, at + directoryBytes);
    writeSync(file, new BigUint64Array(across * down).fill(BigInt(tileBytes)), 0, offsets.byteLength, at + directoryBytes + offsets.byteLength);
    at = next;
    part = smaller(part);
  }
  ftruncateSync(file, Math.max(free, bytes));
  closeSync(file);
}

/** A whole tile, with what is painted of it. */
function tileOf({ left, top, width, height, rgb }: Pyramid['painted'], tileLeft: number, tileTop: number): Buffer {
  const pixels = Buffer.alloc(tileBytes, 255);
  const [from, to] = [Math.max(left, tileLeft), Math.min(left + width, tileLeft + tile)];
  for (let y = Math.max(top, tileTop); y < Math.min(top + height, tileTop + tile); y++) {
    const at = 3 * ((y - top) * width + from - left);
    pixels.set(rgb.subarray(at, at + 3 * (to - from)), 3 * ((y - tileTop) * tile + from - tileLeft));
  }
  return pixels;
}
