/** What a person reads about projects. */
import { formatBytes } from '../../parts/words.ts';
import { formatCount, plural } from '../../state/format.ts';

export const words = {
  list: 'Kept on this computer',
  none: 'Nothing is kept on this computer yet.',
  counts: (images: number, cells: number, reviewed: number) =>
    [plural(images, { one: '1 image', other: `${formatCount(images)} images` }), plural(cells, { one: '1 cell', other: `${formatCount(cells)} cells` }), reviewed > 0 ? `${formatCount(reviewed)} looked at` : ''].filter(Boolean).join(', '),
  when: (ms: number) => new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }),
  open: 'Open',
  isOpen: 'on the page now',
  rename: 'Rename',
  newName: 'New name',
  save: 'Save name',
  duplicate: 'Duplicate',
  forget: 'Forget',
  forgetSure: (name: string) => `Forget “${name}” for good? Images, results and answers are deleted from this computer.`,
  yes: 'Forget it',
  no: 'Keep it',
  keepNothing: 'Keep nothing on this computer',
  keepNothingHint: 'For computers that others use. What is on the page is then lost when it is closed; what was kept before stays until you forget it.',
  room: (used: number, most: number) => `${formatBytes(used)} of ${formatBytes(most)} in use`,
  persist: 'Ask the browser to keep it when the disk fills up',
  persisted: 'The browser keeps it also when the disk fills up.',
  states: {
    unknown: '', on: 'kept on this computer', off: 'not kept: you asked for that', denied: 'not kept: this browser keeps nothing, as in a private window', full: 'not kept any more: this browser has no more room',
    lost: 'not kept any more: the browser took its storage away',
  },
  project: 'Project',
  title: 'Project',
  noProject: 'Images that you add become a project.',
  file: 'Project file',
  fileHint: 'One file with results, answers and settings, for another computer or for later.',
  saveWith: (bytes: string) => `Save with images (${bytes})`,
  saveWithout: 'Save without images',
  saving: (done: number, of: number) => `${formatCount(done)} of ${formatCount(of)} images`,
  openFile: 'Open a project file',
  close: 'Close project',
  closeHint: 'It stays in the list on the first screen.',
  away: (files: number) => plural(files, { one: 'The picture of 1 file is not kept here, its results are.', other: `The pictures of ${formatCount(files)} files are not kept here, their results are.` }),
  showAgain: 'Show the folder again',
  showFiles: 'Show the files again',
};
