/** The words around every screen: header, footer, messages and the offer of a newer version. */
import { formatCount, plural } from '../../state/format.ts';
import type { Theme } from '../../state/view.ts';

export const words = {
  skip: 'To the cells',
  dropHint: 'Drop to classify',
  dropToTeach: 'Drop to teach',
  results: 'Results',
  types: 'Types and their shares',
  header: {
    name: 'Cytodrop',
    task: 'What to do',
    tasks: { look: 'Look', teach: 'Teach' },
    theme: 'Theme',
    themes: { system: 'System', light: 'Light', dark: 'Dark' } satisfies Record<Theme, string>,
    keys: 'Keys',
  },
  footer: {
    workers: (engine: string, count: number) => plural(count, { one: `${engine}, ${formatCount(count)} worker`, other: `${engine}, ${formatCount(count)} workers` }),
    threads: (engine: string, count: number) => plural(count, { one: `${engine}, ${formatCount(count)} thread`, other: `${engine}, ${formatCount(count)} threads` }),
    because: (reason: string) => `chosen because: ${reason}`,
    difference: (logit: string) => `largest difference of a logit: ${logit}`,
    selfTestPassed: 'self-test passed',
    offline: 'works without a connection',
    requests: (count: number) => `requests since the first image: ${formatCount(count)}`,
  },
  messages: {
    notLoaded: 'The model could not be loaded.',
    resultsKept: 'Your images and results are kept.',
    tryAgain: 'Try again',
    undo: 'Undo',
    close: 'Close',
  },
  /** For those who listen. */
  progress: {
    classified: (cells: number, unread: number) => `${formatCount(cells)} cells classified, ${formatCount(unread)} files not read.`,
    inFrames: (found: number, named: number, unread: number) => `${formatCount(found)} cells found, ${formatCount(named)} of them classified, ${formatCount(unread)} files not read.`,
    finished: (result: string) => `Finished. ${result}`,
    stopped: (result: string) => `Stopped. ${result}`,
    classifying: (images: number) => `Classifying ${formatCount(images)} images.`,
    done: (perCent: number) => `${perCent} per cent done.`,
  },
  update: {
    ready: 'A new version is ready.',
    elsewhere: 'Another tab uses a newer version by now.',
    use: 'Use it now',
    saveFirst: 'The page is loaded anew: save the results here first.',
  },
};
