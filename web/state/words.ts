/** What the stores say to a person: one plain line about what happened. */
import { formatCount, plural } from './format.ts';

export const words = {
  leftOut: (images: number) => plural(images, { one: '1 image is left out; one with the same pixels is counted.', other: `${formatCount(images)} images are left out; those with the same pixels are counted once.` }),
  documents: (files: number, first: string) => plural(files, { one: `1 file that is no image was left out: ${first}.`, other: `${formatCount(files)} files that are no images were left out, ${first} among them.` }),
  onlyDocuments: (files: number) => plural(files, { one: 'There is 1 file in there, and it is no image.', other: `There are ${formatCount(files)} files in there, and none is an image.` }),
  nothingThere: 'There are no files in there.',
  cleared: (images: number) => plural(images, { one: '1 image cleared.', other: `${formatCount(images)} images cleared.` }),
  noSuchImage: 'No such image.',
  imageGone: 'The image is not there any more.',
  noSuchCell: 'No such cell.',
  cellGone: 'The cell is not there any more.',
  notOpened: 'The browser could not open it.',
  selfTestFailed: 'The self-test failed: this browser does not compute for the model\'s own test image what it should. No results are shown.',
  noSimd: 'This browser cannot run WebAssembly SIMD, which the classifier needs. Firefox, Chrome, Edge and Safari can since 2023.',
  noModels: 'The list of models is empty.',
  noSamples: 'There are no simulated samples for this model.',
  noField: 'There is no simulated field for this model.',
  samplesUnread: (why: string) => `The simulated samples could not be read. ${why}`,
  frameFailed: (path: string, why: string) => `${path}: ${why}`,
  aFrame: 'A frame',
  removal: 'removal of a cell',
  adding: 'adding of a cell',
  searchedAnew: (frames: number, model: string) =>
    plural(frames, { one: `The frame is searched anew, as the model “${model}” asks.`, other: `${formatCount(frames)} frames are searched anew, as the model “${model}” asks.` }),
};
