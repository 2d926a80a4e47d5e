/** The way to results as files. */
import { openDialog } from '../../parts/dialog.tsx';
import { progress } from '../../state/images.ts';
import { modelState } from '../../state/models.ts';
import { selection } from '../../state/selection.ts';
import { layout } from '../../state/view.ts';
import { words } from './words.tsx';

export function Exports() {
  const ready = modelState.value.phase === 'ready' && progress.value.done > 0;
  return (
    <div class="exports" role="group" aria-label={words.exports.group}>
      <button type="button" data-testid="export" aria-haspopup="dialog" disabled={!ready} onClick={() => openDialog('export')}>
        {words.exports.open(selection.value)}
      </button>
      <button type="button" data-testid="check-report" aria-haspopup="dialog" disabled={!ready} onClick={() => openDialog('check')}>
        {words.exports.checkReport}
      </button>
      <button type="button" data-testid="paper-open" disabled={!ready} aria-pressed={layout.value === 'paper'} onClick={() => (layout.value = 'paper')}>
        {words.exports.paper}
      </button>
    </div>
  );
}
