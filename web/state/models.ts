/** The models that there are, the one in use, and what is asked of it. */
import { computed, effect, signal } from '@preact/signals';
import { type Batch, canCompare, carefulBelow, type Checks, type ModelListing, type ModelsNow } from '../../src/js/index.ts';
import type { LoadedModel } from './client.ts';

export type ModelState =
  | { phase: 'loading'; loadedBytes: number; totalBytes: number }
  | ({ phase: 'ready' } & LoadedModel)
  | { phase: 'failed'; message: string; canRetry: boolean; selfTestFailed?: boolean };

export const listings = signal<ModelListing[]>([]);
export const chosenName = signal<string | null>(null);
export const modelState = signal<ModelState>({ phase: 'loading', loadedBytes: 0, totalBytes: 0 });

/** Top probability below which a cell is unsure; null: the model's own. */
export const unsureBelow = signal<number | null>(null);

/** Ids of the types that a person says can occur; null: all. */
export const types = signal<string[] | null>(null);

/** What the cells come to as a set; null: too few, or not known. */
export const cellSet = signal<Batch | null>(null);

/** Top probability below which a cell is unsure: what a person chose, else the model's own, which is higher for a foreign set. */
export const threshold = computed(() => unsureBelow.value ?? (spec.value ? carefulBelow(spec.value, cellSet.value) : 0));

/** Image px per px of the images that the model was trained on, in images of one cell; 1 unless a person brings them to size. */
export const imageScale = signal(1);

/** Every cell is turned and mirrored too. */
export const checkTurns = signal(false);
/** Another model that is asked about every cell too. */
export const secondName = signal<string | null>(null);
export const secondSpec = computed(() => listings.value.find(({ name }) => name === secondName.value)?.spec);

export const spec = computed(() => listings.value.find(({ name }) => name === chosenName.value)?.spec ?? null);

/** Whether the one in use was added by a person. */
export const isOwn = computed(() => listings.value.some(({ name, added }) => name === chosenName.value && added !== undefined));

/** Models that name the same types as the one in use. */
export const comparable = computed(() => {
  const own = spec.value;
  return own ? listings.value.filter((other) => canCompare(own, other.spec)) : [];
});

/** What is checked of every cell beyond its verdict. */
export function checks(): Checks {
  return { turns: checkTurns.value, map: false };
}

/** What reports are compared with; undefined until the model is ready. */
export function modelsInUse(): ModelsNow | undefined {
  const [model, state] = [spec.value, modelState.value];
  if (!model || state.phase !== 'ready') return undefined;
  return { spec: model, specSha256: state.runtime.specSha256 ?? null, second: secondSpec.value, imageScale: imageScale.value };
}

/** Resolves when the model chosen last is ready, or failed to be. */
export function modelSettled(): Promise<void> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (modelState.value.phase === 'loading') return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}

let loading: Promise<boolean> = Promise.resolve(false);

/** Resolves to whether the model chosen last is ready; another promise for another choice. */
export function modelReady(): Promise<boolean> {
  return loading;
}

export function expectModel(ready: Promise<boolean>): void {
  loading = ready;
}
