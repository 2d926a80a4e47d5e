/** The models of this site, each with its card. */
import { formatCount, formatPercent } from '../format.ts';
import { chooseModel, chosenName, listings, modelState, progress } from '../state/session.ts';
import { resetView } from '../state/view.ts';
import type { ModelSpec } from '../types.ts';
import { ClassMark } from './class_mark.tsx';
import { FactList } from './fact_list.tsx';
import { closeDialog, Dialog } from './dialog.tsx';
import { accuracyWords } from './model_chip.tsx';
import { formatBytes } from './words.ts';

export function ModelDialog() {
  return (
    <Dialog name="model" title="Models">
      {listings.value.map(({ name, spec }) => (
        <ModelCard key={name} spec={spec} />
      ))}
    </Dialog>
  );
}

function ModelCard({ spec }: { spec: ModelSpec }) {
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
  return (
    <article class="model-card" data-testid="model-card" data-model={spec.name}>
      <h3>
        {spec.title} <span class="muted">{spec.version}</span>
      </h3>
      <p>{spec.purpose}</p>
      {spec.caution && <p class="caution small">{spec.caution}</p>}
      <p class="small muted">
        {accuracyWords(test)} right, {formatCount(spec.classes.length)} types, {formatBytes(spec.network.bytes)}, licence {spec.licence.replace(/[.:,] .*$/s, '')}
      </p>
      <UseButton name={spec.name} />
      <details open={listings.value.length === 1}>
        <summary>Types and facts</summary>
        <h4>Types</h4>
        <dl class="types">
          {spec.classes.map(({ id, name, letter, description }, i) => (
            <div key={id}>
              <dt>
                <ClassMark index={i} letter={letter} />
                {name}
              </dt>
              <dd class="small muted">{description}</dd>
            </div>
          ))}
        </dl>
        <h4>Facts</h4>
        <FactList class="facts-list small" facts={facts} />
      </details>
    </article>
  );
}

function inputWords({ crop, input }: ModelSpec): string {
  const size = `${input.width_px} × ${input.height_px} px ${input.channels === 'rgb' ? 'in colour' : 'in grey'}`;
  return crop.rule === 'none' ? `the whole image, resized to ${size}` : `the central ${crop.side_px} × ${crop.side_px} px, resized to ${size}`;
}

/** Changing the model keeps the images and classifies them again. */
function UseButton({ name }: { name: string }) {
  const images = progress.value.total;
  if (name === chosenName.value && modelState.value.phase !== 'failed') return <p class="small in-use">In use</p>;
  return (
    <button
      type="button"
      class="main"
      data-testid="use-model"
      onClick={() => {
        resetView();
        void chooseModel(name);
        closeDialog();
      }}
    >
      {images === 0 ? 'Use this model' : `Use it and classify the ${formatCount(images)} images again`}
    </button>
  );
}
