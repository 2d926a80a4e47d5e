/** A network that a person brings to the page: asked about, tried at once, added, and refused in one line where it cannot be used. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Exported } from '../border/exported.ts';
import { goldenCases, root } from '../border/fixtures.ts';
import { cytodrop, linesOf } from '../cli/fixtures.ts';
import { zip } from '../../src/js/report/zip.ts';
import { comparePaths } from '../../src/js/work/paths.ts';
import { type CellPage, type ExportedDocument, Site } from './site.ts';

const place = mkdtempSync(join(tmpdir(), 'cytodrop-own-network-'));
const images = goldenCases.map(({ image }) => image).sort(comparePaths).map((image) => fileURLToPath(new URL(`models/blood-smear/golden/${image}`, root)));

function networkOf(make: (net: Exported) => string, side: number | string = 'S'): Uint8Array {
  const net = new Exported();
  return net.graph.file(['N', 3, side, side], make(net));
}

/** Of three types, with a map. */
const usual = networkOf((net) => net.node('Gemm', [net.node('Flatten', [net.node('GlobalAveragePool', [net.conv('x', 3, 6)])]), net.weights([6, 3], 2), net.weights([3])]));
/** The core has no such activation, and the dense layer has no places before it. */
const flat = networkOf((net) => net.node('Gemm', [net.node('Tanh', [net.node('Gemm', [net.node('Flatten', [net.node('GlobalAveragePool', [net.conv('x', 3, 6)])]), net.weights([6, 5])])]), net.weights([5, 3])]), 32);

function fileOf(name: string, content: Uint8Array | string): string {
  const path = join(place, name);
  writeFileSync(path, content);
  return path;
}

const tried = (page: CellPage) => page.page.waitForSelector(`${page.find('network-trial')}[data-phase=done]`);
const lines = (page: CellPage): Promise<string[]> => page.page.$$eval(page.find('network-picture'), (all) => all.map(({ textContent }) => textContent?.replaceAll('\u00a0', ' ') ?? ''));

/** Gives an answer as a person does, and waits until it was tried. What was tried before is marked as running as soon as the answer is drawn. */
async function answer(page: CellPage, hook: string, value: string): Promise<void> {
  await page.page.$eval(page.find(hook), (element, text) => {
    (element as HTMLInputElement).value = text;
    element.dispatchEvent(new Event('change', { bubbles: true }));
    return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  }, value);
  await tried(page);
}

async function useOwn(page: CellPage): Promise<void> {
  await page.press('add-network');
  const button = `${page.find('model-card')}[data-own=true] ${page.find('use-model')}`;
  await page.page.waitForSelector(button);
  await page.page.$eval(button, (element) => (element as HTMLElement).click());
  await page.page.waitForFunction((hook) => document.querySelector(hook)?.textContent?.includes('yours'), {}, page.find('model-picker'));
  await page.page.waitForSelector(`${page.find('footer')}[data-self-test=passed]`);
}

const said = (page: CellPage, words: string): Promise<unknown> =>
  page.page.waitForFunction((text) => document.querySelector('.message[role=status]')?.textContent?.includes(text), {}, words);

describe('a network of one\'s own', () => {
  let site: Site;
  before(async () => { site = await Site.start(); });
  after(async () => {
    await site.stop();
    rmSync(place, { recursive: true });
  });

  test('is asked about, tried on the pictures of the page at once, and becomes a model that the command line runs with the same results', async () => {
    const path = fileOf('white_cells.onnx', usual);
    await site.visit(async (page) => {
      await page.addFiles(images);
      await page.finish(images.length);
      await page.drop([path]);
      await tried(page);
      assert.equal((await lines(page)).length, images.length);
      assert.ok((await lines(page)).every((line) => /^Type [123], \d+ %$/.test(line)), (await lines(page)).join());
      const origin = (of: string): Promise<string> => page.page.$eval(page.find(`origin-${of}`), ({ textContent }) => textContent ?? '');
      assert.deepEqual([await origin('types'), await origin('range'), await page.page.$(page.find('network-layout'))], ['guessed', 'guessed', null]);
      const before = await lines(page);
      await answer(page, 'network-author', 'A. Person');
      await answer(page, 'network-types', 'Round\nLong\nOdd');
      assert.ok((await lines(page)).every((line) => /^(Round|Long|Odd), /.test(line)));
      assert.equal(await page.page.$(page.find('origin-types')), null);
      await answer(page, 'network-side', '64');
      await answer(page, 'network-range', 'bytes');
      assert.notDeepEqual((await lines(page)).map((line) => line.replace(/^\w+/, '')), before.map((line) => line.replace(/^Type \d/, '')));
      assert.deepEqual(await page.page.$$eval(`${page.find('network-kinds')} li`, (all) => all.map((one) => ({ ...(one as HTMLElement).dataset })).slice(0, 2)), [{ engine: 'core' }, { map: 'true' }]);

      // What does not fit is said, and nothing can be added.
      await page.page.$eval(page.find('network-types'), (element) => {
        (element as HTMLTextAreaElement).value = 'One\nTwo';
        element.dispatchEvent(new Event('change', { bubbles: true }));
      });
      await page.page.waitForFunction((hook) => document.querySelector(hook)?.textContent === 'The network gives 3 values, and there are 2 types.', {}, page.find('network-trouble'));
      assert.ok(await page.page.$(`${page.find('add-network')}:disabled`));
      await answer(page, 'network-types', 'Round\nLong\nOdd');

      await useOwn(page);
      await page.finish(images.length);
      const exported = JSON.parse(await page.export('json')) as ExportedDocument & { model: Record<string, unknown> };
      assert.deepEqual([exported.model['shipped'], exported.model['author'], exported.model['title']], [false, 'A. Person', 'white cells']);
      await page.press('model-picker');
      const saved = fileOf('saved.zip', await page.savedBytes('save-model'));
      const byCommandLine = linesOf((await cytodrop('classify', '--model', saved, ...images)).stdout);
      assert.deepEqual(exported.cells.map(({ probabilities }) => probabilities), byCommandLine.map(({ probabilities }) => probabilities));
      assert.deepEqual(Object.keys(byCommandLine[0]?.probabilities ?? {}), ['round', 'long', 'odd']);
    });
  });

  test('run by ONNX Runtime where the core cannot, says so, and gives no map where nothing has a place', async () => {
    await site.visit(async (page) => {
      await page.drop([fileOf('flat.onnx', flat)]);
      await tried(page);
      assert.equal((await lines(page)).length, 0);
      const kinds = await page.page.$$eval(`${page.find('network-kinds')} li`, (all) => all.map(({ textContent }) => textContent?.replaceAll('\u00a0', ' ') ?? ''));
      assert.match(kinds[0] ?? '', /^Run by ONNX Runtime Web .*: the core's own engine cannot run this network: .*Tanh/);
      assert.match(kinds[1] ?? '', /there is no map/);
      const input = await page.page.waitForSelector(page.find('network-pictures'), { hidden: true });
      await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...images);
      await page.page.waitForFunction((hook, count) => document.querySelectorAll(hook).length === count, {}, page.find('network-picture'), images.length);
      await useOwn(page);
      await page.addFiles(images);
      await page.finish(images.length);
      await page.page.waitForSelector(`${page.find('map')}:disabled`);
      await page.page.$eval(page.find('cell-card'), (element) => (element as HTMLElement).click());
      await page.page.waitForSelector(page.find('no-map'));
    });
  });

  test('with what lies beside it in a folder or a zip, and a whole model\'s folder', async () => {
    const beside = {
      'config.json': JSON.stringify({ id2label: { 0: 'alpha', 1: 'beta', 2: 'gamma' } }),
      'preprocessor_config.json': JSON.stringify({ do_normalize: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], size: { height: 48, width: 48 } }),
    };
    const folder = join(place, 'exported');
    mkdirSync(folder);
    for (const [name, text] of Object.entries(beside)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, 'model.onnx'), usual);
    writeFileSync(join(folder, 'model_quantized.onnx'), 'another');
    const zipped = fileOf('exported.zip', zip([...Object.entries(beside).map(([name, text]) => ({ name: `onnx/${name}`, bytes: new TextEncoder().encode(text) })), { name: 'onnx/model.onnx', bytes: usual }]));
    await site.visit(async (page) => {
      for (const path of [folder, zipped]) {
        await page.drop([path]);
        await tried(page);
        const values = await page.page.$$eval('.network-form :is(select, textarea, input[type=number])', (all) => all.map((one) => (one as HTMLInputElement).value));
        assert.deepEqual(values.slice(0, 4), ['alpha\nbeta\ngamma', '48', 'rgb', 'signed'], path);
        assert.equal(await page.page.$eval(page.find('origin-types'), ({ textContent }) => textContent), 'from config.json');
        await page.page.keyboard.press('Escape');
        await page.page.waitForFunction(() => document.querySelector('dialog') === null);
      }
      await page.drop([fileURLToPath(new URL('tests/golden/tiny-shapes', root))]);
      await page.page.waitForSelector(`${page.find('model-card')}[data-own=true][data-model=tiny-shapes]`);
    });
  });

  test('what cannot be used is said in one line, and the page goes on', async () => {
    const huge = networkOf((net) => net.node('GlobalAveragePool', [net.node('Expand', ['x', net.graph.integers([1, 3, 60_000, 60_000])])]), 16);
    const refused: [paths: string[], words: string][] = [
      [[fileOf('noise.onnx', new Uint8Array(5_000).fill(255))], 'noise.onnx: It is no ONNX network that can be read'],
      [[fileOf('cut.onnx', usual.slice(0, 400))], 'cut.onnx: It is no ONNX network that can be read'],
      [[fileOf('model.json', '{"format":"layers-model","modelTopology":{}}'), fileOf('weights.bin', 'xyz')], 'It is a TensorFlow.js model, which cannot be run here; make an ONNX file of it'],
      [[fileOf('net.pth', 'xyz')], 'net.pth: It is a PyTorch file, which cannot be run here; make an ONNX file of it with torch.onnx.export.'],
      [[fileOf('words.zip', zip([{ name: 'words.txt', bytes: new Uint8Array(4) }]))], 'words.zip: There is no model of Cytodrop and no ONNX network in it.'],
    ];
    await site.visit(async (page) => {
      for (const [paths, words] of refused) {
        await page.drop(paths);
        await said(page, words);
      }
      await page.drop([fileOf('huge.onnx', huge)]);
      await page.page.waitForSelector(`${page.find('network-trial')}[data-phase=failed]`, { timeout: 100_000 });
      assert.ok(await page.page.$(`${page.find('add-network')}:disabled`));
      await page.page.keyboard.press('Escape');
      // A zip among pictures is one of the files, as before.
      await page.drop([...images, fileOf('among.zip', 'xyz')]);
      await page.finish(images.length + 1);
      assert.equal((await page.cards()).filter(({ status }) => status === 'ok').length, images.length);
      // ONNX Runtime says on the console that it gave up.
      page.complaints.length = 0;
    });
  });
});
