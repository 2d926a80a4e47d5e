/** The drop area once there are images: how far the work is, and a place to add more. */
import { researchNote } from '../../../src/js/index.ts';
import { openDialog } from '../../parts/dialog.tsx';
import { openFilePicker, openFolderPicker } from '../../parts/file_inputs.tsx';
import { Menu } from '../../parts/menu.tsx';
import { ModeChoice } from '../../parts/mode_choice.tsx';
import { openLive } from '../../state/live.ts';
import { mode } from '../../state/mode.ts';
import { cells, progress, unread } from '../../state/images.ts';
import { modelState } from '../../state/models.ts';
import { pace, runState } from '../../state/progress.ts';
import { cancel, run } from '../../state/run.ts';
import { isSheet } from '../../state/view.ts';
import { words } from './words.tsx';

export function ProgressBar() {
  const { done, total } = progress.value;
  const state = runState.value === 'idle' ? 'done' : runState.value;
  return (
    <section class="progress" aria-label={words.progress.region}>
      <p class="progress-words">
        <strong>{headline(state, done, total)}</strong>
        <span class="small">{details(state)}</span>
        <button type="button" class="link small" aria-haspopup="dialog" onClick={() => openDialog('use')}>
          {researchNote}
        </button>
      </p>
      <div class="progress-actions">
        {!isSheet.value && <ModeChoice />}
        {state === 'running' && (
          <button type="button" data-testid="cancel" onClick={cancel}>
            {words.progress.cancel}
          </button>
        )}
        {state === 'cancelled' && done < total && (
          <button type="button" class="main" data-testid="go-on" disabled={modelState.value.phase !== 'ready'} onClick={() => void run()}>
            {words.progress.goOn}
          </button>
        )}
        <button type="button" data-testid="drop-zone" aria-keyshortcuts="o" onClick={openFilePicker}>
          {words.progress.addImages}
        </button>
        <Menu name="images" word={isSheet.value ? words.progress.more : words.progress.otherWays}>
          <button type="button" data-testid="add-folder" onClick={openFolderPicker}>
            {words.progress.addFolder}
          </button>
          <button type="button" data-testid="use-camera" onClick={openLive}>
            {words.progress.useCamera}
          </button>
          {isSheet.value && (
            <div class="menu-part">
              <ModeChoice />
            </div>
          )}
        </Menu>
      </div>
      <div
        class="track"
        role="progressbar"
        aria-label={words.progress.bar}
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
  if (state === 'running') return words.progress.running(done, total);
  if (state === 'cancelled' && done < total) return words.progress.stopped(done, total);
  return mode.value === 'fields' ? words.progress.framesDone(total) : words.progress.imagesDone(total);
}

function details(state: string): string {
  if (state === 'cancelled') return words.progress.kept;
  const found = mode.value === 'fields' ? words.progress.cellsFound(cells.value.length) : '';
  if (state === 'done') return [found, unread.value.length > 0 ? words.progress.unread(unread.value.length) : ''].filter(Boolean).join(', ');
  if (modelState.value.phase === 'loading') return words.progress.waitingForModel;
  if (!pace.value) return found;
  const { perSecond } = pace.value;
  const leftMs = Math.max(1000, pace.value.leftMs);
  return mode.value === 'fields' ? words.progress.framesPace(perSecond, leftMs, cells.value.length) : words.progress.cellsPace(perSecond, leftMs);
}
