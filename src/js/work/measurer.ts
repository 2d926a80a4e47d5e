/** How good a model is on cells of known type, for those who have the results. */
import { platform } from '#platform';
import type { Comparison, Kappa, LabelledCells, Measurement, ShareEstimate } from '#cytodrop_core';
import { Core } from '../core/core.ts';
import { estimateTypeShares, type ShareQuestion, type TypeShares } from './share_estimates.ts';
import { CytodropError } from '../core/errors.ts';

/** Of the bootstrap: enough for the ends of an interval to rest within a hundredth of its width. */
export const usualDraws = 2_000;

/** One part of all cells, of which some were drawn at random to be looked at. */
export interface Stratum {
  /** Of the part. */
  cells: number;
  drawn: number;
  /** Of those drawn. */
  hits: number;
}

export class Measurer {
  readonly #core: Core;

  private constructor(core: Core) {
    this.#core = core;
  }

  /**
   * Args:
   *   home: folder of the library's files.
   */
  static async open({ home = platform.home }: { home?: URL } = {}): Promise<Measurer> {
    return new Measurer(await Core.open(await platform.read(new URL('cytodrop_core.wasm', home))));
  }

  /** Raises: CytodropError, `invalid_argument`, where the arrays do not fit together. */
  async measure(cells: LabelledCells, draws = usualDraws): Promise<Measurement> {
    return this.#core.measureCells(cells, draws);
  }

  /** Two models on the same cells, in the same order. Raises: as `measure`. */
  async compare(first: LabelledCells, second: LabelledCells, draws = usualDraws): Promise<Comparison> {
    return this.#core.compareModels(first, second, draws);
  }

  /** Cohen's kappa of one reader's types by another's; null where both gave one type only. Raises: as `measure`. */
  async kappa(matrix: Float64Array): Promise<Kappa | null> {
    return this.#core.kappa(matrix);
  }

  /**
   * How far two readers agree on the same cells.
   *
   * Args:
   *   first, second: [N] the type that each gave a cell, from 0.
   *   types: how many there are.
   * Returns: as `kappa`. Raises: CytodropError, `invalid_argument`.
   */
  async agreement(first: Int32Array, second: Int32Array, types: number): Promise<Kappa | null> {
    const isType = (type: number | undefined): boolean => type !== undefined && type >= 0 && type < types;
    if (first.length !== second.length || !first.every(isType) || !second.every(isType)) throw new CytodropError('invalid_argument', 'two readers must have given each cell one of the types');
    const matrix = new Float64Array(types * types);
    first.forEach((type, cell) => { const at = type * types + (second[cell] as number); matrix[at] = (matrix[at] as number) + 1; });
    return this.#core.kappa(matrix);
  }

  /**
   * Shares of the types among cells that a model named, freed of the errors that it is known to make.
   *
   * Args:
   *   named: [types] how many cells were called each.
   *   known: [types][types] true types by named ones, of other cells that were looked at.
   * Returns: [types] shares, at least 0, summing to 1; null where the errors cannot be undone.
   * Raises: as `measure`. Source: Rogan and Gladen 1978, for several types.
   */
  async adjustedShares(named: Float64Array, known: Float64Array): Promise<Float64Array | null> {
    return this.#core.adjustedShares(named, known);
  }

  /**
   * Shares of the types among cells where they are not as frequent as among the training images, by expectation maximisation.
   *
   * Args:
   *   probabilities: [N][types], calibrated where types are as frequent as `trained` says.
   *   trained: [types] shares among the training images.
   *   weights: [N] how many cells each stands for; unless told, itself.
   * Returns: [types] shares, summing to 1; `trained` where no cell counts.
   * Raises: as `measure`. Source: Saerens, Latinne and Decaestecker 2002.
   */
  async expectedShares(probabilities: Float64Array, trained: Float64Array, weights: Float64Array | null = null): Promise<Float64Array> {
    return this.#core.expectedShares(probabilities, trained, weights);
  }

  /** The share of hits among all cells, of which parts were drawn from unevenly, with its interval of 95 %. Raises: as `measure`. Source: Horvitz and Thompson 1952; Cochran 1977. */
  async stratifiedShare(strata: readonly Stratum[]): Promise<ShareEstimate> {
    return this.#core.stratifiedShare(Int32Array.from(strata.flatMap(({ cells, drawn, hits }) => [cells, drawn, hits])));
  }

  /** All of these of every type, with intervals: what a sample says of the whole. Raises: as `measure`. */
  async typeShares(question: ShareQuestion): Promise<TypeShares[]> {
    return estimateTypeShares(this.#core, question);
  }

  async close(): Promise<void> {
    this.#core.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
