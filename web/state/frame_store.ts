/** Frames of many cells as the page keeps them: what was found, what a person changed, and the cells as the results show them. */
import { signal } from '@preact/signals';
import {
  type Box, carryOver, type ClassifiedCell, defaultSearch, type DisplayRange, type FrameAnalysis, type FrameCell, type FrameOptions, type FrameOutcome,
  type ModelSpec, searchFor, type UnreadFile, wholeFile,
} from '../../src/js/index.ts';

/** One cell in each image, or frames that hold many. */
export type Mode = 'cells' | 'fields';
export const mode = signal<Mode>('cells');

export type FieldOptions = Omit<FrameOptions, 'classify'>;
/** For every frame that has no settings of its own. */
export const fieldOptions = signal<FieldOptions>({ choice: wholeFile, search: defaultSearch, pixelSizeUm: null });

/** The model's own settings take the place of another's, unless there are frames whose cells were found with those. */
export function searchAs(spec: ModelSpec): void {
  if (allFrames().length === 0) fieldOptions.value = { ...fieldOptions.value, search: searchFor(spec) };
}

/** Where a cell of a frame lies, and what the search says of it. */
export interface CellPlace { frame: number; id: number; box: Box; areaPx: number; searchScore: number | null; cutByBorder: boolean }

/** A cell of an image or of a frame; `index` tells it from all others. */
export type Cell = Omit<ClassifiedCell, 'elapsedMs'> & { elapsedMs: object; index: number; path: string; inFrame?: CellPlace };

export interface FrameEntry {
  path: string;
  analysis: FrameAnalysis;
  /** Boxes of cells that a person removed, not to be found again. */
  removed: readonly Box[];
  /** Settings of this frame only; null: those of all. */
  own: FieldOptions | null;
  /** Samples shown as black and white; null: as the file asks. */
  range: DisplayRange | null;
  /** The cells that have a verdict, in the order of `analysis.cells`. */
  cells: readonly Cell[];
  undo: readonly FrameChange[];
}

/** What an edit by hand can be taken back to. */
export interface FrameChange { words: string; cells: readonly FrameCell[]; removed: readonly Box[] }

export interface UnreadFrame { failure: UnreadFile & { index: number; path: string }; own: FieldOptions | null }

type Slot = FrameEntry | UnreadFrame | undefined;

let slots: Slot[] = [];

/** Cells of one frame that a page can tell apart: more than any image has pixels' worth of cells. */
const mostCells = 2 ** 24;

/** The number that tells a cell of a frame from all other cells; in the order of frames, then of cells. */
export function cellKey(frame: number, id: number): number {
  return frame * mostCells + id;
}

export function frameOfKey(key: number): number {
  return Math.floor(key / mostCells);
}

export function frameAt(frame: number): FrameEntry | undefined {
  const slot = slots[frame];
  return slot && 'analysis' in slot ? slot : undefined;
}

export function isSettled(frame: number): boolean {
  return slots[frame] !== undefined;
}

export function optionsOf(frame: number): FieldOptions {
  return slots[frame]?.own ?? fieldOptions.value;
}

export function allFrames(): { frame: number; entry: FrameEntry }[] {
  return slots.flatMap((slot, frame) => (slot && 'analysis' in slot ? [{ frame, entry: slot }] : []));
}

export function unreadFrames(): UnreadFrame['failure'][] {
  return slots.flatMap((slot) => (slot && 'failure' in slot ? [slot.failure] : []));
}

export function settledFrames(): number {
  return slots.reduce((count, slot) => count + Number(slot !== undefined), 0);
}

export function allCells(): Cell[] {
  return slots.flatMap((slot) => (slot && 'analysis' in slot ? slot.cells : []));
}

export function cellAt(key: number): Cell | undefined {
  return frameAt(frameOfKey(key))?.cells.find(({ index }) => index === key);
}

/** Takes what a search found; what a person changed in the frame before stays changed. */
export function settleFrame(frame: number, path: string, outcome: FrameOutcome): void {
  const before = slots[frame];
  const own = before?.own ?? null;
  if (outcome.status === 'error') {
    slots[frame] = { failure: { ...outcome, index: frame, path }, own };
    return;
  }
  const old = before && 'analysis' in before ? before : undefined;
  const cells = old ? carryOver(old.analysis.cells, outcome.cells, old.removed) : outcome.cells;
  slots[frame] = withCells(frame, { path, analysis: outcome, removed: old?.removed ?? [], own, range: old?.range ?? null, cells: [], undo: old?.undo ?? [] }, cells);
}

export function refuseFrame(frame: number, path: string, failure: UnreadFile): void {
  slots[frame] ??= { failure: { ...failure, index: frame, path }, own: null };
}

export function changeFrame(frame: number, change: Partial<Pick<FrameEntry, 'removed' | 'own' | 'range' | 'undo' | 'analysis'>>, cells?: readonly FrameCell[]): void {
  const entry = frameAt(frame);
  if (!entry) return;
  const changed = { ...entry, ...change };
  slots[frame] = cells || change.analysis ? withCells(frame, changed, cells ?? changed.analysis.cells) : changed;
}

/** Gives cells their verdicts where they still are. */
export function settleVerdicts(frame: number, classified: readonly FrameCell[]): void {
  const entry = frameAt(frame);
  if (!entry) return;
  const known = new Map(classified.map((cell) => [cell.id, cell]));
  changeFrame(frame, {}, entry.analysis.cells.map((cell) => (known.has(cell.id) ? { ...cell, verdict: known.get(cell.id)!.verdict! } : cell)));
}

function withCells(frame: number, entry: FrameEntry, frameCells: readonly FrameCell[]): FrameEntry {
  const { path, analysis } = entry;
  const old = new Map(entry.cells.map((cell) => [cell.index, cell]));
  const cells = frameCells.flatMap((cell): Cell[] => {
    if (!cell.verdict) return [];
    const index = cellKey(frame, cell.id);
    const before = old.get(index);
    // The same object where nothing changed, so that its tile is not drawn again.
    if (before && before.probabilities === cell.verdict.probabilities) return [before];
    const { id, box, areaPx, searchScore, cutByBorder, verdict } = cell;
    return [{
      status: 'ok', ...verdict, image: analysis.facts.image, index, path, inFrame: { frame, id, box, areaPx, searchScore, cutByBorder },
      elapsedMs: { 'decode, whole frame': analysis.elapsedMs.decode, 'search, whole frame': analysis.elapsedMs.detect },
    }];
  });
  return { ...entry, analysis: { ...analysis, cells: [...frameCells] }, cells };
}

/** Another model: the cells stay, their verdicts go. */
export function forgetVerdicts(): void {
  slots = slots.map((slot, frame) => {
    if (!slot || !('analysis' in slot)) return slot;
    return withCells(frame, { ...slot, cells: [], undo: [] }, slot.analysis.cells.map(({ verdict: _, ...cell }) => cell));
  });
}

/** Searches these again at the next run; settings of their own and changes by hand stay. */
export function forgetSearch(frame: number): void {
  stale.add(frame);
}

/** Frames to be searched again, whose old cells are shown until then. */
const stale = new Set<number>();

export function isStale(frame: number): boolean {
  return stale.has(frame);
}

export function freshen(frame: number): void {
  stale.delete(frame);
}

/** Takes all frames away. Returns what brings them back. */
export function takeFrames(): () => void {
  const before = slots;
  slots = [];
  stale.clear();
  return () => (slots = before);
}
