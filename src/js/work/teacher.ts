/** Teaches a model new types: cells are shown to it, labelled, learned from, and what comes of it is a model like any other. */
import { platform } from '#platform';
import type { LearnedHead } from '#cytodrop_core';
import { CytodropError, type UnreadFile } from '../core/errors.ts';
import type { FrameCell, FrameChoice } from '../frames/frame.ts';
import type { FrameSquare } from '../frames/search.ts';
import { readEncoder } from '../model/encoder.ts';
import { type ModelFiles, readModel } from '../model/model_files.ts';
import type { ImageSource } from '../platform/platform.ts';
import { appVersion } from '../report/version.ts';
import { canStartFrom, encoderBase, filesOf, modelBase, type TeachBase } from '../teach/base.ts';
import { examine, type ExamineOptions, type Learning } from '../teach/examination.ts';
import type { Examination } from '../teach/examined.ts';
import { blocksOf, coreLessons, knownLogits, type Lesson, shownCell, type ShownCell, softmax, type TaughtType } from '../teach/lessons.ts';
import { type AboutModel, taughtModel, withGolden } from '../teach/taught_model.ts';
import { Classifier, type RunOptions } from './classifier.ts';
import type { LearnCall, LearnResults } from './learn_calls.ts';
import type { Images } from './line.ts';
import { usualDraws } from './measurer.ts';
import { type ModelSource, readerOf } from './sources.ts';
import { WorkerLink } from './worker_link.ts';

export interface TeacherOptions {
  /** What is taught on: an encoder, which knows no types, or a model whose types are kept and learned further. `cell-encoder` unless told. */
  base?: ModelSource;
  /** What is looked at around a cell of a frame, where an encoder is taught on; about one and a half times a cell's diameter is good. 64 px unless told. */
  frame?: FrameSquare;
  /** Workers that look at cells; as many as the platform bears unless told. */
  jobs?: number;
  /** Folder of the library's files. */
  home?: URL;
}

export interface ShowFrameOptions {
  /** Page and channel of the file; the first page as it is unless told. */
  choice?: Partial<FrameChoice>;
  /** µm per px; as the file states it unless told. */
  pixelSizeUm?: number | null;
  /** Asked before every step. */
  signal?: Pick<AbortSignal, 'aborted'>;
  /** Told the cells of each step. Args: first: the place of the first of them among all. */
  onShown?: (some: ShownCell[], first: number) => void;
}

/** A head that was learned at once, untested. */
export interface QuickHead extends LearnedHead { types: TaughtType[] }

const lookedAt = { turns: false, map: false, lesson: true };

export class Teacher {
  readonly base: TeachBase;
  readonly #classifier: Classifier;
  readonly #coreWasm: Uint8Array;
  readonly #links: WorkerLink[];
  #turn = 0;

  private constructor(base: TeachBase, classifier: Classifier, coreWasm: Uint8Array, jobs: number) {
    this.base = base;
    this.#classifier = classifier;
    this.#coreWasm = coreWasm;
    this.#links = Array.from({ length: jobs }, () => new WorkerLink());
  }

  /**
   * Raises: Error, in words for a person, where a file is missing or another; CytodropError, `invalid_model`, for a model that cannot be learned further.
   */
  static async open({ base = 'cell-encoder', frame, jobs, home = platform.home }: TeacherOptions = {}): Promise<Teacher> {
    const read = readerOf(base, home);
    const { kind = 'classifier', name } = JSON.parse(new TextDecoder().decode(await read('spec.json'))) as { kind?: string; name?: string };
    if (kind !== 'encoder' && kind !== 'classifier') throw new CytodropError('invalid_model', `The model ${name} names no types: nothing can be taught on it.`);
    const found = kind === 'encoder' ? await blankBase(read, frame) : modelBase(await startingModel(read));
    const [classifier, coreWasm] = await Promise.all([Classifier.open(filesOf(found), { home, ...(jobs !== undefined && { jobs }) }), platform.read(new URL('cytodrop_core.wasm', home))]);
    return new Teacher(found, classifier, coreWasm, classifier.workers);
  }

  /**
   * Looks at images of one cell each, labelled or not.
   *
   * Yields: one for each, in order; one that cannot be read has `status` "error" and harms no other.
   * Raises: as `Classifier.classifyAll`.
   */
  async *show(images: Images, options: Pick<RunOptions, 'jobs' | 'signal' | 'onRead'> = {}): AsyncGenerator<{ index: number; path: string } & ({ status: 'ok'; cell: ShownCell } | UnreadFile), void, undefined> {
    for await (const record of this.#classifier.classifyAll(images, { ...options, checks: lookedAt })) {
      const { index, path } = record;
      yield record.status === 'ok' ? { index, path, status: 'ok', cell: shownCell(record, record.image.pixel_size_um, this.base) } : record;
    }
  }

  /**
   * Looks at cells of a frame.
   *
   * Returns: of each cell, in order; after a stop of those that were reached.
   * Raises: CytodropError for an image that cannot be read or decoded, or where the base cannot classify the cells of a frame.
   */
  async showFrame(image: ImageSource, cells: readonly FrameCell[], { choice = {}, pixelSizeUm, signal, onShown = () => {} }: ShowFrameOptions = {}): Promise<ShownCell[]> {
    const frame = await this.#classifier.openFrame(image, choice);
    const all: ShownCell[] = [];
    try {
      await frame.classify([...cells], {
        checks: lookedAt, ...(pixelSizeUm !== undefined && { pixelSizeUm }), ...(signal && { signal }),
        onVerdicts: (named) => {
          const some = named.flatMap(({ verdict }) => (verdict ? [shownCell(verdict, pixelSizeUm ?? frame.facts.pixel_size_um, this.base)] : []));
          onShown(some, all.length);
          all.push(...some);
        },
      });
      return all;
    } finally {
      await frame.close();
    }
  }

  /**
   * Learns at once, without a test: what unlabelled cells look like to it is told by `probabilitiesOf`.
   *
   * Args:
   *   strength: inverse of the penalty, of an examination before; unless told, the usual one.
   * Raises: CytodropError, `invalid_argument`, where fewer than two types have a lesson.
   */
  async learn(lessons: readonly Lesson[], types: readonly TaughtType[], strength: number = usualStrength): Promise<QuickHead> {
    return { ...(await this.#ask({ of: 'head', lessons: coreLessons(lessons, types, this.base), strength })), types: [...types] };
  }

  /**
   * Cells worth a label next: those of which a head is unsure, far from each other and from those that have one.
   *
   * Returns: places among `others`, the most telling first.
   * Raises: CytodropError.
   */
  async suggest(head: QuickHead, labelled: readonly ShownCell[], others: readonly ShownCell[], count = 10): Promise<number[]> {
    const margins = others.map((cell) => {
      const [first = 1, second = 0] = probabilitiesOf(head, cell).sort((a, b) => b - a);
      return 1 - (first - second);
    });
    // Of very many the surest are not worth the time.
    const unsure = [...margins.keys()].sort((a, b) => (margins[b] as number) - (margins[a] as number)).slice(0, mostCandidates);
    const cells = [...labelled.slice(-mostLabelled), ...unsure.map((i) => others[i] as ShownCell)];
    const lessons = coreLessons(cells.map((cell, i) => ({ cell, type: head.types[0]?.id ?? '', group: String(i), path: '' })), head.types, this.base);
    const uncertainties = Float64Array.from(unsure, (i) => margins[i] as number);
    const found = await this.#ask({ of: 'suggest', lessons, labelled: cells.length - unsure.length, uncertainties, count });
    return Array.from(found, (place) => unsure[place] as number);
  }

  /** Learns, and measures how well on cells that were left out. Raises: as `learn`; the signal's reason. */
  examine(lessons: readonly Lesson[], types: readonly TaughtType[], options: ExamineOptions = {}): Promise<Examination> {
    return examine(this.#learning(), lessons, types, this.base, options);
  }

  /** The files of the model that was examined, by their paths: what `Classifier.open` takes, and `zip` puts into one file. Raises: CytodropError. */
  async model(examination: Examination, about: AboutModel): Promise<Map<string, Uint8Array>> {
    const taught = await taughtModel(examination, this.base, about, appVersion);
    const blank = withGolden(taught, { logits: [], label: '' });
    const golden = await this.#ask({ of: 'golden', files: await readModel((file) => readerOf(blank, platform.home)(file)) });
    return withGolden(taught, golden);
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    for (const link of this.#links) link.close();
    await this.#classifier.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #learning(): Learning {
    return {
      atOnce: this.#links.length,
      plan: (lessons) => this.#ask({ of: 'plan', lessons }),
      leaveOut: (lessons, part) => this.#ask({ of: 'leave_out', lessons, part }),
      head: (lessons, strength) => this.#ask({ of: 'head', lessons, strength }),
      kind: (lessons, distances) => this.#ask({ of: 'kind', lessons, distances }),
      temperature: (logits, labels, types) => this.#ask({ of: 'temperature', logits, labels, types }),
      measure: (cells) => this.#ask({ of: 'measure', cells, draws: usualDraws }),
    };
  }

  async #ask<Of extends LearnCall['of']>(call: LearnCall & { of: Of }): Promise<LearnResults[Of]> {
    const link = this.#links[this.#turn++ % this.#links.length] as WorkerLink;
    await link.ready(async () => { await link.ask({ type: 'open_learning', coreWasm: this.#coreWasm }, 'learning_opened'); });
    return (await link.ask({ type: 'learn', call }, 'learned')).result as LearnResults[Of];
  }
}

const [mostCandidates, mostLabelled] = [300, 500];

/** As `kUsualStrength` of the core. */
const usualStrength = 100;

type Read = ReturnType<typeof readerOf>;

async function blankBase(read: Read, frame: FrameSquare | undefined): Promise<TeachBase> {
  const encoder = await readEncoder((file) => read(file));
  return encoderBase(encoder, blocksOf(encoder.spec), frame);
}

async function startingModel(read: Read): Promise<ModelFiles> {
  const files = await readModel((file) => read(file));
  if (!canStartFrom(files.spec)) throw new CytodropError('invalid_model', `The model ${files.spec.name} cannot be learned further: its head is not one layer with a probability for each type.`);
  return files;
}

/**
 * What a head says of a cell.
 *
 * Args:
 *   temperature: of an examination before; 1, uncalibrated, unless told.
 * Returns: [types], summing to 1.
 */
export function probabilitiesOf({ weights, bias, types }: QuickHead, cell: ShownCell, temperature = 1): number[] {
  const { features } = cell;
  const known = knownLogits(cell, types.length);
  return softmax(types.map((_, type) => {
    let sum = (bias[type] ?? 0) + (known[type] ?? 0);
    const first = type * features.length;
    for (let j = 0; j < features.length; j++) sum += (weights[first + j] as number) * (features[j] as number);
    return sum;
  }), temperature);
}
