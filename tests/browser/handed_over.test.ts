/** What the system hands to the installed page: files opened with it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { goldenCases, root } from '../border/fixtures.ts';
import { launchChromium } from './browsers.ts';
import { dist, endBrowser } from './site.ts';
import { TestServer } from './test_server.ts';

const images = goldenCases.map(({ image }) => join(new URL('models/blood-smear/golden', root).pathname, image));
const labels = Object.fromEntries(goldenCases.map(({ image, label }) => [image, label]));
const hook = (name: string) => `[data-testid=${name}]`;

let browser: Browser;
let server: TestServer;

before(async () => { browser = await launchChromium(); });
after(() => endBrowser(browser));

async function visit(use: (page: Page) => Promise<void>, prepare: (page: Page) => Promise<unknown> = async () => {}): Promise<void> {
  server = new TestServer(dist);
  await server.start();
  const context = await browser.createBrowserContext();
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    page.on('dialog', (asked) => void asked.accept());
    await prepare(page);
    await page.goto(server.url);
    await page.waitForSelector(`${hook('footer')}[data-self-test=passed]`);
    await use(page);
  } finally {
    await context.close();
    await server.stop();
  }
}

async function classified(page: Page, count: number): Promise<Record<string, string>> {
  await page.waitForSelector(`${hook('progress')}[data-state=done][data-done="${count}"][data-total="${count}"]`);
  return Object.fromEntries(await page.$$eval(hook('cell-card'), (cards) => cards.map((card) => [(card as HTMLElement).dataset['file'] ?? '', (card as HTMLElement).dataset['label'] ?? ''])));
}

test('the manifest names the kinds of files that are opened and no place to share to, and Chromium takes it without a complaint', async () => {
  await visit(async (page) => {
    const session = await page.createCDPSession();
    const { data = '', errors } = await session.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    const manifest = JSON.parse(data) as { file_handlers: [{ accept: Record<string, string[]> }]; share_target?: unknown };
    assert.equal(manifest.share_target, undefined);
    const accepted = Object.values(manifest.file_handlers[0].accept).flat();
    for (const ending of ['.png', '.jpg', '.tif', '.czi', '.nd2', '.lif', '.dcm', '.svs', '.ndpi', '.lsm', '.stk', '.jp2', '.jxl', '.cytodrop']) assert.ok(accepted.includes(ending), ending);
  });
});

test('files that the system opens with the page are classified, those of a second opening with them; one that is gone says so', async () => {
  await visit(async (page) => {
    const open = async (paths: string[], gone: string[] = []): Promise<void> => {
      const files = paths.map((path) => ({ name: path.slice(path.lastIndexOf('/') + 1), base64: readFileSync(path).toString('base64') }));
      await page.evaluate(async (given, lost) => {
        const folder = await navigator.storage.getDirectory();
        const handles = await Promise.all(given.map(async ({ name, base64 }) => {
          const handle = await folder.getFileHandle(name, { create: true });
          const stream = await handle.createWritable();
          await stream.write(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
          await stream.close();
          return handle;
        }));
        for (const name of lost) {
          handles.push(await folder.getFileHandle(name, { create: true }));
          await folder.removeEntry(name);
        }
        (globalThis as unknown as { launched: (launch: object) => void }).launched({ files: handles, targetURL: location.href });
      }, files, gone);
    };
    await open(images.slice(0, 2), ['gone.png']);
    await page.waitForFunction(() => document.body.textContent?.includes('gone.png'));
    const first = await classified(page, 3);
    assert.deepEqual(Object.entries(first).filter(([file]) => file !== 'gone.png').sort(), goldenCases.slice(0, 2).map(({ image, label }) => [image, label] as [string, string]).sort());
    await open(images.slice(2));
    const all = await classified(page, images.length + 1);
    assert.deepEqual({ ...all, 'gone.png': undefined }, { ...labels, 'gone.png': undefined });
  }, (page) => page.evaluateOnNewDocument(() => {
    Object.defineProperty(globalThis, 'launchQueue', { value: { setConsumer: (take: object) => Object.assign(globalThis, { launched: take }) } });
  }));
});

test('opened from a folder, where browsers load no parts of a program, the page says which command serves it', async () => {
  const page = await browser.newPage();
  try {
    await page.goto(new URL('dist/index.html', root).href);
    assert.match(await page.$eval('body', (body) => (body as HTMLElement).innerText), /python3 -m http\.server/);
  } finally {
    await page.close();
  }
  await visit(async (served) => {
    assert.equal(await served.$eval('.unserved', (line) => getComputedStyle(line).display), 'none');
  });
});
