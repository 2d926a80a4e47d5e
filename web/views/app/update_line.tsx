/** The quiet offer of a newer version; nobody is interrupted for it. */
import { progress } from '../../state/images.ts';
import { newVersion, useNewVersion } from '../../state/offline.ts';
import { runState } from '../../state/progress.ts';

export function UpdateLine() {
  if (newVersion.value === 'none' || runState.value === 'running') return null;
  return (
    <p class="message" role="status" data-testid="new-version">
      {newVersion.value === 'offered' ? 'A new version is ready.' : 'Another tab uses a newer version by now.'}
      <button type="button" data-testid="use-new-version" onClick={useNewVersion}>
        Use it now
      </button>
      {progress.value.total > 0 && <span class="small muted">The page is loaded anew: save the results here first.</span>}
    </p>
  );
}
