/** What files say beside their pixels, for those who have no model open. */
import { platform } from '#platform';
import type { FileContent } from '#cytodrop_core';
import { Core } from '../core/core.ts';
import { CytodropError } from '../core/errors.ts';
import type { FurtherReaders } from '../core/further_readers.ts';
import type { ImageSource } from '../platform/platform.ts';
import { readersOf, withParts } from './readers_of.ts';

export class Inspector {
  readonly #core: Core;
  readonly #readers: FurtherReaders;

  private constructor(core: Core, readers: FurtherReaders) {
    this.#core = core;
    this.#readers = readers;
  }

  /**
   * Args:
   *   home: folder of the library's files.
   */
  static async open({ home = platform.home }: { home?: URL } = {}): Promise<Inspector> {
    return new Inspector(await Core.open(await platform.read(new URL('cytodrop_core.wasm', home))), readersOf(home));
  }

  /** Raises: CytodropError for a file that cannot be read; one that is no image says so in the result. */
  async inspect(file: ImageSource): Promise<FileContent> {
    const read = await platform.readFrame(file, Infinity);
    if (read === undefined || 'status' in read) throw new CytodropError(read?.code ?? 'unreadable_file', read?.message ?? 'The file could not be read.');
    return withParts(read, (parts) => this.#readers.inspect(parts, (bytes) => this.#core.inspect(bytes)));
  }

  async close(): Promise<void> {
    this.#core.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
