/** A module that decodes what few files are compressed with, as Embind exports it. The module of the readers calls it: src/js/core/codecs.ts lists them. */
import type { Result } from './cytodrop_core.d.ts';

export interface Codec {
  /** What an image says before its pixels. `samples`: colours a pixel, and one more where there is alpha. */
  read_header(file: Uint8Array): Result<{ width_px: number; height_px: number; samples: number; bits: number; animated: boolean }>;
  /** Samples, those of a pixel next to each other, little-endian; refused where the image is of another size. */
  decode(file: Uint8Array, width_px: number, height_px: number, samples: number, most_bits: number): Result<{ bytes: Uint8Array; sample_bytes: number; bits: number }>;
}

declare const createCytodropCodec: (options: { wasmBinary: Uint8Array }) => Promise<Codec>;
export default createCytodropCodec;
