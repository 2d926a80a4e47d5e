/** What a person does to a frame: remove and add cells, search it again with other settings, take a step back. */
import { effect, signal } from '@preact/signals';
import { carryOver, cellByHand, type DisplayRange, type FrameChoice, type SearchSettings } from '../../src/js/index.ts';
import { allFrames, cellKey, changeFrame, frameAt, type FrameChange, type FrameEntry, handOptions, type HandOptions, mode, optionsKey, optionsOf, searchOf, setHand } from './frame_store.ts';
import { withFrame } from './held_frames.ts';
import { era, files, flush } from './images.ts';
import { messageOf, notice } from './notice.ts';
import { runState } from './progress.ts';
import { classifyMissing, run } from './run.ts';
import { closeDetails, currentFrame, openIndex } from './view.ts';
import { words } from './words.ts';

export type Tool = 'look' | 'remove' | 'add' | 'measure';
export const tool = signal<Tool>('look');

/** The frame whose cells are being searched or classified at a person's wish. */
export const busyFrame = signal<number | null>(null);

// The first frame is looked at as soon as there is one; after clearing, none.
effect(() => {
  const count = files.value.length;
  if (mode.value !== 'fields') return;
  if (count === 0) currentFrame.value = null;
  else if (currentFrame.value === null || currentFrame.value >= count) currentFrame.value = 0;
});

export function removeCell(frame: number, id: number): void {
  const entry = frameAt(frame);
  const cell = entry?.analysis.cells.find((one) => one.id === id);
  if (!entry || !cell) return;
  if (openIndex.value === cellKey(frame, id)) closeDetails();
  const removed = cell.searchScore === null ? entry.removed : [...entry.removed, cell.box];
  changeFrame(frame, { removed, undo: [...entry.undo, stateOf(entry, words.removal)] }, entry.analysis.cells.filter((one) => one !== cell));
  flush();
}

/** Adds a cell around a point of the frame, in px, and classifies it. */
export function addCell(frame: number, xPx: number, yPx: number): void {
  const entry = frameAt(frame);
  if (!entry) return;
  const most = Math.max(nextId.get(frame) ?? 0, ...entry.analysis.cells.map(({ id }) => id + 1));
  // A number is never used twice, also after the cell that had it was taken back.
  nextId.set(frame, most + 1);
  const cell = { ...cellByHand(xPx, yPx, entry.analysis), id: most };
  changeFrame(frame, { undo: [...entry.undo, stateOf(entry, words.adding)] }, [...entry.analysis.cells, cell]);
  flush();
  void classifySoon(frame);
}

const nextId = new Map<number, number>();

export function undo(frame: number): void {
  const entry = frameAt(frame);
  const last = entry?.undo.at(-1);
  if (!entry || !last) return;
  changeFrame(frame, { removed: last.removed, undo: entry.undo.slice(0, -1) }, last.cells);
  flush();
  void classifySoon(frame);
}

function stateOf({ analysis, removed }: FrameEntry, what: string): FrameChange {
  return { words: what, cells: analysis.cells, removed };
}

let searchTimer: ReturnType<typeof setTimeout> | undefined;
/** Long enough not to search for every step of a slider, short enough to seem at once. */
const searchAfterMs = 120;

/** Searches a frame that is held decoded, with settings of its own, a moment after the last change. */
export function tryOptions(frame: number, change: Partial<SearchSettings> & { pixelSizeUm?: number | null }): void {
  const entry = frameAt(frame);
  if (!entry) return;
  const { pixelSizeUm, ...search } = change;
  const before = searchOf(frame);
  // What stays as it is is not set by hand.
  const set = Object.fromEntries(Object.entries(search).filter(([key, value]) => before[key as keyof SearchSettings] !== value));
  const own: HandOptions = { ...entry.own, search: { ...entry.own?.search, ...set }, ...(pixelSizeUm !== undefined && { pixelSizeUm }) };
  changeFrame(frame, { own });
  flush();
  searchAgain(frame);
}

/** How much smaller and larger than a typical cell the others may be. */
const smallest = 0.6;
const largest = 1.7;

/** Searches for cells about as large as one that a person drew across. Args: px: of the frame. */
export function searchLike(frame: number, px: number): void {
  const entry = frameAt(frame);
  if (!entry || !(px >= 2)) return;
  const unit = optionsOf(frame).pixelSizeUm ?? entry.analysis.facts.pixel_size_um ?? 1;
  const round = (value: number): number => Math.max(1, Math.round(value));
  tryOptions(frame, { least_diameter: round(smallest * px * unit), most_diameter: round(largest * px * unit) });
}

/** Which page and channel of a file is the frame. */
export function chooseInFile(frame: number, choice: FrameChoice): void {
  const entry = frameAt(frame);
  if (!entry) return;
  changeFrame(frame, { own: { search: {}, ...entry.own, choice }, removed: [], undo: [], range: null });
  flush();
  searchAgain(frame, 0, true);
}

export function backToAll(frame: number): void {
  changeFrame(frame, { own: onlyChoice(frameAt(frame)?.own ?? null) });
  flush();
  searchAgain(frame, 0);
}

/** A page and channel is no setting of the search. */
function onlyChoice(own: HandOptions | null): HandOptions | null {
  return own?.choice ? { choice: own.choice, search: {} } : null;
}

function searchAgain(frame: number, afterMs = searchAfterMs, anew = false): void {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(() => void search(frame, anew), afterMs);
}

let newest = 0;

async function search(frame: number, anew: boolean): Promise<void> {
  const mine = ++newest;
  const began = era.value;
  const isStale = (): boolean => mine !== newest || began !== era.value;
  const options = optionsOf(frame);
  busyFrame.value = frame;
  try {
    await withFrame(frame, options.choice, async (held) => {
      const started = performance.now();
      const settings = await held.settingsFor(options);
      const [pixelsSha256, { cells: found, detector }] = await Promise.all([anew ? held.pixelsSha256() : null, held.search(settings)]);
      const entry = frameAt(frame);
      if (isStale() || !entry) return;
      const scaleChanged = settings.pixel_size_um !== entry.analysis.settings.pixel_size_um;
      // Another pixel size is another picture for the network: what it said before does not hold.
      const known = scaleChanged ? entry.analysis.cells.map(({ verdict: _, ...cell }) => cell) : entry.analysis.cells;
      const { detector: _, ...before } = entry.analysis;
      const cells = anew ? found : carryOver(known, found, entry.removed);
      const elapsedMs = { ...entry.analysis.elapsedMs, detect: performance.now() - started };
      // Steps back would lead to cells of the search before.
      changeFrame(frame, { undo: [], searchedAs: optionsKey(options), analysis: { ...before, facts: held.facts, choice: options.choice, settings, ...(detector && { detector }), elapsedMs, cells: [], ...(anew && { pixelsSha256 }) } }, cells);
      flush();
    });
    await classifySoon(frame, isStale);
  } catch (error) {
    if (!isStale()) notice.value = { words: messageOf(error) };
  } finally {
    if (mine === newest) busyFrame.value = null;
  }
}

/** The run does it where one is under way. */
async function classifySoon(frame: number, isStale: () => boolean = () => false): Promise<void> {
  if (runState.value === 'running') return;
  const began = era.value;
  try {
    await classifyMissing(frame, { get aborted() { return isStale() || began !== era.value; } });
  } catch (error) {
    notice.value = { words: messageOf(error) };
  }
}

/** Makes the settings of one frame those of all, which are searched again. */
export function useForAll(frame: number): void {
  const own = frameAt(frame)?.own;
  if (!own) return;
  const { choice: _, ...settings } = own;
  setHand({ ...handOptions.value, ...settings, search: { ...handOptions.value.search, ...own.search } });
  for (const { frame: other, entry } of allFrames()) changeFrame(other, { own: onlyChoice(entry.own) });
  flush();
  void run();
}

/** Forgets every setting made by hand. */
export function backToModel(): void {
  setHand({ search: {} });
  for (const { frame, entry } of allFrames()) changeFrame(frame, { own: onlyChoice(entry.own) });
  flush();
  void run();
}

export function showRange(frame: number, range: DisplayRange | null): void {
  changeFrame(frame, { range });
  flush();
}
