/** What this page asked of the network, so that the promise about images can be checked. */
import { useEffect } from 'preact/hooks';
import { formatCount } from '../format.ts';
import { firstImageAtMs } from '../state/session.ts';
import { askWorkers, requests, requestsSinceFirstImage } from '../state/requests.ts';
import { Dialog } from './dialog.tsx';
import { formatBytes } from './words.ts';

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
      <p>
        <strong data-testid="requests-since">{since === null ? 'No image yet.' : `${formatCount(requestsSinceFirstImage())} since your first image.`}</strong> The browser’s own record of every request, each for a file of this page:
      </p>
      <div class="table-frame">
        <table class="requests small">
          <thead>
            <tr>
              <th scope="col">Request</th>
              <th scope="col">Size</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {all.map(({ url, bytes, fromCache, startedAtMs }, i) => (
              <tr key={i}>
                <td class="path">
                  {addressWords(url)}
                  {since !== null && startedAtMs >= since && ' (after your first image)'}
                </td>
                <td class="number">{formatBytes(bytes)}</td>
                <td>{fromCache ? 'cache' : 'network'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="small muted">To be sure, open the network tab of the browser’s tools, or pull the plug: the page works without a connection once it has loaded.</p>
    </Dialog>
  );
}

/** Path on this site; the whole address for anything else. */
function addressWords(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin === location.origin ? pathname : url;
}
