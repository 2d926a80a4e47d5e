/** A file that a worker keeps open, to look at parts of it that are not decoded as a whole. */
import type { DisplayRange } from '#cytodrop_core';
import { CytodropError, type UnreadFile } from '../core/errors.ts';
import type { FrameChoice } from '../frames/frame.ts';
import type { FrameFile, FrameHost } from './frame.ts';
import { WorkerDied, WorkerHung } from './pool.ts';
import { patienceSeconds } from './watchdog.ts';
import { transferable, type WorkerLink } from './worker_link.ts';

let slidesOpened = 0;

/** `close` frees it, and so does `await using`. */
export class Slide {
  readonly #host: Pick<FrameHost, 'link' | 'makeReady'>;
  readonly #read: () => Promise<FrameFile | UnreadFile>;
  /** Undefined: it is to be opened, also after its worker died. */
  #opened: Promise<number> | undefined;

  /** Args: read: gives the file, which is opened when it is first looked at. */
  constructor(host: Pick<FrameHost, 'link' | 'makeReady'>, read: () => Promise<FrameFile | UnreadFile>) {
    this.#host = host;
    this.#read = read;
  }

  /**
   * Draws a part, never enlarged.
   *
   * Args:
   *   choice: with a level and a region of it.
   *   range: samples shown as black and white; null: as the part itself asks.
   * Raises: CytodropError, WorkerDied.
   */
  async view(choice: FrameChoice, maxSidePx: number, range: DisplayRange | null = null): Promise<{ widthPx: number; heightPx: number; rgba: Uint8ClampedArray<ArrayBuffer> }> {
    const { link } = this.#host;
    const ask = async () => {
      this.#opened ??= this.#open(link);
      const slide = await this.#opened;
      return link.ask({ type: 'view_part', slide, choice, maxSidePx, range }, 'frame_view', { patience: () => patienceSeconds(4 * maxSidePx * maxSidePx) });
    };
    try {
      return await ask();
    } catch (error) {
      const isLost = (error instanceof WorkerDied && !(error instanceof WorkerHung)) || (error instanceof CytodropError && error.code === 'frame_not_open');
      this.#opened = isLost ? undefined : this.#opened;
      if (!isLost) throw error;
      return ask();
    }
  }

  async close(): Promise<void> {
    const slide = await this.#opened?.catch(() => undefined);
    if (slide !== undefined) await this.#host.link.ask({ type: 'close_slide', slide }, 'slide_closed').catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(link: WorkerLink): Promise<number> {
    const file = await this.#read();
    if ('status' in file) throw new CytodropError(file.code, file.message);
    await link.ready(this.#host.makeReady);
    const slide = ++slidesOpened;
    await link.ask({ type: 'open_slide', slide, file }, 'slide_opened', { transfer: transferable(file instanceof Uint8Array ? [file] : []), patience: () => patienceSeconds(file.length) });
    return slide;
  }
}
