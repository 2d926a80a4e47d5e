/** The cells of a frame as they are drawn: which, in which colours. */
import { computed } from '@preact/signals';
import { cellKey, type FrameCell, type ModelSpec } from '../../../src/js/index.ts';
import { classIndex, classStyle, type NoType, noTypeMarks } from '../../parts/class_mark.tsx';
import { type FrameEntry } from '../../state/frame_store.ts';
import { tool } from '../../state/frames.ts';
import { labelAt, plan } from '../../state/teaching.ts';
import { filter, leastProbability, reviewing, shareOf, shown } from '../../state/view.ts';
import type { Colours } from './drawing.ts';
import type { DrawnCell } from './frame_canvas.ts';

/** While cells are selected to be taught, what each is taught as is shown in place of what the model makes of it. */
export const showsTeaching = computed(() => tool.value === 'select' && !reviewing.value && plan.value.types.length > 0);

function asTaught({ id, box, outline }: FrameCell, key: number): DrawnCell {
  const { types } = plan.value;
  const place = types.findIndex((one) => one.id === labelAt(key)?.type);
  return { id, box, outline, style: place < 0 ? 'unnamed' : classStyle(place), letter: types[place]?.letter ?? '' };
}

/** The cells of a frame that pass the filters; those without a verdict pass where nothing is filtered. */
export function drawnCells(model: ModelSpec, frame: number, { analysis, cells }: FrameEntry): DrawnCell[] {
  const matching = new Map(shown.value.flatMap((cell) => (cell.inFrame?.frame === frame ? [[cell.index, cell]] : [])));
  const classified = new Set(cells.map(({ index }) => index));
  const filtered = filter.value !== null || leastProbability.value > 0;
  return analysis.cells.flatMap((cell: FrameCell): DrawnCell[] => {
    const { id, box, outline } = cell;
    const key = cellKey(frame, id);
    const named = matching.get(key);
    if (!named) return filtered || classified.has(key) ? [] : [{ id, box, outline, style: 'unnamed', letter: '' }];
    const answered = named.review?.first != null;
    if (showsTeaching.value) return [asTaught(cell, key)];
    if (named.unnamed && !answered) return [{ id, box, outline, style: 'unnamed', letter: '' }];
    const share = shareOf(named);
    const drawn = drawnAs(model, cell, share);
    return [answered ? { ...drawn, letter: `${drawn.letter}✓` } : drawn];
  });
}

/** In the colour and with the letter of what a cell counts as. */
export function drawnAs(model: ModelSpec, { id, box, outline }: Pick<DrawnCell, 'id' | 'box' | 'outline'>, share: string): DrawnCell {
  const { index, letter } = noTypeMarks[share as NoType] ?? { index: classIndex(model, share), letter: model.classes[classIndex(model, share)]?.letter ?? '' };
  return { id, box, outline, style: classStyle(index), letter };
}

export function medianSize(cells: readonly DrawnCell[]): number {
  return cells.map(({ box }) => Math.max(box.width_px, box.height_px)).sort((a, b) => a - b)[cells.length >> 1] ?? Infinity;
}

/** The colours that the style classes say, for a canvas. */
export function readColours(near: Element, cells: readonly DrawnCell[]): Map<string, Colours> {
  const colours = new Map<string, Colours>([['unnamed', { line: '#ffffff', ink: '#000000' }]]);
  const probe = document.createElement('span');
  probe.hidden = true;
  near.parentElement?.append(probe);
  // Through the properties themselves: what a variable holds may be an expression.
  probe.style.color = 'var(--class-colour)';
  probe.style.backgroundColor = 'var(--ink)';
  for (const style of new Set(cells.map((cell) => cell.style))) {
    if (style === 'unnamed') continue;
    probe.className = style;
    const { color, backgroundColor } = getComputedStyle(probe);
    colours.set(style, { line: color, ink: backgroundColor });
  }
  probe.style.color = 'var(--surface)';
  colours.set('background', { line: getComputedStyle(probe).color, ink: '' });
  probe.remove();
  return colours;
}
