/** A worker of the page that hangs, planted: its one file gets a line, the others their types, and the page goes on. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { goldenCases, root } from '../border/fixtures.ts';
import { hangPlant, mainPlant } from '../cli/hang_plant.ts';
import { dist, Site } from './site.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, root));

test('the file that a worker hangs on gets its line; the others are classified by the worker that takes its place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-hang-'));
  cpSync(dist, folder, { recursive: true });
  const script = readdirSync(join(folder, 'assets')).find((name) => /^worker-.*\.js$/.test(name)) ?? assert.fail('no worker');
  const worker = join(folder, 'assets', script);
  writeFileSync(worker, hangPlant + readFileSync(worker, 'utf8'));
  for (const end of ['.br', '.gz']) rmSync(worker + end, { force: true });
  // Its sums would refuse the planted file.
  rmSync(join(folder, 'service_worker.js'));
  const site = await Site.start(folder);
  const page = await site.browser.newPage();
  try {
    // One worker: the seconds that pass at once pass for all.
    await page.evaluateOnNewDocument(`Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { get: () => 1 }); ${mainPlant}`);
    await page.goto(site.url);
    await page.waitForSelector('[data-testid=footer][data-self-test=passed]');
    const files = goldenCases.map(({ image }) => path(`models/blood-smear/golden/${image}`));
    const input = await page.waitForSelector('[data-testid=file-input]', { hidden: true });
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...files.slice(0, 2), path('models/viability/golden/simulated-live-1.png'), ...files.slice(2));
    await page.waitForSelector('[data-testid=progress][data-state=done][data-done="4"]');
    const cards = await page.$$eval('[data-testid=cell-card]', (all) => all.map((card) => (card as HTMLElement).dataset).map(({ status, code, file }) => [status, code, file]));
    assert.deepEqual(cards.filter(([status]) => status === 'error').map(([, code, file]) => [code, file]), [['took_too_long', 'simulated-live-1.png']]);
    assert.equal(cards.filter(([status]) => status === 'ok').length, 3);
    assert.match(await page.$eval('main', (main) => main.textContent ?? ''), /The image took longer than 2 minutes and was stopped\./);
  } finally {
    await site.stop();
    rmSync(folder, { recursive: true });
  }
});
