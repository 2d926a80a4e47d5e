/** A step back, and forth again. */
import { back, backWords, forth, forthWords } from '../../state/history.ts';
import { words } from './words.ts';

export function StepButtons() {
  if (backWords.value === null && forthWords.value === null) return null;
  return (
    <span class="steps" role="group" aria-label={`${words.undo}, ${words.redo}`}>
      <button type="button" data-testid="back" aria-keyshortcuts="Control+z" disabled={backWords.value === null} title={backWords.value === null ? undefined : words.undoOf(backWords.value)} onClick={back}>
        {words.undo}
      </button>
      <button type="button" data-testid="forth" aria-keyshortcuts="Control+Shift+z" disabled={forthWords.value === null} title={forthWords.value === null ? undefined : words.redoOf(forthWords.value)} onClick={forth}>
        {words.redo}
      </button>
    </span>
  );
}
