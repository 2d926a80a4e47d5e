/** What a person said of where the truth about cells stands; it is kept with the project. */
import { effect, signal } from '@preact/signals';
import type { Grouping, ProjectLabels } from '../../src/js/index.ts';
import { touch } from './changes.ts';

export const truthSources = ['folders', 'table', 'review'] as const;
export type TruthSource = (typeof truthSources)[number];
export const source = signal<TruthSource>('review');

export const groupings = ['none', 'file', 'folder'] as const satisfies Grouping[];
export const grouping = signal<(typeof groupings)[number]>('none');

/** A table of labels: which columns are meant, and which types its names are. */
export const table = signal<ProjectLabels | null>(null);

effect(() => {
  table.value;
  touch('labels', 0);
});
