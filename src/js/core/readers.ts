/** The module that reads microscopes' files behind one class that throws `CytodropError`. Loaded when a file needs it. */
import createCytodropFormats, { type CytodropFormats, type ImageFiles, type OpenedFile, type Series } from '#cytodrop_formats';
import type { FileContent } from '#cytodrop_core';
import type { Codec } from '#cytodrop_jxl';
import { unwrap } from './core.ts';
import { CytodropError } from './errors.ts';
import { type FileParts, type ImageFileFacts, isSlide, overviewLevel, type PageChoice, pageOf, placeOf } from './file_parts.ts';

export class Readers {
  readonly #module: CytodropFormats;
  readonly #files: ImageFiles;
  /** Those that stay open, so that a part of them costs no more than its pixels. */
  readonly #kept = new Map<FileParts, OpenedFile>();

  private constructor(module: CytodropFormats) {
    this.#module = module;
    this.#files = new module.ImageFiles();
  }

  /** Args: wasmBinary: bytes of cytodrop_formats.wasm. */
  static async open(wasmBinary: Uint8Array): Promise<Readers> {
    return new Readers(await createCytodropFormats({ wasmBinary }));
  }

  /**
   * Decodes a page.
   *
   * Returns: bytes that the core takes for a file, and what the file is.
   * Raises: CytodropError.
   */
  page(file: FileParts, choice: PageChoice): { bytes: Uint8Array; facts: ImageFileFacts } {
    return this.#with(file, ({ file: number, format, series }) => {
      const { isFree, ...place } = placeOf(series, choice);
      const { region = null, projection = null, overview = false } = choice;
      const one = series[place.series];
      const isOverview = overview && choice.level === undefined && region === null && one !== undefined && isSlide(one);
      const level = isOverview ? overviewLevel(one) : (choice.level ?? 0);
      let reason = '';
      if (isFree) {
        const chosen = unwrap(this.#files.choose(number, place.series));
        ({ channel: place.channel, reason } = chosen);
        if (projection === null) place.z = chosen.z;
      }
      try {
        return { bytes: unwrap(this.#files.read_page(number, pageOf(series, place), place.channel, level, region, projection)), facts: { format, series, place, reason, ...(isOverview && { level }) } };
      } catch (error) {
        if (!(error instanceof CytodropError && error.code === 'too_large')) throw error;
        const smaller = (one?.levels.length ?? 1) > level + 1 ? ', or one of its smaller copies (--level)' : '';
        throw new CytodropError('too_large', `${error.message}; choose a ${region ? 'smaller region' : 'region of it'} (--region)${smaller}`);
      }
    });
  }

  /** What a file says beside its pixels, and its series. Raises: CytodropError. */
  inspect(file: FileParts): FileContent {
    return this.#with(file, ({ file: number, series }) => {
      const { facts, ...content } = unwrap(this.#files.inspect(number));
      return { ...content, facts: facts && { ...facts, series } };
    });
  }

  /** Raises: CytodropError. */
  series(file: FileParts): Series[] {
    return this.#with(file, ({ series }) => series);
  }

  /** Keeps a file open until `letGo`: at most sixteen. Raises: CytodropError. */
  keep(file: FileParts): void {
    this.#kept.set(file, unwrap(this.#files.open(file.length, file.read)));
  }

  /** For files that were refused as `needs_codec`. Raises: CytodropError. */
  setCodec(name: string, codec: Codec): void {
    unwrap(this.#module.set_codec(name, codec));
  }

  letGo(file: FileParts): void {
    const opened = this.#kept.get(file);
    this.#kept.delete(file);
    if (opened) this.#files.close(opened.file);
  }

  #with<T>(file: FileParts, use: (opened: OpenedFile) => T): T {
    const kept = this.#kept.get(file);
    if (kept) return use(kept);
    const opened = unwrap(this.#files.open(file.length, file.read));
    try {
      return use(opened);
    } finally {
      this.#files.close(opened.file);
    }
  }
}
