/** How frequent types are among many cells of which some, drawn at random, were looked at. */
import type { LabelledCells, ShareEstimate } from '#cytodrop_core';
import type { Core } from '../core/core.ts';

export interface ShareQuestion {
  /** [N][types] probabilities of all cells. */
  all: Float64Array;
  /** [types] shares among the training images. */
  trained: Float64Array;
  /** The cells looked at; with weights where they were drawn type by type as the model named them. */
  sample: LabelledCells;
  /** Cells were drawn from each type that the model named, not from all together. */
  byType: boolean;
}

/** Shares of one type, as they are estimated; intervals of 95 %. */
export interface TypeShares {
  /** As the model names them, its errors among them. */
  named: number;
  /** From the cells looked at alone. Horvitz and Thompson 1952. */
  sampled: ShareEstimate;
  /** As named, freed of the errors that the sample shows; null where they cannot be undone. Rogan and Gladen 1978. */
  adjusted: ShareEstimate | null;
  /** From all probabilities together. Saerens et al. 2002. */
  expected: ShareEstimate;
}

/** Of the bootstrap; each of the second kind goes through all cells. */
const sampleDraws = 1_000;
const cellDraws = 100;

/** A generator with a fixed beginning, so that the same cells give the same intervals. Source: Marsaglia 2003, xorshift of 32 bits. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}

/** Raises: CytodropError, `invalid_argument`, where the arrays do not fit together. */
export function estimateTypeShares(core: Core, { all, trained, sample, byType }: ShareQuestion): TypeShares[] {
  const { types, truth, probabilities, weights } = sample;
  const likeliest = (of: Float64Array): Int32Array => Int32Array.from({ length: of.length / types }, (_, i) => {
    let best = 0;
    for (let k = 1; k < types; k++) if ((of[i * types + k] as number) > (of[i * types + best] as number)) best = k;
    return best;
  });
  const [namedOf, sampleNamed] = [likeliest(all), likeliest(probabilities)];
  const named = new Float64Array(types);
  for (const type of namedOf) named[type] = (named[type] as number) + 1;
  const random = randomFrom(0x9e3779b9);
  const adjusted = bootstrap(types, sampleDraws, (drawn) => {
    const known = new Float64Array(types * types);
    truth.forEach((_, i) => {
      const one = drawn ? random(truth.length) : i;
      const at = (truth[one] as number) * types + (sampleNamed[one] as number);
      known[at] = (known[at] as number) + (weights?.[one] ?? 1);
    });
    return core.adjustedShares(named, known);
  });
  const expected = bootstrap(types, cellDraws, (drawn) => {
    const counts = new Float64Array(namedOf.length).fill(drawn ? 0 : 1);
    if (drawn) for (let i = 0; i < counts.length; i++) { const one = random(counts.length); counts[one] = (counts[one] as number) + 1; }
    return core.expectedShares(all, trained, counts);
  });
  return Array.from({ length: types }, (_, type) => {
    const strata = byType ? Array.from({ length: types }, (__, other) => [named[other] as number, ...hitsOf(truth, sampleNamed, type, other)]).filter(([cells]) => (cells as number) > 0) : [[namedOf.length, ...hitsOf(truth, sampleNamed, type, null)]];
    return {
      named: (named[type] as number) / namedOf.length, sampled: core.stratifiedShare(Int32Array.from(strata.flat())),
      adjusted: adjusted && (adjusted[type] as ShareEstimate), expected: (expected as ShareEstimate[])[type] as ShareEstimate,
    };
  });
}

/** Cells drawn, all or those named `named`, and those among them that are of a type. */
function hitsOf(truth: Int32Array, sampleNamed: Int32Array, type: number, named: number | null): [drawn: number, hits: number] {
  let [drawn, hits] = [0, 0];
  truth.forEach((one, i) => {
    if (named !== null && sampleNamed[i] !== named) return;
    drawn += 1;
    hits += Number(one === type);
  });
  return [drawn, hits];
}

/** Shares with intervals by percentiles; null where there are none as the cells are. Draws of which there are none count as not drawn. */
function bootstrap(types: number, draws: number, sharesOf: (drawn: boolean) => Float64Array | null): ShareEstimate[] | null {
  const shares = sharesOf(false);
  if (shares === null) return null;
  const drawn = Array.from({ length: draws }, () => sharesOf(true)).filter((one) => one !== null);
  return Array.from({ length: types }, (_, type) => {
    const sorted = drawn.map((one) => one[type] as number).sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? (shares[type] as number);
    return { share: shares[type] as number, interval: [at(0.025), at(0.975)] };
  });
}
