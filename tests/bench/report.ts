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

/** The first column to the left, numbers and all else to the right. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) {
    console.log(`  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('   ')}`);
  }
}

const goals: string[] = [];

function noteGoal(line: string, met: boolean): void {
  goals.push(`${met ? 'met     ' : 'NOT MET '} ${line}`);
  console.log(`  ${line}; ${met ? 'met' : 'NOT MET'}`);
}

export function printGoal(name: string, ratio: number, least: number): void {
  noteGoal(`${name}: ${ratio.toFixed(2)} times as fast; goal: at least ${least}`, ratio >= least);
}

/** A goal in other words; `value` that is not a number is never met. */
export function printLimit(name: string, value: number, unit: string, limit: { least: number } | { most: number }): void {
  const [word, bound, met] = 'least' in limit ? ['least', limit.least, value >= limit.least] as const : ['most', limit.most, value <= limit.most] as const;
  noteGoal(`${name}: ${Number(value.toPrecision(3))} ${unit}; goal: at ${word} ${bound} ${unit}`, met);
}

export function printGoals(): void {
  console.log(`\nGoals\n${goals.map((line) => `  ${line}`).join('\n')}`);
}
