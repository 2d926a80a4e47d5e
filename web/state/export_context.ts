/** What every export tells beside its results. */
import { appVersion, cellKey, type CheckedColumns, commit, type ExportContext } from '../../src/js/index.ts';
import { mode } from './mode.ts';
import { cells, reviewNow } from './images.ts';
import { isComplete, narrowed } from './selection.ts';
import { cellSet, imageScale, isOwn, listings, modelState, secondName, secondSpec, spec, threshold, types } from './models.ts';
import { allReviews } from './review_store.ts';
import { withFileNames } from './view.ts';

/** What every export says of its making; null until the model is there. */
export function exportContext(): ExportContext | null {
  const model = spec.value;
  const state = modelState.value;
  if (!model || state.phase !== 'ready') return null;
  const selected = narrowed();
  return {
    ...checkedColumns(), spec: model, runtime: state.runtime, selfTest: state.selfTest, appVersion, fileNames: withFileNames.value, complete: isComplete.value,
    provenance: { commit, platform: navigator.userAgent, time: new Date().toISOString(), specSha256: state.runtime.specSha256 ?? null },
    ...(mode.value === 'cells' && { imageScale: imageScale.value }),
    ...(selected && { selection: selected }),
    unsureBelow: threshold.value,
    ...(types.value && { types: types.value }),
    ...(isOwn.value && { added: true }),
    ...(listings.value.some(({ name, added }) => added && name === secondName.value) && { secondAdded: true }),
    ...(cellSet.value && { batch: cellSet.value }),
    ...(allReviews().size > 0 && { reviewOf: (index: number, id?: number) => reviewNow(id === undefined ? index : cellKey(index, id)) }),
  };
}

/** Columns of an export for what was checked of any cell. */
function checkedColumns(): CheckedColumns {
  const second = secondSpec.value;
  return { checks: { turns: cells.value.some(({ turns }) => turns !== undefined), map: false }, ...(second && { secondModel: second }) };
}
