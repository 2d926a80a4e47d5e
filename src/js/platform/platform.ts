/** What the library asks of what it runs in: two rooms with the same furniture, `browser.ts` and `node.ts`. */
import type { UnreadFile } from '../core/errors.ts';
import type { FileParts } from '../core/file_parts.ts';
import type { FileBelow } from '../core/zarr_folder.ts';

/** An image as a caller may hand it over: bytes, a file of a browser or of Node, the path of a file or of a folder of OME-Zarr under Node, or an address. */
export type ImageSource = Uint8Array | ArrayBuffer | Blob | URL | string;

/** A folder that is one image, and its files by their paths below it. */
export interface FolderPlace { folder: string; files: FileBelow[] }

/** A file that is too large to be held, or a folder: where a worker finds it, to read it by parts. */
export interface LargeFile {
  place: Blob | string | FolderPlace;
  /** In bytes. */
  length: number;
}

/** From this size on, in bytes, a file is read by parts where that is possible. */
export const largeFrom = 64_000_000;

/** One end of what workers and their owners say to each other. */
export interface Port<Sent, Received> {
  /** `transfer`: buffers that are handed over rather than copied. */
  post(message: Sent, transfer?: ArrayBuffer[]): void;
  onMessage(take: (message: Received) => void): void;
}

/** What a browser's worker and one of Node have in common. */
export interface Transport<Sent> {
  post(message: Sent, transfer: ArrayBuffer[]): void;
  /** Ends it at once; afterwards it tells nothing more. */
  stop(): void;
}

export interface Platform {
  /** Folder of the library's own files: models/, cytodrop_core.wasm, ort/. */
  readonly home: URL;
  /** In its own words, for reports: the browser's, or Node's version. */
  readonly words: string;
  /** Workers that it bears without being told how many; each has a core with memory of its own. */
  workers(engine: 'core' | 'onnxruntime', threads: number): number;
  /** Threads of ONNX Runtime in one worker, unless told. */
  threads(): number;
  /**
   * Reads a file of the library or of a model.
   *
   * Args:
   *   onProgress: told the bytes so far, as they come.
   * Raises: Error that says what a person can do.
   */
  read(url: URL, onProgress?: (loadedBytes: number) => void): Promise<Uint8Array>;
  /**
   * Reads an image.
   *
   * Returns: bytes that are the caller's own, also where it handed over bytes; undefined where there are more than `mostBytes`, and the
   *   rest is left unread; an outcome where it cannot be read or is too large.
   */
  readImage(source: ImageSource, mostBytes: number): Promise<Uint8Array | UnreadFile | undefined>;
  /**
   * As `readImage`, where a large file may be read by parts later.
   *
   * Returns: for a file from `largeFrom` on, or a folder, where it lies.
   */
  readFrame(source: ImageSource, mostBytes: number): Promise<Uint8Array | UnreadFile | LargeFile | undefined>;
  /** In a worker. Raises: Error where it cannot be opened. */
  openParts(file: LargeFile): FileParts;
  /** Starts a worker that serves. */
  startWorker<Sent, Received>(onMessage: (message: Received) => void, onDeath: () => void): Transport<Sent>;
  /** In a worker that the library started: the way to whoever did; undefined elsewhere. */
  ownPort<Sent, Received>(): Port<Sent, Received> | undefined;
  /** Whether nobody looks, so that workers may be held back. */
  isHidden(): boolean;
}
