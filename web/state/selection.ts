/** What an export holds: the cells that are shown, chosen once for the whole page. */
import { computed } from '@preact/signals';
import type { CellRecord, FrameRecord, Selection } from '../../src/js/index.ts';
import { allFrames, type FrameEntry, namesCells, unreadFrames } from './frame_store.ts';
import { mode } from './mode.ts';
import { cells, finishedRecords, progress } from './images.ts';
import { runState } from './progress.ts';
import { currentFrame, isFiltered, shown, thisFrameOnly } from './view.ts';

const oneFrame = computed(() => (mode.value === 'fields' && thisFrameOnly.value ? currentFrame.value : null));

/** How many of the cells there are are shown. */
export const selection = computed<Selection>(() => ({
  cells: shown.value.length, of: cells.value.length, thisFrame: oneFrame.value !== null, filtered: isFiltered.value,
}));

/** Null where every cell and every file that could not be read is wanted. */
export function narrowed(): Selection | null {
  return selection.value.thisFrame || selection.value.filtered ? selection.value : null;
}

/** Whether nothing is left to do. */
export const isComplete = computed(() => runState.value !== 'running' && progress.value.done >= progress.value.total);

/** Images of one cell, and of files that could not be read where nothing is left out. */
export function selectedRecords(): CellRecord[] {
  if (!isFiltered.value) return finishedRecords();
  const wanted = new Set(shown.value.map(({ index }) => index));
  return finishedRecords().filter(({ index }) => wanted.has(index));
}

/** Frames with the cells that are wanted, in file order. */
export function selectedFrames(): FrameRecord[] {
  const only = oneFrame.value;
  const wanted = isFiltered.value ? new Set(shown.value.map(({ index }) => index)) : null;
  const read = allFrames().filter(({ frame }) => only === null || frame === only).map(({ frame, entry }) => frameRecord(frame, entry, wanted));
  return (narrowed() ? read : [...read, ...unreadFrames()]).sort((a, b) => a.index - b.index);
}

function frameRecord(frame: number, { analysis, cells: known, path, removed }: FrameEntry, wanted: ReadonlySet<number> | null): FrameRecord & { status: 'ok' } {
  const ids = wanted && new Set(known.filter(({ index }) => wanted.has(index)).map(({ inFrame }) => inFrame?.id));
  const some = ids === null ? analysis.cells : analysis.cells.filter(({ id }) => ids.has(id));
  // Where cells are only counted, what was said of them before is no result.
  const told = namesCells.value ? some : some.map(({ verdict: _, ...cell }) => cell);
  return { ...analysis, cells: told, index: frame, path, removedBoxes: removed };
}
