/** Every file of ../shared/corpora through the core as it is shipped: no trap, one named reason for each refusal, no picture made of unwritten memory. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Classifier, CytodropCore, ErrorCode, View } from '#cytodrop_core';
import { CytodropError } from '../../src/js/core/errors.ts';
import { openCodec } from '../../src/js/core/codecs.ts';
import { Readers } from '../../src/js/core/readers.ts';
import { bytesOf, head, novelty, openModule, root, specJson, valueOf } from '../border/fixtures.ts';

const corpora = fileURLToPath(new URL('../shared/corpora/', root));
const synthetic = join(corpora, 'synthetic');
const unpacked = fileURLToPath(new URL('build/corpora/', root));
const missing = !existsSync(join(corpora, 'images.tar.xz')) && `${corpora} is missing: no file of the corpora was read`;
const knownCodes = new Set(['empty_file', 'unsupported_format', 'unsupported_feature', 'truncated', 'corrupt', 'too_large']);
/** One that takes longer counts as hanging; what they take is printed. */
const hangMs = 30_000;

interface Expectation { expect: string; note: string }
interface Outcome { view?: View; code?: string; message?: string; ms: number }

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}

function unpack(): void {
  if (existsSync(unpacked)) return;
  const partial = `${unpacked.slice(0, -1)}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const { status, stderr } = spawnSync('tar', ['-xf', join(corpora, 'images.tar.xz'), '-C', partial], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  renameSync(partial, unpacked);
}

if (missing) console.log(`SKIPPED: ${missing}`);

describe('the corpora', { skip: missing }, () => {
  let core: CytodropCore;
  let classifier: Classifier;
  let readers: Readers;
  const outcomes = new Map<string, Outcome>();
  let files: string[] = [];
  let left = 0;

  before(async () => {
    unpack();
    files = [...filesBelow(unpacked), ...filesBelow(synthetic).filter((file) => !file.endsWith('expected.json'))];
    core = await openModule();
    classifier = new core.Classifier();
    valueOf(classifier.load_model(specJson, head, novelty));
    readers = await Readers.open(bytesOf('build/wasm/cytodrop_formats.wasm'));
    readers.setCodec('jpeg_xl', await openCodec('jpeg_xl', (file) => Promise.resolve(bytesOf(`build/wasm/${file}`))));
  });
  after(() => classifier?.delete());

  /** As a worker does: what the core leaves to the further readers they read. */
  function viewOf(bytes: Uint8Array): ReturnType<Classifier['view']> {
    const result = classifier.view(bytes, 64, 1);
    if (result.ok || result.code !== 'needs_reader') return result;
    left++;
    try {
      return classifier.view(readers.page({ length: bytes.length, read: (at, count) => bytes.subarray(at, at + count), close: () => {} }, { page: 0, channel: -1 }).bytes, 64, 1);
    } catch (error) {
      if (!(error instanceof CytodropError)) throw error;
      return { ok: false, code: error.code as ErrorCode, message: error.message };
    }
  }

  test('every file is read or refused with a named reason, none traps or hangs, and the heap stays below 512 MB', () => {
    for (const file of files) {
      const bytes = new Uint8Array(readFileSync(file));
      const start = performance.now();
      const result = viewOf(bytes);
      const ms = performance.now() - start;
      outcomes.set(file, result.ok ? { view: result.value, ms } : { code: result.code, message: result.message, ms });
      assert.ok(ms < hangMs, `${file} took ${ms} ms`);
      assert.ok(result.ok || (knownCodes.has(result.code) && result.message.length > 10), `${file}: ${JSON.stringify(result)}`);
    }
    assert.ok(outcomes.size > 1850, `${outcomes.size} files`);
    assert.ok([...outcomes.values()].filter(({ view }) => view).length > 700);
    assert.ok(core.heap_bytes() <= 512 * 1024 * 1024, `${core.heap_bytes()} bytes`);
    const [slowest, most] = [...outcomes].sort(([, a], [, b]) => b.ms - a.ms)[0] ?? ['', { ms: NaN }];
    console.log(`${outcomes.size} files, ${left} of them left to the further readers; the slowest, ${slowest.slice(unpacked.length)}, took ${most.ms.toFixed(0)} ms; heap ${(core.heap_bytes() / 2 ** 20).toFixed(0)} MiB`);
  });

  test('the synthetic files end as expected.json says', () => {
    const expected = JSON.parse(readFileSync(join(synthetic, 'expected.json'), 'utf8')) as Record<string, Expectation>;
    assert.ok(Object.keys(expected).length >= 55);
    for (const [name, { expect, note }] of Object.entries(expected)) {
      const { view, code } = outcomes.get(join(synthetic, name)) ?? {};
      const refused = code !== undefined, flagged = view?.image.damaged === true;
      const met = {
        accept: !refused, reject: refused, 'reject-budget': code === 'too_large',
        'reject-or-partial-flagged': refused || flagged, 'either-but-flag': refused || flagged, 'reject-or-flag': refused || flagged,
        'accept-or-reject': true, 'accept-first-page-or-reject': refused || view?.image.format === 'TIFF',
      }[expect];
      assert.equal(met, true, `${name} (${note}): ${expect}, and it was ${code ?? 'read'}`);
    }
  });

  test('the pictures are the same whatever was in memory before', () => {
    const program = fileURLToPath(new URL('build/wasm/tests/corpora/decode_files.cjs', root));
    assert.ok(existsSync(program), `${program}: build it with cmake --build --preset wasm`);
    const decodeAll = (fill: number) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, String(fill)], { input: files.join('\n'), encoding: 'utf8', maxBuffer: 1 << 26 });
      assert.equal(status, 0, stderr.slice(0, 500));
      return stdout.trim().split('\n');
    };
    const [zeros, ones] = [decodeAll(0x00), decodeAll(0xff)];
    assert.equal(zeros.length, files.length);
    assert.equal(zeros.filter((line) => line.startsWith('failed')).length, 0);
    for (const [i, line] of zeros.entries()) assert.equal(ones[i], line);
  });
});
