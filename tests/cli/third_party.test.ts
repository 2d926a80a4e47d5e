/** The list of what others made tells what was built. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { thirdParty } from '../../scripts/third_party.ts';
import { root } from '../border/fixtures.ts';

interface Row { name: string; version: string; licence: string }

const rows = (document: string): Row[] => document.split('\n').filter((line) => line.startsWith('| ')).slice(1).map((line) => {
  const [, name = '', version = '', licence = ''] = line.split('|').map((cell) => cell.trim());
  return { name, version, licence };
});

test('docs/third_party.md has what the built site has: names, licences, and the versions of the npm packages', () => {
  const [listed, built] = [rows(readFileSync(new URL('docs/third_party.md', root), 'utf8')), rows(thirdParty())];
  assert.ok(built.length >= 50, `${built.length} parts`);
  assert.deepEqual(listed.map(({ name, licence }) => [name, licence]), built.map(({ name, licence }) => [name, licence]));
  const { packages } = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8')) as { packages: Record<string, { version: string }> };
  for (const { name, version } of listed) {
    const locked = packages[`node_modules/${name}`];
    if (locked) assert.equal(version, locked.version, name);
  }
  for (const name of ['libjxl', 'Highway', 'LERC', 'OpenJPEG', 'Zstandard', 'XZ Utils', 'libwebp', 'jxrlib', 'libtiff', 'libjpeg-turbo', 'zlib', 'JSON for Modern C++', 'protozero', 'stb_image', 'onnxruntime-web']) {
    assert.ok(listed.some((row) => row.name === name), name);
  }
});
