/** The module that reads microscopes' files behind one class that throws `CytodropError`. Loaded when a file needs it. */
import createCytodropFormats, { type CytodropFormats, type ImageFiles, type OpenedFile } from '#cytodrop_formats';
import type { FileContent } from '#cytodrop_core';
import { unwrap } from './core.ts';
import type { FileParts, PageChoice } from './file_parts.ts';

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
  page(file: FileParts, { page, channel, level = 0, region }: PageChoice): Uint8Array {
    return this.#with(file, ({ file: number }) => unwrap(this.#files.read_page(number, page, channel, level, region ?? null)));
  }

  /** What a file says beside its pixels. Raises: CytodropError. */
  inspect(file: FileParts): FileContent {
    return this.#with(file, ({ file: number }) => unwrap(this.#files.inspect(number)));
  }

  #with<T>(file: FileParts, use: (opened: OpenedFile) => T): T {
    const opened = unwrap(this.#files.open(file.length, file.read));
    try {
      return use(opened);
    } finally {
      this.#files.close(opened.file);
    }
  }
}
