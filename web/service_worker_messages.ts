/** What page and service worker say to each other. */
import type { RequestFacts } from '../src/js/index.ts';

/** Page to service worker. */
export type ServiceWorkerOrder =
  /** Keep these addresses too; answered on the port with `done` or `failed`. */
  | { type: 'keep'; urls: string[] }
  /** Fetch nothing more. */
  | { type: 'stop' }
  /** Take over from the version before. */
  | { type: 'use' }
  /** Hand over what was shared under this number: answered on the port with the files, once, and with null from then on. */
  | { type: 'take'; id: string };

/** Service worker to page. */
export interface ServiceWorkerNews { type: 'fetched'; request: RequestFacts }

/** Where the system posts what other programs share with the installed page, and the field of that form: the manifest names both. */
export const shareTarget = { path: 'share', field: 'images' };
/** What the page's address calls the number of a share. */
export const sharedKey = 'shared';
