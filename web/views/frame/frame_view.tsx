/** One frame at a time: its picture, its cells outlined and lettered, and the tools to look at and correct them. */
import { useEffect } from 'preact/hooks';
import { pictureKey } from '../../../src/js/index.ts';
import { openDialog } from '../../parts/dialog.tsx';
import { ofMany } from '../../parts/words.ts';
import { frameAt, type FrameEntry, optionsOf } from '../../state/frame_store.ts';
import { busyFrame, chooseInFile } from '../../state/frames.ts';
import { FilePlace } from './file_place.tsx';
import { era, files } from '../../state/images.ts';
import { underWay } from '../../state/progress.ts';
import { currentFrame, currentIndex, openCell } from '../../state/view.ts';
import { FrameSide } from './frame_side.tsx';
import { OpenFrame } from './open_frame.tsx';
import { words } from './words.ts';

export function FrameLayout() {
  const frame = currentFrame.value;
  files.value;
  return (
    <div class="frame-layout">
      <FrameSide />
      {frame === null ? <p class="nothing muted">{words.stage.none}</p> : <FrameStage frame={frame} />}
    </div>
  );
}

function FrameStage({ frame }: { frame: number }) {
  const entry = frameAt(frame);
  const path = files.value[frame]?.path ?? '';
  const total = files.value.length;
  const step = (by: number): void => {
    currentFrame.value = Math.min(total - 1, Math.max(0, frame + by));
    currentIndex.value = null;
  };
  return (
    <section class="frame-stage" aria-label={words.stage.region}>
      <header class="frame-head">
        <h2 class="path" title={path}>
          {path}
        </h2>
        {entry && <FrameFacts frame={frame} entry={entry} />}
        {total > 1 && (
          <span class="frame-steps">
            <button type="button" data-testid="previous-frame" disabled={frame === 0} onClick={() => step(-1)}>
              {words.stage.previous}
            </button>
            <span class="small number">{ofMany(frame + 1, total)}</span>
            <button type="button" data-testid="next-frame" disabled={frame === total - 1} onClick={() => step(1)}>
              {words.stage.next}
            </button>
          </span>
        )}
      </header>
      {entry ? <OpenFrame key={`${frame} ${pictureKey(entry.analysis.choice)} ${era.value}`} frame={frame} entry={entry} /> : <NotYet frame={frame} />}
    </section>
  );
}

function NotYet({ frame }: { frame: number }) {
  const unread = files.value[frame] !== undefined && !underWay.value.has(frame);
  return <p class="nothing muted">{unread ? words.stage.notRead : words.stage.lookedFor}</p>;
}

function FrameFacts({ frame, entry: { analysis } }: { frame: number; entry: FrameEntry }) {
  const { facts, choice, cells, settings } = analysis;
  const { width_px, height_px } = facts.image;
  const size = settings.pixel_size_um;
  return (
    <p class="small muted frame-facts" data-testid="frame-facts" data-picture={pictureKey(choice)} data-busy={busyFrame.value === frame ? '' : undefined}>
      <span>{words.facts.size(width_px, height_px)}</span>
      <span data-testid="pixel-facts">{size === null ? words.facts.noPixelSize : words.facts.pixelSize(size, optionsOf(frame).pixelSizeUm !== null, facts.pixel_size_um)}</span>
      {!choice.overview && (
        <span data-testid="frame-cells" data-count={cells.length}>
          {words.facts.cells(cells.length)}
        </span>
      )}
      <button type="button" class="link" data-testid="frame-file" aria-haspopup="dialog" onClick={() => openDialog('file')}>
        {words.facts.file}
      </button>
      {facts.damaged && <span class="warning">{words.facts.damaged}</span>}
      {facts.image.images_stated > 0 && (
        <span class="warning" data-testid="images-stated">
          {words.facts.imagesStated(facts.image.images_stated)}
        </span>
      )}
      {facts.file && <FilePlace frame={frame} file={facts.file} choice={choice} />}
      {!facts.file && facts.pages > 1 && (
        <label class="field">
          {words.facts.page}
          <select data-testid="page" value={choice.page} onChange={(event) => chooseInFile(frame, { ...choice, page: Number(event.currentTarget.value) })}>
            {Array.from({ length: Math.min(facts.pages, 2000) }, (_, page) => (
              <option key={page} value={page}>
                {ofMany(page + 1, facts.pages)}
              </option>
            ))}
          </select>
        </label>
      )}
      {!facts.file && facts.channels > 1 && (
        <label class="field">
          {words.facts.channel}
          <select data-testid="channel" value={choice.channel} onChange={(event) => chooseInFile(frame, { ...choice, channel: Number(event.currentTarget.value) })}>
            <option value={-1}>{words.facts.asInFile}</option>
            {Array.from({ length: facts.channels }, (_, channel) => (
              <option key={channel} value={channel}>
                {ofMany(channel + 1, facts.channels)}
              </option>
            ))}
          </select>
        </label>
      )}
    </p>
  );
}

/** The frame follows the cell whose details are open. */
export function useFrameOfDetails(): void {
  const place = openCell.value?.inFrame;
  useEffect(() => {
    if (place && place.frame !== currentFrame.value) currentFrame.value = place.frame;
  }, [place]);
}
