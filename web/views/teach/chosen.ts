/** Cells chosen to be taught at once, wherever they stand in the view. */
import { computed, effect, signal } from '@preact/signals';
import { mode } from '../../state/mode.ts';
import { plan, teachingEra } from '../../state/teaching.ts';
import { label } from '../../state/teaching_steps.ts';
import { guesses } from '../../state/teaching_work.ts';

const picked = signal<ReadonlySet<number>>(new Set());
export const chosen = computed(() => picked.value);

export function choose(indices: Iterable<number>): void {
  picked.value = new Set(indices);
}

export function toggle(index: number): void {
  const next = new Set(picked.value);
  if (!next.delete(index)) next.add(index);
  picked.value = next;
}

// Of another project, or as frames, they are others.
effect(() => {
  teachingEra.value;
  mode.value;
  picked.value = new Set();
});

/** Teaches what is chosen, or else one picture, as a type; with null as none. */
export function teach(type: string | null, one: number | null = null): void {
  const about = picked.value.size > 0 ? picked.value : one === null ? [] : [one];
  label(about, type);
  choose([]);
}

/** What a key does with what is chosen, or with the picture stood on; undefined where it does nothing. */
export function actOfKey(key: string, on: number | null): (() => void) | undefined {
  if (key === 'Escape') return picked.value.size > 0 ? () => choose([]) : undefined;
  if (picked.value.size === 0 && on === null) return undefined;
  if (/^[1-9]$/.test(key)) {
    const type = plan.value.types[Number(key) - 1];
    return type && (() => teach(type.id, on));
  }
  if (key === '0' || key === 'Delete' || key === 'Backspace') return () => teach(null, on);
  const guess = key === 'Enter' && on !== null ? guesses.value.find(({ index }) => index === on) : undefined;
  return guess && (() => label([guess.index], guess.type));
}
