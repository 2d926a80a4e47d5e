/** A network of a person's own that finds cells, in place of those of this site: taken from a file, kept for all projects, let go again. */
import { signal } from '@preact/signals';
import { detectorOf, type DetectorSpec } from '../../src/js/index.ts';
import { client } from './client.ts';
import { allFrames, changeFrame } from './frame_store.ts';
import { era, flush } from './images.ts';
import { heldZip, keepDetector, keptDetector } from './model_store.ts';
import { messageOf, notice } from './notice.ts';
import { storing } from './projects.ts';
import { remember, remembered } from './remembered.ts';
import { run } from './run.ts';
import { words } from './words.ts';

/** What it says of itself; null: those of this site are in use. */
export const ownDetector = signal<DetectorSpec | null>(null);

/** So that nobody who has none waits for the database. */
const key = 'detector';

/** The file of the one that was in use last. */
export async function listDetector(): Promise<Blob | undefined> {
  if (remembered(key) === null) return undefined;
  return (await keptDetector().catch(() => undefined))?.file;
}

/** Has it found cells again; what cannot be used any more is let go with a word. To be asked for after the model and before the first frame. */
export async function useKeptDetector(file: Blob): Promise<void> {
  try {
    ownDetector.value = (await client.useDetector(file)) ?? null;
  } catch (error) {
    forget();
    notice.value = { words: messageOf(error) };
  }
}

/**
 * Has cells found by a network of a person's own from now on; frames that a network had searched are searched again.
 *
 * Returns: what it says of itself.
 * Raises: Error in one line for a person: the one before stays in use.
 */
export async function takeDetector(zip: Blob): Promise<DetectorSpec> {
  const file = await heldZip(zip);
  const spec = (await exchange(() => client.useDetector(file))) as DetectorSpec;
  ownDetector.value = spec;
  if (storing.value !== 'off') {
    // Where nothing is kept it lasts as long as the page.
    await keepDetector({ file }).then(() => remember(key, spec.name), forget);
  }
  return spec;
}

/** Back to the networks of this site. */
export async function leaveDetector(): Promise<void> {
  try {
    await exchange(() => client.useDetector(undefined));
    ownDetector.value = null;
    forget();
  } catch (error) {
    notice.value = { words: messageOf(error) };
  }
}

function forget(): void {
  remember(key, null);
  void keepDetector(undefined).catch(() => undefined);
}

/** Frames under way are given up for it; what any network found before is due again. */
async function exchange<T>(use: () => Promise<T>): Promise<T> {
  client.cancel();
  era.value += 1;
  const result = await use();
  const due = allFrames().filter(({ entry }) => detectorOf(entry.analysis.settings.method) !== undefined);
  for (const { frame } of due) changeFrame(frame, { searchedAs: '' });
  flush();
  if (due.length > 0) {
    notice.value = { words: words.detectorChanged(due.length) };
    void run();
  }
  return result;
}
