/** Models of a person's own beside those of this site: added from a file, kept for all projects, removed again. */
import { effect, signal, untracked } from '@preact/signals';
import { checkModel, type ModelListing, type ModelSource, readModelFile } from '../../src/js/index.ts';
import { listings } from './models.ts';
import { forgetModel, heldZip, keepModel, type KeptModel, listKeptModels } from './model_store.ts';
import { storing } from './projects.ts';
import { saveBlob } from './save_file.ts';
import { fetchSiteFile, modelFileUrl } from './site.ts';
import { words } from './words.ts';

/** As much as a network may have. */
const mostBytes = 512_000_000;

/** By what they are called here. */
const models = new Map<string, KeptModel>();
/** Names of those that outlive the page. */
export const keptHere = signal<ReadonlySet<string>>(new Set());

/** The one that was added last, to be shown. */
export const lastAdded = signal<string | null>(null);

/** As the page lists them; a browser that keeps nothing has none. */
export async function listAdded(): Promise<ModelListing[]> {
  const kept = await listKeptModels().catch(() => []);
  for (const model of kept) models.set(model.name, model);
  keptHere.value = new Set(kept.map(({ name }) => name));
  return kept.map(listingOf);
}

function listingOf({ name, spec, specSha256 }: KeptModel): ModelListing {
  return { name, spec, added: { specSha256 } };
}

/**
 * Reads a model's zip and lists it, under a name and a title that no other has.
 *
 * Returns: what it is called here, and whether it was here already.
 * Raises: Error in one line for a person.
 */
export async function addModel(file: Blob): Promise<{ name: string; title: string; isNew: boolean }> {
  if (file.size > mostBytes) throw new Error(words.modelTooLarge(mostBytes));
  const own = await heldZip(file);
  const { spec, specSha256 } = await checkModel(own);
  const before = listings.value.find(({ added }) => added && specSha256 !== null && added.specSha256 === specSha256);
  if (before) {
    lastAdded.value = before.name;
    return { name: before.name, title: before.spec.title, isNew: false };
  }
  const name = freeName(spec.name, (one) => listings.value.some((listing) => listing.name === one), (number) => `-${number}`);
  const title = freeName(spec.title, (one) => listings.value.some((listing) => listing.spec.title === one), (number) => ` (${number})`);
  const model: KeptModel = { name, file: own, spec: { ...spec, name, title }, specSha256, addedAtMs: Date.now() };
  models.set(name, model);
  listings.value = [...listings.value, listingOf(model)];
  lastAdded.value = name;
  await keep(name);
  return { name, title, isNew: true };
}

function freeName(wanted: string, isTaken: (name: string) => boolean, ending: (number: number) => string): string {
  let name = wanted;
  for (let number = 2; isTaken(name); number++) name = wanted + ending(number);
  return name;
}

/** In the database, where anything is kept; where another tab took the name there meanwhile it lasts as long as the page. */
async function keep(name: string): Promise<void> {
  const model = models.get(name);
  if (!model || storing.value === 'off' || keptHere.value.has(name)) return;
  try {
    await keepModel(model);
    keptHere.value = new Set([...keptHere.value, name]);
  } catch {
    // No room, or a browser that keeps nothing: its card says so.
  }
}

/** Takes it off the list and out of the database. */
export async function dropModel(name: string): Promise<void> {
  models.delete(name);
  listings.value = listings.value.filter((listing) => listing.name !== name);
  if (keptHere.value.has(name)) await forgetModel(name);
  keptHere.value = new Set([...keptHere.value].filter((one) => one !== name));
}

/** What the classifier is given: the name of a model of this site, or the file of one that was added. */
export function sourceOfModel(name: string): ModelSource {
  return models.get(name)?.file ?? name;
}

export function saveModel(name: string): void {
  const model = models.get(name);
  if (model) saveBlob(model.file, `${name}.zip`);
}

/** A model's card. Raises: Error that says what a person can do. */
export async function cardOf(name: string): Promise<string> {
  const model = models.get(name);
  if (!model) return (await fetchSiteFile(modelFileUrl(name, 'card.md'))).text();
  return readModelFile(model.file, 'card.md').then((bytes) => new TextDecoder().decode(bytes), () => model.spec.purpose);
}

/** Where a person asks for things to be kept again. */
effect(() => {
  if (storing.value === 'on') untracked(() => { for (const name of models.keys()) void keep(name); });
});
