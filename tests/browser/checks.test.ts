/** Whether the map and the verdict hold: the details' checks by keyboard, turned pictures of all cells, a second model. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { goldenCases, root, tinyCases, tinyModel } from '../border/fixtures.ts';
import { cytodrop, linesOf, parseCsv, type ExportedCell, type Line } from '../cli/fixtures.ts';
import { writeSecondModel } from '../cli/second_model.ts';
import { dist, Site, type CellPage } from './site.ts';

const pathOf = (file: string): string => fileURLToPath(new URL(file, root));
const aGolden = pathOf(`models/blood-smear/golden/${goldenCases[0]?.image}`);
/** Drawn by a script, and named otherwise when it is turned. */
const changing = pathOf('public/samples/blood-smear/simulated-lymphocyte-3.png');

let site: Site;
before(async () => { site = await Site.start(); });
after(() => site.stop());

async function onCommandLine(...args: string[]): Promise<(Line & Record<string, unknown>)[]> {
  const { stdout } = await cytodrop('classify', '--model', 'blood-smear', ...args);
  return linesOf(stdout) as (Line & Record<string, unknown>)[];
}

async function textOf(page: CellPage, hook: string): Promise<string> {
  return (await page.page.$eval(page.find(hook), (element) => element.textContent ?? '')).replaceAll('\u00a0', ' ');
}

async function checkByKeyboard(page: CellPage): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.page.keyboard.press('Tab');
    if (await page.page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['testid'] === 'check-cell')) break;
  }
  await page.page.keyboard.press('Enter');
  await page.page.waitForSelector(`${page.find('checks')}[data-phase=done]`);
}

test('the details check map and turns on request, by keyboard, with the numbers of the command line', async () => {
  const [line] = await onCommandLine('--turns', '--explain', aGolden);
  assert.ok(line);
  await site.visit(async (page) => {
    await page.addFiles([aGolden]);
    await page.finish(1);
    await page.page.focus(page.find('cell-card'));
    await page.page.keyboard.press('Enter');
    await page.page.waitForSelector(page.find('check-cell'));
    await checkByKeyboard(page);
    const shown = await page.page.$eval(page.find('deletion'), (element) => ({ ...(element as HTMLElement).dataset }));
    assert.deepEqual(
      [Number(Number(shown['mapArea']).toFixed(6)), Number(Number(shown['randomArea']).toFixed(6)), Number(shown['beaten']), shown['explains']],
      [line['map_area'], line['random_area'], line['map_beats'], String(line['map_explains'])],
    );
    const turns = await page.page.$eval(page.find('turns'), (element) => ({ ...(element as HTMLElement).dataset }));
    assert.deepEqual([Number(turns['agree']), Number(turns['of'])], [line['turns_agree'], line['turns_of']]);
    assert.match(await textOf(page, 'turns'), /^The type stays the same however the picture is turned: all 8 say /);
    assert.equal(line['map_explains'], 'clearly');
    assert.match(await textOf(page, 'deletion-words'), /faster than deleting at random, in each of 19 random orders\. On average it is \d+ percentage points lower/);
    assert.ok(await page.page.evaluate((hook) => document.querySelector(hook)?.contains(document.activeElement), page.find('checks')), 'the focus is on the results');

    const chart = await page.page.$eval(`${page.find('deletion')} > svg`, (svg) => ({
      words: svg.getAttribute('aria-label') ?? '',
      dashes: [...svg.querySelectorAll('g:not(.axes) > path')].map((path) => getComputedStyle(path).strokeDasharray),
      dots: svg.querySelectorAll('circle').length,
    }));
    assert.equal(new Set(chart.dashes).size, 3, chart.dashes.join(' | '));
    const rows = await page.page.$$eval(`${page.find('deletion')} tbody tr`, (elements) => elements.map((row) => [...row.children].map((cell) => (cell.textContent ?? '').replaceAll('\u00a0', ' '))));
    assert.equal(rows.length, 17);
    assert.equal(chart.dots, rows.length);
    const [first, half, last] = [rows[0], rows[8], rows[16]] as [string[], string[], string[]];
    assert.deepEqual([first[0], half[0], last[0]], ['0 %', '50 %', '100 %']);
    assert.equal(new Set(first.slice(1)).size, 1);
    assert.equal(new Set(last.slice(1)).size, 1);
    const words = chart.words.replaceAll('\u00a0', ' ');
    assert.ok(words.includes(`${half[1]} where the map's regions go first, ${half[2]} at random, ${half[3]} from the middle outwards; ${last[1]} with nothing left`), words);
  });
});

test('the cell of a frame is checked too', async () => {
  await site.visit(async (page) => {
    await page.useModel('viability', 'Viability');
    await page.page.click(page.find('mode-fields'));
    await page.addFiles([pathOf('public/samples/viability/fields/simulated-field-1.png')]);
    await page.finish(1);
    await page.page.click(page.find('view-gallery'));
    await page.press('cell-card');
    await page.press('check-cell');
    await page.page.waitForSelector(`${page.find('checks')}[data-phase=done] ${page.find('deletion')}`);
    assert.match(await textOf(page, 'turns'), /: (all 8|\d of 8) say (live|dead)/i);
  });
});

test('every cell is turned when it is asked for: flags in words, table, CSV and JSON as on the command line', async () => {
  const files = [aGolden, changing];
  const lines = await onCommandLine('--turns', ...files);
  assert.deepEqual(lines.map((line) => line['turns_disagree']), [false, true]);
  await site.visit(async (page) => {
    await page.addFiles(files);
    await page.finish(files.length);
    assert.ok(!Object.keys((await page.exportedCells())[0] ?? {}).some((key) => key.startsWith('turns_')));
    await page.press('check-turns');
    const share = `${String(lines[1]?.['turns_agree'])} of 8`;
    const words = `changes when turned, ${share}`;
    // A tile has room for fewer.
    await page.page.waitForFunction((flag) => document.querySelector('.gallery')?.textContent?.includes(flag), {}, `turned: ${share}`);
    await page.finish(files.length);
    const cells = (await page.exportedCells()) as (ExportedCell & Record<string, unknown>)[];
    const turned = (record: Record<string, unknown>): unknown[] => Object.entries(record).filter(([key]) => key.startsWith('turns_'));
    assert.equal(turned(cells[0] ?? {}).length, 5);
    assert.deepEqual(cells.map(turned), lines.map(turned));
    const csv = parseCsv(await page.export('csv'));
    assert.deepEqual(csv.map((row) => [row['turns_agree'], row['turns_disagree']]), lines.map((line) => [String(line['turns_agree']), String(line['turns_disagree'])]));
    await page.page.click(page.find('view-table'));
    const rows = await page.page.$$eval(`${page.find('results-table')} tbody tr`, (elements) => elements.map((row) => row.textContent ?? ''));
    assert.deepEqual(rows.map((text) => text.includes(words)), [false, true]);
    await page.page.click(`${page.find('results-table')} tbody tr:nth-child(2)`);
    assert.match(await textOf(page, 'turns'), new RegExp(`^The type changes when the picture is turned: ${share} say lymphocyte\\.`));
  });
});

test('another model is offered only where it names the same types, and says where it does not agree', async () => {
  await site.visit(async (page) => {
    await page.addFiles([aGolden]);
    await page.finish(1);
    assert.deepEqual(await page.page.$$eval(`${page.find('second-model')} option`, (options) => options.map((option) => (option as HTMLOptionElement).value)), ['', 'blood-smear-anywhere']);
    await page.useModel('cell-cycle', 'Cell cycle, unlabelled Jurkat cells');
    await page.finish(1);
    assert.equal(await page.page.$(page.find('second-model')), null);
  });
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-second-site-'));
  try {
    cpSync(dist, folder, { recursive: true });
    cpSync(pathOf(tinyModel), join(folder, 'models/tiny-shapes'), { recursive: true });
    await writeSecondModel(true, join(folder, 'models/tiny-swapped'));
    const listings = ['tiny-shapes', 'tiny-swapped', 'viability'].map((name) => ({ name, spec: JSON.parse(readFileSync(join(folder, 'models', name, 'spec.json'), 'utf8')) as unknown }));
    writeFileSync(join(folder, 'models/index.json'), JSON.stringify(listings));
    for (const stale of ['models/index.json.br', 'models/index.json.gz', 'service_worker.js', 'service_worker.js.br', 'service_worker.js.gz']) rmSync(join(folder, stale), { force: true });
    const two = await Site.start(folder);
    try {
      await two.visit(async (page) => {
        await page.addFiles(tinyCases.map(({ image }) => pathOf(`${tinyModel}/golden/${image}`)));
        await page.finish(tinyCases.length);
        assert.deepEqual(await page.page.$$eval(`${page.find('second-model')} option`, (options) => options.map((option) => (option as HTMLOptionElement).value)), ['', 'tiny-swapped']);
        await page.page.select(page.find('second-model'), 'tiny-swapped');
        await page.page.waitForFunction(() => document.querySelector('.gallery')?.textContent?.includes('models disagree'));
        await page.finish(tinyCases.length);
        const cells = (await page.exportedCells()) as (ExportedCell & Record<string, unknown>)[];
        const swapped: Record<string, string> = { disc: 'bar', bar: 'disc', ring: 'ring' };
        assert.deepEqual(
          cells.map((cell) => [cell['second_model'], cell['second_most_like'], cell['second_agree']]),
          cells.map(({ most_like: label }) => ['tiny-swapped 1.0.0', swapped[label], label === 'ring']),
        );
        await page.page.click(`${page.find('cell-card')}[data-label=disc]`);
        await page.page.waitForSelector(`${page.find('second-opinion')}[data-agree=false]`);
        assert.match(await textOf(page, 'second-opinion'), /^Drawn shapes, again does not agree: [\d.>]+ % bar\.$/);
        await page.page.select(page.find('second-model'), '');
        await page.page.waitForFunction(() => document.querySelector('.gallery')?.textContent?.includes('models disagree') === false);
        await page.finish(tinyCases.length);
        assert.ok(!('second_agree' in ((await page.exportedCells())[0] ?? {})));
      });
    } finally {
      await two.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
