/** Beside the frame: the list of frames, the settings of the search, and counting. */
import { signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { detectorOf, type HandOptions, type ModelSpec } from '../../../src/js/index.ts';
import { Choice } from '../../parts/choice.tsx';
import { classStyle } from '../../parts/class_mark.tsx';
import { mostWhole, useRowWindow } from '../../parts/row_window.ts';
import { sharesOf } from '../../parts/shares.ts';
import { formatCount, formatPercent } from '../../state/format.ts';
import { asReviewed } from '../../state/images.ts';
import { reviewRevision } from '../../state/review_store.ts';
import { fieldOptions, frameAt, type FrameEntry, handOptions, optionsOf, searchOf, unreadFrames } from '../../state/frame_store.ts';
import { backToAll, backToModel, showRange, tryOptions, useForAll } from '../../state/frames.ts';
import { files } from '../../state/images.ts';
import { leftOut } from '../../state/left_out.ts';
import { spec } from '../../state/models.ts';
import { underWay } from '../../state/progress.ts';
import { currentFrame, currentIndex, leastProbability } from '../../state/view.ts';
import { canCount, CountPanel } from './frame_count.tsx';
import { MethodTiles } from './method_tiles.tsx';
import { words } from './words.ts';

type Side = 'frames' | 'search' | 'count';
export const side = signal<Side>('frames');

export function FrameSide() {
  const countable = spec.value !== null && canCount(spec.value);
  const chosen = side.value === 'count' && !countable ? 'frames' : side.value;
  const { count, ...others } = words.side.tabs;
  const tabs: Partial<Record<Side, string>> = { ...others, ...(countable && { count }) };
  return (
    <aside class="frame-side" aria-label={words.side.region}>
      <Choice<Side> name="side" label={words.side.choose} value={chosen} words={tabs as Record<Side, string>} onChoose={(value) => (side.value = value)} />
      {chosen === 'frames' && <FrameList />}
      {chosen === 'search' && <SearchSettings />}
      {chosen === 'count' && <CountPanel />}
    </aside>
  );
}

const rowPx = 56;

function FrameList() {
  const box = useRef<HTMLUListElement>(null);
  const { firstRow, endRow } = useRowWindow(box, () => rowPx);
  const list = files.value;
  const model = spec.value;
  const unread = new Map(unreadFrames().map((failure) => [failure.index, failure]));
  const whole = list.length <= mostWhole;
  const [first, end] = whole ? [0, list.length] : [Math.min(firstRow, list.length), Math.min(endRow, list.length)];
  const rows = Array.from({ length: end - first }, (_, i) => first + i);
  // The row that has the focus exists even when it is scrolled out of sight.
  const current = currentFrame.value;
  if (current !== null && current < list.length && (current < first || current >= end)) rows.push(current);
  const choose = (frame: number): void => {
    currentFrame.value = frame;
    currentIndex.value = null;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -list.length, End: list.length }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    choose(Math.min(list.length - 1, Math.max(0, (currentFrame.value ?? 0) + by)));
    requestAnimationFrame(() => {
      const row = box.current?.querySelector<HTMLElement>('[aria-selected=true]');
      row?.scrollIntoView({ block: 'nearest' });
      row?.focus({ preventScroll: true });
    });
  };
  return (
    <div class="frame-list" data-testid="frame-list">
      <ul ref={box} role="listbox" aria-label={words.list.region} style={{ height: `${list.length * rowPx}px` }} onKeyDown={onKeyDown}>
        {rows.map((frame) => {
          const path = list[frame]?.path ?? '';
          const entry = frameAt(frame);
          const failure = unread.get(frame);
          const isCurrent = frame === currentFrame.value;
          return (
            <li
              key={frame}
              role="option"
              tabIndex={isCurrent ? 0 : -1}
              aria-selected={isCurrent}
              aria-posinset={frame + 1}
              aria-setsize={list.length}
              data-testid="frame-row"
              data-frame={frame}
              data-cells={entry?.analysis.cells.length}
              data-status={entry ? 'ok' : failure ? 'error' : 'waiting'}
              style={{ transform: `translateY(${frame * rowPx}px)` }}
              title={path}
              onClick={() => choose(frame)}
            >
              <span class="frame-name">{path}</span>
              <span class="small muted frame-row-facts">{entry && model ? <RowShares entry={entry} model={model} /> : (failure?.message ?? working(frame))}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function working(frame: number): string {
  const at = underWay.value.get(frame);
  if (at) return words.list.working(at.classified, at.cells);
  return leftOut.value.has(frame) ? words.list.leftOut : words.list.waiting;
}

/** "40 cells  A 30  D 10". */
function RowShares({ entry: { analysis, cells, own }, model }: { entry: FrameEntry; model: ModelSpec }) {
  reviewRevision.value;
  const rows = sharesOf(cells.map(asReviewed), model).filter(({ count }) => count > 0);
  const total = analysis.cells.length;
  return (
    <>
      <span class="number">
        {analysis.choice.overview ? words.slide.list : words.list.cells(total)}
      </span>
      {rows.map(({ index, letter, name, count }) => (
        <span key={index} class={`frame-share ${classStyle(index)}`} title={name}>
          <b>{letter}</b> {formatCount(count)}
        </span>
      ))}
      {isOwn(own) && <span title={words.list.ownHint}>{words.list.own}</span>}
    </>
  );
}

/** Whether a frame is searched otherwise than all; which page it shows does not count. */
function isOwn(own: HandOptions | null): boolean {
  return own !== null && (Object.keys(own.search).length > 0 || own.pixelSizeUm !== undefined);
}

function SearchSettings() {
  const frame = currentFrame.value;
  const entry = frame === null ? undefined : frameAt(frame);
  files.value;
  fieldOptions.value;
  if (frame === null || !entry) return <p class="small muted frame-panel">{words.search.later}</p>;
  if (entry.analysis.choice.overview) return <p class="small muted frame-panel">{words.slide.noSettings}</p>;
  const { pixelSizeUm, look } = optionsOf(frame);
  const search = searchOf(frame);
  const known = pixelSizeUm ?? entry.analysis.facts.pixel_size_um;
  const unit = known === null ? 'px' : 'µm';
  const setPixelSize = (text: string): void => {
    const value = Number(text.replace(',', '.'));
    if (text.trim() === '') tryOptions(frame, { pixelSizeUm: null });
    else if (value >= 0.001 && value <= 1000) tryOptions(frame, { pixelSizeUm: value });
  };
  return (
    <form class="frame-panel" data-testid="search-settings" onSubmit={(event) => event.preventDefault()}>
      <h2>{words.search.whatCounts}</h2>
      {look && look.length > 0 && <p class="small muted" data-testid="looked">{words.search.looked}</p>}
      <MethodTiles frame={frame} entry={entry} />
      <Slider
        name="least-diameter" label={words.search.least} value={search.least_diameter} min={2} max={200} step={1} words={words.search.length(search.least_diameter, unit)}
        onInput={(value) => tryOptions(frame, { least_diameter: value, most_diameter: Math.max(value, search.most_diameter) })}
      />
      <Slider
        name="most-diameter" label={words.search.most} value={search.most_diameter} min={2} max={400} step={1} words={words.search.length(search.most_diameter, unit)}
        onInput={(value) => tryOptions(frame, { most_diameter: value, least_diameter: Math.min(value, search.least_diameter) })}
      />
      <Slider
        name="sensitivity" label={words.search.sensitivity} hint={words.search.sensitivityHint} value={search.sensitivity} min={0} max={1} step={0.01} words={formatPercent(search.sensitivity)}
        onInput={(value) => tryOptions(frame, { sensitivity: value })}
      />
      {detectorOf(search.method) === undefined && (
        <label class="check">
          <input type="checkbox" data-testid="split-touching" checked={search.split_touching} onChange={(event) => tryOptions(frame, { split_touching: event.currentTarget.checked })} />
          {words.search.split}
        </label>
      )}
      <label class="check">
        <input type="checkbox" data-testid="keep-cut" checked={search.keep_cut_by_border} onChange={(event) => tryOptions(frame, { keep_cut_by_border: event.currentTarget.checked })} />
        {words.search.keepCut}
      </label>
      <label class="frame-number small">
        <span>{words.search.pixelSize}</span>
        <input
          type="number" data-testid="pixel-size" min="0.001" max="1000" step="any" inputMode="decimal" placeholder={entry.analysis.facts.pixel_size_um?.toString() ?? words.search.pixelSizeUnknown}
          value={pixelSizeUm ?? ''} onChange={(event) => setPixelSize(event.currentTarget.value)}
        />
      </label>
      <p class="small muted">{pixelWords(entry, pixelSizeUm)}</p>
      <p class="frame-buttons">
        <button type="button" class={isOwn(entry.own) ? 'main' : ''} data-testid="use-for-all" title={words.search.useForAllHint} disabled={!isOwn(entry.own)} onClick={() => useForAll(frame)}>
          {words.search.useForAll}
        </button>
        <button type="button" data-testid="back-to-all" title={words.search.backToAllHint} disabled={!isOwn(entry.own)} onClick={() => backToAll(frame)}>
          {words.search.backToAll}
        </button>
        <button type="button" data-testid="models-own" title={words.search.modelsOwnHint} disabled={!isOwn(handOptions.value) && !isOwn(entry.own)} onClick={backToModel}>
          {words.search.modelsOwn}
        </button>
      </p>
      <h2>{words.search.whatIsShown}</h2>
      <Slider
        name="least-probability" label={words.search.from} value={leastProbability.value} min={0} max={0.99} step={0.01} words={leastProbability.value === 0 ? words.search.all : formatPercent(leastProbability.value)}
        onInput={(value) => (leastProbability.value = value)}
      />
      <DisplaySliders frame={frame} entry={entry} />
    </form>
  );
}

function pixelWords({ analysis }: FrameEntry, entered: number | null): string {
  if (entered !== null) return words.search.entered;
  return analysis.facts.pixel_size_um === null ? words.search.notTold : words.search.told;
}

interface SliderProps { name: string; label: string; value: number; min: number; max: number; step: number; words: string; hint?: string; onInput: (value: number) => void }

function Slider({ name, label, value, min, max, step, words: shown, hint, onInput }: SliderProps) {
  return (
    <label class="frame-slider small" title={hint}>
      <span>{label}</span>
      <output>{shown}</output>
      <input type="range" data-testid={name} min={min} max={max} step={step} value={value} aria-valuetext={shown} onInput={(event) => onInput(event.currentTarget.valueAsNumber)} />
    </label>
  );
}

/** Only for samples that a screen cannot show as they are. The network never sees this range. */
function DisplaySliders({ frame, entry }: { frame: number; entry: FrameEntry }) {
  const { facts } = entry.analysis;
  const { low, high } = entry.range ?? facts.range;
  if (facts.image.bits_per_channel === 8) return null;
  const reach = facts.range.high - facts.range.low || 1;
  const isCounts = facts.range.low >= 0 && facts.range.high > 1;
  const [least, most] = [isCounts ? 0 : Math.min(low, facts.range.low - reach), Math.max(high, facts.range.high + reach)];
  const step = isCounts ? 1 : reach / 500;
  const plain = (value: number): string => value.toLocaleString(undefined, { maximumSignificantDigits: 5 });
  const set = (range: { low: number; high: number }): void => showRange(frame, range);
  return (
    <>
      <Slider name="range-low" label={words.search.black} value={low} min={least} max={most} step={step} words={plain(low)} onInput={(value) => set({ low: value, high: Math.max(high, value + step) })} />
      <Slider name="range-high" label={words.search.white} value={high} min={least} max={most} step={step} words={plain(high)} onInput={(value) => set({ low: Math.min(low, value - step), high: value })} />
      <p class="frame-buttons">
        <button type="button" data-testid="range-auto" disabled={entry.range === null} onClick={() => showRange(frame, null)}>
          {words.search.automatic}
        </button>
      </p>
      <p class="small muted">{words.search.forTheEye}</p>
    </>
  );
}
