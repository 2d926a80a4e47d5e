/** The size of a pixel, as a person says it: by a line along a known length, by a number, or by an objective and camera that were kept. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { drawDiscs, frameSide, greyTiff, someDiscs, someFrame } from '../border/frames.ts';
import { dragOnFrame } from './frame_page.ts';
import { type CellPage, Site } from './site.ts';

interface ScaledFrame { frame: string; pixel_size_um: number | null; pixel_size_from_file_um: number | null; cells: unknown[] }

let site: Site;
let folder: string;
const paths: Record<'plain' | 'stated', string> = { plain: '', stated: '' };

before(async () => {
  site = await Site.start();
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-scale-'));
  paths.plain = join(folder, 'plain.png');
  paths.stated = join(folder, 'stated.tif');
  writeFileSync(paths.plain, someFrame());
  writeFileSync(paths.stated, greyTiff(frameSide.width, frameSide.height, [Uint16Array.from(drawDiscs(frameSide.width, frameSide.height, someDiscs), (grey) => 100 * grey)], 0.4));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

async function exported(page: CellPage): Promise<ScaledFrame[]> {
  return (JSON.parse(await page.export('json')) as { frames: ScaledFrame[] }).frames;
}

const facts = (page: CellPage): Promise<string> => page.page.$eval(page.find('pixel-facts'), (element) => element.textContent ?? '');
const saysScale = (page: CellPage, words: string): Promise<unknown> => page.page.waitForFunction((hook, text) => document.querySelector(hook)?.textContent === text, {}, page.find('pixel-facts'), words);
const valueOf = (page: CellPage, hook: string): Promise<string> => page.page.$eval(page.find(hook), (input) => (input as HTMLInputElement).value);

/** Puts text in place of what a field holds. */
async function fill(page: CellPage, hook: string, text: string): Promise<void> {
  const field = await page.page.waitForSelector(page.find(hook));
  await field?.evaluate((input) => (input as HTMLInputElement).select());
  await page.page.keyboard.type(text);
}

async function openScale(page: CellPage, files: string[]): Promise<void> {
  await page.useModel('viability', 'Viability');
  await page.addFiles(files);
  await page.finish(files.length);
  await page.page.click(`label:has(${page.find('tool-scale')})`);
  await page.page.waitForSelector(page.find('scale-panel'));
}

test('a line of 100 px that is 50 µm long makes 0.5 µm per px of all frames, which are searched again and say so; a step back takes it away', async () => {
  await site.visit(async (page) => {
    await openScale(page, [paths.plain, paths.stated]);
    assert.deepEqual((await exported(page)).map(({ pixel_size_um }) => pixel_size_um), [null, 0.4]);
    assert.equal(await facts(page), 'pixel size not known');
    await dragOnFrame(page, frameSide, { x: 50, y: 70 }, { x: 150, y: 70 });
    await page.page.waitForFunction((hook) => (document.querySelector(hook) as HTMLInputElement).value !== '', {}, page.find('scale-line'));
    const drawn = Number(await valueOf(page, 'scale-line'));
    assert.ok(Math.abs(drawn - 100) < 1, `${drawn} px`);
    await fill(page, 'scale-line', '100');
    await fill(page, 'scale-length', '50');
    assert.equal(await valueOf(page, 'scale-size'), '0.5');
    await page.press('scale-all');
    await saysScale(page, '0.5 µm per px, set by hand');
    await page.finish(2);
    const frames = await exported(page);
    assert.deepEqual(frames.map(({ pixel_size_um, pixel_size_from_file_um }) => [pixel_size_um, pixel_size_from_file_um]), [[0.5, null], [0.5, 0.4]]);
    assert.ok(frames.every(({ cells }) => cells.length > 0));
    await page.press('next-frame');
    await saysScale(page, '0.5 µm per px, set by hand; the file states 0.4');
    await page.press('undo-edit');
    await saysScale(page, '0.4 µm per px, as the file states');
    await page.finish(2);
    assert.deepEqual((await exported(page)).map(({ pixel_size_um }) => pixel_size_um), [null, 0.4]);
  });
});

test('the scale of one frame leaves the others as they are, and goes when all get one', async () => {
  await site.visit(async (page) => {
    await openScale(page, [paths.plain, paths.stated]);
    await fill(page, 'scale-size', '0.25');
    await page.press('scale-this');
    await saysScale(page, '0.25 µm per px, set by hand');
    assert.deepEqual((await exported(page)).map(({ pixel_size_um }) => pixel_size_um), [0.25, 0.4]);
    await fill(page, 'scale-size', '0.5');
    await page.press('scale-all');
    await saysScale(page, '0.5 µm per px, set by hand');
    await page.finish(2);
    assert.deepEqual((await exported(page)).map(({ pixel_size_um }) => pixel_size_um), [0.5, 0.5]);
  });
});

test('an objective and camera are kept under a name, taken, renamed and removed by keys alone, and outlive the page', async () => {
  await site.visit(async (page) => {
    const { keyboard } = page.page;
    const press = async (hook: string): Promise<void> => {
      await page.page.focus(page.find(hook));
      await keyboard.press('Enter');
    };
    const known = (): Promise<string[]> => page.page.$$eval(page.find('take-scale'), (all) => all.map(({ textContent }) => textContent ?? ''));
    await openScale(page, [paths.plain]);
    await fill(page, 'scale-line', '200');
    await fill(page, 'scale-length', '65');
    await fill(page, 'scale-name', '20×, camera A');
    await keyboard.press('Enter');
    await page.page.waitForSelector(page.find('take-scale'));
    assert.deepEqual(await known(), ['20×, camera A, 0.325 µm per px']);
    assert.equal(await facts(page), 'pixel size not known', 'what is kept is not in force');
    await press('rename-scale');
    await fill(page, 'scale-new-name', '20×, camera B');
    await keyboard.press('Enter');
    await page.page.waitForSelector(page.find('take-scale'));
    assert.deepEqual(await known(), ['20×, camera B, 0.325 µm per px']);

    await page.page.reload();
    await page.page.waitForSelector(`${page.find('footer')}[data-self-test=passed]`);
    await page.page.waitForSelector(page.find('tool-look'));
    await page.page.focus(`${page.find('tool-look')}`);
    for (let i = 0; i < 5; i++) await keyboard.press('ArrowRight');
    await page.page.waitForSelector(page.find('take-scale'));
    await press('take-scale');
    assert.equal(await valueOf(page, 'scale-size'), '0.325');
    await press('scale-all');
    await saysScale(page, '0.325 µm per px, set by hand');
    await press('remove-scale');
    await page.page.waitForSelector(page.find('known-scale'), { hidden: true });
    assert.equal(await page.page.evaluate(() => localStorage.getItem('scales')), null);
  });
});
