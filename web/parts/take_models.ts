/** A model among what a person hands over, or a network to be made one. Loaded when there is one. */
import { zip } from '../../src/js/index.ts';
import { filesInZip, folderIn, type NamedFile, networkAmong } from '../../src/js/networks.ts';
import { addModel } from '../state/added_models.ts';
import type { Found } from '../state/found_files.ts';
import { messageOf, notice } from '../state/notice.ts';
import { beginNetwork } from '../state/own_network.ts';
import { dialog, openDialog } from './dialog.tsx';
import { addTrouble } from './model_files.ts';
import { words } from './words.ts';

/** Adds the model and shows it in the list, or asks what a network does not tell; what is wrong is said in one line. */
export async function takeModel({ files, documents }: Found): Promise<void> {
  const all = [...files, ...documents];
  const zipped = all.find(({ path }) => /\.zip$/i.test(path));
  addTrouble.value = '';
  try {
    const inside: NamedFile[] = zipped ? await filesInZip(zipped.file) : all.map(({ file, path }) => ({ name: path, bytes: file.size, read: async () => new Uint8Array(await file.arrayBuffer()) }));
    const folder = folderIn(inside.map(({ name }) => name));
    if (folder === undefined) {
      beginNetwork(await networkAmong(inside));
      openDialog('network');
      return;
    }
    const { title, isNew } = await addModel(zipped?.file ?? (await zipOf(inside, folder)));
    notice.value = { words: (isNew ? words.addedModel : words.modelThere)(title) };
    openDialog('model');
  } catch (error) {
    const why = words.modelFailed(zipped?.path ?? all[0]?.path ?? '', messageOf(error));
    // What the page says behind a panel is not seen.
    if (dialog.value === 'model') addTrouble.value = why;
    else notice.value = { words: why };
  }
}

async function zipOf(files: readonly NamedFile[], folder: string): Promise<Blob> {
  return new Blob([zip(await Promise.all(files.filter(({ name }) => name.startsWith(folder)).map(async ({ name, read }) => ({ name: name.slice(folder.length), bytes: await read() }))))]);
}
