/** Everything that changes how the results are looked at, and takes them away. */
import { Choice } from '../../parts/choice.tsx';
import { clear } from '../../state/adding.ts';
import { formatCount } from '../../state/format.ts';
import { mode } from '../../state/frame_store.ts';
import { progress } from '../../state/images.ts';
import {
  filter, type Layout, layout, leastProbability, mapOn, resetView, scopedCells, search, shown, sort, type SortKey, thisFrameOnly, type TileSize,
  tileSize,
} from '../../state/view.ts';
import { CheckControls } from './check_controls.tsx';
import { Exports } from './exports.tsx';

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
