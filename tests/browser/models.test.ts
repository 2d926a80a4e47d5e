/** The models a person can choose from. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { modelsOfKind } from '../border/fixtures.ts';
import { Site, dist } from './site.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';

const listings = JSON.parse(readFileSync(join(dist, 'models/index.json'), 'utf8')) as { name: string; spec: ModelSpec }[];
let site: Site;

before(async () => { site = await Site.start(); });
after(() => site.stop());

test('every model says what it is for, how often it is right, how large it is and what its licence is', async () => {
  assert.deepEqual(listings.map(({ name }) => name), modelsOfKind('classifier'));
  await site.visit(async (page) => {
    await page.press('model-picker');
    const texts = await page.page.$$eval(page.find('model-card'), (cards) => cards.map((card) => card.textContent?.replaceAll('\u00a0', ' ') ?? ''));
    assert.equal(texts.length, listings.length);
    listings.forEach(({ spec }, i) => {
      const accuracy = ((spec.metrics.test?.accuracy ?? NaN) * 100).toFixed(1);
      for (const words of [spec.title, spec.purpose, `${accuracy} %`, `${Math.round(spec.network.bytes / 1000)} kB`, spec.licence, spec.caution ?? '']) {
        assert.ok(texts[i]?.includes(words), `${spec.name}: ${words}`);
      }
    });
  });
});

test('a model is loaded when it is chosen, names the samples drawn for it, and its caution stands beside the results', async () => {
  const { spec } = listings.find(({ name }) => name === 'prostate-lines') ?? assert.fail();
  const caution = spec.caution ?? assert.fail('the teaching model has no caution');
  await site.visit(async (page) => {
    await page.press('model-picker');
    const button = await page.page.waitForSelector(`${page.find('model-card')}[data-model=prostate-lines] ${page.find('use-model')}`);
    await button?.click();
    await page.page.waitForSelector(`${page.find('model-picker')}[data-phase=ready]`);
    // Samples of single cells are looked at as such, whatever was chosen before.
    await page.page.click(`label:has(${page.find('mode-fields')})`);
    await page.press('samples');
    await page.finish(6);
    assert.equal(await page.page.$eval(page.find('caution'), (element) => element.textContent), caution);
    const cards = await page.cards();
    assert.deepEqual(cards.map(({ intended }) => intended), ['lncap', 'lncap', 'lncap', 'pc3', 'pc3', 'pc3']);
    assert.ok(cards.every(({ label }) => ['lncap', 'pc3'].includes(label)));
  });
});
