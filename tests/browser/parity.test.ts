/** The same numbers everywhere: every sample of every model, to the last bit, in three browsers and under Node. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { startServer, type Serving } from '../../scripts/server.ts';
import { bytesOf, root } from '../border/fixtures.ts';
import { cytodrop, linesOf } from '../cli/fixtures.ts';
import { firefox, launchChromium, launchFirefox } from './browsers.ts';
import { bitsOf, bitsOfCells, bitsOfChecks, fieldSearch } from './parity_bits.ts';
import { dist, endBrowser } from './site.ts';
import { WebKit, webKitMissing } from './webkit.ts';
import { allChecks } from '../../src/js/classify/checks.ts';
import { Pipeline } from '../../src/js/classify/pipeline.ts';
import { frameCells, withMorphometry } from '../../src/js/frames/cells.ts';
import { wholeFile } from '../../src/js/frames/frame.ts';
import { searchMethods } from '../../src/js/frames/search.ts';
import { detectorFolder, readDetector } from '../../src/js/model/detector.ts';
import { readModel } from '../../src/js/model/model_files.ts';
import { OpenFrames } from '../../src/js/frames/open_frames.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, root));
const sets = (JSON.parse(readFileSync(join(dist, 'samples/manifest.json'), 'utf8')) as { sets: { model: string; images: { file: string }[] }[] }).sets
  .map(({ model, images }) => ({ model, files: images.map(({ file }) => file) }));

let folder: string;
let server: Serving;
/** What Node computes, by model. */
const expected = new Map<string, string[]>();
/** What the first sample of each model comes to when it is turned and when its regions are deleted. */
const expectedChecks = new Map<string, string>();
const fieldModel = 'viability';
const field = `${fieldModel}/fields/simulated-field-1.png`;
/** The cells of a simulated field, by method. */
let expectedCells: string[];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-parity-'));
  await build({
    configFile: path('vite.config.ts'),
    root: path('tests/browser'),
    logLevel: 'warn',
    publicDir: false,
    build: { outDir: folder, emptyOutDir: true, rolldownOptions: { input: path('tests/browser/parity_page.ts'), output: { entryFileNames: 'parity.js' } } },
  });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Parity</title><body><script type="module" src="parity.js"></script>\n');
  for (const name of ['cytodrop_core.wasm', 'models', 'samples']) cpSync(join(dist, name), join(folder, name), { recursive: true });
  server = await startServer({ folder, host: '127.0.0.1', port: 0 });
  for (const { model, files } of sets) {
    const read = (file: string) => Promise.resolve(bytesOf(`models/${model}/${file}`));
    const pipeline = await Pipeline.open(await readModel(read), bytesOf('build/wasm/cytodrop_core.wasm'), { force: 'core', openOnnxRuntime: () => assert.fail('not needed') });
    const outcomes = await pipeline.classify(files.map((file) => bytesOf(`public/samples/${file}`)));
    expected.set(model, await Promise.all(outcomes.map((outcome, i) => bitsOf(files[i] ?? '', outcome))));
    const [checked] = await pipeline.classify([bytesOf(`public/samples/${files[0]}`)], allChecks);
    assert.ok(checked?.status === 'ok');
    expectedChecks.set(model, await bitsOfChecks(files[0] ?? '', checked));
    if (model === fieldModel) expectedCells = await searchUnderNode(pipeline);
    pipeline.close();
  }
});

/** As parity_page.ts does. */
async function searchUnderNode(pipeline: Pipeline): Promise<string[]> {
  const lines: string[] = [];
  const frames = new OpenFrames(pipeline);
  for (const name of ['round', 'adherent'] as const) await frames.loadDetector(name, await readDetector((file) => Promise.resolve(bytesOf(`${detectorFolder(name)}/${file}`))));
  await frames.open(1, bytesOf(`public/samples/${field}`), wholeFile);
  for (const method of searchMethods) {
    const { cells } = await frames.detect(1, { ...fieldSearch, method });
    lines.push(await bitsOfCells(withMorphometry(frameCells(cells), await frames.measure(1, cells))));
  }
  return lines;
}

after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

test('there are samples of four models, and their logits differ', () => {
  assert.ok(sets.length >= 4 && sets.every(({ files }) => files.length >= 6));
  for (const { model, files } of sets) assert.equal(new Set(expected.get(model)?.map((line) => line.split(' ')[2])).size, files.length, model);
});

test('the command line names the same types', async () => {
  for (const { model, files } of sets) {
    const { code, stdout } = await cytodrop('classify', '--model', model, ...files.map((file) => path(`public/samples/${file}`)));
    assert.equal(code, 0);
    assert.deepEqual(linesOf(stdout).map(({ most_like: label }) => label), expected.get(model)?.map((line) => line.split(' ')[1]));
  }
});

interface Driven { open(url: string): Promise<void>; evaluate(script: string): Promise<unknown>; close(): Promise<void> }

const ready = "for (let tries = 0; typeof classifySamples !== 'function' && tries < 600; tries++) await new Promise((resolve) => setTimeout(resolve, 50));";

function driven(launch: typeof launchChromium): () => Promise<Driven> {
  return async () => {
    const browser = await launch();
    const page = await browser.newPage();
    return { open: async (url) => void (await page.goto(url)), evaluate: (script) => page.evaluate(`(async () => { ${script} })()`), close: () => endBrowser(browser) };
  };
}

for (const { name, launch, missing } of [
  { name: 'Chromium', launch: driven(launchChromium), missing: undefined },
  { name: 'Firefox', launch: driven(launchFirefox), missing: firefox === undefined ? 'there is no Firefox (Debian: firefox-esr)' : undefined },
  { name: 'WebKitGTK', launch: WebKit.launch, missing: webKitMissing },
]) {
  describe(name, { skip: missing }, () => {
    let browser: Driven;
    before(async () => { browser = await launch(); });
    after(() => browser.close());

    test('every cell of a frame, found by each method, is Node\'s to the last bit', async () => {
      assert.ok(expectedCells.length === searchMethods.length && expectedCells.every((line) => Number(line.split(' ')[0]) >= 30), String(expectedCells));
      await browser.open(server.url);
      assert.deepEqual(await browser.evaluate(`${ready} return await searchField('${fieldModel}', '${field}');`), expectedCells);
    });

    test('every turn and every deletion is Node\'s to the last bit', async () => {
      await browser.open(server.url);
      for (const { model, files } of sets) {
        const line = await browser.evaluate(`${ready} return await checkSample(${JSON.stringify(model)}, ${JSON.stringify(files[0])});`);
        assert.equal(line, expectedChecks.get(model));
      }
    });

    for (const workers of [1, 3]) {
      test(`every logit, probability, novelty and map is Node's to the last bit, with ${workers === 1 ? 'one worker' : `${workers} workers`}`, async () => {
        await browser.open(server.url);
        for (const { model, files } of sets) {
          const lines = await browser.evaluate(`${ready} return await classifySamples(${JSON.stringify(model)}, ${JSON.stringify(files)}, ${workers});`);
          assert.deepEqual(lines, expected.get(model), model);
        }
      });
    }
  });
}
