/** Images whose pixels are here already, which would count twice. */
import { computed, signal } from '@preact/signals';
import { allFrames } from './frame_store.ts';
import { mode } from './mode.ts';
import { allImages, calmCells, finishedRecords, flush } from './images.ts';
import { back, ownPart, take } from './history.ts';
import { leftOut } from './left_out.ts';
import { pictureKey } from '../../src/js/index.ts';
import { notice } from './notice.ts';
import { words } from './words.ts';

/** Taken all the same, as a person said. */
export const taken = signal<ReadonlySet<number>>(new Set());

function pixelsOf(): { index: number; pixels: string | null | undefined }[] {
  if (mode.value === 'cells') return finishedRecords().map((record) => ({ index: record.index, pixels: record.status === 'ok' ? record.pixelsSha256 : null }));
  return allFrames().map(({ frame, entry: { analysis } }) => ({ index: frame, pixels: analysis.pixelsSha256 && `${analysis.pixelsSha256} ${pictureKey(analysis.choice)}` }));
}

/** Positions of images that have the pixels of one before them, and are neither left out nor taken all the same. */
export const repeated = computed<number[]>(() => {
  calmCells.value;
  const known = new Set<string>();
  return pixelsOf().flatMap(({ index, pixels }) => {
    if (!pixels) return [];
    const isNew = !known.has(pixels);
    known.add(pixels);
    return isNew || taken.value.has(index) ? [] : [index];
  });
});

/** Takes them out of every count and export; can be undone. */
export function leaveOutRepeated(): void {
  const before = [...leftOut.value];
  const more = repeated.value;
  take(words.leavingOut(more.length), [{ part: 'left_out', key: 0, before, after: [...before, ...more] }]);
  const undo = (): void => {
    back();
    notice.value = null;
  };
  notice.value = { words: words.leftOut(more.length), undo };
}

ownPart<number[]>('left_out', (_, positions) => {
  leftOut.value = new Set(positions);
  flush();
});

export function takeRepeated(): void {
  taken.value = new Set([...taken.value, ...repeated.value].filter((index) => index < allImages().length));
}
