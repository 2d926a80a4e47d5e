/** Frames of many cells as the page keeps them: what was found, what a person changed, and the cells as the results show them. */
import { computed, signal } from '@preact/signals';
import {
  type Box, carryOver, cellKey, choiceOfKey, type CellVerdict, type ClassifiedCell, defaultSearch, type DisplayRange, type FrameAnalysis, type FrameCell, type FrameChoice, type FrameOptions, frameOfKey, type FrameOutcome, type HandOptions,
  kindOf, leftToLook, type ModelSpec, type Morphometry, pictureKey, type ProjectFrame, type Review, type ReviewOutcome, searchFor, searchMethods, type SearchSettings, type UnreadFile, type VerdictKind, wholeFile, withLook,
} from '../../src/js/index.ts';
import { touch } from './changes.ts';
import { leftOut } from './left_out.ts';
import { lastMode, mode, type Mode } from './mode.ts';
import { checkTurns, spec } from './models.ts';
import { remember, remembered } from './remembered.ts';
import { allReviews } from './review_store.ts';
import { allLabels } from './teaching.ts';

export type FieldOptions = Omit<FrameOptions, 'classify'>;

/** For every frame that has none of its own. */
export const handOptions = signal<HandOptions>(rememberedHand());

export function setHand(options: HandOptions): void {
  handOptions.value = options;
  remember(handKey, Object.keys(options.search).length + Number(options.pixelSizeUm !== undefined) > 0 ? JSON.stringify(options) : null);
}

const handKey = 'search';

/** What was set last, as far as it is what such settings can be. */
function rememberedHand(): HandOptions {
  try {
    const { search = {}, pixelSizeUm } = JSON.parse(remembered('search') ?? '{}') as { search?: Record<string, unknown>; pixelSizeUm?: unknown };
    const known = Object.entries(search).filter(([key, value]) => key in defaultSearch && typeof value === typeof defaultSearch[key as keyof SearchSettings]);
    const isMethod = searchMethods.some((method) => method === search['method']);
    const kept = Object.fromEntries(known.filter(([key, value]) => (key === 'method' ? isMethod : typeof value !== 'number' || (value >= 0 && value <= 400))));
    return { search: kept, ...(typeof pixelSizeUm === 'number' && pixelSizeUm > 0 && { pixelSizeUm }) };
  } catch {
    return { search: {} };
  }
}

/** For every frame that has no settings of its own. */
export const fieldOptions = computed<FieldOptions>(() => {
  const model = spec.value;
  return withHand({ choice: { ...wholeFile, overview: true }, search: model ? searchFor(model) : defaultSearch, look: model ? leftToLook(model, {}) : [], pixelSizeUm: null }, handOptions.value);
});

function withHand(options: FieldOptions, { choice = options.choice, search, pixelSizeUm = options.pixelSizeUm }: HandOptions): FieldOptions {
  const all = { ...options.search, ...search };
  // A size set by hand outlives the model; the other end gives way.
  if (all.least_diameter > all.most_diameter) {
    if (search.least_diameter === undefined) all.least_diameter = all.most_diameter;
    else all.most_diameter = all.least_diameter;
  }
  const look = (options.look ?? []).filter((name) => search[name] === undefined);
  return { choice, search: all, look, pixelSizeUm };
}

/** By which a frame knows whether it was searched with the settings in force. */
export function optionsKey({ choice, search, look, pixelSizeUm }: FieldOptions): string {
  return JSON.stringify([pictureKey(choice), search, look, pixelSizeUm]);
}

/** Off: the cells of frames are found and counted, not named. */
export const naming = signal(lastMode !== 'count');

/** What a person said that an image is; null: it is what the model is made for. */
let modeByHand: Mode | null = lastMode === null ? null : mode.value;

export function rememberMode(): void {
  modeByHand = mode.value;
  remember('mode', mode.value === 'fields' && !naming.value ? 'count' : mode.value);
}

/** How images are looked at with a model. That their cells be named does not hold for one that knows no frames; that they be counted does. */
export function modeFor({ frame }: Pick<ModelSpec, 'frame'>): Mode {
  if (modeByHand === null) return frame ? 'fields' : 'cells';
  return frame || !naming.value ? modeByHand : 'cells';
}

/** Whether the cells of frames get names: where a person wants it and the model knows cells of frames. */
export const namesCells = computed(() => naming.value && spec.value?.frame !== undefined);

/** Where a cell of a frame lies, and what the search says of it. */
export interface CellPlace { frame: number; id: number; box: Box; areaPx: number; searchScore: number | null; cutByBorder: boolean; morphometry: Morphometry | undefined; pixelSizeUm: number | null }

/** A cell of an image or of a frame; `index` tells it from all others. `unnamed`: found, and not named or not yet; nothing of its verdict holds. */
export type Cell = Omit<ClassifiedCell, 'elapsedMs'> & { elapsedMs: object; index: number; path: string; inFrame?: CellPlace; unnamed?: true; review?: Review };

/** What the model makes of a cell, found ones that have no name among them. */
export function modelKind(cell: Cell): VerdictKind | 'unnamed' {
  return cell.unnamed ? 'unnamed' : kindOf(cell);
}

/** What a cell comes to: what a person said, else what the model made of it. */
export function cellKind(cell: Cell): VerdictKind | 'unnamed' | ReviewOutcome {
  return cell.review?.first?.outcome ?? modelKind(cell);
}

/** Class id of the type that a cell counts as, or is most like where it counts as none. */
export function labelOf({ review, label }: Pick<Cell, 'review' | 'label'>): string {
  return review?.first?.type ?? label;
}

/** Stands where a verdict will. */
const noVerdict: CellVerdict = {
  label: '', probability: 0, unsure: false, novelty: null, foreign: false, quality: [], probabilities: [], logits: [], deviation: new Float32Array(), measures: new Float64Array(),
  maps: { height: 0, width: 0, values: new Float32Array() }, crop: { left_px: 0, top_px: 0, width_px: 1, height_px: 1 },
};

function placeOf(frame: number, { id, box, areaPx, searchScore, cutByBorder, morphometry }: FrameCell, pixelSizeUm: number | null): CellPlace {
  return { frame, id, box, areaPx, searchScore, cutByBorder, morphometry, pixelSizeUm };
}

/** A cell found in a picture, by what it counts as. */
export function asCell(cell: FrameCell, image: Cell['image'], index: number): Cell {
  const verdict = naming.value ? cell.verdict : undefined;
  return { status: 'ok', ...(verdict ?? { ...noVerdict, crop: around(cell.box), unnamed: true as const }), image, index, path: '', elapsedMs: {} };
}

/** What is shown of a cell that no network has seen: a square around its box. */
export function around({ left_px, top_px, width_px, height_px }: Box): Box {
  const side = Math.ceil(1.5 * Math.max(width_px, height_px));
  return { left_px: Math.round(left_px + (width_px - side) / 2), top_px: Math.round(top_px + (height_px - side) / 2), width_px: side, height_px: side };
}

/** `pixelSizeUm`: µm per px, as it was searched; not there: as the one looked at. */
export interface KeptPicture { cells: FrameCell[]; removed: readonly Box[]; pixelSizeUm?: number | null }

export interface FrameEntry {
  path: string;
  analysis: FrameAnalysis;
  /** Boxes of cells that a person removed, not to be found again. */
  removed: readonly Box[];
  /** Set by hand for this frame only; null: nothing. */
  own: HandOptions | null;
  /** `optionsKey` of the settings that it was searched with. */
  searchedAs: string;
  /** Samples shown as black and white; null: as the file asks. */
  range: DisplayRange | null;
  /** In the order of `analysis.cells`. */
  cells: readonly Cell[];
  /** Cells of the other pages and channels that were looked at, and what was removed there, by page and channel: they come back with them. */
  pictures?: Record<string, KeptPicture>;
  /** For the next cell added by hand: a number is never used twice, also after the cell that had it was taken back. */
  nextId?: number;
}

export interface UnreadFrame { failure: UnreadFile & { index: number; path: string }; own: HandOptions | null; searchedAs: string }

type Slot = FrameEntry | UnreadFrame | undefined;

let slots: Slot[] = [];

export function frameAt(frame: number): FrameEntry | undefined {
  const slot = slots[frame];
  return slot && 'analysis' in slot ? slot : undefined;
}

/** Whether it was never searched, or with settings that are not in force any more. */
export function isDue(frame: number): boolean {
  return slots[frame]?.searchedAs !== optionsKey(optionsOf(frame));
}

/** Cells without what is asked of each: a verdict, and where it is wanted what becomes of it when turned. */
export function cellsDue({ analysis }: FrameEntry): FrameCell[] {
  if (!namesCells.value) return [];
  return analysis.cells.filter(({ verdict }) => verdict === undefined || (checkTurns.value && verdict.turns === undefined));
}

/** Frames whose cells could not be classified, not to be tried for ever. */
const unable = new Set<number>();

export function giveUp(frame: number): void {
  unable.add(frame);
}

/** Frames in which something is left to name. */
export function framesToName(): number[] {
  return allFrames().filter(({ frame, entry }) => !unable.has(frame) && cellsDue(entry).length > 0).map(({ frame }) => frame);
}

export function optionsOf(frame: number): FieldOptions {
  const slot = slots[frame];
  const options = slot?.own ? withHand(fieldOptions.value, slot.own) : fieldOptions.value;
  // Where nobody chose a picture of the file, the one that was chosen for them stays.
  return slot && 'analysis' in slot && slot.own?.choice === undefined && slot.analysis.facts.file ? { ...options, choice: slot.analysis.choice } : options;
}

/** What a frame was searched for, as far as a look decided, else what it is to be searched for. */
export function searchOf(frame: number): SearchSettings {
  const { search, look } = optionsOf(frame);
  const settings = frameAt(frame)?.analysis.settings;
  return settings && look ? withLook(search, settings, look) : search;
}

export function allFrames(): { frame: number; entry: FrameEntry }[] {
  return slots.flatMap((slot, frame) => (slot && 'analysis' in slot && !leftOut.value.has(frame) ? [{ frame, entry: slot }] : []));
}

export function unreadFrames(): UnreadFrame['failure'][] {
  return slots.flatMap((slot) => (slot && 'failure' in slot ? [slot.failure] : []));
}

/** Frames that nothing is left to do in. */
export function finishedFrames(): number {
  return slots.reduce((count, slot, frame) => {
    if (slot === undefined || leftOut.value.has(frame) || isDue(frame)) return count;
    return count + Number('failure' in slot || unable.has(frame) || cellsDue(slot).length === 0);
  }, 0);
}

function isSame(a: Box | undefined, b: Box): boolean {
  return a?.left_px === b.left_px && a.top_px === b.top_px && a.width_px === b.width_px && a.height_px === b.height_px;
}

/** Names the cells of frames, or only counts them; the verdicts that there are stay known. */
export function setNaming(on: boolean): void {
  naming.value = on;
  slots = slots.map((slot, frame) => (slot && 'analysis' in slot ? withCells(frame, slot, slot.analysis.cells) : slot));
}

export function allCells(): Cell[] {
  return allFrames().flatMap(({ entry }) => entry.cells);
}

export function cellAt(key: number): Cell | undefined {
  return frameAt(frameOfKey(key))?.cells.find(({ index }) => index === key);
}

const byNumber = new WeakMap<readonly FrameCell[], ReadonlyMap<number, FrameCell>>();

function numbered(cells: readonly FrameCell[]): ReadonlyMap<number, FrameCell> {
  const known = byNumber.get(cells) ?? new Map(cells.map((cell) => [cell.id, cell]));
  byNumber.set(cells, known);
  return known;
}

/** A cell of a frame with the picture of the file that it is in, which may be another than the one looked at; `pixelSizeUm`: µm per px, as the frame was searched. */
export interface FoundCell { cell: FrameCell; choice: FrameChoice; pixelSizeUm: number | null }

export function findCell(key: number): FoundCell | undefined {
  const frame = frameOfKey(key);
  const { analysis, pictures = {} } = frameAt(frame) ?? {};
  if (!analysis) return undefined;
  const [id, pixelSizeUm] = [key - cellKey(frame, 0), analysis.settings.pixel_size_um];
  const here = numbered(analysis.cells).get(id);
  if (here) return { cell: here, choice: analysis.choice, pixelSizeUm };
  for (const [picture, { cells, pixelSizeUm: own = pixelSizeUm }] of Object.entries(pictures)) {
    const cell = numbered(cells).get(id);
    if (cell) return { cell, choice: choiceOfKey(picture), pixelSizeUm: own };
  }
  return undefined;
}

/** Numbers of the cells of a frame that people said something of: they stay, whatever another search finds. */
export function spokenOf(frame: number): Set<number> {
  return new Set([...allReviews('fields').keys(), ...allLabels('fields').keys()].filter((key) => frameOfKey(key) === frame).map((key) => key - cellKey(frame, 0)));
}

/** What a search found in a picture that was not looked at before, or that is looked at again. */
export function inPicture(frame: number, choice: FrameChoice, found: readonly FrameCell[]): FrameCell[] {
  const { pictures = {}, nextId = 0, removed = [] } = frameAt(frame) ?? {};
  const known = pictures[pictureKey(choice)];
  return known ? carryOver(known.cells, found, removed, spokenOf(frame)) : found.map((cell) => ({ ...cell, id: nextId + cell.id }));
}

/** Takes what a search found; what a person changed in the frame before stays changed. */
export function settleFrame(frame: number, path: string, outcome: FrameOutcome, options: FieldOptions): void {
  touch('frames', frame);
  const before = slots[frame];
  const choice = outcome.status === 'ok' ? outcome.choice : options.choice;
  const [own, searchedAs] = [before?.own ?? null, optionsKey({ ...options, choice })];
  unable.delete(frame);
  if (outcome.status === 'error') {
    slots[frame] = { failure: { ...outcome, index: frame, path }, own, searchedAs };
    return;
  }
  const known = frameAt(frame);
  const isSame = known !== undefined && pictureKey(known.analysis.choice) === pictureKey(choice);
  const isOther = known !== undefined && !isSame;
  const spoken = spokenOf(frame);
  const edited = isSame && (spoken.size > 0 || known.removed.length > 0 || known.analysis.cells.some(({ searchScore }) => searchScore === null)) ? known : undefined;
  const cells = edited ? carryOver(edited.analysis.cells, outcome.cells, edited.removed, spoken) : isOther ? inPicture(frame, choice, outcome.cells) : outcome.cells;
  // What was said and removed in other pictures of the file stays theirs.
  const { nextId, pictures } = known ?? {};
  const range = isSame ? known.range : null;
  slots[frame] = withCells(frame, { path, analysis: outcome, removed: edited?.removed ?? (isOther ? known.removed : []), own, searchedAs, range, cells: [], ...(nextId !== undefined && { nextId }), ...(pictures && { pictures }) }, cells);
}

export function refuseFrame(frame: number, path: string, failure: UnreadFile): void {
  slots[frame] ??= { failure: { ...failure, index: frame, path }, own: null, searchedAs: '' };
}

/** Args: isKept: false while more of the same is to come soon: it is kept with the last. */
export function changeFrame(frame: number, change: Partial<Pick<FrameEntry, 'removed' | 'own' | 'searchedAs' | 'range' | 'analysis' | 'nextId' | 'pictures'>>, cells?: readonly FrameCell[], isKept = true): void {
  const entry = frameAt(frame);
  if (!entry) return;
  const changed = { ...entry, ...change };
  slots[frame] = cells || change.analysis ? withCells(frame, changed, cells ?? changed.analysis.cells) : changed;
  if (isKept) touch('frames', frame);
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
  const elapsedMs = { 'decode, whole frame': analysis.elapsedMs.decode, 'search, whole frame': analysis.elapsedMs.detect };
  const cells = frameCells.map((cell): Cell => {
    const { id, box } = cell;
    const verdict = naming.value ? cell.verdict : undefined;
    const index = cellKey(frame, id);
    const before = old.get(index);
    // The same object where nothing changed, so that its tile is not drawn again.
    if (before && (verdict ? before.probabilities === verdict.probabilities && before.turns === verdict.turns : before.unnamed && isSame(before.inFrame?.box, box))) return before;
    return { ...asCell(cell, analysis.facts.image, index), path, inFrame: placeOf(frame, cell, analysis.settings.pixel_size_um), elapsedMs };
  });
  return { ...entry, analysis: { ...analysis, cells: [...frameCells] }, cells };
}

/** Another model: the cells stay, their verdicts go. */
export function forgetVerdicts(): void {
  unable.clear();
  slots = slots.map((slot, frame) => {
    if (!slot || !('analysis' in slot)) return slot;
    touch('frames', frame);
    return withCells(frame, { ...slot, cells: [] }, slot.analysis.cells.map(({ verdict: _, ...cell }) => cell));
  });
}

/** What is kept of a frame; the cells as the page shows them follow from it. */
export function frameAsKept(frame: number): ProjectFrame | undefined {
  const slot = slots[frame];
  if (!slot || !('analysis' in slot)) return slot;
  const { cells: _, ...kept } = slot;
  return kept;
}

/** Puts kept frames in place. */
export function restoreFrames(kept: readonly (ProjectFrame | undefined)[]): void {
  slots = kept.map((one, frame) => (one && 'analysis' in one ? withCells(frame, { ...one, cells: [] }, one.analysis.cells) : one));
}

/** Takes all frames away. Returns what brings them back. */
export function takeFrames(): () => void {
  const before = slots;
  slots = [];
  return () => (slots = before);
}
