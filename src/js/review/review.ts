/** What people say of cells that a model named: their answers, which count before the model's, and how far two readers agree. */

/** `type`: it is of a type of the model; else why it is of none. */
export const reviewOutcomes = ['type', 'cannot_tell', 'no_cell', 'two_cells'] as const;
export type ReviewOutcome = (typeof reviewOutcomes)[number];

/** How a cell came to be looked at: only those drawn at random say how good a model is. */
export const reviewOrigins = ['random', 'doubtful', 'chosen'] as const;
export type ReviewOrigin = (typeof reviewOrigins)[number];

/** One reader's answer. */
export interface Answer {
  outcome: ReviewOutcome;
  /** Class id where the outcome is a type, else null. */
  type: string | null;
  /** Initials or a name; empty where a reader gave none. */
  reviewer: string;
  /** ISO 8601, UTC. */
  at: string;
  origin: ReviewOrigin;
}

/** All that people said of one cell. `first` counts; `second` saw neither it nor the model's answer. */
export interface Review { first: Answer | null; second: Answer | null; note: string }

export const noReview: Review = { first: null, second: null, note: '' };

export function isEmptyReview({ first, second, note }: Review): boolean {
  return first === null && second === null && note === '';
}

/** Whether a person called a cell what the model did. */
export function isConfirmed(label: string, { outcome, type }: Answer): boolean {
  return outcome === 'type' && type === label;
}

/** Columns of an export for what people said of a cell; of one that nobody looked at, or of the head, all but the first are null. */
export function reviewFields(review: Review | undefined): Record<string, string | boolean | null> {
  const { first, second, note } = review ?? noReview;
  return {
    reviewed: first !== null,
    review: first?.outcome ?? null, reviewed_type: first?.type ?? null, reviewer: first?.reviewer || null, reviewed_at: first?.at ?? null, review_origin: first?.origin ?? null,
    second_reader_review: second?.outcome ?? null, second_reader_type: second?.type ?? null, second_reader: second?.reviewer || null, review_note: note || null,
  };
}

/**
 * The answers of two readers of the same cells, for Cohen's kappa.
 *
 * Args:
 *   ids: of the model's classes.
 * Returns: [N + 3][N + 3] counts, a row each answer of the first reader: the classes, then the other outcomes in their order.
 */
export function agreementMatrix(reviews: Iterable<Review>, ids: readonly string[]): Float64Array {
  const others = reviewOutcomes.slice(1);
  const size = ids.length + others.length;
  const matrix = new Float64Array(size * size);
  const place = ({ outcome, type }: Answer): number => (outcome === 'type' ? ids.indexOf(type ?? '') : ids.length + others.indexOf(outcome as (typeof others)[number]));
  for (const { first, second } of reviews) {
    if (!first || !second) continue;
    const at = place(first) * size + place(second);
    if (place(first) >= 0 && place(second) >= 0) matrix[at] = (matrix[at] as number) + 1;
  }
  return matrix;
}
