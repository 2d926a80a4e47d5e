/** The module that reads microscopes' files behind one class that throws `CytodropError`. Loaded when a file needs it. */
import createCytodropFormats, { type CytodropFormats, type ImageFiles, type OpenedFile } from '#cytodrop_formats';
import type { FileContent } from '#cytodrop_core';
import { unwrap } from './core.ts';

/** Bytes from an offset on, as many as asked for; null where the file cannot be read any more. */
export type ReadPart = (at: number, count: number) => Uint8Array | null;

export class Readers {
  readonly #files: ImageFiles;

  private constructor(module: CytodropFormats) {
    this.#files = new module.ImageFiles();
  }

  /** Args: wasmBinary: bytes of cytodrop_formats.wasm. */
  static async open(wasmBinary: Uint8Array): Promise<Readers> {
    return new Readers(await createCytodropFormats({ wasmBinary }));
  }

  /**
   * Decodes a page.
   *
   * Returns: bytes that the core takes for a file.
   * Raises: CytodropError.
   */
  page(file: Uint8Array, page: number, channel: number): Uint8Array {
    return this.#with(file, ({ file: number }) => unwrap(this.#files.read_page(number, page, channel)));
  }

  /** What a file says beside its pixels. Raises: CytodropError. */
  inspect(file: Uint8Array): FileContent {
    return this.#with(file, ({ file: number }) => unwrap(this.#files.inspect(number)));
  }

  #with<T>(file: Uint8Array, use: (opened: OpenedFile) => T): T {
    const opened = unwrap(this.#files.open(file.length, (at, count) => file.subarray(at, at + count)));
    try {
      return use(opened);
    } finally {
      this.#files.close(opened.file);
    }
  }
}
