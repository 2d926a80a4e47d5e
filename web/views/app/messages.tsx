/** What the page has to say: trouble with the model, a line about what was added, progress for those who listen. */
import { computed } from '@preact/signals';
import { mode } from '../../state/mode.ts';
import { cells, progress, unread } from '../../state/images.ts';
import { retryModel } from '../../state/model_choice.ts';
import { modelState } from '../../state/models.ts';
import { notice } from '../../state/notice.ts';
import { runState } from '../../state/progress.ts';
import { words } from './words.ts';

export function Messages() {
  const model = modelState.value;
  return (
    <div class="messages">
      {model.phase === 'failed' && (
        <p class="message" role="alert">
          {!model.selfTestFailed && <strong>{words.messages.notLoaded} </strong>}
          {model.message}
          {progress.value.total > 0 && !model.selfTestFailed && ` ${words.messages.resultsKept}`}
          {model.canRetry && (
            <button type="button" onClick={retryModel}>
              {words.messages.tryAgain}
            </button>
          )}
        </p>
      )}
      {notice.value && (
        <p class="message" role="status">
          {notice.value.words}
          {notice.value.undo && (
            <button type="button" data-testid="undo" onClick={notice.value.undo}>
              {words.messages.undo}
            </button>
          )}
          {notice.value.action && (
            <button type="button" data-testid="notice-action" onClick={notice.value.action.act}>
              {notice.value.action.words}
            </button>
          )}
          <button type="button" onClick={() => (notice.value = null)}>
            {words.messages.close}
          </button>
        </p>
      )}
    </div>
  );
}

const announcement = computed(() => {
  const { done, total } = progress.value;
  const named = cells.value.filter(({ unnamed }) => !unnamed).length;
  const result = mode.value === 'fields' ? words.progress.inFrames(cells.value.length, named, unread.value.length) : words.progress.classified(named, unread.value.length);
  if (runState.value === 'done') return words.progress.finished(result);
  if (runState.value === 'cancelled') return words.progress.stopped(result);
  if (runState.value === 'idle' || total === 0) return '';
  const tenths = Math.floor((10 * done) / total);
  return tenths === 0 ? words.progress.classifying(total) : words.progress.done(tenths * 10);
});

export function Announcer() {
  return (
    <p class="visually-hidden" aria-live="polite" data-testid="announcer">
      {announcement}
    </p>
  );
}
