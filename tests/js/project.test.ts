/** A project as one file: what is written is what is read, and what is not as it must be is refused whole. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { BlobReader, BlobWriter, TextReader, TextWriter, ZipReader, ZipWriter } from '@zip.js/zip.js';
import { bytesOf, root, tinyCases, tinyModel } from '../border/fixtures.ts';
import type { CellRecord } from '../../src/js/classify/outcome.ts';
import { Pipeline } from '../../src/js/classify/pipeline.ts';
import { defaultSearch } from '../../src/js/frames/search.ts';
import { readModel } from '../../src/js/model/model_files.ts';
import { cellKey, frameOfKey, type Project, type ProjectFrame, projectSchema } from '../../src/js/project/project.ts';
import { projectFileName, readProject, writeProject } from '../../src/js/project/project_file.ts';
import { countsOf, resultsOf, reviewsOf } from '../../src/js/project/project_results.ts';
import { typedParse, typedStringify } from '../../src/js/project/typed_json.ts';

const images = tinyCases.map(({ image }) => bytesOf(`${tinyModel}/golden/${image}`));
let project: Project;
let spec: Awaited<ReturnType<typeof readModel>>['spec'];

before(async () => {
  const model = await readModel((file) => Promise.resolve(bytesOf(`${tinyModel}/${file}`)));
  spec = model.spec;
  const pipeline = await Pipeline.open(model, bytesOf('build/wasm/cytodrop_core.wasm'), { force: 'core', openOnnxRuntime: () => assert.fail('not needed') });
  const outcomes = await pipeline.classify(images, { turns: true, map: false });
  const records = outcomes.map((outcome, index): CellRecord => ({ ...outcome, index, path: `dish/${index}.png` }));
  const [first] = outcomes;
  assert.ok(first?.status === 'ok');
  const { status: _, image, elapsedMs: __, pixelsSha256: ___, ...verdict } = first;
  const series = { name: 'scan', levels: [{ width_px: 160_000, height_px: 90_000 }, { width_px: 40_000, height_px: 22_500 }], channels: [{ name: '', wavelength_nm: null }], z: 1, t: 1, samples: 3, bits: 8, x_um: 0.25, y_um: 0.25, z_um: null };
  const file = { format: 'TIFF', series: [series], place: { series: 0, channel: 0, z: 0, t: 0 }, reason: '' };
  const frame: ProjectFrame = {
    pictures: { '0 0 1   overview': { cells: [], removed: [], pixelSizeUm: 1 } },
    path: 'dish/0.png', removed: [{ left_px: 1, top_px: 2, width_px: 3, height_px: 4 }], own: { search: { sensitivity: 0.4 } }, searchedAs: '[]', range: null, nextId: 7,
    analysis: {
      status: 'ok', facts: { image, pages: 1, channels: 1, pixel_size_um: 0.5, damaged: false, range: { low: 0, high: 255 }, decode_ms: 1, file }, choice: { page: 0, channel: 0, level: 1, region: { left_px: 4, top_px: 5, width_px: 30, height_px: 20 } }, settings: { ...defaultSearch, pixel_size_um: null },
      cells: [{ id: 3, box: { left_px: -2, top_px: 2, width_px: 30, height_px: 40 }, outline: Float32Array.of(0, 0, 5, 0, 5, 5), areaPx: 12.5, isEllipse: true, morphometry: { areaPx: 12, equivalentDiameterPx: 3.9, perimeterPx: NaN, feretDiameterPx: NaN, circularity: NaN, elongation: NaN, solidity: NaN, greyMean: 7, greySpread: 1, granularity: 0.1 }, searchScore: 0.9, cutByBorder: true, verdict }], elapsedMs: { decode: 1, detect: 2, classify: 3 },
    },
  };
  const answer = { outcome: 'type' as const, type: 'bar', reviewer: 'AB', at: '2026-11-28T10:00:00.000Z', origin: 'random' as const };
  project = {
    head: {
      schema: projectSchema, id: 'abc', name: 'Dish 1/2: “thick”', createdAtMs: 1, changedAtMs: 2, cytodrop: '0', model: { name: spec.name, version: spec.version, specSha256: null }, runtime: pipeline.runtime,
      settings: { mode: 'cells', naming: true, imageScale: 1, unsureBelow: 0.7, types: null, checkTurns: true, secondModel: null, hand: { search: {} }, leftOut: [], taken: [], sample: { indices: [1, 0], strata: null, of: 2 } },
      place: { layout: 'table' }, counts: { images: images.length, cells: images.length, reviewed: 2, bytes: 1 },
    },
    images: images.map(({ length }, i) => ({ path: `dish/${i}.png`, intended: null, sizeBytes: length, sha256: null })),
    records, frames: [frame],
    reviews: { cells: [[0, { first: answer, second: null, note: 'fold' }], [1, { first: { ...answer, outcome: 'no_cell', type: null }, second: answer, note: '' }]], fields: [[cellKey(0, 3), { first: answer, second: null, note: '' }]] },
    labels: { file: 'labels.csv', text: 'image;cell\n0.png;Neu\n', heads: ['image', 'cell'], fileColumn: 'image', typeColumn: 'cell', names: { Neu: 'bar' } },
    teaching: {
      base: null, types: [{ id: 'bar', name: 'Bar', letter: 'B', description: 'A bar.' }], labels: [[0, 'bar', 'day 1']], sure: [0], inFrames: { labels: [[cellKey(0, 3), 'bar', 'dish']], sure: [cellKey(0, 3)] },
      square: { sidePx: 48, pixelSizeUm: 0.5, search: { least_diameter: 8, most_diameter: 60, method: 'round' } }, grouping: 'folder', table: null, about: { title: 'Bars', author: '', data: '' },
    },
  };
  pipeline.close();
});

const write = (of: Project = project, withImages = true): Promise<Blob> => writeProject(of, { fileOf: (i) => (withImages ? new Blob([images[i] as Uint8Array<ArrayBuffer>]) : null) });

/** The same file with some of its parts changed; null takes one out. */
async function changed(file: Blob, parts: Record<string, string | null | ((text: string) => string)>): Promise<Blob> {
  const writer = new ZipWriter(new BlobWriter());
  for (const entry of await new ZipReader(new BlobReader(file)).getEntries()) {
    const change = parts[entry.filename];
    if (entry.directory || change === null) continue;
    if (change === undefined) await writer.add(entry.filename, new BlobReader(await entry.getData(new BlobWriter())), { level: 0 });
    else await writer.add(entry.filename, new TextReader(typeof change === 'string' ? change : change(await entry.getData(new TextWriter()))));
  }
  return writer.close();
}

describe('a project file', () => {
  test('gives back all that was written, to the last bit, and the images byte for byte', async () => {
    const { fileOf, ...read } = await readProject(await write());
    assert.deepEqual(read.head, project.head);
    assert.deepEqual(read.records, project.records);
    assert.deepEqual(read.frames, project.frames);
    assert.deepEqual(read.reviews, project.reviews);
    assert.deepEqual(read.labels, project.labels);
    assert.deepEqual(read.teaching, project.teaching);
    for (const [i, bytes] of images.entries()) assert.deepEqual(new Uint8Array((await (await fileOf(i))?.arrayBuffer()) ?? []), bytes);
  });

  test('without images says so, and is small', async () => {
    const file = await write(project, false);
    const { fileOf } = await readProject(file);
    assert.equal(await fileOf(0), null);
    assert.ok(file.size < (await write()).size);
  });

  test('packed anew by another program, images compressed, still opens', async () => {
    const writer = new ZipWriter(new BlobWriter());
    for (const entry of await new ZipReader(new BlobReader(await write())).getEntries()) if (!entry.directory) await writer.add(entry.filename, new BlobReader(await entry.getData(new BlobWriter())), { level: 9 });
    const { fileOf } = await readProject(await writer.close());
    assert.deepEqual(new Uint8Array((await (await fileOf(0))?.arrayBuffer()) ?? []), images[0]);
  });

  test('has a name that every file system takes', () => {
    assert.equal(projectFileName(project.head), 'Dish 1_2_ _thick_.cytodrop');
    assert.equal(projectFileName({ name: '../..' }), '_...cytodrop');
    assert.equal(projectFileName({ name: '' }), 'project.cytodrop');
  });

  test('comes to what its people and its model say', () => {
    const counts = countsOf(project, spec);
    assert.deepEqual([counts.get('bar'), counts.get('no_cell'), [...counts.values()].reduce((a, b) => a + b)], [1 + project.records.slice(2).filter((record) => record?.status === 'ok' && record.label === 'bar' && !record.foreign && record.probability >= 0.7).length, 1, images.length]);
    const { frames } = resultsOf(project);
    assert.equal(frames[0]?.path, 'dish/0.png');
    assert.equal(reviewsOf(project)?.(0, 3)?.first?.reviewer, 'AB');
    assert.equal(reviewsOf(project)?.(0)?.note, 'fold');
    assert.equal(reviewsOf(project)?.(2), undefined);
    assert.equal(resultsOf({ ...project, head: { ...project.head, settings: { ...project.head.settings, leftOut: [0] } } }).records.length, images.length - 1);
    assert.deepEqual([frameOfKey(cellKey(5, 9)), frameOfKey(9)], [5, 0]);
  });

  test('of the first version opens, as long as there are such', async () => {
    const { head, records, reviews, labels, fileOf } = await readProject(new Blob([readFileSync(new URL('tests/golden/project-1.cytodrop', root))]));
    assert.deepEqual([head.schema, head.model?.name, records.length, reviews.cells.length], ['cytodrop/project/1', 'viability', 2, 1]);
    assert.equal(labels, null);
    assert.deepEqual([reviews.cells[0]?.[0], reviews.cells[0]?.[1].first?.type, reviews.cells[0]?.[1].first?.reviewer], [1, 'live', 'AB']);
    assert.equal((await fileOf(0))?.size, 995);
  });
});

describe('a project file that is not as it must be is refused in one line', () => {
  const faults: [what: string, parts: Parameters<typeof changed>[1], words: RegExp][] = [
    ['no manifest', { 'manifest.json': null }, /no project file/],
    ['no records', { 'records.ndjson': null }, /no records\.ndjson/],
    ['a cell of a frame of no type', { 'teaching.json': '{"base":null,"types":[],"labels":[],"sure":[],"inFrames":{"labels":[[3,"x",""]],"sure":[]},"grouping":null,"table":null,"about":{"title":"","author":"","data":""}}' }, /is not as it must be/],
    ['a lesson of no type', { 'teaching.json': '{"base":null,"types":[],"labels":[[0,"x",""]],"sure":[],"grouping":null,"table":null,"about":{"title":"","author":"","data":""}}' }, /is not as it must be/],
    ['a table without its columns', { 'labels.json': '{"file":"a.csv","text":"a"}' }, /labels\.heads/],
    ['no JSON', { 'answers.json': '{' }, /answers\.json is no JSON/],
    ['a newer version', { 'manifest.json': (text) => text.replace('"schema":"cytodrop/project/1"', '"schema":"cytodrop/project/9"') }, /newer Cytodrop/],
    ['no version', { 'manifest.json': (text) => text.replace('cytodrop/project/1', 'something') }, /head\.schema/],
    ['nothing in the manifest', { 'manifest.json': 'null' }, /says nothing of the project/],
    ['a probability that is none', { 'records.ndjson': (text) => text.replace(/"probability":[\d.e-]+/, '"probability":7') }, /records\.0/],
    ['a probability that is a text', { 'records.ndjson': (text) => text.replace(/"probability":[\d.e-]+/, '"probability":"<b>"') }, /records\.0/],
    ['numbers that are no floats', { 'records.ndjson': (text) => text.replace(/"~f32":"[^"]*"/, '"~f32":"AAA="') }, /records\.ndjson is no JSON/],
    ['a map of another size', { 'records.ndjson': (text) => text.replace(/"height":\d+/, '"height":5000') }, /records\.0/],
    ['a record of another image', { 'records.ndjson': (text) => text.replace('"index":0', '"index":1') }, /is not as it must be/],
    ['more records than images', { 'records.ndjson': (text) => text + text }, /is not as it must be/],
    ['a prototype', { 'answers.json': '{"cells":[],"fields":[],"__proto__":{"x":1}}' }, /answers\.json is no JSON/],
    ['an answer of no kind', { 'answers.json': (text) => text.replace('"no_cell"', '"perhaps"') }, /reviews/],
    ['a frame with half a point', { 'frames.ndjson': (text) => text.replace(/("outline":\{"~f32":")[^"]*/, '$1AAAAAA==') }, /frames/],
    ['a slide without levels', { 'frames.ndjson': (text) => text.replace(/"levels":\[[^\]]*\]/, '"levels":[]') }, /frames/],
    ['a place that its file does not have', { 'frames.ndjson': (text) => text.replace('"place":{"series":0', '"place":{"series":1') }, /frames/],
    ['a projection of no kind', { 'frames.ndjson': (text) => text.replace('"choice":{', '"choice":{"projection":"least",') }, /frames/],
    ['an image left out that is not there', { 'manifest.json': (text) => text.replace('"leftOut":[]', '"leftOut":[99]') }, /is not as it must be/],
  ];
  for (const [what, parts, words] of faults) {
    test(what, async () => {
      const file = await changed(await write(), parts);
      await assert.rejects(readProject(file), (error: Error) => words.test(error.message) && !error.message.includes('\n') && error.name === 'CytodropError');
    });
  }

  test('no zip, nothing, and a file cut anywhere', async () => {
    const whole = await write();
    for (const file of [new Blob([]), new Blob(['PK']), new Blob([images[0] as Uint8Array<ArrayBuffer>])]) await assert.rejects(readProject(file), /no project file/);
    for (let i = 1; i < 40; i++) await assert.rejects(readProject(whole.slice(0, Math.floor((i * whole.size) / 40))), { name: 'CytodropError' });
  });

  test('an image of another size than the manifest says', async () => {
    const file = await changed(await write(), { 'manifest.json': (text) => text.replace(/"sizeBytes":\d+/, '"sizeBytes":17') });
    const { fileOf } = await readProject(file);
    await assert.rejects(fileOf(0), /has another size/);
  });

  test('text that unpacks to more than it says', async () => {
    const bytes = new Uint8Array(await (await write()).arrayBuffer());
    const view = new DataView(bytes.buffer);
    // The uncompressed size in the central directory, of the first entry.
    for (let i = bytes.length - 22; i >= 0; i--) {
      if (view.getUint32(i, true) !== 0x02014b50) continue;
      if (view.getUint16(i + 28, true) !== 'manifest.json'.length) continue;
      view.setUint32(i + 24, 10, true);
    }
    await assert.rejects(readProject(new Blob([bytes])), { name: 'CytodropError' });
  });
});

test('typed arrays survive JSON bit for bit, also where they are views of a part', () => {
  const all = Float32Array.of(1, NaN, -0, Infinity, 1e-45);
  const value = { a: all.subarray(1), b: [Float64Array.of(Math.PI)], c: { '~f32': 'x', other: 1 }, d: [NaN, -Infinity, 1] };
  const read = typedParse(typedStringify(value)) as typeof value;
  assert.deepEqual([...read.a], [NaN, -0, Infinity, 1.401298464324817e-45]);
  assert.deepEqual(read.b, value.b);
  assert.deepEqual(read.c, value.c);
  assert.deepEqual(read.d, value.d);
});

test('whatever a byte is changed to, a file opens or is refused, and nothing else happens', async () => {
  const whole = new Uint8Array(await new Blob([readFileSync(new URL('tests/golden/project-1.cytodrop', root))]).arrayBuffer());
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let refused = 0;
  for (let i = 0; i < 400; i++) {
    const bytes = whole.slice();
    for (let change = 0; change <= random(4); change++) bytes[random(bytes.length)] = random(256);
    const file = new Blob([random(5) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes]);
    try {
      const { fileOf, images: all } = await readProject(file);
      for (let image = 0; image < Math.min(3, all.length); image++) await fileOf(image);
    } catch (error) {
      assert.equal((error as Error).name, 'CytodropError', String((error as Error).stack));
      refused++;
    }
  }
  assert.ok(refused > 50 && refused < 400, `${refused}`);
  // The same within its texts, whose sums are then right.
  const file = await write();
  const signs = '0123456789-.eE"{}[]:,nulltrefas~ <\\';
  let opened = 0;
  for (let i = 0; i < 250; i++) {
    const part = ['manifest.json', 'records.ndjson', 'frames.ndjson', 'answers.json'][i % 4] as string;
    const spoiled = await changed(file, { [part]: (text) => {
      const at = random(text.length);
      return text.slice(0, at) + (signs[random(signs.length)] ?? '') + text.slice(at + 1 + random(3));
    } });
    await readProject(spoiled).then(() => { opened++; }, (error: Error) => assert.equal(error.name, 'CytodropError', String(error.stack)));
  }
  assert.ok(opened > 20 && opened < 230, `${opened}`);
});
