/** Teaching types of one's own on the page: folders become types, a sentence says how good it is, warnings are right, and what comes of it is a model like any other. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { ExportedCell } from '../cli/fixtures.ts';
import { type Drawn, writeCells } from './drawn_cells.ts';
import { typeFolders } from '../../web/state/teaching_types.ts';
import { type CellPage, Site, untilKept } from './site.ts';

const round: Drawn = { nucleus: 0.62, lobes: 1 };
const lobed: Drawn = { nucleus: 0.5, lobes: 3 };
const place = mkdtempSync(join(tmpdir(), 'cytodrop-teach-'));

const openTeach = async (page: CellPage): Promise<void> => {
  await page.page.click(`label:has(${page.find('task-teach')})`);
  await page.page.waitForSelector(page.find('drop-tray'));
};

interface Verdict { right: number; of: number; low: number; high: number; grouped: boolean; grouping: string; text: string }

/** Waits until what is taught now was tested. */
async function verdict(page: CellPage, of: number): Promise<Verdict> {
  await page.page.waitForSelector(`${page.find('teach-good')}[data-testing=false][data-stale=false][data-tested=true] ${page.find('verdict')}[data-of="${of}"]`, { timeout: 120_000 });
  return page.page.$eval(page.find('verdict'), (element) => {
    const { right, of: all, low, high, grouped, grouping } = (element as HTMLElement).dataset;
    return { right: Number(right), of: Number(all), low: Number(low), high: Number(high), grouped: grouped === 'true', grouping: grouping ?? '', text: element.textContent ?? '' };
  });
}

const warnings = async (page: CellPage): Promise<string[]> => page.page.$$eval(page.find('warning'), (all) => all.map((one) => (one as HTMLElement).dataset['kind'] ?? ''));

const trays = async (page: CellPage): Promise<Record<string, number>> =>
  page.page.$$eval(`${page.find('tray')}`, (all) => Object.fromEntries(all.map((one) => [(one as HTMLElement).dataset['type'] ?? '', Number((one as HTMLElement).dataset['count'])])));

const pressIn = async (page: CellPage, selector: string): Promise<void> => {
  await page.page.waitForSelector(selector);
  await page.page.$eval(selector, (element) => (element as HTMLElement).click());
};

/** Two folders of drawn cells in one that holds them. */
function twoTypes(name: string, count: number, { second = lobed, seed = 1 }: { second?: Drawn; seed?: number } = {}): string {
  const folder = join(place, name);
  writeCells(join(folder, 'round'), round, count, seed);
  writeCells(join(folder, 'lobed'), second, count, seed + 1_000);
  return folder;
}

test('folders name types: those below what all share; days and parts above them are groups; one that is called like a known type is that type', () => {
  const known = [{ id: 'neutrophil', name: 'Neutrophil', letter: 'N', description: 'A neutrophil.' }];
  const cases: [paths: string[], found: (string | null)[]][] = [
    [['cells/neu/1.png', 'cells/lym/1.png'], ['neu|', 'lym|']],
    [['neu/1.png', 'neu/2.png'], ['neu|', 'neu|']],
    [['neu/1.png', 'lym/day 1/1.png'], ['neu|', 'lym|day 1']],
    [['cells/day 1/neu/1.png', 'cells/day 2/lym/1.png'], ['neu|day 1', 'lym|day 2']],
    [['cells/train/neu/1.png', 'cells/test/lym/1.png'], ['neu|train', 'lym|test']],
    [['cells/2024-01-03/neu/1.png', 'cells/2024-01-05/lym/1.png'], ['neu|2024-01-03', 'lym|2024-01-05']],
    [['cells/G1/day 1/1.png', 'cells/G2/day 1/1.png'], ['G1|day 1', 'G2|day 1']],
    [['cells/1.png', 'cells/neu/1.png', 'cells/lym/1.png'], [null, 'neu|', 'lym|']],
    [['neutrophils/day 1/1.png', 'neutrophils/day 2/2.png'], ['neutrophils|day 1', 'neutrophils|day 2']],
    [['1.png'], [null]],
  ];
  for (const [paths, found] of cases) assert.deepEqual(typeFolders(paths, known).map((one) => one && `${one.name}|${one.folder}`), found);
});

describe('teaching', () => {
  let site: Site;
  before(async () => { site = await Site.start(); });
  after(async () => {
    await site.stop();
    rmSync(place, { recursive: true });
  });

  test('folders become types and a sentence with its interval appears; the model made of them is listed, kept, used, and its file gives the same again', async () => {
    const folder = twoTypes('plain', 12);
    const fresh = [...writeCells(join(place, 'fresh'), round, 3, 5_001), ...writeCells(join(place, 'fresh lobed'), lobed, 3, 6_001).map((path, i) => {
      const named = join(place, 'fresh', `lobed ${i}.bmp`);
      copyFileSync(path, named);
      return named;
    })];
    let zip: Buffer = Buffer.alloc(0);
    let here: ExportedCell[] = [];
    await site.visit(async (page) => {
      await openTeach(page);
      assert.ok(!page.requests.some((address) => address.includes('imagenet.onnx')), 'the encoder waits until it is needed');
      await page.drop([folder]);
      const found = await verdict(page, 24);
      assert.deepEqual(await trays(page), { lobed: 12, round: 12 });
      assert.ok(found.right >= 22 && found.low < found.right / found.of && found.high >= found.right / found.of, JSON.stringify(found));
      const [, right, low, high] = /^On pictures that it has not seen it names (\d+) of 100 rightly \((\d+)–(\d+)\)\.$/.exec(found.text) ?? assert.fail(found.text);
      assert.deepEqual([Number(right), Number(low), Number(high)], [Math.round((100 * found.right) / 24), Math.round(100 * found.low), Math.round(100 * found.high)]);
      assert.deepEqual([...new Set(await warnings(page))].sort(), ['few'], 'twelve of a type are few, and nothing else is wrong');

      await page.page.type(page.find('model-title'), 'Drawn cells');
      await page.page.type(page.find('model-author'), 'A. Person');
      await page.press('make-model');
      await page.page.waitForSelector(`${page.find('made')}[data-model=drawn-cells][data-making=false]`, { timeout: 60_000 });
      zip = await page.savedBytes('save-taught');
      await page.press('use-taught');
      await page.page.waitForFunction(() => document.querySelector('[data-testid=footer]')?.textContent?.includes('Drawn cells'));
      await page.finish(24);
      const summary = await page.summary();
      assert.ok((summary['round'] ?? 0) >= 10 && (summary['lobed'] ?? 0) >= 10, JSON.stringify(summary));
      assert.ok((await page.page.$eval('.message[role=status]', ({ textContent }) => textContent ?? '')).includes('“Drawn cells” learned from 24 of these 24 pictures'));

      await page.addFiles(fresh);
      await page.finish(30);
      here = (await page.exportedCells()).slice(24);
      await page.page.waitForSelector(`${page.find('project')}[data-storing=on][data-id]`);
      await untilKept(page.page, { images: 30, cells: 30 });
      await page.open();
      await page.finish(30);
      assert.deepEqual((await page.exportedCells()).slice(24).map(({ probabilities }) => probabilities), here.map(({ probabilities }) => probabilities));
      await openTeach(page);
      assert.deepEqual(await trays(page), { lobed: 12, round: 12 }, 'what was taught survives a reload');
      // Read again in this view, its pictures are asked for before the model is there.
      await untilKept(page.page, { images: 30 }, { isTeaching: true });
      await page.open();
      await page.page.waitForFunction(() => document.querySelectorAll('[data-testid=tray] .crop-picture').length === 24 && document.querySelectorAll('[data-testid=tray] .crop-picture:not(.waiting)').length === 24);
    });
    assert.ok(zip.length > 1_000_000, 'the encoder is in it');
    const file = join(place, 'drawn-cells.zip');
    writeFileSync(file, zip);
    await site.visit(async (page) => {
      await page.drop([file]);
      await pressIn(page, `${page.find('model-card')}[data-model=drawn-cells] ${page.find('use-model')}`);
      await page.page.waitForFunction(() => document.querySelector('[data-testid=footer]')?.textContent?.includes('Drawn cells'));
      await page.page.click(`label:has(${page.find('mode-cells')})`);
      await page.addFiles(fresh);
      await page.finish(6);
      const there = await page.exportedCells();
      assert.deepEqual(there.map(({ probabilities }) => probabilities), here.map(({ probabilities }) => probabilities));
      assert.deepEqual(there.map(({ file, most_like }) => `${file.startsWith('lobed')} ${most_like}`), [...new Array<string>(3).fill('false round'), ...new Array<string>(3).fill('true lobed')]);
      assert.equal(Object.keys(there[0]?.probabilities ?? {}).length, 2);
    });
  });

  test('one type photographed on a brighter ground is warned of: the background alone tells it', async () => {
    const folder = twoTypes('confound', 16, { second: { ...round, ground: [-44, -30, -20] }, seed: 31 });
    await site.visit(async (page) => {
      await openTeach(page);
      await page.drop([folder]);
      await verdict(page, 32);
      assert.ok((await warnings(page)).includes('background'), (await warnings(page)).join());
      const words = await page.page.$eval(`${page.find('warning')}[data-kind=background]`, ({ textContent }) => textContent ?? '');
      assert.match(words, /The corners of the pictures, where there is no cell, tell the types apart as well as the cells do: \d+ of 100 rightly/);
      assert.match(words, /one sitting/);
    });
  });

  test('the same picture under two types is found and both are shown; wrong labels are on the list of doubtful ones, and a press sets them right', async () => {
    const folder = twoTypes('wrong', 40, { seed: 61 });
    // One in twenty has the other's label.
    const swapped = [3, 17].flatMap((i) => [writeCells(join(place, 'swap'), round, 1, 9_000 + i), writeCells(join(place, 'swap lobed'), lobed, 1, 9_500 + i)].map(([path = ''], which) => {
      const wrong = join(folder, which === 0 ? 'lobed' : 'round', `wrong ${i}.bmp`);
      copyFileSync(path, wrong);
      return basename(wrong);
    }));
    mkdirSync(join(folder, 'lobed'), { recursive: true });
    copyFileSync(join(folder, 'round', '05.bmp'), join(folder, 'lobed', 'copy of 05.bmp'));
    await site.visit(async (page) => {
      await openTeach(page);
      await page.drop([folder]);
      await verdict(page, 85);
      const pair = await page.page.$$eval(`${page.find('warning')}[data-kind=two_labels] ${page.find('teach-picture')}`, (all) => all.map((one) => one.getAttribute('aria-label')));
      assert.deepEqual(pair.map((name) => name?.split('/').at(-1)).sort(), ['05.bmp', 'copy of 05.bmp']);
      const doubts = await page.page.$$eval(page.find('doubt'), (all) => all.map((one) => (one as HTMLElement).dataset['path']?.split('/').at(-1) ?? ''));
      assert.deepEqual(swapped.filter((name) => !doubts.includes(name)), [], doubts.join());
      const before = await trays(page);
      const wrong = `${page.find('doubt')}[data-path$="lobed/wrong 3.bmp"]`;
      await pressIn(page, `${wrong} ${page.find('doubt-change')}`);
      await page.page.waitForSelector(wrong, { hidden: true });
      assert.deepEqual(await trays(page), { lobed: (before['lobed'] ?? 0) - 1, round: (before['round'] ?? 0) + 1 });
      await verdict(page, 85);
      await pressIn(page, `${page.find('doubt')}[data-path$="round/wrong 3.bmp"] ${page.find('doubt-keep')}`);
      await page.page.waitForSelector(`${page.find('doubt')}[data-path$="round/wrong 3.bmp"]`, { hidden: true });
    });
  });

  test('pictures without a type are named at once, and each answer by press or key is learned from; a step back takes it back', async () => {
    const folder = twoTypes('seen', 6, { seed: 91 });
    const more = writeCells(join(place, 'more'), round, 5, 7_001);
    const lobes = writeCells(join(place, 'lobes'), lobed, 5, 7_101);
    await site.visit(async (page) => {
      await openTeach(page);
      await page.drop([folder]);
      await verdict(page, 12);
      await page.addFiles([...more, ...lobes.map((path, i) => { const named = join(place, 'lobes', `lobe ${i}.bmp`); copyFileSync(path, named); return named; })]);
      const others = (named: number): string => `${page.find('teach-others')}[data-named="${named}"][data-learned=true]`;
      await page.page.waitForSelector(others(10), { timeout: 60_000 });
      const seen = await page.page.$$eval(page.find('guess'), (all) => all.map((one) => [(one as HTMLElement).dataset['type'], one.querySelectorAll('[data-testid=teach-picture]').length]));
      assert.deepEqual(seen, [['lobed', 5], ['round', 5]]);
      await pressIn(page, `${page.find('guess')}[data-type=round] ${page.find('confirm-guess')}`);
      await page.page.waitForSelector(others(9));
      assert.equal((await trays(page))['round'], 7);
      // The key of the first type, on the picture stood on: another answer than its own.
      await page.page.focus(`${page.find('guess')}[data-type=round] ${page.find('teach-picture')}`);
      await page.page.keyboard.press('1');
      await page.page.waitForSelector(others(8));
      assert.deepEqual(await trays(page), { lobed: 7, round: 7 });
      await page.page.waitForFunction(() => document.activeElement?.matches('.guess .pick'));
      await page.page.keyboard.press('Space');
      await page.page.keyboard.press('ArrowRight');
      await page.page.keyboard.press('Space');
      await page.page.waitForSelector(`${page.find('chosen-bar')}[data-count="2"]`);
      await pressIn(page, `${page.find('teach-as')}[data-type=lobed]`);
      await page.page.waitForSelector(others(6));
      assert.deepEqual(await trays(page), { lobed: 9, round: 7 });
      await page.press('back');
      await page.page.waitForSelector(others(8));
      assert.deepEqual(await trays(page), { lobed: 7, round: 7 });
    });
  });

  test('days below the types are left out as a whole, and the sentence says folders', async () => {
    const folder = join(place, 'days');
    for (const [i, day] of ['day 1', 'day 2', 'day 3'].entries()) {
      writeCells(join(folder, 'round', day), round, 5, 300 + 10 * i);
      writeCells(join(folder, 'lobed', day), lobed, 5, 1_300 + 10 * i);
    }
    await site.visit(async (page) => {
      await openTeach(page);
      await page.drop([folder]);
      const found = await verdict(page, 30);
      assert.deepEqual([found.grouping, found.grouped], ['folder', true]);
      assert.match(found.text, /^On pictures from folders that it has not seen it names/);
      await page.page.select(page.find('teach-grouping'), 'file');
      await page.page.waitForSelector(`${page.find('verdict')}[data-grouping=file]`, { timeout: 60_000 });
      assert.match((await verdict(page, 30)).text, /^On pictures that it has not seen/);
      await page.page.select(page.find('teach-grouping'), 'column');
      const table = join(place, 'days.csv');
      writeFileSync(table, `file,donor\n${[...'123'].flatMap((day) => ['round', 'lobed'].flatMap((type) => [1, 2, 3, 4, 5].map((i) => `${type}/day ${day}/0${i}.bmp,${day === '3' ? 'b' : 'a'}`))).join('\n')}\n`);
      const input = await page.page.waitForSelector(page.find('group-table'));
      await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(table);
      await page.page.waitForSelector(`${page.find('verdict')}[data-grouping=column]`, { timeout: 60_000 });
      assert.match((await verdict(page, 30)).text, /^On pictures from groups that it has not seen/);
    });
  });

  test('from a shipped model its types stay and a new one is added; cells chosen in a review are taught', async () => {
    await site.visit(async (page) => {
      await page.press('samples');
      await page.finish(24);
      await page.press('review');
      await page.page.keyboard.press('Escape');
      await page.press('select');
      for (const i of [1, 2]) await page.page.$eval(`${page.find('cell-card')}:nth-of-type(${i})`, (one) => (one as HTMLElement).click());
      await page.page.waitForSelector(`${page.find('selection-bar')}[data-count="2"]`);
      await page.page.select(page.find('teach-selected'), '+Basophil');
      await page.press('notice-action');
      await page.page.waitForSelector(page.find('tray'));
      assert.deepEqual(await trays(page), { basophil: 2 });
      await page.page.select(page.find('teach-base'), 'blood-smear');
      await page.page.waitForFunction((hook) => document.querySelectorAll(hook).length === 8, {}, page.find('tray'));
      assert.equal((await trays(page))['basophil'], 2);
      await page.press('add-type');
      await page.page.waitForFunction(() => document.activeElement?.matches('.type-name'));
      await page.page.keyboard.type('Parasite');
      await page.page.keyboard.press('Enter');
      await page.page.waitForSelector(`${page.find('tray')}[data-type=parasite]`);
      assert.equal(await page.page.$(`${page.find('tray')}[data-type=basophil] ${page.find('delete-type')}`), null);
      const folder = join(place, 'onto blood');
      writeCells(join(folder, 'Parasites'), round, 8, 71);
      writeCells(join(folder, 'neutrophils'), lobed, 8, 171);
      await page.drop([folder], page.find('drop-tray'));
      await page.page.waitForSelector(`${page.find('tray')}[data-type=parasite][data-count="8"]`);
      assert.deepEqual([(await trays(page))['neutrophil'], Object.keys(await trays(page)).length], [8, 9]);
      await page.page.waitForSelector(`${page.find('teach-others')}[data-named="22"][data-learned=true]`, { timeout: 60_000 });
      await page.page.waitForSelector(page.find('suggested'));
      await page.press('test');
      await verdict(page, 18);
      // Taught on something else the same pictures are looked at anew.
      await page.page.select(page.find('teach-base'), '');
      await page.page.waitForFunction((hook) => document.querySelectorAll(hook).length === 3, {}, page.find('tray'));
      await page.page.waitForSelector(`${page.find('teach-others')}[data-named="22"][data-learned=true]`, { timeout: 60_000 });
      await page.page.select(page.find('teach-base'), 'blood-smear');
      await page.page.waitForSelector(`${page.find('teach-others')}[data-named="22"][data-learned=true]`, { timeout: 60_000 });
      await page.page.type(page.find('model-title'), 'Blood and parasites');
      await page.press('make-model');
      await page.page.waitForSelector(`${page.find('made')}[data-model=blood-and-parasites][data-making=false]`, { timeout: 60_000 });
      await page.press('use-taught');
      await page.page.waitForFunction(() => document.querySelector('[data-testid=footer]')?.textContent?.includes('Blood and parasites'));
      await page.finish(40);
      const named = (await page.exportedCells()).filter(({ file }) => file.includes('Parasites')).map(({ most_like, probabilities }) => `${most_like} of ${Object.keys(probabilities).length}`);
      assert.ok(named.filter((one) => one === 'parasite of 9').length >= 6, named.join());
    });
  });

  test('what was taught stays with its project: another begins with nothing, and coming back it is all there', async () => {
    const folder = twoTypes('one project', 6, { seed: 201 });
    const broken = join(place, 'broken.bmp');
    writeFileSync(broken, 'BM no picture');
    await site.visit(async (page) => {
      await openTeach(page);
      await page.drop([folder]);
      await verdict(page, 12);
      await page.addFiles([broken]);
      await page.page.waitForSelector(page.find('teach-unread'));
      assert.match(await page.page.$eval(page.find('teach-unread'), ({ textContent }) => textContent ?? ''), /1 picture could not be read.*broken\.bmp/);
      await page.page.waitForSelector(`${page.find('project')}[data-storing=on][data-id]`);
      await page.page.click(`label:has(${page.find('task-look')})`);
      await page.finish(13);
      await page.press('clear');
      await openTeach(page);
      assert.deepEqual(await trays(page), {});
      assert.equal(await page.page.$(page.find('verdict')), null);
      await page.press('undo');
      await page.finish(13);
      await openTeach(page);
      await page.page.waitForSelector(`${page.find('tray')}[data-count="6"]`);
      assert.deepEqual(await trays(page), { lobed: 6, round: 6 });
      await verdict(page, 12);
    });
  });

  for (const [device, size] of [['wide', { width: 1440, height: 900 }], ['on a phone', { width: 390, height: 844 }]] as const) {
    test(`axe finds nothing wrong, ${device}, light and dark`, async () => {
      const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core')).replace(/axe\.js$/, 'axe.min.js'), 'utf8');
      const folder = twoTypes(`seen by axe ${device}`, 8, { second: { ...round, ground: [-40, -30, -20] }, seed: 41 });
      const more = writeCells(join(place, `axe ${device}`), lobed, 3, 7_201);
      await site.visit(async (page) => {
        await page.page.evaluate(axe);
        const check = async (view: string): Promise<void> => {
          for (const scheme of ['light', 'dark']) {
            await page.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
            const { violations } = (await page.page.evaluate(`axe.run(document, { rules: { 'label-content-name-mismatch': { enabled: false } } })`)) as AxeResults;
            assert.deepEqual(violations.map(({ id, nodes }) => `${view}, ${scheme}: ${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`), []);
          }
          assert.ok(await page.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${view}: nothing stands beyond the right edge`);
        };
        await openTeach(page);
        await check('empty');
        await page.drop([folder], page.find('drop-tray'));
        await verdict(page, 16);
        await page.addFiles(more);
        await page.page.waitForSelector(`${page.find('teach-others')}[data-named="3"]`, { timeout: 60_000 });
        await page.page.$$eval('.teach details > summary', (all) => all.forEach((one) => (one as HTMLElement).click()));
        await page.page.waitForSelector(page.find('matrix'));
        await pressIn(page, page.find('teach-picture'));
        await page.page.waitForSelector(page.find('chosen-bar'));
        await check('taught');
      }, size);
    });
  }
});
