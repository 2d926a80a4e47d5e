/** Nothing is lost: projects come back after a reload and after the browser was killed, can be named, copied, forgotten, saved and opened; and where nothing can be kept, that is said. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { startServer } from '../../scripts/server.ts';
import { readProject, writeProject } from '../../src/js/project/project_file.ts';
import { goldenCases, root } from '../border/fixtures.ts';
import { parseCsv } from '../cli/fixtures.ts';
import { firefox } from './browsers.ts';
import { type CellPage, dist, endBrowser, findBrowser, launchArguments, shared, Site, untilKept } from './site.ts';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, root));
const golden = goldenCases.map(({ image }) => pathOf(`models/blood-smear/golden/${image}`));
const saved = pathOf('tests/golden/project-1.cytodrop');
const field = pathOf('public/samples/viability/fields/simulated-field-1.png');

let site: Site;
let folder: string;
before(async () => {
  site = await Site.start();
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-projects-'));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

const click = (page: Page, hook: string): Promise<void> => page.$eval(`[data-testid=${hook}]`, (element) => (element as HTMLElement).click());
const isKept = (page: Page): Promise<unknown> => page.waitForSelector('[data-testid=project][data-storing=on][data-id]');

/** How many rows there are in each store, of all projects. */
function rowsKept(page: Page): Promise<Record<string, number>> {
  return page.evaluate(async () => {
    const request = indexedDB.open('cytodrop');
    const database = await new Promise<IDBDatabase>((resolve) => { request.onsuccess = () => resolve(request.result); });
    const counts: Record<string, number> = {};
    for (const name of database.objectStoreNames) {
      const count = database.transaction(name).objectStore(name).count();
      counts[name] = await new Promise((resolve) => { count.onsuccess = () => resolve(count.result); });
    }
    database.close();
    return counts;
  });
}

async function answerByKeys(page: Page, ...keys: string[]): Promise<void> {
  await click(page, 'review');
  await page.waitForSelector('[data-testid=review-cell]');
  for (const key of keys) await page.keyboard.press(key as 'n');
}

async function reload(page: CellPage): Promise<void> {
  await page.page.reload();
  await page.page.waitForSelector(`${page.find('footer')}[data-self-test=passed]`);
}

test('a reload brings back images, results, answers, settings, steps and the place', async () => {
  await site.visit(async (page) => {
    await page.addFiles(golden);
    await page.finish(golden.length);
    await answerByKeys(page.page, 'm', '.');
    await page.page.keyboard.press('Escape');
    await page.page.click(`label:has(${page.find('view-table')})`);
    await page.page.waitForSelector(page.find('results-table'));
    const before = await page.summary();
    assert.deepEqual([before['monocyte'], before['cannot_tell']], [1, 1]);
    await untilKept(page.page, { images: golden.length, cells: golden.length, reviewed: 2 }, { layout: 'table' });
    await reload(page);
    await page.page.waitForSelector(page.find('results-table'));
    await page.finish(golden.length);
    assert.deepEqual(await page.summary(), before);
    const rows = parseCsv(await page.export('csv'));
    assert.deepEqual(rows.map(({ reviewed_type, review }) => [review, reviewed_type]).filter(([review]) => review !== '').sort(), [['cannot_tell', ''], ['type', 'monocyte']]);
    // Pictures come from the kept files, and steps go back over the reload.
    await page.page.click(`label:has(${page.find('view-gallery')})`);
    await page.page.waitForFunction(() => document.querySelectorAll('.tile .crop-picture:not(.waiting) canvas').length >= 3);
    await page.page.keyboard.down('Control');
    await page.page.keyboard.press('z');
    await page.page.keyboard.up('Control');
    assert.equal((await page.summary())['cannot_tell'], undefined);
    await click(page.page, 'forth');
    assert.equal((await page.summary())['cannot_tell'], 1);
  });
});

test('frames come back with cells removed, added, named and answered', async () => {
  await site.visit(async (page) => {
    await page.useModel('viability', 'Viability');
    await page.addFiles([field]);
    await page.finish(1);
    const cells = Object.values(await page.summary()).reduce((sum, count) => sum + count, 0);
    await answerByKeys(page.page, '-', 'd');
    // In a review the key would remove unseen.
    await page.page.keyboard.press('Delete');
    await click(page.page, 'review');
    await page.page.keyboard.press('Delete');
    await page.page.waitForFunction((count, selector) => document.querySelectorAll(selector).length >= 0 && Number(document.querySelector('[data-testid=frame-canvas]')?.getAttribute('data-outlined')) === count, {}, cells - 1, 'canvas');
    await untilKept(page.page, { images: 1, cells: cells - 1, reviewed: 2 });
    const before = await page.summary();
    await reload(page);
    await page.finish(1);
    assert.deepEqual(await page.summary(), before);
    assert.equal(before['no_cell'], 1);
    await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="${cells - 1}"]`);
    await click(page.page, 'back');
    await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="${cells}"]`);
  });
});

describe('the list of projects', () => {
  test('opens, renames, duplicates, and forgets for good: nothing is left in any store', async () => {
    await site.visit(async (page) => {
      await page.addFiles(golden);
      await page.finish(golden.length);
      await untilKept(page.page, { images: golden.length, cells: golden.length });
      await click(page.page, 'clear');
      await page.page.waitForSelector(page.find('project-entry'));
      await click(page.page, 'rename-project');
      await page.page.$eval(page.find('project-name'), (input) => { (input as HTMLInputElement).value = 'Dish 7'; input.dispatchEvent(new Event('input', { bubbles: true })); });
      await click(page.page, 'save-name');
      await page.page.waitForFunction((selector) => document.querySelector(selector)?.textContent?.includes('Dish 7'), {}, page.find('project-entry'));
      await click(page.page, 'duplicate-project');
      await page.page.waitForFunction((selector) => document.querySelectorAll(selector).length === 2, {}, page.find('project-entry'));
      const names = await page.page.$$eval(`${page.find('project-entry')} strong`, (elements) => elements.map((element) => element.textContent));
      assert.deepEqual(names, ['Dish 7, copy', 'Dish 7']);
      await click(page.page, 'open-project');
      await page.finish(golden.length);
      assert.match(await page.page.$eval(page.find('project'), (element) => element.textContent ?? ''), /Dish 7, copy/);
      await click(page.page, 'project');
      for (const left of [1, 0]) {
        await page.page.waitForSelector(page.find('forget-project'));
        await click(page.page, 'forget-project');
        await click(page.page, 'forget-yes');
        await page.page.waitForFunction((selector, count) => document.querySelectorAll(selector).length === count, {}, `dialog ${page.find('project-entry')}`, left);
      }
      assert.deepEqual(await rowsKept(page.page), { projects: 0, rows: 0 });
      await page.page.waitForSelector(`.start-screen`);
      await reload(page);
      await page.page.waitForSelector(`.start-screen`);
    });
  });

  test('“keep nothing” keeps nothing, and is remembered', async () => {
    await site.visit(async (page) => {
      await page.page.waitForSelector(page.find('keep-nothing'));
      await click(page.page, 'keep-nothing');
      await page.page.waitForSelector(`${page.find('project-list')}[data-storing=off]`);
      await page.addFiles(golden);
      await page.finish(golden.length);
      await page.page.waitForSelector(`${page.find('project')}[data-storing=off]`);
      await answerByKeys(page.page, 'm');
      await reload(page);
      await page.page.waitForSelector(`${page.find('project-list')}[data-storing=off]`);
      assert.deepEqual(await rowsKept(page.page), { projects: 0, rows: 0 });
    });
  });
});

test('a second tab is told, and overwrites nothing', async () => {
  await site.visit(async (page) => {
    await page.addFiles(golden);
    await page.finish(golden.length);
    await answerByKeys(page.page, 'm');
    await untilKept(page.page, { cells: golden.length, reviewed: 1 });
    const second = await page.page.browserContext().newPage();
    await second.goto(page.page.url());
    await second.waitForFunction(() => document.querySelector('.messages')?.textContent?.includes('open in another tab'));
    await second.waitForSelector('[data-testid=open-project]');
    await click(second, 'open-project');
    await second.waitForFunction(() => document.querySelector('.messages')?.textContent?.includes('close it there first'));
    // Refused, it still holds what it has: a third tab gets neither.
    const input = await second.waitForSelector('[data-testid=file-input]', { hidden: true });
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(golden[0] as string);
    await second.waitForSelector('[data-testid=progress][data-state=done]');
    await second.waitForSelector('[data-testid=project][data-storing=on][data-id]');
    await click(second, 'project');
    await second.waitForSelector('dialog [data-testid=open-project]');
    await click(second, 'open-project');
    await second.waitForFunction(() => document.querySelector('.messages')?.textContent?.includes('close it there first'));
    const held = await second.evaluate(async () => (await navigator.locks.query()).held?.filter(({ name }) => name?.startsWith('cytodrop ')).length);
    assert.equal(held, 2);
    await second.close();
    await page.page.keyboard.press('l');
    await untilKept(page.page, { cells: golden.length, reviewed: 2 });
  });
});

test('where the browser keeps nothing that is said, and everything works in memory', async () => {
  await site.visit(async (page) => {
    await page.page.evaluateOnNewDocument(() => {
      IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };
    });
    await page.open();
    await page.addFiles(golden);
    await page.finish(golden.length);
    await page.page.waitForSelector(`${page.find('project')}[data-storing=denied]`);
    await answerByKeys(page.page, 'm');
    await page.page.keyboard.press('Escape');
    assert.equal((await page.summary())['monocyte'], 1);
    assert.equal(parseCsv(await page.export('csv')).length, golden.length);
  });
});

test('files that do not fit are known again when they are shown, and their results stay', async () => {
  await site.visit(async (page) => {
    const session = await page.page.createCDPSession();
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.page.url()).origin, quotaSize: 200_000 });
    await page.addFiles(golden);
    await page.finish(golden.length);
    await untilKept(page.page, { images: golden.length, cells: golden.length });
    const before = await page.summary();
    await reload(page);
    const away = Number(await page.page.$eval(page.find('away'), (element) => (element as HTMLElement).dataset['count']));
    assert.ok(away >= 1 && away <= golden.length, `${away}`);
    assert.deepEqual(await page.summary(), before);
    await page.addFiles(golden);
    await page.page.waitForSelector(page.find('away'), { hidden: true });
    await page.finish(golden.length);
    assert.deepEqual(await page.summary(), before);
  });
});

describe('a project file', () => {
  test('travels: saved with images, opened on another computer, it shows the same', async () => {
    let file = '';
    let before: Record<string, number> = {};
    await site.visit(async (page) => {
      await page.addFiles(golden);
      await page.finish(golden.length);
      await answerByKeys(page.page, 'm', '.');
      await page.page.keyboard.press('Escape');
      before = await page.summary();
      await click(page.page, 'project');
      await page.page.waitForSelector(page.find('save-project-with'));
      file = join(folder, 'dish.cytodrop');
      writeFileSync(file, await page.savedBytes('save-project-with'));
    });
    await site.visit(async (page) => {
      await page.addFiles([file]);
      await page.finish(golden.length);
      assert.deepEqual(await page.summary(), before);
      await page.page.waitForFunction(() => document.querySelectorAll('.tile .crop-picture:not(.waiting) canvas').length >= 3);
      await untilKept(page.page, { images: golden.length, reviewed: 2 });
    });
  });

  test('of the first version opens with its answers', async () => {
    await site.visit(async (page) => {
      await page.addFiles([saved]);
      await page.finish(2);
      assert.deepEqual(parseCsv(await page.export('csv')).map(({ reviewed, reviewed_type, reviewer }) => [reviewed, reviewed_type, reviewer]), [['false', '', ''], ['true', 'live', 'AB']]);
    });
  });

  test('that is broken says so in one line, and what is on the page stays', async () => {
    const broken = join(folder, 'broken.cytodrop');
    writeFileSync(broken, readFileSync(saved).subarray(0, 3_000));
    await site.visit(async (page) => {
      await page.addFiles(golden);
      await page.finish(golden.length);
      await page.addFiles([broken]);
      await page.page.waitForFunction(() => document.querySelector('.messages')?.textContent?.includes('broken.cytodrop: It is no project file of Cytodrop, or it is damaged.'));
      assert.equal((await page.progress()).total, golden.length);
    });
  });
});

test('a project file with a place that there is not opens all the same', async () => {
  const { fileOf, ...project } = await readProject(new Blob([readFileSync(saved)]));
  const odd = { layout: 'zzz', sort: null, tileSize: 'huge', reader: 'third', worklist: 7, currentIndex: -1, openIndex: 1e300, filter: 5, question: { a: 1 }, reviewing: 'yes' };
  const files = await Promise.all(project.images.map((_, i) => fileOf(i)));
  const file = join(folder, 'odd.cytodrop');
  for (const place of [odd, { sort: { key: 'bogus', descending: false } }, { sort: { key: 'file' } }]) {
    writeFileSync(file, new Uint8Array(await (await writeProject({ ...project, head: { ...project.head, place } }, { fileOf: (i) => files[i] ?? null })).arrayBuffer()));
    await site.visit(async (page) => {
      await page.addFiles([file]);
      await page.finish(2);
      await page.page.waitForSelector(page.find('cell-card'));
      assert.equal((await page.cards()).length, 2);
      await isKept(page.page);
      await untilKept(page.page, { images: 2 });
      await reload(page);
      await page.page.waitForSelector(page.find('cell-card'));
    });
  }
});

/** Images as they are at hand: real ones where there are any. */
function manyImages(count: number): string[] {
  const real = join(shared, 'data/blood-smear');
  const files = existsSync(real) ? readdirSync(real, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jpg') && !name.includes('originals')).sort().slice(0, count).map((name) => join(real, name)) : [];
  return [...files, ...Array.from({ length: Math.max(0, count - files.length) }, (_, i) => {
    const to = join(folder, `simulated ${i}.png`);
    copyFileSync(golden[i % golden.length] as string, to);
    return to;
  })];
}

const launchChromium = (userDataDir: string): Promise<Browser> => puppeteer.launch({ executablePath: findBrowser(), args: launchArguments, userDataDir });

const browsers: { name: string; launch: (profile: string) => Promise<Browser>; missing?: string }[] = [
  { name: 'Chromium', launch: launchChromium },
  { name: 'Firefox', launch: (userDataDir) => puppeteer.launch({ browser: 'firefox', executablePath: firefox ?? '', userDataDir }), ...(firefox === undefined && { missing: 'there is no Firefox (Debian: firefox-esr)' }) },
];

for (const { name, launch, missing } of browsers) {
  test(`${name} is killed in the middle of a review of 1,000 cells; opened again, everything is there`, { skip: missing ?? false }, async () => {
    const profile = mkdtempSync(join(tmpdir(), 'cytodrop-profile-'));
    const server = await startServer({ folder: dist, host: '127.0.0.1', port: 0 });
    const files = manyImages(1_000);
    const summary = (page: Page): Promise<[string, number][]> => page.$$eval('[data-testid=summary] [data-label]', (all) => all.map((one): [string, number] => [(one as HTMLElement).dataset['label'] ?? '', Number((one as HTMLElement).dataset['count'])]));
    let browser: Browser | undefined;
    try {
      browser = await launch(profile);
      let page = await browser.newPage();
      await page.goto(server.url);
      await page.waitForSelector('[data-testid=footer][data-self-test=passed]');
      const input = await page.waitForSelector('[data-testid=file-input]', { hidden: true });
      await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...files);
      await page.waitForSelector('[data-testid=progress][data-state=done][data-done="1000"]', { timeout: 240_000 });
      await isKept(page);
      await answerByKeys(page, ...Array.from({ length: 12 }, (_, i) => ['m', 'Enter', '.', 'l'][i % 4] as string));
      await page.waitForSelector('[data-testid=review-bar][data-answered="12"]');
      await untilKept(page, { images: 1_000, cells: 1_000, reviewed: 12 });
      const before = await summary(page);
      const running = browser.process();
      const ended = new Promise((resolve) => running?.on('exit', resolve));
      running?.kill('SIGKILL');
      await ended;
      browser = await launch(profile);
      page = await browser.newPage();
      await page.goto(server.url);
      // Which project was open is written to the disk seconds later than the project.
      await page.waitForSelector('[data-testid=open-project], [data-testid=review-bar]');
      if ((await page.$('[data-testid=review-bar]')) === null) await click(page, 'open-project');
      await page.waitForSelector('[data-testid=review-bar][data-answered="12"][data-of="1000"]');
      assert.deepEqual(await summary(page), before);
      await page.waitForSelector('[data-testid=progress][data-state=done][data-done="1000"]');
      // Where one was: at the cell that waits for its answer.
      await page.waitForSelector('[data-testid=review-cell]');
      await click(page, 'back');
      await page.waitForSelector('[data-testid=review-bar][data-answered="11"]');
    } finally {
      if (browser) await endBrowser(browser);
      await server.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}

test('a large file among many small ones is kept, and so are those after it', async () => {
  const files = manyImages(140);
  // By its name it stands in the middle.
  const large = join(folder, `${basename(files[70] as string)} large.png`);
  writeFileSync(large, Buffer.concat([readFileSync(golden[0] as string), Buffer.alloc(1_200_000)]));
  files.push(large);
  await site.visit(async (page) => {
    await page.addFiles(files);
    await page.finish(files.length);
    await page.page.waitForFunction(async (count) => {
      const request = indexedDB.open('cytodrop');
      const database = await new Promise<IDBDatabase>((resolve) => { request.onsuccess = () => resolve(request.result); });
      const rows = database.transaction('rows').objectStore('rows');
      const [keys, values] = await Promise.all([rows.getAllKeys(), rows.getAll()].map((asked) => new Promise<unknown[]>((resolve) => { asked.onsuccess = () => resolve(asked.result); })));
      database.close();
      const tables = (keys as [string, string, number][]).map(([, table]) => table);
      const bytes = tables.reduce((sum, table, i) => sum + (table === 'files' ? (values?.[i] as { images: { offset: number | null }[] }).images.filter(({ offset }) => offset !== null).length : 0), 0);
      return bytes === count && !tables.includes('files_ahead');
    }, { polling: 100 }, files.length);
  });
});

test('killed in the middle of a run, the files that were not kept yet are known by name, and come back when they are shown', async () => {
  const profile = mkdtempSync(join(tmpdir(), 'cytodrop-profile-'));
  const server = await startServer({ folder: dist, host: '127.0.0.1', port: 0 });
  const files = manyImages(2_000);
  const add = async (page: Page): Promise<void> => {
    const input = await page.waitForSelector('[data-testid=file-input]', { hidden: true });
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...files);
  };
  let browser: Browser | undefined;
  try {
    browser = await launchChromium(profile);
    let page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForSelector('[data-testid=footer][data-self-test=passed]');
    await add(page);
    await page.waitForFunction(() => Number(document.querySelector('[data-testid=progress]')?.getAttribute('data-done')) >= 200);
    await isKept(page);
    assert.equal(await page.$eval('[data-testid=progress]', (element) => element.getAttribute('data-state')), 'running');
    const running = browser.process();
    const ended = new Promise((resolve) => running?.on('exit', resolve));
    running?.kill('SIGKILL');
    await ended;
    browser = await launchChromium(profile);
    page = await browser.newPage();
    await page.goto(server.url);
    // Which project was open is written to the disk seconds later than the project.
    await page.waitForSelector('[data-testid=open-project], [data-testid=away]');
    if ((await page.$('[data-testid=away]')) === null) await click(page, 'open-project');
    const away = Number(await (await page.waitForSelector('[data-testid=away]'))?.evaluate((element) => (element as HTMLElement).dataset['count']));
    assert.ok(away > 0 && away < files.length, `${away}`);
    // None is known twice, none is missing, in the order in which they came.
    await add(page);
    await page.waitForSelector('[data-testid=away]', { hidden: true });
    await page.waitForSelector(`[data-testid=progress][data-state=done][data-done="${files.length}"][data-total="${files.length}"]`, { timeout: 240_000 });
    await untilKept(page, { images: files.length, cells: files.length });
  } finally {
    if (browser) await endBrowser(browser);
    await server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
