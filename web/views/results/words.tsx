/** What a person reads around and in the list of results. */
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
    csv: 'CSV', csvLabel: 'Export CSV',
    json: 'JSON', jsonLabel: 'Export JSON',
    checkReport: 'Check a report',
    fileNames: 'file names',
    geojson: 'GeoJSON', geojsonHint: 'Outlines of this frame, for QuPath',
    rois: 'ImageJ', roisHint: 'Outlines of this frame, for ImageJ',
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
