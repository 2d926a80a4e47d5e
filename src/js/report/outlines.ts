/** What files of outlines share: their names, and what each cell is called in them. */
import { asAsked, kindOf } from '../classify/verdict.ts';
import type { FrameCell, FrameRecord } from '../frames/frame.ts';
import { askedOf, type ExportContext } from './export_cells.ts';

export type Analysis = FrameRecord & { status: 'ok' };

/**
 * Name of a file about one frame, without its ending: its number, and the file's own name where names are wanted.
 *
 * Returns: "0003", or "0003 tile-a": nothing that leaves a folder.
 */
export function frameFileName({ index, path }: Pick<FrameRecord, 'index' | 'path'>, context: Pick<ExportContext, 'fileNames'>): string {
  const number = String(index + 1).padStart(4, '0');
  if (!context.fileNames) return number;
  const name = (path.split(/[/\\]/).pop() ?? '').replace(/\.[^.]*$/, '').replace(/[^\p{L}\p{N} ._-]/gu, '_').slice(0, 100);
  return `${number} ${name}`.trim();
}

/** Words for what counts as no type. */
const noType = { quality: 'Image quality', foreign: 'Not like training', unsure: 'Unsure', cannot_tell: 'Cannot tell', no_cell: 'No cell', two_cells: 'Two cells' };

/** What a cell comes to: what a person said, else the model under the threshold in use; and its class where that is one. Undefined where neither did. */
export function standing({ index }: Pick<Analysis, 'index'>, { id, verdict }: FrameCell, context: ExportContext): { name: string; index: number | undefined } | undefined {
  const named = (label: string) => {
    const at = context.spec.classes.findIndex((one) => one.id === label);
    return { name: context.spec.classes[at]?.name ?? label, index: at };
  };
  const answer = context.reviewOf?.(index, id)?.first;
  if (answer) return answer.outcome === 'type' ? named(answer.type ?? '') : { name: noType[answer.outcome], index: undefined };
  if (verdict === undefined) return undefined;
  const cell = asAsked(verdict, context.spec, askedOf(context));
  const kind = kindOf(cell);
  return kind === 'type' ? named(cell.label) : { name: noType[kind], index: undefined };
}

/** Points of the outline, or the corners of the box where there is none: at least three. */
export function polygon({ outline, box: { left_px, top_px, width_px, height_px } }: FrameCell): [number, number][] {
  if (outline.length < 6) return [[left_px, top_px], [left_px + width_px, top_px], [left_px + width_px, top_px + height_px], [left_px, top_px + height_px]];
  return Array.from({ length: outline.length / 2 }, (_, i) => [outline[2 * i] as number, outline[2 * i + 1] as number]);
}
