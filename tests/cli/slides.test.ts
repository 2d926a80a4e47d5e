/** A region or a smaller level of a slide on the command line: what exports say of it, where outlines lie, and that its report is reproduced. */
import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { drawDiscs, frameSide, omeStack, someDiscs, someFrame } from '../border/frames.ts';
import { fileURLToPath } from 'node:url';
import { jsonOf, root } from '../border/fixtures.ts';
import { asRgb, writePyramid } from '../border/pyramid.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { cytodrop, parseCsv, withFolder } from './fixtures.ts';
import { follows, followsSchema } from './schemas.ts';

const spec = jsonOf<ModelSpec>('models/viability/spec.json');
const corner = { left: 40_960, top: 20_480 };
const side = { width: 680, height: 540 };
/** Discs twice as large as the shared ones, so that they are cells at the second level too. */
const discs = someDiscs.map(({ x, y, radius }) => ({ x: 2 * x, y: 2 * y, radius: 2 * radius }));

interface Cell { left_px: number; top_px: number; width_px: number; height_px: number }
interface Frame { page: number; level?: number; region?: Cell; frame_width_px: number; frame_height_px: number; pixel_size_um: number | null; cells: Cell[]; error?: { code: string; message: string; advice: string } }

/** Args: ground: grey level between the discs; what is not painted is white. */
function slide(folder: string, ground = 200): string {
  const path = join(folder, 'slide.tif');
  writePyramid(path, { width: 65_536, height: 49_152, levels: 5, painted: { ...corner, ...side, rgb: asRgb(drawDiscs(side.width, side.height, discs).map((grey) => (grey === 200 ? ground : grey))) } });
  return path;
}

/** Of what is painted one tile of the file lies nowhere any more: from 512 px on. */
function breakTile(path: string): void {
  const file = openSync(path, 'r+');
  const table = Buffer.alloc(8);
  readSync(file, table, 0, 8, 16 + 3 * 256 * 256 + 8 + 20 * 11 + 12);
  writeSync(file, Buffer.from(new BigUint64Array([2n ** 50n]).buffer), 0, 8, Number(table.readBigUInt64LE()) + 8 * ((corner.top / 256) * (65_536 / 256) + (corner.left + 512) / 256));
  closeSync(file);
}

const detect = ['classify', '--model', 'viability', '--detect', '--method', 'round', '--min-diameter', '10', '--max-diameter', '80'];
/** All that is painted, with 40 px around it. */
const around = `${corner.left - 40},${corner.top - 40},${side.width + 80},${side.height + 80}`;
/** The same at the next level. */
const aroundSmall = `${corner.left / 4 - 10},${corner.top / 4 - 10},${side.width / 4 + 20},${side.height / 4 + 20}`;

async function text(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cytodrop(...args);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Middles of the outlines of GeoJSON. */
function middles(geojson: string): { x: number; y: number }[] {
  const { features } = JSON.parse(geojson) as { features: { geometry: { coordinates: [number, number][][] } }[] };
  return features.map(({ geometry: { coordinates: [ring = []] } }) => {
    const mean = (values: number[]): number => (Math.min(...values) + Math.max(...values)) / 2;
    return { x: mean(ring.map(([x]) => x)), y: mean(ring.map(([, y]) => y)) };
  });
}

/** Each drawn disc has exactly one outline around it, on the whole slide. */
function lieOnDiscs(found: readonly { x: number; y: number }[], within: number): void {
  assert.equal(found.length, discs.length);
  for (const { x, y } of discs) {
    const near = found.filter((one) => Math.hypot(one.x - corner.left - x, one.y - corner.top - y) <= within);
    assert.equal(near.length, 1, `${x}, ${y}: ${JSON.stringify(found.slice(0, 3))}`);
  }
}

describe('a slide', () => {
  test('as a whole is searched tile by tile: no region is told, outlines lie on the slide, and a tile that cannot be read is one line', async () => {
    await withFolder(async (folder) => {
      const path = slide(folder, 255);
      const outlines = ['--geojson', join(folder, 'geojson'), '--rois', join(folder, 'rois')];
      const { code, stdout, stderr } = await cytodrop(...detect, ...outlines, '--format', 'json', path);
      assert.deepEqual([code, stderr.includes('tile')], [0, false], stderr);
      assert.equal(followsSchema('frames', 'json', stdout, { spec }), 1);
      const [frame] = (JSON.parse(stdout) as { frames: Frame[] }).frames as [Frame];
      assert.deepEqual([frame.level, frame.region, frame.frame_width_px, frame.frame_height_px, frame.pixel_size_um, frame.cells.length], [undefined, undefined, 65_536, 49_152, 0.5, discs.length]);
      lieOnDiscs(middles(readFileSync(join(folder, 'geojson', '0001 slide.geojson'), 'utf8')), 2);
      lieOnDiscs(roisOf(readFileSync(join(folder, 'rois', '0001 slide.zip'))), 2);

      breakTile(path);
      // A seam runs 200 px behind the corner of what is painted, so that the tile on its left does not see what is broken.
      const region = ['--region', '32968,18432,16384,12288'];
      const broken = await cytodrop(...detect, ...region, '--format', 'ndjson', path);
      assert.equal(broken.code, 0);
      const [line, ...more] = broken.stderr.trim().split('\n').filter((one) => one.includes('tile'));
      assert.match(line ?? '', /slide\.tif: the tile of \d+ × \d+ px at \d+, \d+ has no cells: .{20}/);
      assert.deepEqual(more, []);
      const left = broken.stdout.trim().split('\n').length;
      assert.ok(left > 0 && left < discs.length, `${left} cells`);
    });
  });

  for (const [name, args, expected, within] of [
    ['a region', ['--region', around], { level: undefined, width: side.width + 80, um: 0.5 }, 2],
    ['a region of a smaller level', ['--level', '2', '--region', aroundSmall, '--min-diameter', '10'], { level: 2, width: side.width / 4 + 20, um: 2 }, 5],
  ] as const) {
    test(`${name} is told in JSON, NDJSON and CSV, its outlines lie on the slide, and its report is reproduced`, async () => {
      await withFolder(async (folder) => {
        const path = slide(folder);
        const outlines = ['--geojson', join(folder, 'geojson'), '--rois', join(folder, 'rois')];
        const json = await text(...detect, ...args, ...outlines, '--format', 'json', path);
        assert.equal(followsSchema('frames', 'json', json, { spec }), 1);
        const [frame] = (JSON.parse(json) as { frames: Frame[] }).frames as [Frame];
        const [left_px = 0, top_px = 0, width_px = 0, height_px = 0] = (args[args.indexOf('--region') + 1] ?? '').split(',').map(Number);
        assert.deepEqual([frame.level, frame.region, frame.frame_width_px, frame.pixel_size_um], [expected.level, { left_px, top_px, width_px, height_px }, expected.width, expected.um]);
        assert.equal(frame.cells.length, discs.length);

        const csv = await text(...detect, ...args, '--format', 'csv', path);
        assert.equal(followsSchema('frames', 'csv', csv, { spec, parts: true }), discs.length);
        const { level, region_left_px, region_height_px, series, z } = parseCsv(csv)[0] ?? {};
        assert.deepEqual([level, region_left_px, region_height_px, series, z], [String(expected.level ?? ''), String(left_px), String(height_px), '', '']);
        assert.equal(followsSchema('frames', 'ndjson', await text(...detect, ...args, '--format', 'ndjson', path), { spec }), discs.length);

        lieOnDiscs(middles(readFileSync(join(folder, 'geojson', '0001 slide.geojson'), 'utf8')), within);
        lieOnDiscs(roisOf(readFileSync(join(folder, 'rois', '0001 slide.zip'))), within);

        writeFileSync(join(folder, 'report.json'), json);
        const check = await cytodrop('check', join(folder, 'report.json'), path);
        assert.equal(check.stdout.split('\n')[0], `Reproduced: all ${discs.length} cells of 1 frame give the same results to the sixth decimal.`);
        assert.equal(check.code, 0);
      });
    });
  }

  test('an ordinary frame has none of these fields', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'small.tif');
      writePyramid(path, { ...frameSide, width: 680, height: 540, levels: 1, painted: { left: 0, top: 0, ...side, rgb: asRgb(drawDiscs(side.width, side.height, discs)) } });
      const csv = await text(...detect, '--format', 'csv', path);
      assert.equal(followsSchema('frames', 'csv', csv, { spec }), discs.length);
      const [frame] = (JSON.parse(await text(...detect, '--format', 'json', path)) as { frames: Frame[] }).frames;
      assert.deepEqual(Object.keys(frame ?? {}).filter((key) => ['series', 'z', 't', 'channel_name', 'level', 'region', 'projection'].includes(key)), []);
    });
  });

  const aperio = fileURLToPath(new URL('../shared/cases/slide-aperio.svs', root));
  test('of another maker\'s: its second level', { skip: !existsSync(aperio) && 'the file is not here' }, async () => {
    const [frame] = (JSON.parse(await text(...detect, '--level', '2', '--format', 'json', aperio)) as { frames: Frame[] }).frames;
    assert.equal(frame?.level, 2);
  });
});

test('a stack: which channel and plane was looked at, in words of the file; and what is in the file', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'stack.ome.tif');
    writeFileSync(path, omeStack());
    interface Stack { page: number; channel: number; channel_name?: string; z?: number; t?: number; series?: number; projection?: string }
    const told = async (...args: string[]): Promise<unknown[]> => {
      const json = await text(...detect, ...args, '--format', 'json', path);
      assert.equal(followsSchema('frames', 'json', json, { spec }), 1);
      const [{ page, channel, channel_name, z, t, series, projection }] = (JSON.parse(json) as { frames: [Stack] }).frames;
      return [page, channel, channel_name, z, t, series, projection];
    };
    assert.deepEqual(await told(), [2, 2, 'Brightfield', 2, undefined, undefined, undefined]);
    assert.deepEqual(await told('--channel', 'DAPI', '--z', '3'), [3, 1, 'DAPI', 3, undefined, undefined, undefined]);
    assert.deepEqual(await told('--projection', 'mean'), [1, 2, 'Brightfield', undefined, undefined, undefined, 'mean']);

    const { stdout } = await cytodrop('inspect', path);
    assert.match(stdout, /^Series 1 \(well A1\): 340 × 270 px; 0\.5 µm per px; channels DAPI, Brightfield; 3 planes along z, 2 µm apart$/m);
    const inspected = JSON.parse((await cytodrop('inspect', '--format', 'json', path)).stdout) as { facts: { series: { name: string; levels: object[]; z: number; z_um: number }[] } };
    follows('inspection', inspected);
    const { facts } = inspected;
    assert.deepEqual(facts.series.map(({ name, levels, z, z_um }) => [name, levels, z, z_um]), [['well A1', [{ width_px: 340, height_px: 270 }], 3, 2]]);
  });
});

test('a stack as an image of one cell: which plane was classified, told where there was something to choose', async () => {
  await withFolder(async (folder) => {
    const paths = ['stack.ome.tif', 'plain.png'].map((name) => join(folder, name));
    for (const [i, bytes] of [omeStack(), someFrame()].entries()) writeFileSync(paths[i] as string, bytes);
    interface Plane { channel_name?: string; z?: number; t?: number; series?: number }
    const told = ({ channel_name, z, t, series }: Plane): unknown[] => [channel_name, z, t, series];
    const json = await text('classify', '--model', 'viability', '--format', 'json', ...paths);
    assert.equal(followsSchema('cells', 'json', json, { spec }), 2);
    assert.deepEqual((JSON.parse(json) as { cells: Plane[] }).cells.map(told), [['Brightfield', 2, undefined, undefined], [undefined, undefined, undefined, undefined]]);
    const lines = await text('classify', '--model', 'viability', '--format', 'ndjson', ...paths);
    assert.equal(followsSchema('cells', 'ndjson', lines, { spec }), 2);
    assert.deepEqual(told(JSON.parse(lines.split('\n')[0] as string) as Plane), ['Brightfield', 2, undefined, undefined]);
    assert.equal(followsSchema('cells', 'csv', await text('classify', '--model', 'viability', '--format', 'csv', ...paths), { spec }), 2);
  });
});

/** Middles of the polygons in a zip of ROIs, by their floats. */
function roisOf(zip: Buffer): { x: number; y: number }[] {
  const found: { x: number; y: number }[] = [];
  for (let at = 0; zip.readUInt32LE(at) === 0x0403_4b50;) {
    const [method, packed, name, extra] = [zip.readUInt16LE(at + 8), zip.readUInt32LE(at + 18), zip.readUInt16LE(at + 26), zip.readUInt16LE(at + 28)];
    const body = zip.subarray(at + 30 + name + extra, at + 30 + name + extra + packed);
    const roi = method === 8 ? inflateRawSync(body) : body;
    const points = roi.readUInt16BE(16);
    const floats = (from: number): number[] => Array.from({ length: points }, (_, i) => roi.readFloatBE(64 + 4 * (from + i)));
    const middle = (values: number[]): number => (Math.min(...values) + Math.max(...values)) / 2;
    found.push({ x: middle(floats(points)), y: middle(floats(2 * points)) });
    at += 30 + name + extra + packed;
  }
  return found;
}
