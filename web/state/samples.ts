/** The simulated samples that come with the page. */
import type { VerdictKind } from '../../src/js/index.ts';
import { nameOf } from './found_files.ts';
import { fetchSiteFile } from './site.ts';
import { words } from './words.ts';

interface DrawnImage { file: string; intended: string | null }
/** A whole field of view; `counts`: cells by the class that they were drawn as. */
interface DrawnField { file: string; counts: Record<string, number> }
/** What the shipped model says of a sample, and where it looked: `crop` is left, top, width and height as shares of the picture, `map` [height][width] as shares of the most. */
export interface GlimpseVerdict { label: string; kind: VerdictKind; probability: number; crop: number[]; map: { height: number; width: number; shares: number[] } }
interface SampleSet { model: string | null; images: DrawnImage[]; glimpses: { file: string; verdict: GlimpseVerdict }[]; fields: DrawnField[] }
interface SampleManifest { sets: SampleSet[] }

export interface Sample { file: File; path: string; intended: string }

let manifest: Promise<SampleManifest> | undefined;

async function setFor(model: string): Promise<SampleSet | undefined> {
  manifest ??= fetchChecked('manifest.json').then((response) => response.json() as Promise<SampleManifest>);
  return (await manifest).sets.find((set) => set.model === model);
}

export interface Glimpse { total: number; cells: { picture: Blob; verdict: GlimpseVerdict }[] }

const glimpses = new Map<string, Promise<Glimpse>>();

/** How many samples there are for a model, and small copies of a few from all over the set; asked for once. */
export function glimpseOfSamples(model: string): Promise<Glimpse> {
  const glimpse = glimpses.get(model) ?? fetchGlimpse(model);
  glimpses.set(model, glimpse);
  glimpse.catch(() => glimpses.delete(model));
  return glimpse;
}

async function fetchGlimpse(model: string): Promise<Glimpse> {
  const set = await setFor(model);
  const cells = (set?.glimpses ?? []).map(async ({ file, verdict }) => ({ picture: await (await fetchChecked(file)).blob(), verdict }));
  return { total: set?.images.length ?? 0, cells: await Promise.all(cells) };
}

/**
 * Fetches the samples drawn for a model.
 *
 * Raises: Error when there are none or they cannot be read.
 */
export async function fetchSamples(model: string): Promise<Sample[]> {
  const drawn = (await setFor(model))?.images ?? [];
  if (drawn.length === 0) throw new Error(words.noSamples);
  return Promise.all(
    drawn.map(async ({ file, intended }) => {
      const blob = await (await fetchChecked(file)).blob();
      const name = nameOf(file);
      return { file: new File([blob], name, { type: blob.type }), path: name, intended: intended ?? '' };
    }),
  );
}

/** How many cells the simulated field of a model holds; null where none was drawn. */
export async function fieldOf(model: string): Promise<number | null> {
  const field = (await setFor(model))?.fields[0];
  return field ? Object.values(field.counts).reduce((sum, count) => sum + count, 0) : null;
}

/**
 * Fetches the simulated field of view of a model.
 *
 * Raises: Error when there is none or it cannot be read.
 */
export async function fetchField(model: string): Promise<{ file: File; path: string }> {
  const field = (await setFor(model))?.fields[0];
  if (!field) throw new Error(words.noField);
  const blob = await (await fetchChecked(field.file)).blob();
  const name = nameOf(field.file);
  return { file: new File([blob], name, { type: blob.type }), path: name };
}

async function fetchChecked(file: string): Promise<Response> {
  return fetchSiteFile(new URL(`samples/${file}`, document.baseURI)).catch((error: Error) => {
    throw new Error(words.samplesUnread(error.message));
  });
}
