/** Draws a frame and the outlines of its cells, once for each change and never more often than the screen. */
import type { Box } from '../../../src/js/index.ts';
import { addOutline, type Colours, paintLetter } from './drawing.ts';

/** A part of the frame as a picture; `scale` is picture px per frame px. */
export interface FramePart { region: Box; picture: ImageBitmap; scale: number }

/** The same of a picture that moves. */
type DrawnPart = Omit<FramePart, 'picture'> & { picture: CanvasImageSource };

export interface DrawnCell {
  id: number;
  box: Box;
  /** x0, y0, x1, y1 … in px of the frame. */
  outline: Float32Array;
  /** Name of the style class that says the colour. */
  style: string;
  letter: string;
}

interface Point { x: number; y: number }

interface Batch { bounds: [number, number, number, number]; style: string; path: Path2D }

/** Outlines are drawn together by class in squares of so many px, so that those out of sight cost nothing. */
const squarePx = 512;
/** Screen px between the points of an outline that the eye can tell apart. */
const pointsApartPx = 2;
/** A cell smaller than this on the screen has no room for its letter. */
export const letterFromPx = 11;
const letterPx = 16;
const smallLetterPx = 13;
/** Cells from this size on have room for the larger letter. */
const largeFromPx = 36;

export class FrameCanvas {
  readonly canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  /** Of the frame, px. */
  #size = { width: 1, height: 1 };
  /** Screen px per frame px, and the frame's corner on the screen, in CSS px. */
  #view = { scale: 1, left: 0, top: 0 };
  #fitted = true;
  #whole: DrawnPart | undefined;
  #parts: DrawnPart[] = [];
  #cells: readonly DrawnCell[] = [];
  #batches = new Map<number, Batch[]>();
  #letters = new Map<string, ImageBitmap>();
  #colours: ReadonlyMap<string, Colours> = new Map();
  #current: DrawnCell | undefined;
  #hovered: DrawnCell | undefined;
  #selected: readonly DrawnCell[] = [];
  #marks: readonly Box[] = [];
  #drawn: { shape: 'line' | 'box'; from: Point; to: Point } | undefined;
  #asked = 0;
  /** Screen px per frame px at most. */
  mostScale = 32;
  /** Told after every change of the view, to fetch the parts in sight. */
  onView: () => void = () => {};

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    this.#context = canvas.getContext('2d', { alpha: false }) as CanvasRenderingContext2D;
  }

  get scale(): number {
    return this.#view.scale;
  }

  get fitted(): boolean {
    return this.#fitted;
  }

  setFrame(width: number, height: number): void {
    if (this.#size.width !== width || this.#size.height !== height) this.#fitted = true;
    this.#size = { width, height };
    this.#whole = undefined;
    this.#parts = [];
    if (this.#fitted) this.fit();
    this.draw();
  }

  setPictures(whole: DrawnPart | undefined, parts: DrawnPart[]): void {
    this.#whole = whole;
    this.#parts = parts;
    this.draw();
  }

  setCells(cells: readonly DrawnCell[], colours: ReadonlyMap<string, Colours>): void {
    this.#cells = cells;
    this.#colours = colours;
    this.#batches.clear();
    for (const picture of this.#letters.values()) picture.close();
    this.#letters.clear();
    this.#hovered = undefined;
    this.draw();
  }

  setCurrent(id: number | undefined): void {
    this.#current = this.#cells.find((cell) => cell.id === id);
    this.draw();
  }

  /** Returns: whether another cell than before lies under the pointer. */
  hover(cell: DrawnCell | undefined): boolean {
    if (cell === this.#hovered) return false;
    this.#hovered = cell;
    this.draw();
    return true;
  }

  setSelected(ids: ReadonlySet<number>): void {
    this.#selected = ids.size === 0 ? [] : this.#cells.filter(({ id }) => ids.has(id));
    this.draw();
  }

  /** Draws a line or a box from one point of the frame to another, px; without points takes it away. */
  stretch(shape: 'line' | 'box', from?: Point, to?: Point): void {
    this.#drawn = from && to ? { shape, from, to } : undefined;
    this.draw();
  }

  /** Boxes that are outlined until others are: regions of a slide. */
  setMarks(boxes: readonly Box[]): void {
    this.#marks = boxes;
    this.draw();
  }

  /** That box, px of the frame, as far as it lies in it; null: there is none. */
  drawnBox(): Box | null {
    const { shape, from, to } = this.#drawn ?? {};
    if (shape !== 'box' || !from || !to) return null;
    const within = (value: number, most: number): number => Math.min(most, Math.max(0, value));
    const [left, right] = [from.x, to.x].map((x) => within(x, this.#size.width)).sort((a, b) => a - b) as [number, number];
    const [top, bottom] = [from.y, to.y].map((y) => within(y, this.#size.height)).sort((a, b) => a - b) as [number, number];
    return right > left && bottom > top ? { left_px: left, top_px: top, width_px: right - left, height_px: bottom - top } : null;
  }

  /** Length of that line, px of the frame; 0: there is none. */
  measured(): number {
    const { shape, from, to } = this.#drawn ?? {};
    return shape === 'line' && from && to ? Math.hypot(to.x - from.x, to.y - from.y) : 0;
  }

  /** Cells whose middle lies in that box; null: there is none. */
  boxed(): DrawnCell[] | null {
    const { shape, from, to } = this.#drawn ?? {};
    if (shape !== 'box' || !from || !to) return null;
    const isBetween = (value: number, a: number, b: number): boolean => value >= Math.min(a, b) && value <= Math.max(a, b);
    return this.#cells.filter(({ box }) => isBetween(box.left_px + box.width_px / 2, from.x, to.x) && isBetween(box.top_px + box.height_px / 2, from.y, to.y));
  }

  /** Makes the canvas as many device px as it is shown with. */
  resize(): void {
    const { width, height } = this.canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio;
    const [across, down] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (this.canvas.width === across && this.canvas.height === down) return;
    const before = this.#room();
    this.canvas.width = across;
    this.canvas.height = down;
    const now = this.#room();
    if (this.#fitted) this.fit();
    else this.pan((now.width - before.width) / 2, (now.height - before.height) / 2);
    if (this.#current && !this.#fitted) this.reveal(this.#current.box);
  }

  fit(): void {
    const { width, height } = this.#room();
    const scale = Math.min(width / this.#size.width, height / this.#size.height);
    this.#view = { scale, left: (width - this.#size.width * scale) / 2, top: (height - this.#size.height * scale) / 2 };
    this.#fitted = true;
    this.#changed();
  }

  /** Args: x, y: on the canvas, CSS px; this point stays where it is. */
  zoom(by: number, x = this.#room().width / 2, y = this.#room().height / 2): void {
    const { width, height } = this.#room();
    const least = Math.min(1, 0.5 * Math.min(width / this.#size.width, height / this.#size.height));
    const scale = Math.min(this.mostScale, Math.max(least, this.#view.scale * by));
    const ratio = scale / this.#view.scale;
    this.#view = { scale, left: x - (x - this.#view.left) * ratio, top: y - (y - this.#view.top) * ratio };
    this.#fitted = false;
    this.#changed();
  }

  pan(across: number, down: number): void {
    this.#view = { ...this.#view, left: this.#view.left + across, top: this.#view.top + down };
    this.#fitted = false;
    this.#changed();
  }

  /** Brings a box into sight where it is not. */
  reveal({ left_px, top_px, width_px, height_px }: Box): void {
    if (this.#fitted) return;
    const { width, height } = this.#room();
    const { scale, left, top } = this.#view;
    const marginPx = 24;
    const out = (low: number, high: number, room: number): number => (low < marginPx ? marginPx - low : high > room - marginPx ? room - marginPx - high : 0);
    const across = out(left + left_px * scale, left + (left_px + width_px) * scale, width);
    const down = out(top + top_px * scale, top + (top_px + height_px) * scale, height);
    if (across !== 0 || down !== 0) this.pan(across, down);
  }

  /** From CSS px of the canvas to px of the frame. */
  toFrame(x: number, y: number): { x: number; y: number } {
    return { x: (x - this.#view.left) / this.#view.scale, y: (y - this.#view.top) / this.#view.scale };
  }

  isInside({ x, y }: { x: number; y: number }): boolean {
    return x >= 0 && y >= 0 && x < this.#size.width && y < this.#size.height;
  }

  /** The smallest cell at a point of the frame, with some reach for fingers. */
  cellAt({ x, y }: { x: number; y: number }, reachPx = 0): DrawnCell | undefined {
    const reach = reachPx / this.#view.scale;
    let best: DrawnCell | undefined;
    for (const cell of this.#cells) {
      const { left_px, top_px, width_px, height_px } = cell.box;
      if (x < left_px - reach || y < top_px - reach || x > left_px + width_px + reach || y > top_px + height_px + reach) continue;
      if (!best || width_px * height_px < best.box.width_px * best.box.height_px) best = cell;
    }
    return best;
  }

  /** What of the frame is in sight, px. */
  inSight(): { left: number; top: number; right: number; bottom: number } {
    const { width, height } = this.#room();
    const from = this.toFrame(0, 0);
    const to = this.toFrame(width, height);
    return { left: from.x, top: from.y, right: to.x, bottom: to.y };
  }

  draw(): void {
    this.#asked ||= requestAnimationFrame(() => {
      this.#asked = 0;
      this.#paint();
    });
  }

  stop(): void {
    cancelAnimationFrame(this.#asked);
    this.#asked = 0;
  }

  #room(): { width: number; height: number } {
    return { width: this.canvas.width / window.devicePixelRatio, height: this.canvas.height / window.devicePixelRatio };
  }

  #changed(): void {
    this.canvas.dataset['fitted'] = String(this.#fitted);
    this.draw();
    this.onView();
  }

  #paint(): void {
    const context = this.#context;
    const ratio = window.devicePixelRatio;
    const { scale, left, top } = this.#view;
    const toScreen = (): void => context.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * left, ratio * top);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = this.#colours.get('background')?.line ?? '#000';
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    toScreen();
    // Enlarged far, pixels are shown as the squares that they are.
    const paintPart = ({ region, picture, scale: partScale }: DrawnPart): void => {
      context.imageSmoothingEnabled = scale / partScale < 3;
      context.drawImage(picture, region.left_px, region.top_px, region.width_px, region.height_px);
    };
    if (this.#whole) paintPart(this.#whole);
    if (this.#whole && scale * ratio > this.#whole.scale) this.#parts.forEach(paintPart);
    this.#paintOutlines();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.#hovered && this.#hovered !== this.#current) this.#paintFocus(this.#hovered, 1.5);
    for (const cell of this.#selected) this.#paintFocus(cell, 2);
    if (this.#current) this.#paintFocus(this.#current, 3);
    this.#paintLetters();
    for (const { left_px, top_px, width_px, height_px } of this.#marks) this.#paintDrawn({ shape: 'box', from: { x: left_px, y: top_px }, to: { x: left_px + width_px, y: top_px + height_px } });
    if (this.#drawn) this.#paintDrawn(this.#drawn);
  }

  /** White on dark, seen on any ground. */
  #paintDrawn({ shape, from, to }: { shape: 'line' | 'box'; from: Point; to: Point }): void {
    const context = this.#context;
    const { scale, left, top } = this.#view;
    const [[x0, y0], [x1, y1]] = [from, to].map(({ x, y }) => [left + x * scale, top + y * scale]) as [[number, number], [number, number]];
    for (const [width, colour] of [[6, 'rgb(0 0 0 / 0.6)'], [2, '#fff']] as const) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.beginPath();
      if (shape === 'box') context.rect(x0, y0, x1 - x0, y1 - y0);
      else {
        context.moveTo(x0, y0);
        context.lineTo(x1, y1);
      }
      context.stroke();
    }
  }

  #paintOutlines(): void {
    const context = this.#context;
    const { scale } = this.#view;
    const sight = this.inSight();
    const near = this.#batchesFor(scale).filter(({ bounds: [x0, y0, x1, y1] }) => x1 >= sight.left && x0 <= sight.right && y1 >= sight.top && y0 <= sight.bottom);
    context.lineJoin = 'round';
    // A dark line below keeps the coloured one in sight on bright cells; on tiny cells it would hide them.
    if (scale > 0.6) {
      context.lineWidth = 4 / scale;
      context.strokeStyle = 'rgb(0 0 0 / 0.5)';
      for (const { path } of near) context.stroke(path);
    }
    context.lineWidth = (scale > 0.6 ? 2 : 1.5) / scale;
    for (const { path, style } of near) {
      context.strokeStyle = this.#colours.get(style)?.line ?? '#fff';
      context.stroke(path);
    }
  }

  /** Paths by square and class with no more points than the scale can show. */
  #batchesFor(scale: number): Batch[] {
    const level = Math.max(-6, Math.min(3, Math.ceil(Math.log2(scale))));
    const known = this.#batches.get(level);
    if (known) return known;
    const least = pointsApartPx / 2 ** level;
    const batches = new Map<string, Batch>();
    for (const { box, outline, style } of this.#cells) {
      const key = `${style} ${Math.floor(box.left_px / squarePx)} ${Math.floor(box.top_px / squarePx)}`;
      const batch = batches.get(key) ?? { bounds: [Infinity, Infinity, -Infinity, -Infinity], style, path: new Path2D() };
      batches.set(key, batch);
      const { bounds } = batch;
      bounds[0] = Math.min(bounds[0], box.left_px);
      bounds[1] = Math.min(bounds[1], box.top_px);
      bounds[2] = Math.max(bounds[2], box.left_px + box.width_px);
      bounds[3] = Math.max(bounds[3], box.top_px + box.height_px);
      addOutline(batch.path, outline, least);
    }
    const made = [...batches.values()];
    this.#batches.set(level, made);
    return made;
  }

  #paintLetters(): void {
    const context = this.#context;
    const { scale, left, top } = this.#view;
    const { width, height } = this.#room();
    for (const { box, style, letter } of this.#cells) {
      if (letter === '' || Math.max(box.width_px, box.height_px) * scale < letterFromPx) continue;
      // Smaller on small cells, so as not to hide them.
      const side = Math.max(box.width_px, box.height_px) * scale < largeFromPx ? smallLetterPx : letterPx;
      const x = left + (box.left_px + box.width_px) * scale - side / 2;
      const y = top + box.top_px * scale - side / 2;
      if (x < -letterPx || y < -letterPx || x > width || y > height) continue;
      context.drawImage(this.#letter(style, letter, side), Math.round(x), Math.round(y), side, side);
    }
  }

  /** As a bitmap, which is drawn faster than a canvas. */
  #letter(style: string, letter: string, side: number): ImageBitmap {
    const key = `${style} ${letter} ${side}`;
    const known = this.#letters.get(key);
    if (known) return known;
    const ratio = window.devicePixelRatio;
    const canvas = new OffscreenCanvas(side * ratio, side * ratio);
    const context = canvas.getContext('2d');
    const colours = this.#colours.get(style);
    if (context && colours) paintLetter(context, letter, colours, side * ratio);
    const picture = canvas.transferToImageBitmap();
    this.#letters.set(key, picture);
    return picture;
  }

  #paintFocus({ box }: DrawnCell, widthPx: number): void {
    const context = this.#context;
    const { scale, left, top } = this.#view;
    const marginPx = 5;
    const place = [left + box.left_px * scale - marginPx, top + box.top_px * scale - marginPx, box.width_px * scale + 2 * marginPx, box.height_px * scale + 2 * marginPx] as const;
    context.lineWidth = widthPx + 2;
    context.strokeStyle = '#000';
    context.strokeRect(...place);
    context.lineWidth = widthPx;
    context.strokeStyle = '#fff';
    context.strokeRect(...place);
  }
}
