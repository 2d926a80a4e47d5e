/** Which rows of a long list are near the window, whatever scrolls. */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface RowWindow { widthPx: number; firstRow: number; endRow: number }

/** Up to so many cells all elements exist at once, so that the browser's own search and assistive software reach every cell. */
export const mostWhole = 300;

/** Rows made ahead of the scroll on both sides, as a share of the window's height. */
const ahead = 0.5;

/**
 * Follows scrolling and resizing.
 *
 * Args:
 *   box: the element that is as tall as all rows together.
 *   rowPxOf: height of a row at a width of the box.
 * Returns: the rows that should exist now, the end not included.
 */
export function useRowWindow(box: RefObject<HTMLElement | null>, rowPxOf: (widthPx: number) => number): RowWindow {
  const [rows, setRows] = useState<RowWindow>({ widthPx: 0, firstRow: 0, endRow: 0 });
  const measure = useRef(() => {});
  measure.current = () => {
    if (!box.current) return;
    const { top, width } = box.current.getBoundingClientRect();
    const rowPx = rowPxOf(width);
    const margin = ahead * window.innerHeight;
    const firstRow = Math.max(0, Math.floor((-top - margin) / rowPx));
    const endRow = Math.max(firstRow, Math.ceil((window.innerHeight - top + margin) / rowPx));
    setRows((old) => (old.widthPx === width && old.firstRow === firstRow && old.endRow === endRow ? old : { widthPx: width, firstRow, endRow }));
  };
  // Measuring lays the page out: only where rows may have another height, or where there is no box yet.
  useLayoutEffect(() => measure.current(), [rowPxOf(rows.widthPx), rows.widthPx > 0 ? null : {}]);
  useEffect(() => {
    let frame = 0;
    const soon = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => measure.current());
    };
    const resized = new ResizeObserver(soon);
    if (box.current) resized.observe(box.current);
    document.addEventListener('scroll', soon, { capture: true, passive: true });
    window.addEventListener('resize', soon);
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      document.removeEventListener('scroll', soon, { capture: true });
      window.removeEventListener('resize', soon);
    };
  }, []);
  return rows;
}
