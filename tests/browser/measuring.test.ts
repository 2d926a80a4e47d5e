/** The model measured on the page: by folders, by a table whose names are shown before they count, and by answers, of which only those to cells drawn at random may count unseen. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { root } from '../border/fixtures.ts';
import { cytodrop } from '../cli/fixtures.ts';
import { type CellPage, Site } from './site.ts';

const drawn = fileURLToPath(new URL('public/samples/blood-smear', root));
const images = readdirSync(drawn).filter((name) => /^simulated-.*\.png$/.test(name) && !name.includes('glimpse'));
const typeOf = (name: string): string => /^simulated-(.*)-\d/.exec(name)?.[1]?.replaceAll('-', '_') ?? '';
let site: Site;
let folder: string;
let labels: string;

before(async () => {
  site = await Site.start();
  folder = join(mkdtempSync(join(tmpdir(), 'cytodrop-measuring-')), 'set');
  for (const name of images) {
    mkdirSync(join(folder, typeOf(name)), { recursive: true });
    copyFileSync(join(drawn, name), join(folder, typeOf(name), name));
  }
  labels = join(folder, '..', 'labels.csv');
  writeFileSync(labels, ['picture;truth;dish', ...images.map((name, i) => `${name};${typeOf(name) === 'neutrophil' ? 'Neu' : typeOf(name)};${i % 3}`)].join('\n'));
});
after(async () => {
  await site.stop();
  rmSync(join(folder, '..'), { recursive: true });
});

async function choose(page: CellPage, hook: string): Promise<void> {
  await page.page.$eval(page.find(hook), (element) => (element as HTMLElement).click());
}

async function measure(page: CellPage): Promise<void> {
  await page.addFiles([folder], 'folder-input');
  await page.finish(images.length);
  await choose(page, 'view-measure');
  await page.page.waitForSelector(page.find('measure-panel'));
}

interface Found { accuracy: { value: number }; confusion: number[][]; settings: { truth: string; group: string }; images: { measured: number; of_other_types: { name: string; count: number }[] } }
async function saved(page: CellPage): Promise<Found> {
  await page.page.waitForSelector(`${page.find('measure-panel')}[data-state=done] ${page.find('save-measurement-json')}`);
  return JSON.parse(await page.saved('save-measurement-json')) as Found;
}

test('folders named like types: the page says what the command line says', async () => {
  await site.visit(async (page) => {
    await measure(page);
    const found = await saved(page);
    const told = JSON.parse((await cytodrop('measure', '--model', 'blood-smear', '--truth', 'folders', folder)).stdout) as Found;
    assert.deepEqual([found.accuracy, found.confusion, found.settings.truth], [told.accuracy, told.confusion, 'folders']);
    assert.equal(found.images.measured, images.length);
    // A field of the matrix shows its cells.
    await page.page.$eval(`${page.find('matrix')} [data-truth="0"][data-named="0"]`, (field) => (field as HTMLElement).click());
    await page.page.waitForSelector(page.find('subset'));
    const cards = await page.cards();
    assert.equal(cards.length, found.confusion[0]?.[0]);
    assert.ok(cards.length > 0 && cards.every(({ label }) => label === 'basophil'));
  });
});

test('a table: its columns and names are shown, and a name that is no type counts only when a person says what it is', async () => {
  await site.visit(async (page) => {
    await measure(page);
    await choose(page, 'truth-table');
    const input = await page.page.waitForSelector(page.find('labels-file'));
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(labels);
    const names = `${page.find('names-in-table')} tbody tr`;
    // The heads are not usual ones: the first two columns stand in, and show at once that names are none.
    await page.page.waitForSelector(names);
    const unknown = await page.page.$$eval(`${names}.unknown td:first-child`, (cells) => cells.map((cell) => cell.textContent));
    assert.deepEqual(unknown, ['Neu']);
    const before = await saved(page);
    assert.deepEqual(before.images.of_other_types, [{ name: 'Neu', count: images.filter((name) => typeOf(name) === 'neutrophil').length }]);
    await page.page.select(`${names}.unknown select`, 'neutrophil');
    await page.page.waitForSelector(`${names}.unknown`, { hidden: true });
    await page.page.waitForFunction((count) => document.querySelector('[data-testid=measurement]')?.textContent?.includes(`${count} cells of known type`), {}, images.length);
    const after = await saved(page);
    assert.deepEqual([after.images.measured, after.images.of_other_types, after.settings.truth], [images.length, [], 'labels.csv']);
    // It is kept with the project, and what a person said of its names.
    await page.page.waitForFunction(async () => {
      const request = indexedDB.open('cytodrop');
      const database = await new Promise<IDBDatabase>((resolve) => { request.onsuccess = () => resolve(request.result); });
      const all = database.transaction('rows').objectStore('rows').getAll();
      const rows = await new Promise<{ names?: Record<string, string> }[]>((resolve) => { all.onsuccess = () => resolve(all.result); });
      database.close();
      return rows.some(({ names }) => names?.['Neu'] === 'neutrophil');
    }, { polling: 100 });
    await page.page.reload();
    await page.page.waitForFunction((count) => document.querySelector('[data-testid=measurement]')?.textContent?.includes(`${count} cells of known type`), {}, images.length);
    const back = await saved(page);
    assert.deepEqual([back.images, back.settings.truth], [after.images, after.settings.truth]);
    await page.press('clear');
    await page.page.waitForSelector(page.find('project-entry'));
  });
});

test('answers to doubtful cells measure nothing until a person insists, and the file says so; a sample drawn at random does', async () => {
  await site.visit(async (page) => {
    await measure(page);
    await choose(page, 'view-gallery');
    await page.press('review');
    await page.page.waitForSelector(page.find('review-cell'));
    for (let i = 0; i < 4; i++) await page.page.keyboard.press('Enter');
    await page.press('close-details');
    await choose(page, 'view-measure');
    await choose(page, 'truth-review');
    await page.page.waitForSelector(`${page.find('measure-panel')}[data-state=nothing]`);
    assert.equal(await page.page.$(page.find('measurement')), null);
    assert.match(await page.page.$eval(page.find('sample-note'), (note) => note.textContent ?? ''), /4 cells were looked at, and none was drawn at random: they do not measure the model/);
    await choose(page, 'all-the-same');
    assert.match((await saved(page)).settings.truth, /not drawn at random: no measure of the model/);
    await choose(page, 'draw-to-label');
    await page.page.waitForSelector(page.find('review-cell'));
    // Those answered before are drawn too: every cell is, of so few.
    for (let i = 0; i < images.length - 4; i++) await page.page.keyboard.press('Enter');
    await page.press('close-details');
    await page.page.waitForSelector(`${page.find('sample-note')}[data-drawn="${images.length}"][data-of-sample="${images.length}"]`);
    // What the sample says of all: here the sample is all, so every share is known.
    await page.page.waitForSelector(page.find('type-shares'));
    const rows = await page.page.$$eval(`${page.find('type-shares')} tbody tr`, (all) => all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
    assert.equal(rows.length, 8);
    const wordOf = (share: string | undefined): string => (share ?? '').split(' (')[0] ?? '';
    for (const [, named, sampled, adjusted] of rows) assert.deepEqual([wordOf(sampled), wordOf(adjusted)], [named, named]);
  });
});

test('measurements of cells: plots of what was measured, and a part of a plot shows its cells, by rectangle and by numbers', async () => {
  await site.visit(async (page) => {
    await page.useModel('viability', 'Viability');
    await page.press('sample-field');
    await page.finish(1);
    await choose(page, 'view-measure');
    await page.page.waitForSelector(page.find('measure-panel'));
    await choose(page, 'measure-cells');
    await page.page.waitForSelector(page.find('cell-plots'));
    await page.page.select(page.find('measure-x'), 'areaPx');
    await page.page.waitForSelector(page.find('plot-histogram-area-px'));
    await page.page.type(page.find('from-histogram-area-px'), '220');
    await choose(page, 'select-histogram-area-px');
    await page.page.waitForSelector(page.find('subset'));
    const areas = await page.page.$$eval(`${page.find('results-table')} tbody tr td:nth-child(7)`, (cells) => cells.map((cell) => Number.parseInt(cell.textContent ?? '', 10)));
    assert.ok(areas.length >= 3 && areas.every((area) => area >= 220), areas.join());
    await page.page.$eval(`${page.find('subset')} button`, (button) => (button as HTMLElement).click());
    await choose(page, 'view-measure');
    await page.page.waitForSelector(page.find('measure-panel'));
    await choose(page, 'measure-cells');
    const svg = await page.page.waitForSelector('.selectable-plot svg');
    await svg?.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    const box = await svg?.boundingBox();
    assert.ok(box);
    await page.page.mouse.move(box.x + 0.05 * box.width, box.y + box.height / 2);
    await page.page.mouse.down();
    await page.page.mouse.move(box.x + box.width, box.y + box.height / 2, { steps: 4 });
    await page.page.mouse.up();
    await page.page.waitForSelector(page.find('subset'));
    const all = await page.summary();
    assert.equal((await page.page.$$(`${page.find('results-table')} tbody tr[data-index]`)).length, (all['live'] ?? 0) + (all['dead'] ?? 0));
  });
});
