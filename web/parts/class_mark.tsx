/** A class as a coloured shape and its letter; never by colour alone. */
import type { ModelSpec } from '../../src/js/index.ts';

/** As many as the Okabe–Ito palette has colours; a model with more classes repeats them, its letters stay unique. */
const styles = 8;

const shapes = [
  'M6 1a5 5 0 1 0 0 10a5 5 0 1 0 0-10z',
  'M1.5 1.5h9v9h-9z',
  'M6 1l5.3 9.6H.7z',
  'M6 .5l5.5 5.5L6 11.5.5 6z',
  'M4.2 1h3.6v3.2H11v3.6H7.8V11H4.2V7.8H1V4.2h3.2z',
  'M6 11L.7 1.4h10.6z',
  'M3.4 1h5.2L11.5 6l-2.9 5H3.4L.5 6z',
  'M6 .5l1.5 3.7 4 .3-3.1 2.6 1 3.9L6 8.9 2.6 11l1-3.9L.5 4.5l4-.3z',
];

export function classIndex(spec: ModelSpec, id: string): number {
  return spec.classes.findIndex((one) => one.id === id);
}

/** What stands for no class where a class's position is asked for. */
export const unsureIndex = -1;
export const foreignIndex = -2;
export const qualityIndex = -3;

/** The style class that sets `--class-colour`. */
export function classStyle(index: number): string {
  return index === foreignIndex ? 'class-foreign' : index === qualityIndex ? 'class-quality' : index < 0 ? 'class-unsure' : `class-${index % styles}`;
}

/** Why a cell counts as no type: for the model, or for a person. */
export type NoType = 'quality' | 'foreign' | 'unsure' | 'unnamed' | 'cannot_tell' | 'no_cell' | 'two_cells';

export const noTypeMarks: Record<NoType, { index: number; letter: string }> = {
  unsure: { index: unsureIndex, letter: '?' }, foreign: { index: foreignIndex, letter: '≠' }, quality: { index: qualityIndex, letter: '!' }, unnamed: { index: unsureIndex, letter: '–' },
  cannot_tell: { index: unsureIndex, letter: '~' }, no_cell: { index: unsureIndex, letter: '×' }, two_cells: { index: unsureIndex, letter: '2' },
};

/** Before the words for a cell that counts as no type. */
export function NoTypeMark({ kind }: { kind: NoType }) {
  return <ClassMark {...noTypeMarks[kind]} />;
}

export function ClassMark({ index, letter }: { index: number; letter: string }) {
  return (
    <span class={`class-mark ${classStyle(index)}`} aria-hidden="true">
      <svg viewBox="0 0 12 12">
        <path d={shapes[index % styles] ?? ''} />
      </svg>
      <span>{letter}</span>
    </span>
  );
}
