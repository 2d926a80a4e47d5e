/** A browser: the page, or a worker of it. */
import { refuseSize, type UnreadFile, unreadFile } from '../core/errors.ts';
import type { FileParts } from '../core/file_parts.ts';
import { isFolderFile } from '../core/zarr_folder.ts';
import { largeFrom, type LargeFile, type Platform, type Port, type Transport } from './platform.ts';

/** More would each take memory for little speed. */
const mostWorkers = 4;
const mostThreads = 4;

/** In workers alone, and not in the types of pages. */
declare class FileReaderSync { readAsArrayBuffer(blob: Blob): ArrayBuffer }

/** What only this room says to itself: the name of a lock that a worker holds as long as it lives. */
interface Alive { type: 'alive'; lock: string }

const isAlive = (message: unknown): message is Alive => (message as Partial<Alive>).type === 'alive';

export const platform: Platform = {
  // Where the script lies, which a bundler must leave alone.
  home: new URL(/* @vite-ignore */ './', import.meta.url),
  words: navigator.userAgent,

  // The runtime's own threads take the cores.
  workers: (engine) => (engine === 'onnxruntime' ? 1 : Math.min(mostWorkers, navigator.hardwareConcurrency)),
  threads: () => (crossOriginIsolated ? Math.min(mostThreads, navigator.hardwareConcurrency) : 1),

  async read(url, onProgress) {
    const response = await fetch(url).catch(() => undefined);
    // The words of the page's service worker for no connection and for another version of the site.
    if (response === undefined || response.status === 504) {
      throw new Error('It is not kept on this computer yet and needs the network once, which cannot be reached now.');
    }
    if (response.status === 409) throw new Error('The server has a newer version than this page; load the page again.');
    if (!response.ok) throw new Error(`The file ${url.pathname} could not be loaded (status ${response.status}).`);
    if (onProgress === undefined || response.body === null) return new Uint8Array(await response.arrayBuffer());
    return readAsItComes(response.body, onProgress);
  },

  async readImage(source, mostBytes) {
    if (source instanceof Blob) return readBlob(source, mostBytes);
    if (source instanceof ArrayBuffer || source instanceof Uint8Array) return copyOf(source, mostBytes);
    const address = new URL(source, globalThis.location?.href);
    try {
      const response = await fetch(address);
      return response.ok ? await readBlob(await response.blob(), mostBytes) : unreadFile('unreadable_file', `The server did not give it (status ${response.status}).`);
    } catch {
      return unreadFile('unreadable_file', 'The address could not be reached.');
    }
  },

  async readFrame(source, mostBytes) {
    if (!(source instanceof Blob)) return platform.readImage(source, mostBytes);
    const bytes = isFolderFile(source) ? undefined : await readBlob(source, Math.min(mostBytes, largeFrom), () => undefined);
    return bytes ?? (mostBytes > Math.min(largeFrom, source.size) ? { place: source, length: source.size } : undefined);
  },

  openParts({ place, length }: LargeFile): FileParts {
    const reader = new FileReaderSync();
    const read = (at: number, count: number): Uint8Array | null => {
      try {
        return new Uint8Array(reader.readAsArrayBuffer((place as Blob).slice(at, at + count)));
      } catch {  // it is gone, or has changed
        return null;
      }
    };
    return { length, read, close: () => {} };
  },

  startWorker<Sent, Received>(onMessage: (message: Received) => void, onDeath: () => void): Transport<Sent> {
    const worker = new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name: 'classifier' });
    worker.addEventListener('message', ({ data }: MessageEvent<Received | Alive>) => {
      // The lock is free when the worker is gone, also where the system ended it and no event says so.
      if (isAlive(data)) void navigator.locks.request(data.lock, onDeath);
      else onMessage(data);
    });
    for (const type of ['error', 'messageerror'] as const) {
      worker.addEventListener(type, (event) => {
        event.preventDefault();
        onDeath();
      });
    }
    return { post: (message, transfer) => worker.postMessage(message, transfer), stop: () => worker.terminate() };
  },

  ownPort<Sent, Received>(): Port<Sent, Received> {
    holdLock();
    return {
      post: (message, transfer = []) => self.postMessage(message, { transfer }),
      onMessage: (take) => self.addEventListener('message', ({ data }: MessageEvent<Received>) => take(data)),
    };
  },

  isHidden: () => (globalThis as { document?: { hidden: boolean } }).document?.hidden ?? false,
};

/** Holds a lock as long as this worker lives, by which the page learns of its end whatever the cause; only secure pages have locks. */
function holdLock(): void {
  if (!('locks' in navigator)) return;
  const lock = crypto.randomUUID();
  void navigator.locks.request(lock, () => new Promise(() => self.postMessage({ type: 'alive', lock } satisfies Alive)));
}

async function readAsItComes(body: ReadableStream<Uint8Array<ArrayBuffer>>, onProgress: (loadedBytes: number) => void): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let loadedBytes = 0;
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    loadedBytes += part.value.length;
    onProgress(loadedBytes);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/**
 * Reads a file without asking for its size first, which would stop the page until the browser has looked it up: the reader tells
 * the size when it begins, in time to leave a large file alone.
 */
function readBlob(blob: Blob, mostBytes: number, refuse = refuseSize): Promise<Uint8Array | UnreadFile | undefined> {
  return new Promise((resolve) => {
    const reader = new FileReader();
    const look = ({ total }: ProgressEvent): void => {
      const refusal = refuse(total);
      if (refusal === undefined && total <= mostBytes) return;
      resolve(refusal);
      reader.abort();
    };
    reader.onloadstart = look;
    reader.onprogress = look;
    reader.onload = () => resolve(new Uint8Array(reader.result as ArrayBuffer));
    reader.onerror = () => {
      // From 2 GB on Chromium gives up before it tells the size.
      const refusal = refuse(blob.size);
      resolve(refusal === undefined && blob.size > mostBytes ? undefined : (refusal ?? unreadFile('unreadable_file', 'The browser could not read the file.')));
    };
    reader.readAsArrayBuffer(blob);
  });
}

function copyOf(bytes: Uint8Array | ArrayBuffer, mostBytes: number): Uint8Array | UnreadFile | undefined {
  return refuseSize(bytes.byteLength) ?? (bytes.byteLength > mostBytes ? undefined : new Uint8Array(bytes).slice());
}
