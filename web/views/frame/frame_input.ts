/** Pointers, wheel and keys on the picture of a frame. */
import { useEffect, useRef } from 'preact/hooks';
import { type Box, cellKey } from '../../../src/js/index.ts';
import { frameAt } from '../../state/frame_store.ts';
import { addCell, drawnLine, removeCell, searchLike, type Tool, toolFor } from '../../state/frames.ts';
import { select, selected, toggleSelected } from '../../state/reviewing.ts';
import { drawnRegion } from '../../state/slides.ts';
import { currentIndex, openDetails, openIndex, standOn } from '../../state/view.ts';
import type { DrawnCell, FrameCanvas } from './frame_canvas.ts';

/** What one press of a key or button does. */
export const zoomStep = 1.5;
const panStepPx = 64;
/** Fingers are thicker than a mouse. */
const reachPx = { mouse: 2, touch: 12 };
/** A press that moves further is a drag. */
const dragFromPx = 4;

/** On a frame the tool in force, which an overview has fewer of. */
const toolOn = (frame: number): Tool => toolFor(frameAt(frame)?.analysis.choice.overview === true);

export function useInput(element: { current: HTMLCanvasElement | null }, drawing: { current: FrameCanvas | undefined }, frame: number, cells: readonly DrawnCell[]): void {
  const latest = useRef(cells);
  latest.current = cells;
  useEffect(() => {
    const canvas = element.current;
    if (!canvas) return;
    const held = (): Tool => toolOn(frame);
    const isLine = (): boolean => held() === 'measure' || held() === 'scale';
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
      if (isLine() || held() === 'region') return;
      if (held() === 'select') {
        if (cell) toggleSelected(cellKey(frame, cell.id));
        return;
      }
      if (held() === 'add') {
        if (view.isInside(at)) addCell(frame, at.x, at.y);
      } else if (!cell) return;
      else if (held() === 'remove') removeCell(frame, cell.id);
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
        view.hover(held() === 'add' ? undefined : view.cellAt(view.toFrame(now.x, now.y), reachPx.mouse));
        return;
      }
      const other = [...pressed].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const [was, is] = [Math.hypot(before.x - other.x, before.y - other.y), Math.hypot(now.x - other.x, now.y - other.y)];
        if (was > 0) view.zoom(is / was, (now.x + other.x) / 2, (now.y + other.y) / 2);
        view.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
      } else {
        dragged ||= Math.hypot(now.x - start.x, now.y - start.y) > dragFromPx;
        if (isLine() || ((held() === 'select' || held() === 'region') && dragged)) {
          view.stretch(isLine() ? 'line' : 'box', view.toFrame(start.x, start.y), view.toFrame(now.x, now.y));
          return;
        }
        // A whole frame stays where a finger finds it: the page moves.
        if (!dragged || (view.fitted && event.pointerType === 'touch')) return;
        view.pan(now.x - before.x, now.y - before.y);
      }
      pressed.set(event.pointerId, now);
    });
    on('pointerup', (event) => {
      const [measured, boxed] = [drawing.current?.measured() ?? 0, drawing.current?.boxed() ?? []];
      const region = held() === 'region' ? (drawing.current?.drawnBox() ?? null) : null;
      // A length that is still to be entered stays in sight.
      if (held() === 'scale') {
        if (measured > 0) drawnLine.value = { frame, px: measured };
      } else drawing.current?.stretch('line');
      if (region) drawnRegion.value = { frame, box: region };
      if (measured > 0 && held() === 'measure') searchLike(frame, measured);
      if (boxed.length > 0) select([...selected.value, ...boxed.map(({ id }) => cellKey(frame, id))]);
      if (!pressed.delete(event.pointerId) || dragged || pressed.size > 0) return;
      press(event.offsetX, event.offsetY, event.pointerType === 'mouse' ? reachPx.mouse : reachPx.touch);
    });
    on('pointercancel', (event) => {
      pressed.delete(event.pointerId);
      drawing.current?.stretch('line');
    });
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
      else if (event.key === ' ' && current && held() === 'select') toggleSelected(cellKey(frame, current.id));
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
