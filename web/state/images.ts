/** The images in the order they came, and what became of each. */
import { computed, signal } from '@preact/signals';
import { asAsked, type CellRecord, frameOfKey, type Outcome, type Review, type UnreadFile, unreadFile } from '../../src/js/index.ts';
import { allCells, type Cell, cellAt, finishedFrames, frameAt, refuseFrame, unreadFrames } from './frame_store.ts';
import { mode } from './mode.ts';
import { sawBytes, touch } from './changes.ts';
import { leftOut } from './left_out.ts';
import { checkTurns, spec, threshold, types } from './models.ts';
import { reviewOf, reviewRevision } from './review_store.ts';
import { words } from './words.ts';

export type Unread = UnreadFile & { index: number; path: string };

/** One file in the order it came. `intended` is the class id that a simulated sample was drawn as; `away`: its results are kept, it itself is not here; `sizeBytes`: once it was read. */
export interface CellImage { file: File | null; path: string; intended: string | null; away?: FileMark; sizeBytes?: number }

/** By which a file is known again. `sizeBytes`: 0 where it is not known. */
export interface FileMark { sizeBytes: number; sha256: string | null }

/** Milliseconds since 1970 of the first image, for the count of requests since then. */
export const firstImageAtMs = signal<number | null>(null);

/** Counts up with every model, every network that finds cells and every clearing, so that late answers find nothing to write to. */
export const era = signal(0);

/** Position is the index that records and jobs carry. */
let images: CellImage[] = [];
let records: (CellRecord | undefined)[] = [];
/** Counts up when `images` or `records` changed; at most ten times a second, so that thousands of results cost little. */
const revision = signal(0);

/** The same for what is said of the images as a whole, which takes a look at all of them: of thousands, every now and then while results pour in. */
const calmRevision = signal(0);
const [manyCells, calmEveryMs] = [2_000, 2_000];
let calmTimer: ReturnType<typeof setTimeout> | undefined;

export const progress = computed(() => {
  revision.value;
  const done = mode.value === 'fields' ? finishedFrames() : images.reduce((count, _, index) => count + Number(!leftOut.value.has(index) && !isImageDue(index)), 0);
  return { total: images.length - leftOut.value.size, done };
});

/** As the model sees them, whatever people said. */
export const modelCells = computed((): Cell[] => {
  revision.value;
  const found: Cell[] = mode.value === 'fields' ? allCells() : records.filter((record): record is Cell & CellRecord => record?.status === 'ok' && !leftOut.value.has(record.index));
  return found.map(judged);
});

const isMany = (): boolean => Math.max(images.length, modelCells.peek().length) > manyCells;

/** As `modelCells`; of thousands as they were a moment ago. */
export const calmCells = computed((): Cell[] => {
  if (!isMany()) return modelCells.value;
  calmRevision.value;
  for (const one of [mode, leftOut, spec, threshold, types]) one.value;
  return modelCells.peek();
});

/** With what people said of them. */
export const cells = computed((): Cell[] => {
  reviewRevision.value;
  return modelCells.value.map(asReviewed);
});

/** The same object for the same cell and review, so that its tile is not drawn again. */
const withReviews = new WeakMap<Review, { of: Cell; by: unknown; cell: Cell }>();

/** A cell with what people said of it. */
export function asReviewed(cell: Cell): Cell {
  const review = reviewOf(cell.index);
  if (review === undefined) return cell;
  const known = withReviews.get(review);
  if (known?.of === cell && known.by === spec.value) return known.cell;
  const now = reviewNow(cell.index);
  const made = now ? { ...cell, review: now } : cell;
  withReviews.set(review, { of: cell, by: spec.value, cell: made });
  return made;
}

/** What people said of a cell, as far as the model in use has the types that they named; answers for another model are kept, and come back with it. */
export function reviewNow(index: number, of = mode.value): Review | undefined {
  const review = reviewOf(index, of);
  const isForeign = (answer: Review['first']): boolean => answer?.type != null && !spec.value?.classes.some(({ id }) => id === answer.type);
  if (review === undefined || !(isForeign(review.first) || isForeign(review.second))) return review;
  return { ...review, first: isForeign(review.first) ? null : review.first, second: isForeign(review.second) ? null : review.second };
}

/** A cell under the threshold in use. */
export function judged(cell: Cell): Cell {
  return cell.unnamed || !spec.value ? cell : asAsked(cell, spec.value, { unsureBelow: threshold.value, types: types.value });
}

export const unread = computed((): Unread[] => {
  revision.value;
  if (mode.value === 'fields') return unreadFrames();
  return records.filter((record): record is Unread => record?.status === 'error' && !leftOut.value.has(record.index));
});

export function recordAt(index: number): Cell | Unread | undefined {
  const record = mode.value === 'fields' ? cellAt(index) : records[index];
  return record?.status === 'ok' ? asReviewed(judged(record)) : record;
}

/** The file that a cell, of an image of its own or of a frame, is in. */
export function imageAt(index: number): CellImage | undefined {
  return mode.value === 'fields' ? images[frameOfKey(index)] : images[index];
}

/** Files in the order they came; in the mode of whole fields each is a frame. */
export const files = computed((): readonly CellImage[] => {
  revision.value;
  return images.slice();
});

export function finishedRecords(): CellRecord[] {
  return records.filter((record): record is CellRecord => record !== undefined && !leftOut.value.has(record.index));
}

/** Each time all cells are gone through: the less often the more there are. */
const [flushEveryMs, flushMsPerImage] = [100, 0.004];
let flushTimer: ReturnType<typeof setTimeout> | undefined;

export function flush(): void {
  clearTimeout(flushTimer);
  flushTimer = undefined;
  revision.value += 1;
  if (isMany()) calmTimer ??= setTimeout(beCalm, calmEveryMs);
  else beCalm();
}

function beCalm(): void {
  clearTimeout(calmTimer);
  calmTimer = undefined;
  calmRevision.value += 1;
}

export function flushSoon(): void {
  flushTimer ??= setTimeout(flush, Math.max(flushEveryMs, flushMsPerImage * images.length));
}

export function settle(index: number, outcome: Outcome): void {
  const image = images[index];
  if (!image) return;
  records[index] = { ...outcome, index, path: image.path };
  touch('records', index);
  flushSoon();
}

/** Notes what was read of a file to work on it. */
export function noteRead(index: number, bytes: Uint8Array): void {
  const image = images[index];
  if (!image) return;
  image.sizeBytes = bytes.length;
  sawBytes(index, bytes);
}

/** In bytes, as far as it is known without a look at the file, for which the page would stand still. */
export function knownSize({ sizeBytes, away }: CellImage): number {
  return sizeBytes ?? away?.sizeBytes ?? 0;
}

export function sizeOf(image: CellImage): number {
  return image.sizeBytes ?? image.file?.size ?? knownSize(image);
}

export function forgetResults(): void {
  era.value += 1;
  records.forEach((_, index) => touch('records', index));
  records = [];
  refuseUnopened();
  flush();
}

export function refuseUnopened(): void {
  images.forEach(({ file, path, away }, index) => {
    if (file || (away && hasResult(index))) return;
    const failure = unreadFile('unreadable_file', away ? words.notKept : words.notOpened);
    records[index] ??= { ...failure, index, path };
    refuseFrame(index, path, failure);
  });
}

/** As they are now; `files` follows a moment later. */
export function allImages(): readonly CellImage[] {
  return images;
}

export function appendImages(more: readonly CellImage[]): void {
  for (const image of more) touch('files', images.push(image) - 1);
  refuseUnopened();
}

/** Images of one cell that have no result yet, or not all that is asked of each. */
export function imagesDue(): { index: number; file: File }[] {
  return images.flatMap(({ file }, index) => (file && !leftOut.value.has(index) && isImageDue(index) ? [{ index, file }] : []));
}

function isImageDue(index: number): boolean {
  const record = records[index];
  return record === undefined || (checkTurns.value && record.status === 'ok' && record.turns === undefined);
}

function hasResult(index: number): boolean {
  return records[index] !== undefined || frameAt(index) !== undefined;
}

export function recordsAsKept(): readonly (CellRecord | undefined)[] {
  return records;
}

/** Puts kept images and results in place. */
export function restoreImages(keptImages: readonly CellImage[], keptRecords: readonly (CellRecord | undefined)[]): void {
  images = [...keptImages];
  records = [...keptRecords];
}

/** Files that were away are here again, by their positions. */
export function bringFiles(found: ReadonlyMap<number, File>): void {
  for (const [index, file] of found) {
    const image = images[index];
    if (!image) continue;
    const { away: _, ...rest } = image;
    images[index] = { ...rest, file };
    if (records[index]?.status === 'error') delete records[index];
    touch('files', index);
  }
  flush();
}

/** Takes all images and results away. Returns what brings them back. */
export function takeImages(): () => void {
  const before = { images, records, without: leftOut.value };
  images = [];
  leftOut.value = new Set();
  return () => {
    ({ images, records } = before);
    leftOut.value = before.without;
  };
}
