/** Whole slides: which copy is looked at, regions between the levels, and parts drawn from a file that stays open. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { drawDiscs, omeStack } from '../border/frames.ts';
import { asRgb, writePyramid } from '../border/pyramid.ts';
import { choiceOfKey, Classifier, exportFrames, type FrameChoice, type ImageFileFacts, isSlide, overviewLevel, pictureKey, readReport, regionAt, wholeFile } from '../../src/js/index.ts';
import { root } from '../border/fixtures.ts';

type Series = ImageFileFacts['series'][number];
const series = (...levels: [number, number][]): Series => ({
  name: '', levels: levels.map(([width_px, height_px]) => ({ width_px, height_px })), channels: [{ name: '', wavelength_nm: null }], z: 1, t: 1, samples: 3, bits: 8, x_um: 0.5, y_um: 0.5, z_um: null,
});
const large = series([160_000, 140_000], [40_000, 35_000], [10_000, 8_750], [2_500, 2_187]);

test('a slide is what is too large to be searched at once, or large and stored in several sizes', () => {
  const cases: [Series, boolean][] = [
    [large, true], [series([10_001, 10_000]), true], [series([10_000, 10_000]), false], [series([5_000, 4_000], [1_250, 1_000]), false], [series([5_001, 4_000], [1_250, 1_000]), true],
  ];
  for (const [one, expected] of cases) assert.equal(isSlide(one), expected, JSON.stringify(one.levels));
  assert.deepEqual([overviewLevel(large), overviewLevel(series([9_000, 9_000], [4_500, 4_500])), overviewLevel(series([9_000, 3_000], [4_000, 1_333], [1_000, 333]))], [3, 1, 1]);
});

test('a region lies in the same place at every level, within it', () => {
  const box = { left_px: 1_000, top_px: 2_000, width_px: 100, height_px: 150 };
  assert.deepEqual(regionAt(large, box, 3, 0), { left_px: 64_000, top_px: Math.round((2_000 * 140_000) / 2_187), width_px: 6_400, height_px: Math.round((2_150 * 140_000) / 2_187) - Math.round((2_000 * 140_000) / 2_187) });
  assert.deepEqual(regionAt(large, { left_px: 2_400, top_px: 2_100, width_px: 200, height_px: 200 }, 3, 1), { left_px: 38_400, top_px: 33_608, width_px: 1_600, height_px: 1_392 });
});

test('the key of a picture names all of the choice', () => {
  const region = { left_px: 5, top_px: 6, width_px: 7, height_px: 8 };
  const choices: FrameChoice[] = [
    { page: 0, channel: -1 }, { page: 3, channel: 2 }, { page: 0, channel: 0, level: 4, overview: true }, { page: 0, channel: 0, level: 4 }, { page: 1, channel: 0, region }, { page: 1, channel: 0, level: 2, region, projection: 'max' },
  ];
  for (const choice of choices) assert.deepEqual(choiceOfKey(pictureKey(choice)), choice);
  assert.equal(new Set(choices.map(pictureKey)).size, choices.length);
  // As kept projects have it.
  assert.deepEqual([pictureKey({ page: 0, channel: -1 }), pictureKey({ ...wholeFile, overview: true })], ['0 -1', '0 -1']);
});

describe('in the library', () => {
  let folder: string;
  let classifier: Classifier;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cytodrop-slides-'));
    classifier = await Classifier.open('viability', { home: new URL('dist/', root), engine: 'core', jobs: 1 });
  });
  after(async () => {
    await classifier.close();
    rmSync(folder, { recursive: true });
  });

  function slide(bytes: number): string {
    const path = join(folder, `slide-${bytes}.tif`);
    const discs = [{ x: 60, y: 70, radius: 20 }, { x: 200, y: 90, radius: 30, grey: 10 }];
    writePyramid(path, { width: 16_384, height: 8_192, levels: 3, painted: { left: 8_192, top: 4_096, width: 512, height: 256, rgb: asRgb(drawDiscs(512, 256, discs)) }, bytes });
    return path;
  }

  test('an overview is a copy that is small enough, and is not searched; what is no slide is as it was', async () => {
    await using overview = await classifier.openFrame(slide(0), { overview: true });
    assert.deepEqual([overview.choice, overview.facts.image.width_px, overview.facts.pixel_size_um], [{ page: 0, channel: 0, level: 2, overview: true }, 1_024, 8]);
    assert.deepEqual([await overview.findCells(), await overview.suggestSearch()], [[], null]);
    await using stack = await classifier.openFrame(omeStack(), { overview: true });
    assert.deepEqual(stack.choice, { page: 1, channel: 1 });
    for await (const record of classifier.analyseFrames([slide(0)], { choice: { ...wholeFile, overview: true } })) {
      assert.ok(record.status === 'ok');
      assert.deepEqual([record.choice.level, record.cells], [2, []]);
    }
  });

  test('a report of an overview is reproduced without a search', async () => {
    const records = [];
    for await (const record of classifier.analyseFrames([slide(0)], { choice: { ...wholeFile, overview: true } })) records.push(record);
    const report = readReport(exportFrames('json', records, classifier.exportContext()));
    const { reproduced, frames, compared, differences } = await classifier.checkReport(report, [slide(0)]);
    assert.deepEqual([reproduced, frames, compared, differences], [true, 1, 0, []]);
  });

  test('a slide that the core can read as a whole has an overview too', async () => {
    const path = join(folder, 'small.tif');
    writePyramid(path, { width: 6_144, height: 4_096, levels: 3, painted: { left: 2_048, top: 2_048, width: 256, height: 256, rgb: asRgb(drawDiscs(256, 256, [{ x: 60, y: 70, radius: 20 }])) } });
    await using whole = await classifier.openFrame(path);
    assert.deepEqual([whole.choice, whole.facts.image.width_px, whole.facts.file], [wholeFile, 6_144, undefined]);
    await using overview = await classifier.openFrame(path, { overview: true });
    assert.deepEqual([overview.choice, overview.facts.image.width_px, overview.facts.pixel_size_um], [{ page: 0, channel: 0, level: 1, overview: true }, 1_536, 2]);
    // As many as a core may hold: what was opened to find out is closed again.
    for (let i = 0; i < 6; i++) await (await classifier.openFrame(path, { overview: true })).close();
  });

  for (const [kind, bytes] of [['held', 0], ['read by parts', 100e6]] as const) {
    test(`parts of a slide that is ${kind} are those of a frame of the same region, and come again after it was closed`, async () => {
      const path = slide(bytes);
      const region = { left_px: 8_150, top_px: 4_090, width_px: 300, height_px: 200 };
      await using frame = await classifier.openFrame(path, { region });
      const expected = await frame.view(null, 300);
      const open = classifier.openSlide(path);
      const choice = { page: 0, channel: 0, level: 0, region };
      const first = await open.view(choice, 300, frame.facts.range);
      assert.deepEqual([first.widthPx, first.heightPx, new Set(first.rgba).size > 2], [300, 200, true]);
      assert.deepEqual(first.rgba, expected.rgba);
      // More of them than the worker may hold open.
      for (let i = 0; i < 20; i++) assert.deepEqual((await open.view({ ...choice, level: 1, region: { left_px: 2_048, top_px: 1_024, width_px: 10 + i, height_px: 10 } }, 300)).widthPx, 10 + i);
      await open.close();
      assert.deepEqual((await open.view(choice, 300, frame.facts.range)).rgba, expected.rgba);
      await open.close();
      await assert.rejects(classifier.openSlide(join(folder, 'none.tif')).view(choice, 300), { code: 'unreadable_file' });
    });
  }

  test('many slides one after the other are all closed again', async () => {
    const bytes = readFileSync(slide(0));
    for (let i = 0; i < 20; i++) {
      const open = classifier.openSlide(bytes);
      assert.equal((await open.view({ page: 0, channel: 0, level: 2 }, 64)).widthPx, 64);
      await open.close();
    }
  });
});
