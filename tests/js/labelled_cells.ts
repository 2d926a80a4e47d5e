/** Cells of known type that a made-up model is often right about: the same on every machine. */
import type { LabelledCells } from '../../src/js/index.ts';

/** Numbers from 0 to 1 that look random: Numerical Recipes' linear congruence. */
export function drawing(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Type 0 is the most frequent; the larger the skill, the more often the true type is the likeliest. */
export function labelledCells(count: number, types: number, skill: number, seed = 7): LabelledCells {
  const draw = drawing(seed);
  const truth = Int32Array.from({ length: count }, () => Math.floor(draw() ** 1.5 * types));
  const probabilities = new Float64Array(count * types);
  for (let i = 0; i < count; i++) {
    const scores = Array.from({ length: types }, (_, type) => Math.exp(3 * (draw() + draw() - 1) + (type === truth[i] ? skill : 0)));
    const total = scores.reduce((sum, score) => sum + score, 0);
    probabilities.set(scores.map((score) => score / total), i * types);
  }
  return { types, truth, probabilities };
}
