/**
 * A large session on the page: so many images in one go, memory by quarters of the run, and the longest that the page stands still while they come, are looked at, stopped and exported.
 */
import { readFileSync } from 'node:fs';
import puppeteer, { type Page } from 'puppeteer-core';
import { startServer } from '../../scripts/server.ts';
import { dist, endBrowser, findBrowser, launchArguments } from '../browser/site.ts';
import { path } from './site.ts';
import { printLimit, printTable } from './report.ts';

const mostStillMs = 100;
declare global {
  interface Window { longestTask?: () => number }
}

export async function benchMany(count: number): Promise<void> {
  const server = await startServer({ folder: dist, host: '127.0.0.1', port: 0 });
  const browser = await puppeteer.launch({ executablePath: findBrowser(), args: [...launchArguments, '--enable-precise-memory-info'], protocolTimeout: 600_000 });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    await page.goto(server.url);
    await page.waitForSelector('[data-testid=footer][data-self-test=passed]');
    await page.evaluate(() => {
      const longest = { ms: 0 };
      const note = (entries: PerformanceEntryList): void => { longest.ms = Math.max(longest.ms, ...entries.map(({ duration }) => duration)); };
      const observer = new PerformanceObserver((list) => note(list.getEntries()));
      observer.observe({ type: 'longtask' });
      // What was not told yet counts too.
      window.longestTask = () => {
        note(observer.takeRecords());
        const { ms } = longest;
        longest.ms = 0;
        return ms;
      };
    });
    console.log(`\nA session of ${count.toLocaleString('en')} images on the page`);
    const still: [string, number][] = [];
    const phase = async (name: string, act: () => Promise<unknown>): Promise<number> => {
      await settled(page);
      await page.evaluate(() => window.longestTask?.());
      const started = performance.now();
      await act();
      const took = performance.now() - started;
      await settled(page);
      still.push([name, await page.evaluate(() => window.longestTask?.() ?? Infinity)]);
      return took;
    };
    const heaps: number[] = [];
    await page.$eval('[data-testid=file-input]', (element, number, bytes) => {
      const image = new Blob([Uint8Array.from(bytes)], { type: 'image/png' });
      // A list made by a drop of so many would have to pass through the driver.
      Object.defineProperty(element, 'files', { value: Array.from({ length: number }, (_, i) => new File([image], `cell ${i}.png`, { type: 'image/png' })) });
    }, count, [...readFileSync(path('tests/golden/decode/grey.png'))]);
    const started = performance.now();
    await phase('while they come', async () => {
      await page.$eval('[data-testid=file-input]', (element) => void element.dispatchEvent(new Event('change', { bubbles: true })));
      for (let quarter = 1; quarter <= 4; quarter++) {
        await page.waitForFunction((least) => Number(document.querySelector<HTMLElement>('[data-testid=progress]')?.dataset['done']) >= least, { timeout: 0, polling: 500 }, Math.floor((count * quarter) / 4));
        heaps.push(await page.evaluate(async () => {
          const { usedJSHeapSize } = (performance as unknown as { memory: { usedJSHeapSize: number } }).memory;
          return usedJSHeapSize / 2 ** 20;
        }));
      }
    });
    const seconds = (performance.now() - started) / 1000;
    const { done, total } = await page.$eval('[data-testid=progress]', (element) => ({ done: Number((element as HTMLElement).dataset['done']), total: Number((element as HTMLElement).dataset['total']) }));
    // As a person does: what the driver runs itself is told as no task.
    const press = async (selector: string): Promise<void> => {
      await (await page.waitForSelector(selector, { visible: true }))?.click();
    };
    await phase('scrolled', async () => {
      for (let i = 1; i <= 20; i++) {
        await page.evaluate((share) => {
          const list = document.querySelector('.gallery') ?? document.scrollingElement;
          const scroller = [list, list?.parentElement, document.scrollingElement].find((one) => one && one.scrollHeight > one.clientHeight + 10);
          scroller?.scrollTo(0, share * scroller.scrollHeight);
        }, i / 20);
        await settled(page);
      }
    });
    const first = (name: string): Promise<unknown> => page.waitForFunction((file) => document.querySelector('.results-table tbody tr:not([aria-hidden])')?.textContent?.includes(file), {}, `cell ${name}.png`);
    await phase('in the table', async () => {
      await press('label:has(> [data-testid=view-table])');
      await first('0');
    });
    const headers = await page.$$('.results-table thead button');
    for (const [name, column] of [['file', 'File'], ['probability', 'Probability']] as const) {
      for (const header of headers) {
        if (!(await header.evaluate((element, words) => element.textContent?.includes(words), column))) continue;
        for (const order of ['up', 'down']) {
          await phase(`sorted by ${name}, ${order}`, async () => {
            await header.click();
            if (name === 'file') await first(order === 'up' ? '0' : String(count - 1));
          });
        }
      }
    }
    await phase('searched by name', async () => {
      await page.focus('#search');
      await page.keyboard.type('77');
      await page.waitForFunction((all) => Number(document.querySelector('.results-table')?.getAttribute('aria-rowcount')) < all, {}, count / 2);
    });
    await phase('search undone', async () => {
      await page.keyboard.press('Backspace');
      await page.keyboard.press('Backspace');
    });
    const most = await page.$$eval('[data-testid=summary] [data-label]', (elements) => elements.map((element) => (element as HTMLElement).dataset).sort((a, b) => Number(b['count']) - Number(a['count']))[0]?.['label'] ?? '');
    await phase('filtered by a type', () => press(`[data-testid=summary] [data-label="${most}"]`));
    await phase('filter undone', () => press(`[data-testid=summary] [data-label="${most}"]`));
    await first('0').catch(() => first(String(count - 1)));
    for (const format of ['csv', 'json']) {
      await phase(`exported as ${format}`, async () => {
        await page.evaluate(() => {
          const made = URL.createObjectURL.bind(URL);
          Object.assign(window, { savedBytes: 0 });
          URL.createObjectURL = (blob: Blob | MediaSource) => {
            Object.assign(window, { savedBytes: (blob as Blob).size });
            return made(blob);
          };
        });
        await press('[data-testid=export]');
        await press(`[data-testid=export-${format}]`);
        const bytes = await (await page.waitForFunction(() => (window as unknown as { savedBytes: number }).savedBytes, { timeout: 0 })).jsonValue();
        if (bytes < 50 * count) throw new Error(`${format}: ${bytes} bytes for ${count} images`);
        await page.keyboard.press('Escape');
      });
    }
    printTable([['', 'longest task'], ...still.map(([name, ms]) => [name, `${ms.toFixed(0)} ms`])]);
    console.log(`  ${(count / seconds).toFixed(0)} images a second; page's heap by quarters ${heaps.map((mb) => mb.toFixed(0)).join(', ')} MB`);
    printLimit('all images are accounted for', done, 'images', { least: total === count ? count : Infinity });
    for (const [name, ms] of still) printLimit(`the page stands still, ${name}`, ms, 'ms', { most: mostStillMs });
  } finally {
    await endBrowser(browser);
    await server.close();
  }
}

/** Two pictures later what was begun is on the screen, and tasks that were long are told. */
function settled(page: Page): Promise<unknown> {
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 60)))));
}
