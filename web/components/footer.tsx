/** What stands behind the numbers, always in sight. */
import { useEffect } from 'preact/hooks';
import { researchNote } from '../export.ts';
import { formatCount } from '../format.ts';
import { askWorkers, requestsSinceFirstImage } from '../state/requests.ts';
import { modelState, runState, spec } from '../state/session.ts';
import { openDialog } from './dialog.tsx';

export function Footer({ inert }: { inert: boolean }) {
  const model = spec.value;
  const state = modelState.value;
  const since = requestsSinceFirstImage();
  useEffect(() => {
    if (state.phase === 'ready' && runState.value !== 'running') void askWorkers();
  }, [state.phase, runState.value]);
  return (
    <footer class="page-footer small" inert={inert} data-testid="footer" data-self-test={state.phase === 'ready' ? (state.selfTest.passed ? 'passed' : 'failed') : 'waiting'} data-requests-since={since}>
      <strong>{researchNote}</strong>
      {model && (
        <span>
          {model.title} {model.version}
        </span>
      )}
      {state.phase === 'ready' && (
        <>
          <span>
            {state.runtime.engine.name}, {formatCount(state.runtime.engine.threads)} {state.runtime.engine.threads === 1 ? 'thread' : 'threads'}
          </span>
          <span title={`largest difference of a logit: ${state.selfTest.maxLogitDifference.toExponential(1)}`}>self-test {state.selfTest.passed ? 'passed' : 'failed'}</span>
        </>
      )}
      <button type="button" class="link" aria-haspopup="dialog" onClick={() => openDialog('privacy')}>
        requests since the first image: {formatCount(since)}
      </button>
    </footer>
  );
}
