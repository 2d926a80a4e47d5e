/** Images whose every tag carries a mark, to see where the tags go. */
import { readFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import { root } from '../border/fixtures.ts';

/** Stands in every tag below. */
export const canary = 'canary-4b1d-Ada';

interface Entry { tag: number; text?: string; link?: number; rationals?: number[] }

/** A little-endian TIFF structure of the directories given; `link` names one of them. */
function directories(list: readonly (readonly Entry[])[], before = Buffer.alloc(0)): Buffer {
  const places: number[] = [];
  let at = 8 + before.length;
  for (const entries of list) {
    places.push(at);
    at += 2 + 12 * entries.length + 4;
  }
  const parts: Buffer[] = [];
  const data: Buffer[] = [];
  for (const entries of list) {
    const directory = Buffer.alloc(2 + 12 * entries.length + 4);
    directory.writeUInt16LE(entries.length, 0);
    entries.forEach(({ tag, text, link, rationals }, i) => {
      const entry = 2 + 12 * i;
      const value = text !== undefined ? Buffer.from(`${text}\0`) : Buffer.from(Uint32Array.from((rationals ?? []).flatMap((number) => [Math.round(number * 1000), 1000])).buffer);
      directory.writeUInt16LE(tag, entry);
      directory.writeUInt16LE(text !== undefined ? 2 : link !== undefined ? 4 : 5, entry + 2);
      directory.writeUInt32LE(text !== undefined ? value.length : link !== undefined ? 1 : (rationals ?? []).length, entry + 4);
      if (link !== undefined) directory.writeUInt32LE(places[link] as number, entry + 8);
      else if (value.length <= 4) value.copy(directory, entry + 8);
      else {
        directory.writeUInt32LE(at, entry + 8);
        data.push(value, Buffer.alloc(value.length % 2));
        at += value.length + (value.length % 2);
      }
    });
    parts.push(directory);
  }
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(8 + before.length, 4);
  return Buffer.concat([head, before, ...parts, ...data]);
}

const exif = directories([
  [{ tag: 271, text: `Make ${canary}` }, { tag: 315, text: canary }, { tag: 34665, link: 1 }, { tag: 34853, link: 2 }],
  [{ tag: 36867, text: `2024:05:06 ${canary}` }, { tag: 42033, text: `SN ${canary}` }],
  [{ tag: 1, text: 'N' }, { tag: 2, rationals: [48, 51, 29.6] }, { tag: 3, text: 'E' }, { tag: 4, rationals: [2, 17, 40.2] }],
]);

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG with texts, EXIF and bytes behind it. */
export function taggedPng(path: string): Buffer {
  const png = readFileSync(new URL(path, root));
  const texts = [
    chunk('tEXt', Buffer.from(`Author\0${canary}`)), chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(`<b>${canary}</b>`)])),
    chunk('iTXt', Buffer.from(`Title\0\0\0\0\0${canary}`)), chunk('eXIf', exif),
  ];
  return Buffer.concat([png.subarray(0, 33), ...texts, png.subarray(33), Buffer.from(canary)]);
}

/** A JPEG with EXIF and a comment. */
export function taggedJpeg(path: string): Buffer {
  const jpeg = readFileSync(new URL(path, root));
  const segment = (code: number, data: Buffer): Buffer => {
    const head = Buffer.from([0xff, code, 0, 0]);
    head.writeUInt16BE(data.length + 2, 2);
    return Buffer.concat([head, data]);
  };
  return Buffer.concat([jpeg.subarray(0, 2), segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif])), segment(0xfe, Buffer.from(`by ${canary}`)), jpeg.subarray(2)]);
}

/** An OME-TIFF of 8 bits, grey. */
export function taggedTiff(width: number, height: number, samples: Uint8Array): Buffer {
  const xml = `<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Experimenter LastName="${canary}"/><Microscope SerialNumber="${canary}"/>` +
    `<Image Name="${canary}"><AcquisitionDate>${canary}</AcquisitionDate><Pixels PhysicalSizeX="0.5" SizeX="${width}" SizeY="${height}"/></Image></OME>`;
  const pixels = Buffer.from(samples);
  const file = directories([[
    { tag: 256 }, { tag: 257 }, { tag: 258 }, { tag: 259 }, { tag: 262 }, { tag: 270, text: xml }, { tag: 273 }, { tag: 277 }, { tag: 279 }, { tag: 305, text: canary }, { tag: 306, text: canary },
    { tag: 315, text: canary }, { tag: 316, text: canary },
  ]], pixels);
  // What is a number is written over its place.
  const numbers = new Map([[256, width], [257, height], [258, 8], [259, 1], [262, 1], [273, 8], [277, 1], [279, pixels.length]]);
  const first = 8 + pixels.length + 2;
  for (let i = 0; i < 13; i++) {
    const value = numbers.get(file.readUInt16LE(first + 12 * i));
    if (value === undefined) continue;
    file.writeUInt16LE(4, first + 12 * i + 2);
    file.writeUInt32LE(1, first + 12 * i + 4);
    file.writeUInt32LE(value, first + 12 * i + 8);
  }
  return file;
}
