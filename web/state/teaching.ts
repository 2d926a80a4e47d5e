/** What a person teaches: the types, which image or which cell of a frame shows which, and what they are taught on. What is done with it: `teaching_steps.ts`; what is learned from it: `teaching_work.ts`. */
import { computed, signal } from '@preact/signals';
import type { FrameSquare, GroupTable, ModelClass, ProjectTeaching, TaughtCells, TeachGrouping } from '../../src/js/index.ts';
import { touch } from './changes.ts';
import { type Change, ownPart } from './history.ts';
import { mode, type Mode } from './mode.ts';

/** What a cell is, as a person says. `folder`: what it shares with others alike; '' where there is none. */
export interface Label { type: string; folder: string }

export interface Plan {
  /** The model whose types are kept, by its name here; null: none. */
  base: string | null;
  /** In the model's order; those of the base come first. */
  types: readonly ModelClass[];
  /** Cells whose label was doubted and stays. */
  sure: Readonly<Record<Mode, readonly number[]>>;
  /** What is looked at around a cell of a frame; null: none has a label yet. */
  square: FrameSquare | null;
  /** null: as the folders suggest. */
  grouping: TeachGrouping | null;
  table: GroupTable | null;
}

const blank: Plan = { base: null, types: [], sure: { cells: [], fields: [] }, square: null, grouping: null, table: null };
const nobody = { title: '', author: '', data: '' };

/** Whether that view is open. */
export const isTeaching = signal(false);
export const plan = signal<Plan>(blank);
/** What the person says of the model to be made. */
export const about = signal(nobody);

/** Counts up when all of it came from elsewhere, as of another project. */
export const teachingEra = signal(0);

/** As reviews are: of images of one cell, and of cells of frames. */
let labels: Record<Mode, Map<number, Label>> = { cells: new Map(), fields: new Map() };
/** Counts up whenever a label came, went or changed. */
export const labelRevision = signal(0);

/** Of the cell with this index, of images of one cell or of frames as they are looked at now. */
export function labelAt(index: number): Label | undefined {
  return labels[mode.value].get(index);
}

export function allLabels(of: Mode = mode.value): ReadonlyMap<number, Label> {
  return labels[of];
}

/** Indices of the cells of each type, in their order. */
export const trays = computed<ReadonlyMap<string, number[]>>(() => {
  labelRevision.value;
  const found = new Map<string, number[]>(plan.value.types.map(({ id }) => [id, []]));
  for (const [index, { type }] of allLabels()) found.get(type)?.push(index);
  for (const tray of found.values()) tray.sort((a, b) => a - b);
  return found;
});

/** By which a step knows whose label it changes. */
const labelParts: Record<Mode, string> = { cells: 'taught', fields: 'taught_fields' };

for (const which of ['cells', 'fields'] as const) {
  ownPart<Label | null>(labelParts[which], (index, label) => {
    if (label === null) labels[which].delete(index);
    else labels[which].set(index, label);
    labelRevision.value += 1;
    touch('teaching', 0);
  });
}

ownPart<Plan>('teach', (_, value) => {
  // Steps of older projects know no frames.
  const { sure } = value as { sure: Plan['sure'] | readonly number[] };
  plan.value = { ...blank, ...value, sure: 'cells' in sure ? sure : { cells: sure, fields: [] } };
  touch('teaching', 0);
});

export function labelChange(index: number, after: Label | null, of: Mode = mode.value): Change {
  return { part: labelParts[of], key: index, before: labels[of].get(index) ?? null, after };
}

export function planChange(after: Partial<Plan>): Change {
  return { part: 'teach', key: 0, before: plan.value, after: { ...plan.value, ...after } };
}

export function setAbout(change: Partial<typeof nobody>): void {
  about.value = { ...about.value, ...change };
  touch('teaching', 0);
}

/** null where nothing is taught. */
export function teachingAsKept(): ProjectTeaching | null {
  const { base, types, sure, square, grouping, table } = plan.value;
  if (types.length === 0 && labels.cells.size + labels.fields.size === 0) return null;
  const cellsOf = (of: Mode): TaughtCells => ({ labels: [...labels[of]].map(([index, { type, folder }]) => [index, type, folder]), sure: [...sure[of]] });
  return { base, types: [...types], ...cellsOf('cells'), inFrames: cellsOf('fields'), square, grouping, table, about: about.value };
}

/** Puts what was kept in place. */
export function restoreTeaching(kept: ProjectTeaching | null): void {
  const inFrames = kept?.inFrames ?? { labels: [], sure: [] };
  const labelsOf = (from: TaughtCells['labels']): Map<number, Label> => new Map(from.map(([index, type, folder]) => [index, { type, folder }]));
  plan.value = kept ? { base: kept.base, types: kept.types, sure: { cells: kept.sure, fields: inFrames.sure }, square: kept.square ?? null, grouping: kept.grouping, table: kept.table } : blank;
  labels = { cells: labelsOf(kept?.labels ?? []), fields: labelsOf(inFrames.labels) };
  about.value = kept?.about ?? nobody;
  labelRevision.value += 1;
  teachingEra.value += 1;
}

/** Takes all away. Returns what brings it back. */
export function takeTeaching(): () => void {
  const kept = teachingAsKept();
  restoreTeaching(null);
  return () => restoreTeaching(kept);
}
