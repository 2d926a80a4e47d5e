/** What every rival does, in a page and under Node alike. */

/** Takes the bytes of a few files and names each: a type, or how many cells there are. */
export type Classify = (batch: Uint8Array[]) => Promise<string[]>;

/** Of the turn that goes on: what a rival can tell of its network alone, ms an image. */
export const networkTimes: number[] = [];

/** `ms`: per file; those of one batch share its time. `networkMs`: empty where the rival cannot tell. */
export interface Turn { labels: string[]; ms: number[]; networkMs: number[] }

export async function takeTurn(classify: Classify, files: readonly Uint8Array[], batch: number): Promise<Turn> {
  const turn: Turn = { labels: [], ms: [], networkMs: [] };
  networkTimes.length = 0;
  for (let first = 0; first < files.length; first += batch) {
    const some = files.slice(first, first + batch);
    const started = performance.now();
    const labels = await classify(some);
    const each = (performance.now() - started) / some.length;
    turn.labels.push(...labels);
    turn.ms.push(...some.map(() => each));
  }
  turn.networkMs.push(...networkTimes);
  return turn;
}

/** The place of the largest. */
export function largestOf(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? NaN) > (values[best] ?? NaN)) best = i;
  return best;
}
