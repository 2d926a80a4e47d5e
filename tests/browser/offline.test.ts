/** The page after its first visit: without a server, after an update, and with files that are not what the build made. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { listSiteFiles } from '../../scripts/site_files.ts';
import { goldenCases, root } from '../border/fixtures.ts';
import { dist, endBrowser, findBrowser, launchArguments } from './site.ts';
import { TestServer } from './test_server.ts';

const samples = (JSON.parse(readFileSync(join(dist, 'samples/manifest.json'), 'utf8')) as { sets: { model: string; images: unknown[] }[] }).sets;
const sampleCount = (model: string) => samples.find((set) => set.model === model)?.images.length ?? assert.fail(`no samples for ${model}`);
const goldenImages = goldenCases.map(({ image }) => join(new URL('models/blood-smear/golden', root).pathname, image));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const hook = (name: string) => `[data-testid=${name}]`;

let browser: Browser;

before(async () => { browser = await puppeteer.launch({ executablePath: findBrowser(), args: launchArguments }); });
after(() => endBrowser(browser));

interface Visit { page: Page; server: TestServer; complaints: string[] }

/** A page that a fresh browser opened from a server of its own. */
async function visit(use: (visit: Visit) => Promise<void>, prepare: (server: TestServer) => void = () => {}): Promise<void> {
  const server = new TestServer(dist);
  prepare(server);
  await server.start();
  const context = await browser.createBrowserContext();
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    page.on('dialog', (asked) => void asked.accept());
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(server.url);
    await page.waitForSelector(`${hook('footer')}[data-self-test=passed]`);
    await use({ page, server, complaints });
  } finally {
    await context.close();
    await server.stop();
  }
}

async function isKept(page: Page): Promise<void> {
  await page.waitForSelector(`${hook('footer')}[data-offline=ready]`);
}

async function useModel(page: Page, name: string): Promise<void> {
  await page.click(hook('model-picker'));
  await page.click(`${hook('model-card')}[data-model=${name}] ${hook('use-model')}`);
}

async function classifySamples(page: Page, model: string): Promise<string[]> {
  await page.waitForSelector(`${hook('footer')}[data-self-test=passed]`);
  await page.click(`${hook('samples')}:not([disabled])`);
  const total = sampleCount(model);
  await page.waitForSelector(`${hook('progress')}[data-state=done][data-done="${total}"]`);
  const right = await page.$$eval(hook('cell-card'), (cards) => cards.map((card) => `${(card as HTMLElement).dataset['file']}: ${(card as HTMLElement).dataset['label']}`));
  assert.ok(right.length > 0);
  return right;
}

async function keptAddresses(page: Page): Promise<string[]> {
  return await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => url);
  });
}

describe('after one visit, with the server stopped', () => {
  test('the page opens, classifies, and changes to a model that was used; another one says that it needs the network', async () => {
    await visit(async ({ page, server, complaints }) => {
      await isKept(page);
      const online = await classifySamples(page, 'blood-smear');
      await useModel(page, 'viability');
      await page.waitForSelector(`${hook('progress')}[data-state=done]`);
      await server.stop();

      await page.reload();
      // What was on the page is there again, with the model in use last, which was kept too.
      await page.waitForSelector(`${hook('progress')}[data-state=done]`);
      await page.locator(hook('menu-more')).click();
      await page.locator(hook('clear')).click();
      assert.match(await page.$eval(hook('model-picker'), (chip) => chip.textContent ?? ''), /Viability/);
      await page.waitForSelector(`${hook('footer')}[data-self-test=passed]`);
      await useModel(page, 'blood-smear');
      assert.deepEqual(await classifySamples(page, 'blood-smear'), online);
      assert.equal(await page.evaluate(() => crossOriginIsolated), true);
      await useModel(page, 'viability');
      await page.waitForSelector(`${hook('progress')}[data-state=done]`);
      await page.waitForSelector(`${hook('footer')}[data-self-test=passed]`);
      assert.match(await page.$eval(hook('footer'), (footer) => footer.textContent ?? ''), /works without a connection/);

      await useModel(page, 'cell-cycle');
      const message = await page.waitForSelector('[role=alert]');
      assert.match((await message?.evaluate((element) => element.textContent)) ?? '', /not kept on this computer yet and needs the network once/);
      await server.start();
      await page.click('[role=alert] button');
      await page.waitForSelector(`${hook('footer')}[data-self-test=passed]`);
      assert.deepEqual(complaints, []);
    });
  });

  test('the privacy panel calls every request of such a visit kept, and counts none over the network', async () => {
    await visit(async ({ page, server }) => {
      await isKept(page);
      await page.click(hook('privacy'));
      const seen = await page.$$eval(`${hook('request')}`, (rows) => rows.map((row) => {
        const { by, from } = (row as HTMLElement).dataset;
        return { by, from, text: row.textContent ?? '' };
      }));
      assert.ok(seen.some(({ by, from }) => by === 'page' && from === 'network'));
    assert.doesNotMatch(seen.map(({ text }) => text).join(' '), /[^.\d]0 kB/);
      assert.ok(seen.some(({ by, text }) => by === 'service worker' && text.includes('/samples/')));
      assert.ok(seen.some(({ by, from, text }) => by === 'service worker' && from === 'cache' && text.includes('network.onnx')), 'not fetched twice');
      await server.stop();
      await page.reload();
      await classifySamples(page, 'blood-smear');
      await page.waitForSelector(`${hook('footer')}[data-requests-since="0"]`);
      await page.click(hook('requests'));
      await page.waitForFunction((rows) => document.querySelectorAll(rows).length > 20, {}, hook('request'));
      const rows = await page.$$eval(hook('request'), (elements) => elements.map((element) => `${(element as HTMLElement).dataset['from']} ${element.textContent}`));
      assert.deepEqual(rows.filter((row) => !row.startsWith('kept ')), []);
      assert.match(await page.$eval(hook('requests-since'), (element) => element.textContent ?? ''), /^0 since your first image/);
    });
  });
});

test('the first visit fetches no file twice', async () => {
  await visit(async ({ page, server }) => {
    await isKept(page);
    const twice = server.asked.filter((path, i) => server.asked.indexOf(path) !== i);
    // The browser's own business: its icons.
    assert.deepEqual(twice.filter((path) => !path.startsWith('icons/')), []);
    assert.ok(server.asked.includes('service_worker.js') && server.asked.length > 40);
  });
});

test('what is kept is what the build made, and nothing that was dropped', async () => {
  await visit(async ({ page, server }) => {
    await isKept(page);
    const input = await page.waitForSelector(hook('file-input'), { hidden: true });
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...goldenImages);
    await page.waitForSelector(`${hook('progress')}[data-state=done][data-done="${goldenImages.length}"]`);
    const { atInstall, onDemand } = listSiteFiles(dist);
    const known = new Map(Object.entries({ ...atInstall, ...onDemand }));
    const kept = (await keptAddresses(page)).map((url) => url.slice(server.url.length) || 'index.html');
    assert.deepEqual(Object.keys(atInstall).filter((path) => !kept.includes(path)), []);
    assert.deepEqual(kept.filter((path) => !known.has(path)), []);
    const sums = await page.evaluate(async () => {
      const cache = await caches.open((await caches.keys())[0] ?? '');
      return await Promise.all((await cache.keys()).map(async (request) => {
        const bytes = await (await cache.match(request))?.arrayBuffer();
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes ?? new ArrayBuffer()));
        return [request.url, [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')] as const;
      }));
    });
    for (const [url, sum] of sums) assert.equal(sum, known.get(url.slice(server.url.length) || 'index.html'), url);
    const dropped = goldenImages.map((path) => sha256(readFileSync(path)));
    // The first golden image is also a file of the page: the self-test's.
    const ours = new Set(Object.values({ ...atInstall, ...onDemand }));
    assert.deepEqual(sums.filter(([, sum]) => dropped.includes(sum) && !ours.has(sum)), []);
  });
});

test('a file that is not what the build made is not kept', async () => {
  await visit(async ({ page }) => {
    await page.waitForSelector(`${hook('footer')}[data-offline=failed]`);
    assert.deepEqual((await keptAddresses(page)).filter((url) => url.endsWith('simulated-basophil-2.png')), []);
  }, (server) => {
    server.change = (path, bytes) => (path.endsWith('simulated-basophil-2.png') ? Buffer.concat([bytes, Buffer.from(' ')]) : bytes);
  });
});

test('with an image there first, nothing is fetched unasked', async () => {
  await visit(async ({ page, server }) => {
    const input = await page.waitForSelector(hook('file-input'), { hidden: true });
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...goldenImages);
    await page.waitForSelector(`${hook('footer')}[data-offline=postponed]`);
    await page.waitForSelector(`${hook('progress')}[data-state=done]`);
    assert.equal(server.asked.includes('service_worker.js'), false);
    await page.click(hook('requests'));
    await page.click(`${hook('keeping')} + button`);
    await isKept(page);
  });
});

test('a new version is offered, never forced, and not in the middle of work', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-next-'));
  try {
    cpSync(dist, folder, { recursive: true });
    const next = Buffer.from(readFileSync(join(dist, 'index.html'), 'utf8').replace('<title>Cytodrop</title>', '<title>Cytodrop, next</title>'));
    const sums = [readFileSync(join(dist, 'index.html')), next].map(sha256) as [string, string];
    const script = readFileSync(join(dist, 'service_worker.js'), 'utf8');
    const version = /[`'"](?:cytodrop-)?([0-9a-f]{16})[`'"]/.exec(script)?.[1] ?? assert.fail('no version in the service worker');
    writeFileSync(join(folder, 'index.html'), next);
    writeFileSync(join(folder, 'service_worker.js'), script.replace(...sums).replace(version, sums[1].slice(0, 16)));
    await visit(async ({ page, server }) => {
      await isKept(page);
      await useModel(page, 'viability');
      await page.waitForSelector(`${hook('footer')}[data-self-test=passed]`);
      server.folder = folder;
      server.asked.splice(0);
      await page.reload();
      await page.waitForSelector(hook('new-version'));
      assert.equal(await page.title(), 'Cytodrop');
      assert.deepEqual(server.asked.filter((path) => !path.startsWith('icons/')), ['service_worker.js', 'index.html'], 'only what changed is fetched');

      await page.evaluate((line, progress) => {
        const seen = { states: new Set<string>(), offeredWhileRunning: false };
        Object.assign(globalThis, { seen });
        new MutationObserver(() => {
          const state = document.querySelector<HTMLElement>(progress)?.dataset['state'] ?? 'none';
          seen.states.add(state);
          if (state === 'running' && document.querySelector(line) !== null) seen.offeredWhileRunning = true;
        }).observe(document, { childList: true, subtree: true, attributes: true });
      }, hook('new-version'), hook('progress'));
      await page.click(hook('samples'));
      await page.waitForSelector(`${hook('progress')}[data-state=done]`);
      await page.waitForSelector(hook('new-version'));
      const seen = await page.evaluate(() => {
        const { states, offeredWhileRunning } = (globalThis as unknown as { seen: { states: Set<string>; offeredWhileRunning: boolean } }).seen;
        return { ran: states.has('running'), offeredWhileRunning };
      });
      assert.deepEqual(seen, { ran: true, offeredWhileRunning: false });

      await Promise.all([page.waitForNavigation(), page.click(hook('use-new-version'))]);
      assert.equal(await page.title(), 'Cytodrop, next');
      await server.stop();
      await page.reload();
      assert.equal(await page.title(), 'Cytodrop, next');
      await page.waitForSelector(`${hook('footer')}[data-self-test=passed]`);
      // What the version before had used, this one has kept too.
      await useModel(page, 'blood-smear');
      await page.waitForSelector(`${hook('footer')}[data-self-test=passed]`);
      assert.equal((await page.evaluate(() => caches.keys())).length, 1);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
