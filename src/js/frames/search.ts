/** What to search a frame for, and at which scale a model knows its cells. */
import type { DetectSettings } from '#cytodrop_core';
import type { Checks } from '../classify/checks.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { FrameChoice } from './frame.ts';

export type SearchSettings = Omit<DetectSettings, 'pixel_size_um'>;

/** How cells may be found. */
export const searchMethods = ['network_round', 'network_adherent', 'round', 'adherent'] as const satisfies DetectSettings['method'][];

export const defaultSearch: SearchSettings = { least_diameter: 8, most_diameter: 60, sensitivity: 0.5, split_touching: true, keep_cut_by_border: true, method: 'round' };

/** What to search a frame for before a person says otherwise: cells like those that the model was trained on. */
export function searchFor(spec: ModelSpec): SearchSettings {
  return { ...defaultSearch, ...spec.frame?.search };
}

/** What a quick look at a frame can decide. */
const lookedSettings = ['method', 'least_diameter', 'most_diameter'] as const;
export type LookedSetting = (typeof lookedSettings)[number];

export type Looked = Pick<SearchSettings, LookedSetting>;

/** What a quick look at each frame is to decide: where the model knows no frames, and so does not say, all that nobody set. */
export function leftToLook(spec: Pick<ModelSpec, 'frame'>, set: Partial<SearchSettings>): LookedSetting[] {
  return spec.frame === undefined ? lookedSettings.filter((name) => set[name] === undefined) : [];
}

/** Settings with what a look decided; of two diameters that do not go together the one that was not set gives way. */
export function withLook(search: SearchSettings, looked: Looked | null, names: readonly LookedSetting[]): SearchSettings {
  const all = { ...search, ...(looked && Object.fromEntries(names.map((name) => [name, looked[name]]))) };
  if (all.least_diameter <= all.most_diameter) return all;
  return names.includes('least_diameter') ? { ...all, least_diameter: all.most_diameter } : { ...all, most_diameter: all.least_diameter };
}

/** How a file's frame is worked on unless a person says otherwise. */
export interface FrameOptions {
  choice: FrameChoice;
  search: SearchSettings;
  /** What a quick look at each frame decides in place of `search`, which holds where it finds hardly anything; nothing unless told. */
  look?: readonly LookedSetting[];
  /** µm per px whatever the file says; null: as the file says. */
  pixelSizeUm: number | null;
  /** False: the cells are found and counted, not named. */
  classify: boolean;
  /** None unless told. */
  checks?: Checks;
}

/** The square around a cell of a frame that is looked at. */
export interface FrameSquare {
  sidePx: number;
  /** Of frames in which it has that side, µm per px; null: in every frame. */
  pixelSizeUm: number | null;
  /** How the cells were found, so that the taught model finds others like them. */
  search?: Pick<SearchSettings, 'least_diameter' | 'most_diameter' | 'method'>;
}

/** How the cells of a frame are brought to the scale that the model knows. */
export interface CellScaling {
  /** Whether the model can classify cells of a frame at all. */
  possible: boolean;
  /** Frame px per px of the frames that the model was trained on. */
  scale: number;
  /** What a person must know, one plain sentence; null where all is as in training. */
  warning: string | null;
}

/**
 * Args:
 *   pixelSizeUm: of the frame; null: not known.
 */
export function scalingFor(spec: Pick<ModelSpec, 'frame'>, pixelSizeUm: number | null): CellScaling {
  if (spec.frame === undefined) {
    return { possible: false, scale: 1, warning: 'This model knows images of one cell each; it cannot name the cells of a frame. They are found and counted.' };
  }
  const { side_px, pixel_size_um } = spec.frame;
  if (pixel_size_um === null) {
    return {
      possible: true, scale: 1,
      warning: `The pixel size of this model's training images is not known: its cells filled about half of ${side_px} px, and yours should too.`,
    };
  }
  if (pixelSizeUm === null) {
    return { possible: true, scale: 1, warning: `The pixel size is not known; the model was trained at ${pixel_size_um} µm per px. Enter yours, or its answers may be wrong.` };
  }
  const scale = pixel_size_um / pixelSizeUm;
  const warning = scale < 0.5
    ? `The frame is ${(1 / scale).toFixed(1)} times coarser than the model's training images; what they show of a cell is not in it.`
    : null;
  return { possible: true, scale, warning };
}
