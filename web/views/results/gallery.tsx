/** Tiles of all cells shown; of many cells only those near the window exist as elements. */
import { useEffect, useRef } from 'preact/hooks';
import type { ModelSpec } from '../../../src/js/index.ts';
import { classIndex, ClassMark, classStyle, foreignIndex, NoTypeMark, qualityIndex } from '../../parts/class_mark.tsx';
import { CropPicture } from '../../parts/crop_picture.tsx';
import { mostWhole, useRowWindow } from '../../parts/row_window.ts';
import { className, flags, foreignWords, inSentence, mostLike, noType, probabilityWords, verdict, words as shared } from '../../parts/words.ts';
import { type Cell, cellKind } from '../../state/frame_store.ts';
import { cells, imageAt } from '../../state/images.ts';
import { spec } from '../../state/models.ts';
import { runState } from '../../state/progress.ts';
import { currentIndex, mapOn, mapOpacity, openDetails, openIndex, shown, standOn, type TileSize, tileSize } from '../../state/view.ts';
import { words } from './words.tsx';

const gapPx = 16;
const leastWidthPx: Record<TileSize, number> = { small: 96, medium: 144, large: 224 };
/** Bar and two lines of text below the picture. */
const captionPx = 56;
const linePx = 20;
/** Room of the mark before a class's name, and of one letter of it, about. */
const markPx = 36;
const letterPx = 7.5;
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
    const tile = box.current?.querySelector<HTMLElement>(`[data-index="${currentIndex.value}"]`);
    if (!tile) return;
    tile.scrollIntoView({ block: 'nearest' });
    if (box.current?.contains(document.activeElement)) tile.focus({ preventScroll: true });
  }, [currentIndex.value]);

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
    if (step === undefined) openDetails(target.index);
    else standOn(target.index);
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
      <div ref={box} class="gallery" role="listbox" aria-label={words.results.cells} style={{ height: `${rows * rowPx}px` }} onKeyDown={onKeyDown}>
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
  const top = classIndex(model, cell.label);
  const intended = imageAt(cell.index)?.intended;
  const none = noType(cell);
  const intendedWords = intended ? words.drawnAs(inSentence(className(model, intended))) : '';
  return (
    <div
      class="tile"
      role="option"
      tabIndex={isCurrent ? 0 : -1}
      aria-label={`${verdict(model, cell)}, ${[...flags(cell).filter((flag) => flag !== shared.flags.unsure), intendedWords, cell.path].filter(Boolean).join(', ')}`}
      aria-selected={openIndex.value === cell.index}
      aria-posinset={position + 1}
      aria-setsize={total}
      data-testid="cell-card"
      data-index={cell.index}
      data-file={cell.path}
      data-label={cell.label}
      data-probability={cell.probability}
      data-status="ok"
      data-unsure={cell.unsure}
      data-foreign={cell.foreign}
      data-verdict={cellKind(cell)}
      data-intended={intended ?? undefined}
      style={{ transform: `translate(${leftPx}px, ${topPx}px)`, width: `${sidePx}px`, height: `${heightPx}px` }}
      onClick={() => openDetails(cell.index)}
    >
      {isNear ? (
        <CropPicture cell={cell} sidePx={pictureSide(sidePx)} mapClass={mapOn.value && !cell.unnamed ? top : null} opacity={mapOpacity.value} />
      ) : (
        <span class="crop-picture" />
      )}
      <span class={`thin-bar ${classStyle(none === null ? top : none.kind === 'quality' ? qualityIndex : foreignIndex)}`}>
        <span style={{ transform: `scaleX(${none ? 0 : cell.probability})` }} />
      </span>
      <span class="tile-name">
        {none ? <NoTypeMark kind={none.kind} /> : <ClassMark index={top} letter={model.classes[top]?.letter ?? ''} />}
        {none ? <span class="flag">{sidePx < wordsPx ? none.short : none.few}</span> : <span>{className(model, cell.label)}</span>}
      </span>
      <span class="tile-facts small">
        <span class={none ? 'muted' : 'tile-probability'}>{none ? mostLike(model, cell) : probabilityWords(cell)}</span>
        {flags(cell, true).map((flag) => (
          <span key={flag} class="flag">
            {flag}
          </span>
        ))}
      </span>
      {intended && <span class={`tile-intended small ${intended === cell.label ? '' : 'differs'}`}>{intendedWords}</span>}
    </div>
  );
}

/** In steps, so that pictures are kept while tiles change a little; no more than a crop is likely to have. */
function pictureSide(sidePx: number): number {
  const stepPx = 32;
  return Math.min(448, stepPx * Math.ceil((sidePx * window.devicePixelRatio) / stepPx));
}
