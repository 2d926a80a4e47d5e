/** Ten thousand cells on the built page: what keeping them costs, how fast they come back, and whether answers by keys keep the page smooth. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonOf, root } from '../border/fixtures.ts';
import { type CellPage, Site } from '../browser/site.ts';
import { median, printLimit, printTable } from './report.ts';

const many = 10_000;
const few = 1_000;
const answers = 200;
const rounds = 5;
const model = { name: 'cell-cycle', title: 'Cell cycle' };

declare global {
  var longTasks: number[] | undefined;
}

/** Small pictures, so that the page's own work is what is seen. */
function pictures(folder: string): string[] {
  const { cases } = jsonOf<{ cases: { image: string }[] }>(`models/${model.name}/golden/golden.json`);
  return Array.from({ length: many }, (_, i) => {
    const to = join(folder, `cell ${String(i + 1).padStart(5, '0')}.png`);
    copyFileSync(fileURLToPath(new URL(`models/${model.name}/golden/${cases[i % cases.length]?.image}`, root)), to);
    return to;
  });
}

async function classify(page: CellPage, files: string[]): Promise<number> {
  await page.useModel(model.name, model.title);
  await page.page.$eval(page.find('mode-cells'), (input) => (input as HTMLElement).click());
  const started = performance.now();
  await page.addFiles(files);
  await page.finish(files.length);
  return performance.now() - started;
}

/** Until everything is written. */
async function kept(page: CellPage, cells: number): Promise<void> {
  await page.page.waitForFunction(async (count) => {
    const request = indexedDB.open('cytodrop');
    const database = await new Promise<IDBDatabase>((resolve) => { request.onsuccess = () => resolve(request.result); });
    const all = database.transaction('projects').objectStore('projects').getAll();
    const heads = await new Promise<{ counts: { cells: number } }[]>((resolve) => { all.onsuccess = () => resolve(all.result); });
    database.close();
    return heads.some(({ counts }) => counts.cells === count);
  }, { polling: 200, timeout: 120_000 }, cells);
}

async function comesBack(page: CellPage, cells: number): Promise<number> {
  await page.page.evaluateOnNewDocument(() => performance.mark('opened'));
  await page.page.reload({ waitUntil: 'commit' as 'load' }).catch(() => undefined);
  await page.page.waitForFunction((count) => document.querySelector('[data-testid=progress]')?.getAttribute('data-done') === String(count) && document.querySelector('[data-testid=cell-card]') !== null, { polling: 'raf' }, cells);
  return page.page.evaluate(() => performance.now());
}

export async function benchWorkbench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-bench-'));
  const site = await Site.start();
  try {
    const files = pictures(folder);
    const times = { 'kept nothing': [] as number[], kept: [] as number[] };
    // Turn about, for a machine is not as fast now as a minute later; the last page goes on below.
    for (let round = 0; round < rounds; round++) {
      await site.visit(async (page) => {
        await page.page.waitForSelector(page.find('keep-nothing'));
        await page.page.$eval(page.find('keep-nothing'), (input) => (input as HTMLElement).click());
        times['kept nothing'].push(await classify(page, files));
      });
      if (round < rounds - 1) await site.visit(async (page) => void times.kept.push(await classify(page, files)));
    }
    await site.visit(async (page) => {
      times.kept.push(await classify(page, files));
      await kept(page, many);
      const back = await comesBack(page, many);
      const [without, withIt] = [median(times['kept nothing']), median(times.kept)];
      console.log(`\n${many} cells of 66 px, two workers, Chromium; medians of ${rounds} turns`);
      printTable([['', 'seconds'], ...Object.entries(times).map(([name, all]) => [`classified, ${name}`, `${(median(all) / 1_000).toFixed(1)} (${all.map((ms) => (ms / 1_000).toFixed(1)).join(', ')})`]), ['back after a reload', (back / 1_000).toFixed(2)]]);
      printLimit('keeping 10,000 cells, of the run', (100 * (withIt - without)) / without, '%', { most: 10 });
      await page.page.waitForSelector(`${page.find('footer')}[data-self-test=passed]`);
      await page.press('review');
      await page.page.waitForSelector(page.find('review-cell'));
      const heap = async (): Promise<number> => {
        const session = await page.page.createCDPSession();
        await session.send('HeapProfiler.collectGarbage');
        const { usedSize } = await session.send('Runtime.getHeapUsage');
        await session.detach();
        return usedSize / 1e6;
      };
      for (let i = 0; i < 20; i++) await page.page.keyboard.press('Enter');
      const before = await heap();
      await page.page.evaluate(() => {
        globalThis.longTasks = [];
        new PerformanceObserver((list) => globalThis.longTasks?.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
      });
      const waits: number[] = [];
      for (let i = 0; i < answers; i++) {
        const started = performance.now();
        await page.page.keyboard.press(i % 3 === 0 ? 'g' : 'Enter');
        await page.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
        waits.push(performance.now() - started);
      }
      const long = (await page.page.evaluate(() => globalThis.longTasks)) ?? [];
      const after = await heap();
      console.log(`  ${answers} answers by keys: ${median(waits).toFixed(0)} ms from a key to the next picture, median; ${long.length} tasks over 50 ms, the longest ${Math.max(0, ...long).toFixed(0)} ms; memory ${before.toFixed(0)} to ${after.toFixed(0)} MB`);
      printLimit('longest task while answering', Math.max(0, ...long), 'ms', { most: 50 });
      printLimit('memory gained by 200 answers', after - before, 'MB', { most: 10 });
    });
    await site.visit(async (page) => {
      await classify(page, files.slice(0, few));
      await kept(page, few);
      printLimit('1,000 cells back after a reload', await comesBack(page, few), 'ms', { most: 1_000 });
    });
  } finally {
    await site.stop();
    rmSync(folder, { recursive: true });
  }
}
