/** What stands behind the numbers, always in sight. */
import { useEffect } from 'preact/hooks';
import { researchNote } from '../../../src/js/index.ts';
import { openDialog } from '../../parts/dialog.tsx';
import type { LoadedModel } from '../../state/client.ts';
import { formatCount } from '../../state/format.ts';
import { modelState, spec } from '../../state/models.ts';
import { keeping } from '../../state/offline.ts';
import { runState } from '../../state/progress.ts';
import { askWorkers, requestsSinceFirstImage } from '../../state/requests.ts';
import { openAbout } from '../dialogs/page_text.tsx';

export function Footer({ inert }: { inert: boolean }) {
  const model = spec.value;
  const state = modelState.value;
  const since = requestsSinceFirstImage().network;
  useEffect(() => {
    if (state.phase === 'ready' && runState.value !== 'running') void askWorkers();
  }, [state.phase, runState.value]);
  return (
    <footer class="page-footer small" inert={inert} data-testid="footer" data-self-test={state.phase === 'ready' ? 'passed' : state.phase === 'failed' && state.selfTestFailed ? 'failed' : 'waiting'} data-requests-since={since} data-offline={keeping.value}>
      <button type="button" class="link" data-testid="use" aria-haspopup="dialog" onClick={() => openDialog('use')}>
        <strong>{researchNote}</strong>
      </button>
      {model && (
        <button type="button" class="link" data-testid="about" aria-haspopup="dialog" onClick={() => openAbout()}>
          {model.title} {model.version}
        </button>
      )}
      {state.phase === 'ready' && (
        <>
          <span title={`chosen because: ${state.runtime.engineReason}`} data-engine={state.runtime.engine.kind}>
            {state.runtime.engine.name}, {hands(state)}
          </span>
          <span title={`largest difference of a logit: ${state.selfTest.maxLogitDifference.toExponential(1)}`}>self-test passed</span>
        </>
      )}
      {keeping.value === 'ready' && <span>works without a connection</span>}
      <button type="button" class="link" data-testid="requests" aria-haspopup="dialog" onClick={() => openDialog('privacy')}>
        requests since the first image: {formatCount(since)}
      </button>
    </footer>
  );
}

/** How many work at once: workers with a core each, or threads of ONNX Runtime. */
function hands({ runtime: { engine }, workers }: LoadedModel): string {
  const [count, word] = engine.kind === 'core' ? [workers, 'worker'] : [engine.threads, 'thread'];
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
}
