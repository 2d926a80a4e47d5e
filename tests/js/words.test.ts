/** Numbers, exports and order of files, as page and command line share them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatCount, formatDuration, formatPercent, formatPercentNear, plural } from '../../web/state/format.ts';
import { flags, inSentence, verdict } from '../../web/parts/words.ts';
import type { Cell } from '../../web/state/frame_store.ts';
import { spec } from '../border/fixtures.ts';
import { linesOf, parseCsv, type ExportedCell } from '../cli/fixtures.ts';
import { wilsonInterval } from '../../src/js/classify/intervals.ts';
import type { CellRecord } from '../../src/js/classify/outcome.ts';
import { type ExportContext, researchNote, toCsv, toJson, toNdjson } from '../../src/js/report/export_cells.ts';
import { comparePaths, isBookkeeping, isDocument } from '../../src/js/work/paths.ts';

describe('formatPercent', () => {
  const expected: [number, string][] = [
    [0, '0 %'], [0.0004, '<0.1 %'], [0.004, '0.4 %'], [0.0096, '1.0 %'], [0.0149, '1 %'], [0.5, '50 %'], [0.924, '92 %'], [0.9849, '98 %'],
    [0.99, '99.0 %'], [0.9962, '99.6 %'], [0.9989, '99.9 %'], [0.9991, '>99.9 %'], [0.999999, '>99.9 %'], [1, '100 %'],
  ];
  for (const [probability, text] of expected) {
    test(`${probability} is ${text}`, () => assert.equal(formatPercent(probability).replace('\u00a0', ' '), text));
  }
});

test('a probability is never rounded across the threshold that it did or did not reach', () => {
  const expected: [number, number, string][] = [
    [0.9988, 0.999, '99.88 %'], [0.9991, 0.999, '>99.9 %'], [0.8496, 0.85, '84.96 %'], [0.849996, 0.85, '84.9996 %'], [0.85, 0.85, '85 %'], [0.8504, 0.85, '85 %'], [0.92, 0.85, '92 %'], [0.99952, 0.9999, '99.95 %'],
    [0, 0.85, '0 %'], [1, 0.85, '100 %'], [0.4, 0.85, '40 %'],
  ];
  for (const [probability, limit, text] of expected) assert.equal(formatPercentNear(probability, limit).replace('\u00a0', ' '), text, `${probability} at ${limit}`);
  assert.deepEqual([plural(1, { one: 'a', other: 'b' }), plural(0, { one: 'a', other: 'b' }), plural(2, { one: 'a', other: 'b' })], ['a', 'b', 'b']);
});

test('formatDuration', () => {
  const expected: [number, string][] = [
    [7.4, '7 ms'], [999.6, '1.0 s'], [1440, '1.4 s'], [42_300, '42 s'], [59_700, '1 min 0 s'], [200_000, '3 min 20 s'], [3_900_000, '1 h 5 min'],
  ];
  for (const [milliseconds, text] of expected) assert.equal(formatDuration(milliseconds).replaceAll('\u00a0', ' '), text);
  assert.equal(formatCount(12345), '12,345');
});

test('wilsonInterval', () => {
  const [lower, upper] = wilsonInterval(81, 263);
  assert.ok(Math.abs(lower - 0.2553) < 1e-4 && Math.abs(upper - 0.3662) < 1e-4);
  assert.deepEqual(wilsonInterval(0, 0), [0, 1]);
  assert.equal(wilsonInterval(0, 10)[0], 0);
  assert.equal(wilsonInterval(10, 10)[1], 1);
});

test('paths', () => {
  assert.deepEqual(['cell 10', 'Cell 2', 'cell 2', 'b/1', 'cell 1'].sort(comparePaths), ['b/1', 'cell 1', 'Cell 2', 'cell 2', 'cell 10']);
  assert.deepEqual(['.DS_Store', '__MACOSX', 'Thumbs.db', 'a.png'].filter(isBookkeeping), ['.DS_Store', '__MACOSX', 'Thumbs.db']);
  assert.deepEqual(['a.png', 'b.CSV', 'c.tif', 'd.czi', 'notes.txt', 'csv'].filter(isDocument), ['b.CSV', 'notes.txt']);
});

test('"not like the training images" outranks "unsure", and names the most similar type without a probability', () => {
  const [first, second] = spec.classes;
  const cell = {
    label: first?.id, probability: 0.5, unsure: true, foreign: false, quality: [], probabilities: spec.classes.map((_, i) => (i < 2 ? 0.5 : 0)),
    crop: { width_px: 1, height_px: 1 }, image: { width_px: 1, height_px: 1 },
  } as unknown as Cell;
  const foreign = { ...cell, foreign: true };
  const plain = (words: string) => words.replaceAll('\u00a0', ' ');
  assert.equal(plain(verdict(spec, cell)), `unsure: ${inSentence(first?.name ?? '')} 50 %, ${inSentence(second?.name ?? '')} 50 %`);
  assert.deepEqual(flags(cell), ['unsure']);
  assert.equal(verdict(spec, foreign), `not like the training images, most like ${inSentence(first?.name ?? '')}`);
  assert.deepEqual(flags(foreign), []);
});

describe('exports', () => {
  const context: ExportContext = {
    spec, appVersion: '1.2.3', fileNames: true, selfTest: { passed: true, maxLogitDifference: 1e-6 },
    runtime: { coreVersion: '1.2.3', engine: { kind: 'onnxruntime', name: 'ONNX Runtime Web 1.30.0', threads: 1 }, engineReason: 'chosen by hand', specSha256: 'a1' },
    provenance: { commit: 'c0ffee', platform: 'a browser', time: '2026-01-02T03:04:05.000Z', specSha256: 'a1' },
  };
  const probabilities = spec.classes.map((_, i) => (i === 0 ? 0.9 : 0.1 / (spec.classes.length - 1)));
  const records: CellRecord[] = [
    {
      index: 0, path: '=HYPERLINK("x"),secret.png', status: 'ok',
      label: spec.classes[0]?.id ?? '', probability: 0.9, unsure: false, novelty: 12.3456789, foreign: true, quality: [], deviation: new Float32Array(), measures: new Float64Array(), pixelsSha256: 'b2', probabilities, logits: [],
      maps: { height: 1, width: 1, values: new Float32Array(1) }, crop: { left_px: 0, top_px: 0, width_px: 1, height_px: 1 },
      image: { format: 'PNG', width_px: 1, height_px: 1, channels: 3, bits_per_channel: 8, exif_orientation: 1, pages: 1, page_channels: 1, images_stated: 0, pixel_size_um: null, damaged: false },
      elapsedMs: { decode: 1, prepare: 1, network: 1, head: 1 },
    },
    { index: 1, path: 'bad.png', status: 'error', code: 'corrupt', message: 'It is "bad".', advice: 'Copy it.' },
  ];

  test('type is empty where none is named, most_like holds the nearest; completeness and selection are told', () => {
    const named: CellRecord = { ...(records[0] as CellRecord & { status: 'ok' }), foreign: false };
    const rows = parseCsv(toCsv([...records, named], { ...context, complete: false }));
    const first = spec.classes[0]?.id ?? '';
    assert.deepEqual(rows.map((row) => [row['verdict'], row['type'], row['most_like'], row['complete']]), [['foreign', '', first, 'false'], ['', '', '', 'false'], ['type', first, first, 'false']]);
    const selection = { cells: 1, of: 3, thisFrame: false, filtered: true };
    const document = JSON.parse(toJson([named], { ...context, complete: true, selection })) as Record<string, unknown>;
    assert.deepEqual([document['selection'], document['complete']], [{ cells: 1, of: 3, this_frame: false, filtered: true }, true]);
    assert.deepEqual(linesOf(toNdjson([named], context)).map(({ type, most_like, complete }) => [type, most_like, complete]), [[first, first, null]]);
  });

  test('a formula in a file name is text, quotes are doubled', () => {
    const [row, failure] = parseCsv(toCsv(records, context));
    assert.equal(row?.['file'], '\'=HYPERLINK("x"),secret.png');
    assert.equal(failure?.['error_message'], 'It is "bad".');
    assert.equal(failure?.['note'], researchNote);
  });

  test('how unlike the training images a cell is stands in every format, and nothing where the model cannot tell', () => {
    const without = records.map((record) => (record.status === 'ok' ? { ...record, novelty: null, foreign: false } : record));
    for (const [some, number, text, foreign] of [[records, 12.345679, '12.345679', true], [without, null, '', false]] as const) {
      const [row, failure] = parseCsv(toCsv(some, context));
      assert.deepEqual([row?.['novelty'], row?.['foreign']], [text, String(foreign)]);
      assert.deepEqual([failure?.['novelty'], failure?.['foreign']], ['', '']);
      const { cells } = JSON.parse(toJson(some, context)) as { cells: ExportedCell[] };
      const lines = linesOf(toNdjson(some, context));
      for (const cell of [cells[0], lines[0]]) assert.deepEqual([cell?.novelty, cell?.foreign], [number, foreign]);
    }
  });

  test('without file names the number stands for the name, everywhere', () => {
    const nameless = { ...context, fileNames: false };
    for (const text of [toCsv(records, nameless), toJson(records, nameless), toNdjson(records, nameless)]) {
      assert.doesNotMatch(text, /secret|bad\.png/);
      assert.ok(text.includes(researchNote));
    }
    assert.deepEqual(parseCsv(toCsv(records, nameless)).map((row) => row['file']), ['1', '2']);
  });

  test('JSON tells what made it', () => {
    const document = JSON.parse(toJson(records, context)) as { software: object; model: { name: string }; self_test: object; cells: object[] };
    assert.deepEqual(document.software, {
      cytodrop: '1.2.3', commit: 'c0ffee', core: '1.2.3', engine: 'ONNX Runtime Web 1.30.0', threads: 1, platform: 'a browser',
    });
    assert.equal(document.model.name, spec.name);
    assert.deepEqual(document.self_test, { result: 'passed', max_logit_difference: 1e-6 });
    assert.equal(document.cells.length, 2);
  });
});
