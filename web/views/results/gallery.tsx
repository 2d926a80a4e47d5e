/** Tiles of all cells shown; of many cells only those near the window exist as elements. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { hasMap, type ModelSpec } from '../../../src/js/index.ts';
import { classIndex, ClassMark, classStyle, NoTypeMark, noTypeMarks } from '../../parts/class_mark.tsx';
import { CropPicture } from '../../parts/crop_picture.tsx';
import { mostWhole, useRowWindow } from '../../parts/row_window.ts';
import { className, flags, foreignWords, inSentence, modelVerdict, mostLike, noType, probabilityWords, saidWord, verdict, words as shared } from '../../parts/words.ts';
import { type Cell, cellKind, labelOf } from '../../state/frame_store.ts';
import { cells, imageAt } from '../../state/images.ts';
import { spec } from '../../state/models.ts';
import { runState } from '../../state/progress.ts';
import { select, selected, selecting, selectTo, toggleSelected } from '../../state/reviewing.ts';
import { blind, currentIndex, mapOn, mapOpacity, openDetails, openIndex, reviewing, shown, standOn, type TileSize, tileSize } from '../../state/view.ts';
import { words as review } from '../review/words.ts';
import { words } from './words.tsx';

const gapPx = 16;
const leastWidthPx: Record<TileSize, number> = { small: 96, medium: 144, large: 224 };
/** Bar and two lines of text below the picture. */
const captionPx = 56;
const linePx = 20;
/** Room of the mark before a class's name, and of one letter of it, about. */
const markPx = 36;
const letterPx = 7.5;
const followAfterMs = 300;
/** Tiles narrower than this have room for the short words only. */
const wordsPx = 140;

export function Gallery() {
  const box = useRef<HTMLDivElement>(null);
  const order = shown.value;
  const model = spec.value;
  const drawn = order.some(({ index }) => imageAt(index)?.intended);
  const longestName = Math.max(model?.novelty ? foreignWords.length : 0, ...(model?.classes ?? []).map(({ name }) => name.length));
  const layoutOf = (widthPx: number): { columns: number; tilePx: number; heightPx: number; rowPx: number } => {
    const columns = Math.max(1, Math.floor((widthPx + gapPx) / (leastWidthPx[tileSize.value] + gapPx)));
    const tilePx = Math.floor((widthPx - (columns - 1) * gapPx) / columns);
    const nameLines = markPx + letterPx * longestName > tilePx ? 2 : 1;
    const heightPx = tilePx + captionPx + (nameLines - 1 + (drawn ? nameLines : 0)) * linePx;
    return { columns, tilePx, heightPx, rowPx: heightPx + gapPx };
  };
  const { widthPx, firstRow, endRow } = useRowWindow(box, (width) => layoutOf(width).rowPx);
  const { columns, tilePx, heightPx, rowPx } = layoutOf(widthPx);
  const rows = Math.ceil(order.length / columns);
  // While it grows the number is not known, which is -1; telling it to every tile would render all of them ten times a second.
  const total = runState.value === 'running' ? -1 : order.length;
  const current = Math.max(0, order.findIndex(({ index }) => index === currentIndex.value));

  useEffect(() => {
    const follow = (): void => {
      const tile = box.current?.querySelector<HTMLElement>(`[data-index="${currentIndex.value}"]`);
      tile?.scrollIntoView({ block: 'nearest' });
      if (box.current?.contains(document.activeElement)) tile?.focus({ preventScroll: true });
    };
    // Answers by keys come fast and lead from one end of the gallery to the other: it follows when they pause.
    if (!reviewing.value || box.current?.contains(document.activeElement)) return follow();
    const timer = setTimeout(follow, followAfterMs);
    return () => clearTimeout(timer);
  }, [currentIndex.value]);

  const marquee = useMarquee(box, (left, top, right, bottom) => order.filter((_, i) => {
    const [x, y] = [(i % columns) * (tilePx + gapPx), Math.floor(i / columns) * rowPx];
    return x < right && x + tilePx > left && y < bottom && y + heightPx > top;
  }).map(({ index }) => index));

  const onKeyDown = (event: KeyboardEvent): void => {
    const pageRows = Math.max(1, Math.floor(window.innerHeight / rowPx) - 1);
    const steps: Record<string, number> = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns,
      PageUp: -columns * pageRows, PageDown: columns * pageRows, Home: -order.length, End: order.length,
    };
    const step = steps[event.key];
    if (step === undefined && event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    const target = order[step === undefined ? current : Math.min(order.length - 1, Math.max(0, current + step))];
    if (!target) return;
    if (step === undefined) {
      if (reviewing.value && event.key === ' ') toggleSelected(target.index);
      else openDetails(target.index);
    } else {
      if (reviewing.value && event.shiftKey) selectTo(target.index);
      standOn(target.index);
    }
  };

  if (!model) return null;
  const isNear = (position: number): boolean => position >= firstRow * columns && position < endRow * columns;
  const whole = order.length <= mostWhole;
  const from = whole ? 0 : Math.min(firstRow * columns, order.length);
  const visible = order.slice(from, whole ? order.length : endRow * columns).map((cell, i) => ({ cell, position: from + i }));
  const standing = order[current];
  if (standing && !whole && !isNear(current)) visible.push({ cell: standing, position: current });
  return (
    <div class="gallery-frame">
      {order.length === 0 && <NothingShown />}
      <div ref={box} class="gallery" role="listbox" aria-label={words.results.cells} aria-multiselectable={reviewing.value || undefined} style={{ height: `${rows * rowPx}px` }} onKeyDown={onKeyDown} onPointerDown={reviewing.value ? marquee.begin : undefined}>
        {marquee.area && <div class="marquee" style={marquee.area} />}
        {widthPx > 0 &&
          visible.map(({ cell, position }) => (
            <Tile
              key={cell.index}
              cell={cell}
              model={model}
              position={position}
              total={total}
              isCurrent={position === current}
              isNear={isNear(position)}
              leftPx={(position % columns) * (tilePx + gapPx)}
              topPx={Math.floor(position / columns) * rowPx}
              sidePx={tilePx}
              heightPx={heightPx}
            />
          ))}
      </div>
    </div>
  );
}

export function NothingShown() {
  const { noMatch, onTheirWay, none } = words.results;
  return <p class="nothing muted">{cells.value.length > 0 ? noMatch : runState.value === 'running' ? onTheirWay : none}</p>;
}

interface TileProps {
  cell: Cell;
  model: ModelSpec;
  position: number;
  /** Of all cells shown; -1 where it is not known. */
  total: number;
  isCurrent: boolean;
  /** Near enough to the window to need its picture. */
  isNear: boolean;
  leftPx: number;
  topPx: number;
  sidePx: number;
  heightPx: number;
}

function Tile({ cell, model, position, total, isCurrent, isNear, leftPx, topPx, sidePx, heightPx }: TileProps) {
  const label = labelOf(cell);
  const top = classIndex(model, label);
  const said = saidWord(cell);
  const intended = imageAt(cell.index)?.intended;
  const none = noType(cell);
  const isSelected = selected.value.has(cell.index);
  const hidden = blind.value;
  if (hidden) return <BlindTile {...{ cell, model, position, total, isCurrent, isNear, leftPx, topPx, sidePx, heightPx }} />;
  const intendedWords = intended ? words.drawnAs(inSentence(className(model, intended))) : '';
  return (
    <div
      class={`tile ${isSelected ? 'selected' : ''}`}
      role="option"
      tabIndex={isCurrent ? 0 : -1}
      aria-label={`${verdict(model, cell)}, ${[...flags(cell).filter((flag) => flag !== shared.flags.unsure), intendedWords, cell.path].filter(Boolean).join(', ')}`}
      aria-selected={openIndex.value === cell.index || isSelected}
      aria-posinset={position + 1}
      aria-setsize={total}
      data-testid="cell-card"
      data-index={cell.index}
      data-file={cell.path}
      data-label={label}
      data-reviewed={said ?? undefined}
      data-probability={cell.probability}
      data-status="ok"
      data-unsure={cell.unsure}
      data-foreign={cell.foreign}
      data-verdict={cellKind(cell)}
      data-intended={intended ?? undefined}
      title={said ? verdict(model, cell) : undefined}
      style={{ transform: `translate(${leftPx}px, ${topPx}px)`, width: `${sidePx}px`, height: `${heightPx}px` }}
      onClick={(event) => pressTile(event, cell.index)}
    >
      {isNear ? (
        <CropPicture cell={cell} sidePx={pictureSide(sidePx)} mapClass={mapOn.value && hasMap(model) && !cell.unnamed && !hidden ? top : null} opacity={mapOpacity.value} />
      ) : (
        <span class="crop-picture" />
      )}
      <span class={`thin-bar ${classStyle(none === null ? top : noTypeMarks[none.kind].index)}`}>
        <span style={{ transform: `scaleX(${none ? 0 : said ? 1 : cell.probability})` }} />
      </span>
      <span class="tile-name">
        {none ? <NoTypeMark kind={none.kind} /> : <ClassMark index={top} letter={model.classes[top]?.letter ?? ''} />}
        {none ? <span class="flag">{sidePx < wordsPx ? none.short : none.few}</span> : <span>{className(model, label)}</span>}
      </span>
      <span class="tile-facts small">
        <span class={none || said ? 'muted' : 'tile-probability'}>{said === shared.said.corrected ? shared.said.model(modelVerdict(model, cell)) : said ?? (none ? mostLike(model, cell) : probabilityWords(cell))}</span>
        {flags(cell, true).map((flag) => (
          <span key={flag} class="flag">
            {flag}
          </span>
        ))}
      </span>
      {intended && <span class={`tile-intended small ${intended === label ? '' : 'differs'}`}>{intendedWords}</span>}
    </div>
  );
}

/** What a second reader sees: the picture, and their own answer. */
function BlindTile({ cell, model, position, total, isCurrent, isNear, leftPx, topPx, sidePx, heightPx }: TileProps) {
  const own = cell.review?.second;
  const isSelected = selected.value.has(cell.index);
  const name = own ? (own.outcome === 'type' ? className(model, own.type ?? '') : shared.shares[own.outcome]) : review.unread;
  return (
    <div
      class={`tile ${isSelected ? 'selected' : ''}`} role="option" tabIndex={isCurrent ? 0 : -1} aria-label={name} aria-selected={openIndex.value === cell.index || isSelected} aria-posinset={position + 1} aria-setsize={total}
      data-testid="cell-card" data-index={cell.index} data-file={cell.path} data-answered={own !== null && own !== undefined}
      style={{ transform: `translate(${leftPx}px, ${topPx}px)`, width: `${sidePx}px`, height: `${heightPx}px` }}
      onClick={(event) => pressTile(event, cell.index)}
    >
      {isNear ? <CropPicture cell={cell} sidePx={pictureSide(sidePx)} mapClass={null} opacity={0} /> : <span class="crop-picture" />}
      <span class={`tile-name ${own ? '' : 'muted'}`}>{name}</span>
    </div>
  );
}

/** With Ctrl or Shift, or where presses choose, a tile is chosen; else its details open. */
function pressTile(event: MouseEvent, index: number): void {
  if (reviewing.value && event.shiftKey) selectTo(index);
  else if (reviewing.value && (selecting.value || event.ctrlKey || event.metaKey)) toggleSelected(index);
  else return openDetails(index);
  standOn(index);
}

/** A shorter way is a press. */
const dragFromPx = 8;

/**
 * A rectangle drawn with the mouse chooses the tiles that it touches.
 *
 * Args:
 *   inside: indices of the cells that a rectangle touches, in px of the gallery.
 */
function useMarquee(box: { current: HTMLElement | null }, inside: (left: number, top: number, right: number, bottom: number) => number[]) {
  const [area, setArea] = useState<{ left: string; top: string; width: string; height: string } | null>(null);
  const find = useRef(inside);
  find.current = inside;
  const begin = (event: PointerEvent): void => {
    const gallery = box.current;
    if (!gallery || event.button !== 0 || event.pointerType === 'touch') return;
    const before = event.ctrlKey || event.metaKey || event.shiftKey ? [...selected.value] : [];
    const at = ({ clientX, clientY }: PointerEvent): [number, number] => {
      const { left, top } = gallery.getBoundingClientRect();
      return [clientX - left, clientY - top];
    };
    const [x0, y0] = at(event);
    const off = new AbortController();
    let drawn = false;
    const move = (next: PointerEvent): void => {
      const [x, y] = at(next);
      if (!drawn && Math.hypot(x - x0, y - y0) < dragFromPx) return;
      drawn = true;
      const [left, top, right, bottom] = [Math.min(x, x0), Math.min(y, y0), Math.max(x, x0), Math.max(y, y0)];
      setArea({ left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
      select([...before, ...find.current(left, top, right, bottom)]);
    };
    const end = (last: PointerEvent): void => {
      off.abort();
      setArea(null);
      // The press that ends it would open a tile; one elsewhere, which may come before the timer, is another.
      if (!drawn) return;
      const guard = new AbortController();
      window.addEventListener('click', (click) => { if (click.clientX === last.clientX && click.clientY === last.clientY) click.stopPropagation(); }, { capture: true, signal: guard.signal });
      setTimeout(() => guard.abort());
    };
    window.addEventListener('pointermove', move, { signal: off.signal });
    window.addEventListener('pointerup', end, { signal: off.signal });
    window.addEventListener('pointercancel', end, { signal: off.signal });
    event.preventDefault();
  };
  return { area, begin };
}

/** In steps, so that pictures are kept while tiles change a little; no more than a crop is likely to have. */
function pictureSide(sidePx: number): number {
  const stepPx = 32;
  return Math.min(448, stepPx * Math.ceil((sidePx * window.devicePixelRatio) / stepPx));
}
