/** Numbers in the words of plots and of the report; their language is English wherever they are read. */
import type { Measured } from '#cytodrop_core';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function countWords(count: number): string {
  return whole.format(count);
}

/** A score between -1 and 1, in three decimals; a share is a score. */
export function scoreWords(value: number | null): string {
  return value === null ? '–' : value.toFixed(3).replace('-', '−');
}

/** "0.912 to 0.947". */
export function intervalWords(interval: readonly [number, number] | null): string {
  return interval === null ? '–' : `${scoreWords(interval[0])} to ${scoreWords(interval[1])}`;
}

/** "0.931 (95 % interval 0.912 to 0.947)"; without the interval where there is none. */
export function measuredWords({ value, interval }: Measured): string {
  return interval === null ? scoreWords(value) : `${scoreWords(value)} (95 % interval ${intervalWords(interval)})`;
}
