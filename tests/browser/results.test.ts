/** What the page finds, against the training code, the command line, and real images where they are at hand. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { goldenCases, jsonOf, root, spec } from '../border/fixtures.ts';
import { cytodrop, linesOf, parseCsv, type ExportedCell, type Line } from '../cli/fixtures.ts';
import { followsSchema } from '../cli/schemas.ts';
import { Site, dist, shared, type ExportedDocument } from './site.ts';

const note = 'For research and teaching; not for diagnosis';
const golden = fileURLToPath(new URL('models/blood-smear/golden', root));
let site: Site;

before(async () => { site = await Site.start(); });
after(() => site.stop());

async function onCommandLine(...paths: string[]): Promise<Line[]> {
  return linesOf((await cytodrop('classify', '--model', 'blood-smear', ...paths)).stdout);
}

function assertSame(cells: ExportedCell[], lines: ExportedCell[]): void {
  const essence = ({ file, status, type, most_like: label, probability, probabilities, unsure, novelty, foreign, error }: ExportedCell) => ({
    file: basename(file), status, type, label, probability, probabilities, unsure, novelty, foreign, error,
  });
  const byName = (a: { file: string }, b: { file: string }) => (a.file < b.file ? -1 : 1);
  assert.deepEqual(cells.map(essence).sort(byName), lines.map(essence).sort(byName));
}

test('golden images: the page says what the training code says, and what the command line says to the last digit', async () => {
  const files = goldenCases.map(({ image }) => join(golden, image));
  await site.visit(async (page) => {
    await page.addFiles(files);
    await page.finish(files.length);
    const cards = await page.cards();
    for (const { image, label, unsure, foreign, probabilities } of goldenCases) {
      const card = cards.find(({ file }) => file === image);
      assert.deepEqual([card?.status, card?.label, card?.unsure, card?.foreign], ['ok', label, unsure, foreign ?? false]);
      assert.ok(Math.abs((card?.probability ?? NaN) - Math.max(...probabilities)) <= 1e-4);
    }
    const cells = await page.exportedCells();
    for (const { image, probabilities } of goldenCases) {
      const cell = cells.find(({ file }) => file === image);
      spec.classes.forEach(({ id }, i) => assert.ok(Math.abs((cell?.probabilities[id] ?? NaN) - (probabilities[i] ?? NaN)) <= 1e-4, id));
    }
    assertSame(cells, await onCommandLine(...files));
  });
});

test('the core runs the model without ONNX Runtime being loaded; forced by hand, that names the same', async () => {
  const files = goldenCases.map(({ image }) => join(golden, image));
  await site.visit(async (page) => {
    const resultsOf = async (engine: string) => {
      await page.addFiles(files);
      await page.finish(files.length);
      await page.page.waitForSelector(`${page.find('footer')} [data-engine=${engine}]`);
      return (await page.exportedCells()).map(({ most_like: label, probability }) => ({ label, probability }));
    };
    const fetched = async () => {
      // Not the threads of ONNX Runtime, which wait for work and answer nobody.
      const workers = page.page.workers().filter((worker) => worker.url().includes('/assets/worker'));
      assert.ok(workers.length > 0);
      const lists = await Promise.all(workers.map((worker) => worker.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))));
      return lists.flat();
    };
    const ours = await resultsOf('core');
    assert.ok(page.requests.some((address) => address.includes('network.onnx')));
    assert.deepEqual([...page.requests, ...(await fetched())].filter((address) => /onnxruntime|ort-wasm/.test(address)), []);
    await page.open('?engine=onnxruntime');
    // What was there came back, and is computed anew by the engine asked for.
    await page.finish(files.length);
    await page.press('clear');
    const oracle = await resultsOf('onnxruntime');
    assert.ok((await fetched()).some((address) => address.includes('ort-wasm')));
    assert.deepEqual(ours.map(({ label }) => label), oracle.map(({ label }) => label));
    ours.forEach(({ probability }, i) => assert.ok(Math.abs(probability - (oracle[i]?.probability ?? NaN)) <= 2e-6));
  });
});

test('simulated samples: what was drawn stands beside what was found, and most are found', async () => {
  const { sets } = jsonOf<{ sets: { model: string | null; images: { file: string; intended: string }[] }[] }>('public/samples/manifest.json');
  const drawn = sets.find(({ model }) => model === 'blood-smear')?.images ?? [];
  await site.visit(async (page) => {
    await page.press('samples');
    await page.finish(drawn.length);
    const cells = await page.exportedCells();
    assert.deepEqual(cells.map(({ file }) => file).sort(), drawn.map(({ file }) => basename(file)).sort());
    const found = drawn.filter(({ file, intended }) => cells.find((cell) => cell.file === basename(file))?.most_like === intended).length;
    assert.ok(found >= drawn.length * 0.8, `${found} of ${drawn.length} as drawn`);
    const cards = await page.cards();
    assert.ok(cards.length > 0);
    for (const card of cards) {
      const { most_like: label, probability, foreign } = cells.find(({ file }) => file === card.file) ?? assert.fail(card.file);
      assert.deepEqual([card.label, Number(card.probability.toFixed(6)), card.foreign], [label, probability, foreign]);
      assert.equal(card.intended, drawn.find(({ file }) => basename(file) === card.file)?.intended);
      assert.match(card.text, new RegExp(spec.classes.find(({ id }) => id === label)?.name ?? '', 'i'));
    }
    const counts = await page.summary();
    for (const { id } of spec.classes) assert.equal(counts[id], cells.filter((cell) => cell.type === id).length, id);
    assert.equal(counts['unsure'], cells.filter(({ verdict }) => verdict === 'unsure').length);
    assert.equal(counts['foreign'], spec.novelty ? cells.filter(({ verdict }) => verdict === 'foreign').length : undefined);
  });
});

test('exports are read back: CSV and JSON agree, names are left out unless asked for, the note is there', async () => {
  const files = [...goldenCases.map(({ image }) => join(golden, image)), join(dist, 'index.html')];
  await site.visit(async (page) => {
    await page.addFiles(files);
    await page.finish(files.length);
    const texts = { csv: await page.export('csv'), json: await page.export('json') };
    for (const format of ['csv', 'json'] as const) assert.equal(followsSchema('cells', format, texts[format], { spec }), files.length);
    const [csv, json] = [parseCsv(texts.csv), JSON.parse(texts.json) as ExportedDocument];
    assert.deepEqual([json.note, json.model.name, json.self_test.result], [note, 'blood-smear', 'passed']);
    assert.equal(csv.length, files.length);
    for (const [i, row] of csv.entries()) {
      const cell = json.cells[i];
      assert.deepEqual([row['file'], row['status'], row['note']], [cell?.file, cell?.status, note]);
      if (cell?.status !== 'ok') continue;
      assert.deepEqual([row['type'], row['most_like'], Number(row['probability']), row['unsure']], [cell.type ?? '', cell.most_like, cell.probability, String(cell.unsure)]);
      for (const { id } of spec.classes) assert.equal(Number(row[`p_${id}`]), cell.probabilities[id]);
    }
    const nameless = await page.export('csv', { fileNames: false });
    assert.deepEqual(parseCsv(nameless).map((row) => row['file']), files.map((_, i) => String(i + 1)));
    for (const file of files) assert.ok(!nameless.includes(basename(file)));
  });
});

describe('real images', () => {
  const originals = join(shared, 'data/blood-smear/originals');
  test('the originals are all classified, as on the command line', { skip: existsSync(originals) ? false : 'no ../shared/data' }, async (context) => {
    const files = readdirSync(originals, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    await site.visit(async (page) => {
      await page.drop([originals]);
      await page.finish(files.length);
      const cells = await page.exportedCells();
      assert.ok(cells.every(({ status }) => status === 'ok'));
      const folders: Record<string, string> = { ig: 'immature_granulocyte' };
      const correct = cells.filter(({ file, most_like: label }) => label === (folders[basename(dirname(file))] ?? basename(dirname(file)))).length;
      context.diagnostic(`${correct} of ${cells.length} originals named as labelled`);
      assert.ok(correct / cells.length >= 0.9, `${correct} of ${cells.length}`);
      assertSame(cells, await onCommandLine(originals));
    });
  });

  const corpus = join(shared, 'corpora/synthetic');
  test('harmful files among good ones: one line each, the good ones unharmed', { skip: existsSync(corpus) ? false : 'no ../shared/corpora' }, async () => {
    const good = goldenCases.map(({ image }) => join(golden, image));
    const bad = readdirSync(corpus).map((name) => join(corpus, name));
    const expected = await onCommandLine(...good, ...bad);
    await site.visit(async (page) => {
      await page.addFiles([...good, ...bad]);
      await page.finish(good.length + bad.length);
      const cells = await page.exportedCells();
      assertSame(cells, expected);
      for (const { image, label } of goldenCases) assert.equal(cells.find(({ file }) => file === image)?.most_like, label);
      const errors = (await page.cards()).filter(({ status }) => status === 'error');
      const refused = cells.filter(({ status }) => status === 'error');
      assert.deepEqual(errors.map(({ file }) => file).sort(), refused.map(({ file }) => file).sort());
      for (const { text, code } of errors) assert.ok(code && text.length > 20, text);
    });
  });
});
