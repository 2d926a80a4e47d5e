/** How the figures are printed. */

export const stageNames = ['decode', 'prepare', 'network', 'head'] as const;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** "  decode      1.62 ms" with the rate where it is the whole. */
export function printTime(name: string, milliseconds: number, isWhole = false): void {
  const rate = isWhole ? `${(1000 / milliseconds).toFixed(0).padStart(8)} cells/s` : '';
  console.log(`  ${name.padEnd(26)}${milliseconds.toFixed(2).padStart(9)} ms${rate}`);
}

export function printGoal(name: string, ratio: number, least: number): void {
  console.log(`  ${name}: ${ratio.toFixed(2)} times as fast; goal: at least ${least}; ${ratio >= least ? 'met' : 'NOT MET'}`);
}
