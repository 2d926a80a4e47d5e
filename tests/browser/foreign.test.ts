/** What a person sees of a cell that is not like the training images, with a model that can tell. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { root, tinyCases, tinyModel, tinySpec } from '../border/fixtures.ts';
import { parseCsv } from '../cli/fixtures.ts';
import { Site, dist, type CellPage } from './site.ts';

const tinyFolder = fileURLToPath(new URL(tinyModel, root));
const files = tinyCases.map(({ image }) => join(tinyFolder, 'golden', image));
const foreignFiles = tinyCases.filter(({ foreign }) => foreign).map(({ image }) => image);
const [foreignFile = assert.fail('no golden image is foreign')] = foreignFiles;
const nearest = tinyCases.find(({ image }) => image === foreignFile)?.label ?? '';
let folder: string;
let site: Site;

/** The built site with the tiny model instead of its own. */
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-site-'));
  cpSync(dist, folder, { recursive: true, filter: (path) => path !== join(dist, 'models') });
  mkdirSync(join(folder, 'models'));
  cpSync(tinyFolder, join(folder, 'models', tinySpec.name), { recursive: true });
  writeFileSync(join(folder, 'models/index.json'), JSON.stringify([{ name: tinySpec.name, spec: tinySpec }]));
  site = await Site.start(folder);
});

after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

async function visitResults(use: (page: CellPage) => Promise<void>, size?: { width: number; height: number }): Promise<void> {
  await site.visit(async (page) => {
    await page.addFiles(files);
    await page.finish(files.length);
    await use(page);
  }, size);
}

const textOf = async (page: CellPage, selector: string) => (await page.page.$eval(selector, (element) => element.textContent ?? '')).replaceAll('\u00a0', ' ');

test('its tile says so in words, with the most similar type and without a probability; other tiles do not', async () => {
  await visitResults(async (page) => {
    const cards = await page.cards();
    assert.equal(cards.length, files.length);
    for (const card of cards) {
      assert.equal(card.foreign, foreignFiles.includes(card.file));
      if (card.foreign) assert.match(card.text, new RegExp(`Not like the training images.*most like ${nearest}$`));
      else assert.doesNotMatch(card.text, /training/);
      assert.equal(card.text.includes('%'), !card.foreign, card.text);
    }
    const spoken = await page.page.$eval(`[data-file="${foreignFile}"]`, (element) => element.getAttribute('aria-label'));
    assert.equal(spoken, `not like the training images, most like ${nearest}, ${foreignFile}`);
  });
});

test('it counts as no type but on a line of its own, by which the cells are filtered', async () => {
  await visitResults(async (page) => {
    const counts = await page.summary();
    for (const { id } of tinySpec.classes) assert.equal(counts[id], tinyCases.filter(({ label, foreign, unsure }) => label === id && !foreign && !unsure).length, id);
    assert.equal(counts['foreign'], foreignFiles.length);
    assert.equal(Object.values(counts).reduce((sum, count) => sum + count), files.length);
    const line = (label: string) => `${page.find('summary')} [data-label=${label}]`;
    assert.match(await textOf(page, line('foreign')), /Not like the training images/);
    await page.page.click(line('foreign'));
    assert.deepEqual((await page.cards()).map(({ file }) => file), foreignFiles);
    await page.page.click(line('foreign'));
    await page.page.click(line(nearest));
    const ofNearest = tinyCases.filter(({ label, foreign }) => label === nearest && !foreign).map(({ image }) => image);
    assert.deepEqual((await page.cards()).map(({ file }) => file), ofNearest);
  });
});

test('the table and its order put it before all others in doubt and last in certainty', async () => {
  await visitResults(async (page) => {
    const order = async (word: string) => {
      await page.page.$$eval(`${page.find('sort')} option`, (options, wanted) => {
        const option = (options as HTMLOptionElement[]).find(({ text }) => text === wanted);
        if (!option) throw new Error(`no order ${wanted}`);
        (option.parentElement as HTMLSelectElement).value = option.value;
        option.parentElement?.dispatchEvent(new Event('change', { bubbles: true }));
      }, word);
      return await page.page.$$eval('.results-table [data-file]', (rows) => rows.map((row) => (row as HTMLElement).dataset['file']));
    };
    await page.press('view-table');
    assert.equal((await order('Doubtful first'))[0], foreignFile);
    assert.equal((await order('Highest probability')).at(-1), foreignFile);
    const cellsOfRow = await page.page.$$eval(`.results-table [data-file="${foreignFile}"] td`, (cells) => cells.map(({ textContent }) => textContent?.trim()));
    assert.deepEqual(cellsOfRow.slice(2), ['≠Not like the training images', '–', `most like ${nearest}`, '']);
  });
});

test('its details lead with the words and keep the probability, said to be of no use', async () => {
  await visitResults(async (page) => {
    await page.page.click(`[data-file="${foreignFile}"]`);
    assert.equal(await textOf(page, page.find('verdict')), '≠Not like the training images');
    const details = await textOf(page, page.find('details'));
    assert.match(details, new RegExp(`most like ${nearest}, >?[\\d.]+ %; it may be none of them\\.`));
    assert.match(details, /its distance from them is 74\.3; beyond 9\.5[34] this model names nothing\./);
    assert.match(details, /These hold for cells like the training images only\./);
    assert.doesNotMatch(details, /No type reaches/);
    await page.page.click(`[data-file="${tinyCases.find(({ foreign }) => !foreign)?.image}"]`);
    assert.doesNotMatch(await textOf(page, page.find('details')), /not like the training images/i);
  });
});

test('exports carry the novelty and what the model calls foreign', async () => {
  await visitResults(async (page) => {
    const rows = parseCsv(await page.export('csv'));
    assert.equal(rows.length, files.length);
    for (const { image, novelty, foreign } of tinyCases) {
      const row = rows.find(({ file = '' }) => basename(file) === image);
      assert.equal(row?.['foreign'], String(foreign));
      assert.ok(Math.abs(Number(row?.['novelty']) - novelty) <= 1e-4 * novelty, row?.['novelty']);
    }
  });
});

test('small tiles on a phone have room for what they say', async () => {
  await visitResults(async (page) => {
    await page.press('size-small');
    // What has no room takes it from the picture, which is square.
    const squeezed = await page.page.$$eval(page.find('cell-card'), (tiles) =>
      tiles.filter((tile) => {
        const picture = tile.querySelector('.crop-picture')?.getBoundingClientRect();
        return !picture || picture.width !== picture.height || tile.scrollWidth > tile.clientWidth;
      }).map((tile) => tile.textContent));
    assert.ok((await page.cards()).some(({ foreign }) => foreign));
    assert.deepEqual(squeezed, []);
  }, { width: 360, height: 640 });
});
