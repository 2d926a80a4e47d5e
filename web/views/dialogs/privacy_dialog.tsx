/** What this page asked of the network, so that the promise about images can be checked. */
import { useEffect } from 'preact/hooks';
import type { RequestFacts } from '../../../src/js/index.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { formatBytes } from '../../parts/words.ts';
import { formatCount } from '../../state/format.ts';
import { firstImageAtMs } from '../../state/images.ts';
import { listings } from '../../state/models.ts';
import { keepAnyway, keeping, type Keeping, keptModels } from '../../state/offline.ts';
import { askWorkers, requests, requestsSinceFirstImage } from '../../state/requests.ts';

export function PrivacyDialog() {
  useEffect(() => void askWorkers(), []);
  const all = requests();
  const since = firstImageAtMs.value;
  return (
    <Dialog name="privacy" title="Your images stay on this computer.">
      <p>
        Images are read and classified inside this browser. Nothing is uploaded, and no image is kept when the tab is closed. A rule that the browser enforces, a Content Security Policy, lets this
        page fetch from its own address only.
      </p>
      <p class="small muted" data-testid="enforcement">
        {enforcementWords()}
      </p>
      <p>
        <strong data-testid="requests-since">{sinceWords()}</strong> The browser’s own record of every request, each for a file of this page:
      </p>
      <div class="table-frame">
        <table class="requests small">
          <thead>
            <tr>
              <th scope="col">Request</th>
              <th scope="col">Size</th>
              <th scope="col" class="by">By</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {all.map(({ url, bytes, from, by, startedAtMs }, i) => (
              <tr key={i} data-testid="request" data-from={from} data-by={by}>
                <td class="path">
                  {addressWords(url)}
                  {since !== null && startedAtMs >= since && ' (after your first image)'}
                </td>
                <td class="number">{formatBytes(bytes)}</td>
                <td class="by">{by}</td>
                <td>{sourceWords[from]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="small muted">
        Not in this list, since the browser asks by itself at the start of a visit and tells the page nothing of it: service_worker.js, by which it learns of a new version, manifest.webmanifest and the
        page’s icons.
      </p>
      <h3>Without a connection</h3>
      <p data-testid="keeping" data-keeping={keeping.value}>
        {keepingWords[keeping.value]} {keeping.value === 'ready' && modelWords()}
      </p>
      {(keeping.value === 'postponed' || keeping.value === 'failed') && (
        <button type="button" onClick={keepAnyway}>
          Keep it now
        </button>
      )}
      <p class="small muted">To be sure, open the network tab of the browser’s tools, or pull the plug.</p>
    </Dialog>
  );
}

/** "0 over the network since your first image." */
function sinceWords(): string {
  if (firstImageAtMs.value === null) return 'No image yet.';
  const { network, local } = requestsSinceFirstImage();
  return `${formatCount(network)} since your first image${local === 0 ? '' : `, and ${formatCount(local)} for files that this browser had already`}.`;
}

/** By what this browser has: docs/privacy.md tells it by browser and version. */
function enforcementWords(): string {
  // Chromium from 152 on; a page is not told whether its browser obeys that header.
  const chromium = (navigator as { userAgentData?: { brands: { brand: string; version: string }[] } }).userAgentData?.brands.find(({ brand }) => brand === 'Chromium');
  if (Number(chromium?.version ?? 0) >= 152) return 'Where the server sends it, this browser also obeys a header that forbids every connection to another address, names that are looked up included.';
  const rest = 'In this browser a script of the page takes away frames, links and connections ahead of need that a policy leaves open.';
  return 'navigation' in window ? rest : `${rest} What it cannot stop here is that a hostile script leaves for another site with something in the address.`;
}

const sourceWords: Record<RequestFacts['from'], string> = { network: 'network', cache: 'browser’s cache', kept: 'kept here' };

const keepingWords: Record<Keeping, string> = {
  unsupported: 'This browser does not keep the page for later visits: it can only at an address that begins with https, and not in a private window of some. Once loaded, the page works without a connection until it is closed.',
  waiting: 'The page will be kept in this browser as soon as it is at rest.',
  postponed: 'The page is not kept for later visits yet. That would fetch files of this page, which it does not do by itself once there is an image; the next visit makes up for it.',
  keeping: 'The page’s files are being kept in this browser.',
  ready: 'The page and its simulated samples are kept in this browser, each file checked by its SHA-256, and open without a connection. Your images are never kept.',
  failed: 'The page’s files could not be kept in this browser. Once loaded, the page works without a connection until it is closed.',
};

/** "Kept models: …. Others need the network once." */
function modelWords(): string {
  const titles = listings.value.filter(({ name }) => keptModels.value.has(name)).map(({ spec }) => spec.title);
  const others = listings.value.length - titles.length;
  return `Models kept: ${titles.join(', ')}.${others > 0 ? ' Another model needs the network the first time it is used.' : ''}`;
}

/** Path on this site; the whole address for anything else. */
function addressWords(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin === location.origin ? pathname : url;
}
