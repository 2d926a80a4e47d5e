/** Tables of plots for people: a few rows evenly chosen of many, numbers no longer than they can be read. */
import type { PlotTable } from './figure.ts';

/** Those that are shown; `every` is the step between them, 1 where all are. */
export function shownRows({ rows }: PlotTable, most = 60): { rows: PlotTable['rows']; every: number } {
  const every = Math.ceil(rows.length / most) || 1;
  return { rows: every === 1 ? rows : rows.filter((_, i) => i % every === 0 || i === rows.length - 1), every };
}

export function fieldWords(value: string | number | null): string {
  if (typeof value !== 'number') return value ?? '–';
  return Number(value.toPrecision(5)).toLocaleString('en', { maximumFractionDigits: 8 });
}
