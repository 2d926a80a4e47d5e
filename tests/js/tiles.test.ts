/** Pictures that several workers share: the same bits as by one, and slides tile by tile, with no double on a seam, a broken tile, a dead worker, a stop. */
import assert from 'node:assert/strict';
import { mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../border/fixtures.ts';
import { type Disc, drawDiscs, greyPng } from '../border/frames.ts';
import { asRgb, writePyramid } from '../border/pyramid.ts';
import { Classifier, exportFrames, type FrameAnalysis, type FrameCell, type FrameRunOptions, readReport } from '../../src/js/index.ts';
import { glanceLevel, isOwn, looksEmpty, Seams, tilesOf } from '../../src/js/frames/tiles.ts';
import { shareSteps } from '../../src/js/work/shared_steps.ts';

const search = { least_diameter: 14, most_diameter: 45, sensitivity: 0.5, split_touching: true, keep_cut_by_border: true, method: 'network_round' as const };
const inPx = { ...search, pixel_size_um: null };
const cell = (left_px: number, top_px: number, side = 20): FrameCell => ({ id: 0, box: { left_px, top_px, width_px: side, height_px: side }, outline: new Float32Array(), areaPx: side * side, searchScore: 1, cutByBorder: false });

describe('tiles', () => {
  test('cover a picture once, and see so far around that no cell is cut', () => {
    for (const [width_px, height_px] of [[10_000, 7_000], [100, 3_000_000], [2_560, 2_560], [2_561, 1]] as const) {
      const tiles = tilesOf({ width_px, height_px }, inPx);
      assert.equal(tiles.reduce((sum, { core }) => sum + core.width_px * core.height_px, 0), width_px * height_px);
      for (const { core, seen } of tiles) {
        const edges: [number, number][] = [
          [core.left_px - seen.left_px, core.left_px], [core.top_px - seen.top_px, core.top_px],
          [seen.left_px + seen.width_px - core.left_px - core.width_px, width_px - core.left_px - core.width_px], [seen.top_px + seen.height_px - core.top_px - core.height_px, height_px - core.top_px - core.height_px],
        ];
        // As far as the network sees, 96 of its px, and as the largest cell reaches.
        for (const [margin, room] of edges) assert.ok(margin >= Math.min(room, 96 * (Math.sqrt(14 * 45) / 22), 45), `${margin} of ${room}`);
      }
    }
    assert.deepEqual([tilesOf({ width_px: 9_000, height_px: 1 }, inPx)[0]?.core.width_px, tilesOf({ width_px: 9_000, height_px: 1 }, { ...inPx, pixel_size_um: 0.1 })[0]?.core.width_px, tilesOf({ width_px: 9_000, height_px: 1 }, { ...inPx, pixel_size_um: 20 })[0]?.core.width_px], [2_560, 4_096, 512]);
  });

  test('a cell belongs to where its middle is, or to both sides of a seam near it, and stays once', () => {
    const [left, right] = tilesOf({ width_px: 5_000, height_px: 100 }, inPx) as unknown as [{ core: FrameCell['box'] }, { core: FrameCell['box'] }];
    const owners = (x: number): boolean[] => [left, right].map(({ core }) => isOwn(cell(x - 10, 40).box, core, inPx));
    assert.deepEqual([owners(2_500), owners(2_559), owners(2_561), owners(2_600)], [[true, false], [true, true], [true, true], [false, true]]);
    const seams = new Seams(2_560);
    assert.equal(seams.add([cell(2_550, 40), cell(2_556, 40)]).length, 2, 'of one tile all stay');
    assert.deepEqual(seams.add([cell(2_551, 41), cell(2_580, 40), cell(2_562, 40)]).map(({ box }) => box.left_px), [2_580], 'what shares a third with one that is there is that one');
    const far = new Seams(2_560);
    far.add([cell(0, 0, 300)]);
    assert.equal(far.add([cell(20, 20, 290)]).length, 0, 'also where the middles lie far apart');
  });

  test('are empty where all is within a few levels, in the smallest copy that still shows a cell', () => {
    const picture = (...greys: number[]): Uint8Array => Uint8Array.from(greys.flatMap((grey) => [grey, grey, grey, 255]));
    assert.deepEqual([looksEmpty(picture(250, 244, 252)), looksEmpty(picture(250, 241, 250)), looksEmpty(Uint8Array.of(9, 9, 9, 0, 9, 9, 18, 255))], [true, false, false]);
    assert.deepEqual([[1, 4, 16], [1, 2, 4, 8], [1, 32], [1]].map((times) => glanceLevel(times, inPx)), [1, 2, 0, 0]);
  });
});

describe('steps that are shared', () => {
  test('are told once each and in order, whoever takes them; a helper that fails is left out, and its step taken again', async () => {
    const [told, taken] = [[] as number[], [] as string[]];
    const helpers = ['b', 'c'];
    await shareSteps<string, number>({
      count: 40,
      workers: () => ['a', ...helpers.slice(0, taken.length)],
      take: async (worker, step) => {
        taken.push(`${worker}${step}`);
        if (worker === 'b') throw new Error('died');
        for (let i = 0; i < (step * 7) % 5; i++) await null;
        return step * step;
      },
      tell: (step, result) => {
        assert.equal(result, step * step);
        told.push(step);
      },
    });
    assert.deepEqual(told, Array.from({ length: 40 }, (_, i) => i));
    assert.equal(taken.filter((one) => one.startsWith('b')).length, 1);
    assert.ok(taken.filter((one) => one.startsWith('c')).length > 5, taken.join(' '));
    assert.equal(taken.length, 41);
  });

  test('end with the error of the first worker, or of who is told', async () => {
    const failing = (take: () => Promise<number>, tell: () => void): Promise<void> => shareSteps({ count: 3, workers: () => ['a'], take, tell });
    await assert.rejects(failing(() => Promise.reject(new Error('mine')), () => {}), /mine/);
    await assert.rejects(failing(() => Promise.resolve(1), () => { throw new Error('theirs'); }), /theirs/);
    await shareSteps({ count: 0, workers: () => ['a'], take: () => assert.fail('nothing to do'), tell: () => assert.fail('nothing to tell') });
  });

  test('end soon after a stop, whatever workers are at', async () => {
    const signal = { aborted: false };
    const told: number[] = [];
    const run = shareSteps<string, number>({ count: 9, workers: () => ['a', 'b'], take: (_, step) => (step < 2 ? Promise.resolve(step) : new Promise(() => {})), tell: (step) => told.push(step), signal });
    while (told.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const stoppedAt = performance.now();
    signal.aborted = true;
    await run;
    assert.ok(performance.now() - stoppedAt < 200);
    assert.deepEqual(told, [0, 1]);
  });
});

const home = new URL('dist/', root);

async function analyses(jobs: number, files: (string | Uint8Array)[], options: FrameRunOptions = {}): Promise<FrameAnalysis[]> {
  const classifier = await Classifier.open('viability', { home, engine: 'core', jobs });
  try {
    const all: FrameAnalysis[] = [];
    for await (const record of classifier.analyseFrames(files, { search, ...options })) all.push(record.status === 'ok' ? record : assert.fail(record.message));
    return all;
  } finally {
    await classifier.close();
  }
}

/** Cells with all that was found, measured and named, to be compared bit by bit. */
const bits = (cells: readonly FrameCell[]): string => JSON.stringify(cells, (_, value: unknown) => (ArrayBuffer.isView(value) ? [...new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength)] : Number.isNaN(value) ? 'NaN' : value));

test('a large frame gives the same bits by one worker, by two and by three, by a network and without', async () => {
  const [width, height] = [1_600, 1_200];
  const discs = Array.from({ length: 300 }, (_, i): Disc => ({ x: 40 + 76 * (i % 20) + (i * 13) % 9, y: 40 + 80 * Math.floor(i / 20), radius: 9 + (i * 5) % 8, grey: 60 + (i * 37) % 80 }));
  const samples = drawDiscs(width, height, discs);
  let noise = 1;
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] as number) + ((noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) | 0) >>> 29);
  const file = greyPng(width, height, samples);
  assert.ok(file.length > 100_000, 'large enough to be shared');
  for (const method of ['network_round', 'round'] as const) {
    const found = [];
    for (const jobs of [1, 2, 3]) found.push(bits((await analyses(jobs, [file.slice()], { search: { ...search, method } }))[0]?.cells ?? []));
    assert.ok(JSON.parse(found[0] as string).length > 280, method);
    assert.equal(found[1], found[0], method);
    assert.equal(found[2], found[0], method);
  }
});

describe('a slide of 134 megapixels', () => {
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'cytodrop-tiles-')); });
  after(() => rmSync(folder, { recursive: true }));

  /** Cells lie around the corner of four tiles, at 5,120, 2,560, and on its seams. */
  const painted = { left: 4_608, top: 2_048, width: 1_024, height: 1_024 };
  const discs = Array.from({ length: 225 }, (_, i): Disc => ({ x: 62 + 64 * (i % 15) + (i % 3), y: 64 + 64 * Math.floor(i / 15), radius: 11 + (i % 4) }));

  function slide(bytes = 0): string {
    const path = join(folder, `slide-${bytes}.tif`);
    const rgb = asRgb(drawDiscs(painted.width, painted.height, discs).map((grey) => (grey === 200 ? 255 : grey)));
    writePyramid(path, { width: 16_384, height: 8_192, levels: 3, painted: { ...painted, rgb }, bytes });
    return path;
  }

  function liesOnDiscs(cells: readonly FrameCell[], which: readonly Disc[] = discs): void {
    assert.equal(cells.length, which.length);
    for (const { x, y } of which) {
      const near = cells.filter(({ box }) => Math.hypot(box.left_px + box.width_px / 2 - painted.left - x, box.top_px + box.height_px / 2 - painted.top - y) < 4);
      assert.equal(near.length, 1, `${x}, ${y}`);
    }
  }

  for (const bytes of [0, 100e6]) {
    test(`${bytes > 0 ? 'read by parts' : 'held'}: each cell is found once, also on seams, measured and named, the same by one worker and by two; empty tiles are left out`, async () => {
      const path = slide(bytes);
      const file = bytes > 0 ? path : new Uint8Array(readFileSync(path));
      const [one] = await analyses(1, [file], { pixelSizeUm: 1 });
      assert.ok(one?.tiles);
      liesOnDiscs(one.cells);
      assert.deepEqual(one.tiles, { all: 28, done: 28, empty: 24, unread: [] });
      assert.deepEqual([one.facts.image.width_px, one.facts.image.height_px, one.choice], [16_384, 8_192, { page: 0, channel: 0 }]);
      assert.deepEqual(one.cells.map(({ id }) => id), discs.map((_, i) => i));
      for (const { box, outline, areaPx, morphometry, verdict, cutByBorder } of one.cells) {
        assert.equal(cutByBorder, false);
        assert.ok(Math.abs(areaPx - (morphometry?.areaPx ?? 0)) < 0.2 * areaPx);
        assert.deepEqual(verdict?.crop, { left_px: box.left_px + (box.width_px >> 1) - 24, top_px: box.top_px + (box.height_px >> 1) - 24, width_px: 48, height_px: 48 });
        for (let i = 0; i < outline.length; i += 2) assert.ok((outline[i] as number) >= box.left_px - 1 && (outline[i] as number) <= box.left_px + box.width_px + 1);
      }
      const [two] = await analyses(2, [bytes > 0 ? path : new Uint8Array(readFileSync(path))], { pixelSizeUm: 1 });
      assert.equal(bits(two?.cells ?? []), bits(one.cells));
      assert.deepEqual(two?.tiles, one.tiles);
    });
  }

  test('without smaller copies it is drawn band by band, and searched as a whole also where an overview was asked for', async () => {
    const path = join(folder, 'flat.tif');
    writePyramid(path, { width: 16_384, height: 8_192, levels: 1, painted: { ...painted, rgb: asRgb(drawDiscs(painted.width, painted.height, discs).map((grey) => (grey === 200 ? 255 : grey))) } });
    const [found] = await analyses(2, [path], { pixelSizeUm: 1, choice: { page: 0, channel: -1, overview: true } });
    liesOnDiscs(found?.cells ?? []);
    assert.deepEqual([found?.choice, found?.tiles?.all], [{ page: 0, channel: 0 }, 28]);
    await using classifier = await Classifier.open('viability', { home, engine: 'core', jobs: 2 });
    const frame = await classifier.openFrame(path, { page: 0, channel: -1, overview: true });
    const [whole, again, levels] = [await frame.view(null, 2_048), await frame.view(null, 2_048), await classifier.openFrame(slide())];
    assert.deepEqual([whole.widthPx, whole.heightPx], [2_048, 1_024]);
    assert.deepEqual(again.rgba, whole.rgba);
    // The copies leave out what lies between their pixels, and the bands mean it.
    const copy = await levels.view(null, 1_024);
    assert.deepEqual([copy.widthPx, copy.heightPx], [1_024, 512]);
    const dark = (view: typeof whole, step: number): number[] => {
      const sums = [0, 0, 0];
      for (let i = 0; i < view.rgba.length; i += 4) {
        if ((view.rgba[i] as number) > 230) continue;
        const at = i / 4;
        [1, (at % view.widthPx) * step, Math.floor(at / view.widthPx) * step].forEach((value, k) => (sums[k] = (sums[k] as number) + value));
      }
      return [(sums[1] as number) / (sums[0] as number), (sums[2] as number) / (sums[0] as number)];
    };
    const [here, there] = [dark(whole, 8), dark(copy, 16)];
    here.forEach((value, i) => assert.ok(Math.abs(value - (there[i] as number)) < 16, `${here} ${there}`));
    assert.ok(Math.abs((here[0] as number) - painted.left - 510) < 20 && Math.abs((here[1] as number) - painted.top - 510) < 20, String(here));
    await Promise.all([frame.close(), levels.close()]);
  });

  test('a region of it is searched tile by tile too, and one that does not lie in it is refused', async () => {
    const region = { left_px: 512, top_px: 0, width_px: 15_000, height_px: 8_192 };
    const [found] = await analyses(2, [slide()], { pixelSizeUm: 1, choice: { page: 0, channel: -1, region } });
    liesOnDiscs((found?.cells ?? []).map((one) => ({ ...one, box: { ...one.box, left_px: one.box.left_px + region.left_px } })));
    await assert.rejects(analyses(1, [slide()], { choice: { page: 0, channel: -1, region: { ...region, left_px: 5_000 } } }), /region/);
  });

  test('a tile that cannot be read is told, and the others are searched', async () => {
    const path = slide(90e6);
    const file = openSync(path, 'r+');
    const table = Buffer.alloc(8);
    // The first directory's TileOffsets; the tile with the corner at 4,608, 2,048.
    readSync(file, table, 0, 8, 16 + 3 * 256 * 256 + 8 + 20 * 11 + 12);
    writeSync(file, Buffer.from(new BigUint64Array([2n ** 50n]).buffer), 0, 8, Number(table.readBigUInt64LE()) + 8 * ((2_048 / 256) * 64 + 4_608 / 256));
    const [found] = await analyses(2, [path], { pixelSizeUm: 1 });
    assert.equal(found?.tiles?.unread.length, 1);
    assert.deepEqual(found?.tiles?.unread[0]?.core, { left_px: 2_560, top_px: 0, width_px: 2_560, height_px: 2_560 });
    assert.ok((found?.tiles?.unread[0]?.message.length ?? 0) > 20, found?.tiles?.unread[0]?.message);
    const others = discs.filter(({ x, y }) => x + painted.left > 5_126 || y + painted.top > 2_566);
    assert.ok((found?.cells.length ?? 0) >= others.length && (found?.cells.length ?? 0) < discs.length);
  });

  test('a stop gives what there is within 200 ms, with the tiles that were done', async () => {
    await using classifier = await Classifier.open('viability', { home, engine: 'core', jobs: 2 });
    const path = slide();
    let stoppedAt = 0;
    const stop = new AbortController();
    const records: FrameAnalysis[] = [];
    const onProgress = (_: number, done: number): void => {
      if (done < 3 || stoppedAt > 0) return;
      stoppedAt = performance.now();
      stop.abort();
    };
    await assert.rejects(async () => {
      for await (const record of classifier.analyseFrames([path], { search, pixelSizeUm: 1, signal: stop.signal, onProgress })) if (record.status === 'ok') records.push(record);
    }, { name: 'AbortError' });
    const took = performance.now() - stoppedAt;
    assert.ok(took < 200, `${took} ms`);
    assert.deepEqual([records.length, records[0]?.tiles?.all, records[0]?.tiles?.done], [1, 28, 3]);
  });

  test('its report is reproduced, and single cells of it are named as they were', async () => {
    await using classifier = await Classifier.open('viability', { home, engine: 'core', jobs: 2 });
    const records = [];
    for await (const record of classifier.analyseFrames([slide()], { search, pixelSizeUm: 1 })) records.push(record);
    const report = readReport(exportFrames('json', records, classifier.exportContext()));
    const { reproduced, frames, compared, differences } = await classifier.checkReport(report, [slide()]);
    assert.deepEqual([reproduced, frames, compared, differences], [true, 1, discs.length, []]);
    const frame = await classifier.openFrame(slide());
    const cells = records[0]?.status === 'ok' ? records[0].cells : [];
    const again = await frame.classify(cells.map(({ verdict: _, ...one }) => one), { pixelSizeUm: 1 });
    assert.deepEqual(again.map(({ verdict }) => verdict), cells.map(({ verdict }) => verdict));
    const { widthPx, heightPx } = await frame.view({ left_px: 4_600, top_px: 2_000, width_px: 300, height_px: 200 }, 300);
    assert.deepEqual([widthPx, heightPx], [300, 200]);
    await frame.close();
  });
});
