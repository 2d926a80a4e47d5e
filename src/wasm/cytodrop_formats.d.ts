/** The module that reads microscopes' files, as Embind exports it; src/js/core/readers.ts wraps it. */
import type { Codec } from './cytodrop_codec.d.ts';
import type { Box, FileContent, Result } from './cytodrop_core.d.ts';

/** What lies on one plane of pixels and has one size: a scene, a position, an image of a file. */
export interface Series {
  /** May be empty. */
  name: string;
  /** The full size first, each smaller than the one before. */
  levels: { width_px: number; height_px: number }[];
  /** At least one. `wavelength_nm`: of emission. */
  channels: { name: string; wavelength_nm: number | null }[];
  z: number;
  t: number;
  /** Colours a pixel: 1 or 3. */
  samples: number;
  bits: number;
  /** Size of a pixel at full size, and between planes; null where the file does not tell. */
  x_um: number | null;
  y_um: number | null;
  z_um: number | null;
}

export interface OpenedFile { file: number; format: string; series: Series[] }

export interface ImageFiles {
  /** `read`: bytes from an offset on, as many as asked for; null where the file cannot be read any more. */
  open(size: number, read: (at: number, count: number) => Uint8Array | null): Result<OpenedFile>;
  /** A decoded page, as bytes that `Classifier.prepare`, `view` and `open_frame` of the core take for a file. */
  read_page(file: number, page: number, channel: number, level: number, region: Box | null, projection: 'max' | 'mean' | null): Result<Uint8Array>;
  /** Which plane of a series is looked at where nobody chose; `reason`: a sentence, '' where there was nothing to choose. */
  choose(file: number, series: number): Result<{ channel: number; z: number; reason: string }>;
  inspect(file: number): Result<FileContent>;
  close(file: number): Result<null>;
  /** Frees it and all that is open. */
  delete(): void;
}

export interface CytodropFormats {
  ImageFiles: new () => ImageFiles;
  /** For files that were refused as `needs_codec`, whose message is the codec's name. */
  set_codec(name: string, codec: Codec): Result<null>;
}

declare const createCytodropFormats: (options: { wasmBinary: Uint8Array }) => Promise<CytodropFormats>;
export default createCytodropFormats;
