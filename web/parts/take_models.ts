/** A model among what a person hands over, a network to be made one, or one that finds cells. Loaded when there is one. */
import { zip } from '../../src/js/index.ts';
import { filesInZip, folderIn, type NamedFile, networkAmong } from '../../src/js/networks.ts';
import { addModel } from '../state/added_models.ts';
import type { Found } from '../state/found_files.ts';
import { messageOf, notice } from '../state/notice.ts';
import { takeDetector } from '../state/own_detector.ts';
import { beginNetwork } from '../state/own_network.ts';
import { closeDialog, dialog, openDialog } from './dialog.tsx';
import { addTrouble } from './model_files.ts';
import { words } from './words.ts';

/** Longer ones are nobody's. */
const mostSpecBytes = 1_000_000;

/** Adds the model and shows it in the list, asks what a network does not tell, or has cells found by it; what is wrong is said in one line. */
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
    const file = zipped?.file ?? (await zipOf(inside, folder));
    if (await isDetector(inside, folder)) {
      const { title, version } = await takeDetector(file);
      notice.value ??= { words: words.detectorTaken(`${title} ${version}`) };
      return closeDialog();
    }
    const { title, isNew } = await addModel(file);
    notice.value = { words: (isNew ? words.addedModel : words.modelThere)(title) };
    openDialog('model');
  } catch (error) {
    const why = words.modelFailed(zipped?.path ?? all[0]?.path ?? '', messageOf(error));
    // What the page says behind a panel is not seen.
    if (dialog.value === 'model') addTrouble.value = why;
    else notice.value = { words: why };
  }
}

/** By what its spec says it is; one that is no JSON is told by whoever reads it as a model. */
async function isDetector(files: readonly NamedFile[], folder: string): Promise<boolean> {
  const spec = files.find(({ name, bytes }) => name === `${folder}spec.json` && bytes < mostSpecBytes);
  try {
    return (JSON.parse(new TextDecoder().decode(await spec?.read())) as { kind?: unknown }).kind === 'detector';
  } catch {
    return false;
  }
}

async function zipOf(files: readonly NamedFile[], folder: string): Promise<Blob> {
  return new Blob([zip(await Promise.all(files.filter(({ name }) => name.startsWith(folder)).map(async ({ name, read }) => ({ name: name.slice(folder.length), bytes: await read() }))))]);
}
