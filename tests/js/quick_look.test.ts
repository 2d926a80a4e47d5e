/** What a quick look at a frame decides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foundLength, inUnits, lookedAt, quickLook } from '../../src/js/frames/quick_look.ts';
import { defaultSearch, leftToLook, type Looked, withLook } from '../../src/js/frames/search.ts';

/** Lengths found, by method and typical diameter in whole px; what is not named finds nothing. */
async function decide(sums: Record<string, number>, shorterSidePx = 560): Promise<{ looked: string | null; tried: string[] }> {
  const tried: string[] = [];
  const name = ({ method, least_diameter, most_diameter }: Looked): string => `${method.slice('network_'.length)} ${Math.round(Math.sqrt(least_diameter * most_diameter))}`;
  const looked = await quickLook(shorterSidePx, (settings) => {
    tried.push(name(settings));
    return Promise.resolve(sums[name(settings)] ?? 0);
  });
  return { looked: looked && name(looked), tried };
}

test('the network and the size win by which most is found, half an octave from the best is tried too', async () => {
  assert.deepEqual(await decide({ 'round 45': 300, 'adherent 45': 4000, 'adherent 64': 5000 }), {
    looked: 'adherent 64', tried: ['round 22', 'round 45', 'round 90', 'adherent 22', 'adherent 45', 'adherent 90', 'adherent 32', 'adherent 64'],
  });
  assert.equal((await decide({ 'round 22': 3000, 'round 16': 2900, 'round 31': 2800 })).looked, 'round 22');
  assert.equal((await decide({ 'adherent 22': 3000, 'adherent 16': 3100 })).looked, 'adherent 16');
});

test('where both find about as much the cells are taken for round ones', async () => {
  assert.equal((await decide({ 'round 22': 3000, 'adherent 22': 3800 })).looked, 'round 22');
  assert.equal((await decide({ 'round 22': 3000, 'adherent 22': 4000 })).looked, 'adherent 22');
});

test('a cell counts by its size and its score: many crumbs are less than a few cells', () => {
  const found = (sides: number[], score: number): number => foundLength({ scores: new Float32Array(sides.length).fill(score), boxes: Int32Array.from(sides.flatMap((side) => [0, 0, side, 4 * side])) });
  assert.equal(found([], 1), 0);
  assert.equal(found([10, 20], 0.5), 30);
  assert.ok(found(Array<number>(20).fill(5), 0.5) < found([20, 20, 20, 20], 0.75));
});

test('where hardly anything is found nothing is decided', async () => {
  assert.equal((await decide({})).looked, null);
  assert.equal((await decide({ 'round 22': 21 })).looked, null);
});

test('cells of more than half of what is looked at are not searched for', async () => {
  assert.deepEqual((await decide({ 'round 22': 500 }, 100)).tried, ['round 22', 'round 45', 'adherent 22', 'adherent 45', 'round 16', 'round 31']);
});

test('the middle is looked at, a small frame as a whole', () => {
  assert.deepEqual(lookedAt({ width_px: 1408, height_px: 300 }), { left_px: 424, top_px: 0, width_px: 560, height_px: 300 });
});

test('diameters are numbers that a person would choose, in the unit of the search', () => {
  const looked: Looked = { method: 'network_round', least_diameter: 11.25, most_diameter: 127.279 };
  assert.deepEqual(inUnits(looked, null), { method: 'network_round', least_diameter: 11, most_diameter: 130 });
  assert.deepEqual(inUnits(looked, 0.5), { method: 'network_round', least_diameter: 5.6, most_diameter: 64 });
});

test('a look decides what neither the model nor a person set, and what does not go with that gives way', () => {
  assert.deepEqual(leftToLook({}, { sensitivity: 0.3 }), ['method', 'least_diameter', 'most_diameter']);
  assert.deepEqual(leftToLook({}, { most_diameter: 20 }), ['method', 'least_diameter']);
  assert.deepEqual(leftToLook({ frame: { side_px: 48, pixel_size_um: null } }, {}), []);
  const looked: Looked = { method: 'network_adherent', least_diameter: 23, most_diameter: 90 };
  assert.deepEqual(withLook({ ...defaultSearch, most_diameter: 20 }, looked, ['method', 'least_diameter']), { ...defaultSearch, method: 'network_adherent', least_diameter: 20, most_diameter: 20 });
  assert.deepEqual(withLook({ ...defaultSearch, least_diameter: 99 }, looked, ['most_diameter']), { ...defaultSearch, least_diameter: 99, most_diameter: 99 });
  assert.deepEqual(withLook(defaultSearch, null, ['method']), defaultSearch);
});
