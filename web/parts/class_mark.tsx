/** A class as a coloured shape and its letter; never by colour alone. */
import { classShapes, type ModelSpec } from '../../src/js/index.ts';

/** A model with more classes than the palette has colours repeats them; its letters stay unique. */
const styles = classShapes.length;

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
        <path d={classShapes[index % styles] ?? ''} />
      </svg>
      <span>{letter}</span>
    </span>
  );
}
