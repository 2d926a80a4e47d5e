/** The pictures of a slide's overview, or of a part too large to be held: all of it, and sharper tiles of what is in sight, from the copy of the right size. */
import { type Box, type ImageFileFacts } from '../../../src/js/index.ts';
import type { FrameEntry } from '../../state/frame_store.ts';
import { viewPart, withFrame } from '../../state/held_frames.ts';
import { messageOf } from '../../state/notice.ts';
import type { FrameCanvas, FramePart } from './frame_canvas.ts';

const wholePx = 2048;
/** Side of a tile, px of its level. */
const tilePx = 1024;
/** Of 4 MB each at most. */
const mostTiles = 40;
/** Asked of the worker together: more would be out of sight before they come. */
const atOnce = 2;

interface Tile { key: string; level: number; region: Box }

/** Fetched when they are looked at, a bounded number kept; drawing never waits for one. */
export class SlidePictures {
  readonly #frame: number;
  readonly #entry: FrameEntry;
  readonly #levels: { width_px: number; height_px: number }[];
  /** Told how fine the tiles are and how many are to come. */
  readonly #canvas: HTMLElement;
  readonly #show: (whole: FramePart | undefined, parts: FramePart[]) => void;
  readonly #fail: (words: string | null) => void;
  #whole: FramePart | undefined;
  /** In order of last use. */
  readonly #tiles = new Map<string, FramePart>();
  /** In sight and not there, those in the middle first. */
  #wanted: Tile[] = [];
  readonly #underWay = new Set<string>();
  #scale = 0;
  #stopped = false;

  constructor(frame: number, entry: FrameEntry, slide: ImageFileFacts['series'][number], canvas: HTMLElement, show: (whole: FramePart | undefined, parts: FramePart[]) => void, fail: (words: string | null) => void) {
    this.#frame = frame;
    this.#entry = entry;
    this.#levels = slide.levels;
    this.#canvas = canvas;
    this.#show = show;
    this.#fail = fail;
    void this.#fetchWhole();
  }

  look(canvas: FrameCanvas): void {
    const { width_px, height_px } = this.#entry.analysis.facts.image;
    this.#scale = canvas.scale * window.devicePixelRatio;
    this.#wanted = [];
    if (this.#scale > Math.min(1, wholePx / Math.max(width_px, height_px))) {
      const sight = canvas.inSight();
      const middle = { x: (sight.left + sight.right) / 2, y: (sight.top + sight.bottom) / 2 };
      const tiles = this.#tilesIn(sight);
      const farness = ({ level, region }: Tile): number => {
        const { left_px, top_px, width_px, height_px } = this.#inFrame(region, level);
        return Math.hypot(left_px + width_px / 2 - middle.x, top_px + height_px / 2 - middle.y);
      };
      for (const { key } of tiles) this.#use(key);
      this.#wanted = tiles.filter(({ key }) => !this.#tiles.has(key)).sort((a, b) => farness(a) - farness(b));
    }
    this.#fetchNext();
    this.#tell();
  }

  stop(): void {
    this.#stopped = true;
    this.#show(undefined, []);
    this.#whole?.picture.close();
    for (const { picture } of this.#tiles.values()) picture.close();
  }

  /** Px of a level per px of the frame. */
  #factor(level: number): number {
    return (this.#levels[level]?.width_px ?? 1) / (this.#levels[this.#entry.analysis.choice.level ?? 0]?.width_px ?? 1);
  }

  /** Where a part of a level lies, px of the frame. */
  #inFrame({ left_px, top_px, width_px, height_px }: Box, level: number): Box {
    const factor = this.#factor(level);
    const { region } = this.#entry.analysis.choice;
    return { left_px: left_px / factor - (region?.left_px ?? 0), top_px: top_px / factor - (region?.top_px ?? 0), width_px: width_px / factor, height_px: height_px / factor };
  }

  /** Of the smallest copy that has a pixel for each of the screen. */
  #tilesIn({ left, top, right, bottom }: { left: number; top: number; right: number; bottom: number }): Tile[] {
    const { width_px, height_px } = this.#entry.analysis.facts.image;
    const { left_px: fromLeft = 0, top_px: fromTop = 0 } = this.#entry.analysis.choice.region ?? {};
    let level = this.#levels.length - 1;
    while (level > 0 && this.#factor(level) < this.#scale) level--;
    const [factor, size] = [this.#factor(level), this.#levels[level] as { width_px: number; height_px: number }];
    const tiles: Tile[] = [];
    const [up, down] = [(Math.max(0, top) + fromTop) * factor, (Math.min(height_px, bottom) + fromTop) * factor];
    const [near, far] = [(Math.max(0, left) + fromLeft) * factor, (Math.min(width_px, right) + fromLeft) * factor];
    for (let y = Math.floor(up / tilePx); y * tilePx < Math.min(down, size.height_px); y++) {
      for (let x = Math.floor(near / tilePx); x * tilePx < Math.min(far, size.width_px); x++) {
        const region = { left_px: x * tilePx, top_px: y * tilePx, width_px: Math.min(tilePx, size.width_px - x * tilePx), height_px: Math.min(tilePx, size.height_px - y * tilePx) };
        tiles.push({ key: `${level} ${x} ${y}`, level, region });
      }
    }
    return tiles;
  }

  #use(key: string): void {
    const known = this.#tiles.get(key);
    if (!known) return;
    this.#tiles.delete(key);
    this.#tiles.set(key, known);
  }

  #fetchNext(): void {
    while (this.#underWay.size < atOnce && !this.#stopped) {
      const tile = this.#wanted.find(({ key }) => !this.#underWay.has(key));
      if (!tile) return;
      this.#underWay.add(tile.key);
      void this.#fetch(tile).then((part) => this.#keep(tile.key, part), this.#failed).finally(() => {
        this.#underWay.delete(tile.key);
        this.#wanted = this.#wanted.filter(({ key }) => key !== tile.key);
        this.#fetchNext();
        this.#tell();
      });
    }
  }

  async #fetchWhole(): Promise<void> {
    try {
      const { width_px, height_px } = this.#entry.analysis.facts.image;
      const region = { left_px: 0, top_px: 0, width_px, height_px };
      const { rgba, widthPx, heightPx } = await withFrame(this.#frame, this.#entry.analysis.choice, (held) => held.view(region, wholePx, this.#entry.range));
      this.#whole = { region, picture: await createImageBitmap(new ImageData(rgba, widthPx, heightPx)), scale: widthPx / width_px };
      if (this.#stopped) this.#whole.picture.close();
      else this.#fail(null);
      this.#tell();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #fetch({ level, region }: Tile): Promise<FramePart> {
    const { overview: _, ...choice } = this.#entry.analysis.choice;
    const { facts } = this.#entry.analysis;
    const picture = await createImageBitmap(await viewPart(this.#frame, { ...choice, level, region }, tilePx, this.#entry.range ?? facts.range));
    return { picture, scale: this.#factor(level), region: this.#inFrame(region, level) };
  }

  #keep(key: string, part: FramePart): void {
    if (this.#stopped) return part.picture.close();
    this.#tiles.set(key, part);
    for (const [oldest, { picture }] of this.#tiles) {
      if (this.#tiles.size <= mostTiles) break;
      this.#tiles.delete(oldest);
      picture.close();
    }
  }

  readonly #failed = (error: unknown): void => {
    if (!this.#stopped) this.#fail(messageOf(error));
  };

  /** Coarse tiles lie below the finer ones that come later; those finer than the screen stay away. */
  #tell(): void {
    if (this.#stopped) return;
    const parts = [...this.#tiles.values()].filter(({ scale }) => scale <= 4 * this.#scale).sort((a, b) => a.scale - b.scale);
    this.#show(this.#whole, parts);
    const { dataset } = this.#canvas;
    dataset['finest'] = String(Math.round(parts.at(-1)?.scale ?? this.#whole?.scale ?? 0));
    dataset['missing'] = String(this.#wanted.length);
  }
}
