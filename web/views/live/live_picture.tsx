/** The picture itself, as the camera gives it, with the outlines of the last one looked at. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { pictureSize, video } from '../../state/camera.ts';
import { handOptions } from '../../state/frame_store.ts';
import { judged } from '../../state/images.ts';
import { frozen, lookedAt, pace } from '../../state/live_work.ts';
import { mode } from '../../state/mode.ts';
import { modelState, spec, threshold, types } from '../../state/models.ts';
import { shareOf, theme } from '../../state/view.ts';
import { drawnAs, readColours } from '../frame/drawn_cells.ts';
import { type DrawnCell, FrameCanvas } from '../frame/frame_canvas.ts';
import { words } from './words.ts';

/** Args: onLine: told the length of a line drawn by hand, px of the picture; null: none is drawn. */
export function LivePicture({ onLine }: { onLine: ((px: number) => void) | null }) {
  const element = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<FrameCanvas>(undefined);
  const size = pictureSize.value;
  const model = spec.value;
  const looked = lookedAt.value;
  const still = frozen.value;

  useLayoutEffect(() => {
    if (!element.current) return;
    const canvas = new FrameCanvas(element.current);
    drawing.current = canvas;
    canvas.resize();
    const resized = new ResizeObserver(() => canvas.resize());
    resized.observe(element.current);
    let asked = 0;
    const onPicture = (): void => {
      canvas.draw();
      asked = video.requestVideoFrameCallback(onPicture);
    };
    onPicture();
    return () => {
      video.cancelVideoFrameCallback(asked);
      resized.disconnect();
      canvas.stop();
    };
  }, []);

  useLayoutEffect(() => {
    const [width, height] = still ? [still.width, still.height] : [size?.width ?? 0, size?.height ?? 0];
    if (width === 0) return;
    drawing.current?.setFrame(width, height);
    drawing.current?.setPictures({ region: { left_px: 0, top_px: 0, width_px: width, height_px: height }, picture: still?.bitmap ?? video, scale: 1 }, []);
    return () => {
      drawing.current?.setPictures(undefined, []);
      still?.bitmap.close();
    };
  }, [size, still]);

  useLayoutEffect(() => {
    if (!element.current) return;
    const cells: DrawnCell[] = model && looked ? looked.cells.flatMap((cell, i) => {
      const place = looked.places[i];
      return place ? [cell.unnamed ? { ...place, style: 'unnamed', letter: '' } : drawnAs(model, place, shareOf(judged(cell)))] : [];
    }) : [];
    drawing.current?.setCells(cells, readColours(element.current, cells));
  }, [looked, theme.value, threshold.value, types.value]);

  useLine(element, drawing, onLine);
  return (
    <div class="live-picture">
      <canvas
        ref={element} role="img" data-testid="live-canvas" data-tool={onLine ? 'measure' : undefined} data-width={looked?.width} data-height={looked?.height}
        data-outlined={looked?.cells.length} data-um={looked?.pixelSizeUm ?? undefined} aria-label={words.picture(looked?.cells.length ?? 0)}
      />
    </div>
  );
}

/** A line drawn with the button down; it stays until the next. */
function useLine(element: { current: HTMLCanvasElement | null }, drawing: { current: FrameCanvas | undefined }, onLine: ((px: number) => void) | null): void {
  const isOn = onLine !== null;
  // Before the picture says that a line can be drawn, not after it was painted.
  useLayoutEffect(() => {
    const canvas = element.current;
    if (!canvas || !onLine) return;
    const off = new AbortController();
    let from: { x: number; y: number } | undefined;
    const at = (event: PointerEvent): { x: number; y: number } | undefined => drawing.current?.toFrame(event.offsetX, event.offsetY);
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      from = at(event);
    }, { signal: off.signal });
    canvas.addEventListener('pointermove', (event) => {
      if (from) drawing.current?.stretch('line', from, at(event));
    }, { signal: off.signal });
    for (const kind of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(kind, () => {
        const px = drawing.current?.measured() ?? 0;
        if (from && px > 0) onLine(px);
        from = undefined;
      }, { signal: off.signal });
    }
    return () => {
      off.abort();
      drawing.current?.stretch('line');
    };
  }, [isOn]);
}

export function LiveFacts() {
  const size = pictureSize.value;
  const looked = lookedAt.value;
  const um = looked?.pixelSizeUm ?? null;
  return (
    <p class="small muted live-facts" data-testid="live-facts">
      {size && <span>{words.facts.size(size.width, size.height)}</span>}
      {frozen.value ? <span>{words.facts.frozen}</span> : pace.value !== null && <span class="number" data-testid="live-pace">{words.facts.pace(pace.value)}</span>}
      {looked && mode.value === 'fields' && <span data-testid="live-pixel-size">{um === null ? words.facts.noScale : handOptions.value.pixelSizeUm != null ? words.facts.scaleOfAll(um) : words.facts.scale(um)}</span>}
      {modelState.value.phase === 'loading' ? <span>{words.facts.loading}</span> : !looked && <span>{words.facts.looking}</span>}
    </p>
  );
}
