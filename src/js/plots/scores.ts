/** The scores of a measurement in the words of a person: the same on the page and in the report. */
import type { Comparison, Measured, Measurement } from '#cytodrop_core';
import { countWords } from './numbers.ts';

export interface Score { name: string; meaning: string; measured: Measured }

/** Where all draws of the bootstrap are alike, as where all cells are right, they say nothing of how uncertain a score is. */
export function honest(measured: Measured): Measured {
  return measured.interval && measured.interval[0] === measured.interval[1] ? { ...measured, interval: null } : measured;
}

export function scoresOf(found: Measurement): Score[] {
  return scores(found).map((score) => ({ ...score, measured: honest(score.measured) }));
}

function scores(found: Measurement): Score[] {
  return [
    { name: 'Accuracy', meaning: 'share of cells whose likeliest type is the true one', measured: found.accuracy },
    { name: 'Balanced accuracy', meaning: 'mean recall of the types that occur', measured: found.balanced_accuracy },
    { name: 'Macro F1', meaning: 'mean F1 of the types; F1 is the harmonic mean of precision and recall', measured: found.macro_f1 },
    { name: 'Matthews correlation', meaning: '1 when all are right, 0 for a guess', measured: found.matthews },
    { name: 'Brier score', meaning: 'squared error of the probabilities, 0 to 2; small is good', measured: found.brier },
    { name: 'Calibration error', meaning: 'how far probabilities are from the shares that are right; small is good', measured: found.calibration_error },
  ];
}

export const typeScores = [
  { name: 'Precision', of: 'precision' }, { name: 'Recall', of: 'recall' }, { name: 'F1', of: 'f1' }, { name: 'ROC area', of: 'roc_area' }, { name: 'Average precision', of: 'average_precision' },
] as const;

/** What the comparison of two models says, names as the caller writes them. */
export function comparisonWords({ only_first, only_second, p, accuracy_gain: { interval } }: Comparison, first: string, second: string): string {
  const [low, high] = interval ?? [0, 0];
  const verdict = low > 0 ? `${second} is more often right.` : high < 0 ? `${first} is more often right.` : 'These cells do not tell which is more often right.';
  const chance = p < 0.0001 ? 'p\u00a0<\u00a00.0001' : `p\u00a0=\u00a0${p.toFixed(4)}`;
  return `${verdict} Cells that only one of them names rightly: ${countWords(only_first)} by ${first}, ${countWords(only_second)} by ${second} (McNemar's exact test: ${chance}, as if no two cells were alike).`;
}

export function gainsOf({ accuracy_gain, balanced_accuracy_gain }: Comparison): Score[] {
  return [
    { name: 'Gain in accuracy', meaning: 'of the second over the first', measured: accuracy_gain },
    { name: 'Gain in balanced accuracy', meaning: 'of the second over the first', measured: balanced_accuracy_gain },
  ];
}
