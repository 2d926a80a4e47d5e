/** The pictures of one frame: all of it, and the parts in sight in full. */
import type { Box } from '../../../src/js/index.ts';
import type { FrameEntry } from '../../state/frame_store.ts';
import { withFrame } from '../../state/held_frames.ts';
import { messageOf } from '../../state/notice.ts';
import type { FrameCanvas, FramePart } from './frame_canvas.ts';

/** Side of the picture of the whole, and of each part in full, px. */
const partPx = 2048;
/** Of 16 MB each at most. */
const mostParts = 12;

/** The pictures of one frame: fetched when they are looked at, a bounded number kept. */
export class FramePictures {
  readonly #frame: number;
  readonly #entry: FrameEntry;
  readonly #show: (whole: FramePart | undefined, parts: FramePart[]) => void;
  readonly #fail: (words: string | null) => void;
  #whole: FramePart | undefined;
  /** By place, in order of last use. */
  readonly #parts = new Map<string, FramePart | null>();
  #stopped = false;

  constructor(frame: number, entry: FrameEntry, show: (whole: FramePart | undefined, parts: FramePart[]) => void, fail: (words: string | null) => void) {
    this.#frame = frame;
    this.#entry = entry;
    this.#show = show;
    this.#fail = fail;
    const { width_px, height_px } = entry.analysis.facts.image;
    void this.#fetch({ left_px: 0, top_px: 0, width_px, height_px }).then((whole) => {
      this.#whole = whole;
      fail(null);
      this.#tell();
    }, this.#failed);
  }

  /** Fetches the parts in sight where the whole is too coarse. */
  look(canvas: FrameCanvas): void {
    const { width_px, height_px } = this.#entry.analysis.facts.image;
    const wholeScale = Math.min(1, partPx / Math.max(width_px, height_px));
    if (wholeScale === 1 || canvas.scale * window.devicePixelRatio <= wholeScale) return;
    const { left, top, right, bottom } = canvas.inSight();
    for (let y = Math.max(0, Math.floor(top / partPx)); y * partPx < Math.min(bottom, height_px); ++y) {
      for (let x = Math.max(0, Math.floor(left / partPx)); x * partPx < Math.min(right, width_px); ++x) {
        const key = `${x} ${y}`;
        const known = this.#parts.get(key);
        if (known !== undefined) {
          this.#parts.delete(key);
          this.#parts.set(key, known);
          continue;
        }
        this.#parts.set(key, null);
        const region = { left_px: x * partPx, top_px: y * partPx, width_px: Math.min(partPx, width_px - x * partPx), height_px: Math.min(partPx, height_px - y * partPx) };
        void this.#fetch(region).then((part) => {
          if (this.#stopped) part.picture.close();
          else this.#parts.set(key, part);
          this.#tell();
        }, this.#failed);
      }
    }
    for (const [key, part] of this.#parts) {
      if (this.#parts.size <= mostParts) break;
      if (!part) continue;
      this.#parts.delete(key);
      part.picture.close();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#show(undefined, []);
    this.#whole?.picture.close();
    for (const part of this.#parts.values()) part?.picture.close();
  }

  async #fetch(region: Box): Promise<FramePart> {
    const { rgba, widthPx, heightPx } = await withFrame(this.#frame, this.#entry.analysis.choice, (held) => held.view(region, partPx, this.#entry.range));
    const picture = await createImageBitmap(new ImageData(rgba, widthPx, heightPx));
    return { region, picture, scale: widthPx / region.width_px };
  }

  readonly #failed = (error: unknown): void => {
    if (!this.#stopped) this.#fail(messageOf(error));
  };

  #tell(): void {
    if (this.#stopped) {
      this.#whole?.picture.close();
      return;
    }
    this.#show(this.#whole, [...this.#parts.values()].filter((part) => part !== null));
  }
}
