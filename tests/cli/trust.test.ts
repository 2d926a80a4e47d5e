/** Verdicts, thresholds and reports: first the pure functions, then the built command line. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { liesOnBackground } from '../../web/parts/words.ts';
import { goldenCases, root, spec } from '../border/fixtures.ts';
import { cytodrop, linesOf, program, withFolder, type Line } from './fixtures.ts';
import type { CellRecord } from '../../src/js/classify/outcome.ts';
import { kindOf, rejudge, thresholdFor } from '../../src/js/classify/verdict.ts';
import { sha256 } from '../../src/js/core/sha256.ts';
import { readReport } from '../../src/js/report/read_report.ts';
import { type CellReport, checkReport } from '../../src/js/report/report.ts';

const golden = fileURLToPath(new URL('models/blood-smear/golden', root));
const goldenFiles = goldenCases.map(({ image }) => join(golden, image));
const poor = [{ flag: 'blank', measure: 'contrast', value: 0, limit: 1 }];

describe('verdicts', () => {
  test('image quality comes before foreign, foreign before unsure, unsure before a type', () => {
    assert.equal(kindOf({ quality: poor, foreign: true, unsure: true }), 'quality');
    assert.equal(kindOf({ quality: [], foreign: true, unsure: true }), 'foreign');
    assert.equal(kindOf({ quality: [], foreign: false, unsure: true }), 'unsure');
    assert.equal(kindOf({ quality: [], foreign: false, unsure: false }), 'type');
  });

  test('another threshold changes what is unsure and nothing else; at the threshold a cell is named', () => {
    const cell = { quality: [], foreign: false, unsure: false, probability: 0.9, label: 'a' };
    assert.equal(rejudge(cell, 0.9), cell);
    assert.deepEqual(rejudge(cell, 0.91), { ...cell, unsure: true });
    assert.equal(rejudge(rejudge(cell, 0.91), 0.5).unsure, false);
  });

  test('the lowest threshold is taken from which on every higher one keeps the promise too', () => {
    const judge = { temperature: 1, abstain_below: 0.8, risk_coverage: [[0, 1, 0.01, 0, 0.1], [0.5, 0.9, 0.05, 0, 0.1], [0.7, 0.8, 0.02, 0, 0.1], [0.9, 0.5, 0.01, 0, 0.1]] as [number, number, number, number, number][] };
    assert.equal(thresholdFor({ judge }, 0.02)?.threshold, 0.7);
    assert.equal(thresholdFor({ judge }, 0.05)?.threshold, 0);
    assert.equal(thresholdFor({ judge }, 0.001)?.threshold, 0.9);
    assert.equal(thresholdFor({ judge: { temperature: 1, abstain_below: 0.8 } }, 0.1), undefined);
  });

  test('a map lies on the background where little of what speaks for the type is in the middle', () => {
    const maps = { height: 4, width: 4, values: new Float32Array() };
    const only = (...places: number[]): number[] => Array.from({ length: 16 }, (_, i) => (places.includes(i) ? 1 : -1));
    assert.equal(liesOnBackground({ maps }, only(5, 6)), false);
    assert.equal(liesOnBackground({ maps }, only(0, 3, 12, 15)), true);
    assert.equal(liesOnBackground({ maps }, Array(16).fill(1)), false);
    assert.equal(liesOnBackground({ maps }, Array(16).fill(-1)), false);
  });
});

describe('reports', () => {
  test('what is no report is refused in words', () => {
    for (const text of ['', 'file,label', '{}', '[]', 'null', '{"model":{"name":"a"},"settings":{"unsure_below":0.5},"cells":[{"status":"ok"}]}', '{"model":{"name":"a"},"settings":{},"cells":[]}']) {
      assert.throws(() => readReport(text), /report|JSON/);
    }
  });

  test('SHA-256 is that of another implementation', async () => {
    const bytes = new TextEncoder().encode('cells').subarray(1);
    assert.equal(await sha256(bytes), createHash('sha256').update(bytes).digest('hex'));
  });

  test('a report without cells is not reproduced', () => {
    const report = readReport('{"model":{"name":"blood-smear"},"settings":{"unsure_below":0.5},"cells":[]}');
    assert.equal(checkReport(report as CellReport, [] as CellRecord[], { spec, specSha256: null, second: undefined, imageScale: 1 }).reproduced, false);
  });
});

describe('the command line', () => {
  test('says the verdict, the hash of the pixels and the commit, the same for the same pixels in another file', async () => {
    await withFolder(async (folder) => {
      const copy = join(folder, 'other name.png');
      cpSync(goldenFiles[0] as string, copy);
      const { stdout } = await cytodrop('classify', '--model', 'blood-smear', '--format', 'json', goldenFiles[0] as string, copy, goldenFiles[1] as string);
      const report = JSON.parse(stdout) as { time: string; software: { commit: string | null; platform: string }; settings: { unsure_below: number }; model: { spec_sha256: string }; cells: Line[] };
      assert.match(report.software.platform, /^Node v\d+/);
      assert.match(report.software.commit ?? '', /^([0-9a-f]{40}\+?)?$/);
      assert.ok(Math.abs(Date.now() - Date.parse(report.time)) < 600_000);
      assert.equal(report.settings.unsure_below, spec.judge.abstain_below);
      assert.equal(report.model.spec_sha256, createHash('sha256').update(readFileSync(new URL('dist/models/blood-smear/spec.json', root))).digest('hex'));
      const [first, second, third] = report.cells.map(({ pixels_sha256 }) => pixels_sha256);
      assert.match(first ?? '', /^[0-9a-f]{64}$/);
      assert.equal(first, second);
      assert.notEqual(first, third);
    });
  });

  test('--max-error takes the threshold that the validation part promises it for', async () => {
    const run = async (...more: string[]): Promise<Line[]> => linesOf((await cytodrop('classify', '--model', 'cell-cycle', ...more, join(dirname(dirname(golden)), 'cell-cycle/golden'))).stdout).filter(({ status }) => status === 'ok');
    const [all, few] = [await run('--max-error', '100'), await run('--max-error', '0')];
    assert.ok(all.length > 0);
    assert.ok(all.every(({ unsure, unsure_below }) => !unsure && unsure_below === 0));
    const threshold = few[0]?.unsure_below ?? NaN;
    assert.ok(threshold > 0.5);
    assert.deepEqual(few.map(({ unsure }) => unsure), few.map(({ probability }) => probability < threshold));
    for (const wrong of ['-1', '101', 'x', '']) assert.equal((await cytodrop('classify', '--model', 'cell-cycle', '--max-error', wrong, golden)).code, 64);
  });

  test('check reproduces its own report whatever the files are called, and lists what differs and what is missing', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'report.json');
      const images = join(folder, 'images');
      const { stdout } = await cytodrop('classify', '--model', 'blood-smear', '--format', 'json', ...goldenFiles);
      writeFileSync(file, stdout);
      goldenFiles.forEach((from, i) => cpSync(from, join(images, `${9 - i}.png`)));
      const same = await cytodrop('check', file, images);
      assert.deepEqual([same.code, same.stdout], [0, `Reproduced: all ${goldenFiles.length} cells give the same results to the sixth decimal.\n`]);

      const report = JSON.parse(stdout) as { cells: { label: string; probability: number }[]; model: { network_sha256: string } };
      (report.cells[0] as { probability: number }).probability += 1e-6;
      report.model.network_sha256 = '0'.repeat(64);
      writeFileSync(file, JSON.stringify(report));
      const other = await cytodrop('check', file, ...goldenFiles.slice(0, -1));
      assert.equal(other.code, 4);
      const lines = other.stdout.trimEnd().split('\n');
      assert.match(lines[0] ?? '', /^Not reproduced: the model is another; 1 of 2 cells differ; 1 of 3 cells have no image here\.$/);
      assert.match(lines[1] ?? '', /^model: model's network file \(SHA-256\): 0{64} in the report/);
      assert.match(lines[2] ?? '', new RegExp(`${basename(goldenFiles[0] as string)}: probability: `));
      assert.match(lines[3] ?? '', new RegExp(`${basename(goldenFiles.at(-1) as string)}: none of the images`));
      assert.equal(lines.length, 4);
      assert.equal((await cytodrop('check', golden, golden)).code, 64);
    });
  });

  test('a self-test that fails blocks results: status 3 and nothing on standard output', async () => {
    await withFolder(async (folder) => {
      const dist = dirname(program);
      for (const part of ['cytodrop.mjs', 'cytodrop_core.wasm', 'models/blood-smear']) cpSync(join(dist, part), join(folder, part), { recursive: true });
      const file = join(folder, 'models/blood-smear/golden/golden.json');
      const run = (): Promise<{ code: number | null; stdout: string; stderr: string }> =>
        new Promise((resolve, reject) => {
          const child = spawn(process.execPath, [join(folder, 'cytodrop.mjs'), 'classify', '--model', 'blood-smear', goldenFiles[0] as string]);
          const text = { stdout: '', stderr: '' };
          child.stdout.setEncoding('utf8').on('data', (part: string) => { text.stdout += part; });
          child.stderr.setEncoding('utf8').on('data', (part: string) => { text.stderr += part; });
          child.on('error', reject).on('close', (code) => resolve({ code, ...text }));
        });
      assert.equal((await run()).code, 0);
      const content = JSON.parse(readFileSync(file, 'utf8')) as { cases: { logits: number[] }[] };
      (content.cases[0] as { logits: number[] }).logits[0] = 99;
      writeFileSync(file, JSON.stringify(content));
      const { code, stdout, stderr } = await run();
      assert.deepEqual([code, stdout], [3, '']);
      assert.match(stderr, /^The self-test failed: [^\n]+\n$/);
    });
  });
});
