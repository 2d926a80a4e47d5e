/** Files with planes and levels on the page: which plane is looked at, by the file's own names; a whole slide, an overview of it, and the cells of a region. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { drawDiscs, omeStack, someDiscs, someFrame } from '../border/frames.ts';
import { asRgb, writePyramid } from '../border/pyramid.ts';
import { cytodrop, parseCsv } from '../cli/fixtures.ts';
import { dragOnFrame, zoomOnFrame } from './frame_page.ts';
import { Site, type CellPage } from './site.ts';

let site: Site;
let folder: string;

before(async () => {
  site = await Site.start();
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-slides-'));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

interface Part { page: number; channel: number; channel_name?: string; z?: number; projection?: string; level?: number; region?: { left_px: number; top_px: number; width_px: number; height_px: number }; overview?: boolean; frame_width_px: number; cells: object[] }

async function exported(page: CellPage): Promise<Part> {
  const [frame] = (JSON.parse(await page.export('json')) as { frames: Part[] }).frames;
  return frame ?? assert.fail('no frame');
}

async function open(page: CellPage, path: string): Promise<void> {
  await page.useModel('viability', 'Viability');
  await page.addFiles([path]);
  await page.finish(1);
  await page.page.waitForSelector(page.find('frame-canvas'));
}

/** Names and the chosen one of a list beside the frame's size; null: there is none. */
async function list(page: CellPage, hook: string): Promise<[chosen: string, all: string[]] | null> {
  return page.page.evaluate((selector) => {
    const select = document.querySelector<HTMLSelectElement>(selector);
    return select && ([select.selectedOptions[0]?.text ?? '', [...select.options].map(({ text }) => text)] as [string, string[]]);
  }, page.find(hook));
}

/** What the way through the planes says; null: there is none. */
async function plane(page: CellPage): Promise<string | null> {
  return page.page.evaluate((selector) => document.querySelector(selector)?.getAttribute('aria-valuetext') ?? null, page.find('z'));
}

test('a stack: channels by name, planes by number, why this plane; another plane and all planes as one are a choice away', async () => {
  const path = join(folder, 'stack.ome.tif');
  writeFileSync(path, omeStack());
  await site.visit(async (page) => {
    await open(page, path);
    assert.deepEqual(await list(page, 'file-channel'), ['Brightfield', ['DAPI', 'Brightfield']]);
    assert.equal(await plane(page), '2 of 3');
    assert.deepEqual(await list(page, 'projection'), ['one', ['one', 'brightest', 'mean']]);
    for (const hook of ['series', 't', 'page', 'channel']) assert.equal(await list(page, hook), null, hook);
    const why = await page.page.$eval(page.find('why-plane'), (element) => element.textContent);
    assert.match(why ?? '', /^The channel Brightfield was chosen, by its name, and the sharpest of 3 planes, number 2/);

    const settled = (picture: string): Promise<unknown> => page.page.waitForSelector(`${page.find('frame-facts')}[data-picture="${picture}"]:not([data-busy])`);
    await page.page.focus(page.find('z'));
    await page.page.keyboard.press('ArrowRight');
    await settled('2 1');
    assert.equal(await plane(page), '3 of 3');
    const { z, channel_name } = await exported(page);
    assert.deepEqual([z, channel_name], [3, 'Brightfield']);
    await page.page.select(page.find('projection'), 'max');
    await settled('2 1 0  max');
    assert.equal(await plane(page), null, 'all planes are one');
    assert.equal((await exported(page)).projection, 'max');
    await page.page.select(page.find('projection'), 'one');
    await settled('2 1');
    await page.page.select(page.find('file-channel'), '0');
    await settled('2 0');
    assert.deepEqual([(await list(page, 'file-channel'))?.[0], await page.page.$(page.find('why-plane'))], ['DAPI', null]);
  });
});

test('a stack as an image of one cell: its details and exports say which plane was classified, and why', async () => {
  const paths = ['one.ome.tif', 'plain.png'].map((name) => join(folder, name));
  for (const [i, bytes] of [omeStack(), someFrame()].entries()) writeFileSync(paths[i] as string, bytes);
  await site.visit(async (page) => {
    await page.addFiles(paths);
    await page.finish(2);
    const csv = parseCsv(await page.export('csv'));
    assert.deepEqual(csv.map(({ file, channel_name, z, series }) => [file, channel_name, z, series]), [['one.ome.tif', 'Brightfield', '2', ''], ['plain.png', '', '', '']]);
    for (const [name, expected] of [['one.ome.tif', 'Of the file: channel “Brightfield”, z 2. The channel Brightfield was chosen, by its name, and the sharpest of 3 planes, number 2'], ['plain.png', null]] as const) {
      await page.page.click(`[data-file="${name}"]`);
      await page.page.waitForFunction((hook, title) => document.querySelector(`${hook} .path`)?.textContent?.includes(title), {}, page.find('details'), name);
      const told = await page.page.$$eval(page.find('cell-plane'), (all) => all.map(({ textContent }) => textContent)[0] ?? null);
      assert.ok(expected === null ? told === null : told?.startsWith(expected), String(told));
    }
  });
});

/** Levels of 65,536, 16,384, 4,096, 1,024 and 256 px; the overview is the fourth. */
const full = { width: 65_536, height: 49_152 };
const overview = { width: 1_024, height: 768 };
const cellsAt = { left: 40_960, top: 20_480, width: 680, height: 540 };
const gigabytes = 20e9;

function slide(): string {
  const path = join(folder, 'slide.tif');
  const discs = someDiscs.map(({ x, y, radius }) => ({ x: 2 * x, y: 2 * y, radius: 2 * radius, grey: 90 }));
  writePyramid(path, { ...full, levels: 5, painted: { ...cellsAt, rgb: asRgb(drawDiscs(cellsAt.width, cellsAt.height, discs)) }, bytes: gigabytes });
  assert.equal(statSync(path).size, gigabytes);
  return path;
}

const settled = (page: CellPage, of: string): Promise<unknown> => page.page.waitForSelector(`${page.find('frame-facts')}${of}:not([data-busy])`);
const words = (page: CellPage, hook: string): Promise<string> => page.page.$eval(page.find(hook), (element) => element.textContent ?? '');

/** The most memory that any process of this browser's pages had, MB. */
function mostMemoryMb(page: CellPage): number {
  const browser = page.page.browser().process()?.pid ?? assert.fail('no process');
  const status = (pid: number): string => {
    try {
      return readFileSync(`/proc/${pid}/status`, 'utf8');
    } catch {  // it has ended meanwhile
      return '';
    }
  };
  const number = (text: string, name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map(all.map((pid) => [pid, number(status(pid), 'PPid')]));
  const isOurs = (pid: number): boolean => pid === browser || (pid > 1 && isOurs(parents.get(pid) ?? 0));
  return Math.max(...all.filter((pid) => pid !== browser && isOurs(pid)).map((pid) => number(status(pid), 'VmHWM') / 1024));
}

test('a slide of 20 GB: an overview, sharper tiles of what is in sight, and the cells of a region, as the command line finds them', async () => {
  const path = slide();
  await site.visit(async (page) => {
    await open(page, path);
    await settled(page, '[data-picture="0 0 3   overview"]');
    assert.match(await words(page, 'slide-bar'), /^An overview of 65,536 × 49,152 px, 64 times smaller\./);
    const whole = await exported(page);
    assert.deepEqual([whole.level, whole.overview, whole.region, whole.frame_width_px, whole.cells.length], [4, true, undefined, overview.width, 0]);

    // All of it is in sight.
    await page.page.waitForSelector(page.find('region-size'));
    assert.deepEqual([await words(page, 'region-size'), await words(page, 'find-here')], ['65,536 × 49,152 px, tile by tile', 'Find cells in the whole slide']);
    const opened = mostMemoryMb(page);
    assert.ok(opened < 400, `${opened} MB`);

    await page.page.$eval(page.find('tool-region'), (input) => (input as HTMLElement).click());
    await dragOnFrame(page, overview, { x: 630, y: 312 }, { x: 662, y: 340 });
    await page.page.waitForFunction((selector) => /^[\d,]+ × [\d,]+ px$/.test(document.querySelector(selector)?.textContent ?? ''), {}, page.find('region-size'));
    await page.press('find-here');
    await page.page.waitForSelector(page.find('to-overview'));
    await settled(page, '');
    await page.finish(1);
    const part = await exported(page);
    assert.deepEqual([part.level, part.overview, part.frame_width_px], [undefined, undefined, part.region?.width_px]);
    const { left_px, top_px, width_px, height_px } = part.region ?? assert.fail('no region');
    assert.ok(left_px > 39_900 && left_px < 40_960 && left_px + width_px > 41_640 && top_px < 20_480 && top_px + height_px > 21_020, JSON.stringify(part.region));
    const { code, stdout, stderr } = await cytodrop('classify', '--model', 'viability', '--detect', '--format', 'json', '--region', `${left_px},${top_px},${width_px},${height_px}`, path);
    assert.equal(code, 0, stderr);
    const [same] = (JSON.parse(stdout) as { frames: Part[] }).frames;
    assert.ok(part.cells.length >= 10, `${part.cells.length} cells`);
    assert.deepEqual(part.cells, same?.cells);
    assert.match(await words(page, 'slide-bar'), /^A region of a slide of 65,536 × 49,152 px; its corner lies at [\d,]+, [\d,]+\./);

    // Back: the region is remembered, and one press away.
    await page.press('to-overview');
    await settled(page, '[data-picture="0 0 3   overview"]');
    assert.equal(await words(page, 'looked-region'), `region 1, ${part.cells.length} cells`);

    // Zoomed in to the full size there are tiles of it, fetched from the open file.
    await zoomOnFrame(page, overview, { x: 645, y: 324 }, 16);
    await page.page.waitForSelector(`${page.find('frame-canvas')}[data-finest="64"][data-missing="0"]`);
    // All discs as sharp as they are at full size, on all of their ground: no tile is missing, doubled or shifted.
    const drawn = await page.page.waitForFunction((selector) => {
      const canvas = document.querySelector<HTMLCanvasElement>(selector)!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const greys = new Uint32Array(256);
      for (let i = 0; i < data.length; i += 4) greys[data[i]!]!++;
      const [discs, ground] = [greys[90]!, greys[200]!];
      return discs > 1_000 && { discs, ground };
    }, {}, page.find('frame-canvas'));
    const { discs, ground } = (await drawn.jsonValue()) as { discs: number; ground: number };
    const [expectedDiscs, area] = [20 * Math.PI * 24 ** 2, cellsAt.width * cellsAt.height];
    const share = discs / ground / (expectedDiscs / (area - expectedDiscs));
    assert.ok(share > 0.9 && share < 1.02, `${share}`);
    await page.press('looked-region');
    await page.page.waitForSelector(page.find('to-overview'));
    await settled(page, '');
    await page.finish(1);
    assert.deepEqual((await exported(page)).cells, part.cells);
    const most = mostMemoryMb(page);
    assert.ok(most < 900, `${most} MB`);
  }, { width: 1440, height: 900 });
});

test('a whole slide with thousands of cells, tile by tile: they come into sight as they are found, a stop leaves what there is, moving stays smooth, exports lie on the slide', async () => {
  const path = join(folder, 'many.tif');
  // 48 px in a grid, 96 px apart: at 0.5 µm per px cells of 24 µm.
  const [across, down, apart] = [60, 45, 96];
  const side = { width: across * apart + apart, height: down * apart + apart };
  const discs = Array.from({ length: across * down }, (_, i) => ({ x: apart * (1 + (i % across)), y: apart * (1 + Math.floor(i / across)), radius: 24 }));
  const rgb = asRgb(drawDiscs(side.width, side.height, discs).map((grey) => (grey === 200 ? 255 : grey)));
  const corner = { left: 4_096, top: 2_048 };
  writePyramid(path, { width: 16_384, height: 8_192, levels: 3, painted: { ...corner, ...side, rgb } });
  await site.visit(async (page) => {
    await open(page, path);
    await page.page.waitForFunction((selector) => document.querySelector(selector)?.textContent === 'Find cells in the whole slide', {}, page.find('find-here'));
    await page.page.evaluate(() => {
      window.moments = [];
      const frame = (): void => {
        window.moments?.push(performance.now());
        requestAnimationFrame(frame);
      };
      frame();
    });
    await page.press('find-here');
    await page.page.waitForSelector(page.find('tile-progress'));
    // Some cells are there before the last tile is.
    await page.page.waitForFunction((progress, count) => document.querySelector(progress) && Number(document.querySelector<HTMLElement>(count)?.dataset['count']) > 0, {}, page.find('tile-progress'), page.find('frame-cells'));
    await page.press('stop-tiles');
    await settled(page, '[data-picture="0 0"]');
    const part = await exported(page);
    assert.ok(part.cells.length > 0 && part.cells.length < discs.length, `${part.cells.length} cells`);

    // Searched again: all of them.
    await page.press('to-overview');
    await settled(page, '[data-picture="0 0 2   overview"]');
    assert.equal(await words(page, 'looked-region'), `whole slide, ${part.cells.length.toLocaleString('en')} cells`);
    await page.press('find-here');
    await page.page.waitForSelector(page.find('tile-progress'));
    await page.page.waitForSelector(page.find('tile-progress'), { hidden: true, timeout: 180_000 });
    await settled(page, '[data-picture="0 0"]');
    await page.page.waitForFunction((selector, count) => document.querySelector<HTMLElement>(selector)?.dataset['count'] === count, {}, page.find('frame-cells'), String(discs.length));
    const whole = await exported(page);
    assert.deepEqual([whole.level, whole.region, whole.overview, whole.frame_width_px], [undefined, undefined, undefined, 16_384]);
    const { features } = JSON.parse(await page.export('geojson')) as { features: { geometry: { coordinates: [number, number][][] } }[] };
    const places = new Set(features.map(({ geometry: { coordinates: [ring = []] } }) => {
      const mean = (values: number[]): number => (Math.min(...values) + Math.max(...values)) / 2;
      return `${Math.round((mean(ring.map(([x]) => x)) - corner.left) / apart)} ${Math.round((mean(ring.map(([, y]) => y)) - corner.top) / apart)}`;
    }));
    assert.deepEqual([features.length, places.size], [discs.length, discs.length]);

    const canvas = await (await page.page.$(page.find('frame-canvas')))?.boundingBox() ?? assert.fail('no picture');
    const [x, y] = [canvas.x + canvas.width / 2, canvas.y + canvas.height / 2];
    await page.page.mouse.move(x, y);
    await page.page.mouse.down();
    await page.page.evaluate(() => { window.moments = []; });
    for (let i = 0; i < 90; i++) await page.page.mouse.move(x + 120 * Math.sin(i / 9), y + 80 * Math.cos(i / 7));
    await page.page.mouse.up();
    const moments = await page.page.evaluate(() => window.moments ?? []);
    const between = moments.slice(1).map((at, i) => at - (moments[i] ?? 0)).sort((a, b) => a - b);
    assert.ok(between.length > 30 && (between[between.length >> 1] ?? Infinity) < 34, `${between.length} pictures, ${between[between.length >> 1]} ms apart`);
  }, { width: 1440, height: 900 });
});

declare global {
  interface Window { moments?: number[] }
}

test('a picture of that size without smaller copies opens at once as a whole, searched tile by tile', async () => {
  const path = join(folder, 'flat.tif');
  const discs = Array.from({ length: 40 }, (_, i) => ({ x: 96 * (1 + (i % 8)), y: 96 * (1 + Math.floor(i / 8)), radius: 24 }));
  const side = { width: 1_024, height: 768 };
  const rgb = asRgb(drawDiscs(side.width, side.height, discs).map((grey) => (grey === 200 ? 255 : grey)));
  writePyramid(path, { width: 16_384, height: 8_192, levels: 1, painted: { left: 4_096, top: 2_048, ...side, rgb } });
  await site.visit(async (page) => {
    await open(page, path);
    await settled(page, '[data-picture="0 0"]');
    assert.equal(await page.page.$eval(page.find('frame-cells'), (element) => (element as HTMLElement).dataset['count']), String(discs.length));
    assert.equal(await page.page.$(page.find('to-overview')), null);
    // The picture is there, and sharper once one looks closely.
    const canvas = page.find('frame-canvas');
    await page.page.waitForFunction((selector) => document.querySelector<HTMLElement>(selector)?.dataset['missing'] === '0', {}, canvas);
    for (let i = 0; i < 8; i++) await page.press('zoom-in');
    await page.page.waitForFunction((selector) => { const { finest, missing } = document.querySelector<HTMLElement>(selector)?.dataset ?? {}; return finest === '1' && missing === '0'; }, {}, canvas);
    assert.equal((await exported(page)).cells.length, discs.length);
  }, { width: 1440, height: 900 });
});
