/** What a person reads around and in the list of results. */
import type { Selection } from '../../../src/js/index.ts';
import { formatCount, formatDuration, formatPercent, plural } from '../../state/format.ts';

const oneDecimal = (value: number): string => value.toLocaleString(undefined, { maximumFractionDigits: 1 });
const rate = (perSecond: number): string => (perSecond < 10 ? oneDecimal(perSecond) : formatCount(perSecond));

export const words = {
  results: { noMatch: 'No cell matches.', onTheirWay: 'The first results are on their way.', none: 'No cells to show.', cells: 'Cells' },
  summary: {
    region: 'Summary by type',
    types: 'Types with share and 95 per cent interval; press to filter',
    noType: 'Cells that count as no type; 95 % interval in brackets',
    onlyThese: 'Show only these; 95 % interval in brackets',
  },
  progress: {
    region: 'Progress',
    bar: 'Images done',
    cancel: 'Cancel',
    goOn: 'Go on',
    addImages: 'Add images',
    addFolder: 'Add a folder',
    running: (done: number, total: number) => `${formatCount(done)} of ${formatCount(total)} done`,
    stopped: (done: number, total: number) => `Stopped after ${formatCount(done)} of ${formatCount(total)}`,
    imagesDone: (total: number) => plural(total, { one: '1 image done', other: `${formatCount(total)} images done` }),
    framesDone: (total: number) => plural(total, { one: '1 frame done', other: `${formatCount(total)} frames done` }),
    kept: 'What is done is kept.',
    waitingForModel: 'waiting for the model',
    cellsFound: (cells: number) => plural(cells, { one: '1 cell', other: `${formatCount(cells)} cells` }),
    unread: (files: number) => `${formatCount(files)} not read`,
    cellsPace: (perSecond: number, leftMs: number) => `${rate(perSecond)} cells per second, ${formatDuration(leftMs)} left`,
    framesPace: (perSecond: number, leftMs: number, cells: number) =>
      `${rate(perSecond)} frames per second, ${formatDuration(leftMs)} left, ${plural(cells, { one: '1 cell', other: `${formatCount(cells)} cells` })}`,
  },
  threshold: {
    region: 'Tolerated error',
    from: 'Name a type from',
    value: (threshold: number, wrong: number) => `${formatPercent(threshold)} probability, ${formatPercent(wrong)} wrong`,
    cost: (decided: number, nameable: number, wrong: number, interval: string) => (
      <>
        <strong>
          {formatCount(decided)} of {formatCount(nameable)}
        </strong>{' '}
        cells named, the rest unsure. Of the model's validation images named so, {formatPercent(wrong)} were wrong ({interval}).
      </>
    ),
    asModel: (threshold: number) => `As the model asks: ${formatPercent(threshold)}`,
  },
  toolbar: {
    region: 'View and export',
    search: 'Search',
    sort: 'Sort',
    orders: { file: 'File order', type: 'Type', highest: 'Highest probability', lowest: 'Lowest probability', doubtful: 'Doubtful first' },
    byColumn: 'By column',
    view: 'View',
    views: { frame: 'Frame', gallery: 'Gallery', table: 'Table' },
    tiles: 'Size of tiles',
    sizes: { small: 'Small', medium: 'Medium', large: 'Large' },
    map: 'Map',
    scope: 'Results of',
    scopes: { all: 'All frames', one: 'This frame' },
    shown: (shown: number, all: number) => `${formatCount(shown)} of ${formatCount(all)} shown`,
    clear: 'Clear',
  },
  checks: {
    turns: 'Check by turning',
    turnsHint: 'Classifies every cell in eight ways to lay its picture; takes eight times as long',
    compareWith: 'Compare with',
    noOther: 'no other model',
  },
  exports: {
    group: 'Export',
    open: ({ cells, thisFrame, filtered }: Selection) =>
      thisFrame
        ? plural(cells, { one: 'Export 1 cell of this frame', other: `Export ${formatCount(cells)} cells of this frame` })
        : filtered
          ? plural(cells, { one: 'Export 1 cell', other: `Export ${formatCount(cells)} cells` })
          : plural(cells, { one: 'Export 1 cell', other: `Export all ${formatCount(cells)} cells` }),
    checkReport: 'Check a report',
    scope: ({ cells, of, thisFrame, filtered }: Selection) =>
      !thisFrame && !filtered
        ? `All ${formatCount(of)} cells, and a line for each file that could not be read.`
        : thisFrame
          ? `${formatCount(cells)} of ${formatCount(of)} cells: those of this frame${filtered ? ' that are shown' : ''}. Choose “All frames” to have all.`
          : `${formatCount(cells)} of ${formatCount(of)} cells: those that are shown. Take back the filter to have all.`,
    partial: (done: number, total: number) =>
      `Work is under way: ${formatCount(done)} of ${formatCount(total)} images are done. A file saved now holds these, and says that it is not complete.`,
    use: 'The files are',
    uses: { here: 'for this computer', share: 'to be shared' },
    here: 'They name each image as it is called here.',
    share: 'Numbers stand for the names of images, which may tell whose they are.',
    mark: 'CSV for Excel, with a byte-order mark',
    csv: 'CSV', csvHint: 'A row for each cell: spreadsheets, R, pandas.',
    json: 'JSON', jsonHint: 'The report, with everything that is needed to check it.',
    geojson: 'GeoJSON', geojsonHint: (frames: number) => plural(frames, { one: 'Outlines of the cells, for QuPath.', other: `Outlines of the cells, for QuPath: a zip of ${formatCount(frames)} frames.` }),
    rois: 'ImageJ', roisHint: (frames: number) => plural(frames, { one: 'Outlines of the cells, for ImageJ\u2019s ROI Manager.', other: `Outlines of the cells, for ImageJ\u2019s ROI Manager: a zip of ${formatCount(frames)} frames.` }),
  },
  unread: {
    title: (files: number) => `Files not read (${formatCount(files)})`,
    list: 'Files not read',
    showAll: (files: number) => `Show all ${formatCount(files)}`,
  },
  table: {
    caption: (note: string) => `Cells and their types. ${note}.`,
    number: 'Number', file: 'File', type: 'Type', probability: 'Probability', notes: 'Notes', next: 'Next most probable', drawn: 'Drawn as',
  },
  drawnAs: (name: string) => `drawn as: ${name}`,
};
