/** What the page says about one cell, in plain words. */
import { type Agreement, kindOf, type ModelSpec, turnsDisagree } from '../../src/js/index.ts';
import { formatCount, formatPercent } from '../state/format.ts';
import type { Cell } from '../state/frame_store.ts';

export function className(spec: ModelSpec, id: string): string {
  return spec.classes.find((one) => one.id === id)?.name ?? id;
}

/** A class's name inside a sentence: "Neutrophil" becomes "neutrophil", "PC3" stays. */
export function inSentence(name: string): string {
  return /^[A-Z][a-z]/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}

/** Positions of the classes, most probable first. */
export function ranking(cell: Cell): number[] {
  return cell.probabilities.map((_, i) => i).sort((a, b) => (cell.probabilities[b] ?? 0) - (cell.probabilities[a] ?? 0));
}

/** Of a cell that the model has no right to name; it outranks "unsure". */
export const foreignWords = 'Not like the training images';
/** For where there is little room. */
export const shortForeignWords = 'Not like training';

/** What a flag of image quality means: a few words for a tile, and a sentence for the details. */
const qualityMeanings: Record<string, [words: string, sentence: string]> = {
  wrong_size: ['too few pixels', 'The image is smaller than those this model was trained on and had to be enlarged.'],
  under_exposed: ['under-exposed', 'It is darker than nearly all images this model was trained on.'],
  over_exposed: ['over-exposed', 'It is brighter than nearly all images this model was trained on, or has large white parts.'],
  blank: ['nearly blank', 'Light and dark hardly differ: there is nothing to see.'],
  strong_contrast: ['too much contrast', 'Light and dark differ more than in nearly all images this model was trained on.'],
  colour_image: ['a colour image', 'It is in colour, and this model was trained on grey images.'],
  grey_image: ['not in colour', 'It has less colour than the stained images this model was trained on.'],
  out_of_focus: ['out of focus', 'It has fewer fine details than nearly all images this model was trained on.'],
  grainy: ['grainy', 'It has more fine detail or noise than nearly all images this model was trained on.'],
  too_large: ['structures too large', 'Its structures are coarser than in nearly all images this model was trained on: perhaps the magnification is another.'],
  too_small: ['structures too small', 'Its structures are finer than in nearly all images this model was trained on: perhaps the magnification is another.'],
  cut_by_border: ['cut by the border', 'There is more at its border than in nearly all images this model was trained on: the cell may be cut, or several be in view.'],
  nothing_in_middle: ['no cell in the middle', 'There is less in its middle than in nearly all images this model was trained on.'],
};

/** "out of focus, grainy". */
export function qualityWords({ quality }: Pick<Cell, 'quality'>): string {
  return quality.map(({ flag }) => qualityMeanings[flag]?.[0] ?? flag.replaceAll('_', ' ')).join(', ');
}

export function qualitySentence(flag: string): string {
  return qualityMeanings[flag]?.[1] ?? '';
}

/** Why a cell counts as no type, in a few words and in fewer; null where it is named, surely or not. */
export function noType(cell: Cell): { kind: 'quality' | 'foreign'; words: string; short: string } | null {
  const kind = kindOf(cell);
  if (kind === 'quality') return { kind, words: capital(qualityWords(cell)), short: 'Image quality' };
  return kind === 'foreign' ? { kind, words: foreignWords, short: shortForeignWords } : null;
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** "most like neutrophil": the class that a foreign cell would else be called. */
export function mostLike(spec: ModelSpec, cell: Cell): string {
  return `most like ${inSentence(className(spec, cell.label))}`;
}

/** "92 % neutrophil", "not like the training images, most like neutrophil", or "unsure: neutrophil 48 %, immature granulocyte 41 %". */
export function verdict(spec: ModelSpec, cell: Cell): string {
  const none = noType(cell);
  if (none !== null) return `${inSentence(none.words)}, ${mostLike(spec, cell)}`;
  if (!cell.unsure) return `${formatPercent(cell.probability)} ${inSentence(className(spec, cell.label))}`;
  const likeliest = ranking(cell).slice(0, 2);
  return `unsure: ${likeliest.map((i) => `${inSentence(spec.classes[i]?.name ?? '')} ${formatPercent(cell.probabilities[i] ?? 0)}`).join(', ')}`;
}

/** The network saw less than this share of the image: most likely a whole field of view, not one cell. */
const fieldOfViewShare = 0.25;

export function sawOnlyCentre({ crop, image, inFrame }: Cell): boolean {
  return !inFrame && crop.width_px * crop.height_px < fieldOfViewShare * image.width_px * image.height_px;
}

/** Which part of the image was classified. */
export function partClassified({ crop, image, inFrame }: Cell): string {
  const size = (width: number, height: number): string => `${formatCount(width)} × ${formatCount(height)} px`;
  if (inFrame) return `A square of ${size(crop.width_px, crop.height_px)} around the cell, of a frame of ${size(image.width_px, image.height_px)}, was classified.`;
  if (crop.width_px === image.width_px && crop.height_px === image.height_px) return `The whole image of ${size(image.width_px, image.height_px)} was classified.`;
  return `The central ${size(crop.width_px, crop.height_px)} of ${size(image.width_px, image.height_px)} was classified.`;
}

/** Words that stand on a tile when something about the cell wants care; that it is foreign stands in its class's place. */
export function flags(cell: Cell): string[] {
  return [
    ...(kindOf(cell) === 'unsure' ? ['unsure'] : []),
    ...(cell.turns && turnsDisagree(cell) ? [`changes when turned, ${ofMany(cell.turns.agree, cell.turns.of)}`] : []),
    ...(cell.second && !cell.second.agree ? ['models disagree'] : []),
    ...(sawOnlyCentre(cell) ? ['centre only'] : []),
    ...(cell.inFrame?.cutByBorder ? ['cut by the border'] : []),
    ...(cell.image.damaged ? ['damaged file'] : []),
  ];
}

/** "changes when the picture is turned: 5 of 8 say neutrophil". */
export function turnsSentence(spec: ModelSpec, label: string, { agree, of }: Agreement): string {
  const named = inSentence(className(spec, label));
  return agree === of ? `stays the same however the picture is turned: all ${of} say ${named}` : `changes when the picture is turned: ${ofMany(agree, of)} say ${named}`;
}

/** "1 of 2", for positions in an order. */
export function ofMany(position: number, total: number): string {
  return `${formatCount(position)} of ${formatCount(total)}`;
}

/** "1.7 MB". */
export function formatBytes(bytes: number): string {
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kilobyte'] : [bytes / 1e6, 'megabyte'];
  return value.toLocaleString(undefined, { style: 'unit', unit, maximumFractionDigits: value < 10 ? 1 : 0 });
}

const measures: Record<string, string> = {
  size: 'size', brightness: 'brightness', contrast: 'contrast', white: 'white part', black: 'black part', colour: 'colour', detail_1: 'finest detail',
  detail_2: 'fine detail', detail_4: 'coarse detail', detail_8: 'coarsest detail', border: 'structure at the border', middle: 'structure in the middle',
};

export function measureWords(measure: string): string {
  return measures[measure] ?? measure;
}

/** "0.1–2.3 %". */
export function intervalWords([low, high]: readonly [number, number]): string {
  return `${formatPercent(low).replace(/\s*%$/, '')}–${formatPercent(high)}`;
}

/** Most of what speaks for a type lies outside the central half of both sides, which single-cell images have their cell in. */
export function liesOnBackground({ maps: { height, width } }: Pick<Cell, 'maps'>, values: ArrayLike<number>): boolean {
  let inside = 0;
  let total = 0;
  for (let i = 0; i < height * width; i++) {
    const value = Math.max(0, values[i] ?? 0);
    const [y, x] = [(Math.floor(i / width) + 0.5) / height, ((i % width) + 0.5) / width];
    total += value;
    if (Math.abs(x - 0.5) < 0.25 && Math.abs(y - 0.5) < 0.25) inside += value;
  }
  // The middle is a quarter of the area: a map that is the same everywhere has that share there.
  return total > 0 && inside / total < 0.15;
}
