/** The simulated samples that come with the page. */
import { fetchSiteFile } from '../models.ts';

interface DrawnImage { file: string; intended: string | null }
interface SampleManifest { sets: { model: string | null; images: DrawnImage[] }[] }

export interface Sample { file: File; path: string; intended: string }

let manifest: Promise<SampleManifest> | undefined;

async function drawnFor(model: string): Promise<DrawnImage[]> {
  manifest ??= fetchChecked('manifest.json').then((response) => response.json() as Promise<SampleManifest>);
  return (await manifest).sets.find((set) => set.model === model)?.images ?? [];
}

/** Kept, so that a sample is asked for once however often it is shown or classified. */
const blobs = new Map<string, Promise<Blob>>();

function blobOf(file: string): Promise<Blob> {
  const blob = blobs.get(file) ?? fetchChecked(file).then((response) => response.blob());
  blobs.set(file, blob);
  blob.catch(() => blobs.delete(file));
  return blob;
}

export interface Glimpse { total: number; pictures: Blob[] }

/** How many samples there are for a model, and a few of them from all over the set. */
export async function glimpseOfSamples(model: string, few: number): Promise<Glimpse> {
  const drawn = await drawnFor(model);
  const every = Math.max(1, Math.floor(drawn.length / few));
  const some = drawn.filter((_, i) => i % every === 0).slice(0, few);
  return { total: drawn.length, pictures: await Promise.all(some.map(({ file }) => blobOf(file))) };
}

/**
 * Fetches the samples drawn for a model.
 *
 * Raises: Error when there are none or they cannot be read.
 */
export async function fetchSamples(model: string): Promise<Sample[]> {
  const drawn = await drawnFor(model);
  if (drawn.length === 0) throw new Error('There are no simulated samples for this model.');
  return Promise.all(
    drawn.map(async ({ file, intended }) => {
      const blob = await blobOf(file);
      const name = file.slice(file.lastIndexOf('/') + 1);
      return { file: new File([blob], name, { type: blob.type }), path: name, intended: intended ?? '' };
    }),
  );
}

async function fetchChecked(file: string): Promise<Response> {
  return fetchSiteFile(new URL(`samples/${file}`, document.baseURI)).catch((error: Error) => {
    throw new Error(`The simulated samples could not be read. ${error.message}`);
  });
}
