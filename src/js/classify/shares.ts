/** Shares of types among many cells: as they were named, and as they would be if types were as frequent here as they seem to be. */

/** Enough for shares to rest to the sixth decimal; expectation maximisation never overshoots. */
const mostSteps = 500;
const rest = 1e-7;

/**
 * Estimates how frequent each type is among cells, where it is not as frequent as in training.
 *
 * Args:
 *   probabilities: of each cell, one a class, calibrated under `trained`.
 *   trained: share of each class among the training images; equal unless told.
 * Returns: the shares, summing to 1; as trained where there is no cell.
 * Source: Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori probabilities", section 2.2.
 */
export function estimateShares(probabilities: readonly (readonly number[])[], trained?: readonly number[]): number[] {
  const classes = probabilities[0]?.length ?? trained?.length ?? 0;
  const before = trained ?? Array.from({ length: classes }, () => 1 / classes);
  let shares = [...before];
  if (probabilities.length === 0) return shares;
  for (let step = 0; step < mostSteps; step++) {
    const next = new Array<number>(classes).fill(0);
    for (const cell of probabilities) {
      const weighed = cell.map((p, k) => (before[k] as number) > 0 ? (p * (shares[k] as number)) / (before[k] as number) : 0);
      const total = weighed.reduce((sum, value) => sum + value, 0);
      weighed.forEach((value, k) => { next[k] = (next[k] as number) + (total > 0 ? value / total : (shares[k] as number)); });
    }
    const moved = next.map((sum) => sum / probabilities.length);
    const change = Math.max(...moved.map((share, k) => Math.abs(share - (shares[k] as number))));
    shares = moved;
    if (change < rest) break;
  }
  return shares;
}
