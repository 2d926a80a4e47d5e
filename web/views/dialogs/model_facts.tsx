/** What a model's spec says of it, in words. */
import type { ModelSpec } from '../../../src/js/index.ts';
import { FactList } from '../../parts/fact_list.tsx';
import { accuracyWords } from '../../parts/model_chip.tsx';
import { formatBytes } from '../../parts/words.ts';
import { formatPercent } from '../../state/format.ts';
import { words } from './words.ts';

export function ModelFacts({ spec }: { spec: ModelSpec }) {
  const { test } = spec.metrics;
  const facts: [string, string][] = [
    ...(spec.author === undefined ? [] : [[words.facts.author, spec.author] as [string, string]]),
    [words.facts.right, test ? words.facts.rightOf(accuracyWords(test), test.correct, test.images) : words.facts.elsewhereNever],
    [words.facts.elsewhere, elsewhereWords(spec)],
    ...(test ? [[words.facts.balanced, formatPercent(test.balanced_accuracy)], [words.facts.calibration, formatPercent(test.ece)]] as [string, string][] : []),
    ...(test?.unsure === undefined ? [] : [[words.facts.unsure, words.facts.unsureOf(formatPercent(test.unsure), formatPercent(spec.judge.abstain_below))] as [string, string]]),
    [words.facts.foreign, spec.novelty ? words.facts.foreignTold : words.facts.foreignUntold],
    [words.facts.split, spec.training.split],
    [words.facts.network, words.facts.networkOf(spec.network.architecture, spec.network.parameters, formatBytes(spec.network.bytes))],
    [words.facts.sees, inputWords(spec)],
    [words.facts.trainedOn, words.facts.trainedOnOf(spec.training.data, spec.training.images.train)],
    [words.facts.source, spec.training.source],
    [words.facts.dataLicence, spec.training.data_licence],
    [words.facts.licence, spec.licence],
  ];
  return <FactList class="facts-list small" facts={facts} />;
}

/** What the model does on images of another source, where that is known. */
export function elsewhereWords({ metrics: { elsewhere } }: ModelSpec): string {
  if (!elsewhere) return words.facts.elsewhereNever;
  return words.facts.elsewhereOf(accuracyWords(elsewhere), elsewhere.named, elsewhere.images, elsewhere.named === 0 ? null : formatPercent(elsewhere.named_correct / elsewhere.named), elsewhere.what);
}

function inputWords({ crop, input }: ModelSpec): string {
  const channels = input.channels === 'rgb' ? 'colour' : 'grey';
  const { width_px: width, height_px: height } = input;
  if (crop.rule === 'stained_cell') return words.facts.seesCell(width, height);
  return crop.rule === 'none' ? words.facts.seesWhole[channels](width, height) : words.facts.seesCentre[channels](crop.side_px, width, height);
}
