/** What the page says of doubt, and that it can be checked: verdict words, tolerated error, reports, a self-test that fails. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { goldenCases, root, spec } from '../border/fixtures.ts';
import { type ExportedCell } from '../cli/fixtures.ts';
import { dist, Site, type CellPage } from './site.ts';

const files = goldenCases.map(({ image }) => fileURLToPath(new URL(`models/blood-smear/golden/${image}`, root)));
/** Grey, and of another size than the model was trained on. */
const grey = fileURLToPath(new URL('models/viability/golden/simulated-live-1.png', root));

let site: Site;
before(async () => { site = await Site.start(); });
after(() => site.stop());

async function upload(page: CellPage, hook: string, path: string): Promise<void> {
  const input = await page.page.waitForSelector(page.find(hook));
  await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(path);
}

test('an image of poor quality counts as no type, says why in plain words, and is exported so', async () => {
  await site.visit(async (page) => {
    await page.addFiles([...files, grey]);
    await page.finish(files.length + 1);
    const cell = (await page.exportedCells()).find(({ file }) => grey.endsWith(file)) as ExportedCell;
    assert.equal(cell.verdict, 'quality');
    assert.ok(cell.quality.some(({ flag }) => flag === 'grey_image'));
    assert.equal((await page.summary())['quality'], 1);
    await page.page.click(`${page.find('cell-card')}[data-verdict=quality]`);
    await page.page.waitForSelector(page.find('why'));
    assert.match(await page.page.$eval(page.find('why'), (why) => why.textContent ?? ''), /less colour than the stained images/);
    assert.match(await page.page.$eval(page.find('verdict'), (verdict) => verdict.textContent ?? ''), /not in colour/i);
  });
});

test('the tolerated error moves the threshold at once, without the network, and the export says so', async () => {
  await site.visit(async (page) => {
    await page.addFiles(files);
    await page.finish(files.length);
    const slider = page.find('error-slider');
    const setTo = (end: 'min' | 'max'): Promise<void> =>
      page.page.$eval(`${slider} input`, (input, side) => {
        const range = input as HTMLInputElement;
        range.value = range[side];
        range.dispatchEvent(new Event('input', { bubbles: true }));
      }, end);
    const threshold = (): Promise<number> => page.page.$eval(slider, (element) => Number((element as HTMLElement).dataset['threshold']));
    assert.equal(await threshold(), spec.judge.abstain_below);
    const posted = await page.page.evaluateHandle(() => {
      const count = { posted: 0 };
      const post = Worker.prototype.postMessage as (this: Worker, ...args: unknown[]) => void;
      Worker.prototype.postMessage = function (this: Worker, request: { type: string }, ...rest: unknown[]) {
        if (request.type === 'classify') count.posted++;
        post.call(this, request, ...rest);
      } as Worker['postMessage'];
      return count;
    });
    await setTo('max');
    await page.page.waitForFunction((hook, was) => Number(document.querySelector<HTMLElement>(hook)?.dataset['threshold']) > was, {}, slider, spec.judge.abstain_below);
    const highest = await threshold();
    const strict = await page.exportedCells();
    assert.deepEqual(strict.map(({ unsure }) => unsure), strict.map(({ probability }) => probability < highest));
    assert.ok(strict.some(({ unsure }) => unsure));
    await setTo('min');
    await page.page.waitForFunction((hook, was) => Number(document.querySelector<HTMLElement>(hook)?.dataset['threshold']) < was, {}, slider, highest);
    const document_ = JSON.parse(await page.export('json')) as { settings: { unsure_below: number }; cells: ExportedCell[] };
    assert.equal(document_.settings.unsure_below, await threshold());
    assert.ok(document_.cells.every(({ unsure }) => !unsure));
    assert.equal(await posted.evaluate(({ posted: count }) => count), 0);
  });
});

test('a report is checked against the images on the page: reproduced, or what differs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-report-'));
  try {
    await site.visit(async (page) => {
      await page.addFiles(files);
      await page.finish(files.length);
      const text = await page.export('json');
      const report = JSON.parse(text) as { software: { platform: string }; cells: { probability: number }[] };
      assert.match(report.software.platform, /Mozilla/);
      const path = join(folder, 'report.json');
      const check = async (content: string, expected: RegExp): Promise<void> => {
        writeFileSync(path, content);
        await page.press('check-report');
        await upload(page, 'check-file', path);
        await page.page.waitForFunction((hook) => (document.querySelector(hook)?.textContent ?? '') !== '', {}, page.find('check-result'));
        assert.match(await page.page.$eval(page.find('check-result'), (element) => element.textContent ?? ''), expected);
        await page.page.keyboard.press('Escape');
        await page.page.waitForSelector(page.find('check-dialog'), { hidden: true });
      };
      await check(text, /^Reproduced: all 3 cells/);
      (report.cells[0] as { probability: number }).probability = 0.5;
      await check(JSON.stringify(report), /^Not reproduced: 1 of 3 cells differ\..*probability: 0\.5 in the report, 0\.\d+ now/);
      await check('no report', /not JSON/);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a self-test that fails blocks results: a plain message, no verdict, another try', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-broken-'));
  const content = join(folder, 'models/blood-smear/golden/golden.json');
  try {
    cpSync(dist, folder, { recursive: true });
    const golden = JSON.parse(readFileSync(content, 'utf8')) as { cases: { logits: number[] }[] };
    (golden.cases[0] as { logits: number[] }).logits[0] = 99;
    writeFileSync(content, JSON.stringify(golden));
    for (const end of ['.br', '.gz']) rmSync(content + end, { force: true });
    // Without the service worker, whose sums would refuse the file before it could fail the test.
    rmSync(join(folder, 'service_worker.js'), { force: true });
    const broken = await Site.start(folder);
    const page = await broken.browser.newPage();
    try {
      await page.goto(broken.url);
      await page.waitForSelector('[data-testid=footer][data-self-test=failed]');
      assert.match(await page.$eval('[role=alert]', (alert) => alert.textContent ?? ''), /^The self-test failed: .*No results are shown\./);
      const input = await page.waitForSelector('[data-testid=file-input]', { hidden: true });
      await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...files);
      await page.waitForSelector('[data-testid=progress][data-state=cancelled]');
      assert.equal(await page.$('[data-testid=cell-card]'), null);
      assert.equal(await page.$eval('[data-testid=export]', (button) => (button as HTMLButtonElement).disabled), true);
      const again = await page.$('[role=alert] button');
      assert.equal(await again?.evaluate((button) => button.textContent), 'Try again');
      await again?.click();
      await page.waitForSelector('[data-testid=footer][data-self-test=waiting]');
      await page.waitForSelector('[data-testid=footer][data-self-test=failed]');
      assert.equal(await page.$('[data-testid=cell-card]'), null);
    } finally {
      await broken.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
