/** OME-Zarr on the command line: a folder of it is one image, alone or among pictures, and so is an archive of it; planes, regions and levels are a slide's. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { drawDiscs, someDiscs, someFrame } from '../border/frames.ts';
import { asRgb, writePyramid } from '../border/pyramid.ts';
import { writeZarrSlide, writeZarrStack } from '../border/zarr.ts';
import { zarrParts } from '../../src/js/core/zarr_folder.ts';
import { cytodrop, withFolder } from './fixtures.ts';

const detect = ['classify', '--model', 'viability', '--detect', '--method', 'round', '--min-diameter', '10', '--max-diameter', '80', '--format', 'json'];
/** Cells on a ground as white as the glass around them. */
const slide = { width: 16_384, height: 8_192, levels: 4, painted: { left: 8_192, top: 4_096, width: 680, height: 540, rgb: asRgb(drawDiscs(680, 540, someDiscs.map(({ x, y, radius }) => ({ x: 2 * x, y: 2 * y, radius: 2 * radius }))).map((grey) => (grey === 200 ? 255 : grey))) } };

interface Frame { frame: string; channel: number; channel_name?: string; z?: number; projection?: string; pixel_size_um: number | null; frame_width_px: number; cells: object[]; error?: { code: string; message: string; advice: string } }

async function frames(...args: string[]): Promise<{ code: number | null; stdout: string; frames: Frame[] }> {
  const { code, stdout, stderr } = await cytodrop(...args);
  assert.notEqual(stdout, '', stderr);
  return { code, stdout, frames: (JSON.parse(stdout) as { frames: Frame[] }).frames };
}

describe('a folder of OME-Zarr', () => {
  for (const version of [2, 3] as const) {
    test(`of version ${version} has the planes, names and cells of a file, and none of what it says of people is in an export`, async () => {
      await withFolder(async (folder) => {
        const path = join(folder, 'stack.zarr');
        writeZarrStack(path, version, 'Dr. Mallory');
        const whole = await frames(...detect, path);
        assert.equal(whole.code, 0);
        const [frame] = whole.frames as [Frame];
        assert.deepEqual([frame.channel, frame.channel_name, frame.z, frame.pixel_size_um, frame.cells.length], [2, 'Brightfield', 2, 0.5, someDiscs.length]);
        assert.ok(!whole.stdout.includes('Mallory'));
        const [other] = (await frames(...detect, '--channel', 'DAPI', '--z', '3', path)).frames as [Frame];
        assert.deepEqual([other.channel_name, other.z], ['DAPI', 3]);
        assert.equal((await frames(...detect, '--projection', 'max', path)).frames[0]?.projection, 'max');
        const { stdout } = await cytodrop('inspect', path);
        assert.match(stdout, /^Series 1 \(well A1\): 340 × 270 px; 0\.5 µm per px; channels DAPI, Brightfield; 3 planes along z, 2 µm apart$/m);
        assert.match(stdout, /seen by \[free text\]: Dr\. Mallory/);
      });
    });

    test(`of version ${version} that is a slide gives the cells that the same slide gives as TIFF, by region and by level`, async () => {
      await withFolder(async (folder) => {
        const [zarr, tiff] = [join(folder, 'slide.zarr'), join(folder, 'slide.tif')];
        writeZarrSlide(zarr, slide, version);
        writePyramid(tiff, slide);
        for (const part of [[], ['--region', '8152,4056,760,620'], ['--level', '2', '--region', '2038,1014,190,155'], ['--level', '3']]) {
          const { code, frames: [one] } = await frames(...detect, ...part, zarr);
          const { frames: [same] } = await frames(...detect, ...part, tiff);
          assert.equal(code, 0);
          assert.deepEqual({ ...one, frame: '' }, { ...same, frame: '' });
          if (part.length < 4 && part[0] !== '--level') assert.equal(one?.cells.length, someDiscs.length);
        }
      });
    });
  }

  test('among pictures is one image; its chunks are none, whatever its name, and links to folders are not followed', async () => {
    await withFolder(async (folder) => {
      mkdirSync(join(folder, 'plate'));
      writeFileSync(join(folder, 'plate', 'b.png'), someFrame());
      writeZarrStack(join(folder, 'plate', 'a.ome.zarr'));
      writeZarrStack(join(folder, 'plate', 'no ending'), 3);
      const { code, frames: found } = await frames(...detect, join(folder, 'plate'));
      assert.equal(code, 0);
      assert.deepEqual(found.map(({ frame, cells }) => [frame.slice(folder.length + 1), cells.length]), [['plate/a.ome.zarr', 20], ['plate/b.png', 20], ['plate/no ending', 20]]);
      // A link to a folder may go round in a circle.
      symlinkSync(join(folder, 'plate'), join(folder, 'plate', 'no ending', 'round'));
      assert.equal((await frames(...detect, join(folder, 'plate', 'no ending'))).frames[0]?.cells.length, 20);
    });
  });

  test('what is missing or damaged is one line, and the others go on', async () => {
    await withFolder(async (folder) => {
      for (const name of ['empty.zarr', 'no image.zarr', 'text.zarr', 'whole.zarr']) writeZarrStack(join(folder, name));
      rmSync(join(folder, 'empty.zarr', '.zattrs'));
      rmSync(join(folder, 'empty.zarr', '.zgroup'));
      rmSync(join(folder, 'empty.zarr', '0'), { recursive: true });
      writeFileSync(join(folder, 'no image.zarr', '.zattrs'), '{}');
      writeFileSync(join(folder, 'text.zarr', '.zattrs'), '{"multiscales": ');
      const { code, frames: found } = await frames(...detect, folder);
      assert.equal(code, 2);
      assert.deepEqual(found.map(({ frame, error }) => [frame.slice(folder.length + 1), error?.code, error?.message]), [
        ['empty.zarr', 'unsupported_format', 'This is a ZIP archive, an office document or a folder in which there is no OME-Zarr (neither .zattrs nor zarr.json).'],
        ['no image.zarr', 'unsupported_format', 'This is a Zarr, but no OME-Zarr: it names no image (multiscales).'],
        ['text.zarr', 'corrupt', 'The OME-Zarr is damaged (its metadata is no JSON).'],
        ['whole.zarr', undefined, undefined],
      ]);
    });
  });

  test('one cell is classified too, where the folder shows one', async () => {
    await withFolder(async (folder) => {
      const rgb = asRgb(drawDiscs(64, 64, [{ x: 32, y: 32, radius: 20 }]));
      writeZarrSlide(join(folder, 'cell.zarr'), { width: 64, height: 64, levels: 1, painted: { left: 0, top: 0, width: 64, height: 64, rgb } });
      writePyramid(join(folder, 'cell.tif'), { width: 64, height: 64, levels: 1, painted: { left: 0, top: 0, width: 64, height: 64, rgb } });
      const { stdout, code } = await cytodrop('classify', '--model', 'viability', folder);
      assert.equal(code, 0);
      const [tiff, zarr] = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { status: string; pixels_sha256: string; probabilities: object });
      assert.deepEqual([zarr?.status, zarr?.pixels_sha256, zarr?.probabilities], ['ok', tiff?.pixels_sha256, tiff?.probabilities]);
    });
  });

  test('an archive of it in a folder is an image, and another archive is a document', async () => {
    await withFolder(async (folder) => {
      copyFileSync('tests/golden/files/colours.ozx', join(folder, 'a.zarr.zip'));
      copyFileSync('tests/golden/files/colours.ozx', join(folder, 'b.ozx'));
      copyFileSync('tests/golden/files/colours.ozx', join(folder, 'c.zip'));
      const { stdout, stderr } = await cytodrop('inspect', '--format', 'json', folder);
      assert.deepEqual(stdout.trimEnd().split('\n').map((line) => (JSON.parse(line) as { facts: { format: string } }).facts.format), ['OME-Zarr', 'OME-Zarr']);
      assert.match(stderr, /left out as no images: .*c\.zip/);
    });
  });
});

test('parts of a folder read as its archive are those of the archive as a whole, wherever they begin', () => {
  const content = new Map([['.zattrs', '{"a": 1}'], ['0/0.0', 'pixels of a chunk'], ['0/.zarray', '{}'], ['0/0.1', '']]);
  const bytes = (path: string): Uint8Array => new TextEncoder().encode(content.get(path));
  const parts = zarrParts([...content.keys()].map((path) => ({ path, length: bytes(path).length })), (path, part, at) => {
    part.set(bytes(path).subarray(at, at + part.length));
    return path !== 'gone';
  });
  const whole = parts.read(0, parts.length) ?? assert.fail('not read');
  assert.equal(whole.length, parts.length);
  assert.ok(new TextDecoder('latin1').decode(whole).indexOf('{"a": 1}') < 60, 'metadata come first');
  let compared = 0;
  for (let at = 0; at < parts.length; at += 3) {
    for (const count of [0, 1, 7, 50, parts.length - at].filter((one) => at + one <= parts.length)) {
      assert.deepEqual(parts.read(at, count), whole.slice(at, at + count), `${at}, ${count}`);
      compared++;
    }
  }
  assert.ok(compared > 300, `${compared}`);
  assert.equal(parts.read(parts.length - 1, 2), null);
  assert.equal(zarrParts([{ path: 'gone', length: 4 }], () => false).read(0, 60), null);
});
