/** What a project comes to, as exports take it. */
import type { CellRecord } from '../classify/outcome.ts';
import { asAsked, kindOf } from '../classify/verdict.ts';
import type { FrameRecord } from '../frames/frame.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { ExportContext } from '../report/export_cells.ts';
import type { Review } from '../review/review.ts';
import { cellKey, type Project } from './project.ts';

/** Images or frames that count, in file order. */
export function resultsOf({ head: { settings }, records, frames }: Project): { records: CellRecord[]; frames: FrameRecord[] } {
  const without = new Set(settings.leftOut);
  return {
    records: records.flatMap((record) => (record && !without.has(record.index) ? [record] : [])),
    frames: frames.flatMap((frame, index): FrameRecord[] => {
      if (!frame || without.has(index)) return [];
      return 'failure' in frame ? [frame.failure] : [{ ...frame.analysis, index, path: frame.path, removedBoxes: frame.removed }];
    }),
  };
}

/** What people said, as `ExportContext.reviewOf` is asked; undefined where nobody said anything. */
export function reviewsOf({ reviews: { cells, fields } }: Project): ExportContext['reviewOf'] {
  if (cells.length + fields.length === 0) return undefined;
  const [ofCells, ofFields] = [new Map(cells), new Map(fields)];
  return (index, id) => (id === undefined ? ofCells.get(index) : ofFields.get(cellKey(index, id)));
}

/**
 * How many cells count as what: what a person said, else what the model did.
 *
 * Returns: counts by class id, or by `quality`, `foreign`, `unsure`, `unnamed`, `cannot_tell`, `no_cell`, `two_cells`.
 */
export function countsOf(project: Project, spec: Pick<ModelSpec, 'classes' | 'judge'>): Map<string, number> {
  const { head: { settings } } = project;
  const asked = { unsureBelow: settings.unsureBelow ?? spec.judge.abstain_below, types: settings.types };
  const counts = new Map<string, number>();
  const add = (review: Review | undefined, verdict: Parameters<typeof kindOf>[0] & Parameters<typeof asAsked>[0] | undefined): void => {
    const judged = verdict && asAsked(verdict, spec, asked);
    const kind = judged && kindOf(judged);
    const model = judged === undefined ? 'unnamed' : kind === 'type' ? judged.label : (kind as string);
    const name = review?.first ? (review.first.type ?? review.first.outcome) : model;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  const { records, frames } = resultsOf(project);
  const reviewOf = reviewsOf(project);
  if (settings.mode === 'cells') {
    for (const record of records) if (record.status === 'ok') add(reviewOf?.(record.index), record);
  } else {
    for (const frame of frames) if (frame.status === 'ok') for (const { id, verdict } of frame.cells) add(reviewOf?.(frame.index, id), verdict);
  }
  return counts;
}
