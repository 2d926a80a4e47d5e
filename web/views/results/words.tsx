/** What a person reads around and in the list of results. */
import type { Selection } from '../../../src/js/index.ts';
import type { Cause } from '../../state/batch.ts';
import { formatCount, formatDuration, formatPercent, formatTimes, plural } from '../../state/format.ts';

const oneDecimal = (value: number): string => value.toLocaleString(undefined, { maximumFractionDigits: 1 });
const rate = (perSecond: number): string => (perSecond < 10 ? oneDecimal(perSecond) : formatCount(perSecond));

export const words = {
  results: { noMatch: 'No cell matches.', onTheirWay: 'The first results are on their way.', none: 'No cells to show.', cells: 'Cells' },
  summary: {
    region: 'Summary by type',
    types: 'Types with share and 95 per cent interval; press to filter',
    of: (cells: number) => plural(cells, { one: 'Shares of the 1 cell, whatever it counts as', other: `Shares of all ${formatCount(cells)} cells, whatever they count as` }),
    looked: (looked: number, of: number) => `; ${formatCount(looked)} of ${formatCount(of)} looked at by a person, whose answers count`,
    estimated: (share: number) => `${formatPercent(share)} estimated`,
    estimatedHint: 'As far as the probabilities tell, were types as frequent here as they seem to be (expectation maximisation, Saerens 2002). Nothing else on this page uses it.',
    noType: 'Cells that count as no type; 95 % interval in brackets',
    onlyThese: 'Show only these; 95 % interval in brackets',
  },
  progress: {
    region: 'Progress',
    bar: 'Images done',
    cancel: 'Cancel',
    goOn: 'Go on',
    addImages: 'Add images',
    more: 'More',
    otherWays: 'Folder, camera',
    addFolder: 'Add a folder',
    useCamera: 'Use a camera',
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
    costUnknown: (decided: number, nameable: number) => (
      <>
        <strong>
          {formatCount(decided)} of {formatCount(nameable)}
        </strong>{' '}
        cells named, the rest unsure. How many are wrong cannot be said of images unlike the model's own.
      </>
    ),
    asModel: (threshold: number) => `As the model asks: ${formatPercent(threshold)}`,
  },
  types: {
    question: 'Which types can occur here?',
    summary: (can: number, of: number) => (can === of ? `Which types can occur here? All ${of}` : `${can} of ${of} types can occur here`),
    what: 'Take out a type that cannot be among these cells, and it gets no probability; the others share what is left. Exports say so. Calibration was measured with all types.',
    all: 'All can occur',
  },
  toolbar: {
    region: 'View and export',
    search: 'Search',
    sort: 'Sort',
    orders: { file: 'File order', type: 'Type', highest: 'Highest probability', lowest: 'Lowest probability', doubtful: 'Doubtful first' },
    byColumn: 'By column',
    view: 'View',
    views: { frame: 'Frame', gallery: 'Gallery', table: 'Table', measure: 'Measure' },
    subset: (what: string) => `Only ${what}.`,
    showAll: 'Show all',
    tiles: 'Size of tiles',
    sizes: { small: 'Small', medium: 'Medium', large: 'Large' },
    map: 'Map',
    scope: 'Results of',
    scopes: { all: 'All frames', one: 'This frame' },
    shown: (shown: number, all: number) => `${formatCount(shown)} of ${formatCount(all)} shown`,
    more: 'More',
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
    paper: 'Page to print',
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
  batch: {
    doubt: (rejected: number, of: number) =>
      `${formatCount(rejected)} of ${formatCount(of)} cells do not look like this model\u2019s images; do not trust the named ones either.`,
    wider: 'Made for other laboratories:',
    setToo: (how: string, threshold: number) => `As a set they are unlike its images${how ? ` (${how})` : ''}: a type is named only from ${formatPercent(threshold)} on. `,
    causes: {
      small: 'Most have fewer pixels than the images it learned from: take larger pictures of each cell, or cut out more around it.',
      coarse: 'Most show larger structures: perhaps your magnification is higher, or the cells are cut out more closely.',
      fine: 'Most show finer structures: perhaps your magnification is lower, or the cells are cut out less closely.',
      dark: 'Most are darker: perhaps the lamp or the exposure is another.',
      bright: 'Most are brighter or harder in contrast: perhaps the lamp or the exposure is another.',
      stain: 'Most differ in colour: perhaps the stain or the camera is another, or the model is not for such images.',
      focus: 'Most are blurred or grainy: focus again, or take less compressed files.',
      several: 'Most show several cells, or none in the middle: cut out one cell for each image, or choose whole fields of view.',
      other: 'They come from another microscope, stain or kind of cell than those it learned from, as far as can be told.',
    } satisfies Record<Cause, string>,
    about: 'What the model learned from',
    looksLike: {
      greyFields: (images: number) => plural(images, { one: 'The image looks like a field of many grey cells. Look at it with:', other: `${formatCount(images)} images look like fields of many grey cells. Look at them with:` }),
      colourFields: (images: number) => plural(images, { one: 'The image is much larger than one cell. Look at it as:', other: `${formatCount(images)} images are much larger than one cell. Look at them as:` }),
      greyCells: (images: number) => plural(images, { one: 'The image is grey, and this model is for stained cells in colour. For grey ones:', other: `${formatCount(images)} images are mostly grey, and this model is for stained cells in colour. For grey ones:` }),
      singleCells: (images: number) => plural(images, { one: 'The image is hardly larger than one cell. Look at it as:', other: `${formatCount(images)} images are hardly larger than one cell. Look at them as:` }),
      colourCells: (images: number) => plural(images, { one: 'The image is in colour, and this model is for grey ones. For stained cells:', other: `${formatCount(images)} images are mostly in colour, and this model is for grey ones. For stained cells:` }),
    },
    scale: {
      offer: (images: number) => plural(images, { one: 'The image is refused for its size alone, or for that too. To see what the model says all the same:', other: `All ${formatCount(images)} images are refused for their size, some for more. To see what the model says all the same:` }),
      enlarge: (times: number) => `Try them enlarged ${formatTimes(times)}`,
      enlarged: (times: number) => `Every image is enlarged ${formatTimes(times)}, to the size that the model knows.`,
      uncharted: 'This is a try, not calibrated: what the model was measured to get right does not hold, and the probabilities may mislead.',
      asTheyAre: 'Back to the images as they are',
    },
  },
  otherModel: {
    looksLike: 'These look like the images of',
    use: 'Use it',
    asking: 'The other models are asked whether they know these images.',
    stop: 'Stop',
    none: 'No model here knows images like these, as far as can be told: none of them should name them.',
    teach: 'Teach it these cells',
    models: 'What each model knows',
  },
  repeated: {
    here: (images: number) => plural(images, { one: '1 image has the pixels of another that is here already, and counts twice.', other: `${formatCount(images)} images have the pixels of others that are here already, and count twice.` }),
    leaveOut: 'Leave out',
    take: 'Take anyway',
  },
  unread: {
    title: (files: number) => `Files not read (${formatCount(files)})`,
    list: 'Files not read',
    showAll: (files: number) => `Show all ${formatCount(files)}`,
  },
  table: {
    caption: (note: string) => `Cells and their types. ${note}.`,
    number: 'Number', file: 'File', type: 'Type', probability: 'Probability', notes: 'Notes', next: 'Next most probable', drawn: 'Drawn as',
    area: 'Area', circularity: 'Circularity',
    areaOf: (px: number, um: number | null) => (um === null ? `${formatCount(Math.round(px))} px²` : `${oneDecimal(px * um * um)} µm²`),
  },
  drawnAs: (name: string) => `drawn as: ${name}`,
};
