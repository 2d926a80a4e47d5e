/** Whatever the order in which a person chooses model, mode, files and settings: the same results. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { root } from '../border/fixtures.ts';
import { type CellPage, Site } from './site.ts';

const field = fileURLToPath(new URL('public/samples/viability/fields/simulated-field-1.png', root));

let site: Site;
let folder: string;
let images: string[];
before(async () => {
  site = await Site.start();
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-order-'));
  images = [field, join(folder, 'two-channels.tif')];
  writeFileSync(images[1] as string, twoChannels(320, 240));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

/** A TIFF of two grey samples a pixel, in planes: dark discs, in the second channel larger and fewer. */
function twoChannels(width: number, height: number): Buffer {
  const planes = [{ radius: 8, pitch: 40 }, { radius: 11, pitch: 60 }].map(({ radius, pitch }) =>
    Buffer.from(Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [(i % width) % pitch, Math.floor(i / width) % pitch];
      const distance = Math.hypot(x - pitch / 2, y - pitch / 2);
      return distance < radius - 2 ? 130 : distance < radius ? 60 : 200;
    })));
  // Tag, type (3: short, 4: long), count, value or place.
  const entries = [
    [256, 3, 1, width], [257, 3, 1, height], [258, 3, 2, 8 | (8 << 16)], [259, 3, 1, 1], [262, 3, 1, 1], [273, 4, 2, 8], [277, 3, 1, 2], [278, 3, 1, height], [279, 4, 2, 16], [284, 3, 1, 2], [338, 3, 1, 0],
  ] as const;
  const pixels = 24 + 2 + entries.length * 12 + 4;
  const head = Buffer.alloc(pixels);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(24, 4);
  [pixels, pixels + width * height, width * height, width * height].forEach((value, i) => head.writeUInt32LE(value, 8 + 4 * i));
  head.writeUInt16LE(entries.length, 24);
  entries.forEach(([tag, type, count, value], i) => {
    const at = 26 + 12 * i;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(count, at + 4);
    head.writeUInt32LE(value, at + 8);
  });
  return Buffer.concat([head, ...planes]);
}

type Step = 'model' | 'mode' | 'drop' | 'settings' | 'channel' | 'turns';

const steps: Record<Step, (page: CellPage) => Promise<void>> = {
  model: (page) => page.useModel('viability', 'Viability'),
  mode: async (page) => void (await page.page.$eval(page.find('mode-fields'), (input) => (input as HTMLElement).click())),
  drop: (page) => page.addFiles(images),
  settings: async (page) => {
    await page.page.$eval(page.find('side-search'), (input) => (input as HTMLElement).click());
    await page.page.waitForSelector(page.find('least-diameter'));
    await page.page.$eval(page.find('least-diameter'), (input) => {
      (input as HTMLInputElement).value = '13';
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await page.page.waitForSelector(`${page.find('use-for-all')}:not(:disabled)`);
    await page.press('use-for-all');
  },
  channel: async (page) => {
    await page.page.waitForSelector(`${page.find('frame-row')}[data-frame="1"][data-status=ok]`);
    // Wherever it is by then: results move the page.
    await page.page.$eval(`${page.find('frame-row')}[data-frame="1"]`, (row) => (row as HTMLElement).click());
    await page.page.waitForSelector(page.find('channel'));
    await page.page.select(page.find('channel'), '1');
  },
  turns: async (page) => void (await page.page.$eval(page.find('check-turns'), (input) => (input as HTMLElement).click())),
};

/** Orders in which each step comes after those that it needs. */
function orders(wanted: readonly Step[]): Step[][] {
  const needs: Partial<Record<Step, Step[]>> = { settings: ['mode', 'drop'], channel: ['mode', 'drop'], turns: ['drop'] };
  const grow = (done: Step[]): Step[][] =>
    done.length === wanted.length ? [done] : wanted.filter((step) => !done.includes(step) && (needs[step] ?? []).every((need) => done.includes(need))).flatMap((step) => grow([...done, step]));
  return grow([]);
}

/** In a page opened anew that remembers nothing. */
async function exported(page: CellPage, order: readonly Step[]): Promise<string> {
  await page.page.evaluate(() => { localStorage.clear(); sessionStorage.clear(); });
  await page.open();
  for (const step of order) {
    await steps[step](page);
    // A person waits for what is under way, or does not.
    if (order.indexOf(step) % 2 === 1 && order.slice(0, order.indexOf(step) + 1).includes('drop')) await page.finish(images.length);
  }
  for (;;) {
    await page.finish(images.length);
    const csv = await page.export('csv');
    // What is not complete says so itself: the page was about to begin anew.
    if (!csv.includes(',passed,false,')) return csv;
  }
}

for (const wanted of [['model', 'mode', 'drop', 'settings'], ['model', 'mode', 'drop', 'channel'], ['model', 'mode', 'drop', 'turns']] as const) {
  test(`${wanted.join(', ')}: the export is the same in every order`, async () => {
    const all = orders(wanted);
    assert.ok(all.length >= 5);
    const [first = [], ...others] = all;
    await site.visit(async (page) => {
      const expected = await exported(page, first);
      assert.ok(expected.split('\n').length > 40);
      for (const order of others) {
        const lines = (await exported(page, order)).split('\n');
        assert.deepEqual(lines.filter((line, i) => line !== expected.split('\n')[i]), [], order.join(', '));
        assert.equal(lines.length, expected.split('\n').length);
      }
    });
  });
}
