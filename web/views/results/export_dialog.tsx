/** Results as files: what they hold, what they are for, and which program opens each. */
import { cellsPieces, type ExportContext, frameFileName, type FrameRecord, framesPieces, geoJsonPieces, roiZipPieces, zipPieces } from '../../../src/js/index.ts';
import { Choice } from '../../parts/choice.tsx';
import { closeDialog, Dialog } from '../../parts/dialog.tsx';
import { saveFile, today } from '../../parts/save_file.ts';
import { settled } from '../../state/cell_set.ts';
import { exportContext } from '../../state/export_context.ts';
import { mode } from '../../state/mode.ts';
import { progress } from '../../state/images.ts';
import { spec } from '../../state/models.ts';
import { isComplete, selectedFrames, selectedRecords, selection } from '../../state/selection.ts';
import { withByteOrderMark, withFileNames } from '../../state/view.ts';
import { words as all } from './words.tsx';

const words = all.exports;

export function ExportDialog() {
  const { done, total } = progress.value;
  const inFrames = mode.value === 'fields';
  const frames = inFrames ? selectedFrames().filter(isRead).length : 0;
  return (
    <Dialog name="export" title={words.open(selection.value)}>
      <p class="export-scope">
        {words.scope(selection.value)} {!isComplete.value && <span class="warning" data-testid="export-partial">{words.partial(done, total)}</span>}
      </p>
      <div class="field">
        {words.use}
        <Choice<'here' | 'share'> name="export-use" label={words.use} value={withFileNames.value ? 'here' : 'share'} words={words.uses} onChoose={(use) => (withFileNames.value = use === 'here')} />
      </div>
      <p class="small muted">{withFileNames.value ? words.here : words.share}</p>
      <dl class="export-list">
        <Format name="csv" word={words.csv} hint={words.csvHint} onSave={() => saveTable('csv')} />
        <Format name="json" word={words.json} hint={words.jsonHint} onSave={() => saveTable('json')} />
        {frames > 0 && <Format name="geojson" word={words.geojson} hint={words.geojsonHint(frames)} onSave={() => saveOutlines(geoJsonPieces, 'geojson')} />}
        {frames > 0 && <Format name="rois" word={words.rois} hint={words.roisHint(frames)} onSave={() => saveOutlines(roiZipPieces, 'rois')} />}
      </dl>
      <label class="check small">
        <input type="checkbox" data-testid="byte-order-mark" checked={withByteOrderMark.value} onChange={(event) => (withByteOrderMark.value = event.currentTarget.checked)} />
        {words.mark}
      </label>
    </Dialog>
  );
}

function Format({ name, word, hint, onSave }: { name: string; word: string; hint: string; onSave: () => Promise<void> }) {
  const save = async (): Promise<void> => {
    await settled();
    await onSave();
    closeDialog();
  };
  return (
    <div>
      <dt>
        <button type="button" class="main" data-testid={`export-${name}`} onClick={() => void save()}>
          {word}
        </button>
      </dt>
      <dd>{hint}</dd>
    </div>
  );
}

const byteOrderMark = '\ufeff';

/** Of what comes in pieces as many at a time as take this long: in between the page does other things. */
const portionMs = 30;

async function inPortions(pieces: Iterable<string | Uint8Array>): Promise<Blob> {
  const portions: Blob[] = [];
  let portion: BlobPart[] = [];
  let beganAtMs = performance.now();
  for (const piece of pieces) {
    portion.push(piece as BlobPart);
    if (performance.now() - beganAtMs < portionMs) continue;
    portions.push(new Blob(portion));
    portion = [];
    await new Promise((resolve) => setTimeout(resolve));
    beganAtMs = performance.now();
  }
  return new Blob([...portions, ...portion]);
}

async function saveTable(format: 'csv' | 'json'): Promise<void> {
  const [context, model] = [exportContext(), spec.value];
  if (!context || !model) return;
  const table = await inPortions(mode.value === 'fields' ? framesPieces(format, selectedFrames(), context) : cellsPieces(format, selectedRecords(), context));
  const marked = format === 'csv' && withByteOrderMark.value ? new Blob([byteOrderMark, table]) : table;
  saveFile(marked, format === 'csv' ? 'text/csv' : 'application/json', `cytodrop-${model.name}-${today()}.${format}`);
}

type ReadFrame = FrameRecord & { status: 'ok' };
const isRead = (record: FrameRecord): record is ReadFrame => record.status === 'ok';

/** One frame as it is, several as one zip. */
async function saveOutlines(make: (analysis: ReadFrame, context: ExportContext) => Iterable<string | Uint8Array>, kind: 'geojson' | 'rois'): Promise<void> {
  const context = exportContext();
  if (!context) return;
  const [ending, type] = kind === 'geojson' ? ['.geojson', 'application/geo+json'] : ['-rois.zip', 'application/zip'];
  const files: { name: string; content: Blob }[] = [];
  for (const record of selectedFrames().filter(isRead)) files.push({ name: `${frameFileName(record, context)}${ending}`, content: await inPortions(make(record, context)) });
  const [first] = files;
  if (first === undefined) return;
  if (files.length === 1) return saveFile(first.content, type, `cytodrop-${first.name}`);
  const entries = await Promise.all(files.map(async ({ name, content }) => ({ name, bytes: new Uint8Array(await content.arrayBuffer()) })));
  const archive = await inPortions(zipPieces(entries));
  saveFile(archive, 'application/zip', `cytodrop-${context.spec.name}-${kind}-${today()}.zip`);
}
