/** A network that a person brings: what is found in it, what they say of it, and what it says of their pictures. */
import { signal } from '@preact/signals';
import { type Outcome, zip } from '../../src/js/index.ts';
import { type FoundNetwork, type NetworkAnswers, NetworkTrial, type TriedNetwork } from '../../src/js/networks.ts';
import { addModel } from './added_models.ts';
import { allImages } from './images.ts';
import { messageOf } from './notice.ts';

export type Trial = { phase: 'running' } | { phase: 'failed'; message: string } | ({ phase: 'done'; said: NetworkAnswers; outcomes: { picture: File; outcome: Outcome | undefined }[] } & Pick<TriedNetwork, 'runtime' | 'hasMap' | 'hasFeatures'>);

export const network = signal<FoundNetwork | null>(null);
export const answers = signal<NetworkAnswers | null>(null);
export const trial = signal<Trial>({ phase: 'running' });

/** So many pictures are tried. */
const mostPictures = 4;

let pictures: File[] = [];
let runner: NetworkTrial | undefined;
let folder: Map<string, Uint8Array> | null = null;
let isRunning = false;
let isStale = false;

/** Opens it with its guesses, and tries it on the first pictures of the page. */
export function beginNetwork(found: FoundNetwork): void {
  network.value = found;
  answers.value = found.guessed.answers;
  pictures = allImages().flatMap(({ file }) => file ?? []).slice(0, mostPictures);
  void tryIt();
}

/** Takes an answer, and tries it again. */
export function answer(change: Partial<NetworkAnswers>): void {
  if (answers.value === null) return;
  answers.value = { ...answers.value, ...change };
  void tryIt();
}

export function tryPictures(files: readonly File[]): void {
  pictures = files.slice(0, mostPictures);
  void tryIt();
}

/** One trial at a time; what is answered meanwhile is tried after it. */
async function tryIt(): Promise<void> {
  folder = null;
  trial.value = { phase: 'running' };
  isStale = isRunning;
  if (isRunning) return;
  isRunning = true;
  do {
    isStale = false;
    const result = await tryOnce();
    if (!isStale) trial.value = result;
  } while (isStale);
  isRunning = false;
}

async function tryOnce(): Promise<Trial> {
  const [found, said, tried] = [network.value, answers.value, pictures];
  if (!found || !said) return { phase: 'running' };
  try {
    runner ??= new NetworkTrial({ home: new URL('./', document.baseURI) });
    const bytes = await Promise.all(tried.map(async (picture) => new Uint8Array(await picture.arrayBuffer())));
    const { folder: made, outcomes, ...rest } = await runner.run(found.file, found.parts, said, found.fileName, bytes);
    folder = made;
    return { phase: 'done', said, outcomes: tried.map((picture, i) => ({ picture, outcome: outcomes[i] })), ...rest };
  } catch (error) {
    return { phase: 'failed', message: messageOf(error) };
  }
}

/** Makes it a model like any other. Raises: Error in one line for a person. */
export async function addNetwork(): Promise<void> {
  if (folder) await addModel(new Blob([zip([...folder].map(([name, bytes]) => ({ name, bytes })))]));
}

/** Lets go of it and of its worker. */
export function leaveNetwork(): void {
  runner?.close();
  runner = undefined;
  folder = null;
  pictures = [];
  network.value = null;
  answers.value = null;
}
