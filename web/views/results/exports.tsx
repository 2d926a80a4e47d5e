/** The way to results as files. */
import { openDialog } from '../../parts/dialog.tsx';
import { progress } from '../../state/images.ts';
import { modelState } from '../../state/models.ts';
import { selection } from '../../state/selection.ts';
import { layout } from '../../state/view.ts';
import { words } from './words.tsx';

const isReady = (): boolean => modelState.value.phase === 'ready' && progress.value.done > 0;

export function ExportButton() {
  return (
    <button type="button" data-testid="export" aria-haspopup="dialog" disabled={!isReady()} onClick={() => openDialog('export')}>
      {words.exports.open(selection.value)}
    </button>
  );
}

/** What is done with a report once it is there. */
export function ReportButtons() {
  const ready = isReady();
  return (
    <>
      <button type="button" data-testid="paper-open" disabled={!ready} aria-pressed={layout.value === 'paper'} onClick={() => (layout.value = 'paper')}>
        {words.exports.paper}
      </button>
      <button type="button" data-testid="check-report" aria-haspopup="dialog" disabled={!ready} onClick={() => openDialog('check')}>
        {words.exports.checkReport}
      </button>
    </>
  );
}
