/** What a result comes to: image quality before "not like the training images" before "unsure" before a type. */
import type { QualityFlag } from '#cytodrop_core';
import type { ModelSpec } from '../model/spec.ts';

export type VerdictKind = 'quality' | 'foreign' | 'unsure' | 'type';

interface Judged { quality: readonly QualityFlag[]; foreign: boolean; unsure: boolean; probability: number }

/** The first that holds. */
export function kindOf({ quality, foreign, unsure }: Pick<Judged, 'quality' | 'foreign' | 'unsure'>): VerdictKind {
  return quality.length > 0 ? 'quality' : foreign ? 'foreign' : unsure ? 'unsure' : 'type';
}

/** The same result under another threshold, which needs no network; the same object where nothing changes. */
export function rejudge<Result extends Judged>(result: Result, unsureBelow: number): Result {
  const unsure = result.probability < unsureBelow;
  return unsure === result.unsure ? result : { ...result, unsure };
}

interface Named { label: string; probability: number; probabilities: number[] }

/**
 * The same result where only some types can occur: the others get no probability, and what is left is made to sum to 1 again.
 *
 * Args:
 *   types: ids of the classes that can; null: all, which changes nothing.
 */
export function restrict<Result extends Named>(result: Result, { classes }: Pick<ModelSpec, 'classes'>, types: readonly string[] | null): Result {
  if (types === null) return result;
  const can = classes.map(({ id }) => types.includes(id));
  const total = result.probabilities.reduce((sum, p, i) => sum + (can[i] ? p : 0), 0);
  // Where rounding left nothing of them, nothing is known.
  const probabilities = result.probabilities.map((p, i) => (!can[i] ? 0 : total > 0 ? p / total : 1 / types.length));
  const probability = Math.max(...probabilities);
  return { ...result, probabilities, probability, label: classes[probabilities.indexOf(probability)]?.id ?? result.label };
}

/** What a person asks of every verdict. */
export interface Asked {
  /** Top probability below which a cell is unsure. */
  unsureBelow: number;
  /** Ids of the classes that can occur; null: all. */
  types: readonly string[] | null;
}

/** A result as it was asked for, which needs no network. */
export function asAsked<Result extends Judged & Named>(result: Result, spec: Pick<ModelSpec, 'classes'>, { unsureBelow, types }: Asked): Result {
  return rejudge(restrict(result, spec, types), unsureBelow);
}

/** Ids of the classes that can occur, as a person names them: in the spec's order, null for all of them. Raises: RangeError for one that the model does not have, or for fewer than two. */
export function typesOf({ classes, name }: Pick<ModelSpec, 'classes' | 'name'>, asked: readonly string[]): string[] | null {
  const ids = classes.map(({ id }) => id);
  const unknown = asked.find((id) => !ids.includes(id));
  if (unknown !== undefined) throw new RangeError(`the model "${name}" has no type "${unknown}"; it has ${ids.join(', ')}`);
  const types = ids.filter((id) => asked.includes(id));
  if (types.length < 2) throw new RangeError('name at least two types: of one alone every cell would be');
  return types.length === ids.length ? null : types;
}

/** What a threshold bought on the model's validation images. */
export interface RiskPoint { threshold: number; decided: number; wrong: number; interval: [number, number] }

/** Thresholds rising; empty for a model that does not state them. */
export function riskCoverage({ judge }: Pick<ModelSpec, 'judge'>): RiskPoint[] {
  return (judge.risk_coverage ?? []).map(([threshold, decided, wrong, low, high]) => ({ threshold, decided, wrong, interval: [low, high] }));
}

/** The lowest threshold at which no more than `mostWrong` of the decided validation images were wrong; the highest there is where none was that good. */
export function thresholdFor(spec: Pick<ModelSpec, 'judge'>, mostWrong: number): RiskPoint | undefined {
  const points = riskCoverage(spec);
  // Chance may make a low threshold look better than a higher one: all higher ones must keep the promise too.
  const good = points.findIndex((_, i) => points.slice(i).every(({ wrong }) => wrong <= mostWrong));
  return good < 0 ? points.at(-1) : points[good];
}
