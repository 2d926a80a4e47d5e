/** Many images: lists from anywhere, shards, and going on where a run was ended. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { goldenCases, root } from '../border/fixtures.ts';
import { durationWords, progressWords } from '../../src/cli/progress.ts';
import { cytodrop, linesOf, program, type Run, withFolder } from './fixtures.ts';

const images = goldenCases.map(({ image }) => fileURLToPath(new URL(`models/blood-smear/golden/${image}`, root)));
const [anImage = ''] = images;
const field = fileURLToPath(new URL('public/samples/viability/fields/simulated-field-1.png', root));
const classify = (...args: string[]) => cytodrop('classify', '--model', 'blood-smear', ...args);

/** Runs the command line with something on standard input; it is ended by SIGKILL where `until` says so of its output file. */
function run(args: string[], { input = '', cwd, until }: { input?: string; cwd?: string; until?: () => boolean } = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, 'classify', '--model', 'blood-smear', ...args], { cwd });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    const watch = until && setInterval(() => { if (until()) child.kill('SIGKILL'); }, 5);
    child.on('error', reject).on('close', (code) => {
      clearInterval(watch);
      resolve({ code, stdout, stderr });
    });
    child.stdin.on('error', () => {}).end(input);
  });
}

/** A folder with cells 1 to `count`, the seventh of them empty. */
function fill(folder: string, count: number): string[] {
  const paths = Array.from({ length: count }, (_, i) => join(folder, `cell ${i + 1}.png`));
  paths.forEach((path, i) => copyFileSync(images[i % images.length] ?? '', path));
  if (count > 6) writeFileSync(paths[6] ?? '', '');
  return paths;
}

const lengthOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

describe('lists', () => {
  test('a folder, a list on standard input, one with zero bytes, and a table give the same', async () => {
    await withFolder(async (folder) => {
      const paths = fill(folder, 12);
      const whole = await classify(folder);
      assert.equal(linesOf(whole.stdout).length, 12);
      assert.deepEqual(await run(['-'], { input: paths.join('\n') }), whole);
      assert.deepEqual(await run(['-'], { input: `${paths.join('\r\n')}\r\n` }), whole);
      assert.deepEqual(await run(['-', '--null'], { input: `${paths.join('\0')}\0` }), whole);
      const table = join(folder, 'table.csv');
      writeFileSync(table, `\uFEFFday;"file"\r\n${paths.map((path) => `"a ""b""\nc";"${basename(path)}"`).join('\r\n')}`);
      const named = await classify('--manifest', table);
      assert.deepEqual(linesOf(named.stdout).map(({ file }) => file), paths.map((path) => basename(path)));
      assert.equal(named.stdout.replaceAll('"file":"', `"file":"${folder}/`), whole.stdout);
    });
  });

  test('more than are read ahead: order is kept, and a list that does not end is read no faster than it is worked on', async () => {
    const missing = Array.from({ length: 6000 }, (_, i) => `no such file ${i}`);
    const { code, stdout } = await run(['-'], { input: missing.join('\n') });
    assert.equal(code, 2);
    assert.deepEqual(linesOf(stdout).map(({ file }) => file), missing);
    const child = spawn(process.execPath, [program, 'classify', '--model', 'blood-smear', '-']);
    let [written, wanted] = [0, true];
    child.stdin.on('error', () => {});
    const line = `${anImage}\n`.repeat(1000);
    const feed = (): void => { while (wanted && child.stdin.write(line)) written += 1000; };
    child.stdin.on('drain', feed);
    feed();
    let seen = '';
    for await (const text of child.stdout.setEncoding('utf8')) {
      seen += text;
      if (seen.split('\n').length > 40) break;
    }
    [wanted] = [false];
    child.kill('SIGKILL');
    assert.ok(seen.split('\n').length > 40 && written < 20_000, `${written} paths were taken`);
  });

  for (const [words, args, said] of [
    ['a table without such a column', ['--manifest', 'table.csv'], '--manifest: table.csv has no column "file" or "path"; it has "day", "dish".'],
    ['a table that is not there', ['--manifest', 'none.csv'], '--manifest: none.csv could not be read (ENOENT).'],
    ['a shard of none', ['--shard', '3/2', 'x.png'], '--shard: expected a part of how many, as in 3/16, got "3/2".'],
    ['nothing', [], 'No image file or folder given.'],
    ['zero bytes of nothing', ['--null', 'x.png'], '--null: needs the path -, which is a list on standard input.'],
    ['a document that is to go on', ['--resume', '--format', 'json', '--output', 'x.json', 'x.png'], '--resume: a JSON document cannot be gone on with; --format ndjson or csv can.'],
    ['Parquet that is to go on', ['--resume', '--format', 'parquet', '--output', 'x.parquet', 'x.png'], '--resume: a Parquet file cannot be gone on with; --format ndjson or csv can, and summarise --merge makes Parquet of them.'],
    ['Parquet on standard output', ['--format', 'parquet', 'x.png'], '--format parquet: needs --output, the file to write.'],
    ['to go on nowhere', ['--resume', 'x.png'], '--resume: needs --output, the file to go on with.'],
  ] as const) {
    test(`${words}: one line`, async () => {
      await withFolder(async (folder) => {
        writeFileSync(join(folder, 'table.csv'), 'day,dish\n1,2\n');
        assert.deepEqual(await run([...args], { cwd: folder }), { code: 64, stdout: '', stderr: `${said}\nTry: cytodrop classify --help\n` });
      });
    });
  }
});

describe('shards', () => {
  test('of a list, put together in turn, are what one run gives to the last byte, a foreign set and numbers among them', async () => {
    await withFolder(async (folder) => {
      fill(folder, 50);
      const whole = await classify('--numbers', folder);
      assert.match(whole.stdout, /"foreign_set":true/);
      const parts = await Promise.all([1, 2, 3].map((part) => classify('--numbers', '--shard', `${part}/3`, folder)));
      const lines = parts.map(({ stdout }) => stdout.trimEnd().split('\n'));
      assert.deepEqual(lines.map((each) => each.length), [17, 17, 16]);
      assert.equal(`${Array.from({ length: 50 }, (_, i) => lines[i % 3]?.[Math.floor(i / 3)]).join('\n')}\n`, whole.stdout);
    });
  });
});

describe('going on', () => {
  for (const format of ['ndjson', 'csv']) {
    test(`${format}: after a kill, and from any byte, the same file in the end`, async () => {
      await withFolder(async (folder) => {
        const [cells, output] = [join(folder, 'cells'), join(folder, `results.${format}`)];
        mkdirSync(cells);
        fill(cells, 60);
        const whole = (await classify('--format', format, cells)).stdout;
        const args = ['--format', format, '--output', output, '--resume', cells];
        await run(args, { until: () => lengthOf(output) > whole.length / 3 });
        assert.ok(lengthOf(output) > 0);
        assert.equal((await run(args)).code, 2);
        assert.equal(readFileSync(output, 'utf8'), whole);
        // In the middle of a line, at its very end, in the head, and where all is there.
        for (const length of [0, 20, whole.length >> 1, whole.lastIndexOf('\n', whole.length - 200) + 1, whole.length - 1, whole.length]) {
          truncateSync(output, length);
          assert.equal((await run(args)).code, 2);
          assert.equal(readFileSync(output, 'utf8'), whole, `from byte ${length}`);
        }
        assert.ok(!existsSync(`${output}.attempts`));
      });
    });
  }

  test('what stands there is not done again', async () => {
    await withFolder(async (folder) => {
      const output = join(folder, 'results.ndjson');
      const cells = join(folder, 'cells');
      mkdirSync(cells);
      const paths = fill(cells, 40);
      const whole = (await classify(cells)).stdout;
      writeFileSync(output, whole.split('\n').slice(0, 39).join('\n') + '\n');
      // The judgement of the set takes the first 32 cells; those behind are not opened.
      for (const path of paths.slice(35, 39)) writeFileSync(path, 'gone');
      await classify('--output', output, '--resume', cells);
      assert.equal(readFileSync(output, 'utf8'), whole);
    });
  });

  test('frames: the last one is done again', async () => {
    await withFolder(async (folder) => {
      const frames = ['a', 'b', 'c'].map((name) => join(folder, `${name}.png`));
      for (const frame of frames) copyFileSync(field, frame);
      const output = join(folder, 'results.csv');
      const args = ['classify', '--model', 'viability', '--detect', '--format', 'csv', ...frames];
      const whole = (await cytodrop(...args)).stdout;
      for (const length of [whole.length >> 1, whole.length]) {
        writeFileSync(output, whole.slice(0, length));
        await cytodrop(...args, '--output', output, '--resume');
        assert.equal(readFileSync(output, 'utf8'), whole);
      }
    });
  });

  test('another list, model, threshold or check is refused in one line, and the file is left alone', async () => {
    await withFolder(async (folder) => {
      const output = join(folder, 'results.ndjson');
      await classify('--output', output, ...images.slice(0, 3));
      const before = readFileSync(output, 'utf8');
      const ask = async (...args: string[]) => cytodrop('classify', '--output', output, '--resume', ...args);
      for (const [args, words] of [
        [['--model', 'blood-smear', images[1] ?? '', images[0] ?? ''], /line 1, is of .*, where the list has /],
        [['--model', 'blood-smear', ...images.slice(0, 2)], /line 3, has more than the 2 files of the list/],
        [['--model', 'blood-smear-anywhere', ...images], /says model "blood-smear [\d.]+", this run "blood-smear-anywhere [\d.]+"/],
        [['--model', 'blood-smear', '--max-error', '0.1', ...images], /says unsure_below /],
        [['--model', 'blood-smear', '--turns', ...images], /has other checks than this run/],
        [['--model', 'blood-smear', '--format', 'csv', ...images], /has other columns than this run would write/],
      ] as const) {
        const { code, stderr } = await ask(...args);
        assert.equal(code, 64, stderr);
        assert.match(stderr.replace(/^Warning: .*\n/gm, ''), words);
        assert.match(stderr.replace(/^Warning: .*\n/gm, ''), /^--resume: [^\n]*\nTry: cytodrop classify --help\n$/);
      }
      assert.equal(readFileSync(output, 'utf8'), before);
    });
  });

  test('a file at which the whole program ends again and again is given up', async () => {
    await withFolder(async (folder) => {
      const output = join(folder, 'results.ndjson');
      const [first = '', second = '', third = ''] = images;
      await classify('--output', output, first);
      // As it lies there after the program ended while the second file was alone in its hands.
      writeFileSync(`${output}.attempts`, JSON.stringify({ done: 1, starts: 4, alone: 1 }));
      assert.equal((await classify('--output', output, '--resume', first, second, third)).code, 2);
      const lines = linesOf(readFileSync(output, 'utf8'));
      assert.deepEqual(lines.map(({ file, error }) => [file, error?.code]), [[first, undefined], [second, 'engine_failed'], [third, undefined]]);
      // Begun too often at one place: the same, one by one.
      rmSync(output);
      await classify('--output', output, first);
      writeFileSync(`${output}.attempts`, JSON.stringify({ done: 1, starts: 3, alone: null }));
      assert.equal((await classify('--output', output, '--resume', first, second, third)).code, 0);
      assert.equal(readFileSync(output, 'utf8'), (await classify(first, second, third)).stdout);
    });
  });
});

test('--log json: every line on standard error is an event, from start to end', async () => {
  const { code, stderr } = await classify('--log', 'json', ...images, 'missing.png');
  assert.equal(code, 2);
  const events = linesOf(stderr) as unknown as { time: string; event: string; done?: number; total?: number; unread?: number }[];
  assert.ok(events.every(({ time }) => !Number.isNaN(Date.parse(time))));
  assert.deepEqual(events.map(({ event }) => event), ['start', 'progress', 'end']);
  assert.deepEqual([events[0]?.total, events[2]?.done, events[2]?.unread], [images.length + 1, images.length + 1, 1]);
});

test('a bar with rate and time left; without a total what is known', () => {
  assert.equal(progressWords(2_500_000, 10_000_000, 3, 1234.4, 6076), `[${'█'.repeat(6)}${'░'.repeat(18)}] 25 % 2,500,000 of 10,000,000, 1,234 a second, 1.7 h left, 3 not read`);
  assert.equal(progressWords(7, undefined, 0, 3.14159, undefined), '7, 3.1 a second');
  assert.equal(progressWords(0, 0, 0, 0, undefined), `[${'░'.repeat(24)}] 0 % 0 of 0, 0.0 a second`);
  assert.deepEqual([12.2, 99.5, 150, 7200, 200_000].map(durationWords), ['13 s', '100 s', '3 min', '2.0 h', '2.3 days']);
});
