/** A frame with its cells drawn in, as a PNG file to keep. */
import { appVersion, type ModelSpec, researchNote, wilsonInterval } from '../../../src/js/index.ts';
import { classStyle } from '../../parts/class_mark.tsx';
import { saveFile, today } from '../../parts/save_file.ts';
import { sharesOf } from '../../parts/shares.ts';
import type { FrameEntry } from '../../state/frame_store.ts';
import { withFrame } from '../../state/held_frames.ts';
import { readColours } from './drawn_cells.ts';
import { addOutline, paintLetter } from './drawing.ts';
import type { DrawnCell } from './frame_canvas.ts';
import { words } from './words.ts';

/** Browsers refuse canvases of more; a larger frame is saved smaller. */
const mostPixels = 100e6;
const mostSidePx = 16_000;
const partPx = 4096;
/** A small frame is enlarged so that letters and legend have room. */
const leastSidePx = 1200;

/** Draws a frame with the cells shown and a legend below, and has the browser save it. */
export async function savePicture(frame: number, entry: FrameEntry, model: ModelSpec, cells: readonly DrawnCell[], near: Element): Promise<void> {
  const { facts, choice } = entry.analysis;
  const { width_px, height_px } = facts.image;
  const scale = Math.min(mostSidePx / Math.max(width_px, height_px), Math.sqrt(mostPixels / (width_px * height_px)), Math.max(1, Math.ceil(leastSidePx / Math.max(width_px, height_px))));
  const [width, height] = [Math.round(width_px * scale), Math.round(height_px * scale)];
  const unit = Math.max(12, Math.round(Math.max(width, height) / 80));
  const lines = legend(entry, model);
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height + Math.round(unit * (1.6 * lines.length + 1.2));
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The browser has no canvas of this size.');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  await withFrame(frame, choice, async (held) => {
    for (let top = 0; top < height_px; top += partPx) {
      for (let left = 0; left < width_px; left += partPx) {
        const region = { left_px: left, top_px: top, width_px: Math.min(partPx, width_px - left), height_px: Math.min(partPx, height_px - top) };
        const { rgba, widthPx, heightPx } = await held.view(region, partPx, entry.range);
        const part = await createImageBitmap(new ImageData(rgba, widthPx, heightPx));
        context.drawImage(part, left * scale, top * scale, region.width_px * scale, region.height_px * scale);
        part.close();
      }
    }
  });
  const colours = readColours(near, [...cells, ...lines.map(({ style }) => ({ style }) as DrawnCell)]);
  const side = Math.max(12, unit * 0.9);
  const paths = new Map<string, Path2D>();
  for (const { outline, style } of cells) {
    const path = paths.get(style) ?? new Path2D();
    paths.set(style, path);
    addOutline(path, outline, 0.5);
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  for (const [extra, colourOf] of [[2, () => 'rgb(0 0 0 / 0.5)'], [0, (style: string) => colours.get(style)?.line ?? '#ffffff']] as const) {
    context.lineWidth = (Math.max(1.5, unit / 8) + extra) / scale;
    for (const [style, path] of paths) {
      context.strokeStyle = colourOf(style);
      context.stroke(path);
    }
  }
  context.setTransform(1, 0, 0, 1, 0, 0);
  for (const { box, style, letter } of cells) {
    const colour = colours.get(style);
    if (letter && colour) paintLetter(context, letter, colour, side, (box.left_px + box.width_px) * scale - side / 2, box.top_px * scale - side / 2);
  }
  lines.forEach(({ style, letter, words: line }, i) => {
    const y = height + unit * (0.8 + 1.6 * i);
    const colour = style ? colours.get(style) : undefined;
    if (colour) paintLetter(context, letter, colour, unit * 1.2, unit, y);
    context.fillStyle = '#15202a';
    context.font = `400 ${unit}px system-ui, sans-serif`;
    context.textAlign = 'start';
    context.textBaseline = 'middle';
    context.fillText(line, colour ? unit * 2.8 : unit, y + unit * 0.65, width - unit * 3.8);
  });
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error(words.saved.tooLarge);
  saveFile(blob, 'image/png', `cytodrop-${model.name}-frame-${frame + 1}-${today()}.png`);
}

interface LegendLine { style: string; letter: string; words: string }

function legend({ analysis, cells }: FrameEntry, model: ModelSpec): LegendLine[] {
  const total = cells.length;
  const shares = sharesOf(cells, model).filter(({ count, index }) => count > 0 || index >= 0);
  return [
    ...(total === 0 ? [] : shares.map(({ index, letter, name, count }) => {
      const [low, high] = wilsonInterval(count, total);
      return { style: classStyle(index), letter, words: words.saved.share(name, count, total, low, high) };
    })),
    { style: '', letter: '', words: words.saved.source(analysis.cells.length, `${model.title} ${model.version}`, appVersion, researchNote) },
  ];
}
