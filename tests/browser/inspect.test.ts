/** The inspector on the page: tags are shown as text, and are in nothing that the page saves. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { drawDiscs, frameSide, someDiscs } from '../border/frames.ts';
import { canary, taggedJpeg, taggedPng, taggedTiff } from '../cli/tagged.ts';
import { Site, type CellPage } from './site.ts';

let site: Site;
let folder: string;
let files: string[];
before(async () => {
  site = await Site.start();
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-inspect-'));
  const { width, height } = frameSide;
  const bytes = [taggedTiff(width, height, drawDiscs(width, height, someDiscs)), taggedPng('public/samples/viability/fields/simulated-field-1.png'), taggedJpeg('tests/golden/decode/orientation-1.jpg')];
  files = bytes.map((_, i) => join(folder, `${i}.${['tif', 'png', 'jpg'][i]}`));
  files.forEach((path, i) => writeFileSync(path, bytes[i] as Buffer));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

/** What the inspector shows: names with marks, and values. */
async function shown(page: CellPage, within: string): Promise<Map<string, { value: string; mark: string }>> {
  await page.page.waitForSelector(`${within} ${page.find('file-contents')}[data-tags]`);
  const rows = await page.page.$$eval(`${within} .tags > div`, (all) => all.map((row) => [row.querySelector('dt')?.firstChild?.textContent ?? '', { value: row.querySelector('dd')?.textContent ?? '', mark: row.querySelector('.mark')?.lastChild?.textContent ?? '' }] as const));
  return new Map(rows);
}

test('the details of an image say what is in its file, with a mark on what may tell of somebody', async () => {
  await site.visit(async (page) => {
    await page.addFiles(files);
    await page.finish(3);
    await page.page.click(`${page.find('cell-card')}[data-file$=png]`);
    await page.page.waitForSelector(`${page.find('file-facts')} summary`);
    await page.page.click(`${page.find('file-facts')} summary`);
    const tags = await shown(page, page.find('file-facts'));
    assert.deepEqual(tags.get('Author'), { value: canary, mark: 'person' });
    assert.deepEqual(tags.get('GPSLatitude'), { value: '48° 51\' 29.6"', mark: 'place' });
    assert.deepEqual(tags.get('BodySerialNumber'), { value: `SN ${canary}`, mark: 'this very device' });
    assert.deepEqual(tags.get('Make'), { value: `Make ${canary}`, mark: '' });
    // Markup in a tag is text.
    assert.equal(tags.get('Comment')?.value, `<b>${canary}</b>`);
    assert.equal(await page.page.$(`${page.find('file-facts')} dd b`), null);
    const words = await page.page.$eval(page.find('file-facts'), (element) => element.textContent ?? '');
    assert.match(words, /All of this stays on this computer\. None of it is in any export/);
    assert.match(words, /marked ⚑ may tell who made it/);

    // With the panel open the next image's tags take the place of these.
    await page.page.keyboard.press('ArrowRight');
    await page.page.waitForFunction((hook, mark) => [...document.querySelectorAll(`${hook} .tags dd`)].some((value) => value.textContent === mark), {}, page.find('file-facts'), `by ${canary}`);
  });
});

test('nothing that the page saves holds a tag: CSV, JSON, GeoJSON, ROIs, the annotated picture', async () => {
  await site.visit(async (page) => {
    await page.page.click(page.find('mode-fields'));
    await page.addFiles(files);
    await page.finish(3);
    await page.page.waitForSelector(page.find('frame-canvas'));
    await page.page.click(page.find('frame-file'));
    const tags = await shown(page, page.find('file-dialog'));
    assert.deepEqual(tags.get('Experimenter LastName'), { value: canary, mark: 'person' });
    assert.match(await page.page.$eval(page.find('file-dialog'), (element) => element.textContent ?? ''), /0\.5 µm, from OME-XML/);
    await page.page.keyboard.press('Escape');
    await page.page.waitForSelector(page.find('file-dialog'), { hidden: true });

    const saved = join(folder, 'saved');
    const session = await page.page.browser().target().createCDPSession();
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', browserContextId: page.page.browserContext().id ?? '', downloadPath: saved, eventsEnabled: true });
    for (const hook of ['export-csv', 'export-json', 'export-geojson', 'export-rois', 'save-picture']) {
      const done = new Promise<void>((resolve) => session.on('Browser.downloadProgress', ({ state }) => state === 'completed' && resolve()));
      if (hook.startsWith('export-')) await page.openExports();
      await page.press(hook);
      await done;
      session.removeAllListeners('Browser.downloadProgress');
    }
    const made = readdirSync(saved);
    assert.deepEqual(made.map((name) => name.replace(/^.*?(-rois)?\.(\w+)$/, '$1.$2')).sort(), ['.csv', '.json', '.png', '.zip', '.zip']);
    for (const name of made) {
      const text = readFileSync(join(saved, name), 'latin1');
      assert.ok(text.length > 300 && !text.includes(canary) && !text.includes('2024:05:06'), name);
      // The picture has no chunk but those of pixels and how they are shown.
      if (name.endsWith('.png')) assert.doesNotMatch(text.slice(0, 200), /tEXt|iTXt|zTXt|eXIf|tIME/);
    }
  });
});
