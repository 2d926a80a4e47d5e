/** What a person does with a whole slide: choose a region of its overview, look at one again, go back. */
import type { Box } from '../../../src/js/index.ts';
import type { FrameEntry } from '../../state/frame_store.ts';
import { chooseInFile } from '../../state/frames.ts';
import { drawnRegion, lookedRegions, overviewOf, regionOf, slideOf } from '../../state/slides.ts';
import { words } from './words.ts';

/** `sight`: what is in sight of the overview, px of it; null: not known yet. */
export function SlideBar({ frame, entry, sight }: { frame: number; entry: FrameEntry; sight: Box | null }) {
  const slide = slideOf(entry);
  const { overview, level = 0, region } = entry.analysis.choice;
  const full = slide?.levels[0];
  if (!slide || !full) return null;
  const smaller = full.width_px / (slide.levels[level]?.width_px ?? full.width_px);
  if (overview) return <OverviewBar frame={frame} entry={entry} sight={sight} sentence={words.slide.overview(full.width_px, full.height_px, smaller)} />;
  return (
    <div class="slide-bar small" data-testid="slide-bar">
      {region && <p>{words.slide.region(region, full.width_px, full.height_px, smaller)}</p>}
      <button
        type="button" data-testid="to-overview"
        onClick={() => {
          const choice = overviewOf(entry);
          if (choice) chooseInFile(frame, choice);
        }}
      >
        {words.slide.back}
      </button>
    </div>
  );
}

function OverviewBar({ frame, entry, sight, sentence }: { frame: number; entry: FrameEntry; sight: Box | null; sentence: string }) {
  const drawn = drawnRegion.value?.frame === frame ? drawnRegion.value.box : null;
  const box = drawn ?? sight;
  const choice = box && regionOf(entry, box);
  const slide = slideOf(entry);
  const smaller = choice && slide ? (slide.levels[0]?.width_px ?? 1) / (slide.levels[choice.level ?? 0]?.width_px ?? 1) : 1;
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
        {drawn ? words.slide.findHere : words.slide.findInSight}
      </button>
      {choice?.region && (
        <span class="number" data-testid="region-size" data-level={choice.level ?? 0}>
          {words.slide.size(choice.region.width_px, choice.region.height_px)}
          {smaller > 1 && words.slide.tooLarge(smaller)}
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
              {words.slide.lookedRegion(i + 1, cells)}
            </button>
          ))}
        </span>
      )}
    </div>
  );
}
