/** The models of this site, each with its card. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ModelSpec } from '../../../src/js/index.ts';
import { ClassMark } from '../../parts/class_mark.tsx';
import { closeDialog, Dialog } from '../../parts/dialog.tsx';
import { openModelPicker } from '../../parts/file_inputs.tsx';
import { addTrouble } from '../../parts/model_files.ts';
import { accuracyWords } from '../../parts/model_chip.tsx';
import { formatBytes } from '../../parts/words.ts';
import { progress } from '../../state/images.ts';
import { keptHere, lastAdded, saveModel } from '../../state/added_models.ts';
import { pickModel, removeModel } from '../../state/model_choice.ts';
import { chosenName, listings, modelState } from '../../state/models.ts';
import { keeping, keptModels } from '../../state/offline.ts';
import { resetView } from '../../state/view.ts';
import { elsewhereWords, ModelFacts } from './model_facts.tsx';
import { openAbout } from './page_text.tsx';
import { words } from './words.ts';

export function ModelDialog() {
  useEffect(() => () => {
    addTrouble.value = '';
    lastAdded.value = null;
  }, []);
  return (
    <Dialog name="model" title={words.models.title}>
      <p class="add-model small">
        <button type="button" data-testid="add-model" onClick={openModelPicker}>
          {words.models.add}
        </button>
        <span class="muted">{words.models.addHint}</span>
      </p>
      {addTrouble.value && (
        <p class="warning" role="alert" data-testid="add-trouble">
          {addTrouble.value}
        </p>
      )}
      {listings.value.map(({ name, spec, added }) => (
        <ModelCard key={name} spec={spec} isOwn={added !== undefined} />
      ))}
    </Dialog>
  );
}

function ModelCard({ spec, isOwn }: { spec: ModelSpec; isOwn: boolean }) {
  const { test } = spec.metrics;
  const card = useRef<HTMLElement>(null);
  const isNew = lastAdded.value === spec.name;
  useEffect(() => {
    // Not before the dialog around it is open.
    if (isNew) requestAnimationFrame(() => card.current?.scrollIntoView({ block: 'nearest' }));
  }, [isNew]);
  return (
    <article ref={card} class="model-card" data-testid="model-card" data-model={spec.name} data-own={isOwn}>
      <h3>
        {spec.title} <span class="muted">{spec.version}</span>
        {isOwn && <span class="own-mark small">{words.models.own}</span>}
      </h3>
      <p>{spec.purpose}</p>
      {spec.caution && <p class="caution small">{spec.caution}</p>}
      <p class="small muted">
        {words.models.summary(test ? accuracyWords(test) : null, spec.classes.length, formatBytes(spec.network.bytes), spec.licence.replace(/[.:,] .*$/s, ''))}
      </p>
      <p class="small muted">{words.models.elsewhere(elsewhereWords(spec))}</p>
      <UseButton name={spec.name} />
      {keeping.value === 'ready' && !keptModels.value.has(spec.name) && <p class="small muted">{words.models.needsNetwork}</p>}
      {isOwn && <OwnModel spec={spec} />}
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

/** Whose it is, whether it outlives the page, and the ways out. */
function OwnModel({ spec: { name, title, author } }: { spec: ModelSpec }) {
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <p class="small muted" data-testid="own-model">
        {author && `${words.models.ownBy(author)}. `}
        {keptHere.value.has(name) ? words.models.kept : words.models.notKept}
      </p>
      {isAsked ? (
        <p class="project-actions">
          <span class="warning">{words.models.removeSure(title)}</span>
          <button type="button" class="main" data-testid="remove-model-yes" ref={(button) => button?.focus()} onClick={() => void removeModel(name)}>
            {words.models.removeYes}
          </button>
          <button type="button" onClick={() => setAsked(false)}>
            {words.models.removeNo}
          </button>
        </p>
      ) : (
        <p class="project-actions">
          <button type="button" data-testid="save-model" onClick={() => saveModel(name)}>
            {words.models.save}
          </button>
          <button type="button" data-testid="remove-model" onClick={() => setAsked(true)}>
            {words.models.remove}
          </button>
        </p>
      )}
    </>
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
