/** Results as files. */
import { type ExportContext, exportFrames, frameFileName, type FrameRecord, toCsv, toGeoJson, toJson, toRoiZip } from '../../../src/js/index.ts';
import { openDialog } from '../../parts/dialog.tsx';
import { saveFile, today } from '../../parts/save_file.ts';
import { exportContext } from '../../state/export_context.ts';
import { allFrames, frameAt, mode, unreadFrames } from '../../state/frame_store.ts';
import { files, finishedRecords, progress } from '../../state/images.ts';
import { modelState, spec } from '../../state/models.ts';
import { currentFrame, withFileNames } from '../../state/view.ts';
import { words } from './words.tsx';

export function Exports() {
  const model = spec.value;
  const state = modelState.value;
  const ready = model !== null && state.phase === 'ready' && progress.value.done > 0;
  const inFrames = mode.value === 'fields';
  const save = (format: 'csv' | 'json'): void => {
    const context = exportContext();
    if (!model || !context) return;
    const text = inFrames ? exportFrames(format, frameRecords(), context) : format === 'csv' ? toCsv(finishedRecords(), context) : toJson(finishedRecords(), context);
    saveFile(text, format === 'csv' ? 'text/csv' : 'application/json', `cytodrop-${model.name}-${today()}.${format}`);
  };
  return (
    <div class="exports" role="group" aria-label={words.exports.group}>
      <span class="small">{words.exports.group}</span>
      <button type="button" data-testid="export-csv" aria-label={words.exports.csvLabel} disabled={!ready} onClick={() => save('csv')}>
        {words.exports.csv}
      </button>
      <button type="button" data-testid="export-json" aria-label={words.exports.jsonLabel} disabled={!ready} onClick={() => save('json')}>
        {words.exports.json}
      </button>
      <button type="button" data-testid="check-report" aria-haspopup="dialog" disabled={!ready} onClick={() => openDialog('check')}>
        {words.exports.checkReport}
      </button>
      {inFrames && <OutlineExports />}
      <label class="check small">
        <input type="checkbox" data-testid="with-file-names" checked={withFileNames.value} onChange={(event) => (withFileNames.value = event.currentTarget.checked)} />
        {words.exports.fileNames}
      </label>
    </div>
  );
}

/** The outlines of the frame looked at, as other programs read them. */
function OutlineExports() {
  const frame = currentFrame.value;
  files.value;
  const entry = frame === null ? undefined : frameAt(frame);
  const save = (make: (analysis: FrameRecord & { status: 'ok' }, context: ExportContext) => BlobPart, type: string, ending: string): void => {
    const context = exportContext();
    if (!context || !entry || frame === null) return;
    const analysis = { ...entry.analysis, index: frame, path: entry.path, removedBoxes: entry.removed };
    saveFile(make(analysis, context), type, `cytodrop-${frameFileName(analysis, context)}${ending}`);
  };
  return (
    <>
      <button type="button" data-testid="export-geojson" disabled={!entry} title={words.exports.geojsonHint} onClick={() => save(toGeoJson, 'application/geo+json', '.geojson')}>
        {words.exports.geojson}
      </button>
      <button type="button" data-testid="export-rois" disabled={!entry} title={words.exports.roisHint} onClick={() => save(toRoiZip, 'application/zip', '-rois.zip')}>
        {words.exports.rois}
      </button>
    </>
  );
}

/** Every frame that was read or refused, in file order. */
function frameRecords(): FrameRecord[] {
  const read = allFrames().map(({ frame, entry }): FrameRecord => ({ ...entry.analysis, index: frame, path: entry.path, removedBoxes: entry.removed }));
  return [...read, ...unreadFrames()].sort((a, b) => a.index - b.index);
}
