/** A frame that has been searched: its tools and its picture. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Box, cellKey, frameOfKey, scalingFor } from '../../../src/js/index.ts';
import { Choice } from '../../parts/choice.tsx';
import { lazily } from '../../parts/lazily.tsx';
import { ofMany, verdict } from '../../parts/words.ts';
import { type FrameEntry } from '../../state/frame_store.ts';
import { busyFrame, drawnLine, scaleAll, type Tool, tool, toolFor, tryOptions } from '../../state/frames.ts';
import { back, backWords } from '../../state/history.ts';
import { spec } from '../../state/models.ts';
import { messageOf } from '../../state/notice.ts';
import { underWay } from '../../state/progress.ts';
import { selected } from '../../state/reviewing.ts';
import { drawnRegion, isTiled, lookedRegions, slideOf } from '../../state/slides.ts';
import { labelRevision, plan } from '../../state/teaching.ts';
import { currentIndex, shown, theme } from '../../state/view.ts';
import { drawnCells, medianSize, showsTeaching, readColours } from './drawn_cells.ts';
import { FrameCanvas, type FramePart, letterFromPx } from './frame_canvas.ts';
import { useInput, zoomStep } from './frame_input.ts';
import { savePicture } from './frame_picture.ts';
import { FramePictures } from './frame_pictures.ts';
import { SlideBar } from './slide_bar.tsx';
import { SlidePictures } from './slide_pictures.ts';
import { words } from './words.ts';

const ScalePanel = lazily(async () => (await import('../scale/scale_panel.tsx')).ScalePanel);

const touch = globalThis.matchMedia?.('(pointer: coarse)').matches ?? false;

export function OpenFrame({ frame, entry }: { frame: number; entry: FrameEntry }) {
  const element = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<FrameCanvas>(undefined);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [{ scale, sight }, setView] = useState<{ scale: number; sight: Box | null }>({ scale: 1, sight: null });
  const [saving, setSaving] = useState(false);
  const model = spec.value;
  const { analysis, range } = entry;
  const slide = slideOf(entry);
  const isOverview = analysis.choice.overview === true;
  const isByLevels = slide && (isOverview || isTiled(analysis.facts.image));
  const byTeaching = showsTeaching.value;
  const cells = model ? drawnCells(model, frame, entry) : [];
  const chosen = new Set([...selected.value].filter((key) => frameOfKey(key) === frame).map((key) => key - cellKey(frame, 0)));

  useLayoutEffect(() => {
    if (!element.current) return;
    const canvas = new FrameCanvas(element.current);
    drawing.current = canvas;
    canvas.resize();
    canvas.setFrame(analysis.facts.image.width_px, analysis.facts.image.height_px);
    const resized = new ResizeObserver(() => canvas.resize());
    resized.observe(element.current);
    return () => {
      resized.disconnect();
      drawnRegion.value = null;
      drawnLine.value = null;
      canvas.stop();
    };
  }, []);

  // The picture: all of it small enough to be one, and the parts in sight in full once they are looked at closely.
  useEffect(() => {
    const canvas = drawing.current;
    if (!canvas) return;
    const show = (whole: FramePart | undefined, parts: FramePart[]): void => canvas.setPictures(whole, parts);
    const pictures = isByLevels ? new SlidePictures(frame, entry, slide, canvas.canvas, show, setTrouble) : new FramePictures(frame, entry, show, setTrouble);
    // Far enough in to see the pixels of the full size.
    if (slide && isOverview) canvas.mostScale = (4 * (slide.levels[0]?.width_px ?? 1)) / analysis.facts.image.width_px;
    let told = 0;
    canvas.onView = () => {
      pictures.look(canvas);
      // The words under the picture need not follow every frame of a pinch.
      clearTimeout(told);
      told = window.setTimeout(() => setView({ scale: canvas.scale, sight: boxInSight(canvas, analysis.facts.image) }), 120);
    };
    canvas.onView();
    return () => {
      clearTimeout(told);
      canvas.onView = () => {};
      pictures.stop();
    };
  }, [range]);

  useLayoutEffect(() => {
    if (element.current) drawing.current?.setCells(cells, readColours(element.current, cells));
    drawing.current?.setCurrent(standing?.inFrame?.id);
    drawing.current?.setSelected(chosen);
  }, [entry.analysis.cells, shown.value, theme.value, byTeaching, byTeaching && labelRevision.value, byTeaching && plan.value]);

  useEffect(() => drawing.current?.setSelected(chosen), [selected.value]);

  const drawn = drawnRegion.value;
  useEffect(() => {
    if (isOverview) drawing.current?.setMarks([...lookedRegions(entry).map(({ box }) => box), ...(drawn?.frame === frame ? [drawn.box] : [])]);
  }, [drawn, isOverview, entry.pictures]);

  const standing = shown.value.find(({ index }) => index === currentIndex.value && frameOfKey(index) === frame);
  useEffect(() => {
    drawing.current?.setCurrent(standing?.inFrame?.id);
    if (standing?.inFrame && document.activeElement !== document.body) drawing.current?.reveal(standing.inFrame.box);
  }, [standing]);

  useInput(element, drawing, frame, cells);

  const size = cells[0] ? medianSize(cells) * scale : Infinity;
  const warning = model && !isOverview ? scalingFor(model, analysis.settings.pixel_size_um).warning : null;
  const inForce = toolFor(isOverview);
  useEffect(() => () => {
    drawing.current?.stretch('line');
    drawnLine.value = null;
  }, [inForce]);
  const working = busyFrame.value === frame || underWay.value.has(frame);
  return (
    <>
      <div class="frame-tools" role="toolbar" aria-label={words.tools.bar}>
        <Choice<Tool>
          name="tool" label={words.tools.press} value={inForce} words={(isOverview ? words.tools.overviewNames : words.tools.names) as Record<Tool, string>} onChoose={(value) => (tool.value = value)}
        />
        <button type="button" data-testid="undo-edit" disabled={backWords.value === null} title={backWords.value ?? undefined} onClick={back}>
          {words.tools.undo}
        </button>
        <span class="spacer" />
        <span class="frame-zoom" role="group" aria-label={words.tools.zoom}>
          <button type="button" data-testid="zoom-out" aria-keyshortcuts="-" onClick={() => drawing.current?.zoom(1 / zoomStep)}>
            {words.tools.zoomOut}
          </button>
          <span class="small number">{words.tools.scale(slide && isOverview ? (scale * analysis.facts.image.width_px) / (slide.levels[0]?.width_px ?? 1) : scale)}</span>
          <button type="button" data-testid="zoom-in" aria-keyshortcuts="+" onClick={() => drawing.current?.zoom(zoomStep)}>
            {words.tools.zoomIn}
          </button>
          <button type="button" data-testid="fit" aria-keyshortcuts="0" onClick={() => drawing.current?.fit()}>
            {words.tools.fit}
          </button>
        </span>
        <button
          type="button"
          data-testid="save-picture"
          disabled={saving || !model}
          onClick={() => {
            if (!model) return;
            setSaving(true);
            void savePicture(frame, entry, model, cells, element.current as Element).catch((error: unknown) => setTrouble(messageOf(error))).finally(() => setSaving(false));
          }}
        >
          {words.tools.savePicture}
        </button>
      </div>
      {inForce === 'scale' && (
        <ScalePanel
          linePx={drawnLine.value?.frame === frame ? drawnLine.value.px : null}
          uses={[{ hook: 'scale-all', words: words.scale.all, take: scaleAll }, { hook: 'scale-this', words: words.scale.thisFrame, take: (pixelSizeUm) => tryOptions(frame, { pixelSizeUm }) }]}
        />
      )}
      <SlideBar frame={frame} entry={entry} sight={sight} />
      {warning && (
        <p class="small frame-warning" data-testid="scale-warning">
          {warning}
        </p>
      )}
      <div class="frame-picture">
        <canvas
          ref={element}
          tabIndex={0}
          role="img"
          data-testid="frame-canvas"
          data-tool={inForce}
          data-frame={frame}
          data-outlined={cells.length}
          data-selected={chosen.size}
          data-method={analysis.settings.method}
          aria-label={isOverview ? words.slide.label : words.picture.label(analysis.cells.length)}
        />
        {trouble && <p class="frame-trouble small">{words.picture.trouble(trouble)}</p>}
      </div>
      <p class="small muted frame-hint">
        <span>{isOverview && inForce === 'look' ? words.slide.lookHint : (touch && words.tools.touchHints[inForce]) || words.tools.hints[inForce]}</span>
        {size < letterFromPx && cells.length > 0 && <span>{words.picture.zoomForLetters}</span>}
        {working && <span>{words.picture.searching}</span>}
        {analysis.cells.length === 0 && !working && !isOverview && <span>{words.picture.noCells}</span>}
        <span class="visually-hidden" aria-live="polite">
          {standing && model ? words.picture.standing(verdict(model, standing), ofMany(1 + shown.value.indexOf(standing), shown.value.length)) : ''}
        </span>
      </p>
    </>
  );
}

/** What of the frame is in sight, px of it; null: nothing. */
function boxInSight(canvas: FrameCanvas, { width_px, height_px }: { width_px: number; height_px: number }): Box | null {
  const { left, top, right, bottom } = canvas.inSight();
  const [from, to] = [{ x: Math.max(0, left), y: Math.max(0, top) }, { x: Math.min(width_px, right), y: Math.min(height_px, bottom) }];
  return to.x > from.x && to.y > from.y ? { left_px: from.x, top_px: from.y, width_px: to.x - from.x, height_px: to.y - from.y } : null;
}
