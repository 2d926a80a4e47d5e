/** What page and service worker say to each other. */
import type { RequestFacts } from '../src/js/index.ts';

/** Page to service worker. */
export type ServiceWorkerOrder =
  /** Keep these addresses too; answered on the port with `done` or `failed`. */
  | { type: 'keep'; urls: string[] }
  /** Fetch nothing more. */
  | { type: 'stop' }
  /** Take over from the version before. */
  | { type: 'use' };

/** Service worker to page. */
export interface ServiceWorkerNews { type: 'fetched'; request: RequestFacts }
