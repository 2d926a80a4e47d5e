/** One frame at a time: its picture, its cells outlined and lettered, and the tools to look at and correct them. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatCount } from '../format.ts';
import { cellKey, frameAt, frameOfKey, type FrameEntry } from '../state/frame_store.ts';
import { addCell, busyFrame, chooseInFile, removeCell, tool, undo, type Tool } from '../state/frames.ts';
import { withFrame } from '../state/held_frames.ts';
import { era, files, messageOf, spec, underWay } from '../state/session.ts';
import { currentFrame, currentIndex, filter, leastProbability, openCell, openDetails, openIndex, shareOf, shown, standOn, theme } from '../state/view.ts';
import { openDialog } from './dialog.tsx';
import { classIndex, classStyle, foreignIndex, foreignLetter, qualityIndex, qualityLetter, unsureIndex } from './class_mark.tsx';
import { FrameCanvas, letterFromPx, type Colours, type DrawnCell, type FramePart } from './frame_canvas.ts';
import { savePicture } from './frame_picture.ts';
import { FrameSide } from './frame_side.tsx';
import { Choice } from './toolbar.tsx';
import { ofMany, verdict } from './words.ts';
import { type Box, type FrameCell, type ModelSpec, scalingFor } from '../../src/js/index.ts';

export function FrameLayout() {
  const frame = currentFrame.value;
  files.value;
  return (
    <div class="frame-layout">
      <FrameSide />
      {frame === null ? <p class="nothing muted">No frames yet.</p> : <FrameStage frame={frame} />}
    </div>
  );
}

function FrameStage({ frame }: { frame: number }) {
  const entry = frameAt(frame);
  const path = files.value[frame]?.path ?? '';
  const total = files.value.length;
  const step = (by: number): void => {
    currentFrame.value = Math.min(total - 1, Math.max(0, frame + by));
    currentIndex.value = null;
  };
  return (
    <section class="frame-stage" aria-label="Frame">
      <header class="frame-head">
        <h2 class="path" title={path}>
          {path}
        </h2>
        {entry && <FrameFacts frame={frame} entry={entry} />}
        {total > 1 && (
          <span class="frame-steps">
            <button type="button" data-testid="previous-frame" disabled={frame === 0} onClick={() => step(-1)}>
              Previous frame
            </button>
            <span class="small number">{ofMany(frame + 1, total)}</span>
            <button type="button" data-testid="next-frame" disabled={frame === total - 1} onClick={() => step(1)}>
              Next frame
            </button>
          </span>
        )}
      </header>
      {entry ? <OpenFrame key={`${frame} ${entry.analysis.choice.page} ${entry.analysis.choice.channel} ${era.value}`} frame={frame} entry={entry} /> : <NotYet frame={frame} />}
    </section>
  );
}

function NotYet({ frame }: { frame: number }) {
  const unread = files.value[frame] !== undefined && !underWay.value.has(frame);
  return <p class="nothing muted">{unread ? 'This frame has not been read: see “Files not read”, or it is still waiting.' : 'The cells are being looked for.'}</p>;
}

function FrameFacts({ frame, entry: { analysis } }: { frame: number; entry: FrameEntry }) {
  const { facts, choice, cells, settings } = analysis;
  const { width_px, height_px } = facts.image;
  const size = settings.pixel_size_um;
  return (
    <p class="small muted frame-facts">
      <span>
        {formatCount(width_px)} × {formatCount(height_px)} px
      </span>
      <span>{size === null ? 'pixel size not known' : `${size.toLocaleString(undefined, { maximumSignificantDigits: 4 })} µm per px`}</span>
      <span data-testid="frame-cells" data-count={cells.length}>
        {formatCount(cells.length)} {cells.length === 1 ? 'cell' : 'cells'}
      </span>
      <button type="button" class="link" data-testid="frame-file" aria-haspopup="dialog" onClick={() => openDialog('file')}>
        What is in this file
      </button>
      {facts.damaged && <span class="warning">The file is damaged; its pixels may not be what was stored.</span>}
      {facts.pages > 1 && (
        <label class="field">
          Page
          <select data-testid="page" value={choice.page} onChange={(event) => chooseInFile(frame, { ...choice, page: Number(event.currentTarget.value) })}>
            {Array.from({ length: Math.min(facts.pages, 2000) }, (_, page) => (
              <option key={page} value={page}>
                {ofMany(page + 1, facts.pages)}
              </option>
            ))}
          </select>
        </label>
      )}
      {facts.channels > 1 && (
        <label class="field">
          Channel
          <select data-testid="channel" value={choice.channel} onChange={(event) => chooseInFile(frame, { ...choice, channel: Number(event.currentTarget.value) })}>
            <option value={-1}>as in the file</option>
            {Array.from({ length: facts.channels }, (_, channel) => (
              <option key={channel} value={channel}>
                {ofMany(channel + 1, facts.channels)}
              </option>
            ))}
          </select>
        </label>
      )}
    </p>
  );
}

const tools: Record<Tool, string> = { look: 'Look', remove: 'Remove', add: 'Add' };
const hints: Record<Tool, string> = {
  look: 'Press a cell for its details. Drag to move, turn the wheel or pinch to zoom.',
  remove: 'Press what is no cell to take it away.',
  add: 'Press the middle of a cell that was not found.',
};
const zoomStep = 1.5;
const panStepPx = 64;

function OpenFrame({ frame, entry }: { frame: number; entry: FrameEntry }) {
  const element = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<FrameCanvas>(undefined);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [scale, setScale] = useState(1);
  const [saving, setSaving] = useState(false);
  const model = spec.value;
  const { analysis, range } = entry;
  const cells = model ? drawnCells(model, frame, entry) : [];

  useLayoutEffect(() => {
    if (!element.current) return;
    const canvas = new FrameCanvas(element.current);
    drawing.current = canvas;
    canvas.resize();
    canvas.setFrame(analysis.facts.image.width_px, analysis.facts.image.height_px);
    const resized = new ResizeObserver(() => canvas.resize());
    resized.observe(element.current);
    return () => {
      resized.disconnect();
      canvas.stop();
    };
  }, []);

  // The picture: all of it small enough to be one, and the parts in sight in full once they are looked at closely.
  useEffect(() => {
    const canvas = drawing.current;
    if (!canvas) return;
    const pictures = new FramePictures(frame, entry, (whole, parts) => canvas.setPictures(whole, parts), setTrouble);
    let told = 0;
    canvas.onView = () => {
      pictures.look(canvas);
      // The words under the picture need not follow every frame of a pinch.
      clearTimeout(told);
      told = window.setTimeout(() => setScale(canvas.scale), 120);
    };
    canvas.onView();
    return () => {
      clearTimeout(told);
      canvas.onView = () => {};
      pictures.stop();
    };
  }, [range]);

  useLayoutEffect(() => {
    if (element.current) drawing.current?.setCells(cells, readColours(element.current, cells));
    drawing.current?.setCurrent(standing?.inFrame?.id);
  }, [entry.analysis.cells, shown.value, theme.value]);

  const standing = shown.value.find(({ index }) => index === currentIndex.value && frameOfKey(index) === frame);
  useEffect(() => {
    drawing.current?.setCurrent(standing?.inFrame?.id);
    if (standing?.inFrame && document.activeElement !== document.body) drawing.current?.reveal(standing.inFrame.box);
  }, [standing]);

  useInput(element, drawing, frame, cells);

  const size = cells[0] ? medianSize(cells) * scale : Infinity;
  const warning = model ? scalingFor(model, analysis.settings.pixel_size_um).warning : null;
  const working = busyFrame.value === frame || underWay.value.has(frame);
  return (
    <>
      <div class="frame-tools" role="toolbar" aria-label="Frame tools">
        <Choice<Tool> name="tool" label="What a press on the picture does" value={tool.value} words={tools} onChoose={(value) => (tool.value = value)} />
        <button type="button" data-testid="undo-edit" disabled={entry.undo.length === 0} title={entry.undo.at(-1)?.words} onClick={() => undo(frame)}>
          Undo
        </button>
        <span class="spacer" />
        <span class="frame-zoom" role="group" aria-label="Zoom">
          <button type="button" data-testid="zoom-out" aria-keyshortcuts="-" onClick={() => drawing.current?.zoom(1 / zoomStep)}>
            Zoom out
          </button>
          <span class="small number">{formatCount(100 * scale)} %</span>
          <button type="button" data-testid="zoom-in" aria-keyshortcuts="+" onClick={() => drawing.current?.zoom(zoomStep)}>
            Zoom in
          </button>
          <button type="button" data-testid="fit" aria-keyshortcuts="0" onClick={() => drawing.current?.fit()}>
            Fit
          </button>
        </span>
        <button
          type="button"
          data-testid="save-picture"
          disabled={saving || !model}
          onClick={() => {
            if (!model) return;
            setSaving(true);
            void savePicture(frame, entry, model, cells, element.current as Element).catch((error: unknown) => setTrouble(messageOf(error))).finally(() => setSaving(false));
          }}
        >
          Save picture
        </button>
      </div>
      {warning && (
        <p class="small frame-warning" data-testid="scale-warning">
          {warning}
        </p>
      )}
      <div class="frame-picture">
        <canvas
          ref={element}
          tabIndex={0}
          role="img"
          data-testid="frame-canvas"
          data-tool={tool.value}
          data-frame={frame}
          data-outlined={cells.length}
          aria-label={`Frame with ${formatCount(analysis.cells.length)} cells. Arrow keys walk through the cells, Enter opens one, Shift and arrows move the picture, plus and minus zoom.`}
        />
        {trouble && <p class="frame-trouble small">The picture cannot be shown: {trouble}</p>}
      </div>
      <p class="small muted frame-hint">
        <span>{hints[tool.value]}</span>
        {size < letterFromPx && cells.length > 0 && <span>Zoom in to see the letters.</span>}
        {working && <span>Searching …</span>}
        {analysis.cells.length === 0 && !working && <span>No cells were found; a higher sensitivity or other diameters may find some.</span>}
        <span class="visually-hidden" aria-live="polite">
          {standing && model ? `${verdict(model, standing)}, cell ${ofMany(1 + shown.value.indexOf(standing), shown.value.length)}` : ''}
        </span>
      </p>
    </>
  );
}

function medianSize(cells: readonly DrawnCell[]): number {
  return cells.map(({ box }) => Math.max(box.width_px, box.height_px)).sort((a, b) => a - b)[cells.length >> 1] ?? Infinity;
}

/** Marks of the cells that count as no class. */
const noClass: Record<string, { index: number; letter: string }> = {
  unsure: { index: unsureIndex, letter: '?' },
  foreign: { index: foreignIndex, letter: foreignLetter },
  quality: { index: qualityIndex, letter: qualityLetter },
};

/** The cells of a frame that pass the filters; those without a verdict pass where nothing is filtered. */
function drawnCells(model: ModelSpec, frame: number, { analysis, cells }: FrameEntry): DrawnCell[] {
  const matching = new Map(shown.value.flatMap((cell) => (cell.inFrame?.frame === frame ? [[cell.index, cell]] : [])));
  const classified = new Set(cells.map(({ index }) => index));
  const filtered = filter.value !== null || leastProbability.value > 0;
  return analysis.cells.flatMap((cell: FrameCell): DrawnCell[] => {
    const { id, box, outline } = cell;
    const key = cellKey(frame, id);
    const named = matching.get(key);
    if (!named) return filtered || classified.has(key) ? [] : [{ id, box, outline, style: 'unnamed', letter: '' }];
    const share = shareOf(named);
    const { index, letter } = noClass[share] ?? { index: classIndex(model, share), letter: model.classes[classIndex(model, share)]?.letter ?? '' };
    return [{ id, box, outline, style: classStyle(index), letter }];
  });
}

/** The colours that the style classes say, for a canvas. */
export function readColours(near: Element, cells: readonly DrawnCell[]): Map<string, Colours> {
  const colours = new Map<string, Colours>([['unnamed', { line: '#ffffff', ink: '#000000' }]]);
  const probe = document.createElement('span');
  probe.hidden = true;
  near.parentElement?.append(probe);
  // Through the properties themselves: what a variable holds may be an expression.
  probe.style.color = 'var(--class-colour)';
  probe.style.backgroundColor = 'var(--ink)';
  for (const style of new Set(cells.map((cell) => cell.style))) {
    if (style === 'unnamed') continue;
    probe.className = style;
    const { color, backgroundColor } = getComputedStyle(probe);
    colours.set(style, { line: color, ink: backgroundColor });
  }
  probe.style.color = 'var(--surface)';
  colours.set('background', { line: getComputedStyle(probe).color, ink: '' });
  probe.remove();
  return colours;
}

/** Side of the picture of the whole, and of each part in full, px. */
const partPx = 2048;
/** Of 16 MB each at most. */
const mostParts = 12;

/** The pictures of one frame: fetched when they are looked at, a bounded number kept. */
class FramePictures {
  readonly #frame: number;
  readonly #entry: FrameEntry;
  readonly #show: (whole: FramePart | undefined, parts: FramePart[]) => void;
  readonly #fail: (words: string | null) => void;
  #whole: FramePart | undefined;
  /** By place, in order of last use. */
  readonly #parts = new Map<string, FramePart | null>();
  #stopped = false;

  constructor(frame: number, entry: FrameEntry, show: (whole: FramePart | undefined, parts: FramePart[]) => void, fail: (words: string | null) => void) {
    this.#frame = frame;
    this.#entry = entry;
    this.#show = show;
    this.#fail = fail;
    const { width_px, height_px } = entry.analysis.facts.image;
    void this.#fetch({ left_px: 0, top_px: 0, width_px, height_px }).then((whole) => {
      this.#whole = whole;
      fail(null);
      this.#tell();
    }, this.#failed);
  }

  /** Fetches the parts in sight where the whole is too coarse. */
  look(canvas: FrameCanvas): void {
    const { width_px, height_px } = this.#entry.analysis.facts.image;
    const wholeScale = Math.min(1, partPx / Math.max(width_px, height_px));
    if (wholeScale === 1 || canvas.scale * window.devicePixelRatio <= wholeScale) return;
    const { left, top, right, bottom } = canvas.inSight();
    for (let y = Math.max(0, Math.floor(top / partPx)); y * partPx < Math.min(bottom, height_px); ++y) {
      for (let x = Math.max(0, Math.floor(left / partPx)); x * partPx < Math.min(right, width_px); ++x) {
        const key = `${x} ${y}`;
        const known = this.#parts.get(key);
        if (known !== undefined) {
          this.#parts.delete(key);
          this.#parts.set(key, known);
          continue;
        }
        this.#parts.set(key, null);
        const region = { left_px: x * partPx, top_px: y * partPx, width_px: Math.min(partPx, width_px - x * partPx), height_px: Math.min(partPx, height_px - y * partPx) };
        void this.#fetch(region).then((part) => {
          if (this.#stopped) part.picture.close();
          else this.#parts.set(key, part);
          this.#tell();
        }, this.#failed);
      }
    }
    for (const [key, part] of this.#parts) {
      if (this.#parts.size <= mostParts) break;
      if (!part) continue;
      this.#parts.delete(key);
      part.picture.close();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#show(undefined, []);
    this.#whole?.picture.close();
    for (const part of this.#parts.values()) part?.picture.close();
  }

  async #fetch(region: Box): Promise<FramePart> {
    const { rgba, widthPx, heightPx } = await withFrame(this.#frame, this.#entry.analysis.choice, (held) => held.view(region, partPx, this.#entry.range));
    const picture = await createImageBitmap(new ImageData(rgba, widthPx, heightPx));
    return { region, picture, scale: widthPx / region.width_px };
  }

  readonly #failed = (error: unknown): void => {
    if (!this.#stopped) this.#fail(messageOf(error));
  };

  #tell(): void {
    if (this.#stopped) {
      this.#whole?.picture.close();
      return;
    }
    this.#show(this.#whole, [...this.#parts.values()].filter((part) => part !== null));
  }
}

/** Fingers are thicker than a mouse. */
const reachPx = { mouse: 2, touch: 12 };
/** A press that moves further is a drag. */
const dragFromPx = 4;

function useInput(element: { current: HTMLCanvasElement | null }, drawing: { current: FrameCanvas | undefined }, frame: number, cells: readonly DrawnCell[]): void {
  const latest = useRef(cells);
  latest.current = cells;
  useEffect(() => {
    const canvas = element.current;
    if (!canvas) return;
    const off = new AbortController();
    const on = <Kind extends keyof HTMLElementEventMap>(kind: Kind, act: (event: HTMLElementEventMap[Kind]) => void): void =>
      canvas.addEventListener(kind, act, { signal: off.signal, passive: false });
    const pressed = new Map<number, { x: number; y: number }>();
    let dragged = false;
    let start = { x: 0, y: 0 };
    const press = (x: number, y: number, reach: number): void => {
      const view = drawing.current;
      if (!view) return;
      const at = view.toFrame(x, y);
      const cell = view.cellAt(at, reach);
      if (tool.value === 'add') {
        if (view.isInside(at)) addCell(frame, at.x, at.y);
      } else if (!cell) return;
      else if (tool.value === 'remove') removeCell(frame, cell.id);
      else if (frameAt(frame)?.cells.some(({ index }) => index === cellKey(frame, cell.id))) openDetails(cellKey(frame, cell.id));
    };
    on('pointerdown', (event) => {
      if (event.button !== 0 && event.button !== 1) return;
      canvas.setPointerCapture(event.pointerId);
      pressed.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      if (pressed.size === 1) {
        dragged = event.button === 1;
        start = { x: event.offsetX, y: event.offsetY };
      } else dragged = true;
    });
    on('pointermove', (event) => {
      const view = drawing.current;
      if (!view) return;
      const now = { x: event.offsetX, y: event.offsetY };
      const before = pressed.get(event.pointerId);
      if (!before) {
        view.hover(tool.value === 'add' ? undefined : view.cellAt(view.toFrame(now.x, now.y), reachPx.mouse));
        return;
      }
      const other = [...pressed].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const [was, is] = [Math.hypot(before.x - other.x, before.y - other.y), Math.hypot(now.x - other.x, now.y - other.y)];
        if (was > 0) view.zoom(is / was, (now.x + other.x) / 2, (now.y + other.y) / 2);
        view.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
      } else {
        dragged ||= Math.hypot(now.x - start.x, now.y - start.y) > dragFromPx;
        if (!dragged) return;
        view.pan(now.x - before.x, now.y - before.y);
      }
      pressed.set(event.pointerId, now);
    });
    on('pointerup', (event) => {
      if (!pressed.delete(event.pointerId) || dragged || pressed.size > 0) return;
      press(event.offsetX, event.offsetY, event.pointerType === 'mouse' ? reachPx.mouse : reachPx.touch);
    });
    on('pointercancel', (event) => pressed.delete(event.pointerId));
    on('pointerleave', () => drawing.current?.hover(undefined));
    on('wheel', (event) => {
      event.preventDefault();
      const linePx = event.deltaMode === 1 ? 16 : 1;
      drawing.current?.zoom(Math.exp(Math.max(-60, Math.min(60, -event.deltaY * linePx)) * (event.ctrlKey ? 0.02 : 0.004)), event.offsetX, event.offsetY);
    });
    on('keydown', (event) => {
      const view = drawing.current;
      if (!view || event.ctrlKey || event.metaKey || event.altKey) return;
      const current = latest.current.find(({ id }) => cellKey(frame, id) === (openIndex.value ?? currentIndex.value));
      const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      const zoomKeys: Record<string, () => void> = { '+': () => view.zoom(zoomStep), '=': () => view.zoom(zoomStep), '-': () => view.zoom(1 / zoomStep), '0': () => view.fit() };
      if (direction && event.shiftKey) view.pan(-panStepPx * (direction[0] as number), -panStepPx * (direction[1] as number));
      else if (direction) {
        const next = nextCell(latest.current, current, direction[0] as number, direction[1] as number);
        if (next) standOn(cellKey(frame, next.id));
      } else if (zoomKeys[event.key]) zoomKeys[event.key]?.();
      else if (event.key === 'Enter' && current) openDetails(cellKey(frame, current.id));
      else if ((event.key === 'Delete' || event.key === 'Backspace') && current) removeCell(frame, current.id);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    return () => off.abort();
  }, [frame]);
}

/** The nearest cell in a direction; the first of all where none is stood on. */
export function nextCell(cells: readonly DrawnCell[], from: DrawnCell | undefined, across: number, down: number): DrawnCell | undefined {
  if (!from) return cells[0];
  const middle = ({ left_px, top_px, width_px, height_px }: Box): [number, number] => [left_px + width_px / 2, top_px + height_px / 2];
  const [x, y] = middle(from.box);
  let best: DrawnCell | undefined;
  let least = Infinity;
  for (const cell of cells) {
    const [otherX, otherY] = middle(cell.box);
    const along = (otherX - x) * across + (otherY - y) * down;
    const aside = Math.abs((otherX - x) * down) + Math.abs((otherY - y) * across);
    if (cell === from || along <= 0 || aside > 2 * along) continue;
    const distance = along + 2 * aside;
    if (distance < least) [best, least] = [cell, distance];
  }
  return best;
}

/** The frame follows the cell whose details are open. */
export function useFrameOfDetails(): void {
  const place = openCell.value?.inFrame;
  useEffect(() => {
    if (place && place.frame !== currentFrame.value) currentFrame.value = place.frame;
  }, [place]);
}
