/** The requests that this page, its workers and its service worker made, as the browser itself records them. */
import { signal } from '@preact/signals';
import { type RequestFacts, requestFactsOf } from '../../src/js/index.ts';
import type { ServiceWorkerNews } from '../service_worker_messages.ts';
import { workerRequests } from './asking.ts';
import { firstImageAtMs } from './images.ts';

const own = signal<RequestFacts[]>([]);
const ofWorkers = signal<RequestFacts[]>([]);
const ofServiceWorker = signal<RequestFacts[]>([]);

/** Every request so far, first to last. */
export function requests(): RequestFacts[] {
  const page = performance.getEntriesByType('navigation').map((entry) => ({ ...requestFactsOf(entry as PerformanceResourceTiming), by: 'page' as const }));
  return [...page, ...own.value, ...ofWorkers.value, ...ofServiceWorker.value].sort((a, b) => a.startedAtMs - b.startedAtMs);
}

/** Those that the browser answered by itself went nowhere. */
export function requestsSinceFirstImage(): { network: number; local: number } {
  const since = firstImageAtMs.value;
  const made = since === null ? [] : requests().filter(({ startedAtMs }) => startedAtMs >= since);
  const network = made.filter(({ from }) => from === 'network').length;
  return { network, local: made.length - network };
}

/** Starts to listen; what was loaded before is included. */
export function watchRequests(): void {
  new PerformanceObserver((list) => {
    // A blob: address is memory of this page, not a request.
    const made = list.getEntries().filter(({ name }) => !name.startsWith('blob:'));
    own.value = [...own.value, ...made.map((entry) => ({ ...requestFactsOf(entry as PerformanceResourceTiming), by: 'page' as const }))];
  }).observe({ type: 'resource', buffered: true });
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.addEventListener('message', ({ data: { request } }: MessageEvent<ServiceWorkerNews>) => {
    ofServiceWorker.value = [...ofServiceWorker.value, request];
  });
  navigator.serviceWorker.startMessages();
}

/** Workers keep a list of their own, which has to be asked for. */
export async function askWorkers(): Promise<void> {
  ofWorkers.value = await workerRequests();
}
