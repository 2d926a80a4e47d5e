/** Everything that changes how the results are looked at, and takes them away. */
import { toCsv, toJson, type ExportContext } from '../export.ts';
import { formatCount } from '../format.ts';
import { cells, clear, finishedRecords, modelState, progress, spec, unsureBelow } from '../state/session.ts';
import { filter, layout, mapOn, resetView, search, shown, sort, tileSize, withFileNames, type Layout, type SortKey, type TileSize } from '../state/view.ts';
import { appVersion, commit } from '../version.ts';
import { openDialog } from './dialog.tsx';

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
        Search
        <input id="search" type="search" value={search.value} aria-keyshortcuts="/" autocomplete="off" spellcheck={false} onInput={(event) => (search.value = event.currentTarget.value)} />
      </label>
      <label class="field">
        <span class="field-name">Sort</span>
        <select data-testid="sort" aria-label="Sort" value={position} onChange={(event) => choose(event.currentTarget.value)}>
          {position < 0 && <option value={-1}>By column</option>}
          {orders.map(({ word }, i) => (
            <option key={word} value={i}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <Choice<Layout> name="view" label="View" value={layout.value} words={{ gallery: 'Gallery', table: 'Table' }} onChoose={(value) => (layout.value = value)} />
      {layout.value === 'gallery' && (
        <>
          <Choice<TileSize> name="size" label="Size of tiles" value={tileSize.value} words={{ small: 'Small', medium: 'Medium', large: 'Large' }} onChoose={(value) => (tileSize.value = value)} />
          <button type="button" data-testid="map" aria-pressed={mapOn.value} aria-keyshortcuts="m" onClick={() => (mapOn.value = !mapOn.value)}>
            Map
          </button>
        </>
      )}
      {(filter.value !== null || search.value !== '') && (
        <span class="small muted">
          {formatCount(shown.value.length)} of {formatCount(cells.value.length)} shown
        </span>
      )}
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

function Choice<Value extends string>({ name, label, value, words, onChoose }: ChoiceProps<Value>) {
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
  const save = (format: 'csv' | 'json'): void => {
    if (!model || state.phase !== 'ready') return;
    const context: ExportContext = {
      spec: model, runtime: state.runtime, selfTest: state.selfTest, appVersion, fileNames: withFileNames.value,
      provenance: { commit, platform: navigator.userAgent, time: new Date().toISOString(), specSha256: state.runtime.specSha256 },
      ...(unsureBelow.value !== null && { unsureBelow: unsureBelow.value }),
    };
    const text = format === 'csv' ? toCsv(finishedRecords(), context) : toJson(finishedRecords(), context);
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
      <label class="check small">
        <input type="checkbox" data-testid="with-file-names" checked={withFileNames.value} onChange={(event) => (withFileNames.value = event.currentTarget.checked)} />
        with file names
      </label>
    </div>
  );
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function saveFile(text: string, type: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  // The browser reads the address after the click; a minute is ample.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
