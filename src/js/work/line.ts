/** Images on their way to the workers. */
import { platform } from '#platform';
import type { UnreadFile } from '../core/errors.ts';
import type { ImageSource, LargeFile } from '../platform/platform.ts';
import { type NamedImage, pathOf, sourceOf } from './sources.ts';

/** Images in the order in which their results are wanted; an endless or slow list is read no faster than it is worked on. */
export type Images = Iterable<ImageSource | NamedImage> | AsyncIterable<ImageSource | NamedImage>;

/** Images as they stand in line: taken from the caller's list one after the other, kept until their results are told. */
export class Line {
  readonly #iterator: Iterator<ImageSource | NamedImage> | AsyncIterator<ImageSource | NamedImage>;
  readonly #inHand = new Map<number, Promise<ImageSource | NamedImage | null>>();
  readonly #names = new Map<number, string>();
  readonly #byParts: boolean;
  #taken = 0;
  /** One after the other: not every list can be asked twice at once. */
  #taking: Promise<unknown> = Promise.resolve();
  /** Of all; Infinity while it is not known. */
  count: number;
  #ended = false;

  /** Args: byParts: of a large file its place is given. */
  constructor(images: Images, byParts = false) {
    this.#byParts = byParts;
    this.#iterator = Symbol.asyncIterator in images ? images[Symbol.asyncIterator]() : images[Symbol.iterator]();
    this.count = Array.isArray(images) ? images.length : Infinity;
  }

  async read(position: number, mostBytes: number): Promise<Uint8Array | UnreadFile | LargeFile | null | undefined> {
    while (this.#taken <= position) {
      const next = this.#taken++;
      const image = this.#taking.then(() => this.#take(next));
      this.#taking = image.catch(() => undefined);
      this.#inHand.set(next, image);
    }
    const image = (await this.#inHand.get(position)) ?? null;
    if (image === null) return null;
    this.#names.set(position, pathOf(image, position));
    return this.#byParts ? platform.readFrame(sourceOf(image), mostBytes) : platform.readImage(sourceOf(image), mostBytes);
  }

  /** Its name; it is let go. */
  tellName(position: number): string {
    const name = this.#names.get(position) ?? '';
    this.#names.delete(position);
    this.#inHand.delete(position);
    return name;
  }

  /** The caller's list is told where nothing more will be taken from it. */
  async end(): Promise<void> {
    if (!this.#ended) await this.#iterator.return?.();
  }

  async #take(position: number): Promise<ImageSource | NamedImage | null> {
    const next = this.#ended ? { done: true as const, value: undefined } : await this.#iterator.next();
    if (!next.done) return next.value;
    this.#ended = true;
    this.count = Math.min(this.count, position);
    this.#inHand.delete(position);
    return null;
  }
}
