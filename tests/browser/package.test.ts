/** The zip for somebody's own server, unpacked and served by Python's plain file server. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { packSite, sha256Of } from '../../scripts/package_site.ts';
import { goldenCases, root } from '../border/fixtures.ts';
import { findProgram, launchChromium } from './browsers.ts';
import { Honeypot } from './honeypot.ts';
import { dist, endBrowser } from './site.ts';

const python = findProgram('python3');
const hook = (name: string) => `[data-testid=${name}]`;

describe('the zip', { skip: python === undefined ? 'there is no python3' : false }, () => {
  let folder: string;
  let zip: string;
  let unpacked: string;
  let server: ChildProcess;
  let url: string;
  let browser: Browser;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cytodrop-package-'));
    zip = await packSite(folder);
    const other = join(folder, 'unpacked');
    mkdirSync(other);
    execFileSync('cmake', ['-E', 'tar', 'xf', zip], { cwd: other });
    unpacked = join(other, basename(zip, '.zip'));
    server = spawn(python ?? '', ['-u', '-m', 'http.server', '--bind', '127.0.0.1', '--directory', unpacked, '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const lines = createInterface({ input: server.stdout ?? assert.fail() });
    const [first] = await new Promise<string[]>((resolve) => lines.once('line', (line) => resolve([line])));
    url = `http://127.0.0.1:${/port (\d+)/.exec(first ?? '')?.[1] ?? assert.fail(first)}/`;
    browser = await launchChromium();
  });
  after(async () => {
    await endBrowser(browser);
    server.kill();
    rmSync(folder, { recursive: true });
  });

  test('says how to serve it, and every file in it is the one packed', () => {
    const sums = readFileSync(join(unpacked, 'sha256sums.txt'), 'utf8').trim().split('\n');
    assert.ok(sums.length > 60 && sums.some((line) => line.endsWith('  README.txt')));
    execFileSync('sha256sum', ['--quiet', '-c', 'sha256sums.txt'], { cwd: unpacked });
    assert.match(readFileSync(join(unpacked, 'README.txt'), 'utf8'), /not for diagnosis[\s\S]*http\.server[\s\S]*add_header Content-Security-Policy/);
  });

  test('packed again, from files of another age with other rights, in another zone of time, it has the same bytes', async () => {
    const copy = join(folder, 'copy');
    cpSync(dist, copy, { recursive: true });
    chmodSync(join(copy, 'index.html'), 0o600);
    const { TZ } = process.env;
    process.env['TZ'] = 'Pacific/Auckland';
    try {
      assert.notEqual(new Date(2000, 0, 1).getTimezoneOffset(), 0);
      assert.equal(sha256Of(readFileSync(await packSite(join(folder, 'again'), copy))), sha256Of(readFileSync(zip)));
    } finally {
      if (TZ === undefined) delete process.env['TZ'];
      else process.env['TZ'] = TZ;
    }
  });

  test('classifies at once; from the second visit on its service worker adds the headers that the server does not send', async () => {
    const images = goldenCases.map(({ image }) => join(new URL('models/blood-smear/golden', root).pathname, image));
    const context = await browser.createBrowserContext();
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(120_000);
      // A person who leaves says so.
      page.on('dialog', (asked) => void asked.accept());
      for (const isIsolated of [false, true]) {
        await page.goto(url);
        await page.waitForSelector(`${hook('footer')}[data-self-test=passed][data-offline=ready]`);
        assert.equal(await page.evaluate(() => crossOriginIsolated), isIsolated);
        // What the first visit left is there again.
        if (isIsolated) {
          await page.locator(hook('menu-more')).click();
          await page.locator(hook('clear')).click();
        }
        const input = await page.waitForSelector(hook('file-input'), { hidden: true });
        await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...images);
        await page.waitForSelector(`${hook('progress')}[data-state=done][data-done="${images.length}"]`);
        const labels = await page.$$eval(hook('cell-card'), (cards) => cards.map((card) => (card as HTMLElement).dataset['label']));
        assert.deepEqual(labels, [...goldenCases].sort((a, b) => (a.image < b.image ? -1 : 1)).map(({ label }) => label));
        // A worker's policy is in its headers alone, so that in the first visit it has none; the page's stands in the page.
        const reached = async (run: { evaluate: Page['evaluate'] }) => {
          const honeypot = await Honeypot.start();
          await run.evaluate((address) => new Promise((resolve) => {
            try {
              new WebSocket(address).onerror = resolve;
            } catch (error) {
              resolve(error);
            }
          }), honeypot.url.replace('http', 'ws'));
          await honeypot.drain();
          const { bytes } = honeypot;
          await honeypot.stop();
          return bytes > 0;
        };
        const worker = page.workers().find((each) => each.url().includes('worker')) ?? assert.fail('no worker');
        assert.deepEqual([await reached(page), await reached(worker as unknown as Page)], [false, !isIsolated]);
      }
    } finally {
      await context.close();
    }
  });
});
