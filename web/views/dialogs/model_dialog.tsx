/** The models of this site, each with its card. */
import type { ModelSpec } from '../../../src/js/index.ts';
import { ClassMark } from '../../parts/class_mark.tsx';
import { closeDialog, Dialog } from '../../parts/dialog.tsx';
import { accuracyWords } from '../../parts/model_chip.tsx';
import { formatBytes } from '../../parts/words.ts';
import { progress } from '../../state/images.ts';
import { pickModel } from '../../state/model_choice.ts';
import { chosenName, listings, modelState } from '../../state/models.ts';
import { keeping, keptModels } from '../../state/offline.ts';
import { resetView } from '../../state/view.ts';
import { elsewhereWords, ModelFacts } from './model_facts.tsx';
import { openAbout } from './page_text.tsx';
import { words } from './words.ts';

export function ModelDialog() {
  return (
    <Dialog name="model" title={words.models.title}>
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
        {words.models.summary(accuracyWords(test), spec.classes.length, formatBytes(spec.network.bytes), spec.licence.replace(/[.:,] .*$/s, ''))}
      </p>
      <p class="small muted">{words.models.elsewhere(elsewhereWords(spec))}</p>
      <UseButton name={spec.name} />
      {keeping.value === 'ready' && !keptModels.value.has(spec.name) && <p class="small muted">{words.models.needsNetwork}</p>}
      <button type="button" class="link" data-testid="about-model" onClick={() => openAbout(spec.name)}>
        {words.models.about}
      </button>
      <details open={listings.value.length === 1}>
        <summary>{words.models.typesAndFacts}</summary>
        <h4>{words.models.types}</h4>
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
        <h4>{words.models.facts}</h4>
        <ModelFacts spec={spec} />
      </details>
    </article>
  );
}

/** Changing the model keeps the images and classifies them again. */
function UseButton({ name }: { name: string }) {
  const images = progress.value.total;
  if (name === chosenName.value && modelState.value.phase !== 'failed') return <p class="small in-use">{words.models.inUse}</p>;
  return (
    <button
      type="button"
      class="main"
      data-testid="use-model"
      onClick={() => {
        resetView();
        pickModel(name);
        closeDialog();
      }}
    >
      {images === 0 ? words.models.use : words.models.useAgain(images)}
    </button>
  );
}
