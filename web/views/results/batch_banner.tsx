/** Above all results: that images as a whole are not of the kind that the model knows, and what would fit them better. */
import { openDialog } from '../../parts/dialog.tsx';
import { chooseMode } from '../../state/adding.ts';
import { batchDoubt, suggestion } from '../../state/batch.ts';
import { chooseModel } from '../../state/model_choice.ts';
import { chosenName } from '../../state/models.ts';
import { words as all } from './words.tsx';

const words = all.batch;

export function BatchBanner() {
  const doubt = batchDoubt.value;
  if (doubt === null) return null;
  return (
    <div class="batch-banner" role="alert" data-testid="batch-banner" data-rejected={doubt.rejected} data-of={doubt.of} data-cause={doubt.cause}>
      <p>
        <strong>{words.doubt(doubt.rejected, doubt.of)}</strong> {words.causes[doubt.cause]}{' '}
        <button type="button" class="link" aria-haspopup="dialog" onClick={() => openDialog('about')}>
          {words.about}
        </button>
      </p>
    </div>
  );
}

export function Suggestions() {
  const better = suggestion.value;
  if (better === null) return null;
  const inFields = better.countOnly;
  const use = async (name: string): Promise<void> => {
    if (inFields) chooseMode('fields');
    if (name !== chosenName.value) await chooseModel(name);
  };
  return (
    <p class="fields-hint small" data-testid="fields-hint" data-kind={better.kind}>
      {words.looksLike[better.kind](better.images)}{' '}
      {better.models.map(({ name, title }) => (
        <button key={name} type="button" data-testid={`suggest-${name}`} onClick={() => void use(name)}>
          {title}
        </button>
      ))}
      {better.countOnly && (
        <button type="button" data-testid="suggest-count" onClick={() => chooseMode('fields', false)}>
          {words.countOnly}
        </button>
      )}
    </p>
  );
}
