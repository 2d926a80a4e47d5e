/** What the system hands to the installed page: files that a person opens with it, and those that other programs share. */
import { sharedKey, shareTarget, type ServiceWorkerOrder } from '../service_worker_messages.ts';
import { collectOpened, collectPicked } from '../state/found_files.ts';
import { notice } from '../state/notice.ts';
import { persist } from '../state/projects.ts';
import { siteFolder } from '../state/site.ts';
import { takeFiles } from './take_files.ts';
import { words } from './words.ts';

/** Not in TypeScript's library yet, since only some browsers have it. */
interface Launch { readonly files?: readonly FileSystemHandle[]; readonly targetURL?: string | null }
type Launched = { launchQueue?: { setConsumer(take: (launch: Launch) => void): void } };

/**
 * Takes what is handed over now and later.
 *
 * Args:
 *   begun: resolves once what was on the page before is there again.
 */
export function takeHandedOver(begun: Promise<void>): void {
  const id = sharedNow();
  const ready = begun.catch(() => undefined);
  if (id !== null) void ready.then(() => takeShared(id));
  // That of the share with which this page was opened comes here too.
  let isTaken = id === null;
  (window as Launched).launchQueue?.setConsumer(({ files = [], targetURL }) => {
    if (files.length > 0) void ready.then(async () => takeFiles(await collectOpened(files)));
    else if (targetURL === new URL(shareTarget.path, siteFolder).href) {
      // A browser that puts this page to the front instead of opening it anew keeps the files to itself.
      if (isTaken) notice.value = { words: words.sharedLost };
      isTaken = true;
    }
  });
  offerToShare();
  // A browser that is short of room would take the service worker too, and with it the one who keeps a share from the server.
  if (matchMedia('(display-mode: standalone)').matches) void persist();
}

/** Number of the share with which the page was opened; a reload asks for it no more. */
function sharedNow(): string | null {
  const address = new URL(location.href);
  const id = address.searchParams.get(sharedKey);
  if (id === null) return null;
  address.searchParams.delete(sharedKey);
  history.replaceState(history.state, '', address);
  return id;
}

async function takeShared(id: string): Promise<void> {
  const files = await new Promise<File[] | null>((resolve) => {
    const { controller } = navigator.serviceWorker ?? {};
    if (!controller) return resolve(null);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data as File[] | null);
    const order: ServiceWorkerOrder = { type: 'take', id };
    controller.postMessage(order, [port2]);
  });
  if (files === null || files.length === 0) notice.value = { words: words.sharedLost };
  else await takeFiles(await collectPicked(files));
}

/** Without a service worker the system would post a share to the server: only with one does the manifest name a place for it. */
function offerToShare(): void {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  const offer = (): void => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]');
    if (link && serviceWorker.controller) link.href = 'manifest_share.webmanifest';
  };
  offer();
  serviceWorker.addEventListener('controllerchange', offer);
}
