/** The quiet offer of a newer version; nobody is interrupted for it. */
import { progress } from '../../state/images.ts';
import { newVersion, useNewVersion } from '../../state/offline.ts';
import { runState } from '../../state/progress.ts';
import { words } from './words.ts';

export function UpdateLine() {
  if (newVersion.value === 'none' || runState.value === 'running') return null;
  return (
    <p class="message" role="status" data-testid="new-version">
      {newVersion.value === 'offered' ? words.update.ready : words.update.elsewhere}
      <button type="button" data-testid="use-new-version" onClick={useNewVersion}>
        {words.update.use}
      </button>
      {progress.value.total > 0 && <span class="small muted">{words.update.saveFirst}</span>}
    </p>
  );
}
