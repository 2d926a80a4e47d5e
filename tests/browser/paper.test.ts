/** The page to print: what stands on it is what the page counts, it is reached and printed by keys, and nothing of the page around it goes on paper. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import { spec } from '../border/fixtures.ts';
import { Site } from './site.ts';

const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core')).replace(/axe\.js$/, 'axe.min.js'), 'utf8');
let site: Site;
before(async () => { site = await Site.start(); });
after(() => site.stop());

test('counts, examples, answers and provenance; the question is kept over a reload', async () => {
  await site.visit(async (page) => {
    await page.press('samples');
    await page.finish(24);
    await page.press('review');
    await page.page.waitForSelector(page.find('review-cell'));
    await page.page.type(page.find('reviewer'), 'AB');
    await page.page.focus(page.find('details'));
    for (const key of ['m', 'Enter', '.']) await page.page.keyboard.press(key as 'm');
    await page.press('close-details');
    await page.press('review');
    // By keys alone, from here to the printer.
    await page.press('menu-more');
    await page.page.focus(page.find('paper-open'));
    await page.page.keyboard.press('Enter');
    await page.page.waitForSelector(page.find('paper'));
    await page.page.type(page.find('question'), 'How many <b>monocytes</b>?');
    const counts = await page.summary();
    const rows = await page.page.$$eval(`${page.find('paper')} .paper-columns tbody tr`, (all) => all.map((row) => [...row.children].map((cell) => cell.textContent?.trim() ?? '')));
    for (const { id, name } of spec.classes) {
      const row = rows.find(([head]) => head?.endsWith(name));
      assert.equal(Number(row?.[1]), counts[id], name);
    }
    const words = await page.page.$eval(page.find('paper'), (paper) => paper.textContent ?? '');
    for (const part of ['How many <b>monocytes</b>?', '3 of 24 cells', 'by AB', spec.network.sha256, 'For research and teaching; not for diagnosis', 'passed: this computer gave']) assert.ok(words.includes(part), part);
    await page.page.waitForFunction(() => document.querySelectorAll('.paper-example .crop-picture:not(.waiting) canvas').length >= 8);
    await page.page.evaluate(() => { window.print = () => { document.body.dataset['printed'] = String(Number(document.body.dataset['printed'] ?? 0) + 1); }; });
    await page.page.focus(page.find('print'));
    await page.page.keyboard.press('Enter');
    assert.equal(await page.page.evaluate(() => document.body.dataset['printed']), '1');
    await page.page.waitForFunction(() => document.querySelector('[data-testid=project]')?.getAttribute('data-storing') === 'on');
    await page.page.waitForFunction(async () => {
      const request = indexedDB.open('cytodrop');
      const database = await new Promise<IDBDatabase>((resolve) => { request.onsuccess = () => resolve(request.result); });
      const all = database.transaction('projects').objectStore('projects').getAll();
      const [head] = await new Promise<{ place: { question: string } }[]>((resolve) => { all.onsuccess = () => resolve(all.result); });
      database.close();
      return head?.place.question.endsWith('?');
    }, { polling: 100 });
    await page.page.reload();
    await page.page.waitForSelector(page.find('paper'));
    assert.equal(await page.page.$eval(page.find('question'), (field) => (field as HTMLTextAreaElement).value), 'How many <b>monocytes</b>?');
  });
});

test('on paper stands the page alone, and nothing is cut; axe finds nothing, wide and on a phone, light and dark', async () => {
  for (const size of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
    await site.visit(async (page) => {
      await page.press('samples');
      await page.finish(24);
      await page.press('paper-open');
      await page.page.waitForSelector(page.find('paper'));
      await page.page.evaluate(axe);
      for (const scheme of ['light', 'dark']) {
        await page.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
        const { violations, passes } = (await page.page.evaluate('axe.run(document, { rules: { "label-content-name-mismatch": { enabled: false } } })')) as AxeResults;
        assert.ok(passes.length >= 20);
        assert.deepEqual(violations.map(({ id, nodes }) => `${scheme}: ${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`), []);
      }
      assert.ok(await page.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen');
      await page.page.emulateMediaType('print');
      await page.page.setViewport({ width: 690, height: 1000 });
      const seen = await page.page.$$eval('header.page-header, footer, .toolbar, .summary, .progress, .paper-actions, .paper textarea', (all) => all.filter((one) => (one as HTMLElement).offsetParent !== null || getComputedStyle(one).display !== 'none' && one.getClientRects().length > 0).map((one) => one.className));
      assert.deepEqual(seen, []);
      assert.ok(await page.page.$eval(page.find('paper'), (paper) => paper.scrollWidth <= paper.clientWidth));
      assert.equal(await page.page.$eval('.paper .on-paper', (words) => getComputedStyle(words).display), 'block');
    }, size);
  }
});
