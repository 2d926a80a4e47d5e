/** The colour map of class activation maps: even steps of lightness from blue through green to yellow. */

interface Rgb { red: number; green: number; blue: number }

const steps = 256;

/**
 * One colour of OKLCh in 8-bit sRGB.
 *
 * Source: B. Ottosson, "A perceptual color space for image processing" (2020).
 */
function oklch(lightness: number, chroma: number, hueDegrees: number): Rgb {
  const a = chroma * Math.cos((hueDegrees * Math.PI) / 180);
  const b = chroma * Math.sin((hueDegrees * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return {
    red: eightBit(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    green: eightBit(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    blue: eightBit(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  };
}

function eightBit(linear: number): number {
  const within = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (within <= 0.0031308 ? 12.92 * within : 1.055 * within ** (1 / 2.4) - 0.055));
}

/** RGBA in the byte order of canvases; the less there is, the more the cell shows through. */
const palette = new Uint8ClampedArray(4 * steps);
for (let i = 0; i < steps; ++i) {
  const share = i / (steps - 1);
  const { red, green, blue } = oklch(0.36 + 0.58 * share, 0.11 + 0.07 * share, 270 - 165 * share);
  palette.set([red, green, blue, 255 * Math.min(1, 1.25 * share)], 4 * i);
}
/** The same memory, one colour in one number. */
const colours = new Uint32Array(palette.buffer);

/** Largest positive contribution in a map; 0 when there is none. */
export function mapMaximum(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/**
 * A map as a picture: positive contributions as a share of the largest, none and negative ones clear.
 *
 * Args:
 *   values: [height][width], read as samples at the centres of equal regions and interpolated between them.
 *   sidePx: of the square picture.
 */
export function mapPicture(values: Float32Array, height: number, width: number, sidePx: number): ImageData {
  const picture = new ImageData(sidePx, sidePx);
  const pixels = new Uint32Array(picture.data.buffer);
  const maximum = mapMaximum(values);
  if (maximum === 0) return picture;
  const columns = samplesOf(width, sidePx);
  samplesOf(height, sidePx).forEach(({ before: above, after: below, weight: down }, y) => {
    columns.forEach(({ before, after, weight }, x) => {
      const upper = mix(values[above * width + before] ?? 0, values[above * width + after] ?? 0, weight);
      const lower = mix(values[below * width + before] ?? 0, values[below * width + after] ?? 0, weight);
      const share = Math.max(0, mix(upper, lower, down) / maximum);
      pixels[y * sidePx + x] = colours[Math.round(share * (steps - 1))] ?? 0;
    });
  });
  return picture;
}

/** For each pixel of a side the two samples it lies between and the weight of the second. */
function samplesOf(count: number, sidePx: number): { before: number; after: number; weight: number }[] {
  return Array.from({ length: sidePx }, (_, pixel) => {
    const at = Math.min(count - 1, Math.max(0, ((pixel + 0.5) * count) / sidePx - 0.5));
    const before = Math.floor(at);
    return { before, after: Math.min(count - 1, before + 1), weight: at - before };
  });
}

function mix(a: number, b: number, weight: number): number {
  return a + weight * (b - a);
}

/** The colour map from none to most, as one row. */
export function legendPicture(): ImageData {
  return new ImageData(palette.slice(), steps, 1);
}
