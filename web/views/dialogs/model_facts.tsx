/** What a model's spec says of it, in words. */
import type { ModelSpec } from '../../../src/js/index.ts';
import { FactList } from '../../parts/fact_list.tsx';
import { accuracyWords } from '../../parts/model_chip.tsx';
import { formatBytes } from '../../parts/words.ts';
import { formatCount, formatPercent } from '../../state/format.ts';

export function ModelFacts({ spec }: { spec: ModelSpec }) {
  const { test } = spec.metrics;
  const facts: [string, string][] = [
    ['Right on test images', `${accuracyWords(test)}, ${formatCount(test.correct)} of ${formatCount(test.images)} images, 95 % interval in brackets`],
    ['Balanced over types', formatPercent(test.balanced_accuracy)],
    ['Calibration error', formatPercent(test.ece)],
    ...(test.unsure === undefined ? [] : [['Called unsure', `${formatPercent(test.unsure)} of test images, below ${formatPercent(spec.judge.abstain_below)}`] as [string, string]]),
    ['Unlike its training images', spec.novelty ? 'such a cell is named as no type' : 'the model cannot tell, and names a type all the same'],
    ['Split', spec.training.split],
    ['Network', `${spec.network.architecture}, ${formatCount(spec.network.parameters)} parameters, ${formatBytes(spec.network.bytes)}`],
    ['Sees', inputWords(spec)],
    ['Trained on', `${spec.training.data} (${formatCount(spec.training.images.train)} images)`],
    ['Source', spec.training.source],
    ['Licence of the data', spec.training.data_licence],
    ['Licence of the model', spec.licence],
  ];
  return <FactList class="facts-list small" facts={facts} />;
}

function inputWords({ crop, input }: ModelSpec): string {
  const size = `${input.width_px} × ${input.height_px} px ${input.channels === 'rgb' ? 'in colour' : 'in grey'}`;
  return crop.rule === 'none' ? `the whole image, resized to ${size}` : `the central ${crop.side_px} × ${crop.side_px} px, resized to ${size}`;
}
