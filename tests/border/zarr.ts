/** Slides and stacks as folders of OME-Zarr, in both versions of the format; chunks of nothing but white are not written, so that they take little room. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { drawDiscs, frameSide, someDiscs } from './frames.ts';
import { type Pyramid, smaller } from './pyramid.ts';

const tile = 256;

function put(folder: string, name: string, content: object | Uint8Array): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), content instanceof Uint8Array ? content : JSON.stringify(content));
}

const space = (name: string): object => ({ name, type: 'space', unit: 'micrometer' });

/** What stands at the top of a folder: `{}` of version 2 is two files. */
function putGroup(folder: string, version: 2 | 3, attributes: object): void {
  if (version === 3) return put(folder, 'zarr.json', { zarr_format: 3, node_type: 'group', attributes: { ome: { version: '0.5', ...attributes } } });
  put(folder, '.zgroup', { zarr_format: 2 });
  put(folder, '.zattrs', attributes);
}

function putArray(folder: string, version: 2 | 3, shape: number[], chunk: number[], fill: number): void {
  put(folder, version === 3 ? 'zarr.json' : '.zarray', version === 3 ? {
    zarr_format: 3, node_type: 'array', shape, data_type: 'uint8', fill_value: fill, attributes: {}, chunk_grid: { name: 'regular', configuration: { chunk_shape: chunk } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } }, codecs: [{ name: 'bytes' }, { name: 'gzip', configuration: { level: 1 } }],
  } : { zarr_format: 2, shape, chunks: chunk, dtype: '|u1', compressor: { id: 'gzip', level: 1 }, fill_value: fill, order: 'C', filters: null, dimension_separator: '/' });
}

/** A slide in colours: c, y, x; 0.5 µm per px. */
export function writeZarrSlide(folder: string, { width, height, levels, painted }: Pyramid, version: 2 | 3 = 2): void {
  const colour = (color: string): object => ({ color, window: { start: 0, end: 255, min: 0, max: 255 }, active: true });
  putGroup(folder, version, {
    multiscales: [{
      axes: [{ name: 'c', type: 'channel' }, space('y'), space('x')],
      datasets: Array.from({ length: levels }, (_, i) => ({ path: String(i), coordinateTransformations: [{ type: 'scale', scale: [1, 0.5 * 4 ** i, 0.5 * 4 ** i] }] })),
    }],
    omero: { channels: [colour('FF0000'), colour('00FF00'), colour('0000FF')] },
  });
  let part = painted;
  for (let level = 0; level < levels; level++) {
    const array = join(folder, String(level));
    putArray(array, version, [3, height >> (2 * level), width >> (2 * level)], [3, tile, tile], 255);
    for (let y = Math.floor(part.top / tile); y * tile < part.top + part.height; y++) {
      for (let x = Math.floor(part.left / tile); x * tile < part.left + part.width; x++) put(array, `${version === 3 ? 'c/' : ''}0/${y}/${x}`, gzipSync(chunkOf(part, x * tile, y * tile)));
    }
    part = smaller(part);
  }
}

/** One colour after the other. */
function chunkOf({ left, top, width, height, rgb }: Pyramid['painted'], chunkLeft: number, chunkTop: number): Uint8Array {
  const samples = new Uint8Array(3 * tile * tile).fill(255);
  for (let c = 0; c < 3; c++) {
    for (let y = Math.max(top, chunkTop); y < Math.min(top + height, chunkTop + tile); y++) {
      for (let x = Math.max(left, chunkLeft); x < Math.min(left + width, chunkLeft + tile); x++) {
        samples[(c * tile + y - chunkTop) * tile + x - chunkLeft] = rgb[3 * ((y - top) * width + x - left) + c] as number;
      }
    }
  }
  return samples;
}

/** Two channels and three planes, of which the second is sharp; a mark stands in its attributes. */
export function writeZarrStack(folder: string, version: 2 | 3 = 2, mark = ''): void {
  const { width, height } = frameSide;
  putGroup(folder, version, {
    multiscales: [{
      name: 'well A1', axes: [{ name: 'c', type: 'channel' }, space('z'), space('y'), space('x')],
      datasets: [{ path: '0', coordinateTransformations: [{ type: 'scale', scale: [1, 2, 0.5, 0.5] }] }],
    }],
    omero: { channels: [{ label: 'DAPI', color: '0000FF' }, { label: 'Brightfield', color: 'FFFFFF' }] }, ...(mark !== '' && { 'seen by': mark }),
  });
  const array = join(folder, '0');
  putArray(array, version, [2, 3, height, width], [1, 1, height, width], 0);
  for (let c = 0; c < 2; c++) {
    for (let z = 0; z < 3; z++) {
      const samples = drawDiscs(width, height, someDiscs.map((disc) => ({ ...disc, grey: z === 1 ? 40 : 150 })));
      put(array, `${version === 3 ? 'c/' : ''}${c}/${z}/0/0`, gzipSync(c === 0 ? samples.map((grey) => 255 - grey) : samples));
    }
  }
}
