/** A measurement as one HTML file that needs nothing else: to read, to print, to keep beside a paper. */
import type { Measurement } from '#cytodrop_core';
import { researchNote } from '../report/export_cells.ts';
import type { ComparedModels, MeasurementContext } from '../report/export_measurement.ts';
import { wilsonInterval } from '../classify/intervals.ts';
import { precisionRecallPlot, riskCoveragePlot, rocPlot } from './curves.ts';
import { classMark, type PlotFigure } from './figure.ts';
import { matrixPlot, reliabilityPlot } from './matrix.ts';
import { reportStyle } from './measurement_style.ts';
import { countWords, intervalWords, percentInterval, percentWords, scoreWords } from './numbers.ts';
import { comparisonWords, gainsOf, honest, type Score, scoresOf, typeScores } from './scores.ts';
import { escaped, svgText } from './svg.ts';
import { fieldWords, shownRows } from './tables.ts';

const row = (cells: readonly string[], isPart = false): string => `<tr${isPart ? ' class="part"' : ''}>${cells.join('')}</tr>`;
const head = (words: string, numeric = false): string => `<th scope="col"${numeric ? ' class="number"' : ''}>${escaped(words)}</th>`;
const rowHead = (inside: string): string => `<th scope="row">${inside}</th>`;
const number = (inside: string): string => `<td class="number">${inside}</td>`;
const plain = (words: string): string => `<td>${escaped(words)}</td>`;
const interval = (ends: readonly [number, number] | null): string => (ends === null ? '–' : `<span class="interval">${intervalWords(ends)}</span>`);

/** A table that scrolls inside itself where the page is narrow, also by keys. */
function table(caption: string, heads: readonly string[], rows: readonly string[], { captionSeen = false } = {}): string {
  return `<div class="table" role="region" tabindex="0" aria-label="${escaped(caption)}"><table><caption${captionSeen ? '' : ' class="unseen"'}>${escaped(caption)}</caption><thead>${row(heads)}</thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function scoreTable(caption: string, scores: readonly Score[]): string {
  return table(caption, [head('Score'), head('Value', true), head('95 % interval', true), head('What it is')],
    scores.map(({ name, meaning, measured: { value, interval: ends } }) => row([rowHead(escaped(name)), number(`<strong>${scoreWords(value)}</strong>`), number(interval(ends)), plain(meaning)])));
}

function typesTable({ types }: Measurement, classes: MeasurementContext['spec']['classes']): string {
  return table('Each type against all others, with intervals of 95 %', [head('Type'), head('Cells', true), head('Named', true), ...typeScores.map(({ name }) => head(name, true))],
    types.map((type, i) => {
      const { name = '', letter = '' } = classes[i] ?? {};
      return row([rowHead(`${svgText(classMark(i))} ${escaped(letter)} ${escaped(name)}`), number(countWords(type.true_count)), number(countWords(type.named_count)),
        ...typeScores.map(({ of }) => {
          const measured = type[of] && honest(type[of]);
          return number(`${scoreWords(measured?.value ?? null)}${measured?.interval ? `<br>${interval(measured.interval)}` : ''}`);
        })]);
    }), { captionSeen: true });
}

function accountTable({ accounting: { images, measured, unread, without_truth, of_other_types, named, named_rightly, unsure, foreign, poor_quality } }: MeasurementContext): string {
  const line = (what: string, count: number, of?: number): string =>
    row([rowHead(what), number(countWords(count)), number(of ? percentWords(count / of) : '–'), number(of ? `<span class="interval">${percentInterval(wilsonInterval(count, of))}</span>` : '–')], of !== undefined);
  return table('What became of the images', [head('Images'), head('Number', true), head('Share', true), head('95 % interval (Wilson)', true)], [
    line('Given', images),
    ...(unread > 0 ? [line('Not read', unread)] : []),
    ...(without_truth > 0 ? [line('Of which nobody says what they show', without_truth)] : []),
    ...Object.entries(of_other_types).map(([name, count]) => line(`Said to be “${escaped(name)}”, which the model has no type for`, count)),
    line('Measured', measured),
    line('named', named, measured),
    line('rightly, of those named', named_rightly, named),
    line('held back as unsure', unsure, measured),
    line('held back as not like the training images', foreign, measured),
    line('held back for the quality of the image', poor_quality, measured),
  ]);
}

function figureHtml(figure: PlotFigure): string {
  const { rows, every } = shownRows(figure.table);
  const { header } = figure.table;
  const caption = every === 1 ? figure.title : `${figure.title}: one in ${countWords(every)} of ${countWords(figure.table.rows.length)} rows`;
  return `<figure><figcaption>${escaped(figure.title)}</figcaption>${svgText(figure.svg)}<details><summary>In words and as a table</summary><p>${escaped(figure.description)}</p>`
    + `${table(caption, header.map((words, i) => head(words, i > 0)), rows.map(([first = '', ...rest]) => row([rowHead(escaped(fieldWords(first))), ...rest.map((value) => number(escaped(fieldWords(value))))])), { captionSeen: true })}</details></figure>`;
}

const groupedBy = { none: 'nothing: every cell is its own', file: 'frame', folder: 'folder', column: 'a column of the table of labels' };

function facts({ groups }: Measurement, { spec, added, appVersion, provenance, grouping, draws, truth, types, unsureBelow }: MeasurementContext): string {
  const entries: [string, string][] = [
    ['Model', `${spec.name} ${spec.version}`], ...(added ? [['Not a shipped model; made by', spec.author ?? 'not known'] as [string, string]] : []), ['SHA-256 of its spec', provenance?.specSha256 ?? 'not known'], ['SHA-256 of its network', spec.network.sha256],
    ['Software', `Cytodrop ${appVersion}`], ['Commit', provenance?.commit || 'not known'], ['Ran on', provenance?.platform ?? 'not known'], ['Time', provenance?.time ?? 'not known'],
    ['True types from', truth], ['Grouped by', `${groupedBy[grouping]}${grouping === 'none' ? '' : `, ${countWords(groups)} groups`}`], ['Intervals', `95 %, by bootstrap over groups, ${countWords(draws)} draws; of shares at least as wide as Wilson's`],
    ['Unsure below', scoreWords(unsureBelow)], ...(types ? [['Only these types', types.join(', ')] as [string, string]] : []),
  ];
  return `<dl>${entries.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>`;
}

/**
 * One HTML document without scripts: scores, the confusion matrix, each type, plots, and how it was measured.
 *
 * Names of types, files and models may be anybody's: they are text wherever they stand, and the document's policy runs nothing.
 *
 * Args:
 *   comparison: with a second model on the same cells; its gains are the second's over the first.
 */
export function measurementHtml(found: Measurement, context: MeasurementContext, comparison?: ComparedModels): string {
  const { spec, accounting } = context;
  const { classes } = spec;
  const title = `Measurement of ${spec.name} ${spec.version}`;
  const { value, interval: ends } = found.accuracy;
  const figures = [rocPlot(found, classes), precisionRecallPlot(found, classes), reliabilityPlot(found), riskCoveragePlot(found)];
  const section = (name: string, inside: string): string => `<section><h2>${escaped(name)}</h2>${inside}</section>`;
  return [
    '<!doctype html>', '<html lang="en">', '<head>', '<meta charset="utf-8">', '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">', '<meta name="color-scheme" content="light dark">', `<title>${escaped(title)}</title>`, `<style>${reportStyle}</style>`, '</head>', '<body>',
    `<header><p class="note">${escaped(researchNote)}</p><h1>${escaped(title)}</h1>`,
    `<p>Of ${countWords(accounting.measured)} cells of known type, ${value === null ? '–' : percentWords(value)} have the true type as the likeliest one${ends ? ` (95 % interval ${percentInterval(ends)})` : ''}. It holds for images drawn at random.</p></header>`,
    '<main>',
    section('Scores', scoreTable('Scores of all types together', scoresOf(found))),
    ...(comparison ? [section(`${comparison.first} and ${comparison.second}`, `<p>${escaped(comparisonWords(comparison.found, comparison.first, comparison.second))}</p>${scoreTable(`Gains of ${comparison.second} over ${comparison.first}`, gainsOf(comparison.found))}`)] : []),
    section('What became of the images', accountTable(context)),
    section('Which types are mistaken for which', figureHtml(matrixPlot(found, classes))),
    section('Types', typesTable(found, classes)),
    section('Curves', `<div class="figures">${figures.map(figureHtml).join('')}</div>`),
    section('How it was measured', facts(found, context)),
    '</main>', `<footer><p>${escaped(researchNote)}. Made by Cytodrop ${escaped(context.appVersion)}.</p></footer>`, '</body>', '</html>', '',
  ].join('\n');
}
