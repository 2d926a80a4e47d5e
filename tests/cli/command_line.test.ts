/** The built command line, from outside: exit codes, formats, bad files. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { goldenCases, jsonOf, root, spec } from '../border/fixtures.ts';
import { cytodrop, linesOf, parseCsv, program, withFolder, type Line } from './fixtures.ts';

const note = 'For research and teaching; not for diagnosis';
const golden = fileURLToPath(new URL('models/blood-smear/golden', root));
const goldenFiles = goldenCases.map(({ image }) => join(golden, image));
const [anImage = ''] = goldenFiles;
const classify = (...args: string[]) => cytodrop('classify', '--model', 'blood-smear', ...args);

/** The same drawn image many times over is no set that a model knows. */
const foreignSet = /^Warning: These images differ[^\n]*\n/;

describe('usage', () => {
  test('--help and --version', async () => {
    const help = await cytodrop('--help');
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^Usage: /m);
    assert.match(help.stdout, new RegExp(note.slice(0, 20), 'i'));
    const version = await cytodrop('--version');
    assert.deepEqual([version.code, version.stdout], [0, `${jsonOf<{ version: string }>('package.json').version}\n`]);
  });

  const wrong: Record<string, string[]> = {
    'no command': [],
    'an unknown command': ['count', anImage],
    'no model': ['classify', anImage],
    'an unknown model': ['classify', '--model', 'no-such-model', anImage],
    'a model that is a path': ['classify', '--model', '../blood-smear', anImage],
    'an unknown format': ['classify', '--model', 'blood-smear', '--format', 'xml', anImage],
    'an unknown option': ['classify', '--model', 'blood-smear', '--fast', anImage],
    'unknown engine': ['classify', '--model', 'blood-smear', '--engine', 'abacus', anImage],
    'no job': ['classify', '--model', 'blood-smear', '--jobs', '0', anImage],
    'half a job': ['classify', '--model', 'blood-smear', '--jobs', '1.5', anImage],
    'no thread': ['classify', '--model', 'blood-smear', '--threads', '0', anImage],
    'a scale of no images': ['classify', '--model', 'blood-smear', '--image-scale', '0', anImage],
    'a scale of images for frames': ['classify', '--model', 'viability', '--detect', '--image-scale', '0.5', anImage],
    'no file': ['classify', '--model', 'blood-smear'],
  };
  for (const [name, args] of Object.entries(wrong)) {
    test(`${name}: status 64, a word on standard error, nothing on standard output`, async () => {
      const { code, stdout, stderr } = await cytodrop(...args);
      assert.equal(code, 64);
      assert.equal(stdout, '');
      assert.match(stderr, /^[^\n]{10,}\nTry: .*--help\n$/);
    });
  }
});

describe('golden images', () => {
  let lines: Line[];

  test('every image is read', async () => {
    const { code, stdout, stderr } = await classify(...goldenFiles);
    assert.deepEqual([code, stderr], [0, '']);
    lines = linesOf(stdout);
    assert.deepEqual(lines.map(({ file }) => file), goldenFiles);
  });

  for (const [i, { image, label, unsure, novelty, foreign, probabilities }] of goldenCases.entries()) {
    test(`${image} is what the training code says`, () => {
      const line = lines[i];
      assert.deepEqual([line?.status, line?.most_like, line?.unsure, line?.note, line?.self_test], ['ok', label, unsure, note, 'passed']);
      spec.classes.forEach(({ id }, k) => assert.ok(Math.abs((line?.probabilities[id] ?? NaN) - (probabilities[k] ?? NaN)) <= 1e-4, id));
      assert.deepEqual([line?.foreign, typeof line?.novelty], [foreign ?? false, spec.novelty ? 'number' : 'object']);
      if (novelty !== undefined) assert.ok(Math.abs((line?.novelty ?? NaN) - novelty) <= 1e-4 * novelty);
    });
  }

  test('CSV and JSON say the same as NDJSON', async () => {
    const csv = await classify('--format', 'csv', ...goldenFiles);
    const rows = parseCsv(csv.stdout);
    assert.equal(csv.code, 0);
    assert.deepEqual(Object.keys(rows[0] ?? {}).filter((name) => name.startsWith('p_')), spec.classes.map(({ id }) => `p_${id}`));
    const json = JSON.parse((await classify('--format', 'json', ...goldenFiles)).stdout) as { note: string; cells: Line[] };
    assert.equal(json.note, note);
    for (const [i, line] of lines.entries()) {
      const row = rows[i];
      assert.deepEqual(row?.['file'], line.file);
      assert.deepEqual([row?.['most_like'], Number(row?.['probability']), row?.['unsure']], [line.most_like, line.probability, String(line.unsure)]);
      assert.deepEqual([row?.['novelty'], row?.['foreign'], row?.['damaged']], [line.novelty?.toFixed(6) ?? '', String(line.foreign), String(line.damaged)]);
      assert.equal(row?.['note'], note);
      for (const { id } of spec.classes) assert.equal(Number(row?.[`p_${id}`]), line.probabilities[id]);
      const { model: _, self_test: __, note: ___, unsure_below: ____, schema: _____, complete: ______, ...cell } = line;
      assert.deepEqual(json.cells[i], cell);
    }
  });

  test('ONNX Runtime names the same, and its threads change nothing', async () => {
    const oracle = linesOf((await classify('--engine', 'onnxruntime', ...goldenFiles)).stdout);
    assert.deepEqual(oracle.map(({ most_like: label }) => label), lines.map(({ most_like: label }) => label));
    oracle.forEach(({ probability }, i) => assert.ok(Math.abs(probability - (lines[i]?.probability ?? NaN)) <= 2e-6));
    assert.deepEqual(linesOf((await classify('--engine', 'onnxruntime', '--threads', '2', ...goldenFiles)).stdout), oracle);
  });
});

describe('files and folders', () => {
  test('bad files among good ones: one error line each, status 2, the rest unharmed', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'empty.png'), '');
      writeFileSync(join(folder, 'cut.png'), readFileSync(anImage).subarray(0, 5000));
      writeFileSync(join(folder, 'text.jpg'), 'file,label\n');
      const missing = join(folder, 'missing.png');
      const [empty, cut, text] = ['empty.png', 'cut.png', 'text.jpg'].map((name) => join(folder, name)) as [string, string, string];
      const { code, stdout, stderr } = await classify(anImage, empty, missing, anImage, cut, text, anImage);
      assert.deepEqual([code, stderr], [2, '']);
      const lines = linesOf(stdout);
      const expected = ['ok', 'empty_file', 'unreadable_file', 'ok', 'truncated', 'unsupported_format', 'ok'];
      assert.deepEqual(lines.map(({ status, error }) => error?.code ?? status), expected);
      for (const { error } of lines.filter(({ status }) => status === 'error')) {
        assert.match(error?.message ?? '', /^[A-Z][^]*\.$/);
        assert.match(error?.advice ?? '', /^[A-Z][^]*\.$/);
      }
      const probabilities = lines.filter(({ status }) => status === 'ok').map((line) => line.probabilities);
      assert.deepEqual(probabilities[1], probabilities[0]);
      assert.deepEqual(probabilities[2], probabilities[0]);
    });
  });

  test('a folder is read to the bottom, in natural order, without hidden files', async () => {
    await withFolder(async (folder) => {
      mkdirSync(join(folder, 'b/.hidden'), { recursive: true });
      for (const name of ['cell 10.png', 'cell 2.png', 'b/deep.png', '.hidden.png', 'b/.hidden/x.png', 'Thumbs.db']) {
        copyFileSync(anImage, join(folder, name));
      }
      symlinkSync(anImage, join(folder, 'link.png'));
      symlinkSync(folder, join(folder, 'circle'));
      const { code, stdout } = await classify(folder);
      assert.equal(code, 0);
      assert.deepEqual(linesOf(stdout).map(({ file }) => file.slice(folder.length + 1)), ['b/deep.png', 'cell 2.png', 'cell 10.png', 'link.png']);
    });
  });

  test('file names that would harm a spreadsheet or a parser', async () => {
    await withFolder(async (folder) => {
      const names = ['=1+1.png', '+1.png', '-1.png', '@x.png', 'a,"b".png', 'two\nlines.png'];
      for (const name of names) copyFileSync(anImage, join(folder, name));
      const child = spawn(process.execPath, [program, 'classify', '--model', 'blood-smear', '--format', 'csv', '--', ...names], { cwd: folder });
      const text = await new Response(child.stdout as never).text();
      const rows = parseCsv(text);
      assert.deepEqual(rows.map((row) => row['file']), ["'=1+1.png", "'+1.png", "'-1.png", "'@x.png", 'a,"b".png', 'two\nlines.png']);
      assert.ok(rows.every((row) => row['status'] === 'ok' && row['note'] === note));
    });
  });

  test('an empty folder is no failure', async () => {
    await withFolder(async (folder) => {
      assert.deepEqual(await classify(folder), { code: 0, stdout: '', stderr: '' });
      assert.deepEqual((JSON.parse((await classify('--format', 'json', folder)).stdout) as { cells: unknown[] }).cells, []);
    });
  });
});

describe('workers', () => {
  test('however many: the same bytes, bad files among them', async () => {
    await withFolder(async (folder) => {
      for (let i = 1; i <= 41; i++) copyFileSync(goldenFiles[i % goldenFiles.length] ?? '', join(folder, `cell ${i}.png`));
      writeFileSync(join(folder, 'cell 7.png'), '');
      writeFileSync(join(folder, 'cell 8.png'), readFileSync(anImage).subarray(0, 5000));
      for (const format of ['ndjson', 'csv', 'json']) {
        // JSON says when it was made.
        const timeless = async (jobs: string) => {
          const run = await classify('--format', format, '--jobs', jobs, folder);
          return { ...run, stdout: run.stdout.replace(/^  "time": ".*",$/m, '') };
        };
        const one = await timeless('1');
        assert.ok(one.stdout.includes('cell 41.png'));
        for (const jobs of ['2', '3']) assert.deepEqual(await timeless(jobs), one);
      }
    });
  });

  test('ONNX Runtime in two of them says the same as in one', async () => {
    const one = await classify('--engine', 'onnxruntime', '--jobs', '1', ...goldenFiles);
    assert.equal(linesOf(one.stdout).length, goldenFiles.length);
    assert.deepEqual(await classify('--engine', 'onnxruntime', '--jobs', '2', ...goldenFiles), one);
  });

  test('Ctrl+C: status 130, a word, and a whole document of what is done', async () => {
    const files = Array<string>(2000).fill(anImage);
    const child = spawn(process.execPath, [program, 'classify', '--model', 'blood-smear', '--format', 'json', '--jobs', '2', ...files]);
    let [stdout, stderr] = ['', ''];
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // A second would end it at once.
      if (!stdout.includes('"status"') && (stdout + text).includes('"status"')) child.kill('SIGINT');
      stdout += text;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    const { cells } = JSON.parse(stdout) as { cells: Line[] };
    assert.equal(code, 130);
    assert.ok(cells.length > 0 && cells.length < files.length, `${cells.length} cells`);
    assert.ok(cells.every(({ status }) => status === 'ok'));
    assert.equal(stderr.replace(foreignSet, ''), `Stopped after ${cells.length} of 2000 files; their results are written.\n`);
  });
});

describe('output', () => {
  test('--output writes the same to a file', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'results.csv');
      const written = await classify('--format', 'csv', '--output', file, anImage);
      assert.deepEqual([written.code, written.stdout], [0, '']);
      assert.equal(readFileSync(file, 'utf8'), (await classify('--format', 'csv', anImage)).stdout);
    });
  });

  test('an output that cannot be written: status 1 and why', async () => {
    const { code, stderr } = await classify('--output', '/no/such/folder/results.csv', anImage);
    assert.equal(code, 1);
    assert.match(stderr, /ENOENT.*results\.csv/);
  });

  test('a reader that goes away ends it quietly', async () => {
    const child = spawn(process.execPath, [program, 'classify', '--model', 'blood-smear', ...Array<string>(400).fill(anImage)]);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.deepEqual([code, stderr.replace(foreignSet, '')], [1, '']);
  });

  test('lines come while it works', async () => {
    const child = spawn(process.execPath, [program, 'classify', '--model', 'blood-smear', ...Array<string>(160).fill(anImage)]);
    const chunks: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
    await new Promise((resolve) => child.on('close', resolve));
    assert.ok(chunks.length > 5, `${chunks.length} pieces`);
    assert.equal(linesOf(chunks.join('')).length, 160);
    assert.equal(basename(linesOf(chunks.join(''))[0]?.file ?? ''), basename(anImage));
  });
});
