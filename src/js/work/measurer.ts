/** How good a model is on cells of known type, for those who have the results. */
import { platform } from '#platform';
import type { Comparison, Kappa, LabelledCells, Measurement } from '#cytodrop_core';
import { Core } from '../core/core.ts';

/** Of the bootstrap: enough for the ends of an interval to rest within a hundredth of its width. */
export const usualDraws = 2_000;

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

  async close(): Promise<void> {
    this.#core.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
