/** Simulated pictures of one cell each, for types that a test teaches. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Drawn {
  /** Part of the cell's width that the nucleus has. */
  nucleus: number;
  /** Lobes of the nucleus. */
  lobes: number;
  /** Added to every level of the ground around the cell, red, green, blue. */
  ground?: [red: number, green: number, blue: number];
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const sidePx = 96;

type Level = [red: number, green: number, blue: number];

/** The levels at each place of a square of `sidePx` with one cell in it. */
function cellLevels({ nucleus, lobes, ground = [0, 0, 0] }: Drawn, seed: number): (x: number, y: number) => Level {
  const random = randomFrom(seed);
  const [cx, cy, radius] = [48 + 6 * (random() - 0.5), 48 + 6 * (random() - 0.5), 30 + 6 * random()];
  const [turn, tone] = [random() * Math.PI, 24 * (random() - 0.5)];
  const nuclei = Array.from({ length: lobes }, (_, i) => {
    const angle = turn + (2 * Math.PI * i) / lobes;
    const out = lobes === 1 ? 0 : radius * 0.42;
    return { x: cx + out * Math.cos(angle), y: cy + out * Math.sin(angle), r: (radius * nucleus * (0.9 + 0.2 * random())) / (lobes === 1 ? 1 : 1.7) };
  });
  return (x, y) => {
    const isNucleus = nuclei.some((one) => (x - one.x) ** 2 + (y - one.y) ** 2 < one.r ** 2);
    const isCell = (x - cx) ** 2 + (y - cy) ** 2 < radius ** 2;
    const level: Level = isNucleus ? [112 + tone, 60 + tone, 150 + tone] : isCell ? [205 + tone / 2, 170 + tone / 2, 200 + tone / 2] : [224 + ground[0], 218 + ground[1], 226 + ground[2]];
    return level.reverse().map((one) => one + 14 * (random() - 0.5)).reverse() as Level;
  };
}

/** A bitmap of 24 bits, from its lowest row on. Rows of a multiple of four bytes. */
function bitmap(width: number, height: number, levelAt: (x: number, y: number) => Level): Uint8Array {
  const header = 54;
  const bytes = new Uint8Array(header + 3 * width * height);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  for (const [at, value] of [[2, bytes.length], [10, header], [14, 40], [18, width], [22, height], [34, bytes.length - header]] as const) view.setUint32(at, value, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = levelAt(x, y);
      bytes.set([blue, green, red].map((level) => Math.max(0, Math.min(255, Math.round(level)))), header + 3 * (y * width + x));
    }
  }
  return bytes;
}

export function drawCell(drawn: Drawn, seed: number): Uint8Array {
  return bitmap(sidePx, sidePx, cellLevels(drawn, seed));
}

/** A frame with a cell in each square of a grid, row by row from the top. */
export function drawFrame(rows: readonly (readonly Drawn[])[], seed: number): Uint8Array {
  const columns = rows[0]?.length ?? 0;
  const squares = rows.map((row, i) => row.map((drawn, j) => cellLevels(drawn, seed + i * columns + j)));
  const height = rows.length * sidePx;
  return bitmap(columns * sidePx, height, (x, y) => {
    const down = height - 1 - y;
    return squares[Math.floor(down / sidePx)]?.[Math.floor(x / sidePx)]?.(x % sidePx, down % sidePx) ?? [0, 0, 0];
  });
}

/** Writes pictures of one type into a folder. Returns: their paths. */
export function writeCells(folder: string, drawn: Drawn, count: number, seed: number): string[] {
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `${String(i + 1).padStart(2, '0')}.bmp`);
    writeFileSync(path, drawCell(drawn, seed + i));
    return path;
  });
}
