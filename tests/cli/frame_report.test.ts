/** Reports of frames, checked by the built command line: reproduced, or what differs. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { drawDiscs, frameSide, greyPng, greyTiff, someDiscs } from '../border/frames.ts';
import { root } from '../border/fixtures.ts';
import { cytodrop, withFolder } from './fixtures.ts';
import { readReport } from '../../src/js/report/read_report.ts';

const field = fileURLToPath(new URL('public/samples/viability/fields/simulated-field-1.png', root));

interface Box { left_px: number; top_px: number; width_px: number; height_px: number }
interface Cell extends Box { cell: number; probability: number; granularity: number; by_hand: boolean; search_score: number | null; status: string }
interface Frame { frame: string; pixels_sha256: string | null; page: number; search: Record<string, unknown>; removed_by_hand: number; removed_boxes: Box[]; cells: Cell[] }
interface Document { schema: string; model: Record<string, string>; settings: object; frames: Frame[] }

async function reportOf(...args: string[]): Promise<Document> {
  const { code, stdout, stderr } = await cytodrop('classify', '--model', 'viability', '--detect', '--format', 'json', ...args);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Document;
}

/** Writes the report and checks it. Returns the lines. */
async function check(folder: string, report: object, ...paths: string[]): Promise<{ code: number | null; lines: string[] }> {
  writeFileSync(join(folder, 'report.json'), JSON.stringify(report));
  const { code, stdout, stderr } = await cytodrop('check', join(folder, 'report.json'), ...paths);
  assert.equal(stderr, '');
  return { code, lines: stdout.trimEnd().split('\n') };
}

const first = (report: Document): Frame => report.frames[0] as Frame;
const cellOf = (report: Document, i: number): Cell => first(report).cells[i] as Cell;

describe('a report of frames', () => {
  test('is reproduced whatever the files are called and in which order, with one worker or two', async () => {
    await withFolder(async (folder) => {
      const images = join(folder, 'images');
      mkdirSync(images);
      copyFileSync(field, join(images, 'z.png'));
      writeFileSync(join(images, 'a.png'), greyPng(frameSide.width, frameSide.height, drawDiscs(frameSide.width, frameSide.height, someDiscs)));
      const report = await reportOf(field, join(images, 'a.png'));
      // Discs are no cells to the network, or not all of them.
      const [cells = 0, discs = 0] = report.frames.map(({ cells: found }) => found.length);
      assert.equal(cells, 40);
      assert.ok(discs >= 10 && discs <= 20, `${discs}`);
      for (const jobs of ['1', '2']) {
        const { code, lines } = await check(folder, report, '--jobs', jobs, images);
        assert.deepEqual([code, lines], [0, [`Reproduced: all ${cells + discs} cells of 2 frames give the same results to the sixth decimal.`]]);
      }
    });
  });

  test('tells cells that differ, are not found, or are found beside it, and another model', async () => {
    await withFolder(async (folder) => {
      const report = await reportOf('--numbers', field);
      const [moved, dropped] = [{ ...cellOf(report, 5) }, cellOf(report, 9)];
      cellOf(report, 0).probability += 1e-6;
      cellOf(report, 2).granularity += 1e-6;
      cellOf(report, 5).left_px += 1;
      first(report).cells.splice(9, 1);
      report.model['head_sha256'] = '0'.repeat(64);
      const { code, lines } = await check(folder, report, field);
      assert.equal(code, 4);
      assert.equal(lines[0], 'Not reproduced: the model is another; 3 of 39 cells differ; 2 cells found that the report does not have.');
      const words = ({ left_px, top_px, width_px, height_px }: Box): string => `${width_px} × ${height_px} px at ${left_px}, ${top_px}`;
      assert.match(lines[1] ?? '', /^model: model's head file \(SHA-256\): 0{64} in the report, [0-9a-f]{64} now$/);
      assert.deepEqual(lines.slice(2, 5), [
        `1: cell 6, ${words(cellOf(report, 5))}: found in the report, not found now`,
        `1: a cell, ${words(moved)}: not there in the report, found now`,
        `1: a cell, ${words(dropped)}: not there in the report, found now`,
      ]);
      assert.match(lines[5] ?? '', /^1: cell 3: granularity: 0\.\d+ in the report, 0\.\d+ now$/);
      assert.match(lines[6] ?? '', /^1: cell 1: probability: 0\.\d+ in the report, 0\.\d+ now$/);
      assert.equal(lines.length, 7);
    });
  });

  test('searches with the settings of the report, says where they are not the model\'s own, and tells those that cannot be', async () => {
    await withFolder(async (folder) => {
      const report = await reportOf('--sensitivity', '0.7', '--pixel-size', '1.5', '--min-diameter', '10', '--max-diameter', '60', field);
      const { code, lines } = await check(folder, report, field);
      assert.equal(code, 0, lines.join('\n'));
      assert.deepEqual(lines.slice(1), [
        'One frame was searched with settings other than the model\'s own, and so it is here: least diameter 10, not 14; most diameter 60, not 45; sensitivity 0.7, not 0.5; a pixel size of 1.5 µm given by hand.',
      ]);
      first(report).search['sensitivity'] = 0.1;
      assert.equal((await check(folder, report, field)).code, 4);
      first(report).search['sensitivity'] = 'high';
      const refused = await check(folder, report, field);
      assert.equal(refused.lines[0], 'Not reproduced: 1 of 1 frame read or searched otherwise.');
      assert.match(refused.lines[1] ?? '', /: settings: .* in the report, not possible: sensitivity must be/i);
    });
  });

  test('tells a frame of the same name with other pixels, one without an image, and an image that it does not have', async () => {
    await withFolder(async (folder) => {
      const images = join(folder, 'images');
      mkdirSync(images);
      copyFileSync(field, join(images, 'tile.png'));
      copyFileSync(field, join(images, 'gone.png'));
      const report = await reportOf(join(images, 'tile.png'));
      first(report).pixels_sha256 = 'f'.repeat(64);
      report.frames.push({ ...first(report), frame: 'gone.tif', pixels_sha256: 'e'.repeat(64) }, { ...first(report), frame: 'unhashed.png', pixels_sha256: null });
      const { code, lines } = await check(folder, report, join(images, 'tile.png'));
      assert.equal(code, 4);
      assert.deepEqual(lines, [
        'Not reproduced: 3 of 3 frames have no image here.',
        `${join(images, 'tile.png')}: the image of this name has other pixels`,
        'gone.tif: none of the images has its pixels',
        'unhashed.png: none of the images has its pixels',
        '1 frames of the report have no hash of their pixels, by which they could be known.',
        'One image is not in the report.',
      ]);
    });
  });

  test('of two files with the same pixels takes the one that says the same of itself', async () => {
    await withFolder(async (folder) => {
      const { width, height } = frameSide;
      for (const [name, pixelSizeUm] of [['a', 0.5], ['b', 1]] as const) writeFileSync(join(folder, `${name}.tif`), greyTiff(width, height, [Uint16Array.from(drawDiscs(width, height, someDiscs), (sample) => 16 * sample)], pixelSizeUm));
      const paths = ['a', 'b'].map((name) => join(folder, `${name}.tif`));
      const report = await reportOf('--min-diameter', '4', '--max-diameter', '60', ...paths);
      const both = await check(folder, report, ...paths);
      assert.equal(both.code, 0, both.lines.join('\n'));
      const one = await check(folder, report, paths[0] as string);
      assert.equal(one.lines[0], 'Not reproduced: 1 of 2 frames read or searched otherwise.');
      assert.match(one.lines[1] ?? '', /b\.tif: pixel size that the file states: 1 in the report, 0\.5 now$/);
    });
  });

  test('knows a page of a file by its pixels', async () => {
    await withFolder(async (folder) => {
      const { width, height } = frameSide;
      const page = (discs: typeof someDiscs): Uint16Array => Uint16Array.from(drawDiscs(width, height, discs), (sample) => 16 * sample);
      writeFileSync(join(folder, 'a.tif'), greyTiff(width, height, [page([]), page(someDiscs.slice(0, 3))], 0.5));
      const report = await reportOf('--page', '2', '--min-diameter', '4', '--max-diameter', '60', join(folder, 'a.tif'));
      assert.equal(first(report).cells.length, 3);
      assert.equal((await check(folder, report, join(folder, 'a.tif'))).code, 0);
      first(report).page = 1;
      assert.equal((await check(folder, report, join(folder, 'a.tif'))).code, 4);
    });
  });

  test('what a person removed is not missed, and only that', async () => {
    await withFolder(async (folder) => {
      const report = await reportOf(field);
      const [removed] = first(report).cells.splice(4, 1) as [Cell];
      const box = ({ left_px, top_px, width_px, height_px }: Box): Box => ({ left_px, top_px, width_px, height_px });
      Object.assign(first(report), { removed_by_hand: 1, removed_boxes: [box(removed)] });
      const { code, lines } = await check(folder, report, field);
      assert.equal(code, 0);
      assert.equal(lines[0], 'Reproduced: all 39 cells of 1 frame give the same results to the sixth decimal.');
      assert.match(lines[1] ?? '', /^Cells changed by hand, as the report says: 1 removed\. /);
      first(report).removed_boxes = [{ ...box(removed), left_px: removed.left_px + 200 }];
      assert.equal((await check(folder, report, field)).code, 4);
    });
  });

  test('of a model of single cells: places are compared, and it says that nothing was named', async () => {
    await withFolder(async (folder) => {
      const { stdout } = await cytodrop('classify', '--model', 'blood-smear', '--detect', '--min-diameter', '14', '--max-diameter', '45', '--format', 'json', field);
      const { code, lines } = await check(folder, JSON.parse(stdout) as Document, field);
      assert.equal(code, 0, lines.join('\n'));
      assert.ok(lines.includes('40 cells of the report were not classified then; their places were compared.'));
    });
  });

  test('exported before boxes had the names of the CSV is read and reproduced, a removed cell among them', async () => {
    await withFolder(async (folder) => {
      const { schema: _, ...report } = await reportOf(field);
      const list = ({ left_px, top_px, width_px, height_px }: Box): number[] => [left_px, top_px, width_px, height_px];
      const [frame] = report.frames as [Frame];
      const [removed] = frame.cells.splice(4, 1) as [Cell];
      const { removed_boxes: __, ...rest } = frame;
      const old = {
        ...report,
        frames: [{
          ...rest, removed_by_hand: [list(removed)],
          cells: frame.cells.map(({ left_px, top_px, width_px, height_px, ...cell }) => {
            const { centre_x_px: x, centre_y_px: y, ...others } = cell as Cell & Record<'centre_x_px' | 'centre_y_px', number>;
            return { ...others, box: list({ left_px, top_px, width_px, height_px }), centre_px: [x, y] };
          }),
        }],
      };
      const { code, lines } = await check(folder, old, field);
      assert.deepEqual([code, lines[0]], [0, 'Reproduced: all 39 cells of 1 frame give the same results to the sixth decimal.']);
      assert.match(lines[1] ?? '', /: 1 removed\. /);
      (old.frames[0]?.cells[8] as { box: number[] }).box[1]! += 2;
      const moved = await check(folder, old, field);
      assert.deepEqual([moved.code, moved.lines[0]], [4, 'Not reproduced: 1 of 39 cells differ; 1 cell found that the report does not have.']);
    });
  });

  test('of a later version, or of another list than its schema says, is refused', async () => {
    const report = await reportOf(field);
    for (const [schema, words] of [
      ['cytodrop/frames/3', /later version/], ['cytodrop/frames/1', /no report of Cytodrop/], ['cytodrop/cells/2', /no report of Cytodrop/], ['cytodrop/frames/', /no report of Cytodrop/], [null, /no report of Cytodrop/],
    ] as const) assert.throws(() => readReport(JSON.stringify({ ...report, schema })), words, String(schema));
  });

  test('that lacks something, or holds nonsense, is refused in words', async () => {
    const report = await reportOf(field);
    readReport(JSON.stringify(report));
    const broken: ((frame: Frame & Record<string, unknown>) => void)[] = [
      (frame) => { frame['removed_boxes'] = null as never; },
      (frame) => { delete frame['removed_boxes' as never]; },
      (frame) => { frame.removed_by_hand = 1; },
      (frame) => { frame['page'] = 0; },
      (frame) => { frame['page'] = 1.5; },
      (frame) => { frame['search'] = [] as never; },
      (frame) => { delete frame['pixels_sha256' as never]; },
      (frame) => { (frame.cells[0] as Cell).width_px = 0; },
      (frame) => { (frame.cells[0] as Cell).left_px = 1e9; },
      (frame) => { delete (frame.cells[0] as Partial<Cell>).height_px; },
      (frame) => { Object.assign(frame.cells[0] as Cell, { box: [1, 2, 3] }); },
      (frame) => { (frame.cells[0] as Cell).by_hand = true; },
      (frame) => { (frame.cells[0] as Cell).status = '<b>'; },
      (frame) => { delete (frame.cells[0] as Partial<Cell>).probability; },
      (frame) => { frame.cells = 'many' as never; },
    ];
    for (const [i, breakIt] of broken.entries()) {
      const copy = structuredClone(report);
      breakIt(first(copy) as Frame & Record<string, unknown>);
      assert.throws(() => readReport(JSON.stringify(copy)), /no report of Cytodrop/, String(i));
    }
  });
});
