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

/** "87.5 %", with a no-break space; 0 % and 100 % mean exactly that. */
export function percentWords(share: number): string {
  const percent = (100 * share).toFixed(1);
  if (share > 0 && percent === '0.0') return '<0.1\u00a0%';
  if (share < 1 && percent === '100.0') return '>99.9\u00a0%';
  return `${share === 0 || share === 1 ? percent.slice(0, -2) : percent}\u00a0%`;
}

/** "85.7 to 89.0 %". */
export function percentInterval([low, high]: readonly [number, number]): string {
  return `${percentWords(low).replace(/\s*%$/, '')} to ${percentWords(high)}`;
}

/** "0.912 to 0.947". */
export function intervalWords(interval: readonly [number, number] | null): string {
  return interval === null ? '–' : `${scoreWords(interval[0])} to ${scoreWords(interval[1])}`;
}

/** "0.931 (95 % interval 0.912 to 0.947)"; without the interval where there is none. */
export function measuredWords({ value, interval }: Measured): string {
  return interval === null ? scoreWords(value) : `${scoreWords(value)} (95 % interval ${intervalWords(interval)})`;
}
