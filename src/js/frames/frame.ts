/** A frame with many cells, and what became of it. */
import type { Box, DetectSettings, FrameFacts as CoreFrameFacts } from '#cytodrop_core';
import type { CellVerdict } from '../classify/outcome.ts';
import type { UnreadFile } from '../core/errors.ts';
import { type ImageFileFacts, type PageChoice, pageOf } from '../core/file_parts.ts';
import type { DetectorFacts } from '../model/detector.ts';

/** What an open frame turned out to be; the number that the core gave it stays in the worker. */
export interface FrameFacts extends Omit<CoreFrameFacts, 'frame'> {
  /** Of a file that the further readers read. */
  file?: ImageFileFacts;
}

/** Which picture of a file. */
export type FrameChoice = PageChoice;

/** The same, told what was chosen where nobody did. */
export function choiceMade({ overview = false, ...choice }: FrameChoice, { file }: Pick<FrameFacts, 'file'>): FrameChoice {
  if (file === undefined) return choice;
  const { named: _, ...rest } = choice;
  const level = file.level ?? choice.level;
  const isOverview = overview && level !== undefined && choice.region === undefined;
  return { ...rest, page: pageOf(file.series, file.place), channel: file.place.channel, ...(level !== undefined && { level }), ...(isOverview && { overview }) };
}

/**
 * What is measured of a cell beside the network, from the pixels inside its outline; NaN is what cannot be told, as the shape of a cell of which the
 * search knows only the box. `src/core/measure/morphometry.h` has the
 * definitions.
 */
export interface Morphometry {
  /** Pixels inside. */
  areaPx: number;
  equivalentDiameterPx: number;
  perimeterPx: number;
  /** Feret's largest. */
  feretDiameterPx: number;
  circularity: number;
  /** From 1. */
  elongation: number;
  /** To 1. */
  solidity: number;
  /** In samples of the frame. */
  greyMean: number;
  greySpread: number;
  granularity: number;
}

/** One cell of a frame. */
export interface FrameCell {
  /** Unique in its frame; a cell keeps it when the frame is searched again and its box is the same. */
  id: number;
  box: Box;
  /** Closed polygon in px: x0, y0, x1, y1 …; the first point is not repeated. */
  outline: Float32Array;
  areaPx: number;
  /** How sure the search is that it is a cell, 0 to 1; null for a cell that a person added. */
  searchScore: number | null;
  cutByBorder: boolean;
  /** The outline is the ellipse in the box, since the search knows no more of the shape. */
  isEllipse?: boolean;
  /** Not there: not measured, as where a person added the cell and it has no outline of its own. */
  morphometry?: Morphometry;
  /** Not there: not classified, or not yet. */
  verdict?: CellVerdict;
}

/** A tile whose cells could not be found; px of the picture. */
interface UnreadTile { core: Box; message: string }

/** What became of the tiles of a picture. */
export interface TilesDone {
  all: number;
  /** Searched, empty or unread; fewer than all after a cancel. */
  done: number;
  /** Looked empty in a smaller copy, and were not searched. */
  empty: number;
  unread: UnreadTile[];
}

/** One picture of a file, searched for cells. */
export interface FrameAnalysis {
  status: 'ok';
  facts: FrameFacts;
  choice: FrameChoice;
  settings: DetectSettings;
  /** The network that found the cells; missing where none did. */
  detector?: DetectorFacts;
  /** Of a picture that was searched tile by tile. */
  tiles?: TilesDone;
  /** In reading order, of tiles one tile after the other; cells added by hand come last. */
  cells: FrameCell[];
  /** Of the decoded pixels; null where the browser cannot compute it. */
  pixelsSha256?: string | null;
  elapsedMs: { decode: number; detect: number; classify: number };
}

/** A frame that could be searched or not, with the file it belongs to. */
export type FrameOutcome = FrameAnalysis | UnreadFile;
/** `removedBoxes`: of the cells that a person removed. */
export type FrameRecord = FrameOutcome & { index: number; path: string; removedBoxes?: readonly Box[] };

export const wholeFile: FrameChoice = { page: 0, channel: -1 };

/** Names the picture that a choice means among those of its file. */
export function pictureKey({ page, channel, level, region, projection, overview }: FrameChoice): string {
  const place = region && `${region.left_px},${region.top_px},${region.width_px},${region.height_px}`;
  return [page, channel, ...(level || region || projection ? [level ?? 0, place ?? '', projection ?? '', ...(overview && level ? ['overview'] : [])] : [])].join(' ');
}

/** The choice that has a key. */
export function choiceOfKey(key: string): FrameChoice {
  const [page, channel, level = '0', place = '', projection = '', overview] = key.split(' ');
  const [left_px = 0, top_px = 0, width_px = 0, height_px = 0] = place.split(',').map(Number);
  return {
    page: Number(page), channel: Number(channel), ...(level !== '0' && { level: Number(level) }), ...(place !== '' && { region: { left_px, top_px, width_px, height_px } }),
    ...(projection !== '' && { projection: projection as 'max' | 'mean' }), ...(overview && { overview: true }),
  };
}
