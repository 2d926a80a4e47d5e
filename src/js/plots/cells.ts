/** Shares of types, and measurements of cells such as their area. */
import { barX, rectY, ruleX, ruleY, text } from '@observablehq/plot';
import { axis, colourOf, figure, type LegendEntry, type PlotClass, type PlotFigure, plotWidth, shapes, widthOf } from './figure.ts';
import { countWords, scoreWords } from './numbers.ts';

export interface ShareBar { index: number; count: number; share: number; interval: readonly [number, number] }

/**
 * Bars of shares with intervals.
 *
 * Args:
 *   bars: `index` is the type's place in `classes`.
 */
export function sharesPlot(bars: readonly ShareBar[], classes: readonly PlotClass[], title = 'Shares of types'): PlotFigure {
  const nameOf = (index: number): string => classes[index]?.name ?? '';
  const marginLeft = Math.min(170, Math.max(...bars.map(({ index }) => widthOf(nameOf(index)))) + 24);
  const most = Math.max(0.01, ...bars.map(({ interval }) => interval[1]));
  return figure({
    name: 'shares', title,
    description: `${bars.map(({ index, count, share, interval: [low, high] }) => `${nameOf(index)} ${scoreWords(share)} (${countWords(count)} cells, 95 % interval ${scoreWords(low)} to ${scoreWords(high)})`).join('; ')}.`,
    table: { header: ['Type', 'Cells', 'Share', 'Low', 'High'], rows: bars.map(({ index, count, share, interval }) => [nameOf(index), count, share, ...interval]) },
  }, {
    height: 52 + 30 * bars.length, marginLeft, marginRight: 20,
    x: axis('Share of cells', { domain: [0, Math.min(1, most * 1.05)], ticks: 4 }), y: { domain: bars.map(({ index }) => index), label: null, tickSize: 0, tickFormat: (i: number) => `${classes[i]?.letter ?? ''}\u2002${nameOf(i)}`, padding: 0.3 },
    marks: [
      barX(bars, { x: 'share', y: 'index', fill: ({ index }: ShareBar) => colourOf(index), stroke: 'currentColor', strokeWidth: 0.75 }),
      // With an edge in the colour of the page, so that it shows on a bar of its own colour.
      ...[{ stroke: 'var(--page, #ffffff)', strokeWidth: 5 }, { stroke: 'currentColor', strokeWidth: 2 }].map((look) => ruleY(bars, {
        y: 'index', x1: ({ interval }: ShareBar) => interval[0], x2: ({ interval }: ShareBar) => interval[1], ...look,
      })),
      ruleX([0], { stroke: 'currentColor' }),
    ],
    color: { type: 'identity' },
  });
}

/** One measurement of cells, with its unit in `label`: "Area, µm²". */
export interface CellValues { label: string; values: ArrayLike<number> }

const bins = 24;

/** A round width of bins, at least the given one. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? 10 * power;
}

/** A file's name out of words. */
function slug(words: string): string {
  return words.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? null : ((sorted[Math.floor((sorted.length - 1) / 2)] as number) + (sorted[Math.ceil((sorted.length - 1) / 2)] as number)) / 2;
}

const inWords = (value: number | null): string => (value === null ? '–' : Number(value.toPrecision(4)).toLocaleString('en'));

/**
 * How a measurement is distributed, a row for each type, or one row without types. Values that are no numbers are left out.
 *
 * Args:
 *   types: place of each cell's type in `classes`.
 */
export function histogramPlot({ label, values }: CellValues, classes: readonly PlotClass[] = [], types?: ArrayLike<number>): PlotFigure {
  const all = Array.from(values, (value, i) => ({ value, type: types ? (types[i] as number) : -1 })).filter(({ value }) => Number.isFinite(value));
  const [low, high] = all.reduce(([least, most], { value }) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  const step = roundStep((high - low || 1) / bins);
  // A type keeps its colour, also where others do not occur.
  const groups = types ? classes.map((_, i) => i).filter((i) => all.some(({ type }) => type === i)) : [-1];
  const first = Math.floor(low / step);
  const count = all.length === 0 ? 0 : Math.floor(high / step) - first + 1;
  const rows = groups.flatMap((type) => {
    const counts = new Array<number>(count).fill(0);
    for (const each of all) if (each.type === type) (counts[Math.floor(each.value / step) - first] as number)++;
    return counts.map((cells, i) => ({ type, from: (first + i) * step, to: (first + i + 1) * step, cells }));
  });
  const nameOf = (type: number): string => classes[type]?.name ?? 'All cells';
  const medians = groups.map((type) => {
    const own = all.filter((each) => each.type === type).map(({ value }) => value);
    return { type, count: own.length, median: median(own) };
  });
  return figure({
    name: `histogram-${slug(label)}`, title: `${label}: how many cells`,
    description: `${medians.map(({ type, count: cells, median: middle }) => `${nameOf(type)}: ${countWords(cells)} cells, median ${inWords(middle)}`).join('; ')}.`,
    table: { header: ['Type', 'From', 'To', 'Cells'], rows: rows.map(({ type, from, to, cells }) => [nameOf(type), Number(from.toPrecision(12)), Number(to.toPrecision(12)), cells]) },
  }, {
    height: 52 + (types ? 64 : 180) * groups.length,
    x: axis(label, { domain: [first * step, (first + Math.max(1, count)) * step], ticks: 5, labelAnchor: 'center' }), y: axis('Cells', { ticks: 3 }), fy: { axis: null, padding: 0.12 },
    marks: [
      rectY(rows.filter(({ cells }) => cells > 0), { x1: 'from', x2: 'to', y: 'cells', ...(types && { fy: 'type' }), fill: ({ type }: { type: number }) => (type < 0 ? 'var(--accent, #0b6172)' : colourOf(type)), stroke: 'currentColor', strokeWidth: 0.5, insetLeft: 0.5, insetRight: 0.5 }),
      ruleY([0], { stroke: 'currentColor' }),
      ...(types ? [text(groups.map((type) => ({ type })), { fy: 'type', frameAnchor: 'top-right', text: ({ type }: { type: number }) => `${classes[type]?.letter ?? ''}\u2002${nameOf(type)}`, fontWeight: 600 })] : []),
    ],
    color: { type: 'identity' },
  });
}

/** More points than this hide each other, and make a file that nothing opens. */
const mostDrawn = 2_000;

/** One measurement by another, types by colour and shape. Cells without both are left out; of many, evenly chosen ones are drawn, and all stand in the table. */
export function scatterPlot(x: CellValues, y: CellValues, classes: readonly PlotClass[] = [], types?: ArrayLike<number>): PlotFigure {
  const all = Array.from(x.values, (value, i) => ({ x: value, y: y.values[i] as number, index: types ? (types[i] as number) : 0 })).filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  const every = Math.ceil(all.length / mostDrawn) || 1;
  const points = all.filter((_, i) => i % every === 0);
  const domain = (values: readonly number[]): [number, number] => {
    const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
    const margin = 0.04 * (high - low || 1);
    return values.length === 0 ? [0, 1] : [low - margin, high + margin];
  };
  const counts = classes.map((_, index) => all.filter((point) => point.index === index).length);
  const legend: LegendEntry[] = types ? classes.flatMap(({ name, letter }, index) => ((counts[index] as number) > 0 ? [{ index, letter, name, value: countWords(counts[index] as number) }] : [])) : [];
  return figure({
    name: `scatter-${slug(x.label)}-${slug(y.label)}`, title: `${y.label} by ${x.label}`,
    description: `${countWords(all.length)} cells${every > 1 ? `, of which one in ${every} is drawn` : ''}${legend.length > 0 ? `: ${legend.map(({ name, value }) => `${name} ${value}`).join('; ')}` : ''}. `
      + `Medians: ${x.label} ${inWords(median(all.map((point) => point.x)))}, ${y.label} ${inWords(median(all.map((point) => point.y)))}.`,
    table: { header: ['Type', x.label, y.label], rows: all.map((point) => [types ? classes[point.index]?.name ?? '' : '', point.x, point.y]) },
  }, {
    height: plotWidth - 60, marginLeft: 52, x: axis(x.label, { domain: domain(all.map((point) => point.x)), ticks: 5 }), y: axis(y.label, { domain: domain(all.map((point) => point.y)), ticks: 5 }),
    marks: [shapes(points, 8)],
  }, legend);
}
