/** Measuring a model on the command line: truth from folders and tables, what is left out, groups, and that the figures are right. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { goldenCases, root } from '../border/fixtures.ts';
import { wilsonInterval } from '../../src/js/classify/intervals.ts';
import { cytodrop, parseCsv, withFolder } from './fixtures.ts';
import { follows } from './schemas.ts';

interface Estimate { value: number | null; interval: [number, number] | null }
interface Document {
  settings: { truth: string; group: string; types?: string[] };
  images: { images: number; measured: number; unread: number; without_truth: number; of_other_types: { name: string; count: number }[]; named: number; named_rightly: number; foreign: number };
  groups: number;
  accuracy: Estimate & { wilson: [number, number] };
  balanced_accuracy: Estimate;
  matthews: Estimate;
  types: { id: string; cells: number; named: number; recall: Estimate }[];
  confusion: number[][];
}

const samples = goldenCases.map(({ image, label }) => ({ image, label, path: fileURLToPath(new URL(`models/blood-smear/golden/${image}`, root)) })).sort((a, b) => (a.label < b.label ? -1 : 1));
const measured = async (...args: string[]): Promise<Document> => {
  const { code, stdout, stderr } = await cytodrop('measure', '--model', 'blood-smear', '--draws', '100', ...args);
  assert.equal(code, 0, stderr);
  const document: unknown = JSON.parse(stdout);
  follows('measurement', document);
  return document as Document;
};

/** Copies of the golden images, each in a folder of the given name. */
function fill(folder: string, named: readonly (readonly [sample: number, folder: string])[]): void {
  for (const [i, [sample, name]] of named.entries()) {
    mkdirSync(join(folder, name), { recursive: true });
    const { path } = samples[sample] as { path: string };
    cpSync(path, join(folder, name, `cell-${i}.png`));
  }
}

test('folders named like types are the truth, in any spelling, and the figures are those of the verdicts', async () => {
  await withFolder(async (folder) => {
    const [basophil, eosinophil, neutrophil] = [0, 1, 2];
    assert.deepEqual(samples.map(({ label }) => label), ['basophil', 'eosinophil', 'neutrophil']);
    fill(folder, [[basophil, 'Basophils'], [basophil, 'basophil'], [eosinophil, 'day 1/Eosinophil'], [neutrophil, 'eosinophil/day 2'], [neutrophil, 'neutrophil'], [neutrophil, 'notes']]);
    const { images, accuracy, balanced_accuracy: balanced, confusion, types, groups } = await measured('--truth', 'folders', '--group', 'file', folder);
    assert.deepEqual([images.images, images.measured, images.without_truth, groups], [6, 5, 1, 5]);
    // One neutrophil lies among the eosinophils.
    assert.equal(accuracy.value, 0.8);
    assert.deepEqual(accuracy.interval, accuracy.wilson);
    assert.deepEqual(accuracy.wilson, wilsonInterval(4, 5).map((end) => Number(end.toFixed(6))));
    assert.equal(balanced.value, Number((2.5 / 3).toFixed(6)));
    const at = (id: string): number => types.findIndex((type) => type.id === id);
    assert.equal(confusion[at('eosinophil')]?.[at('neutrophil')], 1);
    assert.equal(types[at('eosinophil')]?.recall.value, 0.5);
    assert.equal(types[at('platelet')]?.recall.value, null);
    // The golden eosinophil is unlike the training images, which the figures of verdicts tell and accuracy does not.
    assert.deepEqual([images.foreign, images.named, images.named_rightly], [1, 4, 3]);
  });
});

describe('a table of labels', () => {
  test('is read with any separator and heads, tells files by the end of their paths, and groups by a column', async () => {
    await withFolder(async (folder) => {
      fill(folder, [[0, 'a'], [1, 'a'], [2, 'b'], [2, 'b']]);
      const table = join(folder, 'labels.csv');
      writeFileSync(table, '\uFEFFImage name;Cell type;dish\na/cell-0.png;Basophil;1\ncell-1.png;"eos";1\nb/cell-2.png;neutrophil;2\ncell-3.png;blast;2\n');
      const document = await measured('--truth', table, '--map', 'eos=eosinophil', '--group', 'dish', folder);
      assert.deepEqual([document.images.measured, document.groups, document.settings.group, document.accuracy.value], [3, 2, 'column', 1]);
      assert.deepEqual(document.images.of_other_types, [{ name: 'blast', count: 1 }]);
      const plain = await cytodrop('measure', '--model', 'blood-smear', '--truth', table, '--format', 'csv', '--draws', '100', folder);
      assert.equal(plain.code, 0);
      assert.match(plain.stderr, /the model has no such type: "eos" \(1\), "blast" \(1\)/);
      const rows = parseCsv(plain.stdout);
      assert.equal(rows.find(({ type, measure }) => type === '' && measure === 'accuracy')?.value, '1');
      assert.equal(rows.find(({ type, measure }) => type === 'neutrophil' && measure === 'recall')?.value, '1');
    });
  });

  test('that does not say what is needed is refused in one line', async () => {
    await withFolder(async (folder) => {
      fill(folder, [[0, 'a'], [1, 'b']]);
      const table = join(folder, 'labels.csv');
      const refused = async (text: string, ...more: string[]): Promise<string> => {
        writeFileSync(table, text);
        const { code, stdout, stderr } = await cytodrop('measure', '--model', 'blood-smear', '--truth', table, ...more, folder);
        assert.deepEqual([code, stdout], [64, '']);
        return stderr;
      };
      assert.match(await refused('file,kind\ncell-0.png,basophil\n'), /no column for the type; it has "file", "kind"/);
      assert.match(await refused('file,type\ncell-0.png,basophil\n', '--group', 'dish'), /no column "dish"/);
      assert.match(await refused('file,type\n'), /says of no file what it is/);
      assert.match(await refused('file,type\ncell-0.png,basophil\ncell-0.png,neutrophil\n'), /that it is "basophil" and that it is "neutrophil"/);
      assert.match(await refused('file,type\nother.png,basophil\n'), /nothing to measure/);
      assert.match(await refused('file,type,d\ncell-0.png,basophil,1\n', '--group', 'd'), /all cells are of one group/);
      assert.match(await refused('file,type\ncell-0.png,"basophil\n'), /no table of comma-separated values/);
      const missing = await cytodrop('measure', '--model', 'blood-smear', '--truth', join(folder, 'none.csv'), folder);
      assert.deepEqual([missing.code, /there is no file/.test(missing.stderr)], [64, true]);
    });
  });
});

test('files of one name in two folders are told apart by their folders, never by the name alone', async () => {
  await withFolder(async (folder) => {
    for (const [sample, name] of [[0, 'day-1'], [2, 'day-2']] as const) {
      mkdirSync(join(folder, name));
      cpSync((samples[sample] as { path: string }).path, join(folder, name, 'cell.png'));
    }
    const table = join(folder, 'labels.csv');
    writeFileSync(table, 'file,type\nday-1/cell.png,basophil\nday-2/cell.png,neutrophil\n');
    assert.deepEqual([(await measured('--truth', table, folder)).accuracy.value], [1]);
    writeFileSync(table, 'file,type\ncell.png,basophil\nday-2/cell.png,neutrophil\n');
    const { images } = await measured('--truth', table, folder);
    assert.deepEqual([images.measured, images.without_truth], [1, 1]);
  });
});

test('as HTML it is one report to read, with the figures of the JSON, and names that are only text', async () => {
  await withFolder(async (folder) => {
    fill(folder, [[0, 'a'], [1, 'a'], [2, 'b'], [2, 'b']]);
    const table = join(folder, 'labels & <b>.csv');
    writeFileSync(table, 'file,type\ncell-0.png,basophil\ncell-1.png,basophil\ncell-2.png,neutrophil\ncell-3.png,<script>alert(1)</script>\n');
    const args = ['measure', '--model', 'blood-smear', '--truth', table, '--draws', '100'];
    const { code, stdout } = await cytodrop(...args, '--format', 'html', folder);
    assert.equal(code, 0);
    const { accuracy, model } = JSON.parse((await cytodrop(...args, folder)).stdout) as Document & { model: { name: string; version: string; spec_sha256: string; network_sha256: string } };
    assert.ok(accuracy.value !== null && accuracy.interval);
    for (const words of [
      `<title>Measurement of ${model.name} ${model.version}</title>`, 'For research and teaching; not for diagnosis', model.spec_sha256, model.network_sha256, `<strong>${accuracy.value.toFixed(3)}</strong>`,
      accuracy.interval.map((end) => end.toFixed(3)).join(' to '), 'labels &amp; &lt;b&gt;.csv', '&lt;script&gt;alert(1)&lt;/script&gt;', "default-src 'none'",
    ]) assert.ok(stdout.includes(words), words);
    assert.doesNotMatch(stdout, /<script|https?:/);
    assert.equal([...stdout.matchAll(/<svg [^>]*role="img"/g)].length, 5);
  });
});

test('two models on the same cells: who alone is right, and gains with their intervals, in every format', async () => {
  await withFolder(async (folder) => {
    fill(folder, [[0, 'basophil'], [1, 'eosinophil'], [2, 'neutrophil'], [2, 'monocyte']]);
    const args = ['--truth', 'folders', '--second', 'blood-smear-anywhere', folder];
    const { comparison, accuracy } = (await measured(...args)) as Document & { comparison: { second_model: string; only_first: number; only_second: number; p: number; accuracy_gain: Estimate } };
    // Both name all golden images rightly, and both the neutrophil that lies among the monocytes wrongly.
    assert.equal(accuracy.value, 0.75);
    assert.match(comparison.second_model, /^blood-smear-anywhere \d/);
    assert.deepEqual([comparison.only_first, comparison.only_second, comparison.p, comparison.accuracy_gain.value], [0, 0, 1, 0]);
    const csv = parseCsv((await cytodrop('measure', '--model', 'blood-smear', '--draws', '100', '--format', 'csv', ...args)).stdout);
    assert.equal(csv.find(({ measure }) => measure === 'accuracy_gain')?.['value'], '0');
    assert.match((await cytodrop('measure', '--model', 'blood-smear', '--draws', '100', '--format', 'html', ...args)).stdout, /blood-smear-anywhere \d/);
  });
});
