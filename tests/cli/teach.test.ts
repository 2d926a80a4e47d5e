/** Teaching types of one's own on the command line, and using what comes of it. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { Classifier } from '../../src/js/index.ts';
import { root } from '../border/fixtures.ts';
import { drawnCell } from '../js/drawn_cells.ts';
import { cytodrop, linesOf, withFolder } from './fixtures.ts';

/** Twelve drawn cells of each of two types, on four days. */
function writeCells(folder: string): string[] {
  return ([1, 2] as const).flatMap((nuclei) => Array.from({ length: 12 }, (_, seed) => {
    const path = join(nuclei === 1 ? 'One nucleus' : 'Two nuclei', `day ${seed % 4}`, `${seed}.bmp`);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), drawnCell({ nuclei, seed }));
    return path;
  }));
}

describe('cytodrop teach', () => {
  test('learns types from folders, says how well on days that it has not seen, and classify takes the model', async () => {
    await withFolder(async (folder) => {
      const paths = writeCells(join(folder, 'types'));
      const zip = join(folder, 'my-nuclei.zip');
      const { code, stdout, stderr } = await cytodrop('teach', '--types', join(folder, 'types'), '--out', zip, '--title', 'My nuclei', '--author', 'A teacher');
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /^On pictures from folders that it has not seen it names \d+ of 100 rightly \(\d+–\d+\)\.\nCells: One nucleus: 12, Two nuclei: 12\n/);
      assert.match(stdout, /^Mind: There are 12 cells of One nucleus\. Show at least twenty/m);
      assert.match(stdout, new RegExp(`Written: ${zip}\nFor research and teaching; not for diagnosis\\.\n$`));

      const found = await cytodrop('classify', '--model', zip, join(folder, 'types'));
      assert.equal(found.code, 0, found.stderr);
      const lines = linesOf(found.stdout);
      assert.equal(lines.length, paths.length);
      for (const { file, most_like, model, self_test } of lines) assert.deepEqual([most_like, model, self_test], [file.includes('One nucleus') ? 'one_nucleus' : 'two_nuclei', 'my-nuclei 1.0.0', 'passed']);

      // The library says the same, to the last digit that is written.
      await using classifier = await Classifier.open(new Blob([readFileSync(zip)]), { home: new URL('build/wasm/', root), jobs: 1 });
      for (const { file, probability, novelty } of lines.slice(0, 3)) {
        const cell = await classifier.classify(file);
        assert.deepEqual([cell.probability.toFixed(6), cell.novelty?.toFixed(6)], [probability.toFixed(6), novelty?.toFixed(6)]);
      }
    });
  });

  test('from a table, grouped by one of its columns, as JSON', async () => {
    await withFolder(async (folder) => {
      const paths = writeCells(folder);
      writeFileSync(join(folder, 'cells.csv'), ['file,label,patient', ...paths.map((path, i) => `${path},${path.split('/')[0]},${i % 3}`)].join('\n'));
      const { code, stdout, stderr } = await cytodrop('teach', '--types', join(folder, 'cells.csv'), '--group', 'patient', '--out', join(folder, 'm.zip'), '--format', 'json');
      assert.deepEqual([code, stderr], [0, '']);
      const { grouped_by, grouped, groups, right, types } = JSON.parse(stdout) as { grouped_by: string; grouped: boolean; groups: number; right: { of: number }; types: { id: string; cells: number }[] };
      assert.deepEqual([grouped_by, grouped, groups, right.of, types.map(({ id, cells }) => [id, cells])], ['column', true, 3, 24, [['one_nucleus', 12], ['two_nuclei', 12]]]);
    });
  });

  test('on a shipped model, whose types are kept', async () => {
    await withFolder(async (folder) => {
      writeCells(join(folder, 'types'));
      const zip = join(folder, 'more.zip');
      const { code, stdout, stderr } = await cytodrop('teach', '--types', join(folder, 'types'), '--start', 'viability', '--out', zip, '--format', 'json');
      assert.equal(code, 0, stderr);
      const { types } = JSON.parse(stdout) as { types: { id: string; cells: number }[] };
      assert.deepEqual(types.map(({ id, cells }) => [id, cells]), [['live', 0], ['dead', 0], ['one_nucleus', 12], ['two_nuclei', 12]]);
      const lines = linesOf((await cytodrop('classify', '--model', zip, join(folder, 'types'))).stdout);
      assert.ok(lines.filter(({ file, most_like }) => most_like === (file.includes('One nucleus') ? 'one_nucleus' : 'two_nuclei')).length >= 22);
    });
  });

  test('a file that is no image is told and the others are learned from; what cannot be is one line', async () => {
    await withFolder(async (folder) => {
      writeCells(join(folder, 'types'));
      writeFileSync(join(folder, 'types', 'One nucleus', 'broken.png'), 'no image');
      const { code, stdout, stderr } = await cytodrop('teach', '--types', join(folder, 'types'), '--out', join(folder, 'm.zip'));
      assert.equal(code, 2);
      assert.match(stderr, /^One nucleus\/broken\.png: .+\n$/);
      assert.match(stdout, /One nucleus: 12/);
      for (const [args, words] of [
        [['--types', join(folder, 'nowhere'), '--out', 'm.zip'], /^--types: there is no ".*nowhere"; a folder of folders, or a table, is expected\.\n/],
        [['--types', join(folder, 'types', 'One nucleus'), '--group', 'patient', '--out', 'm.zip'], /^--group: without a table it is file or folder, not "patient"\.\n/],
        [['--types', join(folder, 'types', 'One nucleus', 'day 0'), '--out', 'm.zip'], /^--types: pictures of at least two types are needed\.\n/m],
        [['--types', join(folder, 'types'), '--out', 'm.zip', '--name', 'Mine!'], /^--name: small letters/],
        [['--types', join(folder, 'types'), '--out', 'm.zip', '--start', 'round'], /round/],
      ] as const) {
        const run = await cytodrop('teach', ...args);
        assert.notEqual(run.code, 0);
        assert.match(run.stderr, words);
      }
    });
  });
});
