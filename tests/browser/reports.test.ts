/** Reports of frames on the page, with cells changed by hand, and the same words on the command line. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { jsonOf, root } from '../border/fixtures.ts';
import { cytodrop } from '../cli/fixtures.ts';
import { follows, followsSchema } from '../cli/schemas.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { Site, type CellPage } from './site.ts';

const field = fileURLToPath(new URL('public/samples/viability/fields/simulated-field-1.png', root));

interface Box { left_px: number; top_px: number; width_px: number; height_px: number }
interface Document { frames: { removed_by_hand: number; removed_boxes: Box[]; cells: (Box & { cell: number; by_hand: boolean; probability: number })[] }[] }

let site: Site;
let folder: string;
before(async () => {
  site = await Site.start();
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-reports-'));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

async function openField(page: CellPage): Promise<void> {
  await page.useModel('viability', 'Viability');
  await (await page.page.waitForSelector(page.find('sample-field')))?.click();
  await page.finish(1);
  await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="40"]`);
}

/** What the dialog says, a line each. */
async function result(page: CellPage): Promise<string[]> {
  await page.page.waitForSelector(`${page.find('check-result')} :is(strong, .warning)`);
  const lines = await page.page.$$eval(`${page.find('check-result')} :is(strong, li, .warning)`, (all) => all.map((each) => each.textContent ?? ''));
  await page.page.keyboard.press('Escape');
  await page.page.waitForSelector(page.find('check-dialog'), { hidden: true });
  return lines;
}

async function check(page: CellPage, path: string): Promise<string[]> {
  await page.press('check-report');
  const input = await page.page.waitForSelector(page.find('check-file'));
  await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(path);
  return result(page);
}

test('cells removed and added by hand stand in the report, which page and command line check with the same words', async () => {
  const path = join(folder, 'report.json');
  const commandLine = async (): Promise<string[]> => (await cytodrop('check', path, field)).stdout.trimEnd().split('\n');
  await site.visit(async (page) => {
    await openField(page);
    const before = JSON.parse(await page.export('json')) as Document;
    // Remove the first cell, and add one in the corner.
    await page.page.focus(page.find('frame-canvas'));
    await page.page.keyboard.press('ArrowRight');
    await page.page.keyboard.press('Delete');
    await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="39"]`);
    await page.page.click(page.find('tool-add'));
    const canvas = await page.page.$(page.find('frame-canvas'));
    await canvas?.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    const box = (await canvas?.boundingBox()) ?? assert.fail();
    await page.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.page.waitForSelector(`${page.find('frame-canvas')}[data-outlined="40"]`);
    await page.page.waitForFunction((hook) => document.querySelector<HTMLElement>(hook)?.dataset['count'] === '40', {}, page.find('frame-cells'));

    const text = await page.export('json');
    const asked = { spec: jsonOf<ModelSpec>('models/viability/spec.json') };
    followsSchema('frames', 'json', text, asked);
    followsSchema('frames', 'csv', await page.export('csv'), asked);
    const outlines = JSON.parse(await page.export('geojson')) as Record<string, unknown>;
    follows('outlines', outlines);
    assert.deepEqual([outlines['added_by_hand'], outlines['removed_by_hand']], [1, 1]);
    const report = JSON.parse(text) as Document;
    assert.equal(report.frames[0]?.removed_by_hand, 1);
    const found = before.frames[0]?.cells.map(({ left_px, top_px, width_px, height_px }): Box => ({ left_px, top_px, width_px, height_px })) ?? [];
    assert.deepEqual(found.filter((one) => isDeepStrictEqual(one, report.frames[0]?.removed_boxes[0])), report.frames[0]?.removed_boxes);
    assert.equal(report.frames[0]?.cells.filter(({ by_hand: byHand }) => byHand).length, 1);
    writeFileSync(path, text);
    const onPage = await check(page, path);
    assert.deepEqual(onPage.slice(0, 1), ['Reproduced: all 40 cells of 1 frame give the same results to the sixth decimal.']);
    assert.match(onPage[1] ?? '', /^Cells changed by hand, as the report says: 1 added and 1 removed\./);
    assert.deepEqual(await commandLine(), onPage);

    (report.frames[0]?.cells[3] as { probability: number }).probability = 0.123;
    (report.frames[0]?.cells[8] as Box).top_px += 2;
    writeFileSync(path, JSON.stringify(report));
    const differs = await check(page, path);
    assert.match(differs[0] ?? '', /^Not reproduced: 2 of 40 cells differ; 1 cell found that the report does not have\.$/);
    assert.deepEqual(await commandLine(), differs);

    await page.page.click(page.find('side-count'));
    await page.page.waitForFunction((hook) => /Added, removed by hand\s*1, 1/.test(document.querySelector(hook)?.textContent ?? ''), {}, page.find('count-panel'));

    // The frames on the page are as they were.
    assert.deepEqual((JSON.parse(await page.export('json')) as Document).frames, (JSON.parse(text) as Document).frames);
  });
});

test('a report dropped with its frames is checked when they are done; other JSON is a file that is not read', async () => {
  const [path, image, other] = [join(folder, 'cytodrop-viability.json'), join(folder, 'renamed.png'), join(folder, 'other.json')];
  const { stdout } = await cytodrop('classify', '--model', 'viability', '--detect', '--format', 'json', field);
  writeFileSync(path, stdout);
  writeFileSync(other, '{"frames": []}');
  copyFileSync(field, image);
  await site.visit(async (page) => {
    await openField(page);
    await page.drop([path, image]);
    await page.page.waitForSelector(page.find('check-dialog'));
    assert.deepEqual(await result(page), ['Reproduced: all 40 cells of 1 frame give the same results to the sixth decimal.']);
    assert.equal((await page.progress()).total, 2);
    await page.drop([other]);
    await page.finish(3);
    assert.equal(await page.page.$(page.find('check-dialog')), null);
  });
});
