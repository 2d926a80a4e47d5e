/** One line of the browser's own record of requests. */

/** One request, for the privacy panel. */
export interface RequestFacts {
  url: string;
  bytes: number;
  /** `kept`: by the service worker, without the network; `cache`: the browser's own. */
  from: 'network' | 'cache' | 'kept';
  by: 'page' | 'worker' | 'service worker';
  startedAtMs: number;
}

/** The same in the page, its workers and the service worker. */
export function requestFactsOf(entry: PerformanceResourceTiming): Omit<RequestFacts, 'by'> {
  // How the service worker marks its answers, of which the browser does not know the size.
  const kept = entry.serverTiming?.find(({ name }) => name === 'kept');
  return {
    url: entry.name,
    bytes: Number(kept?.description) || entry.encodedBodySize || entry.decodedBodySize,
    from: kept ? 'kept' : entry.transferSize === 0 && entry.decodedBodySize > 0 ? 'cache' : 'network',
    startedAtMs: performance.timeOrigin + entry.startTime,
  };
}
