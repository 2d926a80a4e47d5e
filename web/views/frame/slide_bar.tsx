/** What a person does with a whole slide: choose a region of its overview, look at one again, go back. */
import type { Box } from '../../../src/js/index.ts';
import type { FrameEntry } from '../../state/frame_store.ts';
import { chooseInFile } from '../../state/frames.ts';
import { drawnRegion, isTiled, lookedRegions, overviewOf, regionOf, slideOf, tiling } from '../../state/slides.ts';
import { words } from './words.ts';

/** `sight`: what is in sight of the overview, px of it; null: not known yet. */
export function SlideBar({ frame, entry, sight }: { frame: number; entry: FrameEntry; sight: Box | null }) {
  const slide = slideOf(entry);
  const { overview, level = 0, region } = entry.analysis.choice;
  const full = slide?.levels[0];
  if (!slide || !full) return null;
  const smaller = full.width_px / (slide.levels[level]?.width_px ?? full.width_px);
  const whole = overviewOf(entry);
  if (overview) return <OverviewBar frame={frame} entry={entry} sight={sight} sentence={words.slide.overview(full.width_px, full.height_px, smaller)} />;
  return (
    <div class="slide-bar small" data-testid="slide-bar">
      <p class="overview-words">{region ? words.slide.region(region, full.width_px, full.height_px, smaller) : words.slide.whole(full.width_px, full.height_px)}</p>
      <Tiling frame={frame} />
      {whole && (
        <button type="button" data-testid="to-overview" onClick={() => chooseInFile(frame, whole)}>
          {words.slide.back}
        </button>
      )}
    </div>
  );
}

function OverviewBar({ frame, entry, sight, sentence }: { frame: number; entry: FrameEntry; sight: Box | null; sentence: string }) {
  const drawn = drawnRegion.value?.frame === frame ? drawnRegion.value.box : null;
  const box = drawn ?? sight;
  const choice = box && regionOf(entry, box);
  const size = choice && (choice.region ?? slideOf(entry)?.levels[0]);
  const looked = lookedRegions(entry);
  return (
    <div class="slide-bar small" data-testid="slide-bar">
      <p class="overview-words">{sentence}</p>
      <button
        type="button" class="main" data-testid="find-here" disabled={!choice}
        onClick={() => {
          if (!choice) return;
          drawnRegion.value = null;
          chooseInFile(frame, choice);
        }}
      >
        {drawn ? words.slide.findHere : choice && !choice.region ? words.slide.findInAll : words.slide.findInSight}
      </button>
      {size && (
        <span class="number" data-testid="region-size">
          {words.slide.size(size.width_px, size.height_px)}
          {isTiled(size) && words.slide.byTiles}
        </span>
      )}
      {drawn && (
        <button type="button" data-testid="drop-region" onClick={() => (drawnRegion.value = null)}>
          {words.slide.drop}
        </button>
      )}
      {looked.length > 0 && (
        <span class="looked-regions" role="group" aria-label={words.slide.looked}>
          <span>{words.slide.looked}</span>
          {looked.map(({ key, choice: other, cells }, i) => (
            <button key={key} type="button" class="link" data-testid="looked-region" onClick={() => chooseInFile(frame, other)}>
              {other.region ? words.slide.lookedRegion(i + 1, cells) : words.slide.lookedWhole(cells)}
            </button>
          ))}
        </span>
      )}
    </div>
  );
}

/** How far a frame is that is searched tile by tile. */
function Tiling({ frame }: { frame: number }) {
  const at = tiling.value;
  if (at?.frame !== frame) return null;
  return (
    <>
      <progress value={at.done} max={at.all} aria-label={words.slide.tile(at.done, at.all)} />
      <span class="number" data-testid="tile-progress" data-done={at.done} data-all={at.all}>
        {words.slide.tile(at.done, at.all)}
      </span>
      <button type="button" data-testid="stop-tiles" onClick={at.stop}>
        {words.slide.stop}
      </button>
    </>
  );
}
