/** Whether the view of a camera is open; what it does comes with it. */
import { effect, signal } from '@preact/signals';
import { isTeaching } from './teaching.ts';

export const isLive = signal(false);

export function openLive(): void {
  isTeaching.value = false;
  isLive.value = true;
}

export function closeLive(): void {
  isLive.value = false;
}

effect(() => {
  if (isTeaching.value) isLive.value = false;
});
