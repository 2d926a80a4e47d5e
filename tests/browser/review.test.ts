/** Looking through the cells: by keys, many at once, blind by a second reader; and what then counts, in summary, table, frame and exports. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import { spec } from '../border/fixtures.ts';
import { drawDiscs, greyTiff } from '../border/frames.ts';
import { parseCsv } from '../cli/fixtures.ts';
import { type CellPage, Site } from './site.ts';

const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core')).replace(/axe\.js$/, 'axe.min.js'), 'utf8');
let site: Site;
before(async () => { site = await Site.start(); });
after(() => site.stop());

const samples = 24;
const total = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

async function withSamples(page: CellPage): Promise<void> {
  await page.press('samples');
  await page.finish(samples);
}

async function beginReview(page: CellPage): Promise<void> {
  await page.press('review');
  await page.page.waitForSelector(page.find('review-cell'));
}

async function choose(page: CellPage, hook: string): Promise<void> {
  await page.page.$eval(page.find(hook), (element) => (element as HTMLElement).click());
}

/** How many of the list are answered. */
async function answered(page: CellPage): Promise<number> {
  return page.page.$eval(page.find('review-bar'), (bar) => Number((bar as HTMLElement).dataset['answered']));
}

async function untilAnswered(page: CellPage, count: number): Promise<void> {
  await page.page.waitForSelector(`${page.find('review-bar')}[data-answered="${count}"]`);
}

async function openFile(page: CellPage): Promise<string> {
  return page.page.$eval('.details .path', (element) => element.textContent ?? '');
}

test('one key an answer; the least certain come first; counts and every export have both answers', async () => {
  await site.visit(async (page) => {
    await withSamples(page);
    const cards = await page.cards();
    await beginReview(page);
    const doubtful = new Set(await page.page.$$eval('.tile:not([data-verdict=type])', (tiles) => tiles.map((tile) => (tile as HTMLElement).dataset['file'] ?? '')));
    const first = await openFile(page);
    if (doubtful.size > 0) assert.ok(doubtful.has(first), first);
    const before = await page.summary();
    await page.page.type(page.find('reviewer'), 'AB');
    await page.page.focus(page.find('details'));
    const [second] = spec.classes.filter(({ letter }) => letter === 'M');
    for (const key of ['m', 'Enter', '.', '-', '+']) await page.page.keyboard.press(key as 'm');
    await untilAnswered(page, 5);
    const summary = await page.summary();
    assert.deepEqual([summary['cannot_tell'], summary['no_cell'], summary['two_cells']], [1, 1, 1]);
    assert.equal(total(summary), total(before));
    await page.page.keyboard.press('Escape');
    const rows = parseCsv(await page.export('csv'));
    const said = rows.filter(({ reviewed }) => reviewed === 'true');
    assert.deepEqual(said.map(({ review }) => review).sort(), ['cannot_tell', 'no_cell', 'two_cells', 'type', 'type']);
    const corrected = rows.find(({ file }) => file === first);
    assert.deepEqual([corrected?.['reviewed_type'], corrected?.['reviewer'], corrected?.['review_origin']], [second?.id, 'AB', 'doubtful']);
    assert.match(corrected?.['reviewed_at'] ?? '', /^\d{4}-\d\d-\d\dT/);
    assert.equal(corrected?.['most_like'], cards.find(({ file }) => file === first)?.label);
    assert.equal(await page.page.$eval(`[data-testid=cell-card][data-file="${first}"]`, (card) => (card as HTMLElement).dataset['label']), second?.id);
    // Taken back, and back again.
    for (let i = 0; i < 5; i++) await choose(page, 'back');
    assert.deepEqual(await page.summary(), before);
    await choose(page, 'forth');
    assert.equal((await page.summary())['monocyte'], (before['monocyte'] ?? 0) + 1);
  });
});

test('many at once: chosen with Shift and Ctrl and with the mouse, their number said before it happens', async () => {
  await site.visit(async (page) => {
    await withSamples(page);
    await beginReview(page);
    await page.press('close-details');
    const tiles = await page.page.$$(page.find('cell-card'));
    await page.page.keyboard.down('Control');
    await tiles[0]?.click();
    await page.page.keyboard.up('Control');
    await page.page.keyboard.down('Shift');
    await tiles[3]?.click();
    await page.page.keyboard.up('Shift');
    await page.page.waitForSelector(`${page.find('selection-bar')}[data-count="4"]`);
    await page.page.keyboard.press('p');
    const asked = await page.page.waitForSelector(page.find('name-all'));
    assert.match(await page.page.$eval(page.find('selection-bar'), (bar) => bar.textContent ?? ''), /4 cells become “platelet”/);
    assert.equal(await answered(page), 0);
    await asked?.press('Enter');
    await page.page.waitForSelector(page.find('selection-bar'), { hidden: true });
    await untilAnswered(page, 4);
    const box = await tiles[1]?.boundingBox();
    assert.ok(box);
    await page.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.page.mouse.down();
    await page.page.mouse.move(box.x + box.width * 2, box.y + box.height / 2, { steps: 5 });
    await page.page.mouse.up();
    await page.page.waitForSelector(`${page.find('selection-bar')}[data-count="2"]`);
    assert.equal(await page.page.$(page.find('details')), null, 'a rectangle opens nothing');
    await page.page.keyboard.press('Escape');
    await page.page.waitForSelector(page.find('selection-bar'), { hidden: true });
    await choose(page, 'back');
    await untilAnswered(page, 0);
  }, { width: 1280, height: 1100 });
});

test('a second reader sees neither the model’s answers nor the first’s; how far both agree is said with an interval', async () => {
  await site.visit(async (page) => {
    await withSamples(page);
    await beginReview(page);
    await choose(page, 'worklist-shown');
    for (const key of ['b', 'b', 'e', 'e', 'r', 'r', 'n', 'l']) await page.page.keyboard.press(key as 'b');
    await untilAnswered(page, 8);
    await choose(page, 'reader-second');
    await page.page.waitForSelector(page.find('summary'), { hidden: true });
    const hidden = ['.tile .tile-probability', '.details .verdict', '.details .probabilities', '.details .map-controls'];
    for (const selector of [...hidden, '.toolbar', '.frame-tools', page.find('note'), page.find('agreement'), page.find('worklist-doubtful'), '.details .path', page.find('file-facts')]) assert.equal(await page.page.$(selector), null, selector);
    // Nor can they take back what the first did.
    await page.page.keyboard.down('Control');
    await page.page.keyboard.press('z');
    await page.page.keyboard.up('Control');
    assert.equal(await answered(page), 0);
    for (const key of ['b', 'b', 'e', 'e', 'r', 'r', 'n', 'm']) await page.page.keyboard.press(key as 'b');
    assert.equal(await page.page.$(page.find('agreement')), null, 'it would tell whether the last answer was the first’s');
    await choose(page, 'reader-first');
    await page.page.waitForSelector(`${page.find('agreement')}[data-kappa]`);
    const words = await page.page.$eval(page.find('agreement'), (element) => element.textContent ?? '');
    assert.match(words, /Both readers answered 8, 7 of them alike: Cohen’s kappa 0\.8\d \(0\.\d\d to 1\.00\)/);
    await page.page.waitForSelector(page.find('summary'));
    await page.press('close-details');
    const both = parseCsv(await page.export('csv')).filter(({ second_reader_review }) => second_reader_review !== '');
    assert.equal(both.length, 8);
    assert.deepEqual(both.filter(({ reviewed_type, second_reader_type }) => reviewed_type !== second_reader_type).map(({ reviewed_type, second_reader_type }) => [reviewed_type, second_reader_type]), [['lymphocyte', 'monocyte']]);
  });
});

test('by keyboard alone 20 cells are reviewed; axe finds nothing in the views of a review, wide and on a phone', async () => {
  for (const size of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
    await site.visit(async (page) => {
      await page.page.evaluate(axe);
      await withSamples(page);
      await page.page.focus(page.find('review'));
      await page.page.keyboard.press('Enter');
      await page.page.waitForSelector(page.find('review-cell'));
      await page.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
      const check = async (view: string): Promise<void> => {
        const { violations } = (await page.page.evaluate('axe.run(document, { rules: { "label-content-name-mismatch": { enabled: false } } })')) as AxeResults;
        assert.deepEqual(violations.map(({ id, nodes }) => `${view}: ${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`), []);
      };
      await check('a cell in review');
      for (let i = 0; i < 20; i++) await page.page.keyboard.press('Enter');
      await untilAnswered(page, 20);
      await page.page.keyboard.press('Escape');
      await page.page.waitForSelector(page.find('details'), { hidden: true });
      await choose(page, 'worklist-random');
      await choose(page, 'draw-sample');
      await page.page.keyboard.press('Escape');
      await page.page.waitForSelector(page.find('details'), { hidden: true });
      await choose(page, 'select');
      await page.page.$eval(page.find('cell-card'), (card) => (card as HTMLElement).click());
      await page.page.waitForSelector(page.find('selection-bar'));
      await check('a selection');
      await choose(page, 'project');
      await page.page.waitForSelector(page.find('project-entry'));
      await check('projects');
    }, size);
  }
});

test('a cell of a frame called no cell has no share, and one searched anew keeps its answer', async () => {
  await site.visit(async (page) => {
    await page.useModel('viability', 'Viability');
    await page.press('sample-field');
    await page.finish(1);
    const before = total(await page.summary());
    await beginReview(page);
    for (const key of ['-', 'd', 'd']) await page.page.keyboard.press(key as 'd');
    await page.press('close-details');
    const summary = await page.summary();
    assert.deepEqual([summary['no_cell'], total(summary)], [1, before]);
    await page.page.click(`label:has(${page.find('side-search')})`);
    await page.page.waitForSelector(page.find('least-diameter'));
    await page.page.$eval(page.find('least-diameter'), (input) => {
      (input as HTMLInputElement).value = '40';
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await page.page.waitForFunction((count) => Number(document.querySelector('[data-testid=frame-canvas]')?.getAttribute('data-outlined')) < count / 2, {}, before);
    const left = await page.summary();
    assert.equal(left['no_cell'], 1);
    const rows = parseCsv(await page.export('csv')).filter(({ reviewed }) => reviewed === 'true');
    assert.deepEqual(rows.map(({ review }) => review).sort(), ['no_cell', 'type', 'type']);
  });
});

test('the cell that is open is answered, not those chosen elsewhere; what a filter hides is not answered either', async () => {
  await site.visit(async (page) => {
    await withSamples(page);
    await beginReview(page);
    await page.press('close-details');
    await page.page.keyboard.down('Control');
    await page.page.keyboard.press('a');
    await page.page.keyboard.up('Control');
    await page.page.waitForSelector(`${page.find('selection-bar')}[data-count="${samples}"]`);
    await page.page.$eval(page.find('cell-card'), (card) => (card as HTMLElement).click());
    await page.page.waitForSelector(page.find('review-cell'));
    await page.page.keyboard.press('m');
    await untilAnswered(page, 1);
    await page.press('close-details');
    await page.page.focus('#search');
    await page.page.keyboard.type('basophil-1');
    await page.page.waitForSelector(`${page.find('selection-bar')}[data-count="1"]`);
  });
});

test('answers count in the culture too; those for another model wait for it; settings end with their project', async () => {
  await site.visit(async (page) => {
    await page.useModel('viability', 'Viability');
    await page.press('sample-field');
    await page.finish(1);
    await choose(page, 'side-count');
    await page.page.waitForSelector(page.find('count-panel'));
    const counted = (): Promise<number[]> => page.page.$$eval(`${page.find('count-panel')} .count-numbers dd`, (all) => all.slice(0, 2).map((one) => Number(one.textContent)));
    const before = await counted();
    await beginReview(page);
    for (const key of ['-', '-', 'd', 'd']) await page.page.keyboard.press(key as 'd');
    await page.press('close-details');
    await choose(page, 'review');
    const summary = await page.summary();
    assert.deepEqual(await counted(), [summary['live'], summary['dead']]);
    assert.equal((before[0] ?? 0) + (before[1] ?? 0), (summary['live'] ?? 0) + (summary['dead'] ?? 0) + 2);
    await page.useModel('cancer-lines', 'Cancer lines');
    await page.finish(1);
    const lines = parseCsv(await page.export('csv'));
    assert.deepEqual(lines.map(({ reviewed_type }) => reviewed_type).filter((type) => type !== ''), [], 'a type that this model does not have');
    assert.equal(lines.filter(({ review }) => review === 'no_cell').length, 2);
    await page.useModel('viability', 'Viability');
    await page.finish(1);
    assert.equal(parseCsv(await page.export('csv')).filter(({ reviewed_type }) => reviewed_type === 'dead').length, 2);
    await page.page.$eval(`${page.find('error-slider')} input`, (input) => {
      (input as HTMLInputElement).value = '0';
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await page.press('clear');
    await page.press('sample-field');
    await page.finish(1);
    assert.ok(Number(await page.page.$eval(page.find('error-slider'), (slider) => (slider as HTMLElement).dataset['threshold'])) > 0.5);
  });
});

test('answers stay with the page of a file that they were given on, and come back with it; so does what was removed there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-review-'));
  const file = join(folder, 'two pages.tif');
  const [width, height] = [400, 300];
  const page16 = (radius: number): Uint16Array => Uint16Array.from(drawDiscs(width, height, Array.from({ length: 12 }, (_, i) => ({ x: 50 + 100 * (i % 4), y: 50 + 100 * Math.floor(i / 4), radius }))), (value) => value * 100);
  writeFileSync(file, greyTiff(width, height, [page16(12), page16(15)], 0.5));
  try {
    await site.visit(async (page) => {
      await page.useModel('viability', 'Viability');
      await page.addFiles([file]);
      await page.finish(1);
      await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="12"]`);
      await beginReview(page);
      for (const key of ['d', 'l', '.']) await page.page.keyboard.press(key as 'd');
      await choose(page, 'review');
      await page.page.keyboard.press('Delete');
      await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="11"]`);
      const said = async (): Promise<string[]> => parseCsv(await page.export('csv')).map(({ review }) => review ?? '').filter((review) => review !== '').sort();
      assert.deepEqual(await said(), ['cannot_tell', 'type', 'type']);
      const firstPageAgain = async (): Promise<void> => {
        await page.page.select(page.find('page'), '0');
        await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="11"]`);
        await page.finish(1);
        assert.deepEqual(await said(), ['cannot_tell', 'type', 'type']);
      };
      await page.page.select(page.find('page'), '1');
      await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="12"]`);
      await page.finish(1);
      assert.deepEqual(await said(), []);
      await firstPageAgain();
      // The other page chosen and all frames searched anew at one blow: it is the run that looks at it, and the answers stay all the same.
      await page.page.$eval(page.find('side-search'), (input) => (input as HTMLElement).click());
      await page.page.waitForSelector(page.find('least-diameter'));
      await page.page.$eval(page.find('least-diameter'), (input) => {
        (input as HTMLInputElement).value = '9';
        input.dispatchEvent(new Event('input', { bubbles: true }));
      });
      await page.page.waitForSelector(`${page.find('use-for-all')}:not(:disabled)`);
      await page.finish(1);
      await page.page.evaluate(() => {
        const select = document.querySelector<HTMLSelectElement>('[data-testid=page]')!;
        select.value = '1';
        select.dispatchEvent(new Event('change', { bubbles: true }));
        document.querySelector<HTMLButtonElement>('[data-testid=use-for-all]')!.click();
      });
      await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="12"]`);
      await page.finish(1);
      assert.deepEqual(await said(), []);
      await firstPageAgain();
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
