/** The cells of one part of a picture, found, measured and named in one go by whoever holds the file open. */
import type { Box, DetectedCells, DetectSettings, DisplayRange } from '#cytodrop_core';
import { type Checks, noChecks } from '../classify/checks.ts';
import type { FileParts } from '../core/file_parts.ts';
import type { DetectorFacts } from '../model/detector.ts';
import { frameCells, placesOf, withMorphometry } from './cells.ts';
import type { FrameCell, FrameChoice } from './frame.ts';
import type { OpenFrames } from './open_frames.ts';
import { isOwn, looksEmpty } from './tiles.ts';

export interface PartTask {
  /** With the part as its region. */
  choice: FrameChoice;
  /** The part in a smaller copy, by which it may be taken for empty; as it is shown with this range, so many px at most. */
  glance: { choice: FrameChoice; range: DisplayRange; maxSidePx: number };
  settings: DetectSettings;
  /** The cells that are the part's own have their middles there, px of the part. */
  core: Box;
  classify: boolean;
  checks?: Checks;
}

/** Places are those of the part; `empty`: nothing was looked for. */
export interface PartFound { empty: boolean; cells: FrameCell[]; detector?: DetectorFacts }

/** Names the part while it is open; no asker's number is below 0. */
const ownNumber = -1;

/** Args: onCell: told before each cell's checks. Raises: CytodropError, `detector_not_loaded` among them. */
export async function searchPart(frames: OpenFrames, file: FileParts, { choice, glance, settings, core, classify, checks = noChecks }: PartTask, onCell: () => void): Promise<PartFound> {
  if (looksEmpty((await frames.viewPart(file, glance.choice, glance.maxSidePx, glance.range)).rgba)) return { empty: true, cells: [] };
  await frames.open(ownNumber, file, choice);
  try {
    // What the tile's own border cuts, the tile beside it has whole.
    const { cells: found, detector } = await frames.detect(ownNumber, { ...settings, keep_cut_by_border: true });
    const own = ownOf(found, core, settings);
    const places = placesOf(own);
    const measured = own.length === 0 ? [] : withMorphometry(own, await frames.measure(ownNumber, places));
    const verdicts = classify && own.length > 0 ? await frames.classifyCells(ownNumber, places, settings.pixel_size_um, checks, onCell) : undefined;
    return { empty: false, cells: verdicts ? measured.map((cell, i) => ({ ...cell, verdict: verdicts[i]! })) : measured, ...(detector && { detector }) };
  } finally {
    await frames.close(ownNumber);
  }
}

function ownOf(found: DetectedCells, core: Box, settings: DetectSettings): FrameCell[] {
  return frameCells(found).filter(({ box }) => isOwn(box, core, settings));
}
