/** What an image is: one cell, or a frame of many. */
import { signal } from '@preact/signals';
import { remembered } from './remembered.ts';

/** One cell in each image, or frames that hold many. */
export type Mode = 'cells' | 'fields';
/** Cells, fields, or fields whose cells are only counted, as it was chosen last. */
export const lastMode = remembered('mode');
export const mode = signal<Mode>(lastMode === 'fields' || lastMode === 'count' ? 'fields' : 'cells');
