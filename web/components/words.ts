/** What the page says about one cell, in plain words. */
import type { Cell } from '../state/session.ts';
import type { ModelSpec } from '../types.ts';
import { formatCount, formatPercent } from '../format.ts';

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

/** "most like neutrophil": the class that a foreign cell would else be called. */
export function mostLike(spec: ModelSpec, cell: Cell): string {
  return `most like ${inSentence(className(spec, cell.label))}`;
}

/** "92 % neutrophil", "not like the training images, most like neutrophil", or "unsure: neutrophil 48 %, immature granulocyte 41 %". */
export function verdict(spec: ModelSpec, cell: Cell): string {
  if (cell.foreign) return `${inSentence(foreignWords)}, ${mostLike(spec, cell)}`;
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
    ...(cell.unsure && !cell.foreign ? ['unsure'] : []),
    ...(sawOnlyCentre(cell) ? ['centre only'] : []),
    ...(cell.inFrame?.cutByBorder ? ['cut by the border'] : []),
    ...(cell.image.damaged ? ['damaged file'] : []),
  ];
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
