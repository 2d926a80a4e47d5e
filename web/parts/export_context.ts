/** What every export tells beside its results. */
import { appVersion, commit, type ExportContext } from '../../src/js/index.ts';
import { modelState, spec, unsureBelow } from '../state/models.ts';
import { withFileNames } from '../state/view.ts';
import { checkedColumns } from '../views/results/check_controls.tsx';

/** What every export says of its making; null until the model is there. */
export function exportContext(): ExportContext | null {
  const model = spec.value;
  const state = modelState.value;
  if (!model || state.phase !== 'ready') return null;
  return {
    ...checkedColumns(), spec: model, runtime: state.runtime, selfTest: state.selfTest, appVersion, fileNames: withFileNames.value,
    provenance: { commit, platform: navigator.userAgent, time: new Date().toISOString(), specSha256: state.runtime.specSha256 ?? null },
    ...(unsureBelow.value !== null && { unsureBelow: unsureBelow.value }),
  };
}
