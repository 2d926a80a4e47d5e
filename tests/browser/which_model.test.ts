/** Images that the chosen model does not know: the page says which other does, and one press takes it; of foreign ones it proposes none. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import type { HTTPRequest } from 'puppeteer-core';
import { goldenCases, jsonOf, root } from '../border/fixtures.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { zip } from '../../src/js/index.ts';
import { type CellPage, shared, Site } from './site.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(path, root));
const drawn = (name: string): string[] => readdirSync(pathOf(`public/samples/${name}`)).filter((file) => /^simulated.*png$/.test(file)).map((file) => pathOf(`public/samples/${name}/${file}`));
const titleOf = (name: string): string => jsonOf<ModelSpec>(`models/${name}/spec.json`).title;
let site: Site;

before(async () => { site = await Site.start(); });
after(async () => { await site.stop(); });

const proposed = async (page: CellPage): Promise<Record<string, string | undefined>> => {
  const element = await page.page.waitForSelector(page.find('other-model'));
  return { ...(await element?.evaluate((one) => ({ ...(one as HTMLElement).dataset, text: one.textContent ?? '' }))) };
};
const networksAsked = ({ requests }: CellPage): string[] => requests.filter((address) => address.endsWith('network.onnx')).map((address) => /models\/([^/]+)\//.exec(address)?.[1] ?? '').sort();

test('cells of viability under blood-smear: viability is proposed, one press names them, and nothing is asked twice', async () => {
  await site.visit(async (page) => {
    const files = drawn('viability');
    await page.addFiles(files);
    await page.finish(files.length);
    const { model, as, text } = await proposed(page);
    assert.deepEqual([model, as], ['viability', 'cells']);
    assert.match(text ?? '', /These look like the images of Viability/);
    // Grey cells of so few pixels can be of no other.
    assert.deepEqual(networksAsked(page), ['blood-smear', 'cell-cycle', 'viability']);
    await page.press('use-other-model');
    await page.page.waitForSelector(`${page.find('summary')} [data-label=live]`);
    await page.finish(files.length);
    assert.ok((await page.cards()).every(({ file, label }) => file.includes(label)));
    assert.equal(await page.page.$(page.find('other-model')), null);
    const before = networksAsked(page);
    await page.useModel('blood-smear', titleOf('blood-smear'));
    await page.finish(files.length);
    assert.equal((await proposed(page))['model'], 'viability');
    assert.deepEqual(networksAsked(page), [...before, 'blood-smear'].sort());
  });
});

const tiles = join(shared, 'data/viability/images');
test('tiles of a counting chamber under blood-smear: viability is asked about their cells, and one press looks at them as fields', { skip: existsSync(tiles) ? false : 'no ../shared/data/viability' }, async () => {
  await site.visit(async (page) => {
    const files = readdirSync(tiles).sort().slice(0, 10).map((file) => join(tiles, file));
    await page.addFiles(files);
    await page.finish(files.length);
    const { model, as } = await proposed(page);
    assert.deepEqual([model, as], ['viability', 'frames']);
    await page.press('use-other-model');
    await page.page.waitForSelector(`${page.find('summary')} [data-label=live]`);
    await page.finish(files.length);
    assert.ok(((await page.summary())['live'] ?? 0) > 10);
    assert.equal(await page.page.$(page.find('other-model')), null);
  });
});

test('images that the model knows have no other asked', async () => {
  await site.visit(async (page) => {
    const files = goldenCases.map(({ image }) => pathOf(`models/blood-smear/golden/${image}`));
    await page.addFiles([...files, ...drawn('blood-smear')].slice(0, 12));
    await page.finish(12);
    assert.equal(await page.page.$(`${page.find('asking-models')}, ${page.find('other-model')}, ${page.find('no-model')}`), null);
    assert.deepEqual(networksAsked(page), ['blood-smear']);
  });
});

test('images of one cell looked at as fields: the model that knows them is asked about each as a cell', async () => {
  await site.visit(async (page) => {
    await page.useModel('prostate-lines', titleOf('prostate-lines'));
    const files = drawn('viability');
    await page.addFiles(files);
    await page.finish(files.length);
    const { model, as } = await proposed(page);
    assert.deepEqual([model, as], ['viability', 'cells']);
    await page.press('use-other-model');
    await page.page.waitForSelector(`${page.find('summary')} [data-label=live]`);
    await page.finish(files.length);
    assert.ok((await page.cards()).every(({ file, label }) => file.includes(label)));
  });
});

test('while the others are asked a person can stop that, and they are not asked again for these images', async () => {
  await site.visit(async (page) => {
    await page.page.setRequestInterception(true);
    const held: HTTPRequest[] = [];
    page.page.on('request', (request) => {
      if (/models\/(viability|cell-cycle)\/network\.onnx/.test(request.url())) held.push(request);
      else void request.continue();
    });
    const files = drawn('viability');
    await page.addFiles(files);
    await page.finish(files.length);
    await page.page.waitForSelector(page.find('asking-models'));
    await page.page.click(`${page.find('asking-models')} button`);
    await page.page.waitForSelector(page.find('asking-models'), { hidden: true });
    for (const request of held) await request.continue();
    await page.useModel('cancer-lines', titleOf('cancer-lines'));
    await page.useModel('blood-smear', titleOf('blood-smear'));
    await page.finish(files.length);
    assert.equal(await page.page.$(`${page.find('asking-models')}, ${page.find('other-model')}, ${page.find('no-model')}`), null);
    assert.deepEqual(networksAsked(page).filter((name) => ['viability', 'cell-cycle'].includes(name)), ['cell-cycle']);
  });
});

const corpus = join(shared, 'corpora/images.tar.xz');
const photographs = ['exif-orientation/Landscape_1.jpg', 'exif-orientation/Portrait_1.jpg', 'image-rs/tests@images@jpg@progressive@cat.jpg', 'libjpeg-turbo/testimages@testorig.jpg', 'libvips/test@test-suite@images@rotation@0.png', 'libvips/test@test-suite@images@cd1.1.jpg'];
test('photographs are like no model\'s images: none is proposed', { skip: existsSync(corpus) ? false : 'no ../shared/corpora' }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-photographs-'));
  try {
    assert.equal(spawnSync('tar', ['-xf', corpus, '-C', folder, ...photographs]).status, 0);
    await site.visit(async (page) => {
      await page.addFiles(photographs.map((file) => join(folder, file)));
      await page.finish(photographs.length);
      await page.page.waitForSelector(page.find('no-model'));
      assert.equal(await page.page.$(page.find('other-model')), null);
      await page.page.click(`${page.find('no-model')} button`);
      await page.page.waitForSelector(page.find('model-card'));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a model of one\'s own is asked too, from its own file', async () => {
  const folder = pathOf('models/viability');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !entry.name.endsWith('.f32')).map((entry) => join(entry.parentPath, entry.name));
  const bytes = zip(files.map((path) => {
    const content = new Uint8Array(readFileSync(path));
    const name = path.slice(folder.length + 1);
    return { name, bytes: name === 'spec.json' ? new TextEncoder().encode(JSON.stringify({ ...JSON.parse(new TextDecoder().decode(content)), name: 'ours', title: 'Ours' })) : content };
  }));
  const place = mkdtempSync(join(tmpdir(), 'cytodrop-ours-'));
  const file = join(place, 'ours.zip');
  writeFileSync(file, bytes);
  try {
    await site.visit(async (page) => {
      await page.drop([file]);
      await page.page.waitForFunction(() => document.body.textContent?.includes('Ours'));
      const images = drawn('viability');
      await page.addFiles(images);
      await page.finish(images.length);
      const { model } = await proposed(page);
      assert.ok(model === 'viability' || model === 'ours', model);
      assert.ok(!page.requests.some((address) => address.includes('/models/ours/')), 'it lies in the browser, not on the site');
    });
  } finally {
    rmSync(place, { recursive: true });
  }
});
