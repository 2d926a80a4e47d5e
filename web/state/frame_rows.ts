/** A frame as rows of the database: the cells of a large one in rows of their own, so that no write stops the page. */
import type { FrameCell, ProjectFrame } from '../../src/js/index.ts';
import { largeRows, type Row } from './project_store.ts';

const mostTogether = 2048;
const cellsInRow = 512;
/** Of one frame. */
const mostRows = 2 ** 16;

/** How many cells the frame and each of its other pictures have in rows of their own, in order. */
type FrameRow = ProjectFrame & { cellsApart?: number[] };

/** Nothing is kept of a frame that is undefined. */
export function rowsOfFrame(frame: number, kept: ProjectFrame | undefined): Row[] {
  if (kept === undefined || !('analysis' in kept)) return [{ table: 'frames', number: frame, value: kept }];
  const { analysis, pictures = {} } = kept;
  const lists = [analysis.cells, ...Object.values(pictures).map(({ cells }) => cells)];
  const count = lists.reduce((sum, { length }) => sum + length, 0);
  if (count <= mostTogether || count > cellsInRow * mostRows) return [{ table: 'frames', number: frame, value: kept }];
  const rest = Object.fromEntries(Object.entries(pictures).map(([key, picture]) => [key, { ...picture, cells: [] }]));
  const value: FrameRow = { ...kept, analysis: { ...analysis, cells: [] }, ...(kept.pictures && { pictures: rest }), cellsApart: lists.map(({ length }) => length) };
  const all = lists.flat();
  const rows = Array.from({ length: Math.ceil(count / cellsInRow) }, (_, i): Row => ({ table: largeRows, number: frame * mostRows + i, value: all.slice(i * cellsInRow, (i + 1) * cellsInRow) }));
  return [...rows, { table: 'frames', number: frame, value }];
}

/** The way back. Args: rows: those of their own, by number. */
export function joinFrames(frames: readonly (FrameRow | undefined)[], rows: ReadonlyMap<number, unknown>): (ProjectFrame | undefined)[] {
  return frames.map((row, frame) => {
    if (row?.cellsApart === undefined || !('analysis' in row)) return row;
    const { cellsApart, ...kept } = row;
    const count = cellsApart.reduce((sum, length) => sum + length, 0);
    const all = Array.from({ length: Math.ceil(count / cellsInRow) }, (_, i) => (rows.get(frame * mostRows + i) ?? []) as FrameCell[]).flat();
    let at = 0;
    const next = (): FrameCell[] => all.slice(at, (at += cellsApart.shift() ?? 0));
    const cells = next();
    const pictures = kept.pictures && Object.fromEntries(Object.entries(kept.pictures).map(([key, picture]) => [key, { ...picture, cells: next() }]));
    return { ...kept, analysis: { ...kept.analysis, cells }, ...(pictures && { pictures }) };
  });
}
