/** Files with planes and levels on the page: which plane is looked at, by the file's own names; a whole slide, an overview of it, and the cells of a region. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { omeStack } from '../border/frames.ts';
import { Site, type CellPage } from './site.ts';

let site: Site;
let folder: string;

before(async () => {
  site = await Site.start();
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-slides-'));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

interface Part { page: number; channel: number; channel_name?: string; z?: number; projection?: string; level?: number; region?: object; cells: object[] }

async function exported(page: CellPage): Promise<Part> {
  const [frame] = (JSON.parse(await page.export('json')) as { frames: Part[] }).frames;
  return frame ?? assert.fail('no frame');
}

async function open(page: CellPage, path: string): Promise<void> {
  await page.useModel('viability', 'Viability');
  await page.addFiles([path]);
  await page.finish(1);
  await page.page.waitForSelector(page.find('frame-canvas'));
}

/** Names and the chosen one of a list beside the frame's size; null: there is none. */
async function list(page: CellPage, hook: string): Promise<[chosen: string, all: string[]] | null> {
  return page.page.evaluate((selector) => {
    const select = document.querySelector<HTMLSelectElement>(selector);
    return select && ([select.selectedOptions[0]?.text ?? '', [...select.options].map(({ text }) => text)] as [string, string[]]);
  }, page.find(hook));
}

test('a stack: channels by name, planes by number, why this plane; another plane and all planes as one are a choice away', async () => {
  const path = join(folder, 'stack.ome.tif');
  writeFileSync(path, omeStack());
  await site.visit(async (page) => {
    await open(page, path);
    assert.deepEqual(await list(page, 'file-channel'), ['Brightfield', ['DAPI', 'Brightfield']]);
    assert.deepEqual(await list(page, 'z'), ['2 of 3', ['1 of 3', '2 of 3', '3 of 3']]);
    assert.deepEqual(await list(page, 'projection'), ['one', ['one', 'brightest', 'mean']]);
    for (const hook of ['series', 't', 'page', 'channel']) assert.equal(await list(page, hook), null, hook);
    const why = await page.page.$eval(page.find('why-plane'), (element) => element.textContent);
    assert.match(why ?? '', /^The channel Brightfield was chosen, by its name, and the sharpest of 3 planes, number 2/);

    const settled = (picture: string): Promise<unknown> => page.page.waitForSelector(`${page.find('frame-facts')}[data-picture="${picture}"]:not([data-busy])`);
    await page.page.select(page.find('z'), '2');
    await settled('2 1');
    const { z, channel_name } = await exported(page);
    assert.deepEqual([z, channel_name], [3, 'Brightfield']);
    await page.page.select(page.find('projection'), 'max');
    await settled('2 1 0  max');
    assert.equal(await list(page, 'z'), null, 'all planes are one');
    assert.equal((await exported(page)).projection, 'max');
    await page.page.select(page.find('projection'), 'one');
    await settled('2 1');
    await page.page.select(page.find('file-channel'), '0');
    await settled('2 0');
    assert.deepEqual([(await list(page, 'file-channel'))?.[0], await page.page.$(page.find('why-plane'))], ['DAPI', null]);
  });
});
