/** Bands of a part that has no smaller copy: they cover it once, in whole rows of the picture that they become. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bandsOf, joinBands } from '../../src/js/frames/bands.ts';

test('bands cover all rows once, and none is larger than may be held', () => {
  for (const [width_px, height_px] of [[20_000, 20_000], [100_000, 40_001], [5_000, 200_003], [400_000, 300], [7, 3]] as const) {
    const bands = bandsOf({ width_px, height_px }, 2_048);
    const last = bands.at(-1);
    assert.deepEqual([bands[0]?.from, bands[0]?.top, last?.to], [0, 0, height_px], `${width_px} × ${height_px}`);
    assert.ok(last && Math.max(last.widthPx, last.bottom) === Math.min(2_048, Math.max(width_px, height_px)));
    bands.forEach(({ from, to, top, bottom }, i) => {
      assert.ok(to > from && bottom > top && (to - from) * width_px <= Math.max(16_100_000, (2 * width_px * height_px) / last.bottom), `${i}: ${from} to ${to}`);
      if (i > 0) assert.deepEqual([bands[i - 1]?.to, bands[i - 1]?.bottom], [from, top]);
    });
  }
});

test('bands that came out a row or column too small are stretched to their place', () => {
  const bands = bandsOf({ width_px: 8_000, height_px: 4_000 }, 8);
  assert.deepEqual(bands.map(({ top, bottom }) => [top, bottom]), [[0, 2], [2, 4]]);
  const view = (widthPx: number, heightPx: number, value: number): { widthPx: number; heightPx: number; rgba: Uint8ClampedArray<ArrayBuffer> } => ({ widthPx, heightPx, rgba: new Uint8ClampedArray(4 * widthPx * heightPx).fill(value) });
  const joined = joinBands(bands, [view(8, 2, 10), view(7, 1, 20)]);
  assert.deepEqual([joined.widthPx, joined.heightPx, [...new Set(joined.rgba.subarray(0, 64))], [...new Set(joined.rgba.subarray(64))]], [8, 4, [10], [20]]);
});
