/** What the page has to say: trouble with the model, a line about what was added, progress for those who listen. */
import { computed } from '@preact/signals';
import { formatCount } from '../../state/format.ts';
import { cells, progress, unread } from '../../state/images.ts';
import { retryModel } from '../../state/model_choice.ts';
import { modelState } from '../../state/models.ts';
import { notice } from '../../state/notice.ts';
import { runState } from '../../state/progress.ts';

export function Messages() {
  const model = modelState.value;
  return (
    <div class="messages">
      {model.phase === 'failed' && (
        <p class="message" role="alert">
          {!model.selfTestFailed && <strong>The model could not be loaded. </strong>}
          {model.message}
          {progress.value.total > 0 && !model.selfTestFailed && ' Your images and results are kept.'}
          {model.canRetry && (
            <button type="button" onClick={retryModel}>
              Try again
            </button>
          )}
        </p>
      )}
      {notice.value && (
        <p class="message" role="status">
          {notice.value.words}
          {notice.value.undo && (
            <button type="button" data-testid="undo" onClick={notice.value.undo}>
              Undo
            </button>
          )}
          <button type="button" onClick={() => (notice.value = null)}>
            Close
          </button>
        </p>
      )}
    </div>
  );
}

const announcement = computed(() => {
  const { done, total } = progress.value;
  const kept = `${formatCount(cells.value.length)} cells classified, ${formatCount(unread.value.length)} files not read.`;
  if (runState.value === 'done') return `Finished. ${kept}`;
  if (runState.value === 'cancelled') return `Stopped. ${kept}`;
  if (runState.value === 'idle' || total === 0) return '';
  const tenths = Math.floor((10 * done) / total);
  return tenths === 0 ? `Classifying ${formatCount(total)} images.` : `${tenths * 10} per cent done.`;
});

export function Announcer() {
  return (
    <p class="visually-hidden" aria-live="polite" data-testid="announcer">
      {announcement}
    </p>
  );
}
