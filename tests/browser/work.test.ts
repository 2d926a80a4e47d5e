/** Long work: progress, stopping, broken files, a worker that dies, thousands of cells, the keyboard. */
import assert from 'node:assert/strict';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { goldenCases, root } from '../border/fixtures.ts';
import { Site, type CellPage } from './site.ts';

const anImage = fileURLToPath(new URL(`models/blood-smear/golden/${goldenCases[0]?.image}`, root));
const aSmallImage = fileURLToPath(new URL('tests/golden/decode/grey.png', root));
let site: Site;
let folder: string;

before(async () => {
  site = await Site.start();
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-work-'));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

/** So many files with names of their own and one content. */
function copies(image: string, count: number, name: string): string[] {
  const first = join(folder, `${name}.png`);
  copyFileSync(image, first);
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `${name} ${i + 1}.png`);
    linkSync(first, path);
    return path;
  });
}

/** Waits until at least so many files have their outcome. */
async function waitForDone(page: CellPage, count: number): Promise<void> {
  await page.page.waitForFunction(
    (selector, least) => Number((document.querySelector(selector) as HTMLElement | null)?.dataset['done']) >= least,
    {},
    page.find('progress'),
    count,
  );
}

/** Four workers at most, with two batches of four images each. */
const mostInHand = 32;

test('cancel stops the work and keeps what is done; go on does the rest', async () => {
  const files = copies(anImage, 400, 'cancel');
  await site.visit(async (page) => {
    await page.addFiles(files);
    await waitForDone(page, 5);
    await page.press('cancel');
    await page.page.waitForSelector(`${page.find('progress')}[data-state=cancelled]`);
    // The details are drawn by the worker, after whatever it was at.
    await page.press('cell-card');
    await page.page.waitForSelector(`${page.find('details')} canvas`);
    const stopped = await page.progress();
    assert.ok(stopped.done >= 5 && stopped.done < files.length, JSON.stringify(stopped));
    const cells = await page.exportedCells();
    // What the workers had in hand still comes in, a few batches of each.
    assert.ok(cells.length >= stopped.done && cells.length <= stopped.done + mostInHand, `${cells.length} after ${stopped.done}`);
    assert.deepEqual(cells.map(({ file }) => file), Array.from({ length: cells.length }, (_, i) => `cancel ${i + 1}.png`));
    await page.press('go-on');
    await page.finish(files.length);
    assert.equal((await page.exportedCells()).length, files.length);
  });
});

test('bad files among good ones get one clear line each', async () => {
  const empty = join(folder, 'empty.png');
  const cut = join(folder, 'cut.png');
  const text = join(folder, '<b onclick=alert(1)>text.jpg');
  writeFileSync(empty, '');
  writeFileSync(cut, readFileSync(anImage).subarray(0, 3000));
  writeFileSync(text, 'file,label\n');
  await site.visit(async (page) => {
    await page.addFiles([anImage, empty, cut, text]);
    await page.finish(4);
    const cards = await page.cards();
    assert.deepEqual(cards.filter(({ status }) => status === 'error').map(({ code }) => code).sort(), ['empty_file', 'truncated', 'unsupported_format']);
    assert.deepEqual(cards.filter(({ status }) => status === 'ok').map(({ label }) => label), [goldenCases[0]?.label]);
    assert.equal(await page.page.$('b[onclick]'), null);
  });
});

test('a folder dropped is read to the bottom in natural order, its hidden files left out', async () => {
  const dropped = join(folder, 'dropped');
  mkdirSync(join(dropped, 'deep'), { recursive: true });
  for (const name of ['cell 10.png', 'cell 2.png', 'deep/cell 1.png', '.hidden.png', 'Thumbs.db']) {
    copyFileSync(aSmallImage, join(dropped, name));
  }
  const expected = ['dropped/cell 2.png', 'dropped/cell 10.png', 'dropped/deep/cell 1.png'];
  await site.visit(async (page) => {
    await page.drop([dropped]);
    await page.finish(3);
    assert.deepEqual((await page.exportedCells()).map(({ file }) => file), expected);
    await page.press('clear');
    await page.addFiles([dropped], 'folder-input');
    await page.finish(3);
    assert.deepEqual((await page.exportedCells()).map(({ file }) => file), expected);
  });
});

const ends: Record<string, () => void> = {
  'dies of an error': () => {
    Object.assign(globalThis, { postMessage: () => {} });
    setTimeout(() => { throw new Error('a test breaks this worker'); });
  },
  'ends without a word': () => (globalThis as unknown as { close(): void }).close(),
};

for (const [how, end] of Object.entries(ends)) {
  test(`a worker that ${how} is replaced and every file gets its result`, async () => {
    const files = copies(anImage, 200, how);
    await site.visit(async (page) => {
      await page.addFiles(files);
      await waitForDone(page, 5);
      const worker = page.page.workers().find((each) => each.url().includes('worker')) ?? assert.fail('no worker');
      await worker.evaluate(end).catch(() => {});
      await page.finish(files.length);
      const cells = await page.exportedCells();
      assert.deepEqual(cells.map(({ file, status }) => [file, status]), files.map((_, i) => [`${how} ${i + 1}.png`, 'ok']));
      await page.press('cell-card');
      await page.page.waitForSelector(`${page.find('details')} .crop-picture:not(.waiting) canvas`);
      page.complaints.splice(0);
    });
  });
}

test('a self-test that fails in any worker is seen', async () => {
  await site.visit(async (page) => {
    await page.page.evaluateOnNewDocument(() => {
      Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => 2 });
      const post = Worker.prototype.postMessage as (this: Worker, ...args: unknown[]) => void;
      let opened = 0;
      Worker.prototype.postMessage = function (this: Worker, request: { type: string; parcel: { files: { golden: { logits: number[] } } } }, ...rest: unknown[]) {
        if (request.type === 'open_model' && ++opened === 2) request.parcel.files.golden.logits[0] = 99;
        post.call(this, request, ...rest);
      } as Worker['postMessage'];
    });
    await page.page.reload();
    await page.page.waitForSelector(`${page.find('footer')}[data-self-test=failed]`);
    assert.match(await page.page.$eval('[role=alert]', (alert) => alert.textContent ?? ''), /self-test failed/);
  });
});

test('a model is fetched once, however many workers take it', async () => {
  await site.visit(async (page) => {
    await page.page.evaluateOnNewDocument(() => {
      const opened: string[] = [];
      const forced = new URLSearchParams(location.search).get('cores');
      if (forced !== null) Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => Number(forced) });
      const post = Worker.prototype.postMessage as (this: Worker, ...args: unknown[]) => void;
      Worker.prototype.postMessage = function (this: Worker, request: { type: string }, ...rest: unknown[]) {
        if (request.type === 'open_model') opened.push(request.type);
        post.call(this, request, ...rest);
      } as Worker['postMessage'];
      Object.assign(globalThis, { opened });
    });
    for (const [query, workers] of [['?cores=2', 2], ['?cores=1', 1], ['?cores=2&engine=onnxruntime', 1]] as const) {
      const before = page.requests.length;
      await page.open(query);
      assert.equal(await page.page.evaluate(() => (globalThis as unknown as { opened: string[] }).opened.length), workers, query);
      assert.equal(page.requests.slice(before).filter((address) => address.endsWith('/network.onnx')).length, 1, query);
    }
  });
});

test('five thousand cells: few elements, and the last one is a key away', async () => {
  const files = copies(aSmallImage, 5000, 'many');
  await site.visit(async (page) => {
    await page.addFiles(files);
    await page.finish(files.length);
    const elements = await page.page.$$eval('*', (all) => all.length);
    assert.ok(elements < 2000, `${elements} elements`);
    await page.page.focus(`${page.find('cell-card')}[tabindex="0"]`);
    await page.page.keyboard.press('End');
    await page.page.waitForSelector(`${page.find('cell-card')}[data-file="many 5000.png"]`);
    await page.press('view-table');
    await page.page.waitForSelector(`${page.find('results-table')}[aria-rowcount="5001"]`);
    const inTable = await page.page.$$eval('*', (all) => all.length);
    assert.ok(inTable < 2000, `${inTable} elements`);
  });
});

test('by keyboard alone: samples, walk, details, map, search, list of keys', async () => {
  await site.visit(async (page) => {
    const { keyboard } = page.page;
    const focused = () => page.page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['testid'] ?? '');
    const visited: string[] = [];
    for (const hook of ['drop-zone', 'samples', 'model-picker', 'privacy']) {
      while (!visited.includes(hook)) {
        assert.ok(visited.length < 30, `${hook}: Tab reaches ${visited.join()}`);
        await keyboard.press('Tab');
        visited.push(await focused());
      }
    }
    while ((await focused()) !== 'samples') {
      await keyboard.down('Shift');
      await keyboard.press('Tab');
      await keyboard.up('Shift');
    }
    await keyboard.press('Enter');
    await page.page.waitForSelector(`${page.find('progress')}[data-state=done]`);
    await page.page.focus(`${page.find('cell-card')}[tabindex="0"]`);
    await keyboard.press('ArrowRight');
    await page.page.waitForFunction(() => (document.activeElement as HTMLElement | null)?.dataset['index'] === '1');
    await keyboard.press('Enter');
    await page.page.waitForSelector(page.find('details'));
    await keyboard.press('Escape');
    await page.page.waitForSelector(page.find('details'), { hidden: true });
    await keyboard.press('m');
    await page.page.waitForSelector(`${page.find('map')}[aria-pressed=true]`);
    await keyboard.press('/');
    await page.page.waitForFunction(() => document.activeElement?.id === 'search');
    await keyboard.type('platelet');
    await page.page.waitForFunction((selector) => {
      const cards = [...document.querySelectorAll<HTMLElement>(selector)];
      return cards.length > 0 && cards.every((card) => card.dataset['file']?.includes('platelet') || card.dataset['label'] === 'platelet');
    }, {}, page.find('cell-card'));
    await page.page.focus(`${page.find('cell-card')}[tabindex="0"]`);
    await keyboard.press('?');
    await page.page.waitForSelector('dialog[open]');
    await keyboard.press('Escape');
    await page.page.waitForSelector('dialog[open]', { hidden: true });
  });
});
