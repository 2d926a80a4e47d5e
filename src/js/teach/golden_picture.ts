/** A picture that shows nobody's cell, by which a taught model tests itself. */

const sidePx = 64;

/** A drawn cell with a nucleus on a bright ground, as a bitmap file: 64 × 64 px, 24 bits. */
export function goldenPicture(): Uint8Array<ArrayBuffer> {
  const header = 54;
  const bytes = new Uint8Array(header + 3 * sidePx ** 2);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  for (const [at, value] of [[2, bytes.length], [10, header], [14, 40], [18, sidePx], [22, sidePx], [34, bytes.length - header]] as const) view.setUint32(at, value, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < sidePx; y++) {
    for (let x = 0; x < sidePx; x++) {
      const [fromMiddle, fromNucleus] = [(x - 31) ** 2 + (y - 33) ** 2, (x - 35) ** 2 + 2 * (y - 31) ** 2];
      // Blue, green, red; a pattern of small whole numbers stands for grain.
      const colour = fromNucleus < 120 ? [150, 60, 110] : fromMiddle < 480 ? [200, 170, 205] : [232, 228, 236];
      const grain = (7 * x + 13 * y + x * y) % 9;
      bytes.set(colour.map((value) => value - grain), header + 3 * (y * sidePx + x));
    }
  }
  return bytes;
}
