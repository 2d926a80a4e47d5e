/** What this page asked of the network, so that the promise about images can be checked. */
import { useEffect } from 'preact/hooks';
import { Dialog } from '../../parts/dialog.tsx';
import { formatBytes } from '../../parts/words.ts';
import { firstImageAtMs } from '../../state/images.ts';
import { listings } from '../../state/models.ts';
import { keepAnyway, keeping, keptModels } from '../../state/offline.ts';
import { askWorkers, requests, requestsSinceFirstImage } from '../../state/requests.ts';
import { words } from './words.ts';

export function PrivacyDialog() {
  useEffect(() => void askWorkers(), []);
  const all = requests();
  const since = firstImageAtMs.value;
  return (
    <Dialog name="privacy" title={words.privacy.title}>
      <p>{words.privacy.intro}</p>
      <p class="small muted" data-testid="enforcement">
        {enforcementWords()}
      </p>
      <p>
        <strong data-testid="requests-since">{sinceWords()}</strong> {words.privacy.record}
      </p>
      <div class="table-frame">
        <table class="requests small">
          <thead>
            <tr>
              <th scope="col">{words.privacy.columns.request}</th>
              <th scope="col">{words.privacy.columns.size}</th>
              <th scope="col" class="by">{words.privacy.columns.by}</th>
              <th scope="col">{words.privacy.columns.from}</th>
            </tr>
          </thead>
          <tbody>
            {all.map(({ url, bytes, from, by, startedAtMs }, i) => (
              <tr key={i} data-testid="request" data-from={from} data-by={by}>
                <td class="path">{since !== null && startedAtMs >= since ? words.privacy.afterFirst(addressWords(url)) : addressWords(url)}</td>
                <td class="number">{formatBytes(bytes)}</td>
                <td class="by">{words.privacy.by[by]}</td>
                <td>{words.privacy.from[from]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="small muted">{words.privacy.notListed}</p>
      <h3>{words.privacy.offline}</h3>
      <p data-testid="keeping" data-keeping={keeping.value}>
        {words.privacy.keeping[keeping.value]} {keeping.value === 'ready' && modelWords()}
      </p>
      {(keeping.value === 'postponed' || keeping.value === 'failed') && (
        <button type="button" onClick={keepAnyway}>
          {words.privacy.keepNow}
        </button>
      )}
      <p class="small muted">{words.privacy.beSure}</p>
    </Dialog>
  );
}

/** "0 over the network since your first image." */
function sinceWords(): string {
  if (firstImageAtMs.value === null) return words.privacy.noImage;
  const { network, local } = requestsSinceFirstImage();
  return local === 0 ? words.privacy.since(network) : words.privacy.sinceWithLocal(network, local);
}

/** By what this browser has: docs/privacy.md tells it by browser and version. */
function enforcementWords(): string {
  // Chromium from 152 on; a page is not told whether its browser obeys that header.
  const chromium = (navigator as { userAgentData?: { brands: { brand: string; version: string }[] } }).userAgentData?.brands.find(({ brand }) => brand === 'Chromium');
  if (Number(chromium?.version ?? 0) >= 152) return words.privacy.enforcement.header;
  const { script, leaving } = words.privacy.enforcement;
  return 'navigation' in window ? script : `${script} ${leaving}`;
}

/** "Kept models: …. Others need the network once." */
function modelWords(): string {
  const titles = listings.value.filter(({ name }) => keptModels.value.has(name)).map(({ spec }) => spec.title);
  const others = listings.value.length - titles.length;
  return others > 0 ? `${words.privacy.modelsKept(titles)} ${words.privacy.otherModels}` : words.privacy.modelsKept(titles);
}

/** Path on this site; the whole address for anything else. */
function addressWords(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin === location.origin ? pathname : url;
}
