/** What a person does to a frame: remove and add cells, search it again with other settings, take a step back. */
import { effect, signal } from '@preact/signals';
import {
  type Box, carryOver, cellByHand, cellKey, type DetectSettings, type DisplayRange, type FrameAnalysis, type FrameCell, type FrameChoice, type HandOptions, type OpenFrame, overlap, pictureKey, type Progress, type SearchSettings,
} from '../../src/js/index.ts';
import { allFrames, changeFrame, frameAt, handOptions, inPicture, namesCells, optionsKey, optionsOf, searchOf, setHand, spokenOf } from './frame_store.ts';
import { mode } from './mode.ts';
import { withFrame } from './held_frames.ts';
import { checks } from './models.ts';
import { isTiled, tiling } from './slides.ts';
import { ownPart, take } from './history.ts';
import { era, files, flush } from './images.ts';
import { messageOf, notice } from './notice.ts';
import { runState } from './progress.ts';
import { classifyMissing, run } from './run.ts';
import { allLabels, labelChange } from './teaching.ts';
import { closeDetails, currentFrame, openIndex } from './view.ts';
import { words } from './words.ts';

export type Tool = 'look' | 'region' | 'select' | 'remove' | 'add' | 'measure' | 'scale';
export const tool = signal<Tool>('look');

/** The tool in force: on an overview there are no cells to press, on any other frame no region to draw. */
export function toolFor(isOverview: boolean): Tool {
  return (tool.value === 'region') === isOverview ? tool.value : 'look';
}

/** Drawn along a known length of a frame, px of it. */
export const drawnLine = signal<{ frame: number; px: number } | null>(null);

/** The frame whose cells are being searched or classified at a person's wish. */
export const busyFrame = signal<number | null>(null);

// The first frame is looked at as soon as there is one; after clearing, none.
effect(() => {
  const count = files.value.length;
  if (mode.value !== 'fields') return;
  if (count === 0) currentFrame.value = null;
  else if (currentFrame.value === null || currentFrame.value >= count) currentFrame.value = 0;
});

/** A change of the cells of a frame by hand: those that go, those that come and where in the order, and what is then removed. */
interface Edit { gone: number[]; come: { cell: FrameCell; at: number }[]; removed: readonly Box[] }

ownPart<Edit>('frame_cells', (frame, { gone, come, removed }) => {
  const entry = frameAt(frame);
  if (!entry) return;
  if (gone.some((id) => openIndex.value === cellKey(frame, id))) closeDetails();
  const cells = entry.analysis.cells.filter(({ id }) => !gone.includes(id));
  for (const { cell, at } of come) {
    // Another search may have found it meanwhile.
    if (!cells.some((other) => other.id === cell.id || overlap(other.box, cell.box) > 0.5)) cells.splice(Math.min(at, cells.length), 0, cell);
  }
  changeFrame(frame, { removed }, cells);
  flush();
  void classifySoon(frame);
});

export function removeCell(frame: number, id: number): void {
  const entry = frameAt(frame);
  const at = entry?.analysis.cells.findIndex((one) => one.id === id) ?? -1;
  const cell = entry?.analysis.cells[at];
  if (!entry || !cell) return;
  const removed = cell.searchScore === null ? entry.removed : [...entry.removed, cell.box];
  const before: Edit = { gone: [], come: [{ cell, at }], removed: entry.removed };
  const key = cellKey(frame, id);
  const label = allLabels('fields').has(key) ? [labelChange(key, null, 'fields')] : [];
  take(words.removal, [...label, { part: 'frame_cells', key: frame, before, after: { gone: [id], come: [], removed } satisfies Edit }]);
}

/** Adds a cell around a point of the frame, in px, and classifies it. */
export function addCell(frame: number, xPx: number, yPx: number): void {
  const entry = frameAt(frame);
  if (!entry) return;
  const id = entry.analysis.cells.reduce((most, cell) => Math.max(most, cell.id + 1), entry.nextId ?? 0);
  changeFrame(frame, { nextId: id + 1 });
  const cell = { ...cellByHand(xPx, yPx, entry.analysis), id };
  const { removed } = entry;
  take(words.adding, [{
    part: 'frame_cells', key: frame, before: { gone: [id], come: [], removed } satisfies Edit, after: { gone: [], come: [{ cell, at: entry.analysis.cells.length }], removed } satisfies Edit,
  }]);
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
  takeOwn(words.searching, frame, own, `search ${frame}`);
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
  const after: HandOptions = { search: {}, ...entry.own, choice };
  // A step back leads to the picture that was there, also where nobody had chosen it.
  const before = entry.own?.choice ? entry.own : { search: {}, ...entry.own, choice: entry.analysis.choice };
  take(words.picture, [{ part: 'frame_own', key: frame, before, after }]);
}

export function backToAll(frame: number): void {
  takeOwn(words.searching, frame, onlyChoice(frameAt(frame)?.own ?? null));
}

/** Settings of one frame, which is searched again with them; anew where they choose another picture of the file. */
ownPart<HandOptions | null>('frame_own', (frame, own) => {
  const entry = frameAt(frame);
  if (!entry) return;
  const { choice } = entry.analysis;
  changeFrame(frame, { own });
  const next = optionsOf(frame).choice;
  const anew = pictureKey(next) !== pictureKey(choice);
  if (anew) {
    const before = pictureKey(choice);
    const pictures = { ...entry.pictures, [before]: { cells: entry.analysis.cells, removed: entry.removed, pixelSizeUm: entry.analysis.settings.pixel_size_um } };
    // Cells of another picture have numbers of their own, so that what was said of these stays theirs.
    const nextId = Object.values(pictures).flatMap(({ cells }) => cells).reduce((most, { id }) => Math.max(most, id + 1), entry.nextId ?? 0);
    changeFrame(frame, { removed: pictures[pictureKey(next)]?.removed ?? [], range: null, pictures, nextId });
  }
  flush();
  searchAgain(frame, searchAfterMs, anew);
});

function takeOwn(what: string, frame: number, after: HandOptions | null, merges?: string): void {
  take(what, [{ part: 'frame_own', key: frame, before: frameAt(frame)?.own ?? null, after }], merges);
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
      if (isTiled(held.facts.image)) return searchTiles(frame, held, settings, anew, isStale);
      const [pixelsSha256, { cells: found, detector }] = await Promise.all([anew ? held.pixelsSha256() : null, held.search(settings)]);
      const entry = frameAt(frame);
      if (isStale() || !entry) return;
      const scaleChanged = settings.pixel_size_um !== entry.analysis.settings.pixel_size_um;
      // Another pixel size is another picture for the network: what it said before does not hold.
      const known = scaleChanged ? entry.analysis.cells.map(({ verdict: _, ...cell }) => cell) : entry.analysis.cells;
      const { detector: _, ...before } = entry.analysis;
      const cells = anew ? inPicture(frame, held.choice, found) : carryOver(known, found, entry.removed, spokenOf(frame));
      const elapsedMs = { ...entry.analysis.elapsedMs, detect: performance.now() - started };
      changeFrame(frame, { searchedAs: optionsKey(options), analysis: { ...before, facts: held.facts, choice: held.choice, settings, ...(detector && { detector }), elapsedMs, cells: [], ...(anew && { pixelsSha256 }) } }, cells);
      flush();
    });
    await classifySoon(frame, isStale);
  } catch (error) {
    if (!isStale()) notice.value = { words: messageOf(error) };
  } finally {
    if (mine === newest) busyFrame.value = null;
  }
}

/** Cells of tiles come into sight so often at most, and the less often the more there are: all of them are gone through each time. */
const [tilesEveryMs, restTimes, restMsPerCell] = [400, 8, 0.1];
/** Numbers that are left for the cells of a slide while they are found: one added by hand meanwhile has a higher one. */
const numbersOfSlide = 500_000;

/** Searches tile by tile and names at once; the cells come into sight as their tiles are done. */
async function searchTiles(frame: number, held: OpenFrame, settings: DetectSettings, anew: boolean, isStale: () => boolean): Promise<void> {
  const started = performance.now();
  const options = optionsOf(frame);
  const first = frameAt(frame);
  if (isStale() || !first) return;
  const known = anew ? first.pictures?.[pictureKey(held.choice)]?.cells : first.analysis.cells;
  const base = known ? 0 : (first.nextId ?? 0);
  if (!known) changeFrame(frame, { nextId: base + numbersOfSlide });
  let stopped = false;
  const found: FrameCell[] = [];
  const show = (cells: readonly FrameCell[], change?: Partial<FrameAnalysis>): void => {
    const entry = frameAt(frame);
    if (!entry) return;
    const { detector: _, tiles: __, ...before } = entry.analysis;
    const all = known ? carryOver(known, cells, entry.removed, spokenOf(frame)) : [...cells.map((cell) => ({ ...cell, id: base + cell.id })), ...entry.analysis.cells.filter(({ id }) => id >= base + numbersOfSlide)];
    const elapsedMs = { ...before.elapsedMs, detect: performance.now() - started };
    changeFrame(frame, { searchedAs: optionsKey(options), analysis: { ...before, facts: held.facts, choice: held.choice, settings, elapsedMs, cells: [], ...change } }, all, change !== undefined);
    flush();
  };
  // The picture changes before the first cell is there; what was found in it before stays in sight until all is searched again.
  if (anew) show(known ?? [], { pixelsSha256: null });
  let [shownAtMs, tookMs] = [0, 0];
  const onCells = (some: readonly FrameCell[], { done, all }: Progress): void => {
    if (isStale()) return;
    found.push(...some);
    tiling.value = { frame, done, all, stop: () => { stopped = true; } };
    const now = performance.now();
    if (known || some.length === 0 || now - shownAtMs < Math.max(tilesEveryMs, restTimes * tookMs, restMsPerCell * found.length)) return;
    show(found);
    shownAtMs = performance.now();
    tookMs = shownAtMs - now;
  };
  try {
    const signal = { get aborted() { return stopped || isStale(); } };
    const [pixelsSha256, { cells, detector, tiles }] = await Promise.all([held.pixelsSha256(), held.find(settings, { classify: namesCells.value, checks: checks(), signal, onCells })]);
    if (isStale()) return;
    show(cells, { pixelsSha256, ...(detector && { detector }), ...(tiles && { tiles }) });
    if (tiles && tiles.unread.length > 0) notice.value = { words: words.tilesUnread(tiles.unread.length, tiles.all, tiles.unread[0]?.message ?? '') };
  } finally {
    if (tiling.value?.frame === frame) tiling.value = null;
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
  takeHand({ ...handOptions.value, ...settings, search: { ...handOptions.value.search, ...own.search } });
}

/** Sets the size of a pixel in all frames, whatever their files state; what else single frames have of their own stays. Args: pixelSizeUm: µm per px; null: as the files state. */
export function scaleAll(pixelSizeUm: number | null): void {
  const { pixelSizeUm: _, ...hand } = handOptions.value;
  takeHand({ ...hand, ...(pixelSizeUm !== null && { pixelSizeUm }) }, words.scaling, (own) => {
    if (own === null) return null;
    const { pixelSizeUm: __, ...rest } = own;
    return rest.choice || Object.keys(rest.search).length > 0 ? rest : null;
  });
}

/** Forgets every setting made by hand. */
export function backToModel(): void {
  takeHand({ search: {} });
}

/** Settings of all frames, and those of their own that some had; all that were searched otherwise are searched again. */
interface AllOptions { hand: HandOptions; own: [frame: number, own: HandOptions | null][] }

ownPart<AllOptions>('all_frames', (_, { hand, own }) => {
  setHand(hand);
  for (const [frame, options] of own) changeFrame(frame, { own: options });
  flush();
  void run();
});

/** Args: ownAfter: what is left of a frame's own settings. */
function takeHand(hand: HandOptions, what = words.searching, ownAfter: (own: HandOptions | null) => HandOptions | null = onlyChoice): void {
  const before: AllOptions = { hand: handOptions.value, own: allFrames().map(({ frame, entry }) => [frame, entry.own]) };
  take(what, [{ part: 'all_frames', key: 0, before, after: { hand, own: before.own.map(([frame, own]) => [frame, ownAfter(own)]) } satisfies AllOptions }]);
}

export function showRange(frame: number, range: DisplayRange | null): void {
  changeFrame(frame, { range });
  flush();
}
