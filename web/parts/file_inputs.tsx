/** The pickers behind the buttons; always in the page, never seen. */
import { projectEnding } from '../../src/js/index.ts';
import { imageEndings, imageKinds } from '../file_kinds.ts';
import { collectFolder, collectPicked } from '../state/found_files.ts';
import { modelKinds } from './model_files.ts';
import { takeFiles } from './take_files.ts';
import { words } from './words.ts';

// Phones offer their photographs by type, and systems know few of microscopes' kinds by one.
const kinds = [...Object.keys(imageKinds), ...imageEndings].join(',');

export function openProjectPicker(): void {
  document.getElementById('project-input')?.click();
}

export function openModelPicker(): void {
  document.getElementById('model-input')?.click();
}

export function openFilePicker(): void {
  document.getElementById('file-input')?.click();
}

/** Not in TypeScript's library yet, since only some browsers have it. */
type FolderPicker = { showDirectoryPicker?: (options: { id: string }) => Promise<FileSystemDirectoryHandle> };

/** Where the browser can open a folder to the page it does; elsewhere it speaks of an upload, which this is not. */
export function openFolderPicker(): void {
  const { showDirectoryPicker } = window as FolderPicker;
  if (!showDirectoryPicker) {
    document.getElementById('folder-input')?.click();
    return;
  }
  showDirectoryPicker.call(window, { id: 'images' }).then(
    async (folder) => takeFiles(await collectFolder(folder)),
    (error: unknown) => {
      // Closing the picker is no error.
      if (!(error instanceof DOMException && error.name === 'AbortError')) document.getElementById('folder-input')?.click();
    },
  );
}

export function openCamera(): void {
  document.getElementById('camera-input')?.click();
}

function take(event: Event & { currentTarget: HTMLInputElement }): void {
  const input = event.currentTarget;
  void collectPicked(input.files ?? []).then(takeFiles);
  // Emptied, so that the same files can be chosen again.
  input.value = '';
}

/** Preact's types do not know the attribute. */
function takeFolders(input: HTMLInputElement | null): void {
  if (input) input.webkitdirectory = true;
}

export function FileInputs() {
  return (
    <div hidden>
      <input id="file-input" data-testid="file-input" type="file" accept={kinds} multiple aria-label={words.pickers.files} onChange={take} />
      <input id="folder-input" data-testid="folder-input" type="file" multiple aria-label={words.pickers.folder} ref={takeFolders} onChange={take} />
      <input id="project-input" data-testid="project-input" type="file" accept={projectEnding} aria-label={words.pickers.project} onChange={take} />
      <input id="model-input" data-testid="model-input" type="file" accept={modelKinds} multiple aria-label={words.pickers.model} onChange={take} />
      <input id="camera-input" type="file" accept="image/*" capture="environment" aria-label={words.pickers.camera} onChange={take} />
    </div>
  );
}
