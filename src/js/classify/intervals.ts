/** Intervals of 95 % around shares and counts. */

/**
 * The Wilson score interval of a share, 95 %.
 *
 * Args:
 *   successes: k of n.
 *   total: n; with 0 nothing is known and the interval is [0, 1].
 * Returns: lower and upper bound.
 * Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209.
 */
export function wilsonInterval(successes: number, total: number): [number, number] {
  if (total === 0) return [0, 1];
  const z = 1.959963984540054;
  const share = successes / total;
  const scale = 1 + (z * z) / total;
  const centre = share + (z * z) / (2 * total);
  const reach = z * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  return [successes === 0 ? 0 : (centre - reach) / scale, successes === total ? 1 : (centre + reach) / scale];
}

/**
 * The exact interval of a Poisson mean of which one count is known, 95 %.
 *
 * Source: F. Garwood, Biometrika 28 (1936) 437: the means at which a count as high, or as low, has probability 0.025.
 */
export function poissonInterval(count: number): [number, number] {
  const tail = 0.025;
  const reach = 8 * Math.sqrt(count + 1) + 8;
  const low = count === 0 ? 0 : solve(Math.max(0, count - reach), count, (mean) => 1 - poissonUpTo(count - 1, mean) - tail);
  return [low, solve(count, count + reach, (mean) => tail - poissonUpTo(count, mean))];
}

/** Where an increasing function is 0. */
function solve(low: number, high: number, rises: (at: number) => number): number {
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (rises(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Probability of at most `count` at a Poisson mean; summed from the largest count down, until the rest is nothing. */
function poissonUpTo(count: number, mean: number): number {
  if (mean === 0) return 1;
  let term = Math.exp(count * Math.log(mean) - mean - logFactorial(count));
  let sum = 0;
  for (let k = count; k >= 0 && (term > 1e-18 || k > mean); k--) {
    sum += term;
    term *= k / mean;
  }
  return sum;
}

/** By Stirling's series, whose next term is below 1e-9 from 10 on. */
function logFactorial(count: number): number {
  if (count < 10) return Array.from({ length: count }, (_, i) => Math.log(i + 1)).reduce((sum, log) => sum + log, 0);
  const n = count + 1;
  return (n - 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5);
}
