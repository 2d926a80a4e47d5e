/** Whether the page is kept in this browser, and whether a newer version of it waits. */
import { effect, signal } from '@preact/signals';
import type { ServiceWorkerOrder } from '../service_worker_messages.ts';
import { firstImageAtMs } from './images.ts';
import { listings, modelState } from './models.ts';
import { askWorkers, requests } from './requests.ts';
import { modelFileUrl } from './site.ts';

export type Keeping =
  /** The browser cannot, or only on a secure address. */
  | 'unsupported'
  /** Until the page has been at rest for a moment. */
  | 'waiting'
  /** There is an image, after which nothing is fetched unasked. */
  | 'postponed'
  | 'keeping'
  | 'ready'
  | 'failed';

export const keeping = signal<Keeping>('waiting');
/** Names of the models that need no network. */
export const keptModels = signal<ReadonlySet<string>>(new Set());
/** `elsewhere`: another tab put the newer version to use, and this one still runs the older. */
export const newVersion = signal<'none' | 'offered' | 'elsewhere'>('none');

/** After the model is loaded; the first verdict is not to wait for files that only a later visit needs. */
const restMs = 2_000;

let registration: ServiceWorkerRegistration | undefined;
let isWanted = false;
/** A person asked for it, image or not. */
let isAskedFor = false;

/** Keeps the page for later visits, before there is an image or never in this one; watches for newer versions. */
export function startKeeping(): void {
  if (!('serviceWorker' in navigator) || !isSecureContext) {
    keeping.value = 'unsupported';
    return;
  }
  const { serviceWorker } = navigator;
  const wasControlled = serviceWorker.controller !== null;
  serviceWorker.addEventListener('controllerchange', () => {
    if (isWanted) location.reload();
    else if (wasControlled) newVersion.value = 'elsewhere';
  });
  if (wasControlled) {
    keeping.value = 'ready';
    void serviceWorker.ready.then(watch);
  }
  effect(() => {
    if (firstImageAtMs.value !== null) {
      stop(registration?.installing);
      if (keeping.peek() === 'waiting') keeping.value = 'postponed';
    } else if (modelState.value.phase === 'ready' && keeping.peek() === 'waiting') {
      const timer = setTimeout(() => void keepNow(), restMs);
      return () => clearTimeout(timer);
    }
    return undefined;
  });
  effect(() => {
    const [{ phase }, isKept] = [modelState.value, keeping.value === 'ready'];
    if (phase === 'ready' && isKept) void lookForKeptModels();
  });
}

/** Keeps the page although there is an image. */
export function keepAnyway(): void {
  isAskedFor = true;
  void keepNow();
}

/** Keeps the page, and whatever it has loaded so far. */
async function keepNow(): Promise<void> {
  keeping.value = 'keeping';
  try {
    watch(await navigator.serviceWorker.register('service_worker.js', { scope: './', updateViaCache: 'none' }));
    await askWorkers();
    const worker = await becomesActive();
    await new Promise<void>((resolve, reject) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => (data === 'done' ? resolve() : reject(new Error()));
      order(worker, { type: 'keep', urls: requests().map(({ url }) => url) }, [port2]);
    });
    keeping.value = 'ready';
  } catch {
    keeping.value = firstImageAtMs.value === null ? 'failed' : 'postponed';
  }
}

/** Puts the newer version to use, which loads the page anew. */
export function useNewVersion(): void {
  isWanted = true;
  if (registration?.waiting) order(registration.waiting, { type: 'use' });
  else location.reload();
}

/** Raises: Error when it cannot be installed. */
function becomesActive(): Promise<ServiceWorker> {
  return new Promise((resolve, reject) => {
    void navigator.serviceWorker.ready.then(({ active }) => (active ? resolve(active) : reject(new Error())));
    const worker = registration?.installing;
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'redundant') reject(new Error());
    });
  });
}

function watch(made: ServiceWorkerRegistration): void {
  registration = made;
  const look = (): void => {
    if (made.waiting && navigator.serviceWorker.controller) newVersion.value = 'offered';
  };
  const follow = (): void => {
    if (firstImageAtMs.value !== null) stop(made.installing);
    made.installing?.addEventListener('statechange', look);
  };
  made.addEventListener('updatefound', follow);
  follow();
  look();
}

function stop(worker: ServiceWorker | null | undefined): void {
  if (!isAskedFor) order(worker, { type: 'stop' });
}

function order(worker: ServiceWorker | null | undefined, message: ServiceWorkerOrder, transfer: Transferable[] = []): void {
  worker?.postMessage(message, transfer);
}

async function lookForKeptModels(): Promise<void> {
  const kept = await Promise.all(
    listings.value.map(async ({ name, spec, added }) => (added ? [name] : (await caches.match(modelFileUrl(name, spec.network.file))) === undefined ? [] : [name])),
  );
  keptModels.value = new Set(kept.flat());
}
