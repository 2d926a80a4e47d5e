/** Networks of a person's own that find cells, on the command line: as a zip and as a folder, and such as cannot be used. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { root, tinyModel } from '../border/fixtures.ts';
import { detectorNetwork as network, detectorSpec as spec, ownDetector } from '../js/own_detector.ts';
import { cytodrop, type Run, withFolder } from './fixtures.ts';
import { sha256 } from '../../src/js/core/sha256.ts';
import { zip } from '../../src/js/report/zip.ts';

const field = fileURLToPath(new URL('public/samples/viability/fields/simulated-field-1.png', root));
const text = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

/** Writes a detector as a zip and as a folder. */
function put(folder: string, changed: object = {}, onnx?: Uint8Array): { zipped: string; unpacked: string } {
  const files = ownDetector(changed, onnx);
  const [zipped, unpacked] = [join(folder, 'mine.zip'), join(folder, 'mine')];
  writeFileSync(zipped, zip(files));
  mkdirSync(unpacked, { recursive: true });
  for (const { name, bytes } of files) writeFileSync(join(unpacked, name), bytes);
  return { zipped, unpacked };
}

const search = (...args: string[]): Promise<Run> => cytodrop('classify', '--model', 'viability', '--detect', '--min-diameter', '8', '--max-diameter', '40', ...args, field);
const cells = ({ stdout }: Run): { line: object; detector: string }[] => stdout.trim().split('\n').map((one) => {
  const { search: { detector, ...sought }, ...line } = JSON.parse(one) as { search: { detector?: { name: string; version: string } } };
  return { line: { ...line, sought, elapsed_ms: null }, detector: `${detector?.name} ${detector?.version}` };
});

describe('a detector of one\'s own', () => {
  test('finds what the shipped one finds where it is the same, for either method, as a zip and as a folder, and results say whose it is', () => withFolder(async (folder) => {
    const { zipped, unpacked } = put(folder);
    const shipped = cells(await search('--method', 'network_round'));
    assert.ok(shipped.length > 20);
    for (const args of [['--detector', zipped], ['--detector', unpacked], ['--detector', zipped, '--method', 'network_round', '--jobs', '2']]) {
      const run = await search(...args);
      assert.equal(run.code, 0, run.stderr);
      assert.deepEqual(cells(run).map(({ line }) => line), shipped.map(({ line }) => line));
      assert.deepEqual(new Set(cells(run).map(({ detector }) => detector)), new Set(['my-cells 1.2.3']));
    }
    assert.deepEqual([cells(await search('--detector', zipped, '--method', 'network_adherent')).length, new Set(shipped.map(({ detector }) => detector)).size], [shipped.length, 1]);
  }));

  test('finds what it finds, and not what the shipped one does', () => withFolder(async (folder) => {
    const shipped = cells(await search('--method', 'network_round'));
    const strict = cells(await search('--detector', put(folder, { threshold: 0.85 }).zipped));
    assert.ok(strict.length > 0 && strict.length < shipped.length, `${strict.length} of ${shipped.length}`);
  }));

  test('that cannot be used is told in one line before any frame', () => withFolder(async (folder) => {
    const file = (name: string, bytes: Uint8Array): string => { writeFileSync(join(folder, name), bytes); return join(folder, name); };
    const damaged = Uint8Array.from(network);
    damaged[1000] = (damaged[1000] as number) ^ 1;
    const short = network.subarray(0, 5000);
    const made = async (name: string, changed: object, onnx = network): Promise<string> => { mkdirSync(join(folder, name)); return put(join(folder, name), changed, onnx).zipped; };
    const cases: [string, RegExp][] = [
      [file('text.zip', text('no zip')), /no zip file/],
      [file('empty.zip', zip([])), /no zip file|no spec\.json/],
      [fileURLToPath(new URL(tinyModel, root)), /"kind" is missing or not as it must be/],
      [join(folder, 'nowhere'), /spec\.json/],
      [file('words.zip', zip([{ name: 'spec.json', bytes: text('{') }])), /spec\.json is no JSON/],
      [await made('damaged', {}, damaged), /network\.onnx is not the one its spec names/],
      [await made('outside', { network: { ...spec.network, file: '../network.onnx' } }), /"network\.file" is missing or not as it must be/],
      [await made('short', { network: { ...spec.network, sha256: await sha256(short) } }, short), /not valid|damaged|network/],
      [await made('threshold', { threshold: 7 }), /threshold/],
    ];
    for (const [path, words] of cases) {
      const { code, stdout, stderr } = await search('--detector', path);
      assert.deepEqual([code, stdout, stderr.trim().split('\n').filter((line) => !line.startsWith('Try:')).length], [64, '', 1], `${path}: ${stderr}`);
      assert.match(stderr, words);
      assert.match(stderr, /--detector /);
    }
  }));

  test('needs frames, and a method that takes a network', () => withFolder(async (folder) => {
    const { zipped } = put(folder);
    const without = await cytodrop('classify', '--model', 'viability', '--detector', zipped, field);
    assert.deepEqual([without.code, /--detector: needs --detect/.test(without.stderr)], [64, true]);
    const round = await search('--detector', zipped, '--method', 'round');
    assert.deepEqual([round.code, /--detector: round takes no network/.test(round.stderr)], [64, true]);
  }));
});
