/** Models of a person's own on the page: added from a file, kept, told apart, used, removed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { root, tinyCases, tinyModel } from '../border/fixtures.ts';
import { cytodrop, linesOf } from '../cli/fixtures.ts';
import { followsSchema } from '../cli/schemas.ts';
import { sha256 } from '../../src/js/core/sha256.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { comparePaths } from '../../src/js/work/paths.ts';
import { zip } from '../../src/js/report/zip.ts';
import { type CellPage, type ExportedDocument, Site } from './site.ts';

const folder = fileURLToPath(new URL(tinyModel, root));
/** In the order in which the page takes files. */
const cases = [...tinyCases].sort((a, b) => comparePaths(a.image, b.image));
const images = cases.map(({ image }) => join(folder, 'golden', image));
const place = mkdtempSync(join(tmpdir(), 'cytodrop-own-models-'));

/** A zip of the tiny model. Args: change: made to its spec. */
function modelZip(name: string, change: (spec: ModelSpec) => void = () => {}): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const path = join(place, name);
  writeFileSync(path, zip(files.map((file) => {
    const bytes = new Uint8Array(readFileSync(file));
    if (!file.endsWith('spec.json')) return { name: file.slice(folder.length + 1), bytes };
    const spec = JSON.parse(new TextDecoder().decode(bytes)) as ModelSpec;
    change(spec);
    return { name: 'spec.json', bytes: new TextEncoder().encode(JSON.stringify(spec)) };
  })));
  return path;
}

interface Listed { name: string; isOwn: boolean; text: string }

async function listed(page: CellPage): Promise<Listed[]> {
  return page.page.$$eval(page.find('model-card'), (cards) => cards.map((card) => {
    const { dataset, textContent } = card as HTMLElement;
    return { name: dataset['model'] ?? '', isOwn: dataset['own'] === 'true', text: textContent ?? '' };
  }));
}

async function waitForModels(page: CellPage, count: number): Promise<Listed[]> {
  await page.page.waitForFunction((selector, wanted) => document.querySelectorAll(selector).length === wanted, {}, `${page.find('model-card')}[data-own=true]`, count);
  return listed(page);
}

/** Presses a hook of one model's card. */
async function onCard(page: CellPage, name: string, hook: string): Promise<void> {
  const selector = `${page.find('model-card')}[data-model=${name}] ${page.find(hook)}`;
  await page.page.waitForSelector(selector);
  await page.page.$eval(selector, (element) => (element as HTMLElement).click());
}

async function use(page: CellPage, name: string, title: string): Promise<void> {
  await onCard(page, name, 'use-model');
  await page.page.waitForFunction((words) => document.querySelector('[data-testid=footer]')?.textContent?.includes(words), {}, title);
  await page.page.waitForSelector(`${page.find('footer')}[data-self-test=passed]`);
}

const closeDialog = (page: CellPage): Promise<void> => page.page.keyboard.press('Escape');
const notice = (page: CellPage): Promise<string> => page.page.$$eval('.message[role=status]', (all) => all.map(({ textContent }) => textContent ?? '').join());

describe('a model of one\'s own', () => {
  let site: Site;
  before(async () => { site = await Site.start(); });
  after(async () => {
    await site.stop();
    rmSync(place, { recursive: true });
  });

  test('dropped on the page it is listed, marked, used, survives a reload, and gives what the command line gives; its exports say whose it is', async () => {
    const path = modelZip('shapes.zip', (spec) => { spec.author = 'A. Person'; });
    const commandLine = linesOf((await cytodrop('classify', '--model', path, ...images)).stdout);
    await site.visit(async (page) => {
      await page.drop([path]);
      const all = await waitForModels(page, 1);
      const own = all.find(({ isOwn }) => isOwn) ?? assert.fail();
      assert.equal(own.name, 'tiny-shapes');
      for (const words of ['yours', 'by A. Person', 'Kept on this computer']) assert.ok(own.text.includes(words), words);
      assert.ok(all.filter(({ isOwn }) => !isOwn).every(({ text }) => !text.includes('yours')));
      await onCard(page, 'tiny-shapes', 'about-model');
      await page.page.waitForSelector(page.find('about-dialog'));
      await closeDialog(page);
      await page.press('model-picker');
      await use(page, 'tiny-shapes', own.text.slice(0, 5));
      await page.addFiles(images);
      await page.finish(images.length);
      const text = await page.export('json');
      const { spec } = { spec: JSON.parse(readFileSync(join(folder, 'spec.json'), 'utf8')) as ModelSpec };
      assert.equal(followsSchema('cells', 'json', text, { spec, added: true }), images.length);
      const document = JSON.parse(text) as ExportedDocument & { model: Record<string, unknown> };
      assert.deepEqual([document.model['shipped'], document.model['author'], document.model['spec_sha256']], [false, 'A. Person', (commandLine[0] as unknown as Record<string, unknown>)['model_spec_sha256']]);
      assert.deepEqual(document.cells.map(({ probabilities }) => probabilities), commandLine.map(({ probabilities }) => probabilities));
      const csv = await page.export('csv');
      assert.ok(csv.includes('model_author') && csv.includes('A. Person'));

      // The project comes back by its model's sum, with its results, and nothing is computed anew.
      await page.page.waitForSelector(`${page.find('project')}[data-storing=on][data-id]`);
      await page.open();
      await page.finish(images.length);
      assert.ok((await page.page.$eval(page.find('model-picker'), ({ textContent }) => textContent ?? '')).includes('yours'));
      assert.equal(await notice(page), '');
      assert.deepEqual((await page.exportedCells()).map(({ probability }) => probability), commandLine.map(({ probability }) => probability));
    });
  });

  test('named like a shipped one or like another it gets a name and a title of its own; the same file twice is one; what is no model is refused in one line', async () => {
    const sameName = modelZip('blood.zip', (spec) => { spec.name = 'blood-smear'; });
    const other = modelZip('other.zip', (spec) => { spec.name = 'blood-smear'; spec.purpose = 'Another.'; });
    const damaged = modelZip('damaged.zip', (spec) => { spec.head.sha256 = '0'.repeat(64); });
    const pictures = join(place, 'pictures.zip');
    writeFileSync(pictures, zip([{ name: 'a.png', bytes: new Uint8Array(9) }]));
    await site.visit(async (page) => {
      await page.drop([damaged]);
      await page.page.waitForFunction(() => document.querySelector('.message[role=status]')?.textContent?.includes('damaged.zip: The model file head.safetensors is not the one its spec names'));
      await page.press('model-picker');
      const upload = async (path: string): Promise<void> => {
        const input = await page.page.waitForSelector(page.find('model-input'), { hidden: true });
        await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(path);
      };
      await upload(pictures);
      await page.page.waitForFunction((hook) => document.querySelector(hook)?.textContent === 'pictures.zip: There is no model of Cytodrop and no ONNX network in it.', {}, page.find('add-trouble'));
      await upload(sameName);
      await waitForModels(page, 1);
      await upload(other);
      const all = await waitForModels(page, 2);
      assert.deepEqual(all.filter(({ isOwn }) => isOwn).map(({ name }) => name), ['blood-smear-2', 'blood-smear-3']);
      const titles = await page.page.$$eval(`${page.find('model-card')} h3`, (heads) => heads.map(({ firstChild }) => firstChild?.textContent ?? ''));
      assert.equal(new Set(titles).size, titles.length);
      await closeDialog(page);
      await page.drop([sameName]);
      await page.page.waitForFunction(() => document.querySelector('.message[role=status]')?.textContent?.includes('is here already'));
      assert.equal((await listed(page)).filter(({ isOwn }) => isOwn).length, 2);
      // It is not the shipped one that is loaded under the name.
      await use(page, 'blood-smear-2', titles.find((title) => title.endsWith('shapes')) ?? assert.fail(titles.join()));
      await page.addFiles(images);
      await page.finish(images.length);
      assert.deepEqual((await page.exportedCells()).map(({ most_like }) => most_like), cases.map(({ label }) => label));
    });
  });

  test('removed it is gone, also after a reload, and another is in use; its projects say what is missing and are left as they are', async () => {
    const path = modelZip('gone.zip');
    await site.visit(async (page) => {
      await page.drop([path]);
      await waitForModels(page, 1);
      await use(page, 'tiny-shapes', 'shapes');
      await page.addFiles(images);
      await page.finish(images.length);
      const before = await page.exportedCells();
      await page.press('project');
      await page.press('close-project');
      await page.page.waitForSelector(page.find('drop-zone'));
      await page.press('model-picker');
      await onCard(page, 'tiny-shapes', 'remove-model');
      await onCard(page, 'tiny-shapes', 'remove-model-yes');
      await waitForModels(page, 0);
      await closeDialog(page);
      await page.open();
      await page.press('open-project');
      await page.page.waitForFunction(() => document.querySelector('.message[role=status]')?.textContent?.includes('has results by the model tiny-shapes 1.0.0, which somebody added and which is not here'));
      assert.equal(await page.page.$(page.find('progress')), null);
      // Back again, the project opens as it was.
      await page.drop([path]);
      await waitForModels(page, 1);
      await closeDialog(page);
      await page.press('open-project');
      await page.finish(images.length);
      assert.deepEqual(await page.exportedCells(), before);
    });
  });

  test('where nothing is to be kept it lasts as long as the page, and is kept once that is taken back', async () => {
    const path = modelZip('brief.zip');
    await site.visit(async (page) => {
      await page.press('keep-nothing');
      await page.drop([path]);
      const [own] = (await waitForModels(page, 1)).filter(({ isOwn }) => isOwn);
      assert.ok(own?.text.includes('Not kept'), own?.text);
      await closeDialog(page);
      await page.open();
      await page.press('model-picker');
      assert.equal((await listed(page)).filter(({ isOwn }) => isOwn).length, 0);
      await closeDialog(page);
      await page.drop([path]);
      await waitForModels(page, 1);
      await closeDialog(page);
      await page.press('keep-nothing');
      await page.press('model-picker');
      await page.page.waitForFunction((hook) => document.querySelector(hook)?.textContent?.includes('Kept on this computer'), {}, page.find('own-model'));
      await closeDialog(page);
      await page.open();
      await page.press('model-picker');
      assert.equal((await listed(page)).filter(({ isOwn }) => isOwn).length, 1);
    });
  });

  test('saved as a file it is the file that came', async () => {
    const path = modelZip('save.zip');
    await site.visit(async (page) => {
      await page.drop([path]);
      await waitForModels(page, 1);
      assert.equal(await sha256(new Uint8Array(await page.savedBytes('save-model'))), await sha256(new Uint8Array(readFileSync(path))));
    });
  });
});
