/** How the results are looked at: what is shown, in which order, and what is open. */
import { computed, effect, signal, untracked } from '@preact/signals';
import { type Cell, cellKind, labelOf, modelKind } from './frame_store.ts';
import { mode } from './mode.ts';
import { cells, recordAt } from './images.ts';
import { spec } from './models.ts';
import { remember, remembered } from './remembered.ts';

/** `frame`: one frame at a time, where frames hold many cells; `measure`: how good the model is on them; `paper`: a page to print. */
export type Layout = 'gallery' | 'table' | 'frame' | 'measure' | 'paper';
export type TileSize = 'small' | 'medium' | 'large';
export type SortKey = 'index' | 'file' | 'label' | 'probability' | 'unsure';

/** A class id, 'unsure', 'foreign', 'quality', 'unnamed', 'cannot_tell', 'no_cell', 'two_cells', or null for everything. */
export const filter = signal<string | null>(null);
export const search = signal('');
export const sort = signal<{ key: SortKey; descending: boolean }>({ key: 'index', descending: false });
export const layout = signal<Layout>('gallery');
export const tileSize = signal<TileSize>('medium');
/** On tiles the map is asked for; in the details it answers "why" at once. */
export const mapOn = signal(false);
export const detailsMapOn = signal(true);
/** 0 to 1. */
export const mapOpacity = signal(0.6);
/** What a person wants to know, for the page to print. */
export const question = signal('');
/** In exports; off for files that leave this computer. */
export const withFileNames = signal(true);
/** A spreadsheet takes a CSV for UTF-8 when it begins with a byte-order mark. */
export const withByteOrderMark = signal(false);

/** Index of the cell whose details are open. */
export const openIndex = signal<number | null>(null);
const phone = globalThis.matchMedia?.('(max-width: 719px)');
/** On a phone the details are a sheet over the page. */
export const isSheet = signal(phone?.matches ?? false);
phone?.addEventListener('change', ({ matches }) => (isSheet.value = matches));
/** Index of the cell that the arrow keys stand on. */
export const currentIndex = signal<number | null>(null);

/** The frame looked at; null before there is one. */
export const currentFrame = signal<number | null>(null);
/** Whether results are those of the current frame only. */
export const thisFrameOnly = signal(false);
/** Cells of a lower probability are not shown. */
export const leastProbability = signal(0);

/** Cells chosen elsewhere, as in a plot, and what they are; null: no such choice. */
export interface Subset { words: string; indices: ReadonlySet<number> }
export const subset = signal<Subset | null>(null);

effect(() => {
  const chosen: Layout = mode.value === 'fields' ? 'frame' : 'gallery';
  untracked(() => {
    resetView();
    currentFrame.value = null;
    layout.value = chosen;
  });
});

/** Whether a person looks through the cells: keys and buttons answer. */
export const reviewing = signal(false);
/** A second reader sees neither the model's answers nor those of the first. */
export const reader = signal<'first' | 'second'>('first');
/** Nothing on the page may then tell what anybody else said. */
export const blind = computed(() => reviewing.value && reader.value === 'second');

/** The cells that summary and results speak of. */
export const scopedCells = computed<Cell[]>(() => {
  const frame = currentFrame.value;
  if (mode.value !== 'fields' || !thisFrameOnly.value || frame === null) return cells.value;
  return cells.value.filter(({ inFrame }) => inFrame?.frame === frame);
});

/** Whether anything but the frame narrows what is shown. */
export const isFiltered = computed(() => filter.value !== null || search.value.trim() !== '' || leastProbability.value > 0 || subset.value !== null);

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

export const shown = computed<Cell[]>(() => {
  // Order and choice would tell a blind reader what the model thinks.
  if (blind.value) return cells.value;
  const classes = spec.value?.classes ?? [];
  const names = new Map(classes.map(({ id, name }) => [id, name.toLowerCase()]));
  const wanted = search.value.trim().toLowerCase();
  const matching = scopedCells.value.filter(
    (cell) =>
      (subset.value === null || subset.value.indices.has(cell.index)) &&
      (filter.value === null || filter.value === shareOf(cell)) &&
      (leastProbability.value === 0 || cell.unnamed || (cell.quality.length === 0 && !cell.foreign && cell.probability >= leastProbability.value)) &&
      (wanted === '' || cell.path.toLowerCase().includes(wanted) || (names.get(labelOf(cell)) ?? labelOf(cell)).includes(wanted)),
  );
  const { key, descending } = sort.value;
  if (key === 'index' && !descending) return matching;
  const rank = new Map(classes.map(({ id }, i) => [id, i]));
  // A foreign cell is of no class, however high the probability.
  const place = (cell: Cell): number => (doubt(cell) > 1 ? classes.length : (rank.get(labelOf(cell)) ?? 0));
  const certainty = (cell: Cell): number => (doubt(cell) > 1 ? -1 : cell.probability);
  const compare: Record<SortKey, (a: Cell, b: Cell) => number> = {
    index: (a, b) => a.index - b.index,
    file: (a, b) => byName.compare(a.path, b.path),
    label: (a, b) => place(a) - place(b),
    probability: (a, b) => certainty(a) - certainty(b),
    unsure: (a, b) => doubt(b) - doubt(a) || a.probability - b.probability,
  };
  const direction = descending ? -1 : 1;
  return matching.sort((a, b) => direction * compare[key](a, b) || a.index - b.index);
});

/** 4 for a cell without a name, 3 for an image of poor quality, 2 for a cell that is not like the training images, 1 for an unsure one; 0 for one that a person answered. */
function doubt(cell: Cell): number {
  return cell.review?.first ? 0 : { unnamed: 4, quality: 3, foreign: 2, unsure: 1, type: 0 }[modelKind(cell)];
}

/** What a cell counts as in the summary: its class, or what is no class, as `filter` names it. */
export function shareOf(cell: Cell): string {
  const kind = cellKind(cell);
  return kind === 'type' ? labelOf(cell) : kind;
}

export const openCell = computed<Cell | null>(() => {
  cells.value;
  const record = openIndex.value === null ? undefined : recordAt(openIndex.value);
  return record?.status === 'ok' ? record : null;
});

/** Moves to the cell `by` places further on in the order shown, and shows its details when details are open. */
export function step(by: number): void {
  const order = shown.value;
  if (order.length === 0) return;
  const from = openIndex.value ?? currentIndex.value;
  const position = order.findIndex(({ index }) => index === from);
  const next = order[Math.min(order.length - 1, Math.max(0, position + by))];
  if (next) standOn(next.index);
}

export function standOn(index: number): void {
  currentIndex.value = index;
  if (openIndex.value !== null) openIndex.value = index;
}

export function openDetails(index: number): void {
  currentIndex.value = index;
  openIndex.value = index;
}

export function closeDetails(): void {
  openIndex.value = null;
}

export function resetView(): void {
  filter.value = null;
  search.value = '';
  openIndex.value = null;
  currentIndex.value = null;
  leastProbability.value = 0;
  subset.value = null;
  thisFrameOnly.value = false;
}

export type Theme = 'system' | 'light' | 'dark';

const themeKey = 'theme';
const stored = remembered(themeKey);
export const theme = signal<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system');

/** Keeps the document and the browser's memory in step with `theme`. */
export function applyTheme(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
    remember(themeKey, theme.value === 'system' ? null : theme.value);
  });
}
