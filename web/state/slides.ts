/** Whole slides: an overview, and the regions of it whose cells are looked for. */
import { signal } from '@preact/signals';
import { type Box, choiceOfKey, type FrameChoice, type ImageFileFacts, isSlide, mostPixels, overviewLevel, pageOf, pictureKey, type Place, regionAt } from '../../src/js/index.ts';
import type { FrameEntry } from './frame_store.ts';

type Series = ImageFileFacts['series'][number];

/** Drawn on the overview of a frame, px of it. */
export const drawnRegion = signal<{ frame: number; box: Box } | null>(null);

/** A series as it is looked at first: a slide as its overview, where it has smaller copies. */
export function wholeOf(series: readonly Series[], place: Place): FrameChoice {
  const one = series[place.series];
  return { page: pageOf(series, place), channel: place.channel, ...(one && one.levels.length > 1 && isSlide(one) && { level: overviewLevel(one), overview: true }) };
}

/** The slide that a frame is the overview or a region of; null: it is none. */
export function slideOf({ analysis: { facts: { file }, choice: { level = 0 } } }: Pick<FrameEntry, 'analysis'>): Series | null {
  const one = file?.series[file.place.series];
  return one?.levels[level] && isSlide(one) ? one : null;
}

/** Null where there is no smaller copy to look at. */
export function overviewOf({ analysis: { facts: { file }, choice } }: Pick<FrameEntry, 'analysis'>): FrameChoice | null {
  return file && (file.series[file.place.series]?.levels.length ?? 1) > 1 ? { ...wholeOf(file.series, file.place), ...(choice.projection && { projection: choice.projection }) } : null;
}

/** A part of the overview as a frame of its own, at full size; the whole slide is no part. */
export function regionOf(entry: Pick<FrameEntry, 'analysis'>, box: Box): FrameChoice | null {
  const { choice } = entry.analysis;
  const one = slideOf(entry);
  const size = one?.levels[0];
  if (!one || !size || !choice.overview) return null;
  const region = regionAt(one, box, choice.level ?? 0, 0);
  const { overview: _, level: __, ...rest } = choice;
  return { ...rest, ...((region.width_px < size.width_px || region.height_px < size.height_px) && { region }) };
}

/** Whether a picture is searched tile by tile, as it is too large to be held. */
export function isTiled({ width_px, height_px }: { width_px: number; height_px: number }): boolean {
  return width_px * height_px > mostPixels;
}

/** How far the frame is that is searched tile by tile now; `stop` ends it with what there is. */
export const tiling = signal<{ frame: number; done: number; all: number; stop: () => void } | null>(null);

export interface LookedRegion { key: string; choice: FrameChoice; cells: number; box: Box }

/** Regions of this plane that were looked at, and where they lie on the overview. */
export function lookedRegions(entry: FrameEntry): LookedRegion[] {
  const { choice } = entry.analysis;
  const one = slideOf(entry);
  if (!one) return [];
  return Object.entries(entry.pictures ?? {}).flatMap(([key, { cells }]) => {
    const other = choiceOfKey(key);
    // Keys of a project's file may be anything.
    if (other.overview || !one.levels[other.level ?? 0] || (other.region && !Object.values(other.region).every(Number.isInteger)) || other.page !== choice.page || other.channel !== choice.channel || other.projection !== choice.projection) return [];
    const size = one.levels[other.level ?? 0] as Series['levels'][number];
    return [{ key: pictureKey(other), choice: other, cells: cells.length, box: regionAt(one, other.region ?? { left_px: 0, top_px: 0, ...size }, other.level ?? 0, overviewLevel(one)) }];
  });
}
