/** Simulated frames: dark discs on a light ground, as PNG. */
import { crc32, deflateSync } from 'node:zlib';

export interface Disc { x: number; y: number; radius: number; grey?: number }

/** Samples of a frame, row by row, 0 to 255. */
export function drawDiscs(width: number, height: number, discs: readonly Disc[]): Uint8Array {
  const samples = new Uint8Array(width * height).fill(200);
  for (const { x, y, radius, grey = 40 } of discs) {
    for (let row = Math.max(0, y - radius); row <= Math.min(height - 1, y + radius); row++) {
      for (let column = Math.max(0, x - radius); column <= Math.min(width - 1, x + radius); column++) {
        if ((row - y) ** 2 + (column - x) ** 2 <= radius * radius) samples[row * width + column] = grey;
      }
    }
  }
  return samples;
}

/**
 * A grey PNG.
 *
 * Args:
 *   samples: 8 bits, or 16 where it is a Uint16Array.
 */
export function greyPng(width: number, height: number, samples: Uint8Array | Uint16Array): Uint8Array {
  const bytes = samples.BYTES_PER_ELEMENT;
  const rows = Buffer.alloc(height * (1 + width * bytes));
  samples.forEach((sample, i) => {
    const at = Math.floor(i / width) * (1 + width * bytes) + 1 + (i % width) * bytes;
    if (bytes === 2) rows.writeUInt16BE(sample, at);
    else rows[at] = sample;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8 * bytes, 0, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer): Buffer => {
    const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(content), 4);
    return Buffer.concat([ends.subarray(0, 4), content, ends.subarray(4)]);
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return new Uint8Array(Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]));
}

/** Discs of 24 px in a grid, 60 px apart. */
export const someDiscs: Disc[] = Array.from({ length: 20 }, (_, i) => ({ x: 50 + 60 * (i % 5), y: 40 + 60 * Math.floor(i / 5), radius: 12 }));
export const frameSide = { width: 340, height: 270 };

export function someFrame(): Uint8Array {
  return greyPng(frameSide.width, frameSide.height, drawDiscs(frameSide.width, frameSide.height, someDiscs));
}
