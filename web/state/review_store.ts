/** What people said of the cells; `reviewing.ts` has what they do. */
import { signal } from '@preact/signals';
import { isEmptyReview, type Review } from '../../src/js/index.ts';
import { touch } from './changes.ts';
import { mode, type Mode } from './mode.ts';

let said: Record<Mode, Map<number, Review>> = { cells: new Map(), fields: new Map() };

/** Counts up whenever anything was said. */
export const reviewRevision = signal(0);

/** Of the cell with this index, of images of one cell or of frames as they are looked at now. */
export function reviewOf(index: number, of: Mode = mode.value): Review | undefined {
  return said[of].get(index);
}

export function allReviews(of: Mode = mode.value): ReadonlyMap<number, Review> {
  return said[of];
}

/** `null`, or a review that says nothing, takes it away. */
export function setReview(of: Mode, index: number, review: Review | null): void {
  if (review === null || isEmptyReview(review)) said[of].delete(index);
  else said[of].set(index, review);
  touch(of, index);
  reviewRevision.value += 1;
}

/** Puts kept ones in place. */
export function restoreReviews(kept: Record<Mode, [number, Review][]>): void {
  said = { cells: new Map(kept.cells), fields: new Map(kept.fields) };
  reviewRevision.value += 1;
}

/** Takes all away. Returns what brings it back. */
export function takeReviews(): () => void {
  const before = said;
  said = { cells: new Map(), fields: new Map() };
  reviewRevision.value += 1;
  return () => {
    said = before;
    reviewRevision.value += 1;
  };
}
