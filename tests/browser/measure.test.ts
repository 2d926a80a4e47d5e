/** A measurement as a person sees it: on the page, by keys and by ear, saved, and as a report in one file. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'puppeteer-core';
import { build } from 'vite';
import { startServer, type Serving } from '../../scripts/server.ts';
import { Core } from '../../src/js/core/core.ts';
import type { ModelSpec } from '../../src/js/index.ts';
import { measurementHtml } from '../../src/js/plots.ts';
import { bytesOf, root } from '../border/fixtures.ts';
import { labelledCells } from '../js/labelled_cells.ts';
import { measurementContext } from '../js/measurement_context.ts';
import { launchChromium } from './browsers.ts';
import { CellPage, endBrowser } from './site.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, root));
const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core')).replace(/axe\.js$/, 'axe.min.js'), 'utf8');
const spec = JSON.parse(readFileSync(path('models/blood-smear/spec.json'), 'utf8')) as ModelSpec;
const cells = labelledCells(600, spec.classes.length, 3);
const sizes = [['wide', { width: 1440, height: 900 }], ['on a phone', { width: 390, height: 844 }]] as const;

let folder: string;
let server: Serving;
let browser: Browser;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-measure-'));
  await build({
    configFile: path('vite.config.ts'), root: path('tests/browser'), logLevel: 'warn', publicDir: path('public'),
    build: { outDir: folder, emptyOutDir: true, rolldownOptions: { input: path('tests/browser/measure_page.html') } },
  });
  cpSync(path('build/wasm/cytodrop_core.wasm'), join(folder, 'cytodrop_core.wasm'));
  writeFileSync(join(folder, 'spec.json'), JSON.stringify(spec));
  const core = await Core.open(bytesOf('build/wasm/cytodrop_core.wasm'));
  writeFileSync(join(folder, 'report.html'), measurementHtml(core.measureCells(cells, 200), measurementContext(spec, 600), { found: core.compareModels(cells, labelledCells(600, spec.classes.length, 2), 200), first: 'First', second: 'Second' }));
  core.close();
  server = await startServer({ folder, host: '127.0.0.1', port: 0 });
  browser = await launchChromium();
});
after(async () => {
  await endBrowser(browser);
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Under the site's own policy, which must forbid nothing that the view does. */
async function visit(use: (page: Page, cellPage: CellPage) => Promise<void>, size: { width: number; height: number } = sizes[0][1]): Promise<void> {
  const context = await browser.createBrowserContext();
  const downloads = mkdtempSync(join(tmpdir(), 'cytodrop-downloads-'));
  try {
    const page = await context.newPage();
    const cellPage = new CellPage(page, context, server.url, downloads);
    await page.setViewport(size);
    await page.goto(`${server.url}measure_page.html`);
    await page.waitForSelector('[data-testid=plot-roc] svg');
    await use(page, cellPage);
    assert.deepEqual(cellPage.complaints, [], 'console');
    assert.deepEqual(cellPage.foreignRequests, []);
  } finally {
    await context.close();
    rmSync(downloads, { recursive: true });
  }
}

async function assertAccessible(page: Page, view: string): Promise<void> {
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    const { violations, passes } = (await page.evaluate('axe.run(document, { resultTypes: ["violations", "passes"] })')) as AxeResults;
    assert.ok(passes.length >= 20, `${view}: only ${passes.length} rules had something to look at`);
    assert.deepEqual(violations.map(({ id, nodes }) => `${view}, ${scheme}: ${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`), []);
  }
}

async function assertFits(page: Page): Promise<void> {
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const reach = (element: Element): number => Math.round(element.getBoundingClientRect().right);
    return scrollWidth <= clientWidth ? [] : [`${scrollWidth} of ${clientWidth}`, ...[...document.querySelectorAll('body *')].filter((element) => reach(element) > clientWidth).map((element) => `${element.tagName} ${element.className}: ${reach(element)}`)];
  });
  assert.deepEqual(wide, [], 'nothing is wider than the window');
}

describe('the view', () => {
  for (const [device, size] of sizes) {
    test(`is accessible and fits, ${device}`, async () => {
      await visit(async (page) => {
        await page.evaluate(axe);
        await page.$$eval('details', (all) => all.forEach((each) => { each.open = true; }));
        await assertFits(page);
        await assertAccessible(page, 'measurement');
        await page.setViewport({ width: 672, height: 1000 });
        await page.emulateMediaType('print');
        await assertFits(page);
      }, size);
    });
  }

  test('the matrix is walked by arrows with one stop of the Tab key, and a press tells which field', async () => {
    await visit(async (page) => {
      assert.equal(await page.$$eval('[data-testid=matrix] button[tabindex="0"]', (all) => all.length), 1);
      await page.focus('[data-testid=matrix] button');
      for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowUp', 'ArrowDown'] as const) await page.keyboard.press(key);
      await page.keyboard.press('Enter');
      assert.equal(await page.$eval('#app', (app) => (app as HTMLElement).dataset['selected']), '1 1');
      const [words, pressed] = await page.$eval('[data-truth="1"][data-named="1"]', (field) => [field.getAttribute('aria-label'), field.getAttribute('aria-pressed')]);
      assert.match(words ?? '', /^\d+ Eosinophil named Eosinophil, \d+(\.\d)?\u00a0% of the row$/);
      assert.equal(pressed, 'true');
    });
  });

  test('the threshold says how many are named and how many of those rightly, by keys, together and by type', async () => {
    await visit(async (page) => {
      const told = (): Promise<(string | undefined)[]> => page.$eval('[data-testid=threshold]', (control) => [(control as HTMLElement).dataset['named'], (control as HTMLElement).dataset['right']]);
      await page.focus('[data-testid=threshold-all]');
      await page.keyboard.press('Home');
      const right = cells.truth.filter((type, i) => {
        const own = [...cells.probabilities.slice(i * cells.types, (i + 1) * cells.types)];
        return own.indexOf(Math.max(...own)) === type;
      }).length;
      assert.deepEqual(await told(), ['600', String(right)]);
      await page.keyboard.press('End');
      assert.deepEqual(await told(), ['0', '0']);
      await page.click('[data-testid=threshold-reset]');
      const [before] = await told();
      await page.click('[data-testid=threshold] summary');
      await page.focus('[data-testid=threshold-basophil]');
      await page.keyboard.press('End');
      assert.ok(Number((await told())[0]) < Number(before));
    });
  });

  test('plots are saved as SVG, PNG and CSV, and the whole as the command line writes it', async () => {
    await visit(async (page, cellPage) => {
      const svg = await cellPage.saved('save-reliability-svg');
      assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg".*<title>Reliability diagram<\/title>/);
      assert.doesNotMatch(svg, /var\(|<style/);
      assert.match(await cellPage.saved('save-roc-csv'), /^Type,Threshold,False positive rate,True positive rate\r\nBasophil,/);
      assert.ok((await cellPage.saved('save-confusion-matrix-png')).includes('PNG'));
      const report = await cellPage.saved('save-measurement-html');
      assert.match(report, /^<!doctype html>\n<html lang="en">/);
      assert.deepEqual([...report.matchAll(/<(?:script|img)/g)], []);
      assert.equal((JSON.parse(await cellPage.saved('save-measurement-json')) as { images: { measured: number } }).images.measured, 600);
      assert.equal(await page.$$eval('.plot svg[role=img]', (all) => all.every((each) => (each.getAttribute('aria-description') ?? '').length > 80)), true);
    });
  });
});

describe('the report', () => {
  for (const [device, size] of sizes) {
    test(`is accessible and fits, ${device}`, async () => {
      const page = await browser.newPage();
      try {
        await page.setViewport(size);
        await page.goto(pathToFileURL(join(folder, 'report.html')).href);
        await assertFits(page);
        // A4 between its margins.
        await page.setViewport({ width: 672, height: 1000 });
        await page.emulateMediaType('print');
        await assertFits(page);
        await page.emulateMediaType('screen');
        await page.setViewport(size);
        // Its policy runs no script, and so none of ours: the tree is looked at under the same text without the policy.
        await page.setContent(readFileSync(join(folder, 'report.html'), 'utf8').replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ''));
        await page.evaluate(axe);
        await assertAccessible(page, 'report');
      } finally {
        await page.close();
      }
    });
  }
});
