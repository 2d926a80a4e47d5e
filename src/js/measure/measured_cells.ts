/** Classified images and what a person says they are, brought together. */
import type { LabelledCells } from '#cytodrop_core';
import type { ClassifiedCell } from '../classify/outcome.ts';
import type { UnreadFile } from '../core/errors.ts';
import { asAsked, type Asked, kindOf } from '../classify/verdict.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { Truth } from './truth.ts';

/** What cells are grouped by: nothing, so that each is its own; the frame that they lie in; their folder; a column of the table that their types stand in. */
export type Grouping = 'none' | 'file' | 'folder' | 'column';

/** What became of images that do not count, and of those that do. */
export interface Accounting {
  images: number;
  /** Of known type, read and measured. */
  measured: number;
  unread: number;
  /** Nobody said what they are. */
  without_truth: number;
  /** By the name that the model has no type for. */
  of_other_types: Record<string, number>;
  /** Of those measured: verdicts as a person sees them. */
  named: number;
  named_rightly: number;
  unsure: number;
  foreign: number;
  poor_quality: number;
}

/** What is asked of a classified cell. */
export type Measurable = Pick<ClassifiedCell, 'status' | 'label' | 'probability' | 'probabilities' | 'quality' | 'foreign' | 'unsure' | 'second'>;

/** Gathers cells one by one, so that only numbers are kept of each. */
export class MeasuredCells {
  readonly accounting: Accounting = { images: 0, measured: 0, unread: 0, without_truth: 0, of_other_types: {}, named: 0, named_rightly: 0, unsure: 0, foreign: 0, poor_quality: 0 };
  readonly #spec: ModelSpec;
  readonly #ids: string[];
  readonly #asked: Asked;
  readonly #truth: number[] = [];
  readonly #probabilities: number[] = [];
  readonly #groups: number[] = [];
  readonly #weights: number[] = [];
  /** What another model says, as far as it was asked: all for one type, since its other probabilities are not known. */
  readonly #second: number[] = [];
  readonly #numberOf = new Map<string, number>();

  constructor(spec: ModelSpec, asked: Asked) {
    this.#spec = spec;
    this.#ids = spec.classes.map(({ id }) => id);
    this.#asked = asked;
  }

  /**
   * Every image counts: whatever was found, what is measured is the likeliest type, and how verdicts fared is counted beside.
   *
   * Args:
   *   weight: how many cells it stands for.
   */
  add(record: Measurable | Pick<UnreadFile, 'status'>, truth: Truth | undefined, weight = 1): void {
    const { accounting } = this;
    accounting.images++;
    if (record.status !== 'ok') accounting.unread++;
    else if (truth === undefined) accounting.without_truth++;
    else if (truth.type === undefined) accounting.of_other_types[truth.name] = (accounting.of_other_types[truth.name] ?? 0) + 1;
    else this.#take(asAsked(record, this.#spec, this.#asked), truth.type, truth.group, weight);
  }

  cells(grouping: Grouping): LabelledCells {
    return {
      types: this.#ids.length, truth: Int32Array.from(this.#truth), probabilities: Float64Array.from(this.#probabilities),
      ...(grouping !== 'none' && { groups: Int32Array.from(this.#groups) }),
      ...(this.#weights.some((weight) => weight !== 1) && { weights: Float64Array.from(this.#weights) }),
    };
  }

  /** The same cells by the other model; null where it was not asked about each. Only which type it names counts. */
  secondCells(grouping: Grouping): LabelledCells | null {
    return this.#second.length > 0 && this.#second.length === this.#probabilities.length ? { ...this.cells(grouping), probabilities: Float64Array.from(this.#second) } : null;
  }

  get groupCount(): number {
    return this.#numberOf.size;
  }

  #take(cell: Measurable, type: string, group: string, weight: number): void {
    const { accounting } = this;
    accounting.measured++;
    const kind = kindOf(cell);
    if (kind === 'type') {
      accounting.named++;
      if (cell.label === type) accounting.named_rightly++;
    } else accounting[kind === 'quality' ? 'poor_quality' : kind]++;
    this.#truth.push(this.#ids.indexOf(type));
    this.#weights.push(weight);
    if (cell.second) this.#second.push(...this.#ids.map((id) => Number(id === cell.second?.label)));
    this.#probabilities.push(...cell.probabilities);
    const number = this.#numberOf.get(group) ?? this.#numberOf.size;
    this.#numberOf.set(group, number);
    this.#groups.push(number);
  }
}
