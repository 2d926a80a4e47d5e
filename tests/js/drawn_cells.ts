/** Drawn cells of types that no model knows, to teach: bitmap files of 48 × 48 px. */

export interface Drawing {
  /** Nuclei in the cell: what makes the type. */
  nuclei: 1 | 2;
  seed: number;
  /** Grey of the ground. */
  ground?: number;
}

const sidePx = 48;

/** Small whole numbers that look drawn by lot, the same everywhere (Park and Miller 1988). */
function numbers(seed: number): (below: number) => number {
  let state = (seed * 48_271 + 11) % 2_147_483_647;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

export function drawnCell({ nuclei, seed, ground = 230 }: Drawing): Uint8Array<ArrayBuffer> {
  const next = numbers(seed + 1000 * nuclei);
  const [x0, y0, radius, angle] = [22 + next(4), 22 + next(4), 16 + next(3), next(628) / 100];
  const grey = 150 + next(20);
  const spots = Array.from({ length: nuclei }, (_, i) => ({ x: x0 + (nuclei === 2 ? 7 : 1) * Math.cos(angle + Math.PI * i), y: y0 + (nuclei === 2 ? 7 : 1) * Math.sin(angle + Math.PI * i), radius: nuclei === 2 ? 4.5 : 7 }));
  return bitmap((x, y) => {
    const grain = next(13) - 6;
    if (spots.some((spot) => Math.hypot(x - spot.x, y - spot.y) < spot.radius)) return [120 + grain, 60 + grain, 90 + grain];
    return Math.hypot(x - x0, y - y0) < radius ? [grey + 20 + grain, grey + grain, grey + 15 + grain] : [ground + grain, ground + grain, ground + grain];
  });
}

/** Args: colour: blue, green, red of a pixel. */
function bitmap(colour: (x: number, y: number) => number[]): Uint8Array<ArrayBuffer> {
  const header = 54;
  const bytes = new Uint8Array(header + 3 * sidePx ** 2);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  for (const [at, value] of [[2, bytes.length], [10, header], [14, 40], [18, sidePx], [22, sidePx]] as const) view.setUint32(at, value, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < sidePx; y++) {
    for (let x = 0; x < sidePx; x++) bytes.set(colour(x, y), header + 3 * (y * sidePx + x));
  }
  return bytes;
}
