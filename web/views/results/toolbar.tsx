/** Everything that changes how the results are looked at, and takes them away. */
import { hasMap } from '../../../src/js/index.ts';
import { Choice } from '../../parts/choice.tsx';
import { Menu } from '../../parts/menu.tsx';
import { clear } from '../../state/adding.ts';
import { mode } from '../../state/mode.ts';
import { progress } from '../../state/images.ts';
import { checkTurns, secondName, spec } from '../../state/models.ts';
import { select, selecting, setReviewing } from '../../state/reviewing.ts';
import {
  filter, type Layout, layout, leastProbability, mapOn, resetView, reviewing, scopedCells, search, shown, sort, type SortKey, subset, thisFrameOnly, type TileSize,
  tileSize,
} from '../../state/view.ts';
import { StepButtons } from '../review/step_buttons.tsx';
import { words as review } from '../review/words.ts';
import { CheckControls } from './check_controls.tsx';
import { ExportButton, ReportButtons } from './exports.tsx';
import { words } from './words.tsx';

const orders: { key: SortKey; descending: boolean; word: string }[] = [
  { key: 'index', descending: false, word: words.toolbar.orders.file },
  { key: 'label', descending: false, word: words.toolbar.orders.type },
  { key: 'probability', descending: true, word: words.toolbar.orders.highest },
  { key: 'probability', descending: false, word: words.toolbar.orders.lowest },
  { key: 'unsure', descending: false, word: words.toolbar.orders.doubtful },
];

/** Single cells have no frame to show. */
const { gallery, table, measure } = words.toolbar.views;
const withoutFrame = { gallery, table, measure } as Record<Layout, string>;
const withFrame = words.toolbar.views as Record<Layout, string>;

export function Toolbar() {
  const position = orders.findIndex(({ key, descending }) => key === sort.value.key && descending === sort.value.descending);
  const choose = (chosen: string): void => {
    const order = orders[Number(chosen)];
    if (order) sort.value = { key: order.key, descending: order.descending };
  };
  return (
    <section class="toolbar" aria-label={words.toolbar.region}>
      <label class="field">
        <span class="visually-hidden">{words.toolbar.search}</span>
        <input id="search" type="search" placeholder={words.toolbar.search} value={search.value} aria-keyshortcuts="/" autocomplete="off" spellcheck={false} onInput={(event) => (search.value = event.currentTarget.value)} />
      </label>
      {(layout.value === 'gallery' || layout.value === 'table') && <label class="field">
        <span class="field-name">{words.toolbar.sort}</span>
        <select data-testid="sort" aria-label={words.toolbar.sort} value={position} onChange={(event) => choose(event.currentTarget.value)}>
          {position < 0 && <option value={-1}>{words.toolbar.byColumn}</option>}
          {orders.map(({ word }, i) => (
            <option key={word} value={i}>
              {word}
            </option>
          ))}
        </select>
      </label>}
      <Choice<Layout> name="view" label={words.toolbar.view} value={layout.value} words={mode.value === 'fields' ? withFrame : withoutFrame} onChoose={(value) => (layout.value = value)} />
      {layout.value === 'gallery' && (
        <>
          <button type="button" data-testid="map" disabled={spec.value !== null && !hasMap(spec.value)} aria-pressed={mapOn.value} aria-keyshortcuts="m" onClick={() => (mapOn.value = !mapOn.value)}>
            {words.toolbar.map}
          </button>
          {reviewing.value && (
            <button type="button" data-testid="select" aria-pressed={selecting.value} onClick={() => { selecting.value = !selecting.value; if (!selecting.value) select([]); }}>
              {review.select}
            </button>
          )}
        </>
      )}
      {mode.value === 'fields' && progress.value.total > 1 && (
        <Choice<'all' | 'one'> name="scope" label={words.toolbar.scope} value={thisFrameOnly.value ? 'one' : 'all'} words={words.toolbar.scopes} onChoose={(value) => (thisFrameOnly.value = value === 'one')} />
      )}
      {(filter.value !== null || search.value !== '' || leastProbability.value > 0) && (
        <span class="small muted">{words.toolbar.shown(shown.value.length, scopedCells.value.length)}</span>
      )}
      {subset.value && (
        <span class="small" data-testid="subset">
          {words.toolbar.subset(subset.value.words)}{' '}
          <button type="button" class="link" onClick={() => (subset.value = null)}>
            {words.toolbar.showAll}
          </button>
        </span>
      )}
      <span class="spacer" />
      <StepButtons />
      <button type="button" data-testid="review" title={review.startHint} aria-pressed={reviewing.value} onClick={() => setReviewing(!reviewing.value)}>
        {review.start}
      </button>
      <ExportButton />
      <Menu name="more" word={words.toolbar.more} marked={checkTurns.value || secondName.value !== null}>
        {layout.value === 'gallery' && (
          <div class="menu-part">
            <span class="small muted" aria-hidden="true">{words.toolbar.tiles}</span>
            <Choice<TileSize> name="size" label={words.toolbar.tiles} value={tileSize.value} words={words.toolbar.sizes} onChoose={(value) => (tileSize.value = value)} />
          </div>
        )}
        <div class="menu-part">
          <CheckControls />
        </div>
        <ReportButtons />
        <button
          type="button"
          data-testid="clear"
          onClick={() => {
            clear();
            resetView();
          }}
        >
          {words.toolbar.clear}
        </button>
      </Menu>
    </section>
  );
}
