/** Images come and go, and how they are taken. */
import { batch, effect } from '@preact/signals';
import { detectorOf } from '../../src/js/index.ts';
import { client } from './client.ts';
import type { Found } from './found_files.ts';
import { fieldOptions, naming, setNaming } from './frame_store.ts';
import { mode, type Mode } from './mode.ts';
import { allImages, appendImages, era, firstImageAtMs, flush, forgetResults, refuseUnopened } from './images.ts';
import { chosenName, imageScale, modelState } from './models.ts';
import { messageOf, notice } from './notice.ts';
import { runState } from './progress.ts';
import { leave, project, storing } from './projects.ts';
import { run } from './run.ts';
import { fetchField, fetchSamples } from './samples.ts';
import { words } from './words.ts';

/** Puts files at the end of the line and starts work. */
export function addFiles({ files, unopened, documents }: Found, intended?: ReadonlyMap<string, string>): void {
  if (files.length + unopened.length === 0) {
    notice.value = { words: documents.length > 0 ? words.onlyDocuments(documents.length) : words.nothingThere };
    return;
  }
  batch(() => {
    notice.value = documents.length > 0 ? { words: words.documents(documents.length, documents[0]?.path ?? '') } : null;
    firstImageAtMs.value ??= performance.timeOrigin + performance.now();
    appendImages([
      ...files.map(({ file, path }) => ({ file, path, intended: intended?.get(path) ?? null })),
      ...unopened.map((path) => ({ file: null, path, intended: null })),
    ]);
    flush();
  });
  if (modelState.value.phase === 'failed') runState.value = 'cancelled';
  else void run();
}

/** Adds the simulated samples of the model in use, each one cell, and looks at them as such. */
export async function addSamples(): Promise<void> {
  if (chosenName.value === null) return;
  chooseMode('cells');
  try {
    const samples = await fetchSamples(chosenName.value);
    addFiles({ files: samples, unopened: [], documents: [] }, new Map(samples.map(({ path, intended }) => [path, intended])));
  } catch (error) {
    notice.value = { words: messageOf(error) };
  }
}

/** Adds the simulated field of view of the model in use, and looks at it as one. */
export async function addField(): Promise<void> {
  if (chosenName.value === null) return;
  chooseMode('fields');
  try {
    const [field] = await Promise.all([fetchField(chosenName.value), searchReady()]);
    addFiles({ files: [field], unopened: [], documents: [] });
  } catch (error) {
    notice.value = { words: messageOf(error) };
  }
}

/** Takes every image for one cell, or for a frame of many, whose cells are named or only counted; results of the other way are kept. */
export function chooseMode(chosen: Mode, names = true): void {
  const sameNaming = chosen === 'cells' || names === naming.value;
  if (chosen === mode.value && sameNaming) return;
  client.cancel();
  batch(() => {
    era.value += 1;
    mode.value = chosen;
    if (!sameNaming) setNaming(names);
    refuseUnopened();
    flush();
  });
  if (allImages().length > 0 && modelState.value.phase !== 'failed') void run();
}

/** Looks at images of one cell at another scale, from the beginning. */
export function bringToSize(scale: number): void {
  client.cancel();
  batch(() => {
    imageScale.value = scale;
    forgetResults();
  });
  if (allImages().length > 0 && modelState.value.phase !== 'failed') void run();
}

/** Empties the page; can be undone until something else is added. */
export function clear(): void {
  client.cancel();
  const state = runState.value === 'running' ? 'cancelled' : runState.value;
  const count = allImages().length;
  const scale = imageScale.value;
  const isKept = project.value !== null && storing.value === 'on';
  const comeBack = leave();
  const undo = (): void => {
    comeBack();
    batch(() => {
      era.value += 1;
      runState.value = state;
      imageScale.value = scale;
      notice.value = null;
      flush();
    });
  };
  batch(() => {
    forgetResults();
    runState.value = 'idle';
    imageScale.value = 1;
    notice.value = { words: words.cleared(count, isKept), undo };
  });
}

/** Fetches the network that finds cells where frames are to be searched with it, before there are any; a search that needs it tries again. */
async function searchReady(): Promise<void> {
  const detector = detectorOf(fieldOptions.value.search.method);
  if (mode.value === 'fields' && detector !== undefined) await client.readDetector(detector).catch(() => undefined);
}
effect(() => void searchReady());
