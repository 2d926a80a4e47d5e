/** A project: images, what became of them, and what people did, as it is kept in a browser and saved as one file. */
import type { Box, DisplayRange } from '#cytodrop_core';
import type { RuntimeFacts } from '../classify/engines.ts';
import type { CellRecord } from '../classify/outcome.ts';
import type { UnreadFile } from '../core/errors.ts';
import type { FrameAnalysis, FrameCell, FrameChoice } from '../frames/frame.ts';
import type { FrameSquare, SearchSettings } from '../frames/search.ts';
import type { ModelClass } from '../model/spec.ts';
import type { Review } from '../review/review.ts';

/** Settings of a search that a person made by hand; what is not here follows the model, in whatever order model, frames and settings came. */
export interface HandOptions { choice?: FrameChoice; search: Partial<SearchSettings>; pixelSizeUm?: number | null }

/** Cells drawn at random, in the order drawn. `strata`: of each type that the model named, how many cells there were to draw from; null where all were drawn from together. */
export interface Sample { indices: number[]; strata: { label: string; cells: number; drawn: number }[] | null; of: number }

/** What the person asked for. */
export interface ProjectSettings {
  /** One cell in each image, or frames that hold many. */
  mode: 'cells' | 'fields';
  /** The cells of frames are named, not only counted. */
  naming: boolean;
  imageScale: number;
  /** Top probability below which a cell is unsure; null: the model's own. */
  unsureBelow: number | null;
  /** Class ids that can occur; null: all. */
  types: string[] | null;
  checkTurns: boolean;
  secondModel: string | null;
  hand: HandOptions;
  /** Positions of images left out since others have the same pixels, and of those taken all the same. */
  leftOut: number[];
  taken: number[];
  sample: Sample | null;
}

/** Where one was in it: for the page alone, which knows what it means. */
export type ProjectPlace = Record<string, unknown>;

/** `added`: it is none of those that are shipped, and known by its sum; its name is what the browser called it. */
export interface ProjectModel { name: string; version: string; specSha256: string | null; added?: boolean }

export interface ProjectHead {
  schema: typeof projectSchema;
  id: string;
  name: string;
  /** Milliseconds since 1970. */
  createdAtMs: number;
  changedAtMs: number;
  /** Version of Cytodrop that wrote it. */
  cytodrop: string;
  /** What the results are by; null before there was any. */
  model: ProjectModel | null;
  runtime: RuntimeFacts | null;
  settings: ProjectSettings;
  place: ProjectPlace;
  counts: { images: number; cells: number; reviewed: number; bytes: number };
}

export const projectSchema = 'cytodrop/project/1';

/** An image of a project. `intended`: the class id that a simulated sample was drawn as. `sha256`: of the file, where it was asked for. */
export interface ProjectImage { path: string; intended: string | null; sizeBytes: number; sha256: string | null }

/** A frame that was searched, or that could not be read. `searchedAs`: the settings that it was searched with. */
export type ProjectFrame =
  | { path: string; analysis: FrameAnalysis; removed: readonly Box[]; own: HandOptions | null; searchedAs: string; range: DisplayRange | null; nextId?: number; pictures?: Record<string, { cells: FrameCell[]; removed: readonly Box[]; pixelSizeUm?: number | null }> }
  | { failure: UnreadFile & { index: number; path: string }; own: HandOptions | null; searchedAs: string };

/** A table of labels that a person chose. `text`: CSV; `names`: by name in it, a class id, or '' for one that is left out. */
export interface ProjectLabels { file: string; text: string; heads: string[]; fileColumn: string; typeColumn: string; names: Record<string, string> }

/** By what pictures that are alike are known: each stands for itself, the folder below their type's, or a column of a table. */
export type TeachGrouping = 'file' | 'folder' | 'column';

/** A table that says which pictures belong together. */
export interface GroupTable { file: string; text: string; heads: string[]; fileColumn: string; groupColumn: string }

/** Cells that have a label. `labels`: by the cell's index, the type that a person says it is, and the folder that it shares with others, '' where there is none. `sure`: those whose label was doubted and stays. */
export interface TaughtCells { labels: [index: number, type: string, folder: string][]; sure: number[] }

/** What a person teaches: images of one cell each, whose index is their position, and cells of frames. */
export interface ProjectTeaching extends TaughtCells {
  /** The model whose types are kept, by its name here; null: none. */
  base: string | null;
  types: ModelClass[];
  inFrames?: TaughtCells;
  /** What is looked at around a cell of a frame; null: it is not decided. */
  square?: FrameSquare | null;
  /** null: as the folders suggest. */
  grouping: TeachGrouping | null;
  table: GroupTable | null;
  about: { title: string; author: string; data: string };
}

/** All but the images' own bytes. Lists are by position of the image; what was said of cells is by their index. */
export interface Project {
  head: ProjectHead;
  images: ProjectImage[];
  records: (CellRecord | undefined)[];
  frames: (ProjectFrame | undefined)[];
  reviews: { cells: [index: number, review: Review][]; fields: [index: number, review: Review][] };
  labels?: ProjectLabels | null;
  teaching?: ProjectTeaching | null;
}

/** Cells of one frame that can be told apart: more than any image has pixels' worth of cells. */
const mostCells = 2 ** 24;

/** The number that tells a cell of a frame from all other cells; in the order of frames, then of cells. */
export function cellKey(frame: number, id: number): number {
  return frame * mostCells + id;
}

export function frameOfKey(key: number): number {
  return Math.floor(key / mostCells);
}
