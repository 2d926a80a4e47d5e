/** The words of the panels: checking a report, a file's content, keys, models, the texts of the site, and privacy. */
import type { RequestFacts } from '../../../src/js/index.ts';
import { formatCount } from '../../state/format.ts';
import type { Keeping } from '../../state/offline.ts';

export const words = {
  check: {
    title: 'Check a report',
    intro: (images: number) =>
      'Choose a report that was exported as JSON, of single cells or of frames. ' +
      `It is compared with what this browser gives now for the ${formatCount(images)} images on the page; they are known by their pixels, whatever their names. ` +
      'Frames are searched again with the settings that stand in the report.',
    introEmpty: 'Choose a report that was exported as JSON, of single cells or of frames. It is compared with what this browser gives for the same images, which are known by their pixels, whatever their names.',
    addImages: (report: string) => `Add the images that ${report} is about; it is checked when they are done.`,
    choose: 'Choose images',
    chooseFolder: 'Choose a folder',
    report: 'Report',
    waiting: (report: string) => `${report} is checked when the images are done.`,
    progress: (done: number, all: number) => `${formatCount(done)} of ${formatCount(all)} images checked`,
    ofCells: 'This report is of images of single cells. Choose “One cell in each image”, and check it again.',
    more: (lines: number) => `and ${formatCount(lines)} more`,
  },
  file: {
    title: 'What is in this file',
    noFrame: 'No frame is looked at.',
    path: 'Path',
    size: 'Size',
    changed: 'Changed',
    notRead: 'Not read',
    reading: 'Reading the file …',
    tagsOf: (group: string) => `Tags: ${group}`,
  },
  keys: {
    title: 'Keys',
    list: [
      ['o', 'open files'],
      ['m', 'map on or off'],
      ['/', 'search'],
      ['Arrows', 'walk through the cells'],
      ['Enter', 'details of the cell'],
      ['Shift and arrows', 'move the frame'],
      ['+ − 0', 'zoom the frame in, out, to fit'],
      ['Delete', 'remove the cell from its frame'],
      ['Ctrl+Z, Ctrl+Shift+Z', 'a step back, and forth again'],
      ['Letters, 1 to 9', 'in a review: what the cell is'],
      ['Enter', 'in a review: the model is right'],
      ['. − +', 'in a review: cannot tell, no cell, two cells'],
      ['Space', 'in a review: the next cell'],
      ['Escape', 'close what is open'],
      ['?', 'this list'],
    ] satisfies [key: string, what: string][],
  },
  models: {
    title: 'Models',
    summary: (accuracy: string, types: number, bytes: string, licence: string) => `${accuracy} right at home, ${formatCount(types)} types, ${bytes}, licence ${licence}`,
    elsewhere: (what: string) => `On images from elsewhere: ${what}`,
    needsNetwork: 'Needs the network the first time it is used.',
    about: 'About this model',
    typesAndFacts: 'Types and facts',
    types: 'Types',
    facts: 'Facts',
    inUse: 'In use',
    use: 'Use this model',
    useAgain: (images: number) => `Use it and classify the ${formatCount(images)} images again`,
  },
  /** Names of facts, and what is said of them. */
  facts: {
    right: 'Right on test images',
    rightOf: (accuracy: string, correct: number, images: number) => `${accuracy}, ${formatCount(correct)} of ${formatCount(images)} images, 95 % interval in brackets`,
    elsewhere: 'On images from elsewhere',
    elsewhereNever: 'never measured: label some of your own to know',
    elsewhereOf: (accuracy: string, named: number, images: number, right: string | null, what: string) =>
      `${accuracy} right; ${formatCount(named)} of ${formatCount(images)} got a type as a verdict${right === null ? '' : `, ${right} of them rightly`} (${what})`,
    balanced: 'Balanced over types',
    calibration: 'Calibration error',
    unsure: 'Called unsure',
    unsureOf: (share: string, limit: string) => `${share} of test images, below ${limit}`,
    foreign: 'Unlike its training images',
    foreignTold: 'such a cell is named as no type',
    foreignUntold: 'the model cannot tell, and names a type all the same',
    split: 'Split',
    network: 'Network',
    networkOf: (architecture: string, parameters: number, bytes: string) => `${architecture}, ${formatCount(parameters)} parameters, ${bytes}`,
    sees: 'Sees',
    seesWhole: {
      colour: (width: number, height: number) => `the whole image, resized to ${width} × ${height} px in colour`,
      grey: (width: number, height: number) => `the whole image, resized to ${width} × ${height} px in grey`,
    },
    seesCentre: {
      colour: (side: number, width: number, height: number) => `the central ${side} × ${side} px, resized to ${width} × ${height} px in colour`,
      grey: (side: number, width: number, height: number) => `the central ${side} × ${side} px, resized to ${width} × ${height} px in grey`,
    },
    seesCell: (width: number, height: number) => `a square around the stained cell nearest the middle, as large as the cell asks for, its background made white, resized to ${width} × ${height} px`,
    trainedOn: 'Trained on',
    trainedOnOf: (data: string, images: number) => `${data} (${formatCount(images)} images)`,
    source: 'Source',
    dataLicence: 'Licence of the data',
    licence: 'Licence of the model',
  },
  use: 'What this tool may and may not be used for',
  licences: 'Licences of what is in it',
  why: 'What the map and the verdict are checked for',
  about: {
    title: (model: string) => `About this model: ${model}`,
    facts: 'Facts',
    /** Headings in the models' cards, open from the start; the rest is there for who wants to check. */
    firstRead: ['What it is for, and what not', 'Where it fails'],
  },
  privacy: {
    title: 'Your images stay on this computer.',
    intro:
      'Images are read and classified inside this browser. Nothing is uploaded, and no image is kept when the tab is closed. ' +
      'A rule that the browser enforces, a Content Security Policy, lets this page fetch from its own address only.',
    /** What stands behind the rule, by what the browser has. */
    enforcement: {
      header: 'Where the server sends it, this browser also obeys a header that forbids every connection to another address, names that are looked up included.',
      script: 'In this browser a script of the page takes away frames, links and connections ahead of need that a policy leaves open.',
      leaving: 'What it cannot stop here is that a hostile script leaves for another site with something in the address.',
    },
    noImage: 'No image yet.',
    since: (network: number) => `${formatCount(network)} since your first image.`,
    sinceWithLocal: (network: number, local: number) => `${formatCount(network)} since your first image, and ${formatCount(local)} for files that this browser had already.`,
    record: 'The browser’s own record of every request, each for a file of this page:',
    columns: { request: 'Request', size: 'Size', by: 'By', from: 'From' },
    afterFirst: (address: string) => `${address} (after your first image)`,
    by: { page: 'page', worker: 'worker', 'service worker': 'service worker' } satisfies Record<RequestFacts['by'], string>,
    from: { network: 'network', cache: 'browser’s cache', kept: 'kept here' } satisfies Record<RequestFacts['from'], string>,
    notListed:
      'Not in this list, since the browser asks by itself at the start of a visit and tells the page nothing of it: ' +
      'service_worker.js, by which it learns of a new version, manifest.webmanifest and the page’s icons.',
    offline: 'Without a connection',
    keeping: {
      unsupported: 'This browser does not keep the page for later visits: it can only at an address that begins with https, and not in a private window of some. Once loaded, the page works without a connection until it is closed.',
      waiting: 'The page will be kept in this browser as soon as it is at rest.',
      postponed: 'The page is not kept for later visits yet. That would fetch files of this page; once there is an image it fetches none by itself but those of models that may know images which yours does not. The next visit makes up for it.',
      keeping: 'The page’s files are being kept in this browser.',
      ready: 'The page and its simulated samples are kept in this browser, each file checked by its SHA-256, and open without a connection. Your images are never kept.',
      failed: 'The page’s files could not be kept in this browser. Once loaded, the page works without a connection until it is closed.',
    } satisfies Record<Keeping, string>,
    modelsKept: (titles: readonly string[]) => `Models kept: ${titles.join(', ')}.`,
    otherModels: 'Another model needs the network the first time it is used.',
    keepNow: 'Keep it now',
    beSure: 'To be sure, open the network tab of the browser’s tools, or pull the plug.',
  },
};
