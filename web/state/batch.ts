/** What the images say as a whole: whether they are of the kind that the model knows, and what else would fit them. */
import { computed } from '@preact/signals';
import type { ModelListing, ModelSpec } from '../../src/js/index.ts';
import { allFrames, modelKind, naming } from './frame_store.ts';
import { mode } from './mode.ts';
import { calmCells, files, imageAt } from './images.ts';
import { cellSet, comparable, imageScale, listings, spec } from './models.ts';

/** Of fewer cells little can be said together. */
const leastCells = 10;
/** At home about one cell in fifty is rejected. */
const mostRejected = 0.1;

export type Cause = 'small' | 'coarse' | 'fine' | 'dark' | 'bright' | 'stain' | 'focus' | 'several' | 'other';

/** Of causes that as many cells have the first is told: a wrong stain makes all the others likely. */
const precedence: Cause[] = ['stain', 'small', 'coarse', 'fine', 'dark', 'bright', 'focus', 'several', 'other'];

const causeOfFlag: Record<string, Cause> = {
  wrong_size: 'small', too_large: 'coarse', too_small: 'fine', under_exposed: 'dark', over_exposed: 'bright', strong_contrast: 'bright', blank: 'other', colour_image: 'stain',
  grey_image: 'stain', out_of_focus: 'focus', grainy: 'focus', cut_by_border: 'several', nothing_in_middle: 'several',
};

/** Where more than a tenth of the cells is no image that the model knows; null where all seems well. Simulated samples say what they are themselves. */
export const batchDoubt = computed<{ rejected: number; of: number; cause: Cause } | null>(() => {
  const seen = calmCells.value.filter((cell) => !cell.unnamed && !imageAt(cell.index)?.intended);
  const rejected = seen.filter((cell) => ['quality', 'foreign'].includes(modelKind(cell)));
  if (seen.length < leastCells || rejected.length <= mostRejected * seen.length) return null;
  const counts = new Map<Cause, number>();
  for (const { quality } of rejected) {
    const causes = new Set(quality.map(({ flag }) => causeOfFlag[flag] ?? 'other'));
    for (const cause of causes) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  const [cause = 'other', count = 0] = [...counts].sort(([a, many], [b, few]) => few - many || precedence.indexOf(a) - precedence.indexOf(b))[0] ?? [];
  // What few of them have explains little.
  return { rejected: rejected.length, of: seen.length, cause: 2 * count >= rejected.length ? cause : 'other' };
});

/** For a set from elsewhere: another model of the same types that was measured on other laboratories and is right there more often than the one in use. */
export const wider = computed<ModelListing | null>(() => {
  if (!(cellSet.value?.foreign || batchDoubt.value)) return null;
  const own = spec.value?.metrics.elsewhere?.accuracy ?? 0;
  return comparable.value.find(({ spec: { metrics } }) => (metrics.elsewhere?.accuracy ?? 0) > own) ?? null;
});

/** Whether images of one cell are brought to size. */
export const isScaled = computed(() => mode.value === 'cells' && imageScale.value !== 1);

/** Whether what the model was measured to get right says nothing of the cells that there are. */
export const isUncharted = computed(() => batchDoubt.value !== null || cellSet.value?.foreign === true || isScaled.value);

/** The scale that images need which are all refused for being too small, that of the one in the middle; null where they need none. */
export const scaleToFit = computed<{ scale: number; images: number } | null>(() => {
  const model = spec.value;
  if (!model || mode.value === 'fields' || model.crop.rule !== 'centre_square' || imageScale.value !== 1 || suggestion.value) return null;
  const seen = calmCells.value;
  if (seen.length === 0 || !seen.every(({ quality }) => quality.some(({ flag }) => flag === 'wrong_size'))) return null;
  const sides = seen.map(({ image }) => Math.min(image.width_px, image.height_px)).sort((a, b) => a - b);
  const scale = Math.round((1e4 * (sides[Math.floor(sides.length / 2)] ?? 0)) / model.crop.side_px) / 1e4;
  return scale >= leastScale && scale < 1 ? { scale, images: seen.length } : null;
});

/** Enlarged more, an image shows nothing that a network could know. */
const leastScale = 1 / 8;

/** An image of so many times the area that a model looks at is more than one cell. */
const muchLarger = 9;
/** Where it is not yet known which model it would be, the one of the smallest cells counts. */
const muchLargerThanAny = 16;
/** A model that finds the cell itself leaves as much around it unseen: images of so many times its input's side are usual. */
const roomAroundCell = 3;
/** An image of so many times the side that a model looks at, or less, is hardly a field of view. */
const oneCellSides = 2;

export interface Suggestion { kind: 'greyFields' | 'colourFields' | 'greyCells' | 'colourCells' | 'singleCells'; images: number; models: { name: string; title: string }[]; countOnly: boolean }

/** What would fit images better than the choice in force; null where it fits, or where too little is known. */
export const suggestion = computed<Suggestion | null>(() => {
  const model = spec.value;
  if (!model) return null;
  if (mode.value === 'fields') return oneCellEach(model);
  const seen = calmCells.value.filter(({ index }) => !imageAt(index)?.intended);
  if (seen.length === 0) return null;
  const has = (flag: string) => seen.filter(({ quality }) => quality.some((one) => one.flag === flag)).length;
  const most = (count: number): boolean => 2 * count > seen.length;
  const needsColour = model.input.channels === 'rgb';
  const wrongColour = needsColour ? most(has('grey_image')) : most(has('colour_image'));
  const isColour = needsColour !== wrongColour;
  const others = listings.value.filter(({ spec: other }) => (other.input.channels === 'rgb') === isColour);
  const ownSide = model.crop.rule === 'centre_square' ? model.crop.side_px : (model.crop.rule === 'stained_cell' ? roomAroundCell : 1) * Math.max(model.input.width_px, model.input.height_px);
  // Cells cut out with black around are told by that, and their crops are large: a whole field may be no larger than nine of them.
  const sides = others.flatMap(({ spec: { frame } }) => (frame && frame.surroundings !== 'black' ? frame.side_px : []));
  const oneCell = wrongColour && sides.length > 0 ? muchLargerThanAny * Math.min(...sides) ** 2 : muchLarger * Math.max(...sides, ownSide) ** 2;
  const fields = seen.filter(({ image }) => image.width_px * image.height_px > oneCell).length;
  // The one in use first, where it is among them, and last those that are for teaching only.
  const rank = ({ name, spec: { caution } }: (typeof others)[number]): number => (name === model.name ? 0 : caution === undefined ? 1 : 2);
  const titles = (list: typeof others): Suggestion['models'] => [...list].sort((a, b) => rank(a) - rank(b)).map(({ name, spec: { title } }) => ({ name, title }));
  if (most(fields)) {
    const models = titles(others.filter(({ spec: other }) => other.frame !== undefined));
    return { kind: isColour ? 'colourFields' : 'greyFields', images: fields, models, countOnly: true };
  }
  if (!wrongColour) return null;
  return { kind: isColour ? 'colourCells' : 'greyCells', images: seen.length, models: titles(others), countOnly: false };
});

/** Images as small as a cell, looked at as fields. */
function oneCellEach(model: ModelSpec): Suggestion | null {
  files.value;
  const frames = allFrames();
  if (!naming.value || !model.frame || frames.length === 0) return null;
  const side = oneCellSides * model.frame.side_px;
  const small = frames.filter(({ entry: { analysis: { facts: { image } } } }) => Math.max(image.width_px, image.height_px) <= side).length;
  return 2 * small > frames.length ? { kind: 'singleCells', images: small, models: [], countOnly: false } : null;
}
