/** What a sample says of how frequent types are among all: against shares that are known, and with intervals that hold them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bytesOf } from '../border/fixtures.ts';
import { Core } from '../../src/js/core/core.ts';
import { estimateTypeShares, type ShareQuestion } from '../../src/js/work/share_estimates.ts';

let core: Core;
before(async () => { core = await Core.open(bytesOf('build/wasm/cytodrop_core.wasm')); });
after(() => core.close());

/** 4,000 cells of two types, one in ten of the first; one in five of the second is called the first. Every eighth is looked at, or of each name so many. */
function question(byType: boolean): ShareQuestion & { truth: number[] } {
  const cells = 4_000;
  const truth = Array.from({ length: cells }, (_, i) => (i % 10 === 0 ? 0 : 1));
  const all = new Float64Array(2 * cells);
  truth.forEach((type, i) => {
    const p = type === 0 ? 0.9 : i % 5 === 1 ? 0.8 : 0.1;
    all.set([p, 1 - p], 2 * i);
  });
  const named = (i: number): number => ((all[2 * i] as number) > 0.5 ? 0 : 1);
  const of = (name: number): number[] => truth.flatMap((_, i) => (named(i) === name ? [i] : []));
  // Far apart, so that the sample has its share of every kind.
  const chosen = byType ? [...of(0).filter((_, i) => i % 7 === 0), ...of(1).filter((_, i) => i % 19 === 0)] : truth.flatMap((_, i) => ((i * 37) % 8 === (i >> 7) % 8 ? [i] : []));
  const weightOf = (i: number): number => of(named(i)).length / chosen.filter((one) => named(one) === named(i)).length;
  return {
    all, trained: Float64Array.of(0.5, 0.5), byType, truth,
    sample: { types: 2, truth: Int32Array.from(chosen, (i) => truth[i] as number), probabilities: Float64Array.from(chosen.flatMap((i) => [all[2 * i] as number, all[2 * i + 1] as number])), ...(byType && { weights: Float64Array.from(chosen, weightOf) }) },
  };
}

describe('shares of types', () => {
  for (const byType of [false, true]) {
    test(byType ? 'from a sample of each type named, weighted back' : 'from a sample of all', () => {
      const asked = question(byType);
      const [first, second] = estimateTypeShares(core, asked);
      assert.ok(first && second && first.adjusted && second.adjusted);
      // One tenth, and two tenths of the rest, are called the first.
      assert.ok(Math.abs(first.named - 0.3) < 0.02, `${first.named}`);
      for (const { share, interval: [low, high] } of [first.sampled, first.adjusted]) {
        assert.ok(Math.abs(share - 0.1) < 0.03, `${share}`);
        assert.ok(low < 0.1 && high > 0.1 && low < share && share < high, `${low} ${high}`);
        assert.ok(high - low < 0.12);
      }
      assert.ok(Math.abs(first.sampled.share + second.sampled.share - 1) < 1e-9);
      assert.ok(Math.abs(first.adjusted.share + second.adjusted.share - 1) < 1e-9);
      assert.ok(first.expected.interval[0] <= first.expected.share && first.expected.share <= first.expected.interval[1]);
      assert.ok(first.expected.share < first.named, 'where few are of the first type, doubtful ones are mostly not');
      assert.deepEqual(estimateTypeShares(core, asked), [first, second], 'the same cells give the same intervals');
    });
  }

  test('a sample with one type alone undoes nothing', () => {
    const { all, trained } = question(false);
    const [first] = estimateTypeShares(core, { all, trained, byType: false, sample: { types: 2, truth: Int32Array.of(1, 1), probabilities: Float64Array.of(0.1, 0.9, 0.9, 0.1) } });
    assert.equal(first?.adjusted, null);
    assert.equal(first?.sampled.share, 0);
  });
});
