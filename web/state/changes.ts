/** What of the open project changed since it was last kept: by its part, and by its number in it. */

/** `cells` and `fields`: what people said of images of one cell, and of cells of frames. */
export const parts = ['files', 'records', 'frames', 'cells', 'fields', 'steps', 'labels', 'teaching'] as const;
export type Part = (typeof parts)[number];
export type Touched = Record<Part, Set<number>>;

const nothing = (): Touched => ({ files: new Set(), records: new Set(), frames: new Set(), cells: new Set(), fields: new Set(), steps: new Set(), labels: new Set(), teaching: new Set() });
let touched = nothing();
let wake: () => void = () => {};

/** One of a part has changed, come or gone. */
export function touch(part: Part, index: number): void {
  touched[part].add(index);
  wake();
}

/** Returns: all that changed; from here on nothing has. */
export function takeTouched(): Touched {
  const all = touched;
  touched = nothing();
  return all;
}

/** Tells `listener` of every change, at once and often. */
export function onTouched(listener: () => void): void {
  wake = listener;
}

let keep: (position: number, bytes: Uint8Array) => void = () => {};

/** A file was read to be worked on; its bytes are about to be given away. */
export function sawBytes(position: number, bytes: Uint8Array): void {
  keep(position, bytes);
}

/** Tells `listener` of every file that is read. */
export function onBytes(listener: (position: number, bytes: Uint8Array) => void): void {
  keep = listener;
}
