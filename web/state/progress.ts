/** Whether there is work, how fast it goes, and which frames are under way. */
import { batch, effect, signal, untracked } from '@preact/signals';
import { era, progress } from './images.ts';
import { modelState } from './models.ts';

export type RunState = 'idle' | 'running' | 'cancelled' | 'done';

export const runState = signal<RunState>('idle');

/** Cells classified of the cells found in the frames that workers have in hand. */
export const underWay = signal<ReadonlyMap<number, { classified: number; cells: number }>>(new Map());

/** Cells per second over the last seconds, and the time left at that rate; null until it is known. */
export const pace = signal<{ perSecond: number; leftMs: number } | null>(null);
const paceWindowMs = 4_000;
let marks: { atMs: number; done: number }[] = [];

export function measurePace(): void {
  const now = { atMs: performance.now(), done: progress.value.done };
  marks = [...marks.filter(({ atMs }) => now.atMs - atMs < paceWindowMs), now];
  const first = marks[0] ?? now;
  const spanMs = now.atMs - first.atMs;
  if (spanMs < 500 || now.done === first.done) return;
  const perSecond = ((now.done - first.done) * 1000) / spanMs;
  pace.value = { perSecond, leftMs: ((progress.value.total - now.done) * 1000) / perSecond };
}

/** A run begins: what was measured before says nothing of it. */
export function restartPace(): void {
  marks = [];
  pace.value = null;
}

effect(() => {
  progress.value;
  untracked(measurePace);
});
effect(() => {
  era.value;
  pace.value = null;
});

/** No model, no work; images wait for it to be loaded again. */
export function fail(message: string, canRetry = true): void {
  batch(() => {
    modelState.value = { phase: 'failed', message, canRetry };
    if (runState.value === 'running') runState.value = 'cancelled';
  });
}
