/** Teaching types of one's own through the library's front door, under Node. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type CellRecord, Classifier, CytodropError, type Examination, type Lesson, probabilitiesOf, Teacher, typesNamed, verdictWords, warningWords, zip } from '../../src/js/index.ts';
import { readTensor } from '../../src/js/model/safetensors.ts';
import { bytesOf, jsonOf, root } from '../border/fixtures.ts';
import { type Drawing, drawnCell } from './drawn_cells.ts';

const home = new URL('build/wasm/', root);
const base = new URL('models/cell-encoder', root);
const types = typesNamed(['One nucleus', 'Two nuclei']);

interface Planted extends Drawing { type?: string; path?: string; group?: string }

let teacher: Teacher;
before(async () => { teacher = await Teacher.open({ base, home, jobs: 1 }); });
after(() => teacher.close());

/** Twenty of each unless told. */
function cells(count = 20): Planted[] {
  return ([1, 2] as const).flatMap((nuclei) => Array.from({ length: count }, (_, seed) => ({ nuclei, seed })));
}

async function lessonsOf(planted: Planted[], by = teacher): Promise<Lesson[]> {
  const lessons: Lesson[] = [];
  const images = planted.map((one, i) => ({ path: one.path ?? `${types[one.nuclei - 1]?.id}/${i}.bmp`, source: drawnCell(one) }));
  for await (const shown of by.show(images)) {
    assert.equal(shown.status, 'ok');
    const { nuclei, type = types[nuclei - 1]?.id ?? '', group } = planted[shown.index] as Planted;
    if (shown.status === 'ok') lessons.push({ cell: shown.cell, type, path: shown.path, group: group ?? shown.path });
  }
  return lessons;
}

const kinds = ({ warnings }: Examination): string[] => warnings.map(({ kind }) => kind);

describe('two types, twenty of each', () => {
  let examination: Examination;
  let model: Map<string, Uint8Array>;
  before(async () => {
    examination = await teacher.examine(await lessonsOf(cells()), types);
    model = await teacher.model(examination, { name: 'nuclei', title: 'Nuclei', author: 'A teacher', groupedBy: 'file' });
  });

  test('are told apart on cells that were left out, each named once', () => {
    const { crossValidated } = examination;
    assert.ok(crossValidated);
    assert.deepEqual([crossValidated.parts, crossValidated.isGrouped, crossValidated.groups, crossValidated.right.of], [5, true, 40, 40]);
    assert.ok(crossValidated.right.cells >= 38, String(crossValidated.right.cells));
    assert.equal(crossValidated.confusion.flat().reduce((sum, cells) => sum + cells), 40);
    assert.deepEqual(crossValidated.curve.map(({ learnedFrom }) => learnedFrom), [8, 16, 32]);
    assert.match(verdictWords(crossValidated), /^On pictures that it has not seen it names (9\d|100) of 100 rightly \(\d+–100\)\.$/);
    // That none of forty was wrong does not show that none ever will be.
    assert.ok(Math.max(...crossValidated.probabilities) < 0.999);
    assert.deepEqual(kinds(examination), []);
  });

  test('the model follows the schema and names drawn cells that nobody showed it, as a folder and as a zip, to the last bit', async () => {
    const matches = new Ajv2020({ strictTypes: false }).compile(jsonOf('models/spec.schema.json'));
    assert.ok(matches(JSON.parse(new TextDecoder().decode(model.get('spec.json')))), JSON.stringify(matches.errors));
    const unseen = ([1, 2] as const).flatMap((nuclei) => Array.from({ length: 10 }, (_, i) => ({ nuclei, seed: 500 + i })));
    const asZip = zip([...model].map(([name, bytes]) => ({ name, bytes })));
    const named = async (source: Map<string, Uint8Array> | Uint8Array): Promise<CellRecord[]> => {
      await using classifier = await Classifier.open(source, { home, jobs: 1 });
      assert.ok(classifier.selfTest.passed);
      assert.equal(classifier.selfTest.maxLogitDifference, 0);
      const found: CellRecord[] = [];
      for await (const record of classifier.classifyAll(unseen.map(drawnCell))) found.push(record);
      return found;
    };
    const [first, second] = [await named(model), await named(asZip)];
    const result = (record: CellRecord): unknown => record.status === 'ok' && { label: record.label, logits: record.logits, novelty: record.novelty, maps: Array.from(record.maps.values) };
    assert.deepEqual(first.map(result), second.map(result));
    const right = first.filter((record, i) => record.status === 'ok' && record.label === types[(unseen[i]?.nuclei ?? 0) - 1]?.id).length;
    assert.ok(right >= 19, String(right));
    const maps = first.flatMap((record) => (record.status === 'ok' ? [record.maps] : []));
    assert.deepEqual([maps[0]?.height, maps[0]?.width], [4, 4]);
  });

  test('a model whose spec or files somebody changed is refused in one line', async () => {
    const changed = async (change: (spec: Record<string, Record<string, unknown>>) => void, file?: string): Promise<string> => {
      const spec = JSON.parse(new TextDecoder().decode(model.get('spec.json'))) as Record<string, Record<string, unknown>>;
      change(spec);
      const files = new Map([...model, ['spec.json', new TextEncoder().encode(JSON.stringify(spec))]]);
      if (file !== undefined) files.set(file, new Uint8Array(100));
      const asZip = zip([...files].map(([name, bytes]) => ({ name, bytes })));
      return Classifier.open(asZip, { home, jobs: 1 }).then(async (classifier) => { await classifier.close(); return 'taken'; }, (error: Error) => error.message);
    };
    for (const [words, said] of [
      [await changed(() => {}), /^taken$/], [await changed(({ network }) => { (network ?? {})['file'] = 'encoder/../../spec.json'; }), /not as it must be/],
      [await changed(({ network }) => { delete network?.['features']; }), /not as it must be/], [await changed(({ taught }) => { (taught ?? {})['curve'] = [['a', 1]]; }), /not as it must be/],
      [await changed(() => {}, 'encoder/imagenet.onnx'), /imagenet\.onnx/], [await changed(() => {}, 'encoder/encoder.json'), /encoder\.json/], [await changed(() => {}, 'novelty.safetensors'), /novelty/],
    ] as const) {
      assert.match(words, said);
      assert.doesNotMatch(words, /\n/);
    }
  });

  test('a picture of another kind is foreign to it', async () => {
    await using classifier = await Classifier.open(model, { home, jobs: 1 });
    const foreign = await Promise.all(['public/samples/viability', 'public/samples/prostate-lines'].map(async (folder) => {
      const [file] = readdirSync(new URL(folder, root)).filter((name) => /\.(png|jpg|tif)$/.test(name));
      return (await classifier.classify(new URL(`${folder}/${file}`, root))).foreign;
    }));
    assert.deepEqual(foreign, [true, true]);
  });

  test('learned at once it says the same of most cells, and refits with another label', async () => {
    const { lessons } = examination;
    const quick = await teacher.learn(lessons, types);
    const named = lessons.filter(({ cell, type }) => { const p = probabilitiesOf(quick, cell); return types[p.indexOf(Math.max(...p))]?.id === type; });
    assert.ok(named.length >= 38);
    const swapped = await teacher.learn(lessons.map((lesson) => ({ ...lesson, type: types[1 - types.findIndex(({ id }) => id === lesson.type)]?.id ?? '' })), types);
    const [before, then] = [probabilitiesOf(quick, (lessons[0] as Lesson).cell), probabilitiesOf(swapped, (lessons[0] as Lesson).cell)];
    assert.ok((before[0] ?? 0) > 0.5 && (then[0] ?? 1) < 0.5);
  });

  test('what to label next: cells between the types, and no two copies of one', async () => {
    const { lessons } = examination;
    const head = await teacher.learn(lessons, types);
    const sure = await lessonsOf(cells(6).map((one) => ({ ...one, seed: 700 + one.seed })));
    const margin = (cell: (typeof lessons)[number]['cell']): number => { const [a = 0, b = 0] = probabilitiesOf(head, cell).sort((p, q) => q - p); return a - b; };
    const margins = sure.map(({ cell }) => margin(cell));
    const doubtful = margins.indexOf(Math.min(...margins));
    const others = [...sure, sure[doubtful] as Lesson].map(({ cell }) => cell);
    const found = await teacher.suggest(head, lessons.map(({ cell }) => cell), others, 5);
    assert.equal(new Set(found).size, 5);
    assert.equal(Number(found.includes(doubtful)) + Number(found.includes(12)), 1, `${doubtful} in ${found.join()}`);
    const mean = (places: number[]): number => places.reduce((sum, place) => sum + margin(others[place] as (typeof others)[number]), 0) / places.length;
    assert.ok(mean(found) < mean([...others.keys()].filter((place) => !found.includes(place))));
  });

  test('the same lessons give the same bits', async () => {
    const again = await teacher.model(await teacher.examine(examination.lessons, types), { name: 'nuclei', title: 'Nuclei', author: 'A teacher', groupedBy: 'file' });
    for (const file of ['head.safetensors', 'novelty.safetensors', 'golden/golden.json']) assert.deepEqual(again.get(file), model.get(file), file);
  });
});

describe('what is planted is found', () => {
  test('a ground that differs between the types', async () => {
    const planted = cells().map((one) => ({ ...one, ground: one.nuclei === 1 ? 232 : 205 }));
    const examination = await teacher.examine(await lessonsOf(planted), types);
    assert.equal(kinds(examination)[0], 'background');
    assert.match(warningWords(examination.warnings[0] as Examination['warnings'][number], examination).found, /corners/);
  });

  test('copies, under one type and under two', async () => {
    const planted: Planted[] = [...cells(), { nuclei: 1, seed: 3, path: 'copy.bmp' }, { nuclei: 2, seed: 5, type: 'one_nucleus', path: 'contradiction.bmp' }];
    const examination = await teacher.examine(await lessonsOf(planted), types);
    const [contradictions, copies] = [examination.warnings.find(({ kind }) => kind === 'two_labels'), examination.warnings.find(({ kind }) => kind === 'copies')];
    assert.deepEqual(contradictions, { kind: 'two_labels', pairs: [[25, 41]] });
    assert.deepEqual(copies, { kind: 'copies', pairs: [[3, 40]] });
  });

  test('five wrong labels of a hundred: at least three are among the first ten of the doubtful', async () => {
    const wrong = [7, 19, 33, 61, 88];
    const planted = cells(50).map((one, i) => ({ ...one, ...(wrong.includes(i) && { type: types[one.nuclei === 1 ? 1 : 0]?.id ?? '' }) }));
    const { doubtful } = await teacher.examine(await lessonsOf(planted), types);
    const first = doubtful.slice(0, 10).map(({ lesson }) => lesson);
    assert.ok(wrong.filter((lesson) => first.includes(lesson)).length >= 3, first.join());
  });

  test('few and uneven cells, and groups that hold one type each', async () => {
    const planted = cells().filter(({ nuclei, seed }) => nuclei === 1 || seed < 4).map((one) => ({ ...one, group: `day ${one.nuclei}`, path: `day ${one.nuclei}/cell ${one.seed}.bmp` }));
    const examination = await teacher.examine(await lessonsOf(planted), types);
    assert.deepEqual(kinds(examination).filter((kind) => kind !== 'background'), ['own_source', 'no_groups', 'few', 'uneven']);
    assert.match(verdictWords(examination.crossValidated, 'folder'), /same group stood on both sides: expect less\.$/);
  });
});

test('a group is never on both sides: cells that differ by their day only are not told apart on another', async () => {
  // Of one type and of the other on each of two days; the label says only which day.
  const planted = Array.from({ length: 40 }, (_, seed): Planted => ({ nuclei: 1, seed, type: types[seed % 2]?.id ?? '', group: `day ${seed % 8}` }));
  const { crossValidated } = await teacher.examine(await lessonsOf(planted), types);
  assert.ok(crossValidated);
  assert.equal(crossValidated.parts, 4);
  assert.ok(crossValidated.right.interval[0] < 0.5, JSON.stringify(crossValidated.right));
});

test('cells of a frame are looked at in the square that was asked for, and the model names the cells of frames', async () => {
  await using looking = await Teacher.open({ base, home, jobs: 1, frame: { sidePx: 30, pixelSizeUm: null } });
  const image = new URL('tests/golden/detect/frame.png', root);
  await using finder = await Classifier.open(new URL('models/viability', root), { home, jobs: 1 });
  const frame = await finder.openFrame(image);
  const cells = await frame.findCells({ method: 'round', least_diameter: 8, most_diameter: 40 });
  await frame.close();
  assert.ok(cells.length >= 4, String(cells.length));
  const shown = await looking.showFrame(image, cells);
  assert.equal(shown.length, cells.length);
  assert.deepEqual(shown.map(({ widthPx, heightPx, features }) => [widthPx, heightPx, features.length]), cells.map(() => [30, 30, 2952]));
  const lessons = shown.map((cell, i): Lesson => ({ cell, type: types[i % 2]?.id ?? '', path: `cell ${i}`, group: 'frame' }));
  const model = await looking.model(await looking.examine(lessons, types), { name: 'frames', title: 'Frames' });
  await using classifier = await Classifier.open(model, { home, jobs: 1 });
  assert.deepEqual(classifier.spec.frame, { side_px: 30, pixel_size_um: null });
  const again = await classifier.openFrame(image);
  const named = await again.classify(cells);
  await again.close();
  assert.deepEqual(named.map(({ verdict }) => verdict?.probabilities.length), cells.map(() => 2));
});

test('cells of a frame are told as they are looked at, until a stop; a square of known scale and how the cells were found stay with the model', async () => {
  const square = { sidePx: 24, pixelSizeUm: 0.5, search: { least_diameter: 8, most_diameter: 40, method: 'round' as const } };
  await using looking = await Teacher.open({ base, home, jobs: 1, frame: square });
  const image = new URL('tests/golden/detect/frame.png', root);
  const box = (i: number): { left_px: number; top_px: number; width_px: number; height_px: number } => ({ left_px: 10 + 2 * i, top_px: 20, width_px: 16, height_px: 16 });
  const cells = Array.from({ length: 20 }, (_, id) => ({ id, box: box(id), outline: Float32Array.of(0, 0, 1, 0, 1, 1), areaPx: 200, searchScore: null, cutByBorder: false }));
  const stop = new AbortController();
  const told: [first: number, some: number][] = [];
  const some = await looking.showFrame(image, cells, { pixelSizeUm: 0.5, signal: stop.signal, onShown: (shown, first) => { told.push([first, shown.length]); stop.abort(); } });
  assert.deepEqual([told, some.length], [[[0, 16]], 16], 'a step is sixteen cells');
  const all: number[] = [];
  // At half the scale the same square is twice as many px of the frame.
  const fine = await looking.showFrame(image, cells, { pixelSizeUm: 0.25, onShown: (shown, first) => all.push(first + shown.length) });
  assert.deepEqual([all, fine.map(({ widthPx, pixelSizeUm }) => [widthPx, pixelSizeUm])], [[16, 20], cells.map(() => [48, 0.25])]);
  const lessons = [...some.slice(0, 4), ...fine.slice(0, 4)].map((cell, i): Lesson => ({ cell, type: types[i % 2]?.id ?? '', path: `cell ${i}`, group: String(i) }));
  const model = await looking.model(await looking.examine(lessons, types), { name: 'scaled', title: 'Scaled' });
  await using classifier = await Classifier.open(model, { home, jobs: 1 });
  assert.deepEqual(classifier.spec.frame, { side_px: 24, pixel_size_um: 0.5, search: square.search });
});

describe('what cannot be learned', () => {
  test('one type alone, and no cell at all: one line', async () => {
    const lessons = await lessonsOf(cells(3).slice(0, 3));
    await assert.rejects(teacher.examine([], types), (error) => error instanceof CytodropError && error.code === 'invalid_argument');
    const { crossValidated, warnings } = await teacher.examine(lessons, types);
    assert.equal(warnings[0]?.kind, 'few');
    assert.notEqual(crossValidated, undefined);
  });

  test('a type with one cell is taught, and nobody says how well', async () => {
    const examination = await teacher.examine(await lessonsOf([...cells(3).slice(0, 3), { nuclei: 2, seed: 1 }]), types);
    assert.equal(examination.crossValidated, null);
    assert.match(verdictWords(examination.crossValidated), /too few cells to be tested/);
    const model = await teacher.model(examination, { name: 'few', title: 'Few' });
    await using classifier = await Classifier.open(model, { home, jobs: 1 });
    assert.equal((await classifier.classify(drawnCell({ nuclei: 1, seed: 2 }))).label, 'one_nucleus');
  });

  test('it can be stopped', async () => {
    const lessons = await lessonsOf(cells(5));
    const stop = new AbortController();
    const told: number[] = [];
    await assert.rejects(teacher.examine(lessons, types, { signal: stop.signal, onProgress: (done) => { told.push(done); stop.abort(new Error('enough')); } }), /enough/);
    assert.equal(told.length, 1, 'nothing more is begun');
  });
});

test('a shipped model that is told what it says already goes on saying it, and types that nobody showed keep their rows', async () => {
  await using further = await Teacher.open({ base: new URL('models/blood-smear', root), home, jobs: 1 });
  const known = further.base.classes;
  const folder = new URL('public/samples/blood-smear/', root);
  const images = readdirSync(folder).filter((name) => /\.(png|jpg)$/.test(name)).map((name) => new URL(name, folder));
  const lessons: Lesson[] = [];
  for await (const shown of further.show(images)) {
    assert.equal(shown.status, 'ok');
    if (shown.status === 'ok') lessons.push({ cell: shown.cell, type: known[shown.cell.logits.indexOf(Math.max(...shown.cell.logits))]?.id ?? '', path: shown.path, group: shown.path });
  }
  const shownTypes = new Set(lessons.map(({ type }) => type));
  const model = await further.model(await further.examine(lessons, known), { name: 'ours', title: 'Ours' });
  const [taught, before] = [readTensor(model.get('head.safetensors') as Uint8Array, 'dense_0.weight'), readTensor(bytesOf('models/blood-smear/head.safetensors'), 'dense_0.weight')];
  const width = before.length / known.length;
  const unseen = [...known.keys()].filter((type) => !shownTypes.has(known[type]?.id ?? ''));
  for (const type of unseen) assert.deepEqual(taught.subarray(type * width, (type + 1) * width), before.subarray(type * width, (type + 1) * width));
  await using classifier = await Classifier.open(model, { home, jobs: 1 });
  const names: string[] = [];
  for await (const record of classifier.classifyAll(images)) names.push(record.status === 'ok' ? record.label : record.code);
  assert.deepEqual(names, lessons.map(({ type }) => type));
  assert.equal(classifier.spec.network.sha256, further.base.files.spec.network.sha256);
});
