/** The further readers as WebAssembly: the pixels and tags that they give natively, of every golden file. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { bytesOf, jsonOf } from '../border/fixtures.ts';
import { openCodec } from '../../src/js/core/codecs.ts';
import { CytodropError } from '../../src/js/core/errors.ts';
import { type FileParts, placeOf } from '../../src/js/core/file_parts.ts';
import { FurtherReaders } from '../../src/js/core/further_readers.ts';
import { Core } from '../../src/js/core/core.ts';
import { Readers } from '../../src/js/core/readers.ts';
import { zarrParts } from '../../src/js/core/zarr_folder.ts';

interface Golden {
  format: string;
  series: { name: string; levels: [number, number][]; channels: { name: string }[]; z: number; t: number; samples: number; type: string }[];
  tags: [string, string, string, string][];
  /** SERIES_CHANNEL_Z_T_LEVEL to the SHA-256 of the samples. */
  planes: Record<string, string>;
}

const golden = jsonOf<Record<string, Golden>>('tests/golden/files/expected.json');
const fileOf = (name: string): Uint8Array => bytesOf(`tests/golden/files/${name}`);
const readers = await Readers.open(bytesOf('build/wasm/cytodrop_formats.wasm'));
const jxl = bytesOf('build/wasm/cytodrop_jxl.wasm');
readers.setCodec('jpeg_xl', await openCodec('jpeg_xl', () => Promise.resolve(jxl)));
const core = await Core.open(bytesOf('build/wasm/cytodrop_core.wasm'));

/** Counts what is asked for. */
function counted(bytes: Uint8Array): { parts: FileParts; asked: () => number } {
  let asked = 0;
  return { parts: { length: bytes.length, read: (at, count) => { asked += count; return bytes.subarray(at, at + count); }, close: () => {} }, asked: () => asked };
}

const partsOf = (bytes: Uint8Array): FileParts => counted(bytes).parts;
const sampleBytes: Record<string, number> = { uint8: 1, uint16: 2, float32: 4 };

describe('golden files', () => {
  for (const [name, { format, series, tags, planes }] of Object.entries(golden)) {
    test(name, () => {
      const parts = partsOf(fileOf(name));
      for (const [key, sum] of Object.entries(planes)) {
        const [number = 0, channel = 0, z = 0, t = 0, level = 0] = key.split('_').map(Number);
        const one = series[number] as Golden['series'][number];
        const first = series.slice(0, number).reduce((all, other) => all + other.z * other.t, 0);
        const { bytes, facts } = readers.page(parts, { page: first + t * one.z + z, channel, level });
        const [width = 0, height = 0] = one.levels[level] ?? [];
        const samples = bytes.subarray(bytes.length - width * height * one.samples * (sampleBytes[one.type] ?? 0));
        assert.equal(createHash('sha256').update(samples).digest('hex'), sum, key);
        assert.deepEqual(facts.place, { series: number, channel, z, t });
        assert.deepEqual([facts.format, facts.series.map((all) => [all.name, all.channels.map((some) => some.name), all.z, all.t])], [format, series.map((all) => [all.name, all.channels.map((some) => some.name), all.z, all.t])]);
        // The core takes it.
        const frame = core.openFrame(bytes, 0, -1);
        assert.deepEqual([frame.image.format, frame.image.width_px, frame.image.height_px], [format, width, height]);
        core.closeFrame(frame.frame);
      }
      assert.deepEqual(readers.inspect(parts).tags.map(({ group, name: tag, value, mark }) => [group, tag, value, mark]), tags);
    });
  }

  test('a core that is given one says that it leaves it, and any cut is one error', () => {
    for (const name of Object.keys(golden)) {
      const bytes = fileOf(name);
      assert.throws(() => core.openFrame(bytes, 0, -1), { code: 'needs_reader' }, name);
      for (const share of [0.1, 0.5, 0.9]) {
        try {
          readers.page(partsOf(bytes.subarray(0, Math.floor(bytes.length * share))), { page: 0, channel: -1 });
        } catch (error) {
          assert.ok(error instanceof CytodropError && ['truncated', 'corrupt', 'unsupported_feature', 'unsupported_format'].includes(error.code), `${name}: ${String(error)}`);
        }
      }
    }
  });
});

describe('which plane', () => {
  const series = [
    { name: 'well A', levels: [{ width_px: 9, height_px: 9 }], channels: [{ name: 'DAPI', wavelength_nm: 461 }, { name: 'Brightfield', wavelength_nm: null }], z: 3, t: 2, samples: 1, bits: 8, x_um: null, y_um: null, z_um: null },
    { name: 'well B', levels: [{ width_px: 9, height_px: 9 }], channels: [{ name: '', wavelength_nm: null }], z: 1, t: 4, samples: 1, bits: 8, x_um: null, y_um: null, z_um: null },
  ];

  test('pages are z, then t, then series; names and numbers name them too', () => {
    assert.deepEqual(placeOf(series, { page: 4, channel: -1 }), { series: 0, channel: 0, z: 1, t: 1, isFree: false });
    assert.deepEqual(placeOf(series, { page: 7, channel: 0 }), { series: 1, channel: 0, z: 0, t: 1, isFree: false });
    assert.deepEqual(placeOf(series, { page: 0, channel: -1, named: { series: 'WELL B', t: 4 } }), { series: 1, channel: 0, z: 0, t: 3, isFree: false });
    assert.deepEqual(placeOf(series, { page: 0, channel: -1, named: { channel: 'brightfield' } }), { series: 0, channel: 1, z: 0, t: 0, isFree: false });
    assert.deepEqual(placeOf(series, { page: 0, channel: -1, named: { series: '2' } }), { series: 1, channel: 0, z: 0, t: 0, isFree: true });
  });

  test('what is not there is named, with what is', () => {
    assert.throws(() => placeOf(series, { page: 10, channel: -1 }), { code: 'invalid_argument', message: 'The file has 10 pages, and page 11 was asked for.' });
    assert.throws(() => placeOf(series, { page: 0, channel: -1, named: { channel: 'GFP' } }), { message: 'The file has no channel GFP; it has 1 (DAPI), 2 (Brightfield).' });
    assert.throws(() => placeOf(series, { page: 0, channel: -1, named: { z: 4 } }), { message: 'The file has 3 planes along z, and number 4 was asked for.' });
    assert.throws(() => placeOf(series, { page: 6, channel: 1 }), { code: 'invalid_argument' });
  });
});

describe('further readers', () => {
  test('are opened once, when a file needs them, and again after they could not be', async () => {
    let opened = 0;
    const further = new FurtherReaders(() => (++opened === 1 ? Promise.reject(new Error('no connection.')) : Promise.resolve(readers)), () => Promise.reject(new Error('no codec was asked for')));
    const use = (file: Uint8Array): string => core.openFrame(file, 0, -1).image.format;
    assert.equal(await further.withPage(bytesOf('public/samples/viability/fields/simulated-field-1.png'), use), 'PNG');
    assert.equal(opened, 0);
    await assert.rejects(further.withPage(fileOf('planes.czi'), use), { code: 'unsupported_format', message: 'What reads this kind of file could not be loaded: no connection.' });
    assert.equal(await further.withPage(fileOf('planes.czi'), use), 'Zeiss CZI');
    assert.equal(await further.withPage(fileOf('channels.nd2'), use), 'Nikon ND2');
    assert.equal(opened, 2);
  });

  test('a codec is loaded when the first file needs it, and again after it could not be', async () => {
    const bare = await Readers.open(bytesOf('build/wasm/cytodrop_formats.wasm'));
    const asked: string[] = [];
    const further = new FurtherReaders(() => Promise.resolve(bare), (name) => (asked.push(name) === 1 ? Promise.reject(new Error('no connection.')) : openCodec(name, () => Promise.resolve(jxl))));
    const use = (file: Uint8Array): string => {
      const { frame, image } = core.openFrame(file, 0, -1);
      core.closeFrame(frame);
      return image.format;
    };
    assert.equal(await further.withPage(fileOf('planes.czi'), use), 'Zeiss CZI');
    assert.deepEqual(asked, []);
    await assert.rejects(further.withPage(fileOf('jxl-grey-16.jxl'), use), { code: 'unsupported_format', message: 'What reads this kind of file could not be loaded: no connection.' });
    assert.equal(await further.withPage(fileOf('jxl-grey-16.jxl'), use), 'JPEG XL');
    assert.equal(await further.withPage(fileOf('jxl-alpha.jxl'), use), 'JPEG XL');
    assert.deepEqual(asked, ['jpeg_xl', 'jpeg_xl']);
    await assert.rejects(openCodec('mp3', () => Promise.resolve(jxl)), { message: 'no codec of the name mp3' });
  });

  test('a file that is gone while it is read says so', () => {
    const { parts } = counted(fileOf('planes.czi'));
    assert.throws(() => readers.page({ ...parts, read: () => null }, { page: 0, channel: -1 }), { code: 'unreadable_file' });
  });

  test('a part of a large file costs a part of its bytes', () => {
    // A plain TIFF of 4,000 rows of 4,000 px in strips of one row, of which five are asked for.
    const [side, head] = [4000, 200_000];
    const bytes = new Uint8Array(head + side * side);
    const view = new DataView(bytes.buffer);
    const entries: [number, number, number, number][] = [[256, 4, 1, side], [257, 4, 1, side], [258, 3, 1, 8], [259, 3, 1, 1], [262, 3, 1, 1], [273, 4, side, 1000], [277, 3, 1, 1], [278, 4, 1, 1], [279, 4, side, 1000 + 4 * side]];
    bytes.set([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
    view.setUint16(8, entries.length, true);
    entries.forEach(([tag, type, count, value], i) => {
      view.setUint16(10 + 12 * i, tag, true);
      view.setUint16(12 + 12 * i, type, true);
      view.setUint32(14 + 12 * i, count, true);
      view.setUint32(18 + 12 * i, value, true);
    });
    for (let y = 0; y < side; y++) {
      view.setUint32(1000 + 4 * y, head + y * side, true);
      view.setUint32(1000 + 4 * (side + y), side, true);
    }
    bytes.fill(7, head);
    const { parts, asked } = counted(bytes);
    const page = readers.page(parts, { page: 0, channel: 0, region: { left_px: 10, top_px: 2000, width_px: 30, height_px: 5 } });
    assert.equal(page.bytes.subarray(-150).every((sample) => sample === 7), true);
    assert.ok(asked() < 1_500_000, `${asked()} of ${bytes.length} bytes`);
  });
});

test('a folder of more than 4 GB and 65,535 files is read by parts where they lie', () => {
  const array = { zarr_format: 2, shape: [2, 4], chunks: [2, 2], dtype: '|u1', compressor: null, fill_value: 0, order: 'C', filters: null };
  const content = new Map([
    ['.zattrs', JSON.stringify({ multiscales: [{ axes: ['y', 'x'], datasets: [{ path: '0' }] }] })], ['0/.zarray', JSON.stringify(array)], ['0/0.1', 'abcd'],
  ]);
  const bytes = (path: string): Uint8Array => new TextEncoder().encode(content.get(path));
  const asked: string[] = [];
  const files = [...content.keys()].map((path) => ({ path, length: bytes(path).length }));
  // The second begins behind the first, whose bytes nobody has.
  files.push({ path: '0/0.0', length: 5_000_000_000 }, ...Array.from({ length: 70_000 }, (_, i) => ({ path: `0/9.${i}`, length: 0 })));
  const parts = zarrParts(files, (path, part, at) => {
    asked.push(path);
    if (path === '0/0.0') return true;
    part.set(bytes(path).subarray(at, at + part.length));
    return true;
  });
  const page = readers.page(parts, { page: 0, channel: -1, region: { left_px: 2, top_px: 0, width_px: 2, height_px: 2 } });
  assert.equal(new TextDecoder().decode(page.bytes.subarray(-4)), 'abcd');
  assert.ok(asked.includes('0/0.1') && parts.length > 5_000_000_000);
  assert.throws(() => readers.page(parts, { page: 0, channel: -1 }), { code: 'too_large' });
});
