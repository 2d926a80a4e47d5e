/** The drop area once there are images: how far the work is, and a place to add more. */
import { researchNote } from '../../../src/js/index.ts';
import { openDialog } from '../../parts/dialog.tsx';
import { openFilePicker, openFolderPicker } from '../../parts/file_inputs.tsx';
import { ModeChoice } from '../../parts/mode_choice.tsx';
import { formatCount, formatDuration } from '../../state/format.ts';
import { mode } from '../../state/frame_store.ts';
import { cells, progress, unread } from '../../state/images.ts';
import { modelState } from '../../state/models.ts';
import { pace, runState } from '../../state/progress.ts';
import { cancel, run } from '../../state/run.ts';

export function ProgressBar() {
  const { done, total } = progress.value;
  const state = runState.value === 'idle' ? 'done' : runState.value;
  return (
    <section class="progress" aria-label="Progress">
      <p class="progress-words">
        <strong>{headline(state, done, total)}</strong>
        <span class="small">{details(state)}</span>
        <button type="button" class="link small" aria-haspopup="dialog" onClick={() => openDialog('use')}>
          {researchNote}
        </button>
      </p>
      <div class="progress-actions">
        <ModeChoice />
        {state === 'running' && (
          <button type="button" data-testid="cancel" onClick={cancel}>
            Cancel
          </button>
        )}
        {state === 'cancelled' && done < total && (
          <button type="button" class="main" data-testid="go-on" disabled={modelState.value.phase !== 'ready'} onClick={() => void run()}>
            Go on
          </button>
        )}
        <button type="button" data-testid="drop-zone" aria-keyshortcuts="o" onClick={openFilePicker}>
          Add images
        </button>
        <button type="button" onClick={openFolderPicker}>
          Add a folder
        </button>
      </div>
      <div
        class="track"
        role="progressbar"
        aria-label="Images done"
        aria-valuemin={0}
        aria-valuenow={done}
        aria-valuemax={total}
        aria-valuetext={headline(state, done, total)}
        data-testid="progress"
        data-done={done}
        data-total={total}
        data-state={state}
      >
        <div style={{ transform: `scaleX(${total > 0 ? done / total : 0})` }} />
      </div>
    </section>
  );
}

function headline(state: string, done: number, total: number): string {
  const count = `${formatCount(done)} of ${formatCount(total)}`;
  if (state === 'running') return `${count} done`;
  return state === 'cancelled' && done < total ? `Stopped after ${count}` : `${formatCount(total)} ${mode.value === 'fields' ? (total === 1 ? 'frame' : 'frames') : total === 1 ? 'image' : 'images'} done`;
}

function details(state: string): string {
  if (state === 'cancelled') return 'What is done is kept.';
  const inFrames = mode.value === 'fields';
  const found = inFrames ? `${formatCount(cells.value.length)} ${cells.value.length === 1 ? 'cell' : 'cells'}` : '';
  if (state === 'done') return [found, unread.value.length > 0 ? `${formatCount(unread.value.length)} not read` : ''].filter(Boolean).join(', ');
  if (modelState.value.phase === 'loading') return 'waiting for the model';
  if (!pace.value) return found;
  const { perSecond, leftMs } = pace.value;
  return `${perSecond < 10 ? perSecond.toLocaleString(undefined, { maximumFractionDigits: 1 }) : formatCount(perSecond)} ${inFrames ? 'frames' : 'cells'} per second, ${formatDuration(Math.max(1000, leftMs))} left${inFrames ? `, ${found}` : ''}`;
}
