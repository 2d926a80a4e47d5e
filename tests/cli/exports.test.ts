/** Every export follows its schema, and docs/exports.md names every field of every schema and no other. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { before, describe, test } from 'node:test';
import { bytesOf, goldenCases, jsonOf, root, tinyCases, tinyModel } from '../border/fixtures.ts';
import { drawDiscs, greyPng } from '../border/frames.ts';
import { cytodrop, parseCsv, withFolder } from './fixtures.ts';
import { faults, follows, followsSchema, resolve, type Schema, schemas, typedRow } from './schemas.ts';
import { writeSecondModel } from './second_model.ts';
import { taggedPng } from './tagged.ts';
import { allChecks } from '../../src/js/classify/checks.ts';
import type { CellRecord, ClassifiedCell } from '../../src/js/classify/outcome.ts';
import { Pipeline } from '../../src/js/classify/pipeline.ts';
import { unreadFile } from '../../src/js/core/errors.ts';
import { countCulture } from '../../src/js/frames/count.ts';
import type { FrameCell, FrameRecord } from '../../src/js/frames/frame.ts';
import { defaultSearch } from '../../src/js/frames/search.ts';
import { readModel } from '../../src/js/model/model_files.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { type ExportContext, type ExportFormat, toCsv, toJson, toNdjson } from '../../src/js/report/export_cells.ts';
import { exportCount } from '../../src/js/report/export_count.ts';
import { exportFrames } from '../../src/js/report/export_frames.ts';
import { toGeoJson } from '../../src/js/report/geojson.ts';
import { schemaNames } from '../../src/js/report/schema_names.ts';

const formats: ExportFormat[] = ['csv', 'json', 'ndjson'];
const viability = jsonOf<ModelSpec>('models/viability/spec.json');
const blood = jsonOf<ModelSpec>('models/blood-smear/spec.json');
const pathOf = (path: string): string => fileURLToPath(new URL(path, root));
const field = pathOf('public/samples/viability/fields/simulated-field-1.png');

async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cytodrop('classify', ...args);
  assert.ok(code === 0 || code === 2, stderr);
  return stdout;
}

describe('the command line', () => {
  test('cells, read and unread', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'a.png'), 'no image');
      const images = goldenCases.map(({ image }) => pathOf(`models/blood-smear/golden/${image}`));
      for (const format of formats) {
        const text = await run('--model', 'blood-smear', '--format', format, '--numbers', folder, pathOf('public/samples/blood-smear'), ...images);
        assert.ok(followsSchema('cells', format, text, { spec: blood }) > images.length + 1);
      }
    });
  });

  test('cells with turned pictures and checked maps', async () => {
    const images = ['live', 'dead'].map((label) => pathOf(`public/samples/viability/simulated-${label}-1.png`));
    for (const format of formats) assert.equal(followsSchema('cells', format, await run('--model', 'viability', '--turns', '--explain', '--format', format, ...images), { spec: viability, turns: true, map: true }), 2);
  });

  test('frames with cells, without, and unread; with and without pixel size, network and verdicts; their outlines', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'a.png'), greyPng(60, 50, drawDiscs(60, 50, [])));
      writeFileSync(join(folder, 'b.png'), 'no image');
      for (const [spec, ...args] of [
        [viability, '--turns'], [viability, '--method', 'round', '--pixel-size', '1.25'], [blood, '--numbers', '--min-diameter', '14', '--max-diameter', '45'],
      ] as const) {
        const outlines = join(folder, 'outlines');
        for (const format of formats) {
          const text = await run('--model', spec.name, '--detect', ...args, '--format', format, '--geojson', outlines, field, join(folder, 'a.png'), join(folder, 'b.png'));
          const records = followsSchema('frames', format, text, { spec, turns: args[0] === '--turns' });
          assert.ok(format === 'json' ? records === 3 : records > 20, `${records}`);
        }
        for (const file of readdirSync(outlines)) follows('outlines', JSON.parse(readFileSync(join(outlines, file), 'utf8')));
        assert.ok(readdirSync(outlines).length >= 2);
      }
    });
  });

  test('the count of a culture, with a chamber and without', async () => {
    for (const chamber of [[], ['--square-mm', '1']]) {
      for (const format of formats) {
        const text = await run('--model', 'viability', '--detect', '--count', ...chamber, '--format', format, field);
        assert.equal(followsSchema('count', format, text, { spec: viability }), format !== 'csv' ? 1 : chamber.length > 0 ? 18 : 16);
      }
    }
  });
});

describe('what the library writes', () => {
  let context: ExportContext;
  let records: (CellRecord & ClassifiedCell)[];
  const unread = { ...unreadFile('corrupt', 'Broken.'), index: 9, path: 'broken.png' };

  before(async () => {
    const second = await readModel(await writeSecondModel(true));
    const tiny = await readModel((file) => Promise.resolve(bytesOf(`${tinyModel}/${file}`)));
    const pipeline = await Pipeline.open(tiny, bytesOf('build/wasm/cytodrop_core.wasm'), { force: 'core', openOnnxRuntime: () => assert.fail('not needed') }, second);
    const outcomes = await pipeline.classify(tinyCases.map(({ image }) => bytesOf(`${tinyModel}/golden/${image}`)), allChecks);
    records = outcomes.map((outcome, index) => ({ ...(outcome.status === 'ok' ? outcome : assert.fail()), index, path: 'a.png' }));
    context = { spec: tiny.spec, secondModel: second.spec, checks: allChecks, runtime: pipeline.runtime, selfTest: pipeline.selfTest, appVersion: '0', fileNames: true };
    pipeline.close();
  });

  test('cells asked about by two models, one of them without a check of its map, and one not hashed', () => {
    const [first, ...rest] = records as [CellRecord & ClassifiedCell];
    const some: CellRecord[] = [{ ...first, deletion: null, pixelsSha256: null, novelty: null, quality: [{ flag: 'blank', measure: 'contrast', value: 0.1234567, limit: 1 }] }, ...rest, unread];
    const asked = { spec: context.spec, turns: true, map: true, second: true };
    for (const [format, write] of [['csv', toCsv], ['json', toJson], ['ndjson', toNdjson]] as const) assert.equal(followsSchema('cells', format, write(some, context), asked), some.length);
  });

  test('frames changed by hand: the number of the removed everywhere, their boxes in JSON, and the CSV\'s names for every box', () => {
    const box = (left_px: number) => ({ left_px, top_px: 3, width_px: 20, height_px: 21 });
    const { status: _, image, elapsedMs: __, pixelsSha256: ___, index: ____, path: _____, ...verdict } = records[0] as CellRecord & ClassifiedCell;
    const cell = (id: number, searchScore: number | null): FrameCell => ({ id, box: box(30 * id), outline: new Float32Array(), areaPx: 400.1234567, searchScore, cutByBorder: false, verdict });
    const frame: FrameRecord = {
      status: 'ok', index: 0, path: 'a.tif', facts: { image, pages: 2, channels: 2, pixel_size_um: 0.5, damaged: true, range: { low: 0, high: 255 }, decode_ms: 1 }, choice: { page: 1, channel: 0 },
      settings: { ...defaultSearch, pixel_size_um: 0.5 }, cells: [cell(0, 0.5), cell(1, null)], removedBoxes: [box(60), box(90)], elapsedMs: { decode: 1, detect: 1, classify: 1 },
    };
    const asked = { spec: context.spec, turns: true, map: true, second: true };
    const write = (format: ExportFormat): string => exportFrames(format, [frame, unread, { ...frame, cells: [] }], context);
    assert.deepEqual(formats.map((format) => followsSchema('frames', format, write(format), asked)), [4, 3, 4]);
    const [json] = (JSON.parse(write('json')) as { frames: (Record<string, unknown> & { cells: Record<string, unknown>[] })[] }).frames;
    const [line, second] = write('ndjson').split('\n', 2).map((text) => JSON.parse(text) as Record<string, unknown>);
    const row = typedRow('frames_row', parseCsv(write('csv'))[1] ?? {});
    const outlines = JSON.parse(toGeoJson(frame, context)) as Record<string, unknown>;
    follows('outlines', outlines);
    for (const one of [json, line, row, outlines]) assert.equal(one?.['removed_by_hand'], 2);
    for (const one of [json, line]) assert.deepEqual(one?.['removed_boxes'], [box(60), box(90)]);
    const names = ['left_px', 'top_px', 'width_px', 'height_px', 'centre_x_px', 'centre_y_px', 'search_score', 'by_hand'];
    for (const one of [json?.cells[1], second, row]) assert.deepEqual(names.map((name) => one?.[name]), [30, 3, 20, 21, 40, 13.5, null, true]);
    assert.deepEqual([line?.['unsure_below'], row['unsure_below']], [context.spec.judge.abstain_below, context.spec.judge.abstain_below]);
  });

  test('what people said: beside the model\'s answer, of cells and of frames, and in outlines before it', () => {
    const answer = { outcome: 'type' as const, type: 'ring', reviewer: '=AB', at: '2026-11-28T10:00:00.000Z', origin: 'random' as const };
    const review = { first: answer, second: { ...answer, outcome: 'cannot_tell' as const, type: null, reviewer: '' }, note: 'fold, "thick"' };
    const said = { ...context, reviewOf: (index: number, cell?: number) => (index === (cell === undefined ? 0 : 3) && (cell ?? 0) === 0 ? review : undefined) };
    const asked = { spec: context.spec, turns: true, map: true, second: true, review: true };
    for (const [format, write] of [['csv', toCsv], ['json', toJson], ['ndjson', toNdjson]] as const) assert.equal(followsSchema('cells', format, write([...records, unread], said), asked), records.length + 1);
    const [row, other] = parseCsv(toCsv(records, said));
    assert.deepEqual(['reviewed', 'review', 'reviewed_type', 'reviewer', 'reviewed_at', 'review_origin', 'second_reader_review', 'second_reader_type', 'second_reader', 'review_note'].map((name) => row?.[name]), ['true', 'type', 'ring', "'=AB", answer.at, 'random', 'cannot_tell', '', '', 'fold, "thick"']);
    assert.deepEqual([other?.['reviewed'], other?.['reviewed_type'], row?.['most_like']], ['false', '', records[0]?.label]);
    const { status: _, image, elapsedMs: __, pixelsSha256: ___, index: ____, path: _____, ...verdict } = records[0] as CellRecord & ClassifiedCell;
    const cell = (id: number): FrameCell => ({ id, box: { left_px: 30 * id, top_px: 3, width_px: 20, height_px: 21 }, outline: new Float32Array(), areaPx: 400, searchScore: 0.5, cutByBorder: false, ...(id < 2 && { verdict }) });
    const frame: FrameRecord & { status: 'ok' } = {
      status: 'ok', index: 3, path: 'a.tif', facts: { image, pages: 1, channels: 1, pixel_size_um: null, damaged: false, range: { low: 0, high: 255 }, decode_ms: 1 }, choice: { page: 0, channel: -1 },
      settings: { ...defaultSearch, pixel_size_um: null }, cells: [cell(0), cell(1), cell(2)], removedBoxes: [], elapsedMs: { decode: 1, detect: 1, classify: 1 },
    };
    const write = (format: ExportFormat): string => exportFrames(format, [frame, { ...unread, index: 0 }], said);
    assert.deepEqual(formats.map((format) => followsSchema('frames', format, write(format), asked)), [4, 2, 4]);
    assert.deepEqual(parseCsv(write('csv')).map((line) => line['reviewed_type']), ['ring', '', '', '']);
    const names = (JSON.parse(toGeoJson(frame, said)) as { features: { properties: { classification?: { name: string } } }[] }).features.map(({ properties }) => properties.classification?.name);
    assert.equal(names[0], context.spec.classes.find(({ id }) => id === 'ring')?.name);
    assert.equal(names[2], undefined);
  });

  test('a model that is not a shipped one: whose it is and its sum stand in every export, and nothing that would be run as a formula', () => {
    const specSha256 = '0'.repeat(64);
    const theirs: ExportContext = {
      ...context, spec: { ...context.spec, author: '=A. Person' }, added: true, secondAdded: true, provenance: { commit: '', platform: '', time: new Date(0).toISOString(), specSha256 },
    };
    const asked = { spec: context.spec, turns: true, map: true, second: true, added: true };
    const cellTexts = formats.map((format) => ({ csv: toCsv, json: toJson, ndjson: toNdjson })[format]([...records, unread], theirs));
    const [first] = records as [CellRecord & ClassifiedCell];
    const { status: _, image, elapsedMs: __, pixelsSha256: ___, index: ____, path: _____, ...verdict } = first;
    const frame: FrameRecord & { status: 'ok' } = {
      status: 'ok', index: 0, path: 'a.tif', facts: { image, pages: 1, channels: 1, pixel_size_um: null, damaged: false, range: { low: 0, high: 255 }, decode_ms: 1 }, choice: { page: 0, channel: -1 }, settings: { ...defaultSearch, pixel_size_um: null },
      cells: [{ id: 0, box: { left_px: 1, top_px: 3, width_px: 20, height_px: 21 }, outline: new Float32Array(), areaPx: 400, searchScore: 0.5, cutByBorder: false, verdict }], elapsedMs: { decode: 1, detect: 1, classify: 1 },
    };
    const frameTexts = formats.map((format) => exportFrames(format, [frame, unread], theirs));
    formats.forEach((format, i) => {
      followsSchema('cells', format, cellTexts[i] ?? '', asked);
      followsSchema('frames', format, frameTexts[i] ?? '', asked);
    });
    for (const [csv, json, ndjson] of [cellTexts, frameTexts]) {
      assert.deepEqual([parseCsv(csv ?? '')[0]?.['model_author'], parseCsv(csv ?? '')[0]?.['model_spec_sha256']], ["'=A. Person", specSha256]);
      const { model, second_model: second } = JSON.parse(json ?? '') as Record<string, Record<string, unknown>>;
      assert.deepEqual([model?.['shipped'], model?.['author'], model?.['spec_sha256'], second?.['shipped'], second?.['author']], [false, '=A. Person', specSha256, false, null]);
      const line = JSON.parse((ndjson ?? '').split('\n')[0] ?? '') as Record<string, unknown>;
      assert.deepEqual([line['model_author'], line['model_spec_sha256']], ['=A. Person', specSha256]);
    }
    const outlines = JSON.parse(toGeoJson(frame, theirs)) as Record<string, unknown>;
    follows('outlines', outlines);
    assert.deepEqual([outlines['model'], outlines['model_author'], outlines['model_spec_sha256']], [`${context.spec.name} ${context.spec.version}`, '=A. Person', specSha256]);
    for (const format of formats) {
      const text = exportCount(format, countCulture([], viability, null), null, { ...theirs, spec: { ...viability, author: 'A. Person' } });
      followsSchema('count', format, text, { spec: viability });
      assert.ok(text.includes(specSha256) && text.includes('A. Person'));
    }
    const { model } = JSON.parse(toJson(records, context)) as { model: Record<string, unknown> };
    assert.deepEqual([model['shipped'], model['author']], [true, null]);
    assert.ok(!toCsv(records, context).includes('model_author'));
  });

  test('the count of nothing', () => {
    const none = { ...context, spec: viability };
    for (const format of formats) followsSchema('count', format, exportCount(format, countCulture([], viability, null), null, none), { spec: viability });
  });

  /** Every object in a value, with the way to it. */
  function objectsIn(value: unknown, way = ''): [way: string, object: Record<string, unknown>][] {
    if (typeof value !== 'object' || value === null) return [];
    const inside = Object.entries(value).flatMap(([key, one]) => objectsIn(one, `${way}/${key}`));
    return Array.isArray(value) ? inside : [[way, value as Record<string, unknown>], ...inside];
  }

  test('a field too many, at any depth, one too few, or one of another kind is a fault', async () => {
    const detect = ['--model', 'viability', '--detect', '--turns', '--geojson'];
    await withFolder(async (folder) => {
      const [labels, image] = [join(folder, 'labels.csv'), fileURLToPath(new URL('models/blood-smear/golden/simulated-neutrophil-2.png', root))];
      writeFileSync(labels, 'file,type\nsimulated-neutrophil-2.png,neutrophil\n');
      // A cell, a grey picture and an empty file: no list of the summary is empty.
      const [pooled, empty, tagged] = ['pooled.ndjson', 'empty.png', 'tagged.png'].map((name) => join(folder, name)) as [string, string, string];
      writeFileSync(empty, '');
      writeFileSync(tagged, taggedPng('public/samples/viability/fields/simulated-field-1.png'));
      assert.equal((await cytodrop('classify', '--model', 'blood-smear', '--turns', '--output', pooled, image, field, empty)).code, 2);
      const documents = {
        cells: JSON.parse(toJson(records, context)), cells_line: JSON.parse(toNdjson(records.slice(0, 1), context)), cells_row: typedRow('cells_row', parseCsv(toCsv(records, context))[0] ?? {}),
        frames: JSON.parse(await run(...detect, folder, '--format', 'json', field)), frames_line: JSON.parse((await run(...detect, folder, '--format', 'ndjson', field)).split('\n')[0] ?? ''),
        frames_row: typedRow('frames_row', parseCsv(await run(...detect, folder, '--format', 'csv', field))[0] ?? {}),
        count: JSON.parse(await run(...detect, folder, '--count', '--square-mm', '1', '--format', 'json', field)), count_row: { quantity: 'cells', value: 3, low_95: null, high_95: null, formula: null },
        outlines: JSON.parse(readFileSync(join(folder, '0001 simulated-field-1.geojson'), 'utf8')),
        measurement: JSON.parse((await cytodrop('measure', '--model', 'blood-smear', '--truth', labels, '--draws', '100', image)).stdout),
        inspection: JSON.parse((await cytodrop('inspect', '--format', 'json', tagged)).stdout),
        summary: JSON.parse((await cytodrop('summarise', '--format', 'json', pooled)).stdout),
      } as Record<string, Record<string, unknown>>;
      assert.deepEqual(Object.keys(documents).sort(), Object.keys(schemas).filter((name) => name !== 'parts').sort());
      for (const [name, document] of Object.entries(documents)) {
        follows(name, document);
        for (const [way, object] of objectsIn(document).filter((_, i) => i < 40)) {
          object['no field!'] = 1;
          assert.notEqual(faults(name, document), '', `${name}${way} with a field too many`);
          delete object['no field!'];
          const [key = '', value] = Object.entries(object)[0] ?? [];
          object[key] = { other: true };
          assert.notEqual(faults(name, document), '', `${name}${way}/${key} of another kind`);
          object[key] = value;
        }
        follows(name, document);
        for (const key of Object.keys(document).filter((one) => !/^(p_|turns|map_|random|middle|empty|second|foreign_set)/.test(one))) {
          const { [key]: _, ...rest } = document;
          assert.notEqual(faults(name, rest), '', `${name} without ${key}`);
        }
      }
    });
  });
});

describe('docs/exports.md', () => {
  const text = readFileSync(new URL('docs/exports.md', root), 'utf8');

  /** Rows of the table below a heading: the first two cells, without their marks. */
  function tableOf(heading: string): [string, string][] {
    const section = text.split(/^#+ /m).find((one) => one.startsWith(`${heading}\n`)) ?? assert.fail(`There is no "${heading}".`);
    const rows = section.split('\n').filter((line) => line.startsWith('| ')).slice(1).map((line) => line.split(' | ').map((cell) => cell.replace(/^\| /, '').replace(/^`(.*)`$/, '$1').trim()));
    assert.equal(new Set(rows.map(([name]) => name)).size, rows.length, heading);
    return rows.map(([name = '', csv = '']) => [name, csv === 'same' ? name : csv]);
  }
  const json = (...headings: string[]): string[] => headings.flatMap(tableOf).map(([name]) => name);
  const csv = (...headings: string[]): string[] => headings.flatMap(tableOf).map(([, name]) => name).filter((name) => name !== '–');
  const below = (way: string, names: string[]): string[] => names.map((name) => `${way}.${name}`);

  /** Ways to all fields of a schema that hold no other. */
  function waysIn(schema: Schema, way = ''): string[] {
    const { properties = {}, patternProperties = {}, items, allOf = [], oneOf = [] } = resolve(schema);
    const named = (pattern: string): string => `${/^\^([A-Za-z]*[ _])?/.exec(pattern)?.[1] ?? ''}${pattern.startsWith('^P') ? '{name}' : '{id}'}`;
    const inside = [
      ...Object.entries(properties), ...Object.entries(patternProperties).map(([pattern, one]): [string, Schema] => [named(pattern), one]),
    ].flatMap(([name, one]) => waysIn(one, way === '' ? name : `${way}.${name}`));
    const all = [...inside, ...[...allOf, ...oneOf].flatMap((one) => waysIn(one, way)), ...(items && Object.keys(resolve(items)).some((key) => /Of$|^properties$/.test(key)) ? waysIn(items, `${way}[]`) : [])];
    return all.length === 0 && way !== '' ? [way] : all;
  }
  const fieldsOf = (name: string): string[] => [...new Set(waysIn(schemas[name] ?? assert.fail(name)))].sort();
  const sorted = (names: string[]): string[] => [...new Set(names)].sort();

  const [head, line, verdict, checks, said] = ['Head of a JSON document', 'What every line repeats', 'A verdict', 'Further checks', 'What people said'];
  const [cell, frame, frameCell, count, outlines] = ['Each cell', 'Each frame', 'Each cell of a frame', 'Count of a culture', 'Outlines: GeoJSON'];
  const [scaled, unusual, added] = ['What lines of images brought to size have too', 'What lines of unusual sets have too', 'What lines have too where the model is not a shipped one'];
  const documented: Record<string, () => string[]> = {
    cells: () => [...json(head), ...below('cells[]', json(cell, verdict, checks, said))],
    cells_line: () => json(cell, verdict, checks, said, line, scaled, unusual, added),
    cells_row: () => csv(cell, verdict, checks, said, line, scaled, unusual, added),
    frames: () => [...json(head), ...below('frames[]', json(frame)), ...below('frames[].cells[]', json(frameCell, verdict, checks, said))],
    frames_line: () => json(frame, frameCell, verdict, checks, said, line, unusual, added),
    frames_row: () => csv(frame, frameCell, verdict, checks, said, line, unusual, added),
    count: () => json(count),
    outlines: () => json(outlines),
    measurement: () => json('Measurement of a model'),
    summary: () => json('Summary of many results'),
    inspection: () => json('What is in a file'),
  };
  for (const [name, names] of Object.entries(documented)) {
    test(`names every field of the schema ${name} and no other`, () => assert.deepEqual(sorted(names()), fieldsOf(name)));
  }

  test('names every row of a count and no other, and its columns', () => {
    const context = { spec: viability, runtime: { engine: { kind: 'core' as const, name: 'core', threads: 1 }, engineReason: '', coreVersion: '0' }, appVersion: '0', fileNames: false, added: true };
    const chamber = { squareMm: 1, depthMm: 0.1, dilution: 1 };
    const written = parseCsv(exportCount('csv', countCulture([{ status: 'ok', cells: [] }], viability, chamber), chamber, context)).map(({ quantity = '' }) => quantity);
    const [first = '', second = ''] = viability.classes.map(({ id }) => id);
    assert.deepEqual(sorted(csv(count).flatMap((name) => (name === '{id}' ? [first, second] : [name.replace('{first}', first)]))), written.sort());
    for (const column of schemas['count_row']?.columns ?? []) assert.ok(text.includes(`\`${column}\``), column);
  });

  test('names the schemas that exports name, and its examples follow them', () => {
    for (const name of Object.values(schemaNames)) {
      const of = name.split('/')[1] as string;
      for (const one of [of, `${of}_line`, `${of}_row`].filter((file) => file in schemas)) {
        assert.ok(JSON.stringify(schemas[one]).includes(`{"const":"${name}"}`) || one === 'count_row', `${one} is not of ${name}`);
        assert.ok(text.includes(`\`${one}\``), one);
      }
    }
    const examples = [...text.matchAll(/^```json\n([^]*?)```$/gm)].map(([, example = '']) => JSON.parse(example) as { schema: string });
    assert.deepEqual(examples.map(({ schema }) => schema), [schemaNames.cells, schemaNames.frames]);
    for (const example of examples) follows(example.schema === schemaNames.cells ? 'cells_line' : 'frames_line', example);
  });
});
