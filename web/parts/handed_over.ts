/** What the system hands to the installed page: files that a person opens with it. */
import { collectOpened } from '../state/found_files.ts';
import { takeFiles } from './take_files.ts';

/** Not in TypeScript's library yet, since only some browsers have it. */
interface Launch { readonly files?: readonly FileSystemHandle[] }
type Launched = { launchQueue?: { setConsumer(take: (launch: Launch) => void): void } };

/**
 * Takes what is handed over now and later.
 *
 * Args:
 *   begun: resolves once what was on the page before is there again.
 */
export function takeHandedOver(begun: Promise<void>): void {
  const ready = begun.catch(() => undefined);
  (window as Launched).launchQueue?.setConsumer(({ files = [] }) => {
    if (files.length > 0) void ready.then(async () => takeFiles(await collectOpened(files)));
  });
}
