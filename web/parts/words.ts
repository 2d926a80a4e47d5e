/** The words of the parts that several views share, and what the page says about one cell. */
import { type Agreement, isConfirmed, type ModelSpec, turnsDisagree } from '../../src/js/index.ts';
import { formatCount, formatPercent, formatPercentNear } from '../state/format.ts';
import { type Cell, cellKind, modelKind } from '../state/frame_store.ts';
import { threshold } from '../state/models.ts';
import type { NoType } from './class_mark.tsx';

export const words = {
  close: 'Close',
  pictureGone: 'The picture cannot be shown any more.',
  pickers: { files: 'Image files', folder: 'Folder of images', camera: 'Camera', project: 'Project file', model: 'Model' },
  addedModel: (title: string) => `The model “${title}” is added.`,
  detectorTaken: (title: string) => `“${title}” finds the cells of frames from now on, in place of the networks of this site.`,
  modelThere: (title: string) => `The model “${title}” is here already.`,
  modelFailed: (file: string, why: string) => `${file}: ${why}`,
  onlyProject: (files: number) => `The project is opened; ${formatCount(files)} other files that came with it were left out. Add them once more to have them in it.`,
  mode: {
    label: 'What an image shows',
    values: { cells: 'One cell in each image', fields: 'Whole fields of view', count: 'Count only' },
  },
  model: {
    none: 'Model',
    right: (accuracy: string) => `${accuracy} right`,
    rightAtHome: 'not for these images',
    neverMeasured: 'never measured',
    own: 'yours',
    notLoaded: 'not loaded',
    loading: 'loading',
    loadingShare: (share: string) => `loading ${share}`,
    change: 'Change',
    about: 'About',
  },
  /** What cells count as where they count as no type. */
  shares: { unsure: 'Unsure', foreign: 'Not like the training images', shortForeign: 'Not like training', quality: 'Image quality', unnamed: 'Not named', found: 'Cells found', cannot_tell: 'Cannot tell', no_cell: 'No cell', two_cells: 'Two cells' },
  /** What people said of a cell. */
  said: {
    confirmed: 'confirmed', corrected: 'corrected', looked: 'looked at',
    verdict: (answer: string, model: string, right: boolean) => (right ? `${answer}, confirmed; model: ${model}` : `${answer}, corrected; model: ${model}`),
    model: (verdict: string) => `model: ${verdict}`,
  },
  /** What a cell is called; names of types as they stand inside a sentence. */
  verdict: {
    unnamed: 'found, not named',
    sure: (share: string, name: string) => `${share} ${name}`,
    unsure: (first: { name: string; share: string }, second: { name: string; share: string }) => `unsure: ${first.name} ${first.share}, ${second.name} ${second.share}`,
    mostLike: (name: string) => `most like ${name}`,
    foreign: (name: string) => `not like the training images, most like ${name}`,
    quality: (flags: string, name: string) => `${flags}, most like ${name}`,
  },
  /** On a tile, when something about its cell wants care. */
  flags: {
    unsure: 'unsure',
    turned: (agree: number, of: number) => `changes when turned, ${formatCount(agree)} of ${formatCount(of)}`,
    turnedShort: (agree: number, of: number) => `turned: ${formatCount(agree)} of ${formatCount(of)}`,
    oneOf: (images: number) => `1 of ${formatCount(images)} images`,
    modelsDisagree: 'models disagree',
    centreOnly: 'centre only',
    cutByBorder: 'cut by the border',
    damaged: 'damaged file',
  },
  turns: {
    same: (of: number, name: string) => `stays the same however the picture is turned: all ${of} say ${name}`,
    changes: (agree: number, of: number, name: string) => `changes when the picture is turned: ${formatCount(agree)} of ${formatCount(of)} say ${name}`,
  },
  /** Which part of the image was classified; sizes as `size` gives them. */
  part: {
    size: (width: number, height: number) => `${formatCount(width)} × ${formatCount(height)} px`,
    ofFrame: (square: string, frame: string) => `A square of ${square} around the cell, of a frame of ${frame}, was classified.`,
    whole: (image: string) => `The whole image of ${image} was classified.`,
    centre: (centre: string, image: string) => `The central ${centre} of ${image} was classified.`,
  },
  ofMany: (position: number, total: number) => `${formatCount(position)} of ${formatCount(total)}`,
  fewFlags: (flags: string, more: number) => `${flags}, and ${formatCount(more)} more reasons`,
  /** What a flag of image quality means: a few words for a tile, and a sentence for the details. */
  quality: {
    wrong_size: { few: 'too few pixels', sentence: 'The image is smaller than those this model was trained on and had to be enlarged.' },
    under_exposed: { few: 'under-exposed', sentence: 'It is darker than nearly all images this model was trained on.' },
    over_exposed: { few: 'over-exposed', sentence: 'It is brighter than nearly all images this model was trained on, or has large white parts.' },
    blank: { few: 'nearly blank', sentence: 'Light and dark hardly differ: there is nothing to see.' },
    strong_contrast: { few: 'too much contrast', sentence: 'Light and dark differ more than in nearly all images this model was trained on.' },
    colour_image: { few: 'a colour image', sentence: 'It is in colour, and this model was trained on grey images.' },
    grey_image: { few: 'not in colour', sentence: 'It has less colour than the stained images this model was trained on.' },
    out_of_focus: { few: 'out of focus', sentence: 'It has fewer fine details than nearly all images this model was trained on.' },
    grainy: { few: 'grainy', sentence: 'It has more fine detail or noise than nearly all images this model was trained on.' },
    too_large: { few: 'structures too large', sentence: 'Its structures are coarser than in nearly all images this model was trained on: perhaps the magnification is another.' },
    too_small: { few: 'structures too small', sentence: 'Its structures are finer than in nearly all images this model was trained on: perhaps the magnification is another.' },
    cut_by_border: { few: 'cut by the border', sentence: 'There is more at its border than in nearly all images this model was trained on: the cell may be cut, or several be in view.' },
    nothing_in_middle: { few: 'no cell in the middle', sentence: 'There is less in its middle than in nearly all images this model was trained on.' },
  } as Record<string, { few: string; sentence: string }>,
  measures: {
    size: 'size', brightness: 'brightness', contrast: 'contrast', white: 'white part', black: 'black part', colour: 'colour', detail_1: 'finest detail',
    detail_2: 'fine detail', detail_4: 'coarse detail', detail_8: 'coarsest detail', border: 'structure at the border', middle: 'structure in the middle', red: 'red over green', blue: 'blue over green',
  } as Record<string, string>,
};

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
export const foreignWords = words.shares.foreign;
/** For where there is little room. */
export const shortForeignWords = words.shares.shortForeign;

/** "out of focus, grainy". */
export function qualityWords({ quality }: Pick<Cell, 'quality'>): string {
  return quality.map(({ flag }) => words.quality[flag]?.few ?? flag.replaceAll('_', ' ')).join(', ');
}

export function qualitySentence(flag: string): string {
  return words.quality[flag]?.sentence ?? '';
}

/** What has room under a picture. */
const fewFlags = 2;

/** Why a cell counts as no type, in words, in few and in fewer; null where it is named, surely or not. */
export function noType(cell: Cell): { kind: NoType; words: string; few: string; short: string } | null {
  const kind = cellKind(cell);
  if (kind === 'cannot_tell' || kind === 'no_cell' || kind === 'two_cells') return { kind, words: words.shares[kind], few: words.shares[kind], short: words.shares[kind] };
  if (kind === 'type') return null;
  if (kind === 'unnamed') return { kind, words: words.shares.unnamed, few: words.shares.unnamed, short: words.shares.unnamed };
  if (kind === 'quality') {
    const all = qualityWords(cell);
    const more = cell.quality.length - fewFlags;
    const few = more > 1 ? words.fewFlags(qualityWords({ quality: cell.quality.slice(0, fewFlags) }), more) : all;
    return { kind, words: capital(all), few: capital(few), short: words.shares.quality };
  }
  return kind === 'foreign' ? { kind, words: foreignWords, few: foreignWords, short: shortForeignWords } : null;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function nameOf(spec: ModelSpec, { label }: Pick<Cell, 'label'>): string {
  return inSentence(className(spec, label));
}

/** "most like neutrophil": the class that a foreign cell would else be called; empty of a cell that no network has seen. */
export function mostLike(spec: ModelSpec, cell: Cell): string {
  if (cell.unnamed) return '';
  return words.verdict.mostLike(nameOf(spec, cell));
}

/** A cell's probability, on the right side of the threshold in use. */
export function probabilityWords({ probability }: Cell): string {
  return formatPercentNear(probability, threshold.value);
}

/** Where a person answered: whether that is what the model says, in one word; null where nobody did. */
export function saidWord(cell: Cell): string | null {
  const answer = cell.review?.first;
  if (!answer) return null;
  return cell.unnamed ? words.said.looked : isConfirmed(cell.label, answer) ? words.said.confirmed : words.said.corrected;
}

/** What the model alone makes of a cell, whatever people said. */
export function modelVerdict(spec: ModelSpec, { review: _, ...cell }: Cell): string {
  return verdict(spec, cell);
}

/** What a cell counts as, where a person said so: "neutrophil, corrected; model: 92 % monocyte"; else "92 % neutrophil", "not like the training images, most like neutrophil", or "unsure: neutrophil 48 %, immature granulocyte 41 %". */
export function verdict(spec: ModelSpec, cell: Cell): string {
  const answer = cell.review?.first;
  if (answer) {
    const said = answer.outcome === 'type' ? inSentence(className(spec, answer.type ?? '')) : inSentence(words.shares[answer.outcome]);
    return words.said.verdict(said, modelVerdict(spec, cell), isConfirmed(cell.label, answer));
  }
  if (cell.unnamed) return words.verdict.unnamed;
  const none = noType(cell);
  const name = nameOf(spec, cell);
  if (none !== null) return none.kind === 'foreign' ? words.verdict.foreign(name) : words.verdict.quality(inSentence(none.words), name);
  if (!cell.unsure) return words.verdict.sure(probabilityWords(cell), name);
  const [first = 0, second = 0] = ranking(cell);
  const shareOf = (i: number) => ({ name: inSentence(spec.classes[i]?.name ?? ''), share: i === first ? probabilityWords(cell) : formatPercent(cell.probabilities[i] ?? 0) });
  return words.verdict.unsure(shareOf(first), shareOf(second));
}

/** The network saw less than this share of the image: most likely a whole field of view, not one cell. */
const fieldOfViewShare = 0.25;

export function sawOnlyCentre({ crop, image, inFrame }: Cell): boolean {
  return !inFrame && crop.width_px * crop.height_px < fieldOfViewShare * image.width_px * image.height_px;
}

/** Which part of the image was classified. */
export function partClassified({ crop, image, inFrame }: Cell): string {
  const { size, ofFrame, whole, centre } = words.part;
  const [seen, all] = [size(crop.width_px, crop.height_px), size(image.width_px, image.height_px)];
  if (inFrame) return ofFrame(seen, all);
  return crop.width_px === image.width_px && crop.height_px === image.height_px ? whole(all) : centre(seen, all);
}

/** Words that stand on a tile when something about the cell wants care; that it is foreign stands in its class's place. */
export function flags(cell: Cell, short = false): string[] {
  return [
    ...(modelKind(cell) === 'unsure' && !cell.review?.first ? [words.flags.unsure] : []),
    ...(cell.turns && turnsDisagree(cell) ? [(short ? words.flags.turnedShort : words.flags.turned)(cell.turns.agree, cell.turns.of)] : []),
    ...(cell.second && !cell.second.agree ? [words.flags.modelsDisagree] : []),
    ...(sawOnlyCentre(cell) ? [words.flags.centreOnly] : []),
    ...(cell.inFrame?.cutByBorder ? [words.flags.cutByBorder] : []),
    ...(!cell.inFrame && cell.image.images_stated > 0 ? [words.flags.oneOf(cell.image.images_stated)] : []),
    ...(cell.image.damaged ? [words.flags.damaged] : []),
  ];
}

/** "changes when the picture is turned: 5 of 8 say neutrophil". */
export function turnsSentence(spec: ModelSpec, label: string, { agree, of }: Agreement): string {
  const named = inSentence(className(spec, label));
  return agree === of ? words.turns.same(of, named) : words.turns.changes(agree, of, named);
}

/** "1 of 2", for positions in an order. */
export function ofMany(position: number, total: number): string {
  return words.ofMany(position, total);
}

/** "1.7 MB". */
export function formatBytes(bytes: number): string {
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kilobyte'] : [bytes / 1e6, 'megabyte'];
  return value.toLocaleString(undefined, { style: 'unit', unit, maximumFractionDigits: value < 10 ? 1 : 0 });
}

export function measureWords(measure: string): string {
  return words.measures[measure] ?? measure;
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
