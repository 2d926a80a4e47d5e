/** Images that a person left out because others have the same pixels; by their position. */
import { signal } from '@preact/signals';

export const leftOut = signal<ReadonlySet<number>>(new Set());
