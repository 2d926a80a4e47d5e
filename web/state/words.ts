/** What the stores say to a person: one plain line about what happened. */
import { formatCount, plural } from './format.ts';

export const words = {
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
  searchedAnew: (frames: number, model: string) =>
    plural(frames, { one: `The frame is searched anew, as the model “${model}” asks.`, other: `${formatCount(frames)} frames are searched anew, as the model “${model}” asks.` }),
};
