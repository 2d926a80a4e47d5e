/** Teaching types by selecting cells in frames: what comes of it on the page is what the library makes of the same cells. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { Classifier, type Lesson, Teacher, typesNamed } from '../../src/js/index.ts';
import { filesOfZip, unpacked } from '../../src/js/core/unzip.ts';
import { root } from '../border/fixtures.ts';
import { drawFrame, type Drawn, sidePx } from './drawn_cells.ts';
import { dragOnFrame, pressFrame, slide } from './frame_page.ts';
import { type CellPage, Site, untilKept } from './site.ts';

const round: Drawn = { nucleus: 0.62, lobes: 1 };
const lobed: Drawn = { nucleus: 0.5, lobes: 3 };
/** Round cells on the left, lobed ones on the right. */
const [rows, columns] = [4, 6];
const size = { width: columns * sidePx, height: rows * sidePx };
const place = mkdtempSync(join(tmpdir(), 'cytodrop-teach-frames-'));
const search = { least_diameter: 30, most_diameter: 120 };

const frames = ['day 1/a.bmp', 'day 1/b.bmp', 'day 2/c.bmp'].map((name, i) => {
  const path = join(place, 'fields', name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, drawFrame(Array.from({ length: rows }, () => [round, round, round, lobed, lobed, lobed]), 1_000 * (i + 1)));
  return path;
});

const trays = async (page: CellPage): Promise<Record<string, number>> =>
  page.page.$$eval(page.find('tray'), (all) => Object.fromEntries(all.map((one) => [(one as HTMLElement).dataset['type'] ?? '', Number((one as HTMLElement).dataset['count'])])));

/** Waits until what is taught now was tested. */
async function verdict(page: CellPage, of: number): Promise<{ right: number; text: string; grouped: string | undefined }> {
  await page.page.waitForSelector(`${page.find('teach-good')}[data-testing=false][data-stale=false][data-tested=true] ${page.find('verdict')}[data-of="${of}"]`, { timeout: 120_000 });
  return page.page.$eval(page.find('verdict'), (one) => ({ right: Number((one as HTMLElement).dataset['right']), text: one.textContent ?? '', grouped: (one as HTMLElement).dataset['grouped'] }));
}

/** Selects the cells in a box, in squares of the grid, and teaches them. */
async function teachBox(page: CellPage, [left, right]: [number, number], [top, bottom]: [number, number], as: string): Promise<void> {
  await dragOnFrame(page, size, { x: left * sidePx + 2, y: top * sidePx + 2 }, { x: right * sidePx - 2, y: bottom * sidePx - 2 });
  await page.page.waitForSelector(`${page.find('selection-bar')}[data-count="${(right - left) * (bottom - top)}"]`);
  await page.page.select(page.find('teach-selected'), as);
  await page.page.waitForSelector(`${page.find('selection-bar')}[data-count="0"]`);
}

async function openFrames(page: CellPage): Promise<void> {
  await page.page.click(`label:has(${page.find('mode-count')})`);
  await page.drop([join(place, 'fields')]);
  await page.finish(3);
  await page.page.click(`label:has(${page.find('side-search')})`);
  await slide(page, 'most-diameter', search.most_diameter);
  await slide(page, 'least-diameter', search.least_diameter);
  await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="24"]`);
  await page.press('use-for-all');
  await page.page.click(`label:has(${page.find('side-frames')})`);
  await page.page.waitForFunction((hook) => [...document.querySelectorAll<HTMLElement>(hook)].filter(({ dataset }) => dataset['cells'] === '24').length === 3, {}, page.find('frame-row'));
}

/** The same cells, taught as the page was, by the library. */
async function byLibrary(): Promise<{ right: number; sidePx: number; head: Uint8Array }> {
  const home = new URL('dist/', root);
  await using finder = await Classifier.open(new URL('models/viability', root), { home, jobs: 1 });
  const found = [];
  for (const path of frames) {
    await using frame = await finder.openFrame(pathToFileURL(path));
    found.push(await frame.findCells({ method: 'network_round', ...search }));
  }
  const diameters = found.flat().map(({ areaPx }) => 2 * Math.sqrt(areaPx / Math.PI)).sort((a, b) => a - b);
  const square = Math.round(1.5 * (diameters[diameters.length >> 1] ?? 0));
  await using teacher = await Teacher.open({ base: new URL('models/cell-encoder', root), home, frame: { sidePx: square, pixelSizeUm: null }, jobs: 1 });
  const types = typesNamed(['Round', 'Lobed']);
  const lessons: Lesson[] = [];
  for (const [i, path] of frames.slice(0, 2).entries()) {
    const taught = (found[i] ?? []).filter(({ box }) => box.top_px + box.height_px / 2 < 3 * sidePx);
    for (const [j, cell] of (await teacher.showFrame(pathToFileURL(path), taught)).entries()) {
      const middle = (taught[j]?.box.left_px ?? 0) + (taught[j]?.box.width_px ?? 0) / 2;
      lessons.push({ cell, type: middle < size.width / 2 ? 'round' : 'lobed', group: path, path });
    }
  }
  const examination = await teacher.examine(lessons, types);
  const files = await teacher.model(examination, { name: 'by-hand', title: 'By hand' });
  return { right: examination.crossValidated?.right.cells ?? 0, sidePx: square, head: files.get('head.safetensors') ?? new Uint8Array() };
}

/** Files of a zip by their names. */
async function reader(zip: Buffer): Promise<(name: string) => Promise<Buffer>> {
  const fault = (): Error => new Error('no zip');
  const files = await filesOfZip(new Blob([new Uint8Array(zip)]), 100, { none: fault, tooMany: fault });
  return async (name) => Buffer.from(await unpacked(files.get(name) ?? assert.fail(name)));
}

async function checkWithAxe(page: CellPage, view: string): Promise<void> {
  await page.page.evaluate(readFileSync(fileURLToPath(import.meta.resolve('axe-core')).replace(/axe\.js$/, 'axe.min.js'), 'utf8'));
  for (const scheme of ['light', 'dark']) {
    await page.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
    const { violations } = (await page.page.evaluate(`axe.run(document, { rules: { 'label-content-name-mismatch': { enabled: false } } })`)) as AxeResults;
    assert.deepEqual(violations.map(({ id, nodes }) => `${view}, ${scheme}: ${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`), []);
  }
}

describe('teaching in frames', () => {
  let site: Site;
  before(async () => { site = await Site.start(); });
  after(async () => {
    await site.stop();
    rmSync(place, { recursive: true });
  });

  test('cells selected in frames become types; trays, figure and model are those of the library, survive a reload, and the model names the cells of frames', async () => {
    const wanted = await byLibrary();
    await site.visit(async (page) => {
      await openFrames(page);
      await page.page.click(`label:has(${page.find('tool-select')})`);
      // One cell by a press, taken back by another.
      await pressFrame(page, size, { x: sidePx / 2, y: sidePx / 2 });
      await page.page.waitForSelector(`${page.find('selection-bar')}[data-count="1"]`);
      await pressFrame(page, size, { x: sidePx / 2, y: sidePx / 2 });
      await page.page.waitForSelector(`${page.find('selection-bar')}[data-count="0"]`);
      await teachBox(page, [0, 3], [0, 3], '+');
      await teachBox(page, [3, 6], [0, 3], '+');
      await page.press('next-frame');
      await page.page.waitForSelector(`${page.find('frame-canvas')}[data-frame="1"][data-outlined="24"]`);
      await teachBox(page, [0, 3], [0, 3], 'new_type');
      await teachBox(page, [3, 6], [0, 3], 'new_type_2');
      await page.press('notice-action');
      await page.page.waitForSelector(page.find('tray'));
      assert.deepEqual(await trays(page), { new_type: 18, new_type_2: 18 });
      for (const [i, name] of ['Round', 'Lobed'].entries()) {
        await page.page.$$eval(page.find('type-name'), (all, at, given) => {
          const field = all[at] as HTMLInputElement;
          field.value = given;
          field.dispatchEvent(new Event('change', { bubbles: true }));
        }, i, name);
      }
      await page.page.waitForSelector(`${page.find('tray')}[data-type=lobed]`);
      const found = await verdict(page, 36);
      assert.equal(found.right, wanted.right);
      assert.ok(found.right >= 34, String(found.right));
      assert.equal(found.grouped, 'true', 'one frame is learned from while another is tested on');
      assert.match(found.text, /^On pictures that it has not seen it names \d+ of 100 rightly/);
      assert.deepEqual(await page.page.$$eval(page.find('warning'), (all) => [...new Set(all.map((one) => (one as HTMLElement).dataset['kind']))]), ['few']);
      assert.equal(await page.page.$eval(page.find('teach-square'), (input) => (input as HTMLInputElement).valueAsNumber), wanted.sidePx);
      const waiting = `${page.find('teach-others')}[data-count="36"][data-named="36"][data-learned=true]`;
      await page.page.waitForSelector(waiting, { timeout: 60_000 });
      await page.page.waitForSelector(page.find('suggested'));
      assert.deepEqual(await page.page.$$eval(page.find('guess'), (all) => all.map((one) => [(one as HTMLElement).dataset['type'], one.querySelectorAll('[data-testid=teach-picture]').length])), [['round', 18], ['lobed', 18]]);

      await untilKept(page.page, { images: 3, cells: 72 }, { isTeaching: true });
      await page.open();
      await verdict(page, 36);
      assert.deepEqual(await trays(page), { round: 18, lobed: 18 });
      await page.page.waitForFunction(() => document.querySelectorAll('[data-testid=tray] .crop-picture').length === 36 && document.querySelectorAll('[data-testid=tray] .crop-picture:not(.waiting)').length === 36);
      await page.page.waitForSelector(waiting, { timeout: 60_000 });

      await page.page.type(page.find('model-title'), 'By hand');
      await page.press('make-model');
      await page.page.waitForSelector(`${page.find('made')}[data-model=by-hand][data-making=false]`, { timeout: 60_000 });
      const read = await reader(await page.savedBytes('save-taught'));
      assert.deepEqual(await read('head.safetensors'), Buffer.from(wanted.head), 'the page and the library learn the same bits');
      const spec = JSON.parse((await read('spec.json')).toString()) as { frame: unknown };
      assert.deepEqual(spec.frame, { side_px: wanted.sidePx, pixel_size_um: null, search: { ...search, method: 'network_round' } });

      await page.press('use-taught');
      await page.page.waitForFunction(() => document.querySelector('[data-testid=footer]')?.textContent?.includes('By hand'));
      await page.finish(3);
      const named = (JSON.parse(await page.export('json')) as { frames: { cells: { centre_x_px: number; most_like: string }[] }[] }).frames.flatMap(({ cells }) => cells);
      assert.equal(named.length, 72);
      assert.ok(named.filter(({ centre_x_px: x, most_like: type }) => type === (x < size.width / 2 ? 'round' : 'lobed')).length >= 68);
    });
  });

  test('a label goes with its cell and comes back with it; a model that knows no frames says so in a line', async () => {
    await site.visit(async (page) => {
      await openFrames(page);
      await page.page.click(`label:has(${page.find('tool-select')})`);
      await teachBox(page, [0, 3], [0, 2], '+');
      await teachBox(page, [3, 6], [0, 2], '+');
      await page.page.click(`label:has(${page.find('tool-remove')})`);
      await pressFrame(page, size, { x: sidePx / 2, y: sidePx / 2 });
      await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="23"]`);
      await page.page.click(`label:has(${page.find('task-teach')})`);
      await page.page.waitForSelector(page.find('tray'));
      assert.deepEqual(await trays(page), { new_type: 5, new_type_2: 6 });
      await page.press('back');
      await page.page.waitForSelector(`${page.find('tray')}[data-type=new_type][data-count="6"]`);
      // One frame alone holds each type.
      assert.match((await verdict(page, 12)).text, /but cells of the same picture stood on both sides: expect less/);
      await page.page.select(page.find('teach-base'), 'blood-smear');
      assert.match(await page.page.$eval(page.find('no-frames'), ({ textContent }) => textContent ?? ''), /knows pictures of one cell each and cannot cut cells from frames/);
      assert.equal(await page.page.$(page.find('teach-looking')), null);
      await page.page.select(page.find('teach-base'), 'viability');
      await page.page.waitForSelector(page.find('no-frames'), { hidden: true });
      await page.page.waitForSelector(`${page.find('teach-others')}[data-named="60"]`, { timeout: 60_000 });
      await checkWithAxe(page, 'taught');
      await page.press('to-frames');
      await page.page.waitForSelector(`${page.find('frame-canvas')}[data-tool=select]`);
      await checkWithAxe(page, 'selecting');
    });
  });

  test('answers of a review of frames are taken over as labels', async () => {
    await site.visit(async (page) => {
      await page.useModel('viability', 'Viability');
      await page.press('sample-field');
      await page.finish(1);
      await page.press('review');
      await page.page.keyboard.press('Escape');
      await page.page.click(`label:has(${page.find('tool-select')})`);
      const field = { width: 640, height: 480 };
      await dragOnFrame(page, field, { x: 4, y: 4 }, { x: 320, y: 476 });
      await page.page.waitForSelector(`${page.find('selection-bar')}:not([data-count="0"])`);
      const chosen = await page.page.$eval(page.find('selection-bar'), (bar) => Number((bar as HTMLElement).dataset['count']));
      assert.ok(chosen > 5 && chosen < 40, String(chosen));
      await page.page.$eval(`${page.find('selection-bar')} ${page.find('answer-dead')}`, (button) => (button as HTMLElement).click());
      await page.press('name-all');
      await page.page.click(`label:has(${page.find('task-teach')})`);
      await page.press('take-answers');
      await page.page.waitForSelector(page.find('tray'));
      assert.deepEqual(await trays(page), { dead: chosen });
    });
  });
});
