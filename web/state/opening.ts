/** The page begins, or another project comes on it. */
import { readKept, forgetProject, leave, listKept, nowOpen, openLast, project, rememberOpen } from './projects.ts';
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
  await start(rememberedHere(modelKey) ?? found.head.model?.name, () => put(found));
  if (project.value === null) nowOpen(found.head);
}

/** Opens a kept project in place of what is on the page, which stays kept. */
export async function openKept(id: string): Promise<void> {
  if (project.value?.id === id) return;
  const found = await readKept(id).catch(() => null);
  if (found === null || found === 'taken') {
    notice.value = { words: found === null ? words.project.gone : words.project.openElsewhere };
    await listKept();
    return;
  }
  replaceBy(found);
}

/** Puts a project on an empty page, with its model where this page has it. */
export function replaceBy(found: Restored): void {
  client.cancel();
  if (allImages().length > 0) leave();
  notice.value = null;
  putSettings(found.head);
  const name = listings.value.some((one) => one.name === found.head.model?.name) ? (found.head.model?.name ?? null) : chosenName.value;
  const second = found.head.settings.secondModel;
  if (name !== null && (name !== chosenName.value || second !== secondName.value)) void chooseModel(name, second);
  put(found);
}

function put(found: Restored): void {
  const { model } = found.head;
  const now = listings.value.find(({ name }) => name === chosenName.value)?.spec;
  // Results of one engine are not shown as another's, where an address asks for that one.
  const isSame = now !== undefined && model?.name === now.name && model.version === now.version && (engine === undefined || found.head.runtime?.engine.kind === engine);
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
