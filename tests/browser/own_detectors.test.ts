/** A network of a person's own that finds cells, on the page: taken from a file, in force at once, kept, told in exports, let go; and such as cannot be used. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { root } from '../border/fixtures.ts';
import { someFrame } from '../border/frames.ts';
import { detectorNetwork, ownDetector, ownDetectorZip } from '../js/own_detector.ts';
import { type CellPage, Site } from './site.ts';

const field = fileURLToPath(new URL('public/samples/viability/fields/simulated-field-1.png', root));

interface Frame { search: { detector?: { name: string; version: string } }; cells: unknown[] }

const frames = async (page: CellPage): Promise<Frame[]> => (JSON.parse(await page.export('json')) as { frames: Frame[] }).frames;
const detectors = (all: Frame[]): string[] => all.map(({ search: { detector } }) => `${detector?.name} ${detector?.version}`);

async function openSettings(page: CellPage): Promise<void> {
  await page.page.waitForSelector(page.find('frame-canvas'));
  await page.page.click(`label:has(${page.find('side-search')})`);
  await page.page.waitForSelector(page.find('own-detector'));
}

/** Waits until the settings name it, or with null the site's own. */
async function inUse(page: CellPage, name: string | null): Promise<void> {
  await page.page.waitForFunction((hook, wanted) => {
    const line = document.querySelector<HTMLElement>(hook);
    return line !== null && (line.dataset['name'] ?? null) === wanted;
  }, {}, page.find('own-detector'), name);
}

async function noticed(page: CellPage, words: string): Promise<void> {
  await page.page.waitForFunction((wanted) => document.querySelector('.message[role=status]')?.textContent?.includes(wanted), {}, words);
}

describe('a detector of one\'s own', () => {
  let site: Site;
  let place: string;
  before(async () => {
    site = await Site.start();
    place = mkdtempSync(join(tmpdir(), 'cytodrop-own-detectors-'));
  });
  after(async () => {
    await site.stop();
    rmSync(place, { recursive: true });
  });

  function file(name: string, bytes: Uint8Array): string {
    writeFileSync(join(place, name), bytes);
    return join(place, name);
  }

  test('dropped on the page all frames are searched anew by it, exports say so, it comes back with the page, and goes again', () => site.visit(async (page) => {
    await page.useModel('viability', 'Viability');
    await page.addFiles([field, file('discs.png', someFrame())]);
    await page.finish(2);
    const shipped = await frames(page);
    assert.deepEqual(detectors(shipped), [detectors(shipped)[0], detectors(shipped)[0]]);
    assert.match(detectors(shipped)[0] as string, /^round /);
    await openSettings(page);
    await inUse(page, null);

    await page.drop([file('mine.zip', ownDetectorZip({ threshold: 0.85 }))]);
    await inUse(page, 'my-cells');
    await noticed(page, '2 frames are searched anew');
    await page.finish(2);
    const own = await frames(page);
    assert.deepEqual(detectors(own), ['my-cells 1.2.3', 'my-cells 1.2.3']);
    const [found, all] = [own, shipped].map((some) => some.reduce((sum, { cells }) => sum + cells.length, 0)) as [number, number];
    assert.ok(found > 0 && found < all, `${found} of ${all}`);

    // What was found is kept with the project, what found it with the browser.
    await page.page.waitForSelector(`${page.find('project')}[data-storing=on][data-id]`);
    await page.open();
    await page.finish(2);
    await openSettings(page);
    await inUse(page, 'my-cells');
    assert.deepEqual(await frames(page), own);

    await page.press('leave-detector');
    await inUse(page, null);
    await noticed(page, '2 frames are searched anew');
    await page.finish(2);
    assert.deepEqual(detectors(await frames(page)), detectors(shipped));
    await page.open();
    await page.finish(2);
    await openSettings(page);
    await inUse(page, null);
  }));

  test('as two files picked together; what cannot be used is told in one line, and the one before stays', () => site.visit(async (page) => {
    await page.useModel('viability', 'Viability');
    await page.addFiles([field]);
    await page.finish(1);
    await openSettings(page);
    const loose = ownDetector().map(({ name, bytes }) => file(name, bytes));
    await page.addFiles(loose, 'model-input');
    await inUse(page, 'my-cells');
    await page.finish(1);
    const before = await frames(page);
    assert.deepEqual(detectors(before), ['my-cells 1.2.3']);

    const damaged = Uint8Array.from(detectorNetwork);
    damaged[1000] = (damaged[1000] as number) ^ 1;
    for (const [name, bytes, words] of [
      ['damaged.zip', ownDetectorZip({}, damaged), 'damaged.zip: The network that finds cells could not be loaded. '],
      ['threshold.zip', ownDetectorZip({ threshold: 7 }), 'threshold.zip: The network that finds cells could not be loaded. '],
      ['outside.zip', ownDetectorZip({ network: { file: '../network.onnx' } }), 'outside.zip: The network that finds cells could not be loaded. '],
    ] as const) {
      await page.addFiles([file(name, bytes)], 'model-input');
      await noticed(page, words);
      await inUse(page, 'my-cells');
    }
    await page.finish(1);
    assert.deepEqual(await frames(page), before);
  }));
});
