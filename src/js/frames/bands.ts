/** A picture of a large part that has no smaller copy: drawn band by band, so that no more than one band is held. */

/** R G B A, 0 to 255, row by row. */
export interface View { widthPx: number; heightPx: number; rgba: Uint8ClampedArray<ArrayBuffer> }

/** Rows of the part, from and up to which, which rows of the picture they become, and how large their own picture may be. */
export interface Band { from: number; to: number; top: number; bottom: number; widthPx: number; maxSidePx: number }

/** Of one band: 64 MB of colours at most. */
const mostBandPx = 16_000_000;

/**
 * Args:
 *   maxSidePx: of the whole picture, which is never enlarged.
 */
export function bandsOf({ width_px, height_px }: { width_px: number; height_px: number }, maxSidePx: number): Band[] {
  const scale = Math.min(1, maxSidePx / Math.max(width_px, height_px));
  const [widthPx, heightPx] = [Math.max(1, Math.round(width_px * scale)), Math.max(1, Math.round(height_px * scale))];
  // Rows of the picture that a band becomes.
  const rows = Math.max(1, Math.floor((mostBandPx / width_px) * scale));
  return Array.from({ length: Math.ceil(heightPx / rows) }, (_, i) => {
    const [top, bottom] = [i * rows, Math.min(heightPx, (i + 1) * rows)];
    const [from, to] = [Math.round((top * height_px) / heightPx), Math.round((bottom * height_px) / heightPx)];
    return { from, to, top, bottom, widthPx, maxSidePx: Math.max(widthPx, bottom - top) };
  });
}

/** Puts the bands' pictures, which may be a row or column larger or smaller than their place, below each other. */
export function joinBands(bands: readonly Band[], views: readonly View[]): View {
  const { widthPx = 1, bottom: heightPx = 1 } = bands.at(-1) ?? {};
  const rgba = new Uint8ClampedArray(4 * widthPx * heightPx);
  const joined = new Uint32Array(rgba.buffer);
  for (const [i, { top, bottom }] of bands.entries()) {
    const view = views[i] as View;
    const pixels = new Uint32Array(view.rgba.buffer, view.rgba.byteOffset, view.widthPx * view.heightPx);
    for (let y = top; y < bottom; y++) {
      const row = Math.floor(((y - top) * view.heightPx) / (bottom - top)) * view.widthPx;
      for (let x = 0; x < widthPx; x++) joined[y * widthPx + x] = pixels[row + Math.floor((x * view.widthPx) / widthPx)] as number;
    }
  }
  return { widthPx, heightPx, rgba };
}
