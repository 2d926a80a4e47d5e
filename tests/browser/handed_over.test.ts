/** What the system hands to the installed page: files opened with it, and files that other programs share, which no server gets. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { goldenCases, root } from '../border/fixtures.ts';
import { dist, endBrowser, findBrowser, launchArguments } from './site.ts';
import { TestServer } from './test_server.ts';

const images = goldenCases.map(({ image }) => join(new URL('models/blood-smear/golden', root).pathname, image));
const labels = Object.fromEntries(goldenCases.map(({ image, label }) => [image, label]));
const hook = (name: string) => `[data-testid=${name}]`;

let browser: Browser;
let server: TestServer;

before(async () => { browser = await puppeteer.launch({ executablePath: findBrowser(), args: launchArguments }); });
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

/** Posts files as the system does: a form that no page of the site's has sent. */
async function share(page: Page, paths: string[]): Promise<void> {
  const elsewhere = mkdtempSync(join(tmpdir(), 'cytodrop-share-'));
  const other = new TestServer(elsewhere);
  other.headers = {};
  try {
    writeFileSync(join(elsewhere, 'index.html'), `<!doctype html><form method="post" enctype="multipart/form-data" action="${server.url}share"><input type="file" name="images" multiple></form>`);
    await other.start();
    await page.goto(other.url);
    const input = await page.waitForSelector('input');
    if (paths.length > 0) await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...paths);
    await Promise.all([page.waitForNavigation(), page.$eval('form', (form) => (form as HTMLFormElement).submit())]);
  } finally {
    await other.stop();
    rmSync(elsewhere, { recursive: true });
  }
}

describe('a share', () => {
  test('is taken by the service worker: its images are classified, the server is asked for nothing, and a reload takes none twice', async () => {
    await visit(async (page) => {
      await page.waitForSelector(`${hook('footer')}[data-offline=ready]`);
      server.asked.splice(0);
      await share(page, images);
      assert.deepEqual(await classified(page, images.length), labels);
      assert.equal(page.url(), server.url, 'the number of the share is not left in the address');
      // At each visit the browser itself asks for these.
      assert.deepEqual(server.asked.filter((path) => path !== 'service_worker.js' && !path.startsWith('icons/')), []);
      await page.waitForSelector(`${hook('footer')}[data-requests-since="0"]`);
      await page.reload();
      assert.deepEqual(await classified(page, images.length), labels);
      const kept = await page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat());
      assert.ok(kept.length > 40);
      assert.deepEqual(kept.filter((path) => path.includes('share') && path !== '/manifest_share.webmanifest'), []);
    });
  });

  test('would reach the server where no service worker is, which is seen here', async () => {
    await visit(async (page) => {
      await page.evaluate(async () => Promise.all((await navigator.serviceWorker.getRegistrations()).map((one) => one.unregister())));
      await share(page, images.slice(0, 1));
      assert.ok(server.asked.includes('share'));
    });
  });

  test('with the server stopped comes all the same; one without files, or with a number that nobody gave, says so', async () => {
    await visit(async (page) => {
      await page.waitForSelector(`${hook('footer')}[data-offline=ready]`);
      await server.stop();
      await share(page, images.slice(0, 1));
      assert.deepEqual(Object.values(await classified(page, 1)), [goldenCases[0]?.label]);
      await page.click(hook('clear'));
      for (const open of [() => share(page, []), () => page.goto(`${server.url}?shared=none`)]) {
        await open();
        await page.waitForFunction(() => document.body.textContent?.includes('The shared files did not arrive.'));
      }
    });
  });
});

test('only a page with a service worker in charge names a place to share to, and Chromium takes either manifest without a complaint', async () => {
  await visit(async (page) => {
    const session = await page.createCDPSession();
    const manifest = async (): Promise<Record<string, unknown>> => {
      const { data = '', errors } = await session.send('Page.getAppManifest');
      assert.deepEqual(errors, []);
      return JSON.parse(data) as Record<string, unknown>;
    };
    const first = await manifest();
    assert.equal(first['share_target'], undefined);
    await page.waitForSelector(`${hook('footer')}[data-offline=ready]`);
    await page.waitForSelector('link[rel=manifest][href="manifest_share.webmanifest"]');
    const { share_target: target, ...rest } = await manifest();
    assert.deepEqual(rest, first);
    assert.equal((target as { action: string }).action, './share');
    const accepted = Object.values((first['file_handlers'] as [{ accept: Record<string, string[]> }])[0].accept).flat();
    for (const ending of ['.png', '.jpg', '.tif', '.czi', '.nd2', '.lif', '.dcm', '.svs', '.ndpi', '.lsm', '.stk', '.jp2', '.jxl', '.cytodrop']) assert.ok(accepted.includes(ending), ending);
    await page.reload();
    await page.waitForSelector('link[rel=manifest][href="manifest_share.webmanifest"]');
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
