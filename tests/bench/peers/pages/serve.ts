/** The frame around every page: it opens its rival at once, names the first file, and then takes turns when asked. */
import { bytesOf } from '../../address.ts';
import { type Classify, takeTurn, type Turn } from '../turn.ts';

declare global {
  var firstVerdictMs: number | undefined;
  var failure: string | undefined;
}

/**
 * Args:
 *   batch: files that are handed over at once.
 *   open: loads all that the rival needs.
 */
export function serve(batch: number, open: () => Promise<Classify>): void {
  const opened = (async () => {
    const [classify, first] = await Promise.all([open(), bytesOf('first')]);
    await classify([first]);
    globalThis.firstVerdictMs = performance.now();
    return classify;
  })();
  opened.catch((error: unknown) => { globalThis.failure = error instanceof Error ? error.stack ?? error.message : String(error); });
  const files: Uint8Array[] = [];
  const load = async (names: string[]): Promise<void> => void files.push(...(await Promise.all(names.map(bytesOf))));
  const turn = async (): Promise<Turn> => takeTurn(await opened, files, batch);
  Object.assign(globalThis, { load, turn });
}
