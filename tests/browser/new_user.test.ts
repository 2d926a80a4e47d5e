/** What a stranger tries: in the wrong mode, with images twice, half done, by keys, on a phone, with a report and no images. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { goldenCases, root } from '../border/fixtures.ts';
import { cytodrop, parseCsv } from '../cli/fixtures.ts';
import { type CellPage, shared, Site } from './site.ts';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, root));
const golden = goldenCases.map(({ image }) => pathOf(`models/blood-smear/golden/${image}`));
const field = pathOf('public/samples/viability/fields/simulated-field-1.png');
const drawnAs = (model: string): string[] => readdirSync(pathOf(`public/samples/${model}`)).filter((name) => name.endsWith('.png')).map((name) => pathOf(`public/samples/${model}/${name}`));
const drawnCells = drawnAs('blood-smear');

let site: Site;
let folder: string;

before(async () => {
  site = await Site.start();
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-new-user-'));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

const click = (page: CellPage, hook: string): Promise<void> => page.page.$eval(page.find(hook), (element) => (element as HTMLElement).click());
const textOf = async (page: CellPage, hook: string): Promise<string> => (await page.page.$eval(page.find(hook), (element) => element.textContent ?? '')).replaceAll('\u00a0', ' ');
const total = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

function copied(from: string, name: string): string {
  const to = join(folder, name);
  copyFileSync(from, to);
  return to;
}

async function openField(page: CellPage, files = [field]): Promise<void> {
  await page.useModel('viability', 'Viability');
  await click(page, 'mode-fields');
  await page.addFiles(files);
  await page.finish(files.length);
}

test('images that come twice are told, left out with one press, and brought back with another', async () => {
  await site.visit(async (page) => {
    await page.addFiles([...golden, ...golden.map((path, i) => copied(path, `again ${i}.png`))]);
    await page.finish(2 * golden.length);
    await page.page.waitForSelector(`${page.find('repeated')}[data-count="${golden.length}"]`);
    await click(page, 'leave-out-repeated');
    await page.finish(golden.length);
    assert.equal(total(await page.summary()), golden.length);
    assert.equal((await page.exportedCells()).length, golden.length);
    await click(page, 'undo');
    await page.finish(2 * golden.length);
    await click(page, 'take-repeated');
    await page.page.waitForSelector(page.find('repeated'), { hidden: true });
    assert.equal(total(await page.summary()), 2 * golden.length);
  });
});

test('where more than a tenth is unlike the training images a banner comes before everything, and no accuracy is promised', async () => {
  await site.visit(async (page) => {
    const files = [...drawnCells, ...drawnAs('viability')];
    await page.addFiles(files);
    await page.finish(files.length);
    const banner = await page.page.waitForSelector(page.find('batch-banner'));
    const { rejected = '', of = '' } = (await banner?.evaluate((element) => ({ ...(element as HTMLElement).dataset }))) ?? {};
    const counts = await page.summary();
    assert.deepEqual([Number(rejected), Number(of)], [(counts['foreign'] ?? 0) + (counts['quality'] ?? 0), files.length]);
    assert.ok(Number(rejected) > files.length / 10);
    assert.doesNotMatch(await textOf(page, 'error-slider'), /were wrong/);
    assert.doesNotMatch(await textOf(page, 'model-picker'), /right/);
  });
  await site.visit(async (page) => {
    await page.addFiles(golden);
    await page.finish(golden.length);
    assert.equal(await page.page.$(page.find('batch-banner')), null);
    assert.match(await textOf(page, 'error-slider'), /were wrong/);
  });
});

test('a field under a model of single cells: the page says what fits, and one press counts its cells everywhere', async () => {
  await site.visit(async (page) => {
    await page.addFiles([field]);
    await page.finish(1);
    const hint = await page.page.waitForSelector(page.find('fields-hint'));
    assert.equal(await hint?.evaluate((element) => (element as HTMLElement).dataset['kind']), 'greyFields');
    assert.ok(await page.page.$(page.find('suggest-viability')));
    await click(page, 'suggest-count');
    await page.finish(1);
    const counts = await page.summary();
    assert.deepEqual(Object.keys(counts), ['unnamed']);
    const found = total(counts);
    assert.ok(found > 30, String(found));
    assert.equal(await page.page.$eval(page.find('mode-count'), (input) => (input as HTMLInputElement).checked), true);
    assert.match(await textOf(page, 'announcer'), new RegExp(`${found} cells found`));
    assert.match(await textOf(page, 'export'), new RegExp(`${found} cells`));
    await click(page, 'view-table');
    assert.equal(await page.page.$eval(page.find('results-table'), (table) => Number(table.getAttribute('aria-rowcount'))), found + 1);
    const rows = parseCsv(await page.export('csv'));
    assert.deepEqual([rows.length, new Set(rows.map(({ status }) => status)).size, rows[0]?.['status']], [found, 1, 'not_classified']);
    // The same model and mode by another way: named.
    await click(page, 'mode-cells');
    await click(page, 'suggest-viability');
    await page.page.waitForSelector(`${page.find('summary')} [data-label=live]`);
    await page.finish(1);
    assert.ok(((await page.summary())['live'] ?? 0) > 10);
  });
});

test('what is shown is what is exported: one frame, one type, a probability; the button says so', async () => {
  await site.visit(async (page) => {
    await openField(page, [field, copied(field, 'second field.png')]);
    const all = total(await page.summary());
    assert.equal(parseCsv(await page.export('csv')).length, all);
    await click(page, 'scope-one');
    const one = total(await page.summary());
    assert.equal(one * 2, all);
    assert.match(await textOf(page, 'export'), new RegExp(`${one} cells of this frame`));
    assert.equal(parseCsv(await page.export('csv')).length, one);
    assert.match(await textOf(page, 'error-slider'), new RegExp(` of ${one} `));
    await page.page.click(`${page.find('summary')} [data-label=live]`);
    const live = (await page.summary())['live'] ?? 0;
    const document = JSON.parse(await page.export('json')) as { selection: object; complete: boolean; frames: { cells: { type: string }[] }[] };
    assert.deepEqual(document.selection, { cells: live, of: all, this_frame: true, filtered: true });
    assert.equal(document.complete, true);
    assert.deepEqual(document.frames.map(({ cells }) => [cells.length, cells.every(({ type }) => type === 'live')]), [[live, true]]);
  });
});

test('outlines of several frames are one zip, of a frame of its own one file; a byte-order mark where it is asked for', async () => {
  await site.visit(async (page) => {
    await openField(page, [field, copied(field, 'third field.png')]);
    const archive = await page.export('geojson');
    assert.match(archive, /^PK/);
    assert.match(archive, /0001 simulated-field-1\.geojson/);
    assert.match(archive, /0002 third field\.geojson/);
    await click(page, 'scope-one');
    assert.equal((JSON.parse(await page.export('geojson')) as { type: string }).type, 'FeatureCollection');
    assert.doesNotMatch(await page.export('csv'), /^\ufeff/);
    await page.openExports();
    await click(page, 'byte-order-mark');
    await page.page.keyboard.press('Escape');
    assert.match(await page.export('csv'), /^\ufeffframe,/);
  });
});

test('a file saved before the work is done says so, in the dialog and in itself', async () => {
  const files = Array.from({ length: 400 }, (_, i) => copied(golden[i % golden.length] as string, `many ${i}.png`));
  await site.visit(async (page) => {
    await page.addFiles(files);
    // In the page itself: from outside the press may come when all is done.
    await page.page.waitForFunction((progress, cancel) => {
      if (!(Number((document.querySelector(progress) as HTMLElement | null)?.dataset['done']) >= 10)) return false;
      (document.querySelector(cancel) as HTMLElement).click();
      return true;
    }, {}, page.find('progress'), page.find('cancel'));
    const { done } = await page.progress();
    assert.ok(done < files.length);
    await page.openExports();
    const [, told] = /: (\d+) of 400 images/.exec(await textOf(page, 'export-partial')) ?? [];
    assert.ok(Number(told) >= done && Number(told) < files.length, told);
    await page.page.keyboard.press('Escape');
    const rows = parseCsv(await page.export('csv'));
    assert.deepEqual([...new Set(rows.map(({ complete }) => complete))], ['false']);
    assert.equal((JSON.parse(await page.export('json')) as { complete: boolean }).complete, false);
  });
});

test('a report with no images asks for them, looks at them as it did, and checks them when they come', async () => {
  const report = join(folder, 'report.json');
  await site.visit(async (page) => {
    await openField(page);
    writeFileSync(report, await page.export('json'));
  });
  await site.visit(async (page) => {
    await page.addFiles([report]);
    await page.page.waitForSelector(page.find('check-add'));
    await page.page.waitForSelector(`${page.find('footer')}[data-self-test=passed]`);
    await page.addFiles([field]);
    await page.page.waitForSelector(`${page.find('check-result')} [data-reproduced=true]`, { timeout: 60_000 });
  });
});

test('documents that lie in a folder are no images', async () => {
  const plate = join(folder, 'plate');
  mkdirSync(plate);
  copyFileSync(golden[0] as string, join(plate, 'a.png'));
  for (const name of ['notes.txt', 'labels.csv', 'protocol.pdf']) writeFileSync(join(plate, name), 'no image');
  await site.visit(async (page) => {
    await page.drop([plate]);
    await page.finish(1);
    assert.equal(await page.page.$(page.find('unread')), null);
    assert.match(await page.page.$eval('.messages', (element) => element.textContent ?? ''), /3 files that are no images were left out, plate\/labels\.csv among them/);
  });
});

test('in forced colours what is chosen differs from what is not, and bars are drawn', async () => {
  await site.visit(async (page) => {
    await page.addFiles(golden);
    await page.finish(golden.length);
    // Not in this library's list of features, but in the protocol.
    const session = await page.page.createCDPSession();
    await session.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
    const colours = await page.page.evaluate(() => {
      const of = (selector: string): string => getComputedStyle(document.querySelector(selector) as Element).backgroundColor;
      return [of('.toolbar .choice label:has(:checked)'), of('.toolbar .choice label:not(:has(:checked))'), of('.thin-bar'), of('.thin-bar span')];
    });
    assert.notEqual(colours[0], colours[1]);
    assert.notEqual(colours[2], colours[3]);
  });
});

test('by keys: past the controls to the cells, the focus is never lost, and Delete takes the open cell out', async () => {
  await site.visit(async (page) => {
    await page.press('samples');
    await page.page.waitForSelector(page.find('progress'));
    assert.notEqual(await page.page.evaluate(() => document.activeElement?.tagName), 'BODY');
    await page.page.waitForSelector(`${page.find('progress')}[data-state=done]`);
    await page.page.focus(page.find('skip'));
    await page.page.keyboard.press('Enter');
    assert.equal(await page.page.evaluate(() => document.activeElement?.closest('.gallery') !== null), true);
  });
  await site.visit(async (page) => {
    await openField(page);
    const before = total(await page.summary());
    await click(page, 'view-gallery');
    await page.press('cell-card');
    await page.page.waitForSelector(page.find('details'));
    await page.page.keyboard.press('Delete');
    await page.page.waitForFunction((selector, count) => [...document.querySelectorAll(`${selector} [data-label]`)].reduce((sum, one) => sum + Number((one as HTMLElement).dataset['count']), 0) === count, {}, page.find('summary'), before - 1);
  });
});

/** A violet disc on pink, as a BMP of 24 bits. */
function smallCell(side: number): Buffer {
  const stride = Math.ceil((3 * side) / 4) * 4;
  const file = Buffer.alloc(54 + stride * side);
  file.write('BM');
  for (const [at, value] of [[2, file.length], [10, 54], [14, 40], [18, side], [22, side], [34, stride * side]] as const) file.writeUInt32LE(value, at);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < side; ++y) {
    for (let x = 0; x < side; ++x) file.set(Math.hypot(x - side / 2, y - side / 2) < 0.3 * side ? [150, 60, 110] : [205, 190, 225], 54 + stride * y + 3 * x);
  }
  return file;
}

test('images that are all too small are brought to size with one press, and every file and figure says so', async () => {
  const small = [100, 120, 120].map((side, i) => {
    const path = join(folder, `small ${i}.bmp`);
    writeFileSync(path, smallCell(side));
    return path;
  });
  const flags = (cells: { quality: { flag: string }[] }[]): boolean[] => cells.map(({ quality }) => quality.some(({ flag }) => flag === 'wrong_size'));
  await site.visit(async (page) => {
    await page.addFiles(small);
    await page.finish(small.length);
    assert.deepEqual(flags(await page.exportedCells()), [true, true, true]);
    assert.equal(await page.page.$eval(page.find('scale-offer'), (element) => Number((element as HTMLElement).dataset['scale'])), 0.4167);
    assert.match(await textOf(page, 'bring-to-size'), /2\.4×/);
    await click(page, 'bring-to-size');
    await page.page.waitForSelector(page.find('scale-note'));
    await page.finish(small.length);
    assert.match(await textOf(page, 'scale-note'), /2\.4×.*not calibrated/);
    assert.doesNotMatch(await textOf(page, 'model-picker'), /right/);
    const report = await page.export('json');
    const { settings, cells } = JSON.parse(report) as { settings: { image_scale: number }; cells: { quality: { flag: string }[] }[] };
    assert.equal(settings.image_scale, 0.4167);
    assert.deepEqual(flags(cells), [false, false, false]);
    assert.deepEqual(parseCsv(await page.export('csv')).map(({ image_scale: scale }) => scale), ['0.4167', '0.4167', '0.4167']);
    const path = join(folder, 'at scale.json');
    writeFileSync(path, report);
    const checked = await cytodrop('check', path, ...small);
    assert.equal(checked.code, 0, checked.stdout + checked.stderr);
    const again = await cytodrop('classify', '--model', 'blood-smear', '--image-scale', '0.4167', '--format', 'json', ...small);
    const told = JSON.parse(again.stdout) as { settings: object; cells: { file: string; probability: number }[] };
    assert.deepEqual(told.settings, settings);
    assert.deepEqual(told.cells.map(({ probability }) => probability), (cells as unknown as typeof told.cells).map(({ probability }) => probability));
    await click(page, 'as-they-are');
    await page.page.waitForSelector(page.find('scale-offer'));
    await page.finish(small.length);
    assert.deepEqual(flags(await page.exportedCells()), [true, true, true]);
    assert.equal('image_scale' in (parseCsv(await page.export('csv'))[0] ?? {}), false);
  });
  await site.visit(async (page) => {
    await page.addFiles([...small, ...golden]);
    await page.finish(small.length + golden.length);
    assert.equal(await page.page.$(page.find('scale-offer')), null);
  });
});

test('images as small as a cell, looked at as fields, are told, and one press looks at each as one', async () => {
  const cell = pathOf('public/samples/viability/simulated-live-1.png');
  await site.visit(async (page) => {
    await page.useModel('viability', 'Viability');
    await page.addFiles([cell]);
    await page.finish(1);
    assert.equal(await page.page.$eval(page.find('fields-hint'), (element) => (element as HTMLElement).dataset['kind']), 'singleCells');
    await click(page, 'suggest-cells');
    await page.finish(1);
    assert.deepEqual((await page.cards()).map(({ label }) => label), ['live']);
    assert.equal(await page.page.$(page.find('fields-hint')), null);
  });
});

test('a model chosen looks at images as it is made to, until a person says what they are', async () => {
  const mode = (page: CellPage): Promise<string> => page.page.$eval('[name=mode]:checked', (input) => (input as HTMLInputElement).value);
  await site.visit(async (page) => {
    const seen = [await mode(page)];
    const choose = async (name: string, title: string): Promise<void> => {
      await page.useModel(name, title);
      seen.push(await mode(page));
    };
    await choose('viability', 'Viability');
    await choose('blood-smear', 'Blood smear');
    await choose('prostate-lines', 'Prostate');
    await click(page, 'mode-cells');
    await choose('viability', 'Viability');
    await click(page, 'mode-fields');
    await choose('blood-smear', 'Blood smear');
    await choose('viability', 'Viability');
    await click(page, 'mode-count');
    await choose('blood-smear', 'Blood smear');
    assert.deepEqual(seen, ['cells', 'fields', 'cells', 'fields', 'cells', 'cells', 'fields', 'count']);
  });
});

const spread = pathOf('public/samples/prostate-lines/fields/simulated-field-1.png');
interface Searched { frames: { search: { method: string; least_diameter: number; most_diameter: number; detector?: object }; cells: unknown[] }[] }

test('where no model speaks for a frame a quick look decides; its ways of search show what they find, and one set by hand holds', async () => {
  const searched = async (page: CellPage): Promise<Searched['frames']> => (JSON.parse(await page.export('json')) as Searched).frames;
  await site.visit(async (page) => {
    await click(page, 'mode-count');
    await page.addFiles([field, spread]);
    await page.finish(2);
    const [round, attached] = await searched(page);
    assert.deepEqual([round?.search.method, attached?.search.method], ['network_round', 'network_adherent']);
    assert.equal(round?.cells.length, 40);
    const told = JSON.parse((await cytodrop('classify', '--model', 'blood-smear', '--detect', '--format', 'json', field, spread)).stdout) as Searched;
    assert.deepEqual(told.frames.map(({ search, cells }) => [search, cells.length]), [round, attached].map((frame) => [frame?.search, frame?.cells.length]));
    const report = join(folder, 'looked.json');
    writeFileSync(report, await page.export('json'));
    assert.equal((await cytodrop('check', report, field, spread)).code, 0);

    await click(page, 'side-search');
    await page.page.waitForSelector(page.find('looked'));
    await page.page.waitForFunction(() => [...document.querySelectorAll('.method-tiles label')].filter((tile) => /\d here/.test(tile.textContent ?? '')).length === 4);
    const pictures = await page.page.$$eval('.method-tiles canvas', (all) => all.map((canvas) => canvas.toDataURL()));
    assert.equal(new Set(pictures).size, 4);
    await click(page, 'method-round');
    await page.page.waitForSelector(`${page.find('use-for-all')}:not(:disabled)`);
    await page.page.waitForSelector(`${page.find('frame-canvas')}[data-method=round]`);
    const [byHand, other] = await searched(page);
    const { detector: _, ...without } = round?.search ?? assert.fail();
    assert.deepEqual(byHand?.search, { ...without, method: 'round' });
    assert.deepEqual(other, attached);
  });
});

const phaseContrast = join(shared, 'data/phase-contrast/set10.tif');
test('spread cells in phase contrast are counted as they are, though nothing is set', { skip: existsSync(phaseContrast) ? false : '../shared/data/phase-contrast is missing' }, async () => {
  await site.visit(async (page) => {
    await page.addFiles([phaseContrast]);
    await page.finish(1);
    await click(page, 'suggest-count');
    await page.page.waitForFunction((selector) => Number(/\d+/.exec(document.querySelector(selector)?.textContent ?? '')?.[0] ?? 0) > 0, {}, page.find('export'));
    await page.finish(1);
    const { frames: [frame] } = JSON.parse(await page.export('json')) as Searched;
    assert.equal(frame?.search.method, 'network_adherent');
    // 56 by their masks; no frame of this set taught the network.
    assert.ok(Math.abs((frame?.cells.length ?? 0) - 56) <= 6, `${frame?.cells.length} cells`);
  });
});

test('on a phone Back leads from the details to the cells', async () => {
  await site.visit(async (page) => {
    await page.addFiles(golden);
    await page.finish(golden.length);
    const address = page.page.url();
    await page.press('cell-card');
    await page.page.waitForSelector(page.find('details'));
    await page.page.evaluate(() => history.back());
    await page.page.waitForSelector(page.find('details'), { hidden: true });
    assert.equal(page.page.url(), address);
    assert.equal((await page.cards()).length, golden.length);
  }, { width: 390, height: 844 });
});

test('flags stay in their tile at every size', async () => {
  await site.visit(async (page) => {
    await page.addFiles(drawnCells);
    await page.finish(drawnCells.length);
    await click(page, 'check-turns');
    // What there is stays while the turns are computed.
    assert.equal(total(await page.summary()), drawnCells.length);
    await page.finish(drawnCells.length);
    assert.ok((await page.exportedCells()).every((cell) => (cell as unknown as { turns_of: number }).turns_of === 8));
    for (const size of ['small', 'medium', 'large']) {
      await click(page, `size-${size}`);
      const outside = await page.page.$$eval('.tile', (tiles) => tiles.flatMap((tile) => {
        const { left, right } = tile.getBoundingClientRect();
        return [...tile.querySelectorAll('.tile-facts')].filter((facts) => facts.getBoundingClientRect().right > right + 1 || facts.getBoundingClientRect().left < left - 1 || getComputedStyle(facts).overflowX !== 'hidden');
      }).length);
      assert.equal(outside, 0, size);
    }
  });
});

test('model and mode are remembered on this computer', async () => {
  await site.visit(async (page) => {
    await page.useModel('viability', 'Viability');
    await click(page, 'mode-count');
    await page.open();
    assert.match(await textOf(page, 'model-picker'), /Viability/);
    assert.equal(await page.page.$eval(page.find('mode-count'), (input) => (input as HTMLInputElement).checked), true);
  });
});

test('a stack behind one directory has all its planes, of which the sharpest is shown, and it is said', { skip: existsSync(join(shared, 'cases')) ? false : '../shared/cases is missing' }, async () => {
  const stack = join(shared, 'cases/stack-one-directory.tif');
  await site.visit(async (page) => {
    await page.addFiles([stack]);
    await page.finish(1);
    await click(page, 'mode-fields');
    await page.finish(1);
    assert.match((await textOf(page, 'why-plane')).replaceAll('\u00a0', ' '), /^The sharpest of 6 planes was chosen, number \d/);
  });
});
