/** Files as a person hands them over: dropped, picked or pasted. */
import { comparePaths, isBookkeeping, isDocument, isOfZarr, zarrFile, zarrFoldersOf } from '../../src/js/index.ts';

const openedAtOnce = 64;

export interface FoundFile { file: File; path: string }

export interface Found {
  /** In natural order of their paths. */
  files: FoundFile[];
  /** Paths that the browser would not open. */
  unopened: string[];
  /** Documents that lay in folders, which nobody takes for images. */
  documents: FoundFile[];
}

/** A file's own name, without its folders. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function inOrder(files: FoundFile[], unopened: string[] = []): Found {
  const isMeant = (path: string): boolean => !path.split('/').some(isBookkeeping);
  const isBeside = (path: string): boolean => path.includes('/') && isDocument(path);
  const meant = files.filter(({ path }) => isMeant(path)).sort((a, b) => comparePaths(a.path, b.path));
  return { files: meant.filter(({ path }) => !isBeside(path)), unopened: unopened.filter((path) => isMeant(path) && !isBeside(path)), documents: meant.filter(({ path }) => isBeside(path)) };
}

/** Folders of OME-Zarr are one image each, and are none where a part of them would not open: what is missing in it would look black. */
async function inOrderWithFolders(all: readonly FoundFile[], closed: readonly string[] = []): Promise<Found> {
  const folderOf = zarrFoldersOf([...all.map(({ path }) => path), ...closed]);
  const unopened = new Set(closed.map((path) => folderOf(path) ?? path));
  const files: FoundFile[] = [];
  const folders = new Map<string, { path: string; file: File }[]>();
  for (const one of all) {
    const folder = folderOf(one.path);
    if (folder === undefined) files.push(one);
    else put(folders, folder, { path: one.path.slice(folder.length + 1), file: one.file });
  }
  for (const [path, inside] of folders) {
    const below = inside.filter((one) => isOfZarr(nameOf(one.path)) || !isBookkeeping(nameOf(one.path)));
    await lookUpSizes(below);
    if (!unopened.has(path)) files.push({ file: zarrFile(nameOf(path), below), path });
  }
  return inOrder(files, [...unopened]);
}

/** The browser looks each up when it is first asked for, and the page stands still meanwhile: of thousands not longer than a moment. */
async function lookUpSizes(files: readonly { file: File }[]): Promise<void> {
  const momentMs = 30;
  let begin = performance.now();
  for (const { file } of files) {
    if (file.size < 0 || performance.now() - begin < momentMs) continue;
    await new Promise((resolve) => setTimeout(resolve));
    begin = performance.now();
  }
}

function put<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const known = lists.get(key);
  if (known) known.push(value);
  else lists.set(key, [value]);
}

/** Files of a picker; those of a folder picker keep their path below the folder. */
export function collectPicked(list: Iterable<File>): Promise<Found> {
  return inOrderWithFolders([...list].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

/** Pasted images, which all come with the same made-up name, get one of their own. */
export function collectPasted(data: DataTransfer, pastedBefore: number): Found {
  const nameless = /^image\.\w+$/;
  return inOrder(
    [...data.files].map((file, i) => ({ file, path: nameless.test(file.name) ? `pasted ${pastedBefore + i + 1} ${file.name}` : file.name })),
  );
}

/**
 * All files of a drop, folders included, however deep.
 *
 * Args:
 *   data: of the drop event; it is read before the first await, since it is emptied when the event ends.
 */
export async function collectDropped(data: DataTransfer): Promise<Found> {
  const loose: FoundFile[] = [];
  const entries: FileSystemEntry[] = [];
  for (const item of data.items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry();
    const file = entry?.isDirectory ? null : item.getAsFile();
    if (file) loose.push({ file, path: file.name });
    else if (entry) entries.push(entry);
  }
  const unopened: string[] = [];
  const open = [...entries];
  const take = async (entry: FileSystemEntry): Promise<void> => {
    const path = entry.fullPath.replace(/^\//, '');
    try {
      if (entry.isDirectory) open.push(...(await entriesOf(entry as FileSystemDirectoryEntry)));
      else loose.push({ file: await fileOf(entry as FileSystemFileEntry), path });
    } catch {
      unopened.push(path);
    }
  };
  // A folder of OME-Zarr has thousands of files.
  while (open.length > 0) await Promise.all(open.splice(-openedAtOnce).map(take));
  return inOrderWithFolders(loose, unopened);
}

/** Files that the system opens with the page. */
export async function collectOpened(handles: Iterable<FileSystemHandle>): Promise<Found> {
  const files: FoundFile[] = [];
  const unopened: string[] = [];
  for (const handle of handles) {
    if (handle.kind === 'file') await (handle as FileSystemFileHandle).getFile().then((file) => files.push({ file, path: handle.name }), () => unopened.push(handle.name));
  }
  return inOrderWithFolders(files, unopened);
}

/** All files of a folder that a person opened to the page, however deep. */
export async function collectFolder(folder: FileSystemDirectoryHandle): Promise<Found> {
  const files: FoundFile[] = [];
  const unopened: string[] = [];
  const open = [{ folder, path: folder.name }];
  for (let next = open.pop(); next; next = open.pop()) {
    try {
      for await (const entry of next.folder.values()) {
        const path = `${next.path}/${entry.name}`;
        if (isBookkeeping(entry.name) && !isOfZarr(entry.name)) continue;
        if (entry.kind === 'directory') open.push({ folder: entry as FileSystemDirectoryHandle, path });
        else await (entry as FileSystemFileHandle).getFile().then((file) => files.push({ file, path }), () => unopened.push(path));
      }
    } catch {
      unopened.push(next.path);
    }
  }
  return inOrderWithFolders(files, unopened);
}

/** A reader hands out at most 100 entries a call, and none when it is done. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
