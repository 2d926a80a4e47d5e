/** The live picture of a camera with its cells outlined and counted; the camera is on no longer than this is seen. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { scalingFor } from '../../../src/js/index.ts';
import { dialog } from '../../parts/dialog.tsx';
import { camera, cameras, startCamera, stopCamera } from '../../state/camera.ts';
import { handOptions } from '../../state/frame_store.ts';
import { scaleAll } from '../../state/frames.ts';
import { progress } from '../../state/images.ts';
import { closeLive } from '../../state/live.ts';
import { freeze, frozen, goOn, keepPicture, liveScale, lookedAt, startLooking, trouble } from '../../state/live_work.ts';
import { mode } from '../../state/mode.ts';
import { spec } from '../../state/models.ts';
import { messageOf } from '../../state/notice.ts';
import { ScalePanel } from '../scale/scale_panel.tsx';
import { LiveFacts, LivePicture } from './live_picture.tsx';
import { LiveSide } from './live_side.tsx';
import { words } from './words.ts';
import './live.css';

export function LiveView() {
  const heading = useRef<HTMLHeadingElement>(null);
  const [scaling, setScaling] = useState(false);
  const [linePx, setLine] = useState<number | null>(null);
  const [kept, setKept] = useState<string | null>(null);
  const state = camera.value;
  const isOn = state.phase === 'on';
  const isFrozen = frozen.value !== null;
  const inFields = mode.value === 'fields';

  // Before anything is seen: a camera that is only about to be asked for is not off.
  useLayoutEffect(() => {
    // What was pressed to come here is gone, and the focus with it.
    if (document.activeElement === document.body) heading.current?.focus();
    void startCamera();
    const off = new AbortController();
    const hide = (): void => {
      if (document.hidden && (camera.value.phase === 'on' || camera.value.phase === 'asking')) stopCamera('hidden');
    };
    document.addEventListener('visibilitychange', hide, { signal: off.signal });
    window.addEventListener('pagehide', () => stopCamera('hidden'), { signal: off.signal });
    return () => {
      off.abort();
      stopCamera('stopped');
    };
  }, []);
  useEffect(() => (isOn ? startLooking() : undefined), [isOn]);

  const toggle = (): void => {
    if (camera.value.phase !== 'on') return;
    if (frozen.value) goOn();
    else void freeze().catch(fail);
  };
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const isTaken = (event.target as HTMLElement).closest('button, input, select, textarea, a, summary') !== null;
      if (event.key !== ' ' || isTaken || dialog.value !== null || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (!event.repeat) toggle();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);

  const keep = (): void => void keepPicture().then((name) => { if (name !== null) setKept(name); }, fail);
  const drawsLine = isOn && scaling && inFields;
  return (
    <div class="live" data-testid="live" data-phase={state.phase} data-frozen={isFrozen}>
      <header class="live-bar">
        <h1 tabIndex={-1} ref={heading}>
          {words.title}
        </h1>
        <strong class={`camera-sign small ${isOn ? 'on' : ''}`} role="status" data-testid="camera-sign">
          {isOn ? words.on : words.off}
        </strong>
        {isOn && cameras.value.length > 1 && (
          <select data-testid="which-camera" aria-label={words.which} value={state.id} onChange={(event) => void startCamera(event.currentTarget.value)}>
            {cameras.value.map(({ id, label }, i) => (
              <option key={id} value={id}>
                {label || words.unnamed(i + 1)}
              </option>
            ))}
          </select>
        )}
        <span class="live-actions">
          {isOn && (
            <>
              <button type="button" class="main" data-testid="keep-frame" onClick={keep}>
                {words.keep}
              </button>
              <button type="button" data-testid="freeze" aria-pressed={isFrozen} onClick={toggle}>
                {isFrozen ? words.goOn : words.freeze}
              </button>
              {inFields && (
                <button type="button" data-testid="live-scale" aria-pressed={scaling} onClick={() => setScaling(!scaling)}>
                  {words.scale}
                </button>
              )}
              <button type="button" data-testid="stop-camera" onClick={() => stopCamera('stopped')}>
                {words.stop}
              </button>
            </>
          )}
        </span>
        <button type="button" data-testid="leave-live" onClick={closeLive}>
          {progress.value.total > 0 ? words.leave.results : words.leave.start}
        </button>
      </header>
      <div class="live-grid">
        <section class="live-stage" aria-label={words.title}>
          {isOn ? (
            <>
              {drawsLine && <LiveScale linePx={linePx} />}
              <LivePicture onLine={drawsLine ? setLine : null} />
              <LiveFacts />
              <p class="small muted">{drawsLine ? words.hints.scale : words.hints[mode.value]}</p>
              <Warnings />
            </>
          ) : (
            <Off />
          )}
        </section>
        <LiveSide kept={kept} />
      </div>
    </div>
  );
}

function fail(error: unknown): void {
  trouble.value = messageOf(error);
}

function Off() {
  const state = camera.value;
  if (state.phase === 'asking' || state.phase === 'on') return <p class="live-off">{words.asking}</p>;
  return (
    <div class="live-off">
      <p role="alert" data-testid="camera-off">{state.phase === 'failed' ? words.failed(state.failure, state.message) : words.why[state.why]}</p>
      <button type="button" class="main" data-testid="start-camera" onClick={() => void startCamera()}>
        {state.phase === 'failed' ? words.tryAgain : words.start}
      </button>
    </div>
  );
}

/** What was set for all frames stands before what a picture states, so that it is taken away first. */
function LiveScale({ linePx }: { linePx: number | null }) {
  const ofAll = handOptions.value.pixelSizeUm ?? null;
  if (ofAll !== null) {
    return (
      <p class="small live-line">
        {words.scaleOfAll(ofAll)}
        <button type="button" data-testid="forget-scale" onClick={() => scaleAll(null)}>
          {words.forget}
        </button>
      </p>
    );
  }
  return (
    <>
      <ScalePanel linePx={linePx} uses={[{ hook: 'scale-live', words: words.useScale, take: (umPerPx) => (liveScale.value = umPerPx) }]} />
      {liveScale.value !== null && (
        <p class="small live-line">
          {words.facts.scale(liveScale.value)}
          <button type="button" data-testid="no-live-scale" onClick={() => (liveScale.value = null)}>
            {words.noScale}
          </button>
        </p>
      )}
    </>
  );
}

function Warnings() {
  const model = spec.value;
  const warning = model && mode.value === 'fields' && lookedAt.value ? scalingFor(model, lookedAt.value.pixelSizeUm).warning : null;
  return (
    <>
      {trouble.value && <p class="small live-warning" role="alert" data-testid="live-trouble">{words.trouble(trouble.value)}</p>}
      {warning && <p class="small live-warning">{warning}</p>}
    </>
  );
}
