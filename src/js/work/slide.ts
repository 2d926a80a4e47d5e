/** A file that a worker keeps open, to look at parts of it that are not decoded as a whole. */
import type { DisplayRange } from '#cytodrop_core';
import { CytodropError, type UnreadFile } from '../core/errors.ts';
import type { FrameCell, FrameChoice } from '../frames/frame.ts';
import type { PartFound, PartTask } from '../frames/part_search.ts';
import type { DetectorName } from '../core/core.ts';
import type { DetectorFiles } from '../model/detector.ts';
import type { FrameFile, FrameHost } from './frame.ts';
import type { WorkerReply } from './messages.ts';
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
    return this.#ask((link, slide) => link.ask({ type: 'view_part', slide, choice, maxSidePx, range }, 'frame_view', { patience: () => patienceSeconds(4 * maxSidePx * maxSidePx) }));
  }

  /**
   * Finds the cells of a part, measures and names them.
   *
   * Args:
   *   pixels: of the part.
   * Raises: CytodropError, `detector_not_loaded` among them; WorkerDied.
   */
  async search(task: PartTask, pixels: number): Promise<PartFound> {
    return this.#ask(async (link, slide) => {
      const cells: FrameCell[] = [];
      const onReply = (reply: WorkerReply): void => { if (reply.type === 'part_cells') cells.push(...reply.cells); };
      const { found } = await link.ask({ type: 'search_part', slide, task }, 'part_searched', { patience: () => patienceSeconds(4 * pixels), onReply });
      return { ...found, cells };
    });
  }

  /** Gives its worker a network that finds cells. */
  async loadDetector(name: DetectorName, files: DetectorFiles): Promise<void> {
    await this.#ask((link) => link.ask({ type: 'load_detector', name, files }, 'detector_loaded', { patience: () => patienceSeconds(files.network.length) }));
  }

  async #ask<T>(question: (link: WorkerLink, slide: number) => Promise<T>): Promise<T> {
    const { link } = this.#host;
    const ask = async (): Promise<T> => {
      this.#opened ??= this.#open(link);
      return question(link, await this.#opened);
    };
    try {
      return await ask();
    } catch (error) {
      const isLost = (error instanceof WorkerDied && !(error instanceof WorkerHung)) || (error instanceof CytodropError && error.code === 'frame_not_open');
      // One that hung was ended, and what it held with it.
      if (isLost || error instanceof WorkerHung) this.#opened = undefined;
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
