/** The numbers of a culture count against ones worked out by hand or taken from tables. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCsv } from '../cli/fixtures.ts';
import { jsonOf } from '../border/fixtures.ts';
import { poissonInterval } from '../../src/js/classify/intervals.ts';
import { type Chamber, correctedShare, type Countable, countCulture } from '../../src/js/frames/count.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { exportCount } from '../../src/js/report/export_count.ts';

const viability = jsonOf<ModelSpec>('models/viability/spec.json');

function near(actual: number | undefined, expected: number, reach: number): void {
  assert.ok(Math.abs((actual ?? NaN) - expected) <= reach, `${actual} instead of ${expected}`);
}

function frameOf(labels: Record<string, number>, more: { unsure?: number; foreign?: number; notClassified?: number } = {}): Countable {
  const cells = Object.entries(labels).flatMap(([label, count]) => Array.from({ length: count }, () => ({ verdict: { label, unsure: false, foreign: false } })));
  cells.slice(0, more.unsure ?? 0).forEach(({ verdict }) => { verdict.unsure = true; });
  const foreign = Array.from({ length: more.foreign ?? 0 }, () => ({ verdict: { label: 'live', unsure: true, foreign: true } }));
  return { status: 'ok', cells: [...cells, ...foreign, ...Array.from({ length: more.notClassified ?? 0 }, () => ({}))] };
}

describe('the exact Poisson interval', () => {
  // F. Garwood 1936, table of the confidence limits of a Poisson mean, 95 %; 0: -ln 0.025.
  const table: [count: number, low: number, high: number][] = [
    [0, 0, 3.6889], [1, 0.0253, 5.5716], [2, 0.2422, 7.2247], [5, 1.6235, 11.6683], [10, 4.7954, 18.3904], [25, 16.1787, 36.9049], [50, 37.1110, 65.9185], [100, 81.3640, 121.6270],
  ];
  for (const [count, low, high] of table) {
    test(`${count}`, () => {
      const [lower, upper] = poissonInterval(count);
      near(lower, low, 6e-4);
      near(upper, high, 6e-4);
    });
  }

  test('of a large count is that of a normal one', () => {
    const [low, high] = poissonInterval(100_000);
    near(low, 100_000 - 1.96 * Math.sqrt(100_000), 2);
    near(high, 100_000 + 1.96 * Math.sqrt(100_000), 3);
  });
});

describe('the corrected share', () => {
  test('takes out known errors: 0.5 seen, sensitivity 0.9, specificity 0.8', () => {
    // (0.5 + 0.8 - 1) / (0.9 + 0.8 - 1) = 0.3 / 0.7
    near(correctedShare(50, 100, [[90, 10], [20, 80]])?.value, 3 / 7, 1e-12);
  });

  test('has the interval of Lang and Reiczigel', () => {
    // By hand: z² = 3.841459; q = (50 + 1.920729) / 103.841459 = 0.5; se = 91 / 102, sp = 81 / 102; p = (0.5 + sp - 1) / (se + sp - 1) = 30 / 70;
    // ofSe = se (1 - se) / 102 = 9.4326e-4, ofSp = 1.60288e-3; shift = 7.682918 (p ofSe - (1 - p) ofSp) = -3.9312e-3;
    // reach = 1.959964 sqrt(0.25 / 103.841459 + p² ofSe + (1 - p)² ofSp) / (70 / 102) = 1.959964 × 0.055715 / 0.686275 = 0.159118.
    const estimate = correctedShare(50, 100, [[90, 10], [20, 80]]);
    near(estimate?.low95, 0.428571 - 0.003931 - 0.159118, 1e-5);
    near(estimate?.high95, 0.428571 - 0.003931 + 0.159118, 1e-5);
  });

  test('lies within 0 and 1', () => {
    const none = correctedShare(0, 50, [[90, 10], [20, 80]]);
    assert.deepEqual([none?.value, none?.low95], [0, 0]);
    const all = correctedShare(50, 50, [[90, 10], [20, 80]]);
    assert.deepEqual([all?.value, all?.high95], [1, 1]);
  });

  test('is not there for a model that guesses, or was never tested on a class', () => {
    assert.equal(correctedShare(5, 10, [[50, 50], [50, 50]]), null);
    assert.equal(correctedShare(5, 10, [[0, 0], [5, 50]]), null);
  });

  test('covers the truth nearly always: 95 % of simulated cultures', () => {
    // A generator of fixed seed (mulberry32), so that the number is the same everywhere.
    let seed = 1;
    const random = (): number => {
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
    const draw = (count: number, share: number): number => Array.from({ length: count }, random).filter((one) => one < share).length;
    const [truth, sensitivity, specificity, rounds] = [0.8, 0.95, 0.9, 1000];
    let covered = 0;
    for (let round = 0; round < rounds; round++) {
      const [hits, rejections] = [draw(300, sensitivity), draw(100, specificity)];
      const seen = draw(200, truth * sensitivity + (1 - truth) * (1 - specificity));
      const estimate = correctedShare(seen, 200, [[hits, 300 - hits], [100 - rejections, rejections]]);
      if (estimate && estimate.low95 <= truth && truth <= estimate.high95) covered++;
    }
    assert.ok(covered >= 0.935 * rounds && covered <= 0.975 * rounds, `${covered} of ${rounds}`);
  });
});

describe('a culture', () => {
  const chamber: Chamber = { squareMm: 1, depthMm: 0.1, dilution: 2 };
  const frames: Countable[] = [{ ...frameOf({ live: 50, dead: 10 }, { unsure: 3, foreign: 2 }), byHand: { added: 4, removed: 7 } } as Countable, frameOf({ live: 40, dead: 0 }, { notClassified: 1 }), frameOf({})];
  const count = countCulture([...frames, { status: 'error' }], viability, chamber);

  test('is the sum of its frames; an unread one is in no number', () => {
    assert.deepEqual(
      { ...count, share: 0, shareCorrected: 0, perMl: 0 },
      {
        frames: 3, framesNotRead: 1, cells: 103, counts: [{ id: 'live', name: 'Live', cells: 90 }, { id: 'dead', name: 'Dead', cells: 10 }],
        addedByHand: 4, removedByHand: 7, unsure: 3, foreign: 2, notClassified: 1, share: 0, shareCorrected: 0, perMl: 0,
      });
  });

  test('has the Wilson interval of its share', () => {
    // 90 of 100: (0.9 + 0.0192073 ± 1.959964 sqrt(0.0009 + 0.0000960)) / 1.0384146 = 0.8256, 0.9448
    near(count.share?.value, 0.9, 1e-12);
    near(count.share?.low95, 0.8256, 1e-4);
    near(count.share?.high95, 0.9448, 1e-4);
  });

  test('is corrected by the errors in the spec', () => {
    const [[hits = 0, misses = 0] = [], [alarms = 0, rejections = 0] = []] = (viability.metrics.test ?? assert.fail()).confusion;
    const [se, sp] = [hits / (hits + misses), rejections / (alarms + rejections)];
    near(count.shareCorrected?.value, (0.9 + sp - 1) / (se + sp - 1), 1e-12);
    assert.ok((count.shareCorrected?.low95 ?? 1) < (count.shareCorrected?.value ?? 0) && (count.shareCorrected?.value ?? 1) < (count.shareCorrected?.high95 ?? 0));
  });

  test('has cells per ml: 103 cells in three squares of 0.1 µl, diluted to a half', () => {
    // 103 / 0.3 µl × 1000 µl/ml × 2
    near(count.perMl?.all.value, 686_666.667, 0.01);
    near(count.perMl?.first.value, 600_000, 0.01);
    near(count.perMl?.first.low95, 72.3706 / 0.3e-3 * 2, 10);
    near(count.perMl?.first.high95, 110.6255 / 0.3e-3 * 2, 10);
    assert.match(count.perMl?.first.formula ?? '', /= 90 × 2 × 1000 \/ \(3 × \(1 mm\)² × 0\.1 mm\)/);
  });

  test('of nothing has no share, and none per ml without a chamber', () => {
    const empty = countCulture([frameOf({})], viability, null);
    assert.deepEqual([empty.cells, empty.share, empty.shareCorrected, empty.perMl], [0, null, null, null]);
    assert.equal(countCulture([], viability, chamber).perMl, null);
  });

  test('takes a model of two classes and a chamber of some size', () => {
    assert.throws(() => countCulture([], jsonOf<ModelSpec>('models/blood-smear/spec.json'), null), RangeError);
    assert.throws(() => countCulture([], viability, { ...chamber, depthMm: 0 }), RangeError);
    assert.throws(() => countCulture([], viability, { ...chamber, dilution: NaN }), RangeError);
  });

  test('is exported with its formulas', () => {
    const context = {
      spec: viability, runtime: { engine: { kind: 'core' as const, name: 'core', threads: 1 }, engineReason: '', coreVersion: '0' },
      appVersion: '0', fileNames: false,
    };
    const rows = parseCsv(exportCount('csv', count, chamber, context));
    const row = (quantity: string) => rows.find((one) => one['quantity'] === quantity);
    assert.deepEqual([row('live')?.['value'], row('dead')?.['value'], row('share_live')?.['value']], ['90', '10', '0.9']);
    assert.match(row('share_live_corrected')?.['formula'] ?? '', /specificity = 119 \/ 130/);
    const { culture, chamber: used } = JSON.parse(exportCount('json', count, chamber, context)) as { culture: { counts: object; per_ml: { live: { value: number } } }; chamber: object };
    assert.deepEqual([culture.counts, culture.per_ml.live.value, used], [{ live: 90, dead: 10 }, 600_000, { square_mm: 1, depth_mm: 0.1, dilution: 2 }]);
    assert.equal(exportCount('ndjson', count, chamber, context).split('\n').length, 2);
  });
});
