/** What a person reads of one cell at length, and of whether its verdict holds. */
import { formatCount, formatPercent, plural } from '../../state/format.ts';
import type { Cell } from '../../state/frame_store.ts';

const three = (value: number): string => value.toLocaleString(undefined, { maximumSignificantDigits: 3 });
const hundredths = (value: number): string => value.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export const words = {
  head: {
    cell: 'Cell',
    cellOf: (place: string) => `Cell ${place}`,
    previous: 'Previous',
    next: 'Next',
    close: 'Close',
  },
  verdict: {
    drawnAs: (name: string) => `Simulated, drawn as: ${name}`,
    unnamed: 'No network has named this cell: cells are only counted, the model knows single cells only, or it is still waiting.',
  },
  why: {
    title: 'Why',
    measured: (measure: string, value: number, limit: number) => `(${measure} ${three(value)}, limit ${three(limit)})`,
    goodImage: 'The image itself is like good ones: focus, light, size and border are within their limits.',
    alike: (distance: number, limit: number) => `It is like the training images: its distance from them is ${three(distance)}; up to ${three(limit)} this model names a type.`,
    foreign: (distance: number, limit: number) => `It is not like the training images: its distance from them is ${three(distance)}; beyond ${three(limit)} this model names nothing.`,
    mostLike: (name: string, probability: number) => `Of the types that this model knows it is most like ${name}, ${formatPercent(probability)}; it may be none of them.`,
    tooLow: (threshold: number) => `No type reaches the ${formatPercent(threshold)} that is asked for before one is named.`,
    enough: (probability: string, threshold: number) => `Its probability is ${probability}; from ${formatPercent(threshold)} on a type is named.`,
    validated: (threshold: number, wrong: number, interval: string) => `Of the model's validation images with at least ${formatPercent(threshold)}, ${formatPercent(wrong)} were named wrongly (${interval}).`,
  },
  picture: {
    region: 'Picture and map',
    seen: 'The part of the image that the network saw.',
    map: 'Map',
    noMap: 'This model gives no map of what spoke for a type: before its last layer nothing has a place any more.',
    mapOf: 'of',
    opacity: 'Opacity',
    point: 'Point at the picture to read the map.',
    here: (value: number, row: number, column: number) => `Here: ${hundredths(value)}, row ${row}, column ${column}`,
    meaning: (name: string, height: number, width: number) =>
      `What spoke for ${name}, as a share of the strongest region; what spoke against it is not shown. The map has ${height} × ${width} regions, smoothed for the eye.`,
    hideValues: 'Hide values',
    showValues: 'Show values',
    onBackground: 'Most of this map lies on the outer part of the image, where the background is: what decided may not be the cell.',
    nothingFor: (name: string) => `Nothing in the image spoke for ${name}.`,
    strongest: (name: string, row: number, rows: number, column: number, columns: number) => `The region that spoke most for ${name} is in row ${row} of ${rows}, column ${column} of ${columns}.`,
    nothing: 'Nothing in the image spoke for this type.',
    none: 'none',
    strongestValue: (value: number) => `strongest (${value.toLocaleString(undefined, { maximumSignificantDigits: 2 })})`,
    contributions: (name: string) => `Contribution of each region to the score of ${name}`,
  },
  probabilities: {
    title: 'Probability of each type',
    onlyAlike: 'These hold for cells like the training images only.',
  },
  where: {
    title: 'Part classified',
    plane: ({ series, channel_name, z, t, reason }: NonNullable<Cell['plane']>) => {
      const of = [...(series === undefined ? [] : [`series ${series}`]), ...(channel_name ? [`channel “${channel_name}”`] : []), ...(z === undefined ? [] : [`z ${z}`]), ...(t === undefined ? [] : [`time ${t}`])];
      return [...(of.length > 0 ? [`Of the file: ${of.join(', ')}.`] : []), ...(reason === '' ? [] : [reason])].join(' ');
    },
    chooseFields: 'This looks like a whole field of view; only its centre was classified. Choose “Whole fields of view” above to find its cells.',
    cutOut: 'This looks like a whole field of view; only its centre was classified. Cut out single cells first.',
    damaged: 'The file is damaged: parts of the picture may not be what was stored. Copy it anew before you believe the result.',
    enlarged: (px: number) => `The image is smaller than the ${formatCount(px)} px that this model was trained on, and was enlarged.`,
  },
  facts: {
    title: 'What is in this file',
    classified: 'Classified',
    firstPage: 'the first page',
    orientation: 'EXIF orientation',
    noOrientation: 'none',
    orientationApplied: (orientation: number) => `${orientation}, applied`,
    notes: 'Notes',
    noNotes: 'none',
    time: (stage: string) => `Time, ${stage}`,
    shortTime: (ms: number) => `${ms.toLocaleString(undefined, { maximumFractionDigits: 2 })} ms`,
  },
  checks: {
    title: 'Does it hold?',
    intro: 'Deletes what the map marks and looks whether the probability falls, and turns the picture and looks whether the type stays.',
    checking: 'Checking …',
    check: 'Check map and turns',
    failed: (why: string) => `It could not be checked: ${why}`,
    tooFewRegions: 'The map of this model has too few regions to be checked by deletion.',
    about: 'What this measures, and what it shows of our models',
    type: (sentence: string) => `The type ${sentence}.`,
    overTurns: (mean: number, least: number) => `Its probability is ${formatPercent(mean)} on average and ${formatPercent(least)} at least.`,
    otherModel: 'The other model',
    agrees: (model: string, probability: number, name: string) => `${model} agrees: ${formatPercent(probability)} ${name}.`,
    disagrees: (model: string, probability: number, name: string) => `${model} does not agree: ${formatPercent(probability)} ${name}.`,
  },
  deletion: {
    lines: { by_map: 'what the map marks first', at_random: 'at random, mean', from_middle: 'from the middle outwards' },
    headings: { clearly: 'The map explains the verdict', perhaps: 'The map may explain the verdict', little: 'The map explains little here' },
    faster: (name: string, orders: number) => `Deleting what it marks lowers the probability of ${name} faster than deleting at random, in each of ${orders} random orders.`,
    unchanged: (name: string) => `Whatever is deleted, the probability of ${name} hardly changes.`,
    slower: (name: string, as: number, orders: number) => `Deleting at random lowers the probability of ${name} as fast or faster in ${formatCount(as)} of ${orders} random orders.`,
    gapNone: 'On average it is what it is at random.',
    gapLower: (points: number) => plural(points, { one: 'On average it is 1 percentage point lower than at random.', other: `On average it is ${formatCount(points)} percentage points lower than at random.` }),
    gapHigher: (points: number) => plural(points, { one: 'On average it is 1 percentage point higher than at random.', other: `On average it is ${formatCount(points)} percentage points higher than at random.` }),
    emptySays: (name: string, probability: number) => `With nothing left the network still says ${name}, ${formatPercent(probability)}: it is what it says of an empty picture, so that deleting cannot show what spoke for it.`,
    middle: 'Deleting from the middle outwards, whatever the map says, lowers it as fast: that the cell is in the middle may be all that the map tells.',
    values: 'Values',
    caption: (name: string) => `Probability of ${name} by the share of the picture deleted`,
    deleted: 'Deleted',
    axis: { whole: 'whole', share: 'share deleted', all: 'all' },
    chart: (name: string, whole: number, deleted: number, byMap: number, atRandom: number, fromMiddle: number, nothing: number) =>
      `Probability of ${name} as more and more of the picture is deleted: ${formatPercent(whole)} for the whole picture; with ${formatPercent(deleted)} deleted ${formatPercent(byMap)} where the map's regions go first, ` +
      `${formatPercent(atRandom)} at random, ${formatPercent(fromMiddle)} from the middle outwards; ${formatPercent(nothing)} with nothing left.`,
  },
};
