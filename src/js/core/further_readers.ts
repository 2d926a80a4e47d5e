/** Files that the core leaves to further readers, which are loaded when the first such file comes. */
import type { FileContent } from '#cytodrop_core';
import type { Codec } from '#cytodrop_jxl';
import { CytodropError } from './errors.ts';
import { type FileParts, type ImageFileFacts, isSlide, overviewLevel, type PageChoice, partsOf, slideFromPixels } from './file_parts.ts';
import type { Readers } from './readers.ts';

const firstPage: PageChoice = { page: 0, channel: -1 };

export class FurtherReaders {
  readonly #open: () => Promise<Readers>;
  readonly #openCodec: (name: string) => Promise<Codec>;
  #readers: Promise<Readers> | undefined;

  /**
   * Args:
   *   open: loads them, which costs a megabyte: called only when it is needed.
   *   openCodec: loads a codec that they are without (src/js/core/codecs.ts), by its name.
   */
  constructor(open: () => Promise<Readers>, openCodec: (name: string) => Promise<Codec>) {
    this.#open = open;
    this.#openCodec = openCodec;
  }

  /**
   * Gives the core a file; where it leaves it to further readers, the page that they decode, and so of a file that is not held, or of which
   * a part is wanted.
   *
   * Args:
   *   call: takes the bytes of an image file, and what the further readers know of it.
   * Raises: CytodropError, or what `call` raises.
   */
  async withPage<T>(file: Uint8Array | FileParts, call: (file: Uint8Array, facts?: ImageFileFacts) => T, choice: PageChoice = firstPage): Promise<T> {
    const { page: _, channel: __, overview: ___, ...more } = choice;
    if (file instanceof Uint8Array && Object.values(more).every((asked) => asked === undefined)) {
      try {
        return call(file);
      } catch (error) {
        // What is too large as a whole they know the parts of.
        if (!isLeft(error) && !(error instanceof CytodropError && error.code === 'too_large')) throw error;
      }
    }
    const { bytes, facts } = await this.#ask((readers) => readers.page(partsOf(file), choice));
    return call(bytes, facts);
  }

  /** As `withPage`, for what a file says beside its pixels. */
  async inspect(file: Uint8Array | FileParts, call: (file: Uint8Array) => FileContent): Promise<FileContent> {
    let known: FileContent | undefined;
    if (file instanceof Uint8Array) {
      try {
        known = call(file);
        // What is too large as a whole they know the parts of.
        if (known.facts !== null || !isTiff(file)) return known;
      } catch (error) {
        if (!isLeft(error)) throw error;
      }
    }
    try {
      return await this.#ask((readers) => readers.inspect(partsOf(file)));
    } catch (error) {
      if (known) return known;
      if (error instanceof CytodropError && error.code !== 'out_of_memory') return { facts: null, problem: error.message, tags: [], notes: [] };
      throw error;
    }
  }

  /**
   * Whether a file that the core read is a slide: of its directories the core knows only which are pages.
   *
   * Returns: the level of its overview; undefined: it is none.
   */
  async overviewOf(file: Uint8Array, pixels: number): Promise<number | undefined> {
    if (pixels <= slideFromPixels || !isTiff(file)) return undefined;
    // Without them it is the frame that it was.
    const [first] = await this.#ask((readers) => readers.series(partsOf(file))).catch(() => []);
    return first && isSlide(first) ? overviewLevel(first) : undefined;
  }

  /** Keeps a file open, so that its parts come fast, until `letGo`. Raises: CytodropError. */
  async keep(file: FileParts): Promise<void> {
    await this.#ask((readers) => readers.keep(file));
  }

  async letGo(file: FileParts): Promise<void> {
    await this.#ask((readers) => readers.letGo(file)).catch(() => undefined);
  }

  async #ask<T>(use: (readers: Readers) => T): Promise<T> {
    this.#readers ??= this.#open();
    try {
      const readers = await loaded(this.#readers);
      try {
        return use(readers);
      } catch (error) {
        if (!(error instanceof CytodropError && error.code === 'needs_codec')) throw error;
        readers.setCodec(error.message, await loaded(this.#openCodec(error.message)));
        return use(readers);
      }
    } catch (error) {
      if (error instanceof CytodropError && error.code !== 'unsupported_format') throw error;
      // What trapped is in no known state, and what could not be loaded may be there the next time.
      this.#readers = undefined;
      throw error instanceof CytodropError ? error : new CytodropError('internal', `The file could not be read: ${(error as Error).message}`);
    }
  }
}

function loaded<T>(module: Promise<T>): Promise<T> {
  return module.catch((error: unknown) => { throw new CytodropError('unsupported_format', `What reads this kind of file could not be loaded: ${(error as Error).message}`); });
}

function isTiff([first = 0, second, third, fourth]: Uint8Array): boolean {
  return (first === 0x49 || first === 0x4d) && second === first && [third, fourth].some((version) => version === 42 || version === 43);
}

function isLeft(error: unknown): boolean {
  return error instanceof CytodropError && error.code === 'needs_reader';
}
