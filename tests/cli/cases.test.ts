/** Field cases: files as microscopes and their programs write them, each with the right answer. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Inspector } from '../../src/js/index.ts';
import { root } from '../border/fixtures.ts';

interface Expected { pixel_size_um?: number | null; width: number; height: number; pages?: number; channels?: number; read?: boolean }

const folder = new URL('../shared/cases/', root);
const there = existsSync(folder);
if (!there) console.log('SKIPPED the field cases: ../shared/cases is not there');

describe('field cases', { skip: !there }, () => {
  let inspector: Inspector;
  before(async () => { inspector = await Inspector.open({ home: new URL('build/wasm/', root) }); });
  after(() => inspector.close());

  const all = there ? (JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<string, Expected>) : {};
  for (const [name, { pixel_size_um: pixelSizeUm, width, height, pages = 1, channels = 1 }] of Object.entries(all)) {
    test(name, async () => {
      const { facts, problem } = await inspector.inspect(fileURLToPath(new URL(name, folder)));
      assert.equal(problem, '');
      assert.deepEqual([facts?.width_px, facts?.height_px, facts?.pages, facts?.page_channels], [width, height, pages, channels]);
      if (pixelSizeUm === null) assert.equal(facts?.pixel_size_um, null);
      else if (pixelSizeUm !== undefined) assert.ok(Math.abs((facts?.pixel_size_um ?? 0) / pixelSizeUm - 1) < 1e-6, `${facts?.pixel_size_um}`);
    });
  }
});
