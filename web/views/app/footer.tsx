/** What stands behind the numbers, always in sight. */
import { useEffect } from 'preact/hooks';
import { researchNote } from '../../../src/js/index.ts';
import { openDialog } from '../../parts/dialog.tsx';
import type { LoadedModel } from '../../state/client.ts';
import { modelState, spec } from '../../state/models.ts';
import { keeping } from '../../state/offline.ts';
import { runState } from '../../state/progress.ts';
import { askWorkers, requestsSinceFirstImage } from '../../state/requests.ts';
import { openAbout } from '../dialogs/page_text.tsx';
import { words } from './words.ts';

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
          <span title={words.footer.because(state.runtime.engineReason)} data-engine={state.runtime.engine.kind}>
            {engineWords(state)}
          </span>
          <span title={words.footer.difference(state.selfTest.maxLogitDifference.toExponential(1))}>{words.footer.selfTestPassed}</span>
        </>
      )}
      {keeping.value === 'ready' && <span>{words.footer.offline}</span>}
      <button type="button" class="link" data-testid="requests" aria-haspopup="dialog" onClick={() => openDialog('privacy')}>
        {words.footer.requests(since)}
      </button>
    </footer>
  );
}

/** The engine, and how many work at once: workers with a core each, or threads of ONNX Runtime. */
function engineWords({ runtime: { engine }, workers }: LoadedModel): string {
  return engine.kind === 'core' ? words.footer.workers(engine.name, workers) : words.footer.threads(engine.name, engine.threads);
}
