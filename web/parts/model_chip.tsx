/** The model in use, in one press; opens the picker. */
import type { ModelMetrics } from '../../src/js/index.ts';
import { isUncharted } from '../state/batch.ts';
import { formatPercent } from '../state/format.ts';
import { isOwn, listings, modelState, spec } from '../state/models.ts';
import { openDialog } from './dialog.tsx';
import { formatBytes, words } from './words.ts';

/** "98.9 % (98.1–99.4 %)". */
export function accuracyWords({ accuracy, accuracy_interval_95: [low, high] }: Pick<ModelMetrics, 'accuracy' | 'accuracy_interval_95'>): string {
  return `${precisePercent(accuracy)} (${precisePercent(low).replace(/\s*%/, '')}–${precisePercent(high)})`;
}

/** Accuracies near one another need the tenth. */
function precisePercent(share: number): string {
  return `${(share * 100).toLocaleString(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 })}\u00a0%`;
}

function loadingWords(): string | null {
  const state = modelState.value;
  if (state.phase === 'failed') return words.model.notLoaded;
  if (state.phase === 'ready') return null;
  return state.totalBytes > 0 ? words.model.loadingShare(formatPercent(state.loadedBytes / state.totalBytes)) : words.model.loading;
}

export function ModelChip() {
  const model = spec.value;
  return (
    <button type="button" class="model-chip" data-testid="model-picker" data-phase={modelState.value.phase} aria-haspopup="dialog" disabled={!model} onClick={() => openDialog('model')}>
      <span class="model-facts">
        <strong>{model?.title ?? words.model.none}</strong>
        {model && (
          <>
            {isOwn.value && <span>{words.model.own}</span>}
            <span>{formatBytes(model.network.bytes)}</span>
            <span>{!model.metrics.test ? words.model.neverMeasured : isUncharted.value ? words.model.rightAtHome : words.model.right(accuracyWords(model.metrics.test))}</span>
          </>
        )}
        {loadingWords() && <span>{loadingWords()}</span>}
      </span>
      <span class="change">{listings.value.length > 1 ? words.model.change : words.model.about}</span>
    </button>
  );
}
