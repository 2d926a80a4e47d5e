/** Numbers as a person reads them, in the person's locale. */

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/**
 * A probability as a percentage that never claims more than it knows.
 *
 * Between 1 and 99 per cent it is whole; nearer to certainty it has one decimal; "0 %" and "100 %" mean exactly that.
 *
 * Args:
 *   probability: between 0 and 1.
 * Returns: "92 %", "99.6 %", ">99.9 %", "<0.1 %", with a no-break space.
 */
export function formatPercent(probability: number): string {
  const percent = probability * 100;
  if (percent <= 0 || percent >= 100) return `${whole.format(percent)}\u00a0%`;
  if (percent < 0.1) return `<${tenths.format(0.1)}\u00a0%`;
  if (percent > 99.9) return `>${tenths.format(99.9)}\u00a0%`;
  const rounded = Math.round(percent);
  return `${rounded < 1 || rounded > 98 || percent < 1 ? tenths.format(percent) : whole.format(rounded)}\u00a0%`;
}

/**
 * A probability that is not rounded across a limit: 99.88 % under a limit of 99.9 % is not written as 99.9 %.
 *
 * Args:
 *   probability, limit: between 0 and 1.
 */
export function formatPercentNear(probability: number, limit: number): string {
  const percent = probability * 100;
  const shown = (digits: number): number => Number(percent.toFixed(digits));
  const holds = (digits: number): boolean => shown(digits) >= 100 * limit === percent >= 100 * limit;
  const least = percent < 1 || Math.round(percent) > 98 ? 1 : 0;
  if (holds(least)) return formatPercent(probability);
  const digits = [1, 2, 3, 4, 5].find((more) => more > least && holds(more)) ?? 6;
  return `${shown(digits).toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits })}\u00a0%`;
}

/** A count with the locale's group separators. */
export function formatCount(count: number): string {
  return whole.format(count);
}

/** How many times larger: "2.4×". */
export function formatTimes(times: number): string {
  return `${tenths.format(times)}×`;
}

const plurals = new Intl.PluralRules('en');

/** The words that agree with a count: `plural(2, { one: '1 cell', other: '2 cells' })`. */
export function plural(count: number, words: { one: string; other: string }): string {
  return plurals.select(count) === 'one' ? words.one : words.other;
}

/**
 * A span of time in the two units that matter.
 *
 * Args:
 *   milliseconds: not negative.
 * Returns: "7 ms", "1.4 s", "42 s", "3 min 20 s", "1 h 5 min".
 */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${whole.format(milliseconds)}\u00a0ms`;
  if (milliseconds < 9_950) return `${tenths.format(milliseconds / 1000)}\u00a0s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds}\u00a0s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}\u00a0min ${seconds % 60}\u00a0s`;
  return `${whole.format(Math.floor(minutes / 60))}\u00a0h ${minutes % 60}\u00a0min`;
}
