/** The inspector on the command line, and that what it shows is in no export. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { drawDiscs, frameSide, someDiscs } from '../border/frames.ts';
import { cytodrop, withFolder } from './fixtures.ts';
import { follows } from './schemas.ts';
import { canary, taggedJpeg, taggedPng, taggedTiff } from './tagged.ts';
import type { FileContent } from '#cytodrop_core';

function write(folder: string): string[] {
  const { width, height } = frameSide;
  const files = {
    'a.png': taggedPng('public/samples/viability/fields/simulated-field-1.png'),
    'b.jpg': taggedJpeg('tests/golden/decode/orientation-1.jpg'),
    'c.tif': taggedTiff(width, height, drawDiscs(width, height, someDiscs)),
  };
  return Object.entries(files).map(([name, bytes]) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  });
}

test('lists what files say beside their pixels, and marks what may tell of a person, a place, a time or a device', async () => {
  await withFolder(async (folder) => {
    const paths = write(folder);
    const { code, stdout, stderr } = await cytodrop('inspect', '--format', 'json', ...paths);
    assert.deepEqual([code, stderr], [0, '']);
    const contents = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as FileContent & { file: string });
    for (const content of contents) follows('inspection', content);
    assert.deepEqual(contents.map(({ file }) => file), paths);
    const [png, jpeg, tiff] = contents.map(({ tags }) => new Map(tags.map(({ group, name, value, mark }) => [`${group} ${name}`, `${value} [${mark}]`]))) as [Map<string, string>, Map<string, string>, Map<string, string>];
    assert.equal(png.get('PNG Author'), `${canary} [person]`);
    assert.equal(png.get('PNG Comment'), `<b>${canary}</b> [text]`);
    assert.equal(png.get('EXIF BodySerialNumber'), `SN ${canary} [device]`);
    assert.equal(png.get('GPS GPSLatitude'), '48° 51\' 29.6" [place]');
    assert.equal(png.get('PNG Bytes behind the image'), `${canary.length} bytes, not read [text]`);
    assert.equal(jpeg.get('JPEG Comment'), `by ${canary} [text]`);
    assert.equal(jpeg.get('EXIF DateTimeOriginal'), `2024:05:06 ${canary} [time]`);
    assert.equal(tiff.get('OME-XML Experimenter LastName'), `${canary} [person]`);
    assert.equal(tiff.get('TIFF HostComputer'), `${canary} [device]`);
    assert.deepEqual(contents.map(({ facts }) => [facts?.format, facts?.pixel_size_um, facts?.pixel_size_source]), [['PNG', null, null], ['JPEG', null, null], ['TIFF', 0.5, 'OME-XML']]);
  });
});

test('as text: for a person, without what would move a terminal\'s cursor; a file that is no image says why; status 2', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'a.jpg');
    const jpeg = taggedJpeg('tests/golden/decode/orientation-1.jpg');
    writeFileSync(path, Buffer.from(jpeg.toString('latin1').replace(`by ${canary}`, `\x1b[2J\x9b\r${canary}`.slice(0, canary.length + 3)), 'latin1'));
    writeFileSync(join(folder, 'b.dat'), 'hello');
    writeFileSync(join(folder, 'c.txt'), 'hello');
    const { code, stdout, stderr } = await cytodrop('inspect', folder);
    assert.equal(code, 2);
    assert.match(stdout, /^Format: JPEG$/m);
    assert.match(stdout, /^ {2}GPSLongitude \[place\]: 2° 17' 40\.2"$/m);
    assert.match(stderr, /^Warning: left out as no images: .*c\.txt\. A file named by itself is tried\.$/m);
    assert.doesNotMatch(stdout, /c\.txt/);
    assert.match(stdout, /^Not read as an image: this is not an image that is read/m);
    assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  });
});

for (const [name, args] of Object.entries({ 'no file': [], 'an option of another command': ['--model', 'viability', 'x.png'], 'an unknown format': ['--format', 'csv', 'x.png'] })) {
  test(`${name}: status 64`, async () => assert.equal((await cytodrop('inspect', ...args)).code, 64));
}

test('no tag is in any export of results', async () => {
  await withFolder(async (folder) => {
    const images = join(folder, 'images');
    mkdirSync(images);
    const paths = write(images);
    const outputs: string[] = [];
    const [geojson, rois] = [join(folder, 'geojson'), join(folder, 'rois')];
    for (const format of ['csv', 'json', 'ndjson']) {
      for (const args of [[], ['--detect', '--geojson', geojson, '--rois', rois], ['--detect', '--count']]) {
        const { code, stdout } = await cytodrop('classify', '--model', 'viability', '--format', format, ...args, ...paths);
        assert.equal(code, 0, `${format} ${args.join(' ')}`);
        assert.ok(stdout.length > 200);
        outputs.push(stdout);
      }
    }
    for (const made of [geojson, rois]) {
      assert.equal(readdirSync(made).length, paths.length);
      for (const file of readdirSync(made)) outputs.push(readFileSync(join(made, file), 'latin1'), file);
    }
    writeFileSync(join(folder, 'report.json'), outputs.find((output) => output.includes('"frames": [')) as string);
    outputs.push((await cytodrop('check', join(folder, 'report.json'), images)).stdout);
    for (const output of outputs) assert.ok(!output.includes(canary) && !/2024:05:06|GPS/.test(output));
  });
});
