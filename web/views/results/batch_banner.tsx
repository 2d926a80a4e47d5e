/** Above all results: that images as a whole are not of the kind that the model knows, and what would fit them better. */
import { batchWords, differenceWords } from '../../../src/js/index.ts';
import { openDialog } from '../../parts/dialog.tsx';
import { words as shared } from '../../parts/words.ts';
import { bringToSize, chooseMode } from '../../state/adding.ts';
import { batchDoubt, isScaled, scaleToFit, suggestion } from '../../state/batch.ts';
import { chooseModel } from '../../state/model_choice.ts';
import { cellSet, chosenName, imageScale, threshold } from '../../state/models.ts';
import { knownToNone, proposal, widerThatMay } from '../../state/which_model.ts';
import { words as all } from './words.tsx';

const words = all.batch;

export function BatchBanner() {
  const doubt = batchDoubt.value;
  const set = cellSet.value?.foreign ? cellSet.value : null;
  if (doubt === null && set === null) return null;
  const facts = { ...(doubt && { 'data-rejected': doubt.rejected, 'data-of': doubt.of, 'data-cause': doubt.cause }), ...(set && { 'data-set': set.cells }) };
  return (
    <div class="batch-banner" role="alert" data-testid="batch-banner" {...facts}>
      <p>
        {doubt && (
          <>
            <strong>{words.doubt(doubt.rejected, doubt.of)}</strong> {words.causes[doubt.cause]}{' '}
          </>
        )}
        {set && (doubt ? words.setToo(differenceWords(set.differences), threshold.value) : <span data-testid="foreign-set">{batchWords(set, threshold.value)} </span>)}
        <button type="button" class="link" aria-haspopup="dialog" onClick={() => openDialog('about')}>
          {words.about}
        </button>
        {widerThatMay.value && (
          <>
            {' '}
            {words.wider}{' '}
            <button type="button" data-testid="use-wider" onClick={() => void chooseModel(widerThatMay.value?.name ?? '')}>
              {widerThatMay.value.spec.title}
            </button>
          </>
        )}
      </p>
    </div>
  );
}

/** Offers to bring images to size that are all refused for it, and says so while that is done. */
export function Scale() {
  const offer = proposal.value ? null : scaleToFit.value;
  if (offer) {
    return (
      <p class="fields-hint small" data-testid="scale-offer" data-scale={offer.scale}>
        {words.scale.offer(offer.images)}{' '}
        <button type="button" data-testid="bring-to-size" onClick={() => bringToSize(offer.scale)}>
          {words.scale.enlarge(1 / offer.scale)}
        </button>
      </p>
    );
  }
  if (!isScaled.value) return null;
  return (
    <div class="batch-banner" role="status" data-testid="scale-note" data-scale={imageScale.value}>
      <p>
        <strong>{words.scale.enlarged(1 / imageScale.value)}</strong> {words.scale.uncharted}{' '}
        <button type="button" class="link" data-testid="as-they-are" onClick={() => bringToSize(1)}>
          {words.scale.asTheyAre}
        </button>
      </p>
    </div>
  );
}

export function Suggestions() {
  const better = suggestion.value;
  if (better === null) return null;
  const inFields = better.countOnly;
  // By size and colour alone; the models themselves know better.
  const models = proposal.value || knownToNone.value ? [] : better.models;
  if (models.length === 0 && better.kind !== 'singleCells' && !better.countOnly) return null;
  const use = async (name: string): Promise<void> => {
    if (inFields) chooseMode('fields');
    if (name !== chosenName.value) await chooseModel(name);
  };
  return (
    <p class="fields-hint small" data-testid="fields-hint" data-kind={better.kind}>
      {words.looksLike[better.kind](better.images)}{' '}
      {models.map(({ name, title }) => (
        <button key={name} type="button" data-testid={`suggest-${name}`} onClick={() => void use(name)}>
          {title}
        </button>
      ))}
      {better.kind === 'singleCells' && (
        <button type="button" data-testid="suggest-cells" onClick={() => chooseMode('cells')}>
          {shared.mode.values.cells}
        </button>
      )}
      {better.countOnly && (
        <button type="button" data-testid="suggest-count" onClick={() => chooseMode('fields', false)}>
          {shared.mode.values.count}
        </button>
      )}
    </p>
  );
}
