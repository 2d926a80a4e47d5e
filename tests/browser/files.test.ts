/** Files of microscopes in the page: the same cells from the same pixels as on the command line, in Chromium and in Firefox; nothing that a file says of people is in an export. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { jsonOf, root } from '../border/fixtures.ts';
import { startServer } from '../../scripts/server.ts';
import { cytodrop } from '../cli/fixtures.ts';
import { exportedText, firefox, launchFirefox } from './browsers.ts';
import { CellPage, dist, endBrowser, Site } from './site.ts';

interface Frame { frame: string; status?: string; page: number; channel: number | null; frame_width_px: number; frame_height_px: number; pixel_size_um: number | null; pixels_sha256: string; cells: object[] }

const folder = fileURLToPath(new URL('tests/golden/files/', root));
const names = readdirSync(folder).filter((name) => name !== 'expected.json').sort();
const paths = names.map((name) => join(folder, name));

let site: Site;
let said: string;
let expected: Map<string, Frame>;

const framesOf = (json: string): Map<string, Frame> => new Map((JSON.parse(json) as { frames: Frame[] }).frames.map((frame) => [frame.frame.split('/').at(-1) ?? '', frame]));
const shared = ({ page, channel, frame_width_px, frame_height_px, pixel_size_um, pixels_sha256, cells }: Frame): object => ({ page, channel, frame_width_px, frame_height_px, pixel_size_um, pixels_sha256, cells });

before(async () => {
  site = await Site.start();
  const { code, stdout } = await cytodrop('classify', '--model', 'viability', '--detect', '--format', 'json', ...paths);
  assert.equal(code, 0);
  said = stdout;
  expected = framesOf(stdout);
});
after(() => site.stop());

async function search(page: CellPage): Promise<void> {
  await page.press('model-picker');
  const button = `${page.find('model-card')}[data-model=viability] ${page.find('use-model')}`;
  await page.page.waitForSelector(button);
  await page.page.$eval(button, (element) => (element as HTMLElement).click());
  await page.page.waitForFunction(() => document.querySelector('[data-testid=footer]')?.textContent?.includes('Viability'));
  await page.page.waitForSelector(`${page.find('footer')}[data-self-test=passed]`);
  await page.page.click(`label:has(${page.find('mode-fields')})`);
  await page.addFiles(paths);
  await page.finish(paths.length);
}

describe('files of microscopes', () => {
  test('on the command line every one is read, and what it says of people is in no export', () => {
    assert.deepEqual([...expected.keys()].sort(), names);
    const golden = jsonOf<Record<string, { tags: [string, string, string, string][]; planes: Record<string, string> }>>('tests/golden/files/expected.json');
    let marked = 0;
    for (const [name, { tags }] of Object.entries(golden)) {
      for (const [, , value, mark] of tags) {
        if (!['person', 'place', 'device', 'text'].includes(mark) || value.length < 6) continue;
        marked++;
        assert.ok(!said.includes(value), `${name}: ${value}`);
      }
    }
    assert.ok(marked >= 10, `${marked} tags of that kind`);
  });

  test('Chromium gives what the command line does', async () => {
    await site.visit(async (page) => {
      await search(page);
      const frames = framesOf(await page.export('json'));
      for (const name of names) assert.deepEqual(shared(frames.get(name) as Frame), shared(expected.get(name) as Frame), name);
      assert.ok(page.requests.some((address) => address.endsWith('cytodrop_formats.wasm')));
      assert.ok(page.requests.some((address) => address.endsWith('cytodrop_jxl.wasm')));
    });
  });

  test('nobody loads the readers for a JPEG', async () => {
    await site.visit(async (page) => {
      const samples = fileURLToPath(new URL('public/samples/viability/', root));
      await page.addFiles(readdirSync(samples).filter((name) => name.endsWith('.jpg')).slice(0, 2).map((name) => join(samples, name)));
      await page.finish(2);
      assert.equal(page.requests.some((address) => /readers|cytodrop_(formats|jxl)/.test(address)), false);
    });
  });

  test('Firefox gives what the command line does', { skip: firefox === undefined && 'there is no Firefox' }, async () => {
    const server = await startServer({ folder: dist, host: '127.0.0.1', port: 0 });
    const browser = await launchFirefox();
    try {
      const page = new CellPage(await browser.newPage(), browser.defaultBrowserContext(), server.url, '');
      page.page.setDefaultTimeout(120_000);
      await page.open();
      await search(page);
      const exported = await exportedText(page);
      const frames = framesOf(exported);
      for (const name of names) assert.deepEqual(shared(frames.get(name) as Frame), shared(expected.get(name) as Frame), name);
    } finally {
      await endBrowser(browser);
      await server.close();
    }
  });
});
