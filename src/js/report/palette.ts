/** Colours of the classes in files for other programs, in spec order: the Okabe–Ito palette, as web/parts/classes.css has it. */
const classColours = [0xe69f00, 0x56b4e9, 0x009e73, 0xf0e442, 0x0072b2, 0xd55e00, 0xcc79a7, 0x000000];
const otherColour = 0x8d9ba5;

/**
 * Args:
 *   index: of the class; undefined, and classes beyond the palette: grey.
 * Returns: 0xRRGGBB.
 */
export function classColour(index: number | undefined): number {
  return classColours[index ?? -1] ?? otherColour;
}
