/** Plots as what they are made of: elements, words and tables; and the report as text that nobody's names can break. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Core } from '../../src/js/core/core.ts';
import type { Measurement } from '../../src/js/index.ts';
import * as plots from '../../src/js/plots.ts';
import { drawn, type SvgElement, SvgDocument } from '../../src/js/plots/svg.ts';
import { fieldWords, shownRows } from '../../src/js/plots/tables.ts';
import { percentInterval, percentWords } from '../../src/js/plots/numbers.ts';
import { bytesOf, spec } from '../border/fixtures.ts';
import { labelledCells } from './labelled_cells.ts';
import { measurementContext } from './measurement_context.ts';

const { classes } = spec;
const cells = labelledCells(600, classes.length, 3);
/** Right about all but one cell of three types. */
const few = { types: 3, truth: Int32Array.of(0, 0, 1, 1, 1), probabilities: Float64Array.of(0.9, 0.1, 0, 0.6, 0.4, 0, 0.2, 0.8, 0, 0.7, 0.3, 0, 0.1, 0.9, 0) };
const three = classes.slice(0, 3);

let core: Core;
let found: Measurement;
let small: Measurement;
before(async () => {
  core = await Core.open(bytesOf('build/wasm/cytodrop_core.wasm'));
  found = core.measureCells(cells, 200);
  small = core.measureCells(few, 200);
});
after(() => core.close());

const named = (svg: SvgElement, name: string): SvgElement[] => svg.find(({ localName }) => localName === name);
const texts = (svg: SvgElement): string[] => named(svg, 'text').filter((text) => text.children.every((child) => typeof child === 'string')).map(({ textContent }) => textContent);
const all = (): plots.PlotFigure[] => [
  plots.matrixPlot(found, classes), plots.rocPlot(found, classes), plots.precisionRecallPlot(found, classes), plots.reliabilityPlot(found), plots.riskCoveragePlot(found),
  plots.histogramPlot({ label: 'Area, µm²', values: cells.truth }, classes, cells.truth), plots.scatterPlot({ label: 'Area, µm²', values: cells.truth }, { label: 'Roundness', values: cells.probabilities }, classes, cells.truth),
  plots.sharesPlot(classes.map((_, index) => ({ index, count: 10, share: 0.125, interval: [0.07, 0.21] })), classes),
];

describe('every plot', () => {
  test('is one picture with a name and words, in colours that follow the page, readable where it is narrow', () => {
    for (const { svg, title, description, name } of all()) {
      assert.match(name, /^[a-z-]+$/);
      assert.deepEqual(['role', 'aria-label', 'aria-description', 'width', 'font-size', 'fill'].map((key) => svg.getAttribute(key)), ['img', title, description, '360', '12', 'currentColor'], name);
      assert.ok(description.length > 60, description);
      const inner = svg.find(() => true);
      assert.deepEqual(inner.filter((element) => [...element.attributes.keys()].some((key) => key.startsWith('aria-') || key === 'style')), [], name);
      assert.deepEqual(inner.filter(({ localName }) => !['g', 'path', 'text', 'line', 'rect', 'circle', 'tspan'].includes(localName)).map(({ localName }) => localName), [], name);
      assert.ok(inner.every((element) => Number(element.getAttribute('font-size') ?? 10) >= 10), name);
      assert.doesNotMatch(plots.svgText(svg), /NaN|undefined|Infinity/, name);
    }
  });

  test('has its numbers as a table and as CSV', () => {
    for (const figure of all()) {
      const { header, rows } = figure.table;
      assert.ok(rows.length >= 5 && rows.every((row) => row.length === header.length), figure.name);
      assert.equal(plots.figureCsv(figure).trimEnd().split('\r\n').length, rows.length + 1, figure.name);
    }
  });

  test('becomes a file of its own, dark on white, without the page\'s variables', () => {
    for (const figure of all()) {
      const file = plots.figureSvg(figure);
      assert.match(file, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*color="#15202a".*<title>[^<]+<\/title><desc>[^<]+<\/desc><rect width="360" height="\d+" fill="#ffffff"\/>/);
      assert.doesNotMatch(file, /var\(/);
    }
  });
});

test('the confusion matrix has every count, dark by its share of the row, and says the worst', () => {
  const { svg, table, description } = plots.matrixPlot(small, three);
  const [a, b, c] = three.map(({ name }) => name) as [string, string, string];
  assert.deepEqual(table, { header: ['True type', a, b, c], rows: [[a, 2, 0, 0], [b, 1, 2, 0], [c, 0, 0, 0]] });
  const opacities = named(svg, 'rect').map((rect) => rect.getAttribute('fill-opacity')).filter((opacity) => opacity !== null).map(Number);
  assert.deepEqual(opacities.map((opacity) => Number((opacity / plots.darkest).toFixed(3))), [1, 0, 0, 0.333, 0.667, 0, 0, 0, 0]);
  assert.deepEqual(texts(svg).filter((text) => /^\d+$/.test(text)).sort(), ['1', '2', '2']);
  assert.match(description, new RegExp(`4 of 5 cells are on the diagonal.* 1 ${b} named ${a}, 0\\.333 of that row`));
});

test('curves have every point in their table, only seen ones in the picture, and no line for a type that does not occur', () => {
  const roc = plots.rocPlot(small, three);
  const [first, second] = three.map(({ name }) => name) as [string, string];
  // By falling probability of the first type: right, wrong, right, then two of the others.
  assert.deepEqual(roc.table.rows.filter(([type]) => type === first).map(([, ...row]) => row), [[0.9, 0, 0.5], [0.7, 1 / 3, 0.5], [0.6, 1 / 3, 1], [0.2, 2 / 3, 1], [0.1, 1, 1]]);
  assert.match(roc.description, /Not drawn, since no cell or every cell is of this type: Erythroblast\./);
  assert.deepEqual(plots.precisionRecallPlot(small, three).table.rows.filter(([type]) => type === second).map(([, , recall, precision]) => [recall, precision])[0], [1 / 3, 1]);
  const dense = plots.rocPlot(found, classes);
  assert.equal(dense.table.rows.length, found.types.reduce((sum, { curve }) => sum + (curve?.thresholds.length ?? 0), 0));
  assert.ok(plots.svgText(dense.svg).length < 60_000);
  // A line of every type, and under it a seam; each type's shape in the legend and twice on its line.
  const lines = named(dense.svg, 'path').filter((path) => ['2', '3'].includes(path.parentNode?.getAttribute('stroke-width') ?? ''));
  assert.equal(lines.length, 2 * classes.length);
  assert.equal(named(dense.svg, 'path').filter((path) => path.parentNode?.getAttribute('stroke-width') === '0.75').length, 3 * classes.length);
});

test('the reliability diagram leaves empty bins out and says the error; the risk says what all and the surest half come to', () => {
  const { table, description } = plots.reliabilityPlot(small);
  assert.equal(table.rows.reduce((sum, row) => sum + (row[2] as number), 0), 5);
  assert.ok(table.rows.every(([from, to, , mean]) => (from as number) <= (mean as number) && (mean as number) <= (to as number)));
  assert.ok(description.includes(`Expected calibration error: ${plots.scoreWords(small.calibration_error.value)} (95 % interval`));
  assert.match(plots.riskCoveragePlot(small).description, /Of all cells 0\.200 are wrong, of the surest half 0\.000/);
});

test('one cell is enough for every plot', () => {
  const one = core.measureCells({ types: 2, truth: Int32Array.of(0), probabilities: Float64Array.of(0.3, 0.7) }, 100);
  const two = classes.slice(0, 2);
  for (const { svg } of [plots.matrixPlot(one, two), plots.rocPlot(one, two), plots.precisionRecallPlot(one, two), plots.reliabilityPlot(one), plots.riskCoveragePlot(one)]) assert.doesNotMatch(plots.svgText(svg), /NaN|Infinity|undefined/);
  assert.doesNotMatch(plots.measurementHtml(one, measurementContext({ ...spec, classes: two }, 100)).replace(/<style>[^]*<\/style>/, ''), /NaN|Infinity|undefined/);
});

describe('measurements of cells', () => {
  test('a histogram counts each cell once, in bins of a round width, without what is no number', () => {
    const { table, description } = plots.histogramPlot({ label: 'Area, µm²', values: [1, 2, 2, 50, NaN, 100] }, three, [0, 0, 1, 1, 1, 0]);
    assert.deepEqual(three.map(({ name }) => table.rows.filter(([type]) => type === name).reduce((sum, row) => sum + (row[3] as number), 0)), [3, 2, 0]);
    assert.deepEqual([table.rows[0]?.[1], table.rows[0]?.[2]], [0, 5]);
    assert.match(description, /Basophil: 3 cells, median 2; Eosinophil: 2 cells, median 26\.$/);
    // A type that does not occur takes no room, and leaves the others their colours.
    assert.deepEqual([...new Set(table.rows.map(([type]) => type))], ['Basophil', 'Eosinophil']);
  });

  test('nothing is drawn of nothing, and equal values have a bin', () => {
    assert.doesNotMatch(plots.svgText(plots.histogramPlot({ label: 'Area', values: [] }).svg), /NaN|Infinity/);
    assert.doesNotMatch(plots.svgText(plots.scatterPlot({ label: 'Area', values: [] }, { label: 'Roundness', values: [] }).svg), /NaN|Infinity/);
    assert.equal(plots.histogramPlot({ label: 'Area', values: [7, 7] }).table.rows.reduce((sum, row) => sum + (row[3] as number), 0), 2);
  });

  test('of many points evenly chosen ones are drawn, and all stand in the table', () => {
    const values = Float64Array.from({ length: 5000 }, (_, i) => i);
    const { svg, table, description } = plots.scatterPlot({ label: 'Area', values }, { label: 'Roundness', values });
    assert.equal(table.rows.length, 5000);
    assert.equal(named(svg, 'path').filter((path) => path.parentNode?.getAttribute('stroke-width') === '0.75').length, 1667);
    assert.match(description, /5,000 cells, of which one in 3 is drawn/);
  });
});

describe('the report', () => {
  const html = (): string => plots.measurementHtml(found, measurementContext(spec, 600), { found: core.compareModels(cells, labelledCells(600, classes.length, 2), 200), first: 'First', second: '<i>Second</i>' });

  test('has what a reader needs, in order, and nothing from elsewhere', () => {
    const text = html();
    const heads = [...text.matchAll(/<h([1-6])>([^<]*)/g)].map(([, level, words]) => `${level} ${words}`);
    assert.deepEqual(heads, ['1 Measurement of blood-smear 1.0.0', '2 Scores', '2 First and &lt;i&gt;Second&lt;/i&gt;', '2 What became of the images', '2 Which types are mistaken for which', '2 Types', '2 Curves', '2 How it was measured']);
    assert.match(text, /^<!doctype html>\n<html lang="en">/);
    for (const words of ['For research and teaching; not for diagnosis', spec.network.sha256, '95c52f3110ce248a4ff852cae62c47dbd83d6eeb14a6748ef264c9ea7d752016', '2026-01-02T03:04:05.000Z', 'a1b2c3', plots.scoreWords(found.matthews.value)]) assert.ok(text.includes(words), words);
    assert.deepEqual([...text.matchAll(/(?:https?:|url\(|src=|href=|@import)[^"'\s]*/g)].map(([address]) => address), []);
    assert.equal([...text.matchAll(/<svg [^>]*role="img"/g)].length, 5);
  });

  test('names of files, types and models are text, whatever they say', () => {
    const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u0000&';
    const named = { ...spec, name: hostile, version: hostile, classes: classes.map((one, i) => (i === 0 ? { ...one, id: hostile, name: hostile, letter: '<' } : one)) };
    const context = { ...measurementContext(named, 600), truth: hostile, appVersion: hostile, types: [hostile] };
    const text = plots.measurementHtml(found, context, { found: core.compareModels(cells, cells, 100), first: hostile, second: hostile });
    const tags = new Set([...text.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag));
    assert.deepEqual(['script', 'img'].filter((tag) => tags.has(tag)), []);
    assert.doesNotMatch(text, /\u0000|"><script/);
    assert.ok(text.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
    assert.doesNotMatch(plots.figureSvg(plots.rocPlot(found, named.classes)), /<script|<img/);
  });
});

describe('words and elements', () => {
  test('percentages never claim more than is known', () => {
    assert.deepEqual([0, 0.0001, 0.5, 0.875, 0.9999, 1].map(percentWords), ['0\u00a0%', '<0.1\u00a0%', '50.0\u00a0%', '87.5\u00a0%', '>99.9\u00a0%', '100\u00a0%']);
    assert.equal(percentInterval([0.85, 0.9]), '85.0 to 90.0\u00a0%');
  });

  test('of many rows a few are shown, the last among them', () => {
    const rows = Array.from({ length: 100 }, (_, i) => [i]);
    const shown = shownRows({ header: ['n'], rows }, 10);
    assert.deepEqual([shown.every, shown.rows.length, shown.rows.at(-1)], [10, 11, [99]]);
    assert.deepEqual([null, 1234, 0.123456789, 'a'].map(fieldWords), ['–', '1,234', '0.12346', 'a']);
  });

  test('an element moves to where it is put last, and text stands for itself', () => {
    const [one, two] = [drawn('g', { id: 'a"b' }, 'x < y'), drawn('g', {})];
    const child = new SvgDocument().createElementNS(null, 'path');
    one.appendChild(child);
    two.insertBefore(child, null);
    assert.equal(plots.svgText(one), '<g id="a&quot;b">x &lt; y</g>');
    assert.equal(plots.svgText(two), '<g><path/></g>');
  });
});
