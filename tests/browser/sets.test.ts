/** What a person says of a set of images, and what the page says of it: types that can occur, images from elsewhere. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { jsonOf, root } from '../border/fixtures.ts';
import { parseCsv } from '../cli/fixtures.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { shared, Site, type CellPage } from './site.ts';

const samplesOf = (name: string): string[] => {
  const folder = fileURLToPath(new URL(`public/samples/${name}`, root));
  return readdirSync(folder).filter((file) => file.endsWith('.png')).map((file) => join(folder, file));
};
const phases = jsonOf<ModelSpec>('models/cell-cycle/spec.json');
let site: Site;

before(async () => { site = await Site.start(); });
after(async () => { await site.stop(); });

interface Document {
  settings: { unsure_below: number; types: string[] | null };
  set: { cells: number; foreign: boolean; words: string | null } | null;
  cells: { most_like: string; probabilities: Record<string, number> }[];
}

const documentOf = async (page: CellPage): Promise<Document> => JSON.parse(await page.export('json')) as Document;

test('a type that cannot occur is taken out: no cell has its probability any more, exports say so, and all come back', async () => {
  await site.visit(async (page) => {
    const files = samplesOf('blood-smear').slice(0, 8);
    await page.addFiles(files);
    await page.finish(files.length);
    const before = await documentOf(page);
    assert.equal(before.settings.types, null);
    const [gone] = Object.entries(before.cells[0]?.probabilities ?? {}).sort(([, a], [, b]) => b - a)[0] ?? assert.fail();
    await page.page.click(`${page.find('types-choice')} summary`);
    const box = await page.page.waitForSelector(`${page.find('types-choice')} label:nth-of-type(${1 + Object.keys(before.cells[0]?.probabilities ?? {}).indexOf(gone)}) input`);
    await box?.click();
    await page.page.waitForFunction((selector) => document.querySelector<HTMLElement>(selector)?.dataset['types'] !== 'all', {}, page.find('types-choice'));
    const after = await documentOf(page);
    assert.equal(after.settings.types?.includes(gone), false);
    assert.equal(after.settings.types?.length, 7);
    for (const { most_like: mostLike, probabilities } of after.cells) {
      assert.equal(probabilities[gone], 0);
      assert.notEqual(mostLike, gone);
      assert.ok(Math.abs(Object.values(probabilities).reduce((sum, p) => sum + p, 0) - 1) < 1e-5);
    }
    const cards = await page.cards();
    assert.ok(cards.length === files.length && cards.every(({ label }) => label !== gone));
    await page.page.click(page.find('types-all'));
    await page.page.waitForFunction((selector) => document.querySelector<HTMLElement>(selector)?.dataset['types'] === 'all', {}, page.find('types-choice'));
    assert.deepEqual((await documentOf(page)).cells, before.cells);
  });
});

test('images from elsewhere are told as a set, more is asked of a type, and the exports say so; a threshold chosen by hand stays', async () => {
  await site.visit(async (page) => {
    await page.useModel('cell-cycle', phases.title);
    const files = [...samplesOf('viability'), ...samplesOf('prostate-lines'), ...samplesOf('blood-smear')];
    await page.addFiles(files);
    await page.finish(files.length);
    const banner = await page.page.waitForSelector(`${page.find('batch-banner')}[data-set]`);
    const text = await banner?.evaluate((element) => element.textContent ?? '');
    assert.match(text ?? '', /unlike its images.*named only from 99/s);
    const careful = phases.novelty?.batch?.abstain_below ?? NaN;
    const { settings, set } = await documentOf(page);
    assert.deepEqual([settings.unsure_below, set?.foreign, set?.cells], [careful, true, files.length]);
    assert.match(set?.words ?? '', /^These images differ/);
    assert.deepEqual(new Set(parseCsv(await page.export('csv')).map(({ foreign_set: foreign }) => foreign)), new Set(['true']));
    assert.equal(await page.page.$eval(page.find('error-slider'), (element) => Number((element as HTMLElement).dataset['threshold'])), careful);
    // By hand: the lowest threshold there is.
    await page.page.focus(`${page.find('error-slider')} input`);
    await page.page.keyboard.press('Home');
    assert.equal((await documentOf(page)).settings.unsure_below, phases.judge.risk_coverage?.[0]?.[0]);
  });
});

const elsewhere = join(shared, 'data/blood-smear-elsewhere');
for (const laboratory of ['a', 'b']) {
  test(`thirty real cells of laboratory ${laboratory}, dropped on blood-smear, are told as a set`, { skip: existsSync(elsewhere) ? false : 'no ../shared/data' }, async () => {
    await site.visit(async (page) => {
      const folder = join(elsewhere, laboratory);
      const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(jpg|png|bmp)$/.test(file)).sort();
      const files = all.filter((_, i) => i % Math.floor(all.length / 30) === 0).slice(0, 30).map((file) => join(folder, file));
      await page.addFiles(files);
      await page.finish(files.length);
      await page.page.waitForSelector(`${page.find('batch-banner')}[data-set]`);
      const { set } = await documentOf(page);
      assert.deepEqual([set?.foreign, set?.cells], [true, 30]);
    });
  });
}

test('of few images nothing is said as a set', async () => {
  await site.visit(async (page) => {
    await page.useModel('cell-cycle', phases.title);
    const files = samplesOf('blood-smear').slice(0, 16);
    await page.addFiles(files);
    await page.finish(files.length);
    const { settings, set } = await documentOf(page);
    assert.deepEqual([settings.unsure_below, set], [phases.judge.abstain_below, null]);
    assert.equal(await page.page.$(`${page.find('batch-banner')}[data-set]`), null);
  });
});

test('where a set is from elsewhere, the model made for other laboratories is one press away', async () => {
  await site.visit(async (page) => {
    const files = samplesOf('blood-smear');
    await page.addFiles(files);
    await page.finish(files.length);
    const button = await page.page.waitForSelector(page.find('use-wider'));
    await button?.click();
    await page.page.waitForSelector(`${page.find('footer')}[data-self-test=passed]`);
    await page.finish(files.length);
    const { model } = JSON.parse(await page.export('json')) as { model: { name: string } };
    assert.equal(model.name, 'blood-smear-anywhere');
    assert.equal(await page.page.$(page.find('use-wider')), null);
  });
});
