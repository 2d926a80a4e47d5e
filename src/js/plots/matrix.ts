/** The confusion matrix, and whether probabilities mean what they say. */
import { cell, dot, link, rect, ruleX, text } from '@observablehq/plot';
import type { Measurement } from '#cytodrop_core';
import { wilsonInterval } from '../classify/intervals.ts';
import { axis, figure, fitted, type PlotClass, type PlotFigure, plotWidth, widthOf } from './figure.ts';
import { countWords, measuredWords, scoreWords } from './numbers.ts';
import { drawn } from './svg.ts';

/** How dark a field is: never so dark that its number cannot be read. */
export const darkest = 0.45;

export interface MatrixField { truth: number; named: number; count: number; /** Of the cells of this true type; 0 where there are none. */ share: number }

/** [types * types], row by row. */
export function matrixFields({ matrix, types }: Pick<Measurement, 'matrix'> & { types: { length: number } }): MatrixField[] {
  const size = types.length;
  const totals = Array.from({ length: size }, (_, row) => matrix.slice(row * size, (row + 1) * size).reduce((sum, count) => sum + count, 0));
  return [...matrix].map((count, i) => {
    const truth = Math.floor(i / size);
    return { truth, named: i % size, count, share: count / (totals[truth] || 1) };
  });
}

/** Counts of true types by likeliest types; a field is as dark as its share of the row. */
export function matrixPlot(found: Measurement, classes: readonly PlotClass[]): PlotFigure {
  const fields = matrixFields(found);
  const marginLeft = Math.min(128, Math.max(...classes.map(({ name }) => widthOf(name))) + 34);
  const side = Math.min(64, Math.max(28, (plotWidth - marginLeft - 8) / classes.length));
  const width = Math.max(plotWidth, Math.ceil(marginLeft + 8 + side * classes.length));
  const right = fields.filter(({ truth, named }) => truth === named).reduce((sum, { count }) => sum + count, 0);
  const worst = fields.filter(({ truth, named, count }) => truth !== named && count > 0).sort((a, b) => b.share - a.share)[0];
  const nameOf = (index: number): string => classes[index]?.name ?? '';
  return figure({
    name: 'confusion-matrix', title: 'Confusion matrix',
    description: `Rows are true types, columns are types named, numbers are cells; a field is the darker, the larger its share of its row. ${countWords(right)} of ${countWords(found.cells)} cells are on the diagonal, named rightly.`
      + (worst ? ` The largest share off it: ${countWords(worst.count)} ${nameOf(worst.truth)} named ${nameOf(worst.named)}, ${scoreWords(worst.share)} of that row.` : ''),
    table: { header: ['True type', ...classes.map(({ name }) => name)], rows: classes.map(({ name }, truth) => [name, ...fields.filter((field) => field.truth === truth).map(({ count }) => count)]) },
  }, {
    width, height: 44 + 8 + side * classes.length, marginTop: 44, marginLeft, marginRight: width - marginLeft - side * classes.length, marginBottom: 8,
    x: { domain: classes.map((_, i) => i), axis: 'top', label: null, tickSize: 0, tickFormat: (i: number) => classes[i]?.letter ?? '', padding: 0.04 },
    y: { domain: classes.map((_, i) => i), label: null, tickSize: 0, tickFormat: (i: number) => `${fitted(nameOf(i), marginLeft - 34)}\u2002${classes[i]?.letter ?? ''}`, padding: 0.04 },
    marks: [
      () => drawn('g', {}, drawn('text', { x: marginLeft + (side * classes.length) / 2, y: 14 }, 'Named'), drawn('text', { x: marginLeft - 3, y: 35, 'text-anchor': 'end' }, 'True')) as unknown as SVGElement,
      cell(fields, { x: 'named', y: 'truth', fill: 'var(--accent, #0b6172)', fillOpacity: ({ share }: MatrixField) => share * darkest }),
      cell(fields, { x: 'named', y: 'truth', fill: 'none', stroke: 'currentColor', strokeWidth: ({ truth, named }: MatrixField) => (truth === named ? 1.5 : 0.5), strokeOpacity: ({ truth, named }: MatrixField) => (truth === named ? 0.8 : 0.2), inset: 0.5 }),
      ...[400, 600].map((fontWeight) => text(fields, {
        filter: ({ truth, named }: MatrixField) => (truth === named) === (fontWeight === 600), x: 'named', y: 'truth', fontWeight, fontSize: side < 34 ? 10 : 12,
        text: ({ count }: MatrixField) => (count === 0 ? '·' : countWords(count)),
      })),
    ],
    opacity: { type: 'identity' },
  });
}

/** Accuracy by probability; on the diagonal a probability means what it says. */
export function reliabilityPlot({ reliability, calibration_error }: Measurement): PlotFigure {
  const bins = reliability.filter(({ weight }) => weight > 0).map((bin) => {
    const [low, high] = wilsonInterval(bin.accuracy * bin.weight, bin.weight);
    return { ...bin, lowest: low, highest: high };
  });
  const most = Math.max(...bins.map(({ weight }) => weight));
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const farthest = [...bins].sort((a, b) => b.weight * Math.abs(b.accuracy - b.confidence) - a.weight * Math.abs(a.accuracy - a.confidence))[0];
  return figure({
    name: 'reliability', title: 'Reliability diagram',
    description: `Share of right cells by the probability of the likeliest type, in bins, with Wilson intervals; the bars below are the cells of each bin. Expected calibration error: ${measuredWords(calibration_error)}.`
      + (farthest ? ` The bin that adds most to it: ${countWords(farthest.weight)} cells with ${scoreWords(farthest.confidence)} on average, ${scoreWords(farthest.accuracy)} of them right.` : ''),
    table: {
      header: ['From', 'To', 'Cells', 'Mean probability', 'Share right', 'Low', 'High'],
      rows: bins.map(({ low, high, weight, confidence, accuracy, lowest, highest }) => [low, high, weight, confidence, accuracy, lowest, highest]),
    },
  }, {
    height: plotWidth - 44 - 12 + 12 + 40, x: axis('Mean probability', { domain: [0, 1], ticks }), y: axis('Share right', { domain: [0, 1], ticks }),
    marks: [
      // At most an eighth of the height, below the line that they explain.
      rect(bins, { x1: 'low', x2: 'high', y1: 0, y2: ({ weight }: { weight: number }) => (weight / most) / 8, fill: 'currentColor', fillOpacity: 0.2, inset: 0.5 }),
      link([0], { x1: 0, y1: 0, x2: 1, y2: 1, stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '3 3' }),
      ruleX(bins, { x: 'confidence', y1: 'lowest', y2: 'highest', stroke: 'currentColor', strokeOpacity: 0.7 }),
      dot(bins, { x: 'confidence', y: 'accuracy', r: 4, fill: 'var(--accent, #0b6172)', stroke: 'currentColor', strokeWidth: 0.75 }),
    ],
  });
}
