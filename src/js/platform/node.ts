/** Node, from version 18 on: the one file of the library that asks it for anything. */
import { webcrypto } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { refuseSize, type UnreadFile, unreadFile } from '../core/errors.ts';
import type { FileParts } from '../core/file_parts.ts';
import { isOfZarr, isZarrFolder, zarrParts } from '../core/zarr_folder.ts';
import { type FolderPlace, type ImageSource, largeFrom, type LargeFile, type Platform, type Port, type Transport } from './platform.ts';

// Node 18 has it under another name only.
globalThis.crypto ??= webcrypto as Crypto;

/** Each has a core of the machine and some tens of megabytes. */
const mostWorkers = 64;
/** By which a worker of the library knows itself, also in a program that has workers of its own. */
const mark = 'cytodrop';

/** The build makes the library one file, which is its workers' too. */
const workerFile = fileURLToPath(import.meta.url.endsWith('.ts') ? new URL('../worker.ts', import.meta.url) : import.meta.url);

export const platform: Platform = {
  home: new URL('./', import.meta.url),
  words: `Node ${process.version}, ${process.platform} ${process.arch}`,

  workers: (_, threads) => (threads > 1 ? 1 : Math.min(mostWorkers, processors())),
  threads: () => 1,

  async read(url, onProgress) {
    if (url.protocol === 'file:') return readFile(url);
    const response = await fetch(url);
    if (!response.ok) throw new Error(`The file ${url.href} could not be loaded (status ${response.status}).`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    onProgress?.(bytes.length);
    return bytes;
  },

  async readImage(source, mostBytes) {
    if (source instanceof ArrayBuffer || source instanceof Uint8Array) return fitting(source.byteLength, mostBytes, () => new Uint8Array(source).slice());
    if (source instanceof Blob) return fitting(source.size, mostBytes, async () => new Uint8Array(await source.arrayBuffer()));
    if (source instanceof URL && source.protocol !== 'file:') return readAddress(source, mostBytes);
    try {
      const facts = await stat(source);
      const folder = facts.isDirectory() ? await zarrFolder(pathOf(source) as string) : undefined;
      if (folder === undefined) return await fitting(facts.size, mostBytes, () => readFile(source));
      const parts = folderParts(folder);
      return await fitting(parts.length, mostBytes, () => parts.read(0, parts.length) ?? Promise.reject(new Error('a file of it has changed')));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return unreadFile('unreadable_file', code === 'ENOENT' ? 'There is no such file.' : `The file could not be read (${code}).`);
    }
  },

  async readFrame(source, mostBytes) {
    const path = pathOf(source);
    const facts = path === undefined ? undefined : await stat(path).catch(() => undefined);
    const folder = path !== undefined && facts?.isDirectory() ? await zarrFolder(path).catch(() => undefined) : undefined;
    const length = folder ? folderParts(folder).length : (facts?.size ?? 0);
    if (path === undefined || (folder === undefined && length < largeFrom)) return platform.readImage(source, mostBytes);
    return mostBytes < length ? undefined : { place: folder ?? path, length };
  },

  openParts({ place, length }: LargeFile): FileParts {
    if (typeof place === 'object' && 'folder' in place) return folderParts(place);
    const file = openSync(place as string, 'r');
    const read = (at: number, count: number): Uint8Array | null => {
      const part = new Uint8Array(count);
      try {
        return readSync(file, part, 0, count, at) === count ? part : null;
      } catch {
        return null;
      }
    };
    return { length, read, close: () => closeSync(file) };
  },

  startWorker<Sent, Received>(onMessage: (message: Received) => void, onDeath: () => void): Transport<Sent> {
    const worker = new Worker(workerFile, { workerData: mark });
    worker.on('message', onMessage).on('messageerror', onDeath).on('error', onDeath).on('exit', onDeath);
    return { post: (message, transfer) => worker.postMessage(message, transfer), stop: () => void worker.terminate() };
  },

  ownPort<Sent, Received>(): Port<Sent, Received> | undefined {
    const port = parentPort;
    if (isMainThread || workerData !== mark || port === null) return undefined;
    return { post: (message, transfer = []) => port.postMessage(message, transfer), onMessage: (take) => port.on('message', take) };
  },

  isHidden: () => false,
};

const mostFiles = 1_000_000;

/** The files of a folder that is an image. Returns: undefined where it is none. Raises: Error where it cannot be read. */
async function zarrFolder(folder: string): Promise<FolderPlace | undefined> {
  if (!isZarrFolder(folder, await readdir(folder))) return undefined;
  const files: FolderPlace['files'] = [];
  const open = [''];
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    const entries = await readdir(join(folder, below), { withFileTypes: true });
    // Links to files are followed, links to folders are not, since they may go round in a circle.
    await Promise.all(entries.filter(({ name }) => isOfZarr(name) || !name.startsWith('.')).map(async (entry) => {
      const path = `${below}${entry.name}`;
      if (entry.isDirectory()) open.push(`${path}/`);
      else await stat(join(folder, path)).then((facts) => facts.isFile() && files.push({ path, length: facts.size }), () => undefined);
    }));
    if (files.length > mostFiles) throw Object.assign(new Error('There are too many files in it.'), { code: `more than ${mostFiles} files` });
  }
  return { folder, files };
}

function folderParts({ folder, files }: FolderPlace): FileParts {
  return zarrParts(files, (path, part, at) => {
    try {
      const file = openSync(join(folder, path), 'r');
      try {
        return readSync(file, part, 0, part.length, at) === part.length;
      } finally {
        closeSync(file);
      }
    } catch {
      return false;
    }
  });
}

function pathOf(source: ImageSource): string | undefined {
  if (source instanceof URL) return source.protocol === 'file:' ? fileURLToPath(source) : undefined;
  return typeof source === 'string' ? source : undefined;
}

async function fitting(bytes: number, mostBytes: number, read: () => Promise<Uint8Array> | Uint8Array): Promise<Uint8Array | UnreadFile | undefined> {
  return refuseSize(bytes) ?? (bytes > mostBytes ? undefined : read());
}

async function readAddress(address: URL, mostBytes: number): Promise<Uint8Array | UnreadFile | undefined> {
  try {
    const response = await fetch(address);
    if (!response.ok) return unreadFile('unreadable_file', `The server did not give it (status ${response.status}).`);
    const blob = await response.blob();
    return await fitting(blob.size, mostBytes, async () => new Uint8Array(await blob.arrayBuffer()));
  } catch {
    return unreadFile('unreadable_file', 'The address could not be reached.');
  }
}

/** Node 18 learnt to count what a container may use in its last versions only. */
function processors(): number {
  return (availableParallelism as typeof availableParallelism | undefined)?.() ?? cpus().length;
}
