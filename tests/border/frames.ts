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

/**
 * An uncompressed grey TIFF of 16 bits, little-endian.
 *
 * Args:
 *   pages: samples of each page, all of one size.
 *   pixelSizeUm: stated by the resolution tags.
 *   description: ImageDescription of the first page; none where it is empty.
 */
export function greyTiff(width: number, height: number, pages: readonly Uint16Array[], pixelSizeUm: number, description = ''): Uint8Array {
  // As Latin-1, with its end, at the end of the file.
  const said = Buffer.from(description === '' ? '' : `${description}\0`, 'latin1');
  const entries = said.length > 0 ? 12 : 11;
  const pageBytes = 2 * width * height;
  const directory = 2 + 12 * entries + 4 + 8;
  const file = Buffer.alloc(8 + pages.length * (pageBytes + directory) + said.length);
  file.set(said, file.length - said.length);
  file.write('II*\0', 'latin1');
  let next = 4;
  pages.forEach((samples, page) => {
    const data = 8 + page * (pageBytes + directory);
    samples.forEach((sample, i) => file.writeUInt16LE(sample, data + 2 * i));
    const at = data + pageBytes;
    const rational = at + 2 + 12 * entries + 4;
    file.writeUInt32LE(at, next);
    file.writeUInt16LE(entries, at);
    const tags: [tag: number, type: 2 | 3 | 4 | 5, value: number][] = [
      [256, 4, width], [257, 4, height], [258, 3, 16], [259, 3, 1], [262, 3, 1], ...(said.length > 0 ? [[270, 2, file.length - said.length] as [number, 2, number]] : []), [273, 4, data], [277, 3, 1], [279, 4, pageBytes],
      [282, 5, rational], [283, 5, rational], [296, 3, 3], // pixels per centimetre
    ];
    tags.forEach(([tag, type, value], i) => {
      const entry = at + 2 + 12 * i;
      file.writeUInt16LE(tag, entry);
      file.writeUInt16LE(type, entry + 2);
      file.writeUInt32LE(type === 2 ? said.length : 1, entry + 4);
      file.writeUInt32LE(value, entry + 8);
    });
    file.writeUInt32LE(Math.round(1e7 / pixelSizeUm), rational);
    file.writeUInt32LE(1000, rational + 4);
    next = at + 2 + 12 * entries;
  });
  return new Uint8Array(file);
}

/** A stack of an OME-TIFF file: two named channels of three planes, the discs sharp in the second plane of the one called Brightfield alone. */
export function omeStack(): Uint8Array {
  const { width, height } = frameSide;
  const plane = (sharp: boolean): Uint16Array => {
    const discs = drawDiscs(width, height, someDiscs);
    // Out of focus a pixel is the mean of those around it.
    const reach = sharp ? 0 : 6;
    return Uint16Array.from(discs, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      let sum = 0;
      for (let by = -reach; by <= reach; by++) sum += discs[y * width + Math.min(width - 1, Math.max(0, x + by))] as number;
      return (100 * sum) / (2 * reach + 1);
    });
  };
  const planes = [false, false, false, false, true, false].map(plane);
  const channels = ['DAPI', 'Brightfield'].map((name, i) => `<Channel ID="Channel:0:${i}" Name="${name}" SamplesPerPixel="1"/>`).join('');
  const pixels = `ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="${width}" SizeY="${height}" SizeZ="3" SizeC="2" SizeT="1" PhysicalSizeX="0.5" PhysicalSizeY="0.5" PhysicalSizeZ="2"`;
  const xml = `<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0" Name="well A1"><Pixels ${pixels}>${channels}<TiffData/></Pixels></Image></OME>`;
  return greyTiff(width, height, planes, 0.5, xml);
}
