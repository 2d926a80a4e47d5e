/** Models among what a person hands over. Loaded when there is one. */
import { addModel } from '../state/added_models.ts';
import type { Found, FoundFile } from '../state/found_files.ts';
import { messageOf, notice } from '../state/notice.ts';
import { dialog, openDialog } from './dialog.tsx';
import { addTrouble } from './model_files.ts';
import { words } from './words.ts';

/** Adds the model, and shows it in the list; what is wrong with it is said in one line. */
export async function takeModel({ file, path }: FoundFile, { files, documents }: Found): Promise<void> {
  const others = files.length + documents.length - 1;
  addTrouble.value = '';
  try {
    const { title, isNew } = await addModel(file);
    notice.value = { words: `${isNew ? words.addedModel(title) : words.modelThere(title)}${others > 0 ? ` ${words.onlyModel(others)}` : ''}` };
    openDialog('model');
  } catch (error) {
    const why = words.modelFailed(path, messageOf(error));
    // What the page says behind a panel is not seen.
    if (dialog.value === 'model') addTrouble.value = why;
    else notice.value = { words: why };
  }
}
