/** Colours of the classes outside the page's own styles, in spec order: the Okabe–Ito palette, as web/parts/classes.css has it. */
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

/** A shape beside each colour, so that no class is told by colour alone: paths in a box of 12 by 12. */
export const classShapes = [
  'M6 1a5 5 0 1 0 0 10a5 5 0 1 0 0-10z',
  'M1.5 1.5h9v9h-9z',
  'M6 1l5.3 9.6H.7z',
  'M6 .5l5.5 5.5L6 11.5.5 6z',
  'M4.2 1h3.6v3.2H11v3.6H7.8V11H4.2V7.8H1V4.2h3.2z',
  'M6 11L.7 1.4h10.6z',
  'M3.4 1h5.2L11.5 6l-2.9 5H3.4L.5 6z',
  'M6 .5l1.5 3.7 4 .3-3.1 2.6 1 3.9L6 8.9 2.6 11l1-3.9L.5 4.5l4-.3z',
];
