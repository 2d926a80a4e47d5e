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
