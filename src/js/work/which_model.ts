/** Which model knows images that the one in use does not: the others are asked about a few of them. */
import { platform } from '#platform';
import type { BatchVerdict, ImageFacts } from '#cytodrop_core';
import { answerOf, fittest, type ModelAnswer } from '../classify/fit.ts';
import type { CellVerdict } from '../classify/outcome.ts';
import { CytodropError } from '../core/errors.ts';
import { lookedAt } from '../frames/quick_look.ts';
import type { ModelListing, ModelSpec } from '../model/spec.ts';
import type { ImageSource } from '../platform/platform.ts';
import { Classifier } from './classifier.ts';
import { type ModelSource, type NamedImage, sourceOf } from './sources.ts';

/** An image with what is known of it since it was decoded. */
export interface SeenImage { source: ImageSource | NamedImage; facts: Pick<ImageFacts, 'width_px' | 'height_px' | 'channels'> }

/** A model that may be asked. `source`: where it is, unless it is a shipped one. */
export interface AskedModel extends ModelListing { source?: ModelSource }

export interface WhichModel {
  /** The one that knows the images; null where none does. */
  fits: ModelAnswer | null;
  answers: ModelAnswer[];
  /** Models that could not be asked, without a connection for example: what they would have said is not known. */
  unasked: string[];
}

export interface WhichModelOptions {
  /** When it is aborted the worker ends, and its reason is thrown. */
  signal?: AbortSignal;
  /** Folder of the library's files and of models/. */
  home?: URL;
}

/** Images that are looked at, over all that there are. */
const mostImages = 10;
/** Cells of frames. */
const mostOfFrames = 30;
/** So that no single one of many decides. */
const mostOfFrame = (frames: number): number => Math.max(10, Math.ceil(mostOfFrames / frames));
/** An image of more than so many times the side that a model looks at in a frame is a field of view to it. */
const oneCellSides = 2;

/**
 * Asks models, one after the other and in a worker of its own, about at most ten images.
 *
 * Args:
 *   images: spread over what there is; a few are taken.
 *   models: in the order in which they are offered; those are left out, and not loaded, that cannot know such images by their size or number of channels.
 * Raises: the signal's reason.
 */
export async function whichModel(images: readonly SeenImage[], models: readonly AskedModel[], { signal, home = platform.home }: WhichModelOptions = {}): Promise<WhichModel> {
  signal?.throwIfAborted();
  const sample = sampleOf(images);
  const candidates = models.filter(({ spec }) => couldKnow(spec, sample));
  const classifier = new Classifier({ jobs: 1, home });
  const stop = (): void => void classifier.close();
  signal?.addEventListener('abort', stop);
  const answers: ModelAnswer[] = [];
  const unasked: string[] = [];
  try {
    for (const { name, spec, source } of candidates) {
      try {
        await classifier.load(source ?? name);
        answers.push(await answerFrom({ spec, cellsIn: (...asked) => cellsIn(classifier, ...asked), judge: (cells) => classifier.judgeBatch(cells) }, sample, signal));
      } catch {
        signal?.throwIfAborted();
        unasked.push(name);
      }
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    await classifier.close();
  }
  return { fits: fittest(answers, candidates.map(({ spec }) => spec)), answers, unasked };
}

/** The images that models are asked about. */
export function sampleOf<Image>(images: readonly Image[]): Image[] {
  return spreadOver(images, mostImages);
}

/** A model as one that can be asked: what it says of an image, or of at most so many cells of one, and of cells as a set. */
export interface Asked {
  spec: ModelSpec;
  cellsIn(image: SeenImage, as: ModelAnswer['askedAs'], most: number): Promise<CellVerdict[]>;
  judge(cells: readonly CellVerdict[]): Promise<BatchVerdict | null>;
}

/** Asks one model. Raises: the signal's reason; WorkerDied. */
export async function answerFrom({ spec, cellsIn: cellsOf, judge }: Asked, sample: readonly SeenImage[], signal?: AbortSignal): Promise<ModelAnswer> {
  const as = askedAs(spec, sample);
  const cells: CellVerdict[] = [];
  for (const image of sample) {
    if (cells.length >= mostOfFrames) break;
    signal?.throwIfAborted();
    cells.push(...(await cellsOf(image, as, mostOfFrame(sample.length))));
  }
  return answerOf(spec.name, as, cells, await judge(cells));
}

/** The cell that an image shows, or a few of those in the middle of a frame; none of a file that cannot be read. Raises: WorkerDied. */
export async function cellsIn(classifier: Classifier, { source }: Pick<SeenImage, 'source'>, as: ModelAnswer['askedAs'], most: number): Promise<CellVerdict[]> {
  try {
    if (as === 'cells') return [await classifier.classify(sourceOf(source))];
    const frame = await classifier.openFrame(sourceOf(source));
    try {
      const found = await frame.searchPart(lookedAt(frame.facts.image), frame.settings);
      return (await frame.classify(spreadOver(found, most))).flatMap(({ verdict }) => verdict ?? []);
    } finally {
      await frame.close();
    }
  } catch (error) {
    if (error instanceof CytodropError) return [];
    throw error;
  }
}

/** A model that asks for colour says nothing of grey images, and one that asks for so many pixels a cell nothing of smaller ones; nor one that knows no limits. */
export function couldKnow(spec: ModelSpec, sample: readonly SeenImage[]): boolean {
  if (spec.novelty?.batch === undefined) return false;
  const least = spec.crop.rule === 'centre_square' ? (spec.quality?.['size']?.[0] ?? 0) * spec.crop.side_px : 0;
  const possible = sample.filter(({ facts }) => (spec.input.channels === 'grey' || facts.channels >= 3) && Math.min(facts.width_px, facts.height_px) >= least);
  return 2 * possible.length > sample.length;
}

/** As most of the images are to the model. */
function askedAs({ frame }: ModelSpec, sample: readonly SeenImage[]): ModelAnswer['askedAs'] {
  if (frame === undefined) return 'cells';
  const fields = sample.filter(({ facts }) => Math.max(facts.width_px, facts.height_px) > oneCellSides * frame.side_px);
  return 2 * fields.length > sample.length ? 'frames' : 'cells';
}

function spreadOver<T>(all: readonly T[], most: number): T[] {
  return Array.from({ length: Math.min(most, all.length) }, (_, i) => all[Math.floor((i * all.length) / Math.min(most, all.length))] as T);
}
