/** The models of this site, each with its card. */
import type { ModelSpec } from '../../../src/js/index.ts';
import { ClassMark } from '../../parts/class_mark.tsx';
import { closeDialog, Dialog } from '../../parts/dialog.tsx';
import { accuracyWords } from '../../parts/model_chip.tsx';
import { formatBytes } from '../../parts/words.ts';
import { formatCount } from '../../state/format.ts';
import { progress } from '../../state/images.ts';
import { chooseModel } from '../../state/model_choice.ts';
import { chosenName, listings, modelState } from '../../state/models.ts';
import { keeping, keptModels } from '../../state/offline.ts';
import { resetView } from '../../state/view.ts';
import { ModelFacts } from './model_facts.tsx';
import { openAbout } from './page_text.tsx';

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
      {keeping.value === 'ready' && !keptModels.value.has(spec.name) && <p class="small muted">Needs the network the first time it is used.</p>}
      <button type="button" class="link" data-testid="about-model" onClick={() => openAbout(spec.name)}>
        About this model
      </button>
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
        <ModelFacts spec={spec} />
      </details>
    </article>
  );
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
