/** A drawn picture of a cell for the self-test of a model that came without one: no photograph of anybody's is put into a file. */

const sidePx = 96;

/** As a BMP, the same bytes everywhere. */
export function simulatedPicture(): Uint8Array<ArrayBuffer> {
  const rowBytes = 3 * sidePx;
  const file = new Uint8Array(54 + rowBytes * sidePx);
  const view = new DataView(file.buffer);
  view.setUint16(0, 0x4d42, true);
  view.setUint32(2, file.length, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, sidePx, true);
  view.setInt32(22, sidePx, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  view.setUint32(34, rowBytes * sidePx, true);
  let seed = 1;
  for (let y = 0; y < sidePx; y++) for (let x = 0; x < sidePx; x++) {
    seed = (seed * 16_807) % 2_147_483_647;
    const grain = (seed % 17) - 8;
    const isIn = (middleX: number, middleY: number, radius: number): boolean => (x - middleX) ** 2 + (y - middleY) ** 2 < radius ** 2;
    const [red, green, blue] = isIn(44, 52, 15) ? [104, 52, 142] : isIn(48, 48, 30) ? [214, 176, 206] : [236, 226, 214];
    file.set([blue + grain, green + grain, red + grain], 54 + y * rowBytes + 3 * x);
  }
  return file;
}
