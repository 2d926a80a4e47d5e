/** What a person teaches: the types, which image shows which, and what they are taught on. What is done with it: `teaching_steps.ts`; what is learned from it: `teaching_work.ts`. */
import { computed, signal } from '@preact/signals';
import type { GroupTable, ModelClass, ProjectTeaching, TeachGrouping } from '../../src/js/index.ts';
import { touch } from './changes.ts';
import { type Change, ownPart } from './history.ts';

/** What an image shows, as a person says. `folder`: below that of its type; '' where there is none. */
export interface Label { type: string; folder: string }

export interface Plan {
  /** The model whose types are kept, by its name here; null: none. */
  base: string | null;
  /** In the model's order; those of the base come first. */
  types: readonly ModelClass[];
  /** Positions of images whose label was doubted and stays. */
  sure: readonly number[];
  /** null: as the folders suggest. */
  grouping: TeachGrouping | null;
  table: GroupTable | null;
}

const blank: Plan = { base: null, types: [], sure: [], grouping: null, table: null };
const nobody = { title: '', author: '', data: '' };

/** Whether that view is open. */
export const isTeaching = signal(false);
export const plan = signal<Plan>(blank);
/** What the person says of the model to be made. */
export const about = signal(nobody);

/** Counts up when all of it came from elsewhere, as of another project. */
export const teachingEra = signal(0);

let labels = new Map<number, Label>();
/** Counts up whenever a label came, went or changed. */
export const labelRevision = signal(0);

export function labelAt(index: number): Label | undefined {
  return labels.get(index);
}

export function allLabels(): ReadonlyMap<number, Label> {
  return labels;
}

/** Positions of the images of each type, in the order of the images. */
export const trays = computed<ReadonlyMap<string, number[]>>(() => {
  labelRevision.value;
  const found = new Map<string, number[]>(plan.value.types.map(({ id }) => [id, []]));
  for (const [index, { type }] of labels) found.get(type)?.push(index);
  for (const tray of found.values()) tray.sort((a, b) => a - b);
  return found;
});

ownPart<Label | null>('taught', (index, label) => {
  if (label === null) labels.delete(index);
  else labels.set(index, label);
  labelRevision.value += 1;
  touch('teaching', 0);
});

ownPart<Plan>('teach', (_, value) => {
  plan.value = value;
  touch('teaching', 0);
});

export function labelChange(index: number, after: Label | null): Change {
  return { part: 'taught', key: index, before: labels.get(index) ?? null, after };
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
  const { base, types, sure, grouping, table } = plan.value;
  if (types.length === 0 && labels.size === 0) return null;
  return { base, types: [...types], labels: [...labels].map(([index, { type, folder }]) => [index, type, folder]), sure: [...sure], grouping, table, about: about.value };
}

/** Puts what was kept in place. */
export function restoreTeaching(kept: ProjectTeaching | null): void {
  plan.value = kept ? { base: kept.base, types: kept.types, sure: kept.sure, grouping: kept.grouping, table: kept.table } : blank;
  labels = new Map((kept?.labels ?? []).map(([index, type, folder]) => [index, { type, folder }]));
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
