/** Where a person is in the results, as it is kept with them. */
import { batch, type Signal } from '@preact/signals';
import { reader, reviewing } from './reviewing.ts';
import { currentFrame, currentIndex, filter, layout, leastProbability, openIndex, question, search, sort, thisFrameOnly, tileSize } from './view.ts';
import { worklist } from './worklist.ts';

const kept: Record<string, Signal> = { layout, filter, search, sort, tileSize, currentFrame, thisFrameOnly, leastProbability, currentIndex, openIndex, reviewing, reader, worklist, question };

export function placeNow(): Record<string, unknown> {
  return Object.fromEntries(Object.entries(kept).map(([name, { value }]) => [name, value]));
}

/** What is of another kind than what stands there stays as it is. */
export function restorePlace(place: Record<string, unknown>): void {
  batch(() => {
    for (const [name, signal] of Object.entries(kept)) {
      const value = place[name];
      const isNumber = name.startsWith('current') || name === 'openIndex';
      if (isNumber ? value === null || Number.isSafeInteger(value) : typeof value === typeof signal.peek() || (name === 'filter' && (value === null || typeof value === 'string'))) signal.value = value;
    }
  });
}
