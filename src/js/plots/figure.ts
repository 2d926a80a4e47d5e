/** What every plot is: a picture, words for those who do not see it, and its numbers as a table. */
import { plot, type PlotOptions, type RenderFunction } from '@observablehq/plot';
import type { ModelClass } from '../model/spec.ts';
import { csvLine } from '../report/export_cells.ts';
import { classColour, classShapes } from '../report/palette.ts';
import { drawn, SvgDocument, type SvgElement, svgText } from './svg.ts';

export interface PlotTable { header: string[]; rows: (string | number | null)[][] }

export interface PlotFigure {
  /** For names of files: letters and lines only. */
  name: string;
  title: string;
  /** What is seen, with the main figures. */
  description: string;
  svg: SvgElement;
  table: PlotTable;
  /** Where the axes are, for who selects in it; of axes with numbers only. */
  axes?: { x?: PlotAxis; y?: PlotAxis };
}

/** `range`: px of the picture's own size, from the first to the last of `domain`. */
export interface PlotAxis { domain: [number, number]; range: [number, number] }

/** What a plot needs to know of a type. */
export type PlotClass = Pick<ModelClass, 'id' | 'name' | 'letter'>;

/** px; a phone shows it at nearly this width, so that its text stays as large as it is drawn. */
export const plotWidth = 360;
export const fontPx = 12;
/** Mean width of a letter of the system's fonts at `fontPx`, from above. */
const letterPx = 6.6;
const rowPx = 20;

/** Of a class's lines and fields; the palette's black is the colour of text, white in the dark. */
export function colourOf(index: number): string {
  const colour = classColour(index % classShapes.length);
  return colour === 0 ? 'currentColor' : `#${colour.toString(16).padStart(6, '0')}`;
}

/** Under a line: pale colours have an edge on white, dark ones in the dark. */
export const seam = { px: 3, opacity: 0.45 };

/** A line's dashes: a third way to tell classes apart. */
export function dashesOf(index: number): string {
  return ['', '7 3', '2 3', '9 3 2 3', '5 2', '1 2', '9 3 2 3 2 3', '4 4'][index % classShapes.length] ?? '';
}

const outline = { stroke: 'currentColor', 'stroke-width': 0.75 };

/** The class's shape around a point, 12 px wide unless told; whoever holds it gives it an outline. */
function shapeAt(index: number, x: number, y: number, px = 12): SvgElement {
  const scale = px / 12;
  return drawn('path', {
    d: classShapes[index % classShapes.length], fill: colourOf(index),
    transform: `translate(${(x - px / 2).toFixed(1)} ${(y - px / 2).toFixed(1)})${scale === 1 ? '' : ` scale(${scale})`}`,
  });
}

/** The class's shape as a picture of its own, beside its letter. */
export function classMark(index: number): SvgElement {
  return drawn('svg', { viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true' }, drawn('g', outline, shapeAt(index, 6, 6)));
}

/** A mark for Observable Plot: shapes of classes at points in the units of the axes. */
export function shapes(points: readonly { index: number; x: number; y: number }[], px?: number): RenderFunction {
  return (_index, { x, y }) => drawn('g', outline, ...points.map((point) => shapeAt(point.index, x?.(point.x) as number, y?.(point.y) as number, px))) as unknown as SVGElement;
}

export interface LegendEntry {
  index: number;
  letter: string;
  name: string;
  value?: string;
  /** Its mark is a line. */
  isLine?: boolean;
}

/** Cut where it would be wider; its whole is in the table. */
export function fitted(text: string, px: number): string {
  const most = Math.floor(px / letterPx);
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1)).trimEnd()}…`;
}

export function widthOf(text: string): number {
  return text.length * letterPx;
}

function legendRows(entries: readonly LegendEntry[], width: number, top: number): { group: SvgElement; height: number } {
  const mark = entries.some(({ isLine }) => isLine) ? 28 : 12;
  const around = mark + 38;
  const needed = Math.max(0, ...entries.map(({ name, value = '' }) => around + widthOf(name) + widthOf(value)));
  const columns = needed <= width / 2 ? 2 : 1;
  const rows = Math.ceil(entries.length / columns);
  const column = width / columns;
  const group = drawn('g', { class: 'legend', 'text-anchor': 'start' }, ...entries.map(({ index, letter, name, value = '', isLine }, i) => {
    const [x, y] = [Math.floor(i / rows) * column, (i % rows) * rowPx + rowPx / 2];
    return drawn('g', { transform: `translate(${x} ${top + y})` },
      ...(isLine ? [drawn('line', { x2: mark, stroke: 'currentColor', 'stroke-opacity': seam.opacity, 'stroke-width': seam.px }), drawn('line', { x2: mark, stroke: colourOf(index), 'stroke-width': 2, 'stroke-dasharray': dashesOf(index) || undefined })] : []),
      drawn('g', outline, shapeAt(index, mark / 2, 0, isLine ? 10 : 12)),
      drawn('text', { x: mark + 6, dy: '0.35em', 'font-weight': 600 }, letter),
      drawn('text', { x: mark + 22, dy: '0.35em' }, fitted(name, column - around - widthOf(value))),
      drawn('text', { x: column - 12, dy: '0.35em', 'text-anchor': 'end' }, value));
  }));
  return { group, height: rows * rowPx };
}

/**
 * Draws a plot.
 *
 * Args:
 *   options: for Observable Plot, as far as they are not the same for all.
 *   legend: rows below it, one for each class that is drawn.
 */
export function figure(facts: Omit<PlotFigure, 'svg' | 'axes'>, options: PlotOptions, legend: readonly LegendEntry[] = []): PlotFigure {
  // Plot's types want a whole document; it uses what `SvgDocument` has.
  const svg = plot({
    width: plotWidth, marginLeft: 44, marginRight: 12, marginTop: 12, marginBottom: 40, className: 'plot',
    ariaLabel: facts.title, ariaDescription: facts.description, ...options, document: new SvgDocument() as unknown as Document,
  }) as unknown as SvgElement;
  // Plot's rules for its own defaults; what is left of them stands on the page's side.
  for (const style of svg.find(({ localName }) => localName === 'style')) svg.children.splice(svg.children.indexOf(style), 1);
  // A picture has one name; names of its parts are nothing that is heard.
  for (const part of svg.find(() => true)) for (const name of ['aria-label', 'aria-description', 'aria-hidden']) part.removeAttribute(name);
  const [width, height] = [Number(svg.getAttribute('width')), Number(svg.getAttribute('height'))];
  let total = height;
  if (legend.length > 0) {
    const { group, height: rows } = legendRows(legend, width, height + 4);
    svg.appendChild(group);
    total += rows + 8;
  }
  for (const [name, value] of Object.entries({ height: total, viewBox: `0 0 ${width} ${total}`, 'font-size': fontPx, role: 'img', overflow: 'visible' })) svg.setAttribute(name, value);
  return { ...facts, svg, axes: { ...axisOf(svg, 'x'), ...axisOf(svg, 'y') } };
}

function axisOf(svg: SvgElement, name: 'x' | 'y'): Partial<Record<'x' | 'y', PlotAxis>> {
  const { domain, range } = (svg as unknown as ReturnType<typeof plot>).scale(name) ?? {};
  const numbers = (values: Iterable<unknown> | undefined): [number, number] | null => {
    const all = [...(values ?? [])];
    return all.length === 2 && all.every((value) => typeof value === 'number') ? (all as [number, number]) : null;
  };
  const [from, to] = [numbers(domain as Iterable<unknown>), numbers(range as Iterable<unknown>)];
  return from && to ? { [name]: { domain: from, range: to } } : {};
}

/** Axis options that all plots share. */
export function axis(label: string, more: object = {}): object {
  return { label, labelAnchor: 'center', labelArrow: 'none', grid: true, ...more };
}

const paper = { text: '#15202a', page: '#ffffff' };

/** A file of its own, dark on white whatever the page's colours are: for papers and slides. */
export function figureSvg({ svg, title, description }: PlotFigure): string {
  const [width, height] = [svg.getAttribute('width') ?? '', svg.getAttribute('height') ?? ''];
  const inside = svg.children.map((child) => (typeof child === 'string' ? '' : svgText(child))).join('');
  const whole = drawn('svg', { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: svg.getAttribute('viewBox') ?? '', fill: 'currentColor', color: paper.text, 'font-family': 'system-ui, sans-serif', 'font-size': fontPx, 'text-anchor': 'middle', role: 'img' },
    drawn('title', {}, title), drawn('desc', {}, description), drawn('rect', { width, height, fill: paper.page }));
  return `${svgText(whole).replace(/<\/svg>$/, `${inside}</svg>`)}\n`.replace(/var\(--[\w-]+, (#[0-9a-f]{6})\)/g, '$1');
}

export function figureCsv({ table: { header, rows } }: PlotFigure): string {
  return [header, ...rows].map(csvLine).join('');
}
