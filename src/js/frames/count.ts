/**
 * Counting a culture: how many of its cells are of one class (alive, for example), and how many cells a millilitre holds.
 *
 * It takes a model of two classes, and the share is that of the first. All intervals are of 95 %.
 */
import { poissonInterval, wilsonInterval } from '../classify/intervals.ts';
import type { CellVerdict } from '../classify/outcome.ts';
import type { ModelSpec } from '../model/spec.ts';

const z = 1.959963984540054;

/** A number with its interval of 95 %, and how it was computed. */
export interface Estimate { value: number; low95: number; high95: number; formula: string }

/** What was put into the counting chamber. */
export interface Chamber {
  /** Side in mm of the square that each frame shows. */
  squareMm: number;
  depthMm: number;
  /** 2 for equal parts of culture and dye. */
  dilution: number;
}

/** What is counted of a frame. */
export type Countable =
  | { status: 'error' }
  | { status: 'ok'; cells: readonly { verdict?: Pick<CellVerdict, 'label' | 'unsure' | 'foreign'> }[]; byHand?: { added: number; removed: number } };

export interface CultureCount {
  /** Frames that could be read, and those that could not and are not in any number below. */
  frames: number;
  framesNotRead: number;
  /** Cells of each class by their likeliest label, in spec order, those unsure or of poor image quality among them included. */
  counts: { id: string; name: string; cells: number }[];
  unsure: number;
  /** Cells that a person added, which are in the numbers below, and that a person removed, which are not. */
  addedByHand: number;
  removedByHand: number;
  /** Not like the training images: found, and in no class. */
  foreign: number;
  /** Found, and in no class either. */
  notClassified: number;
  /** All that were found. */
  cells: number;
  /** Share of the first class; null where no cell was classified. */
  share: Estimate | null;
  /** The same, corrected by how often the model erred on its test images; null where it tells too little apart for that, or was never measured. */
  shareCorrected: Estimate | null;
  /** Cells per ml of the culture, and those of the first class; null without a chamber. */
  perMl: { all: Estimate; first: Estimate } | null;
}

/**
 * Counts the cells of all frames together.
 *
 * Args:
 *   chamber: each frame then shows one square of it; null: shares only.
 * Raises: RangeError for a model that has not two classes, or a chamber whose sizes are not positive.
 */
export function countCulture(records: readonly Countable[], spec: Pick<ModelSpec, 'classes' | 'metrics'>, chamber: Chamber | null): CultureCount {
  if (spec.classes.length !== 2) throw new RangeError('A culture is counted with a model of two classes.');
  if (chamber && !Object.values(chamber).every((size) => size > 0 && Number.isFinite(size))) throw new RangeError('The sizes of the chamber and the dilution must be positive numbers.');
  const read = records.filter((record) => record.status === 'ok');
  const found = read.flatMap(({ cells }) => cells);
  const classified = found.flatMap(({ verdict }) => verdict ?? []);
  const cells = classified.filter(({ foreign }) => !foreign);
  const counts = spec.classes.map(({ id, name }) => ({ id, name, cells: cells.filter(({ label }) => label === id).length }));
  const first = counts[0]?.cells ?? 0;
  const notClassified = found.length - classified.length;
  const word = (counts[0]?.name ?? '').toLowerCase();
  return {
    frames: read.length,
    framesNotRead: records.length - read.length,
    counts,
    addedByHand: read.reduce((sum, { byHand }) => sum + (byHand?.added ?? 0), 0),
    removedByHand: read.reduce((sum, { byHand }) => sum + (byHand?.removed ?? 0), 0),
    unsure: cells.filter(({ unsure }) => unsure).length,
    foreign: classified.length - cells.length,
    notClassified,
    cells: found.length,
    share: cells.length === 0 ? null : shareOf(first, cells.length, word),
    shareCorrected: cells.length === 0 || !spec.metrics.test ? null : correctedShare(first, cells.length, spec.metrics.test.confusion),
    perMl: chamber && read.length > 0 ? { all: perMl(found.length, read.length, chamber, 'cells found'), first: perMl(first, read.length, chamber, `${word} cells`) } : null,
  };
}

function shareOf(first: number, total: number, word: string): Estimate {
  const [low, high] = wilsonInterval(first, total);
  return { value: first / total, low95: low, high95: high, formula: `${word} / cells classified = ${first} / ${total}; Wilson score interval` };
}

/**
 * The share that is left when the errors known from the test images are taken out.
 *
 * With q = first / total, sensitivity and specificity of the first class: (q + specificity - 1) / (sensitivity + specificity - 1).
 * The interval counts in that all three are estimates. It holds for cultures like those of the test images.
 *
 * Args:
 *   confusion: [true][predicted] of two classes, on the test images.
 * Returns: null where sensitivity + specificity is not above 1, or there are no test images of a class.
 * Source: W. J. Rogan, B. Gladen, Am. J. Epidemiol. 107 (1978) 71; for the interval Z. Lang, J. Reiczigel, Prev. Vet. Med. 113 (2014) 13.
 */
export function correctedShare(first: number, total: number, confusion: readonly (readonly number[])[]): Estimate | null {
  const [[hits = 0, misses = 0] = [], [falseAlarms = 0, rejections = 0] = []] = confusion;
  const [positives, negatives] = [hits + misses, rejections + falseAlarms];
  if (positives === 0 || negatives === 0 || total === 0) return null;
  const [sensitivity, specificity] = [hits / positives, rejections / negatives];
  if (!(sensitivity + specificity > 1)) return null;
  const value = (first / total + specificity - 1) / (sensitivity + specificity - 1);

  const q = (first + (z * z) / 2) / (total + z * z);
  const [se, sp] = [(hits + 1) / (positives + 2), (rejections + 1) / (negatives + 2)];
  const [ofSe, ofSp] = [(se * (1 - se)) / (positives + 2), (sp * (1 - sp)) / (negatives + 2)];
  const p = (q + sp - 1) / (se + sp - 1);
  const shift = 2 * z * z * (p * ofSe - (1 - p) * ofSp);
  const reach = (z * Math.sqrt((q * (1 - q)) / (total + z * z) + p * p * ofSe + (1 - p) * (1 - p) * ofSp)) / (se + sp - 1);
  const within = (share: number): number => Math.min(1, Math.max(0, share));
  return {
    value: within(value), low95: within(p + shift - reach), high95: within(p + shift + reach),
    formula:
      `(q + specificity - 1) / (sensitivity + specificity - 1), q = ${first} / ${total}, sensitivity = ${hits} / ${positives}, ` +
      `specificity = ${rejections} / ${negatives} on the model's test images (Rogan and Gladen 1978); interval of Lang and Reiczigel 2014`,
  };
}

/** Cells per ml: a µl is a mm³. The interval is that of the count alone, not of pipetting, filling and dilution. */
function perMl(count: number, squares: number, { squareMm, depthMm, dilution }: Chamber, word: string): Estimate {
  const factor = (dilution * 1000) / (squares * squareMm * squareMm * depthMm);
  const [low, high] = poissonInterval(count);
  return {
    value: count * factor, low95: low * factor, high95: high * factor,
    formula:
      `${word} × dilution × 1000 / (squares × side² × depth) = ${count} × ${dilution} × 1000 / (${squares} × (${squareMm} mm)² × ${depthMm} mm); ` +
      'exact Poisson interval of the count',
  };
}
