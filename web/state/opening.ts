/** The page begins, or another project comes on it. */
import type { ModelListing, ProjectHead } from '../../src/js/index.ts';
import { readKept, forgetProject, kept, leave, letGo, listKept, nowOpen, openLast, project, rememberOpen } from './projects.ts';
import { putRestored, putSettings, type Restored } from './project_rows.ts';
import { client, engine } from './client.ts';
import { clear } from './adding.ts';
import { allImages } from './images.ts';
import { chooseModel, modelKey, start } from './model_choice.ts';
import { chosenName, listings, secondName } from './models.ts';
import { notice } from './notice.ts';
import { rememberedHere } from './remembered.ts';
import { run } from './run.ts';
import { runState } from './progress.ts';
import { words } from './words.ts';

/** What the model of a project's results is called here; null where it is not here, or where there are none. One that somebody added is known by its sum. */
function nameHere({ model }: ProjectHead): string | null {
  if (model === null) return null;
  const isIt = ({ name, added }: ModelListing): boolean => (!model.added ? !added && name === model.name : added !== undefined && (model.specSha256 === null ? name === model.name : added.specSha256 === model.specSha256));
  return listings.value.find(isIt)?.name ?? null;
}

/** Whether a project's results can be shown here; says so where the model is missing that somebody added. Args: openAnyway: does without its results. */
function canShow(head: ProjectHead, openAnyway: () => void): boolean {
  if (!head.model?.added || nameHere(head) !== null) return true;
  notice.value = {
    words: words.project.modelMissing(head.name, `${head.model.name} ${head.model.version}`),
    action: { words: words.project.openAllTheSame, act: () => { notice.value = null; openAnyway(); } },
  };
  return false;
}

/** Brings back what was on the page, where there was anything, and loads the model. */
export async function begin(): Promise<void> {
  const id = openLast();
  const found = id === null ? null : await readKept(id).catch(() => null);
  if (found === 'taken') notice.value = { words: words.project.takenElsewhere };
  if (found === null || found === 'taken') {
    // Not this tab's any more.
    if (id !== null && found === null) rememberOpen(null);
    await start();
    return;
  }
  putSettings(found.head);
  // Chosen a moment before the reload, perhaps, and not written yet.
  let isShown = true;
  await start(() => rememberedHere(modelKey) ?? nameHere(found.head), () => {
    isShown = canShow(found.head, () => void openKept(found.head.id, true));
    if (isShown) put(found);
    else letGo();
  });
  if (isShown && project.value === null) nowOpen(found.head);
}

/** Opens a kept project in place of what is on the page, which stays kept. Args: anyway: also without its model. */
export async function openKept(id: string, anyway = false): Promise<void> {
  if (project.value?.id === id) return;
  const head = kept.value.find((one) => one.id === id);
  if (head && !anyway && !canShow(head, () => void openKept(id, true))) return;
  const found = await readKept(id).catch(() => null);
  if (found === null || found === 'taken') {
    notice.value = { words: found === null ? words.project.gone : words.project.openElsewhere };
    await listKept();
    return;
  }
  replaceBy(found);
}

/** As `openKept`, of a project that a file holds. Returns: whether it is on the page. Args: again: opens it without its results. */
export function openIfShown(found: Restored, anyway: boolean, again: () => void): boolean {
  if (!anyway && !canShow(found.head, again)) return false;
  replaceBy(found);
  return true;
}

/** Puts a project on an empty page, with its model where this page has it. */
function replaceBy(found: Restored): void {
  client.cancel();
  if (allImages().length > 0) leave();
  notice.value = null;
  putSettings(found.head);
  const name = nameHere(found.head) ?? chosenName.value;
  const second = listings.value.find((one) => one.name === found.head.settings.secondModel)?.name ?? null;
  if (name !== null && (name !== chosenName.value || second !== secondName.value)) void chooseModel(name, second);
  put(found);
}

function put(found: Restored): void {
  const { model } = found.head;
  const now = listings.value.find(({ name }) => name === chosenName.value)?.spec;
  // Results of one engine are not shown as another's, where an address asks for that one.
  const isSame = now !== undefined && nameHere(found.head) === chosenName.value && model?.version === now.version && (engine === undefined || found.head.runtime?.engine.kind === engine);
  putRestored(found, isSame);
  nowOpen(found.head);
  if (model && !isSame && now) notice.value = { words: words.project.otherModel(`${model.name} ${model.version}`, now.title) };
  if (allImages().length === 0) return;
  runState.value = 'cancelled';
  void run();
}

/** Deletes a project, and takes it off the page where it is on it. */
export async function forget(id: string): Promise<void> {
  const isOwn = project.value?.id === id;
  if (isOwn) clear();
  await forgetProject(id, isOwn);
  if (isOwn) notice.value = { words: words.project.forgotten };
}
