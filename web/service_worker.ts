/**
 * Keeps the files of this site in the browser, each checked against the SHA-256 that the build wrote down, and answers for them:
 * what the page needs when it is installed, the rest once it has been asked for. It answers for nothing else, so that a request
 * to another address fails here too, and it never sees what a person drops on the page.
 */
import { securityHeaders } from './security_headers.ts';
import type { ServiceWorkerNews, ServiceWorkerOrder } from './service_worker_messages.ts';
import { words } from './words.ts';
import { requestFactsOf } from '../src/js/work/requests.ts';

/** Path below the site to SHA-256 in hexadecimal; put in by the build. */
declare const __FILES_AT_INSTALL__: Record<string, string>;
declare const __FILES_ON_DEMAND__: Record<string, string>;
/** Of both lists, shortened. */
declare const __FILES_VERSION__: string;

/** What TypeScript's library for pages does not have. */
interface Lasting extends Event { waitUntil(work: Promise<unknown>): void }
interface Fetching extends Lasting { readonly request: Request; respondWith(response: Response | Promise<Response>): void }
interface Messaged extends Lasting { readonly data: ServiceWorkerOrder; readonly ports: readonly MessagePort[] }
interface Scope {
  readonly clients: { matchAll(options: object): Promise<{ postMessage(news: ServiceWorkerNews): void }[]>; claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: Lasting) => void): void;
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void;
  addEventListener(type: 'message', listener: (event: Messaged) => void): void;
}
const scope = self as unknown as Scope;

const files = new Map([...Object.entries(__FILES_AT_INSTALL__), ...Object.entries(__FILES_ON_DEMAND__)]);
const cachePrefix = 'cytodrop-';
const cacheName = cachePrefix + __FILES_VERSION__;
const site = new URL('./', location.href);
const startPage = 'index.html';

/** Servers differ in what they call these, and browsers refuse a script by a wrong name. */
const contentTypes: Record<string, string> = {
  css: 'text/css; charset=utf-8', html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', md: 'text/markdown; charset=utf-8', mjs: 'text/javascript; charset=utf-8',
  json: 'application/json', png: 'image/png', svg: 'image/svg+xml', wasm: 'application/wasm', webmanifest: 'application/manifest+json',
};

/** A file that cannot be had; `status` says why: 504 no connection, 502 the server's refusal, 409 another version's file. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The page has an image: nothing more is fetched, and the next visit goes on from here. */
let stopped = false;

scope.addEventListener('install', (event) => event.waitUntil(install()));

scope.addEventListener('activate', (event) => event.waitUntil(activate()));

scope.addEventListener('message', (event) => {
  const { data: order, ports: [port] } = event;
  if (order.type === 'stop') stopped = true;
  else if (order.type === 'use') event.waitUntil(scope.skipWaiting());
  else event.waitUntil(keepAll(order.urls.map((url) => pathOf(new URL(url)))).then(() => port?.postMessage('done'), () => port?.postMessage('failed')));
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const path = pathOf(url);
  if (request.method !== 'GET' || url.origin !== site.origin) event.respondWith(Response.error());
  else if (path !== undefined && files.has(path)) event.respondWith(answer(path));
  // A person may open any other file of the server; a page has nothing to ask there.
  else if (request.mode !== 'navigate' || url.search !== '') event.respondWith(refuse(new Refusal(404, words.noFile)));
});

/** Where the page is updated, files that did not change are taken over, and those it has used are kept in their new version. */
async function install(): Promise<void> {
  const before: string[] = [];
  for (const cache of await earlierCaches()) {
    for (const { url } of await cache.keys()) before.push(pathOf(new URL(url)) ?? '');
  }
  await keepAll([...Object.keys(__FILES_AT_INSTALL__), ...before]);
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(cachePrefix) && name !== cacheName).map((name) => caches.delete(name)));
  await scope.clients.claim();
}

async function earlierCaches(): Promise<Cache[]> {
  const names = (await caches.keys()).filter((name) => name.startsWith(cachePrefix) && name !== cacheName);
  return Promise.all(names.map((name) => caches.open(name)));
}

/** Raises: Refusal; Error when told to stop. */
async function keepAll(paths: readonly (string | undefined)[]): Promise<void> {
  const cache = await caches.open(cacheName);
  const earlier = await earlierCaches();
  for (const path of new Set(paths)) {
    const sha256 = files.get(path ?? '');
    if (path === undefined || sha256 === undefined || (await cache.match(addressOf(path)))) continue;
    const known = (await Promise.all(earlier.map((each) => each.match(addressOf(path))))).find((response) => response?.headers.get('ETag') === sha256);
    if (known === undefined && stopped) throw new Error('Stopped, since the page has an image.');
    await cache.put(addressOf(path), known ?? keepable(path, await fetchChecked(path, tellPages)));
  }
  // Else the browser's record would be full after a few hundred.
  performance.clearResourceTimings();
}

async function answer(path: string): Promise<Response> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(addressOf(path));
  if (kept !== undefined) return dressed(kept, 'kept');
  try {
    const bytes = await fetchChecked(path);
    // Where the disk is full the page works all the same.
    await cache.put(addressOf(path), keepable(path, bytes)).catch(() => undefined);
    return dressed(keepable(path, bytes), 'fetched');
  } catch (error) {
    return refuse(error instanceof Refusal ? error : new Refusal(502, String(error)));
  }
}

/**
 * Fetches one file of this site; what the browser's own cache has is not fetched twice.
 *
 * Raises: Refusal.
 */
async function fetchChecked(path: string, told?: (news: ServiceWorkerNews) => void): Promise<ArrayBuffer> {
  let refusal = new Refusal(504, words.notKept);
  for (const cache of ['force-cache', 'reload'] as const) {
    let response: Response;
    let bytes: ArrayBuffer;
    try {
      response = await fetch(addressOf(path), { cache, redirect: 'error' });
      bytes = await response.arrayBuffer();
    } catch {
      continue;
    }
    const entry = performance.getEntriesByName(addressOf(path)).at(-1);
    if (entry) told?.({ type: 'fetched', request: { ...requestFactsOf(entry as PerformanceResourceTiming), by: 'service worker' } });
    if (!response.ok) refusal = new Refusal(502, words.status(response.status));
    else if ((await sha256Of(bytes)) === files.get(path)) return bytes;
    else refusal = new Refusal(409, words.otherVersion);
  }
  throw refusal;
}

async function sha256Of(bytes: ArrayBuffer): Promise<string> {
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function tellPages(news: ServiceWorkerNews): void {
  void scope.clients.matchAll({ type: 'window', includeUncontrolled: true }).then((pages) => pages.forEach((page) => page.postMessage(news)));
}

/** Path below the site, the start page's for the site itself; undefined outside it. */
function pathOf(url: URL): string | undefined {
  if (url.origin !== site.origin || !url.pathname.startsWith(site.pathname)) return undefined;
  try {
    return decodeURI(url.pathname.slice(site.pathname.length)) || startPage;
  } catch {
    return undefined;
  }
}

/** The start page's is the site's, under which the browser's own cache has it. */
function addressOf(path: string): string {
  return path === startPage ? site.href : new URL(encodeURI(path), site).href;
}

function keepable(path: string, bytes: ArrayBuffer): Response {
  const type = contentTypes[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  return new Response(bytes, { headers: { 'Content-Type': type, 'Content-Length': String(bytes.byteLength), ETag: files.get(path) ?? '' } });
}

/** With the headers that a server should send, also where it cannot; `source` tells the page's list of requests. */
function dressed(response: Response, source: 'kept' | 'fetched'): Response {
  const headers = new Headers([...response.headers, ...Object.entries(securityHeaders), ['Server-Timing', `${source};desc=${response.headers.get('Content-Length')}`]]);
  return new Response(response.body, { headers });
}

function refuse({ status, message }: Refusal): Response {
  return new Response(message, { status, headers: { ...securityHeaders, 'Content-Type': 'text/plain; charset=utf-8' } });
}
