/** The requests that this page made, as the browser itself records them. */
import { signal } from '@preact/signals';
import type { RequestFacts } from '../types.ts';
import { firstImageAtMs, workerRequests } from './session.ts';

const own = signal<RequestFacts[]>([]);
const ofWorkers = signal<RequestFacts[]>([]);

/** Every request so far, first to last. */
export function requests(): RequestFacts[] {
  return [...own.value, ...ofWorkers.value].sort((a, b) => a.startedAtMs - b.startedAtMs);
}

export function requestsSinceFirstImage(): number {
  const since = firstImageAtMs.value;
  return since === null ? 0 : requests().filter(({ startedAtMs }) => startedAtMs >= since).length;
}

/** Starts to listen; what was loaded before is included. */
export function watchRequests(): void {
  new PerformanceObserver((list) => {
    // A blob: address is memory of this page, not a request.
    const made = list.getEntries().filter(({ name }) => !name.startsWith('blob:'));
    own.value = [...own.value, ...made.map((entry) => factsOf(entry as PerformanceResourceTiming))];
  }).observe({ type: 'resource', buffered: true });
}

/** Workers keep a list of their own, which has to be asked for. */
export async function askWorkers(): Promise<void> {
  ofWorkers.value = await workerRequests();
}

function factsOf(entry: PerformanceResourceTiming): RequestFacts {
  return {
    url: entry.name,
    bytes: entry.encodedBodySize || entry.decodedBodySize,
    fromCache: entry.transferSize === 0 && entry.decodedBodySize > 0,
    startedAtMs: performance.timeOrigin + entry.startTime,
  };
}
