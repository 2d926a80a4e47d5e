/** Everything that changes how the results are looked at, and takes them away. */
import { formatCount } from '../format.ts';
import { allFrames, frameAt, mode, unreadFrames } from '../state/frame_store.ts';
import { clear, files, finishedRecords, modelState, progress, spec, unsureBelow } from '../state/session.ts';
import { currentFrame, filter, layout, leastProbability, mapOn, resetView, scopedCells, search, shown, sort, thisFrameOnly, tileSize, withFileNames, type Layout, type SortKey, type TileSize } from '../state/view.ts';
import { CheckControls, checkedColumns } from './check_controls.tsx';
import { openDialog } from './dialog.tsx';
import { appVersion, commit, type ExportContext, exportFrames, frameFileName, type FrameRecord, toCsv, toGeoJson, toJson, toRoiZip } from '../../src/js/index.ts';

const orders: { key: SortKey; descending: boolean; word: string }[] = [
  { key: 'index', descending: false, word: 'File order' },
  { key: 'label', descending: false, word: 'Type' },
  { key: 'probability', descending: true, word: 'Highest probability' },
  { key: 'probability', descending: false, word: 'Lowest probability' },
  { key: 'unsure', descending: false, word: 'Doubtful first' },
];

export function Toolbar() {
  const position = orders.findIndex(({ key, descending }) => key === sort.value.key && descending === sort.value.descending);
  const choose = (chosen: string): void => {
    const order = orders[Number(chosen)];
    if (order) sort.value = { key: order.key, descending: order.descending };
  };
  return (
    <section class="toolbar" aria-label="View and export">
      <label class="field">
        <span class="visually-hidden">Search</span>
        <input id="search" type="search" placeholder="Search" value={search.value} aria-keyshortcuts="/" autocomplete="off" spellcheck={false} onInput={(event) => (search.value = event.currentTarget.value)} />
      </label>
      {layout.value !== 'frame' && <label class="field">
        <span class="field-name">Sort</span>
        <select data-testid="sort" aria-label="Sort" value={position} onChange={(event) => choose(event.currentTarget.value)}>
          {position < 0 && <option value={-1}>By column</option>}
          {orders.map(({ word }, i) => (
            <option key={word} value={i}>
              {word}
            </option>
          ))}
        </select>
      </label>}
      <Choice<Layout> name="view" label="View" value={layout.value} words={mode.value === 'fields' ? { frame: 'Frame', gallery: 'Gallery', table: 'Table' } : ({ gallery: 'Gallery', table: 'Table' } as Record<Layout, string>)} onChoose={(value) => (layout.value = value)} />
      {layout.value === 'gallery' && (
        <>
          <Choice<TileSize> name="size" label="Size of tiles" value={tileSize.value} words={{ small: 'Small', medium: 'Medium', large: 'Large' }} onChoose={(value) => (tileSize.value = value)} />
          <button type="button" data-testid="map" aria-pressed={mapOn.value} aria-keyshortcuts="m" onClick={() => (mapOn.value = !mapOn.value)}>
            Map
          </button>
        </>
      )}
      {mode.value === 'fields' && progress.value.total > 1 && (
        <Choice<'all' | 'one'> name="scope" label="Results of" value={thisFrameOnly.value ? 'one' : 'all'} words={{ all: 'All frames', one: 'This frame' }} onChoose={(value) => (thisFrameOnly.value = value === 'one')} />
      )}
      {(filter.value !== null || search.value !== '' || leastProbability.value > 0) && (
        <span class="small muted">
          {formatCount(shown.value.length)} of {formatCount(scopedCells.value.length)} shown
        </span>
      )}
      <CheckControls />
      <span class="spacer" />
      <Exports />
      <button
        type="button"
        data-testid="clear"
        onClick={() => {
          clear();
          resetView();
        }}
      >
        Clear
      </button>
    </section>
  );
}

interface ChoiceProps<Value extends string> {
  name: string;
  label: string;
  value: Value;
  words: Record<Value, string>;
  onChoose: (value: Value) => void;
}

export function Choice<Value extends string>({ name, label, value, words, onChoose }: ChoiceProps<Value>) {
  return (
    <fieldset class="choice">
      <legend class="visually-hidden">{label}</legend>
      {(Object.keys(words) as Value[]).map((one) => (
        <label key={one}>
          <input type="radio" name={name} value={one} data-testid={`${name}-${one}`} checked={one === value} onChange={() => onChoose(one)} />
          <span>{words[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Exports() {
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
    <div class="exports" role="group" aria-label="Export">
      <span class="small">Export</span>
      <button type="button" data-testid="export-csv" aria-label="Export CSV" disabled={!ready} onClick={() => save('csv')}>
        CSV
      </button>
      <button type="button" data-testid="export-json" aria-label="Export JSON" disabled={!ready} onClick={() => save('json')}>
        JSON
      </button>
      <button type="button" data-testid="check-report" aria-haspopup="dialog" disabled={!ready} onClick={() => openDialog('check')}>
        Check a report
      </button>
      {inFrames && <OutlineExports />}
      <label class="check small">
        <input type="checkbox" data-testid="with-file-names" checked={withFileNames.value} onChange={(event) => (withFileNames.value = event.currentTarget.checked)} />
        file names
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
      <button type="button" data-testid="export-geojson" disabled={!entry} title="Outlines of this frame, for QuPath" onClick={() => save(toGeoJson, 'application/geo+json', '.geojson')}>
        GeoJSON
      </button>
      <button type="button" data-testid="export-rois" disabled={!entry} title="Outlines of this frame, for ImageJ" onClick={() => save(toRoiZip, 'application/zip', '-rois.zip')}>
        ImageJ
      </button>
    </>
  );
}

/** Every frame that was read or refused, in file order. */
function frameRecords(): FrameRecord[] {
  const read = allFrames().map(({ frame, entry }): FrameRecord => ({ ...entry.analysis, index: frame, path: entry.path, removedBoxes: entry.removed }));
  return [...read, ...unreadFrames()].sort((a, b) => a.index - b.index);
}

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

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

export function saveFile(text: BlobPart, type: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  // The browser reads the address after the click; a minute is ample.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
