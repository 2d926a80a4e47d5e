/** What a model that was taught on the page says: the same on the command line, to the last digit, and the same where it was taught in Firefox. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { startServer } from '../../scripts/server.ts';
import { cytodrop, linesOf } from '../cli/fixtures.ts';
import { firefox, launchFirefox } from './browsers.ts';
import { drawCell } from './drawn_cells.ts';
import { type CellPage, dist, endBrowser, shared, Site } from './site.ts';

interface TaughtSet {
  /** By type. */
  taught: Record<string, string[]>;
  fresh: string[];
}

const place = mkdtempSync(join(tmpdir(), 'cytodrop-results-'));
const elsewhere = join(shared, 'data/blood-smear-elsewhere');

/** Twelve drawn cells of each of two types, and four new ones of each. */
function drawnSet(): TaughtSet {
  const files = (type: string, lobes: number, first: number, count: number): string[] => Array.from({ length: count }, (_, i) => {
    const path = join(place, 'drawn', type, `${type} ${first + i}.bmp`);
    mkdirSync(join(place, 'drawn', type), { recursive: true });
    writeFileSync(path, drawCell({ nucleus: lobes === 1 ? 0.62 : 0.5, lobes }, 100 * lobes + first + i));
    return path;
  });
  return { taught: { round: files('round', 1, 0, 12), lobed: files('lobed', 3, 0, 12) }, fresh: [...files('round', 1, 50, 4), ...files('lobed', 3, 50, 4)] };
}

/** Of another laboratory, sixteen of each of three types, and four others. */
function laboratorySet(laboratory: string, types: string[]): TaughtSet {
  const rows = readFileSync(join(elsewhere, 'index.csv'), 'utf8').trim().split(/\r?\n/).slice(1).map((row) => row.split(','));
  const named = (type: string, first: number, count: number): string[] => rows.filter(([, label, of]) => of === laboratory && label === type).slice(first, first + count).map(([file = ''], i) => {
    const path = join(place, laboratory, type, `${type} ${first + i}.png`);
    mkdirSync(join(place, laboratory, type), { recursive: true });
    copyFileSync(join(elsewhere, file), path);
    return path;
  });
  return { taught: Object.fromEntries(types.map((type) => [type, named(type, 0, 16)])), fresh: types.flatMap((type) => named(type, 16, 4)) };
}

const upload = async (page: Page, selector: string, paths: string[]): Promise<void> => {
  const input = await page.waitForSelector(selector, { hidden: true });
  await (input as unknown as { uploadFile(...files: string[]): Promise<void> }).uploadFile(...paths);
};

/** Teaches by the hand of a person who has no mouse to drop with, and uses the model. */
async function teach(page: Page, { taught }: TaughtSet): Promise<void> {
  await page.click('label:has([data-testid=task-teach])');
  await page.waitForSelector('[data-testid=drop-tray]');
  for (const [i, [name, paths]] of Object.entries(taught).entries()) {
    await page.click('[data-testid=add-type]');
    await page.waitForFunction((count) => document.querySelectorAll('[data-testid=tray]').length === count, {}, i + 1);
    await page.$$eval('[data-testid=type-name]', (all, given) => {
      const field = all.at(-1) as HTMLInputElement;
      field.value = given;
      for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true }));
    }, name);
    const input = (await page.$$('[data-testid=tray] [data-testid=tray-files]')).at(-1);
    await (input as unknown as { uploadFile(...files: string[]): Promise<void> }).uploadFile(...paths);
    await page.waitForFunction((at, count) => (document.querySelectorAll('[data-testid=tray]')[at] as HTMLElement | undefined)?.dataset['count'] === String(count), {}, i, paths.length);
  }
  await page.waitForSelector('[data-testid=teach-good][data-testing=false][data-stale=false][data-tested=true]', { timeout: 120_000 });
  await page.type('[data-testid=model-title]', 'Taught here');
  await page.$eval('[data-testid=make-model]', (button) => (button as HTMLElement).click());
  await page.waitForSelector('[data-testid=made][data-model=taught-here][data-making=false]', { timeout: 60_000 });
}

async function useIt(page: Page, { taught, fresh }: TaughtSet): Promise<void> {
  await page.$eval('[data-testid=use-taught]', (button) => (button as HTMLElement).click());
  await page.waitForFunction(() => document.querySelector('[data-testid=footer]')?.textContent?.includes('Taught here'));
  const known = Object.values(taught).flat().length;
  await page.waitForSelector(`[data-testid=progress][data-state=done][data-done="${known}"]`, { timeout: 120_000 });
  await upload(page, '[data-testid=file-input]', fresh);
  await page.waitForSelector(`[data-testid=progress][data-state=done][data-done="${known + fresh.length}"]`, { timeout: 120_000 });
}

/** What the page says of the new cells, by name. */
async function said(page: CellPage, { fresh }: TaughtSet): Promise<Record<string, unknown>> {
  const cells = await page.exportedCells();
  return Object.fromEntries(fresh.map((path) => {
    const { most_like, probabilities, novelty, foreign, unsure } = cells.find(({ file }) => file === basename(path)) ?? assert.fail(path);
    return [basename(path), { most_like, probabilities, novelty, foreign, unsure }];
  }));
}

describe('a model that was taught on the page', () => {
  let site: Site;
  before(async () => { site = await Site.start(); });
  after(async () => {
    await site.stop();
    rmSync(place, { recursive: true });
  });

  const missing = existsSync(elsewhere) ? false : 'there is no ../shared/data/blood-smear-elsewhere';
  const sets: [string, () => TaughtSet, string | false][] = [
    ['drawn cells', drawnSet, false], ['laboratory a', () => laboratorySet('a', ['lymphocyte', 'monocyte', 'neutrophil']), missing], ['laboratory b', () => laboratorySet('b', ['eosinophil', 'lymphocyte', 'neutrophil']), missing],
  ];
  for (const [name, make, skip] of sets) {
    test(`${name}: the command line says the same of new cells, to the last digit`, { skip }, async () => {
      const set = make();
      await site.visit(async (page) => {
        await teach(page.page, set);
        const zip = join(place, `${name}.zip`);
        writeFileSync(zip, await page.savedBytes('save-taught'));
        await useIt(page.page, set);
        const here = await said(page, set);
        const run = await cytodrop('classify', '--model', zip, ...set.fresh);
        assert.equal(run.code, 0, run.stderr);
        const there = Object.fromEntries(linesOf(run.stdout).map(({ file, most_like, probabilities, novelty, foreign, unsure }) => [basename(file), { most_like, probabilities, novelty, foreign, unsure }]));
        assert.deepEqual(here, there);
        assert.equal(Object.keys(here).length, set.fresh.length);
      }, { width: 1440, height: 900 });
    });
  }

  test('taught in Firefox it has the same bits as taught in Chromium', { skip: firefox === undefined ? 'there is no Firefox (Debian: firefox-esr)' : false }, async () => {
    const set = drawnSet();
    /** The sum of the model's spec, which holds those of head, statistics and networks. */
    const sumOf = (page: Page): Promise<string> => page.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const asked = indexedDB.open('cytodrop-models');
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error ?? new Error('not opened'));
      });
      const rows = await new Promise<{ specSha256?: string; sum?: string }[]>((resolve, reject) => {
        const asked = database.transaction('models').objectStore('models').getAll();
        asked.onsuccess = () => resolve(asked.result as { specSha256?: string; sum?: string }[]);
        asked.onerror = () => reject(asked.error ?? new Error('not read'));
      });
      database.close();
      return JSON.stringify(rows.map(({ specSha256, sum }) => specSha256 ?? sum));
    });
    let inChromium = '';
    await site.visit(async (page) => {
      await teach(page.page, set);
      inChromium = await sumOf(page.page);
    }, { width: 1440, height: 900 });
    const server = await startServer({ folder: dist, host: '127.0.0.1', port: 0 });
    const browser = await launchFirefox();
    try {
      const page = await browser.newPage();
      // Beside other tests a browser that starts may take long.
      page.setDefaultTimeout(120_000);
      await page.setViewport({ width: 1440, height: 900 });
      await page.goto(server.url);
      await page.waitForSelector('[data-testid=footer][data-self-test=passed]');
      await teach(page, set);
      assert.equal(await sumOf(page), inChromium);
      assert.match(inChromium, /^\["[0-9a-f]{64}"\]$/);
    } finally {
      await endBrowser(browser);
      await server.close();
    }
  });
});
