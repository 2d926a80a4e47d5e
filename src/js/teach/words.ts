/** What is said to a person about a taught model: the sentence that counts, and what to mind, each with what to do. */
import type { CrossValidated, Examination, TeachingWarning } from './examined.ts';

/** What cells were kept together by. */
export type GroupedBy = 'file' | 'folder' | 'column';

const unseen: Record<GroupedBy, string> = { file: 'pictures', folder: 'pictures from folders', column: 'pictures from groups' };

const percent = (share: number): string => String(Math.round(100 * share));

/** How good it is on cells that it did not learn from, in one sentence. */
export function verdictWords(crossValidated: CrossValidated | null, by: GroupedBy = 'file'): string {
  if (crossValidated === null) return 'It was taught from too few cells to be tested: nobody knows how often it is right.';
  const { right, isGrouped } = crossValidated;
  const figure = `${percent(right.cells / right.of)} of 100 rightly (${percent(right.interval[0])}–${percent(right.interval[1])})`;
  return isGrouped ? `On ${unseen[by]} that it has not seen it names ${figure}.` : `It names ${figure}, but cells of the same ${by === 'file' ? 'picture' : 'group'} stood on both sides: expect less.`;
}

export interface WarningWords {
  found: string;
  /** What a person can do. */
  advice: string;
}

type Taught = Pick<Examination, 'types' | 'lessons'>;

/** Args: of: whose types and lessons the warning speaks of. */
export function warningWords(warning: TeachingWarning, { types, lessons }: Taught): WarningWords {
  const name = (id: string): string => types.find((type) => type.id === id)?.name ?? id;
  const path = (lesson: number): string => lessons[lesson]?.path ?? '';
  const pairs = (list: readonly [number, number][]): string => `${path(list[0]?.[0] ?? 0)} and ${path(list[0]?.[1] ?? 0)}${list.length > 1 ? `, and ${list.length - 1} more` : ''}`;
  switch (warning.kind) {
    case 'background': return {
      found: `The corners of the pictures, where there is no cell, tell the types apart as well as the cells do: ${percent(warning.background)} of 100 rightly, ${percent(warning.cells)} with the cells. It may have learned the day, the dish or the lamp.`,
      advice: 'Take pictures of every type on the same days, with the same settings, and mix them.',
    };
    case 'own_source': return warning.of === 'folder'
      ? { found: 'All cells of each type come from one folder, in which there is no other type.', advice: 'If a folder is a day or a dish, add cells of every type from each; else nobody can tell the type from the day.' }
      : { found: 'The files of each type have names of their own pattern.', advice: 'If the pattern stands for a day, a dish or a microscope, add cells of every type from each.' };
    case 'two_labels': return { found: `Nearly the same picture stands under two types: ${pairs(warning.pairs)}.`, advice: 'Decide which type it is and take the other away.' };
    case 'copies': return { found: `Nearly the same picture stands twice: ${pairs(warning.pairs)}.`, advice: 'Nothing has to be done: copies were kept on one side of every test. They teach nothing new.' };
    case 'no_groups': return { found: 'A type comes from one group alone, so that cells of the same group were learned from and tested on.', advice: 'Add cells of that type from another picture, day or patient.' };
    case 'few': return { found: `There ${warning.cells === 1 ? 'is 1 cell' : `are ${warning.cells} cells`} of ${name(warning.type)}.`, advice: 'Show at least twenty of each type, from as many pictures as you can.' };
    case 'uneven': return { found: `There are ${warning.mostCells} cells of ${name(warning.most)} and ${warning.leastCells} of ${name(warning.least)}.`, advice: `Types weigh the same, but of the rarer one little is known: add cells of ${name(warning.least)}.` };
    case 'sizes': return {
      found: `${warning.unit === 'um' ? 'Pixel sizes' : 'Pictures'} differ between types: ${name(warning.most)} ${rounded(warning.mostSize)}, ${name(warning.least)} ${rounded(warning.leastSize)} ${warning.unit === 'um' ? 'µm a pixel' : 'px'}.`,
      advice: 'It may tell the types by their size on the screen. Cut all cells out alike, at one magnification.',
    };
    case 'alike_types': return {
      found: `It can hardly tell ${name(warning.one)} from ${name(warning.other)}: of their cells ${percent(warning.wrong)} of 100 were mistaken for the other.`,
      advice: 'Look at the cells named wrongly, add more of both, or make one type of the two.',
    };
    case 'outliers': return {
      found: warning.lessons.length === 1 ? `One cell is unlike all others: ${path(warning.lessons[0] ?? 0)}.` : `${warning.lessons.length} cells are unlike all others, ${path(warning.lessons[0] ?? 0)} most of all.`,
      advice: 'Look whether they show a cell, in focus and whole; take away what does not belong.',
    };
  }
}

const rounded = (size: number): string => (size < 10 ? size.toFixed(2) : String(Math.round(size)));
