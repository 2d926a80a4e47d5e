/** Choosing a model, loading it, and refusing results where this computer does not compute what it should. */
import { batch, effect, untracked } from '@preact/signals';
import { CytodropError } from '../../src/js/index.ts';
import { dropModel, listAdded, sourceOfModel } from './added_models.ts';
import { chooseMode } from './adding.ts';
import { client, lastSelfTest } from './client.ts';
import { allFrames, forgetVerdicts, isDue, modeFor, naming } from './frame_store.ts';
import { allImages, flush, forgetResults } from './images.ts';
import { checkTurns, chosenName, expectModel, imageScale, listings, modelReady, modelState, secondName, spec, types, unsureBelow } from './models.ts';
import { messageOf, notice } from './notice.ts';
import { fail } from './progress.ts';
import { listDetector, useKeptDetector } from './own_detector.ts';
import { remember, remembered, rememberHere } from './remembered.ts';
import { run } from './run.ts';
import { listModels } from './site.ts';
import { words } from './words.ts';

/** A computer that does not compute what the training code did gives no results, not even those it gave before. */
function refuseResults(): void {
  client.cancel();
  batch(() => {
    forgetResults();
    fail(words.selfTestFailed);
    if (modelState.value.phase === 'failed') modelState.value = { ...modelState.value, selfTestFailed: true };
  });
}

export const modelKey = 'model';

/**
 * Reads the list of models and loads the one asked for, else the one that was in use last, else the first.
 *
 * Args:
 *   wanted: asked when it is known which there are.
 *   onChosen: called when it is known which, before it is loaded.
 */
export async function start(wanted: () => string | null = () => null, onChosen: () => void = () => {}): Promise<void> {
  modelState.value = { phase: 'loading', loadedBytes: 0, totalBytes: 0 };
  if (!hasWasmSimd()) {
    fail(words.noSimd, false);
    return;
  }
  try {
    const [shipped, added, detector] = await Promise.all([listModels(), listAdded(), listDetector()]);
    listings.value = [...shipped, ...added];
    const asked = wanted();
    const last = listings.value.some(({ name }) => name === asked) ? asked : remembered(modelKey);
    const first = listings.value.find(({ name }) => name === last) ?? listings.value[0];
    if (!first) throw new Error(words.noModels);
    const chosen = chooseModel(first.name);
    if (detector) void useKeptDetector(detector);
    onChosen();
    await chosen;
  } catch (error) {
    fail(messageOf(error));
  }
}

/** Whether the browser takes a function that does `i8x16.popcnt`. */
function hasWasmSimd(): boolean {
  return (
    typeof WebAssembly === 'object' &&
    WebAssembly.validate(
      new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]),
    )
  );
}

/** Loads a model; images already there are classified again with it. `second`: another that is asked about them too. */
export async function chooseModel(name: string, second: string | null = null): Promise<void> {
  client.cancel();
  batch(() => {
    chosenName.value = name;
    remember(modelKey, name);
    rememberHere(modelKey, name);
    secondName.value = second;
    unsureBelow.value = null;
    types.value = null;
    imageScale.value = 1;
    modelState.value = { phase: 'loading', loadedBytes: 0, totalBytes: 0 };
    forgetResults();
    forgetVerdicts();
    const again = allFrames().filter(({ frame }) => isDue(frame)).length;
    if (again > 0 && spec.value) notice.value = { words: words.searchedAnew(again, spec.value.title) };
    flush();
  });
  const isCurrent = (): boolean => modelReady() === ready;
  const onProgress = (loadedBytes: number, totalBytes: number): void => {
    if (isCurrent() && modelState.value.phase === 'loading') modelState.value = { phase: 'loading', loadedBytes, totalBytes };
  };
  const ready: Promise<boolean> = client.load(sourceOfModel(name), { onProgress, second: second === null ? undefined : sourceOfModel(second) }).then(
    () => {
      if (isCurrent()) modelState.value = { phase: 'ready', runtime: client.runtime, selfTest: client.selfTest, workers: client.workers };
      return true;
    },
    (error: unknown) => {
      if (!isCurrent()) return false;
      if (error instanceof CytodropError && error.code === 'self_test_failed') refuseResults();
      else fail(messageOf(error));
      return false;
    },
  );
  expectModel(ready);
  if (allImages().length > 0) void run();
  await ready;
}

/** Takes a model as a person chooses it: images are looked at as it is made to, unless a person said what they are. */
export function pickModel(name: string): void {
  const model = listings.value.find((listing) => listing.name === name)?.spec;
  if (model) chooseMode(modeFor(model), naming.value);
  void chooseModel(name);
}

/** Takes a model off the list that a person added; where it is in use, another takes its place. */
export async function removeModel(name: string): Promise<void> {
  if (secondName.value === name) compareWith(null);
  const [first] = listings.value;
  if (chosenName.value === name && first) void chooseModel(first.name);
  await dropModel(name);
}

/** Tries again to load what could not be loaded. */
export function retryModel(): void {
  void (chosenName.value === null ? start() : chooseModel(chosenName.value, secondName.value));
}

/** Asks another model of the same types too, or with null no longer; images already there are classified again. */
export function compareWith(second: string | null): void {
  if (chosenName.value !== null) void chooseModel(chosenName.value, second);
}

/** Turns every picture too, or no longer; the results that there are stay while what is missing is computed. */
export function setCheckTurns(on: boolean): void {
  checkTurns.value = on;
  flush();
  if (on && allImages().length > 0 && modelState.value.phase !== 'failed') void run();
}

/** A worker that replaced a dead one has tested itself. */
effect(() => {
  const selfTest = lastSelfTest.value;
  const state = modelState.peek();
  if (selfTest === null || state.phase !== 'ready') return;
  if (selfTest.passed) modelState.value = { ...state, selfTest };
  else untracked(refuseResults);
});
