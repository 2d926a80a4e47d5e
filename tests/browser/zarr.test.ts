/** Folders of OME-Zarr on the page: dropped, picked and opened, in Chromium and in Firefox, one image each, with the cells that the command line finds. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../../scripts/server.ts';
import { drawDiscs, someDiscs, someFrame } from '../border/frames.ts';
import { asRgb } from '../border/pyramid.ts';
import { writeZarrSlide, writeZarrStack } from '../border/zarr.ts';
import { cytodrop } from '../cli/fixtures.ts';
import { exportedText, firefox, launchFirefox } from './browsers.ts';
import { dragOnFrame } from './frame_page.ts';
import { CellPage, dist, endBrowser, Site } from './site.ts';

interface Frame { frame: string; channel_name?: string; z?: number; level?: number; overview?: boolean; region?: { left_px: number; top_px: number; width_px: number; height_px: number }; pixels_sha256: string; frame_width_px: number; pixel_size_um: number | null; cells: object[] }

let site: Site;
let folder: string;
let plate: string;
let expected: Frame[];

const framesOf = (json: string): Frame[] => (JSON.parse(json) as { frames: Frame[] }).frames;
const shared = ({ channel_name, z, pixels_sha256, frame_width_px, pixel_size_um, cells }: Frame): object => ({ channel_name, z, pixels_sha256, frame_width_px, pixel_size_um, cells });

/** A folder of pictures in which two folders of OME-Zarr lie, by another name the second. */
before(async () => {
  site = await Site.start();
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-zarr-'));
  plate = join(folder, 'plate');
  mkdirSync(plate);
  writeFileSync(join(plate, 'c.png'), someFrame());
  writeZarrStack(join(plate, 'a.ome.zarr'), 2, 'Dr. Mallory');
  writeZarrStack(join(plate, 'b'), 3);
  const { code, stdout } = await cytodrop('classify', '--model', 'viability', '--detect', '--format', 'json', plate);
  assert.equal(code, 0);
  expected = framesOf(stdout);
  assert.deepEqual(expected.map(({ channel_name, z }) => [channel_name, z]), [['Brightfield', 2], ['Brightfield', 2], [undefined, undefined]]);
  assert.ok(expected.every(({ cells }) => cells.length >= 10));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

async function chooseFields(page: CellPage): Promise<void> {
  await page.useModel('viability', 'Viability');
  await page.page.click(`label:has(${page.find('mode-fields')})`);
}

/** A folder of the browser's own stands in for one of the disk, whose picker no test can press. */
async function openPlate(page: CellPage): Promise<void> {
  for (const path of readdirSync(plate, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(plate, name)).isFile())) {
    await page.page.evaluate(async (parts, base64) => {
      let into = await (await navigator.storage.getDirectory()).getDirectoryHandle('plate', { create: true });
      for (const part of parts.slice(0, -1)) into = await into.getDirectoryHandle(part, { create: true });
      const writer = await (await into.getFileHandle(parts.at(-1) as string, { create: true })).createWritable();
      await writer.write(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
      await writer.close();
    }, path.split('/'), readFileSync(join(plate, path)).toString('base64'));
  }
  await page.page.evaluate(() => void Object.assign(window, { showDirectoryPicker: async () => (await navigator.storage.getDirectory()).getDirectoryHandle('plate') }));
  await page.press('choose-folder');
}

async function agrees(page: CellPage, names = ['plate/a.ome.zarr', 'plate/b', 'plate/c.png']): Promise<void> {
  await page.finish(3);
  const exported = await page.export('json');
  assert.ok(!exported.includes('Mallory'));
  const frames = framesOf(exported);
  assert.deepEqual(frames.map(({ frame }) => frame), names);
  assert.deepEqual(frames.map(shared), expected.map(shared));
}

describe('a folder of pictures and OME-Zarr', () => {
  test('dropped, and picked as a list of files', async () => {
    await site.visit(async (page) => {
      await chooseFields(page);
      await page.drop([plate]);
      await agrees(page);
      await page.press('clear');
      await page.addFiles([plate], 'folder-input');
      await agrees(page);
    });
  });

  test('comes back after a reload, from what is kept on this computer', async () => {
    await site.visit(async (page) => {
      await chooseFields(page);
      await page.drop([plate]);
      await page.finish(3);
      await page.page.waitForSelector(`${page.find('project')}[data-storing=on][data-id]`);
      await page.page.waitForSelector(`${page.find('frame-facts')}[data-picture="1 1"]:not([data-busy])`);
      await page.page.reload();
      await page.page.waitForSelector(`${page.find('footer')}[data-self-test=passed]`);
      await agrees(page);
      // Another plane is read from the file.
      await page.page.waitForSelector(`${page.find('frame-facts')}[data-picture="1 1"]:not([data-busy])`);
      await page.page.focus(page.find('z'));
      await page.page.keyboard.press('ArrowRight');
      await page.page.waitForSelector(`${page.find('frame-facts')}[data-picture="2 1"]:not([data-busy])`);
      await page.finish(3);
      assert.deepEqual(framesOf(await page.export('json')).map(({ z }) => z), [3, 2, undefined]);
    });
  });

  test('opened to the page', async () => {
    await site.visit(async (page) => {
      await chooseFields(page);
      await openPlate(page);
      await agrees(page);
    });
  });

  test('a folder of chunks alone is refused in one line', async () => {
    await site.visit(async (page) => {
      await chooseFields(page);
      mkdirSync(join(folder, 'lost.zarr', '0'), { recursive: true });
      writeFileSync(join(folder, 'lost.zarr', '0', '0.0'), 'chunk');
      await page.drop([join(folder, 'lost.zarr')]);
      await page.finish(1);
      const [frame] = (JSON.parse(await page.export('json')) as { frames: { frame: string; error: { message: string } }[] }).frames;
      assert.deepEqual([frame?.frame, frame?.error.message], ['lost.zarr', 'This is a ZIP archive, an office document or a folder in which there is no OME-Zarr (neither .zattrs nor zarr.json).']);
    });
  });

  test('Firefox gives what the command line does', { skip: firefox === undefined && 'there is no Firefox' }, async () => {
    const server = await startServer({ folder: dist, host: '127.0.0.1', port: 0 });
    const browser = await launchFirefox();
    try {
      const page = new CellPage(await browser.newPage(), browser.defaultBrowserContext(), server.url, '');
      page.page.setDefaultTimeout(120_000);
      await page.open();
      await chooseFields(page);
      // Its driver hands over no folders.
      await openPlate(page);
      await page.finish(3);
      const frames = framesOf(await exportedText(page));
      assert.deepEqual(frames.map(shared), expected.map(shared));
    } finally {
      await endBrowser(browser);
      await server.close();
    }
  });
});

test('a slide opens as an overview, and its region has the cells of the command line', async () => {
  const path = join(folder, 'slide.zarr');
  const discs = someDiscs.map(({ x, y, radius }) => ({ x: 2 * x, y: 2 * y, radius: 2 * radius, grey: 90 }));
  writeZarrSlide(path, { width: 65_536, height: 49_152, levels: 5, painted: { left: 40_960, top: 20_480, width: 680, height: 540, rgb: asRgb(drawDiscs(680, 540, discs)) } }, 3);
  await site.visit(async (page) => {
    await chooseFields(page);
    await page.drop([path]);
    await page.finish(1);
    await page.page.waitForSelector(`${page.find('frame-facts')}[data-picture="0 0 3   overview"]:not([data-busy])`);
    const [whole] = framesOf(await page.export('json')) as [Frame];
    assert.deepEqual([whole.frame, whole.level, whole.overview, whole.frame_width_px, whole.cells.length], ['slide.zarr', 4, true, 1024, 0]);
    await page.page.$eval(page.find('tool-region'), (input) => (input as HTMLElement).click());
    await dragOnFrame(page, { width: 1024, height: 768 }, { x: 630, y: 312 }, { x: 662, y: 340 });
    await page.page.waitForFunction((selector) => /^[\d,]+ × [\d,]+ px$/.test(document.querySelector(selector)?.textContent ?? ''), {}, page.find('region-size'));
    await page.press('find-here');
    await page.page.waitForSelector(page.find('to-overview'));
    await page.page.waitForSelector(`${page.find('frame-facts')}:not([data-busy])`);
    await page.finish(1);
    const [part] = framesOf(await page.export('json')) as [Frame];
    const { left_px, top_px, width_px, height_px } = part.region ?? assert.fail('no region');
    const { code, stdout } = await cytodrop('classify', '--model', 'viability', '--detect', '--format', 'json', '--region', `${left_px},${top_px},${width_px},${height_px}`, path);
    assert.equal(code, 0);
    assert.ok(part.cells.length >= 10, `${part.cells.length} cells`);
    assert.deepEqual(part.cells, framesOf(stdout)[0]?.cells);
  });
});
