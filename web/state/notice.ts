/** One plain line to the person. */
import { signal } from '@preact/signals';

/** One plain line about the last thing done, such as an empty folder. */
export const notice = signal<{ words: string; undo?: () => void; action?: { words: string; act: () => void } } | null>(null);

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
