/** What is measured of the cells beside the network, as numbers to plot. */
import { computed } from '@preact/signals';
import type { Morphometry } from '../../src/js/index.ts';
import { type Cell, cellKind, labelOf } from './frame_store.ts';
import { mode } from './mode.ts';
import { spec } from './models.ts';
import { shown } from './view.ts';
import { words } from './words.ts';

export interface CellMeasure { key: string; label: string; values: Float64Array }

/** In px, and how they scale: 2 an area, 1 a length, 0 neither. */
const ofOutlines: [key: keyof Morphometry, power: 0 | 1 | 2][] = [
  ['areaPx', 2], ['equivalentDiameterPx', 1], ['perimeterPx', 1], ['feretDiameterPx', 1], ['circularity', 0], ['elongation', 0], ['solidity', 0], ['greyMean', 0], ['greySpread', 0], ['granularity', 0],
];

/** Of crops, by their place among the core's measures. */
const ofCrops: Record<string, number> = { brightness: 1, contrast: 2, detail_1: 6, detail_8: 9 };

/** Cells as they are shown, and their types by place in the model's; those of no type are left out. */
export const plotted = computed<{ cells: Cell[]; types: number[] }>(() => {
  const ids = (spec.value?.classes ?? []).map(({ id }) => id);
  const cells = shown.value.filter((cell) => cellKind(cell) === 'type');
  return { cells, types: cells.map((cell) => ids.indexOf(labelOf(cell))) };
});

/** Every measure that some cell has; lengths in µm where every frame says how large its pixels are. */
export const cellMeasures = computed<CellMeasure[]>(() => {
  const { cells } = plotted.value;
  const found: CellMeasure[] = [];
  const add = (key: string, label: string, of: (cell: Cell) => number | null | undefined): void => {
    const values = Float64Array.from(cells, (cell) => of(cell) ?? NaN);
    if (values.some((value) => Number.isFinite(value))) found.push({ key, label, values });
  };
  if (mode.value === 'fields') {
    const inUm = cells.every(({ inFrame }) => inFrame?.pixelSizeUm != null);
    for (const [key, power] of ofOutlines) {
      add(key, words.measures.outline(key, power === 0 ? null : inUm ? 'µm' : 'px', power), ({ inFrame }) => inFrame?.morphometry && inFrame.morphometry[key] * (inUm ? (inFrame.pixelSizeUm ?? NaN) ** power : 1));
    }
  } else for (const [key, place] of Object.entries(ofCrops)) add(key, words.measures.crop[key] ?? key, ({ measures }) => measures[place]);
  add('probability', words.measures.probability, ({ probability }) => probability);
  add('novelty', words.measures.novelty, ({ novelty }) => novelty);
  return found;
});
