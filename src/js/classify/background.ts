/** What the corners of a cell's picture look like: where types can be told by them, they were taken in different ways. */

/** Values of one picture. */
export const backgroundWidth = 8;

const cornerShare = 8;

/**
 * Means of three channels over the four corner squares, the mean spread within them, the spread between them, and what the picture says of its format.
 *
 * Args:
 *   plane: gives a value by channel, row and column; of fewer than three channels the last again.
 *   format: three numbers that say how the picture was stored.
 * Returns: [8] in the samples' own scale.
 */
export function backgroundOf(plane: (channel: number, y: number, x: number) => number, heightPx: number, widthPx: number, format: readonly [number, number, number]): Float32Array {
  const side = Math.max(1, Math.floor(Math.min(heightPx, widthPx) / cornerShare));
  const means: number[] = [];
  let within = 0;
  const corners: number[] = [];
  for (let channel = 0; channel < 3; channel++) {
    let all = 0;
    for (const [top, left] of [[0, 0], [0, widthPx - side], [heightPx - side, 0], [heightPx - side, widthPx - side]] as const) {
      let [sum, squares] = [0, 0];
      for (let y = top; y < top + side; y++) {
        for (let x = left; x < left + side; x++) {
          const value = plane(channel, y, x);
          sum += value;
          squares += value * value;
        }
      }
      const mean = sum / side ** 2;
      all += mean / 4;
      within += Math.sqrt(Math.max(0, squares / side ** 2 - mean ** 2)) / 12;
      corners.push(mean);
    }
    means.push(all);
  }
  const between = Math.sqrt(corners.reduce((sum, corner, i) => sum + (corner - (means[Math.floor(i / 4)] as number)) ** 2, 0) / corners.length);
  return Float32Array.from([...means, within, between, ...format]);
}

/** The same of decoded pixels as the core hands them over: "WIDTHxHEIGHTxCHANNELS:BITS\n", then the samples row by row. */
export function backgroundOfPixels(pixels: Uint8Array): Float32Array {
  const end = pixels.indexOf(10);
  const [widthPx = 1, heightPx = 1, channels = 1, bits = 8] = new TextDecoder().decode(pixels.subarray(0, end)).split(/[x:]/).map(Number);
  // A view would have to begin at a multiple of the sample's size.
  const bytes = pixels.slice(end + 1).buffer;
  const samples = bits === 8 ? new Uint8Array(bytes) : bits === 16 ? new Uint16Array(bytes) : new Float32Array(bytes);
  const scale = bits === 8 ? 1 : bits === 16 ? 1 / 257 : 255;
  return backgroundOf((channel, y, x) => (samples[(y * widthPx + x) * channels + Math.min(channel, channels - 1)] ?? 0) * scale, heightPx, widthPx, [widthPx, heightPx, bits]);
}

/** The same of a network's input [1, C, H, W], for the cell of a frame. */
export function backgroundOfTensor(tensor: Float32Array, [, channels = 1, heightPx = 1, widthPx = 1]: readonly number[]): Float32Array {
  return backgroundOf((channel, y, x) => tensor[(Math.min(channel, channels - 1) * heightPx + y) * widthPx + x] ?? 0, heightPx, widthPx, [0, 0, 0]);
}
