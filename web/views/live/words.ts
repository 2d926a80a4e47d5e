/** What a person reads beside the picture of a camera. */
import { formatCount, formatPercent, plural } from '../../state/format.ts';
import type { CameraFailure, WhyOff } from '../../state/camera.ts';

const rate = (value: number): string => value.toLocaleString(undefined, { minimumFractionDigits: value < 10 ? 1 : 0, maximumFractionDigits: value < 10 ? 1 : 0 });
const four = (value: number): string => value.toLocaleString(undefined, { maximumSignificantDigits: 4 });

export const words = {
  title: 'Camera',
  on: 'Camera on',
  off: 'Camera off',
  which: 'Camera',
  unnamed: (number: number) => `Camera ${formatCount(number)}`,
  freeze: 'Freeze',
  goOn: 'Go on',
  keep: 'Keep this frame',
  scale: 'Scale',
  useScale: 'Use for this camera',
  noScale: 'Take it away',
  stop: 'Stop',
  start: 'Start the camera',
  tryAgain: 'Try again',
  leave: { results: 'To the results', start: 'Back' },
  asking: 'The browser asks whether this page may use the camera.',
  why: {
    stopped: 'The camera is off.',
    hidden: 'The camera was turned off while the page was out of sight.',
    gone: 'The camera is gone: plug it in again, or close the program that took it, then start it.',
  } satisfies Record<WhyOff, string>,
  failed: (failure: CameraFailure, message: string) => ({
    insecure: 'This address is not secure, so that the browser lends it no camera: open the page by https, or at localhost.',
    refused: 'The browser was not allowed to lend the camera: allow it for this page beside the address, then try again.',
    none: 'No camera was found: plug one in, then try again.',
    busy: 'The camera cannot be used now: close other programs that use it, then try again.',
    other: `The camera could not be started: ${message}`,
  })[failure],
  picture: (cells: number) => `Live picture with ${plural(cells, { one: '1 cell', other: `${formatCount(cells)} cells` })} outlined`,
  facts: {
    size: (width: number, height: number) => `${formatCount(width)} × ${formatCount(height)} px`,
    pace: (perSecond: number) => `${rate(perSecond)} pictures a second`,
    frozen: 'frozen',
    noScale: 'pixel size not known',
    scale: (um: number) => `${four(um)} µm per px`,
    scaleOfAll: (um: number) => `${four(um)} µm per px, set by hand for all frames`,
    loading: 'The model is being loaded.',
    looking: 'The first picture is being looked at.',
  },
  scaleOfAll: (um: number) => `${four(um)} µm per px is set by hand for all frames, and holds for the camera's pictures too.`,
  forget: 'Forget it for all frames',
  hints: {
    fields: 'Space freezes the picture. Nothing is kept but the frames that you keep.',
    cells: 'The middle of the picture is looked at as one cell. Space freezes it. Nothing is kept but the pictures that you keep.',
    scale: 'Draw along a length that you know, such as the scale bar or a calibration slide, and enter it above.',
  },
  trouble: (why: string) => `The last picture could not be looked at: ${why}`,
  side: 'What is in the picture',
  count: (cells: number) => plural(cells, { one: '1 cell', other: `${formatCount(cells)} cells` }),
  share: (count: number, all: number) => (all === 0 ? '' : formatPercent(count / all)),
  kept: (name: string, images: number) => plural(images, { one: `${name} is kept, 1 image by now.`, other: `${name} is kept, ${formatCount(images)} images by now.` }),
};
