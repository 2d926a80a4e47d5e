/** Images that the model in use does not know: the others are asked about a few of them, once, in a worker of their own. */
import { computed, effect, signal, untracked } from '@preact/signals';
import { isMisfit, leastToTell, type ModelAnswer, type SeenImage, type WhichModel, whichModel } from '../../src/js/index.ts';
import { chooseMode } from './adding.ts';
import { suggestion, wider } from './batch.ts';
import { allFrames, namesCells, naming } from './frame_store.ts';
import { allImages, calmCells, files, imageAt } from './images.ts';
import { mode } from './mode.ts';
import { chooseModel } from './model_choice.ts';
import { sourceOfModel } from './added_models.ts';
import { chosenName, imageScale, listings, modelState } from './models.ts';
import { runState } from './progress.ts';
import { siteFolder } from './site.ts';

/** Images of one cell, or cells of frames, of which the first ones say enough while more are still to come. */
const enough = { cells: 10, fields: 30 } as const;

/** What others said. `first`: of the images asked about, which stand for all with it; `told`: null while they are asked, and where a person stopped that. */
interface Asked { first: File; chosen: string; told: WhichModel | null; stop: AbortController | null }
const asked = signal<Asked | null>(null);

/** Why others should be asked. `misfit`: most cells are not like the training images; `silent`: nothing is named, so that nothing says it. */
const doubt = computed<'misfit' | 'silent' | null>(() => {
  if (modelState.value.phase !== 'ready' || chosenName.value === null || !naming.value || imageScale.value !== 1) return null;
  const isDone = runState.value === 'done';
  const named = calmCells.value.filter((cell) => !cell.unnamed && !imageAt(cell.index)?.intended);
  if ((isDone || named.length >= enough[mode.value]) && isMisfit(named)) return 'misfit';
  if (!isDone) return null;
  if (mode.value === 'cells') return named.length > 0 && suggestion.value?.countOnly ? 'silent' : null;
  files.value;
  const frames = allFrames().length;
  return frames > 0 && (!namesCells.value || (frames >= leastToTell && 2 * named.length < frames)) ? 'silent' : null;
});

/** What was decoded, a frame or an image of one cell each. */
function seenImages(): (SeenImage & { source: File })[] {
  const seen = mode.value === 'fields'
    ? allFrames().map(({ frame, entry }) => ({ source: allImages()[frame]?.file, facts: entry.analysis.facts.image }))
    : calmCells.value.flatMap(({ index, image: facts }) => (imageAt(index)?.intended ? [] : [{ source: imageAt(index)?.file, facts }]));
  return seen.flatMap(({ source, facts }) => (source ? [{ source, facts }] : []));
}

async function ask(): Promise<void> {
  const seen = seenImages();
  const [first] = seen;
  const others = listings.value.filter(({ name }) => name !== chosenName.value).map((listing) => (listing.added ? { ...listing, source: sourceOfModel(listing.name) } : listing));
  if (first === undefined || others.length === 0) return;
  const stop = new AbortController();
  const mine: Asked = { first: first.source, chosen: chosenName.value ?? '', told: null, stop };
  asked.value = mine;
  const told = await whichModel(seen, others, { signal: stop.signal, home: siteFolder }).catch(() => null);
  if (asked.value === mine) asked.value = { ...mine, told, stop: null };
}

/** Answers hold for the images that they were given for, whichever model is chosen then; one that is chosen before they came ends the asking. */
effect(() => {
  files.value;
  const [before, why, chosen] = [asked.value, doubt.value, chosenName.value];
  untracked(() => {
    const isGone = before !== null && (!allImages().some(({ file }) => file === before.first) || (before.stop !== null && before.chosen !== chosen));
    if (isGone) {
      before.stop?.abort();
      asked.value = null;
    } else if (before === null && why !== null) void ask();
  });
});

export const isAsking = computed(() => asked.value?.stop != null);

/** Shows no proposal for these images. */
export function stopAsking(): void {
  asked.value?.stop?.abort();
  if (asked.value) asked.value = { ...asked.value, stop: null };
}

export interface Proposal extends Pick<ModelAnswer, 'name' | 'askedAs'> { title: string }

/** The model that knows the images. */
export const proposal = computed<Proposal | null>(() => {
  const fits = doubt.value === null ? null : asked.value?.told?.fits;
  const listing = listings.value.find(({ name }) => name === fits?.name);
  return fits && listing && fits.name !== chosenName.value ? { name: fits.name, askedAs: fits.askedAs, title: listing.spec.title } : null;
});

/** The model made for other laboratories, unless it was asked and accepts none of the cells. */
export const widerThatMay = computed(() => {
  const [model, told] = [wider.value, asked.value?.told];
  const isRefused = told != null && model !== null && !told.unasked.includes(model.name) && !told.answers.some(({ name, accepted }) => name === model.name && accepted > 0);
  return isRefused || model?.name === proposal.value?.name ? null : model;
});

/** All were asked, and none knows the images. */
export const knownToNone = computed(() => {
  const told = asked.value?.told;
  return doubt.value === 'misfit' && told != null && told.unasked.length === 0 && !told.answers.some(({ fits }) => fits) && widerThatMay.value === null;
});

/** Takes the model that knows the images, and looks at them as it was asked about them. */
export async function useProposal({ name, askedAs }: Proposal): Promise<void> {
  chooseMode(askedAs === 'frames' ? 'fields' : 'cells');
  await chooseModel(name);
}
