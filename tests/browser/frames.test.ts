/** Whole fields of view in the page: found, named, corrected by hand, counted, exported; and the same on the command line. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';
import { jsonOf, root } from '../border/fixtures.ts';
import { cytodrop } from '../cli/fixtures.ts';
import { follows, followsSchema } from '../cli/schemas.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { pressFrame as pressFrameOf, slide } from './frame_page.ts';
import { shared, Site, type CellPage } from './site.ts';

const model = 'viability';
const spec = jsonOf<ModelSpec>(`models/${model}/spec.json`);
const samples = new URL('public/samples/', root);
const field = fileURLToPath(new URL(`${model}/fields/simulated-field-1.png`, samples));
const fieldSize = { width: 640, height: 480 };

interface DrawnField { model: string; fields: { file: string; counts: Record<string, number> }[] }
const drawn = (JSON.parse(readFileSync(new URL('manifest.json', samples), 'utf8')) as { sets: DrawnField[] }).sets.find((set) => set.model === model)?.fields[0]?.counts ?? {};
const drawnCells = Object.values(drawn).reduce((sum, count) => sum + count, 0);

interface Box { left_px: number; top_px: number; width_px: number; height_px: number }
interface FoundCell extends Box { cell: number; status: string; centre_x_px: number; centre_y_px: number; by_hand: boolean; type: string | null; most_like: string; unsure: boolean; foreign: boolean }
interface FoundFrame {
  frame: string; status: string; cells: FoundCell[];
  search?: { method: string; detector?: { name: string; version: string; sha256: string } };
  error?: { code: string; message: string };
}
interface Document { frames: FoundFrame[] }

let site: Site;
let folder: string;

before(async () => {
  site = await Site.start();
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-frames-'));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

/** The simulated field, found and named. Returns: how many cells. */
async function openSample(page: CellPage): Promise<number> {
  await page.useModel(model, 'Viability');
  await (await page.page.waitForSelector(page.find('sample-field')))?.click();
  await page.finish(1);
  return await outlined(page, (count) => count > 0);
}

/** Waits until the number of cells drawn is as wanted. */
async function outlined(page: CellPage, isWanted: (count: number) => boolean): Promise<number> {
  const canvas = await page.page.waitForSelector(page.find('frame-canvas'));
  for (;;) {
    const count = Number(await canvas?.evaluate((element) => (element as HTMLElement).dataset['outlined']));
    if (isWanted(count)) return count;
    const now = page.page.waitForFunction((selector, before) => (document.querySelector(selector) as HTMLElement).dataset['outlined'] !== before, { timeout: 20_000 }, page.find('frame-canvas'), String(count));
    await now.catch(() => assert.fail(`${count} cells are drawn`));
  }
}

async function exportedFrames(page: CellPage): Promise<FoundFrame[]> {
  return (JSON.parse(await page.export('json')) as Document).frames;
}

/** Presses the picture at a point of the frame, in px. */
const pressFrame = (page: CellPage, x: number, y: number): Promise<void> => pressFrameOf(page, fieldSize, { x, y });

const boxOf = ({ left_px, top_px, width_px, height_px }: FoundCell): Box => ({ left_px, top_px, width_px, height_px });
const isAt = (one: FoundCell) => (other: FoundCell): boolean => isDeepStrictEqual(boxOf(one), boxOf(other));

function copies(count: number, name: string): string[] {
  const first = join(folder, `${name}.png`);
  copyFileSync(field, first);
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `${name} ${i + 1}.png`);
    linkSync(first, path);
    return path;
  });
}

/** A grey PNG file of 16 bits, from black at the left to white at the right. */
function ramp16(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const row = Buffer.alloc(1 + 2 * width);
  for (let x = 0; x < width; ++x) row.writeUInt16BE(Math.round((65_535 * x) / (width - 1)), 1 + 2 * x);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(Array<Buffer>(height).fill(row)))), chunk('IEND', Buffer.alloc(0)),
  ]);
}

async function commandLine(paths: string[]): Promise<FoundFrame[]> {
  const { code, stdout, stderr } = await cytodrop('classify', '--model', model, '--detect', '--format', 'json', ...paths);
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as Document).frames;
}

test('the simulated field: every drawn cell is found, summed up, and exported as the command line does', async () => {
  const expected = await commandLine([field]);
  await site.visit(async (page) => {
    const count = await openSample(page);
    assert.ok(Math.abs(count - drawnCells) <= 2, `${count} of ${drawnCells}`);
    const shares = Object.values(await page.summary()).reduce((sum, share) => sum + share, 0);
    assert.equal(shares, count);
    const frames = await exportedFrames(page);
    assert.equal(frames.length, 1);
    assert.deepEqual(frames[0]?.cells, expected[0]?.cells);
    assert.equal(followsSchema('frames', 'json', await page.export('json'), { spec }), 1);
    assert.equal(followsSchema('frames', 'csv', await page.export('csv'), { spec }), count);
    follows('outlines', JSON.parse(await page.export('geojson')));
  });
});

test('the network that finds cells is fetched once, before the first image, and told in exports; another way of finding them is a choice away', async () => {
  const { network: { sha256 } } = JSON.parse(readFileSync(new URL('models/round/spec.json', root), 'utf8')) as { network: { sha256: string } };
  const search = async (page: CellPage): Promise<FoundFrame['search']> => (await exportedFrames(page))[0]?.search;
  await site.visit(async (page) => {
    await openSample(page);
    const fetched = page.requests.filter((url) => /\/models\/(round|adherent)\//.test(url)).map((url) => url.slice(url.indexOf('/models/')));
    assert.deepEqual(fetched, ['/models/round/spec.json', '/models/round/network.onnx']);
    await page.page.waitForSelector(`${page.find('footer')}[data-requests-since="0"]`);
    const first = await search(page);
    assert.deepEqual([first?.method, first?.detector?.sha256], ['network_round', sha256]);
    await page.press('requests');
    await page.page.waitForFunction(() => document.querySelector('dialog[open]')?.textContent?.includes('models/round/network.onnx'));
    await page.page.keyboard.press('Escape');

    await page.page.click(`label:has(${page.find('side-search')})`);
    assert.equal(await page.page.$(page.find('split-touching')), null, 'the network splits by itself');
    await slide(page, 'least-diameter', 120);
    await outlined(page, (now) => now === 0);
    await page.page.$eval(page.find('method-round'), (input) => (input as HTMLElement).click());
    await page.page.waitForSelector(page.find('split-touching'));
    await slide(page, 'least-diameter', 14);
    await slide(page, 'most-diameter', 45);
    await outlined(page, (count) => Math.abs(count - drawnCells) <= 2);
    const second = await search(page);
    assert.deepEqual([second?.method, second?.detector], ['round', undefined]);
  });
});

test('where the network that finds cells cannot be had, every frame says so and what to do', async () => {
  await site.visit(async (page) => {
    await page.page.setRequestInterception(true);
    page.page.on('request', (request) => void (/\/models\/(round|adherent)\//.test(request.url()) ? request.respond({ status: 503 }) : request.continue()));
    await page.useModel(model, 'Viability');
    await page.page.click(`label:has(${page.find('mode-fields')})`);
    await page.addFiles([field]);
    await page.finish(1);
    const [frame] = await exportedFrames(page);
    assert.deepEqual([frame?.status, frame?.error?.code], ['error', 'detector_not_loaded']);
    assert.match(frame?.error?.message ?? '', /network that finds cells could not be loaded.*503/);
    page.complaints.length = 0; // the browser's own lines about status 503
  });
});

/** Removes the first cell of the simulated field. Returns: how many cells there were, and that one. */
async function removeFirst(page: CellPage): Promise<{ count: number; first: FoundCell }> {
  const count = await openSample(page);
  const [first] = (await exportedFrames(page))[0]?.cells ?? [];
  assert.ok(first);
  await page.page.click(`label:has(${page.find('tool-remove')})`);
  await pressFrame(page, first.centre_x_px, first.centre_y_px);
  await outlined(page, (now) => now === count - 1);
  return { count, first };
}

test('a cell is removed, one is added by hand and named, and both can be undone', async () => {
  await site.visit(async (page) => {
    const { count, first } = await removeFirst(page);
    const left = (await exportedFrames(page))[0]?.cells ?? [];
    assert.ok(!left.some(isAt(first)));

    await page.page.click(`label:has(${page.find('tool-add')})`);
    await pressFrame(page, fieldSize.width - 12, fieldSize.height - 12);
    await outlined(page, (now) => now === count);
    await page.page.waitForFunction((selector, total) => [...document.querySelectorAll(`${selector} [data-label]`)].reduce((sum, one) => sum + Number((one as HTMLElement).dataset['count']), 0) === total, {}, page.find('summary'), count);
    const added = (await exportedFrames(page))[0]?.cells.filter(({ by_hand }) => by_hand) ?? [];
    assert.equal(added.length, 1);
    assert.equal(added[0]?.status, 'ok');

    await page.press('undo-edit');
    await outlined(page, (now) => now === count - 1);
    await page.press('undo-edit');
    await outlined(page, (now) => now === count);
    assert.ok((await exportedFrames(page))[0]?.cells.some(isAt(first)));
  });
});

test('settings search the frame again at once; what was removed by hand stays away', async () => {
  await site.visit(async (page) => {
    const { count } = await removeFirst(page);
    await page.page.click(`label:has(${page.find('side-search')})`);
    await slide(page, 'least-diameter', 120);
    await outlined(page, (now) => now === 0);
    await slide(page, 'least-diameter', 14);
    await slide(page, 'most-diameter', 45);
    await outlined(page, (now) => now === count - 1);
    await page.page.waitForFunction((selector, total) => [...document.querySelectorAll(`${selector} [data-label]`)].reduce((sum, one) => sum + Number((one as HTMLElement).dataset['count']), 0) === total, {}, page.find('summary'), count - 1);
    assert.deepEqual((await exportedFrames(page))[0]?.cells.map(({ status }) => status), Array(count - 1).fill('ok'));
  });
});

test('a press on the summary shows cells of that type only', async () => {
  await site.visit(async (page) => {
    const count = await openSample(page);
    const { live = 0 } = await page.summary();
    assert.ok(live > 0 && live < count, String(live));
    await page.page.click(`${page.find('summary')} [data-label=live]`);
    await outlined(page, (now) => now === live);
    await page.page.click(`${page.find('summary')} [data-label=live]`);
    await outlined(page, (now) => now === count);
  });
});

test('the keyboard walks through the cells, opens one, closes it and removes it', async () => {
  await site.visit(async (page) => {
    const count = await openSample(page);
    await page.page.focus(page.find('frame-canvas'));
    await page.page.keyboard.press('ArrowRight');
    await page.page.keyboard.press('ArrowDown');
    await page.page.keyboard.press('Enter');
    await page.page.waitForSelector(`${page.find('details')} canvas`);
    const title = await page.page.$eval('#details-title', (element) => element.textContent);
    assert.match(title ?? '', new RegExp(`^Cell \\d+ of ${count}$`));
    await page.page.keyboard.press('ArrowRight');
    assert.notEqual(await page.page.$eval('#details-title', (element) => element.textContent), title);
    await page.page.keyboard.press('Escape');
    await page.page.waitForSelector(page.find('details'), { hidden: true });
    assert.equal(await page.page.evaluate(() => (document.activeElement as HTMLElement).dataset['testid']), 'frame-canvas');
    await page.page.keyboard.press('Delete');
    await outlined(page, (now) => now === count - 1);
  });
});

test('cancel keeps the frames that are done; go on does the rest; results of the other way of looking are kept too', async () => {
  const files = copies(24, 'many');
  await site.visit(async (page) => {
    await page.useModel(model, 'Viability');
    await page.page.click(`label:has(${page.find('mode-fields')})`);
    await page.addFiles(files);
    await page.page.waitForFunction((selector) => Number((document.querySelector(selector) as HTMLElement | null)?.dataset['done']) >= 2, {}, page.find('progress'));
    await page.press('cancel');
    await page.page.waitForSelector(`${page.find('progress')}[data-state=cancelled]`);
    const stopped = await page.progress();
    assert.ok(stopped.done >= 2 && stopped.done < files.length, JSON.stringify(stopped));
    // Those that workers had in hand come too.
    const kept = (await exportedFrames(page)).length;
    assert.ok(kept >= stopped.done && kept < files.length, `${kept}`);
    await page.press('go-on');
    await page.finish(files.length);
    const frames = await exportedFrames(page);
    assert.equal(frames.length, files.length);
    for (const frame of frames) assert.deepEqual(frame.cells, frames[0]?.cells, frame.frame);
    assert.ok(frames[0]?.cells.every(({ status }) => status === 'ok'));

    await page.page.click(`label:has(${page.find('mode-cells')})`);
    await page.finish(files.length);
    assert.equal((await page.exportedCells()).length, files.length);
    await page.page.click(`${page.find('fields-hint')} button`);
    await page.finish(files.length);
    assert.deepEqual(await exportedFrames(page), frames);
  });
});

test('a culture is counted: cells per ml follow from the side, the depth and the dilution', async () => {
  await site.visit(async (page) => {
    await openSample(page);
    const cells = (await exportedFrames(page))[0]?.cells ?? [];
    const counted = cells.filter(({ foreign }) => !foreign).length;
    const live = cells.filter(({ foreign, most_like: label }) => !foreign && label === 'live').length;
    await page.page.click(`label:has(${page.find('side-count')})`);
    await page.page.type(page.find('square-side'), '0.25');
    const shows = (hook: string, wanted: number): Promise<unknown> =>
      page.page.waitForFunction((selector, value) => Math.abs(Number((document.querySelector(selector) as HTMLElement | null)?.dataset['value']) / value - 1) < 1e-9, { timeout: 10_000 }, page.find(hook), wanted);
    assert.ok(live > 0 && live < counted, `${live} of ${counted}`);
    await shows('count-share', live / counted);
    await shows('count-per-ml', (counted * 1000) / (0.25 * 0.25 * 0.1));
    await shows('count-first-per-ml', (live * 1000) / (0.25 * 0.25 * 0.1));
    for (const format of ['csv', 'json'] as const) assert.equal(followsSchema('count', format, await page.saved(`count-${format}`), { spec }), format === 'csv' ? 18 : 1);
  });
});

test('on a phone nothing is wider than the screen, and a finger opens a cell', async () => {
  await site.visit(async (page) => {
    await openSample(page);
    const [first] = (await exportedFrames(page))[0]?.cells ?? [];
    assert.ok(first);
    const widths = await page.page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    assert.equal(widths[0], widths[1]);
    await pressFrame(page, first.centre_x_px, first.centre_y_px);
    await page.page.waitForSelector(`${page.find('details')} canvas`);
  }, { width: 390, height: 844 });
});

test('settings of one frame become those of all; another model searches as it is made to, and keeps what was changed by hand', async () => {
  await site.visit(async (page) => {
    await page.useModel(model, 'Viability');
    await page.page.click(`label:has(${page.find('mode-fields')})`);
    await page.addFiles(copies(3, 'all'));
    await page.finish(3);
    const before = await exportedFrames(page);
    const count = before[0]?.cells.length ?? 0;
    const [first] = before[0]?.cells ?? [];
    assert.ok(first);
    await page.page.click(`label:has(${page.find('tool-remove')})`);
    await pressFrame(page, first.centre_x_px, first.centre_y_px);
    await outlined(page, (now) => now === count - 1);

    await page.press('model-picker');
    const other = '[data-testid=model-card][data-model=prostate-lines] [data-testid=use-model]';
    await page.page.waitForSelector(other);
    await page.page.$eval(other, (element) => (element as HTMLElement).click());
    await page.page.waitForFunction((selector) => document.querySelectorAll(`${selector} [data-label=pc3]`).length > 0, {}, page.find('summary'));
    assert.match(await page.page.$eval('.messages', (element) => element.textContent ?? ''), /3 frames are searched anew/);
    await page.finish(3);
    const after = await exportedFrames(page);
    assert.deepEqual(after.map(({ search }) => search?.method), Array(3).fill('network_adherent'));
    const [mine, ...others] = after.map(({ cells }) => cells.map(boxOf));
    assert.deepEqual(others[0], others[1]);
    const gone = (others[0] ?? []).filter((box) => !mine?.some((one) => isDeepStrictEqual(one, box)));
    assert.equal(gone.length, 1);
    assert.ok(Math.abs((gone[0]?.left_px ?? 0) - first.left_px) < 5 && Math.abs((gone[0]?.top_px ?? 0) - first.top_px) < 5);
    assert.ok(after.every(({ cells }) => cells.every(({ most_like: label }) => ['pc3', 'lncap'].includes(label))));

    await page.page.click(`label:has(${page.find('side-search')})`);
    await slide(page, 'least-diameter', 120);
    await outlined(page, (now) => now === 0);
    await page.press('use-for-all');
    await page.finish(3);
    await page.page.waitForFunction((selector) => document.querySelector(selector) === null, {}, page.find('summary'));
    assert.deepEqual((await exportedFrames(page)).map(({ cells }) => cells.length), [0, 0, 0]);
  });
});

test('of hundreds of frames few rows exist, and the last one is a key away; 16-bit samples have a display range', async () => {
  const first = join(folder, 'sixteen.png');
  writeFileSync(first, ramp16(64, 48));
  const files = Array.from({ length: 320 }, (_, i) => {
    const path = join(folder, `sixteen ${i + 1}.png`);
    linkSync(first, path);
    return path;
  });
  await site.visit(async (page) => {
    await page.useModel(model, 'Viability');
    await page.page.click(`label:has(${page.find('mode-fields')})`);
    await page.addFiles(files);
    await page.finish(files.length);
    const rows = (): Promise<number> => page.page.$$eval(page.find('frame-row'), (elements) => elements.length);
    const shown = await rows();
    assert.ok(shown > 3 && shown < 80, String(shown));
    await page.page.focus(`${page.find('frame-row')}[aria-selected=true]`);
    await page.page.keyboard.press('End');
    await page.page.waitForSelector(`${page.find('frame-canvas')}[data-frame="${files.length - 1}"]`);
    await page.page.waitForSelector(`${page.find('frame-row')}[data-frame="${files.length - 1}"][aria-selected=true]`);
    await page.page.click(`label:has(${page.find('side-search')})`);
    await page.page.waitForSelector(`${page.find('range-auto')}:disabled`);
    await slide(page, 'range-low', 20_000);
    await page.page.waitForSelector(`${page.find('range-auto')}:not(:disabled)`);
    await page.press('range-auto');
    await page.page.waitForSelector(`${page.find('range-auto')}:disabled`);
  });
});

test('a folder opened to the page is read to the bottom, its hidden files left out', async () => {
  const picture = readFileSync(field).toString('base64');
  await site.visit(async (page) => {
    await page.useModel(model, 'Viability');
    await page.page.click(`label:has(${page.find('mode-fields')})`);
    await page.page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      // A folder of the browser's own stands in for one of the disk, whose picker no test can press.
      const plate = await (await navigator.storage.getDirectory()).getDirectoryHandle('plate', { create: true });
      const well = await plate.getDirectoryHandle('well 2', { create: true });
      for (const [folder, name] of [[plate, 'b.png'], [well, 'a.png'], [plate, '.hidden.png']] as const) {
        const writer = await (await folder.getFileHandle(name, { create: true })).createWritable();
        await writer.write(bytes);
        await writer.close();
      }
      Object.assign(window, { showDirectoryPicker: () => Promise.resolve(plate) });
    }, picture);
    await page.press('choose-folder');
    await page.finish(2);
    assert.deepEqual((await exportedFrames(page)).map(({ frame }) => frame), ['plate/b.png', 'plate/well 2/a.png']);
  });
});

test('real frames: the page and the command line agree', { skip: !existsSync(join(shared, 'data/viability/images')) && 'no ../shared/data/viability: real tiles are not tested' }, async () => {
  const images = join(shared, 'data/viability/images');
  const firstOf = (set: string, ending: string): string[] => {
    const name = existsSync(join(shared, 'data', set)) ? readdirSync(join(shared, 'data', set)).sort().find((one) => one.endsWith(ending)) : undefined;
    return name === undefined ? [] : [join(shared, 'data', set, name)];
  };
  const tiles = [...readdirSync(images).sort().slice(0, 6).map((name) => join(images, name)), ...firstOf('phase-contrast', '.tif')];
  const expected = await commandLine(tiles);
  assert.ok(expected.flatMap(({ cells }) => cells).length > 0, 'no cells found');
  await site.visit(async (page) => {
    await page.useModel(model, 'Viability');
    await page.page.click(`label:has(${page.find('mode-fields')})`);
    await page.addFiles(tiles);
    await page.finish(tiles.length);
    const frames = await exportedFrames(page);
    assert.deepEqual(frames.map(({ cells }) => cells), expected.map(({ cells }) => cells));
  });
});
