/** A frame that has been searched: its tools and its picture. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { cellKey, frameOfKey, scalingFor } from '../../../src/js/index.ts';
import { Choice } from '../../parts/choice.tsx';
import { ofMany, verdict } from '../../parts/words.ts';
import { type FrameEntry } from '../../state/frame_store.ts';
import { busyFrame, type Tool, tool } from '../../state/frames.ts';
import { back, backWords } from '../../state/history.ts';
import { spec } from '../../state/models.ts';
import { messageOf } from '../../state/notice.ts';
import { underWay } from '../../state/progress.ts';
import { selected } from '../../state/reviewing.ts';
import { labelRevision, plan } from '../../state/teaching.ts';
import { currentIndex, shown, theme } from '../../state/view.ts';
import { drawnCells, medianSize, showsTeaching, readColours } from './drawn_cells.ts';
import { FrameCanvas, letterFromPx } from './frame_canvas.ts';
import { useInput, zoomStep } from './frame_input.ts';
import { savePicture } from './frame_picture.ts';
import { FramePictures } from './frame_pictures.ts';
import { words } from './words.ts';

const touch = globalThis.matchMedia?.('(pointer: coarse)').matches ?? false;

export function OpenFrame({ frame, entry }: { frame: number; entry: FrameEntry }) {
  const element = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<FrameCanvas>(undefined);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [scale, setScale] = useState(1);
  const [saving, setSaving] = useState(false);
  const model = spec.value;
  const { analysis, range } = entry;
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
      canvas.stop();
    };
  }, []);

  // The picture: all of it small enough to be one, and the parts in sight in full once they are looked at closely.
  useEffect(() => {
    const canvas = drawing.current;
    if (!canvas) return;
    const pictures = new FramePictures(frame, entry, (whole, parts) => canvas.setPictures(whole, parts), setTrouble);
    let told = 0;
    canvas.onView = () => {
      pictures.look(canvas);
      // The words under the picture need not follow every frame of a pinch.
      clearTimeout(told);
      told = window.setTimeout(() => setScale(canvas.scale), 120);
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

  const standing = shown.value.find(({ index }) => index === currentIndex.value && frameOfKey(index) === frame);
  useEffect(() => {
    drawing.current?.setCurrent(standing?.inFrame?.id);
    if (standing?.inFrame && document.activeElement !== document.body) drawing.current?.reveal(standing.inFrame.box);
  }, [standing]);

  useInput(element, drawing, frame, cells);

  const size = cells[0] ? medianSize(cells) * scale : Infinity;
  const warning = model ? scalingFor(model, analysis.settings.pixel_size_um).warning : null;
  const working = busyFrame.value === frame || underWay.value.has(frame);
  return (
    <>
      <div class="frame-tools" role="toolbar" aria-label={words.tools.bar}>
        <Choice<Tool> name="tool" label={words.tools.press} value={tool.value} words={words.tools.names} onChoose={(value) => (tool.value = value)} />
        <button type="button" data-testid="undo-edit" disabled={backWords.value === null} title={backWords.value ?? undefined} onClick={back}>
          {words.tools.undo}
        </button>
        <span class="spacer" />
        <span class="frame-zoom" role="group" aria-label={words.tools.zoom}>
          <button type="button" data-testid="zoom-out" aria-keyshortcuts="-" onClick={() => drawing.current?.zoom(1 / zoomStep)}>
            {words.tools.zoomOut}
          </button>
          <span class="small number">{words.tools.scale(scale)}</span>
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
          data-tool={tool.value}
          data-frame={frame}
          data-outlined={cells.length}
          data-selected={chosen.size}
          data-method={analysis.settings.method}
          aria-label={words.picture.label(analysis.cells.length)}
        />
        {trouble && <p class="frame-trouble small">{words.picture.trouble(trouble)}</p>}
      </div>
      <p class="small muted frame-hint">
        <span>{(touch && words.tools.touchHints[tool.value]) || words.tools.hints[tool.value]}</span>
        {size < letterFromPx && cells.length > 0 && <span>{words.picture.zoomForLetters}</span>}
        {working && <span>{words.picture.searching}</span>}
        {analysis.cells.length === 0 && !working && <span>{words.picture.noCells}</span>}
        <span class="visually-hidden" aria-live="polite">
          {standing && model ? words.picture.standing(verdict(model, standing), ofMany(1 + shown.value.indexOf(standing), shown.value.length)) : ''}
        </span>
      </p>
    </>
  );
}
