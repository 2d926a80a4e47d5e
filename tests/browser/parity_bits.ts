/** An outcome as text that differs when a bit does; the same in a browser and under Node. */
import type { Checked } from '../../src/js/classify/checks.ts';
import type { Outcome } from '../../src/js/classify/outcome.ts';
import type { FrameCell } from '../../src/js/frames/frame.ts';
import { defaultSearch } from '../../src/js/frames/search.ts';

/** At a scale of the network that is not the frame's. */
export const fieldSearch = { ...defaultSearch, least_diameter: 12, most_diameter: 45, pixel_size_um: null };

/** File, type, and every logit in hexadecimal; then one sum of all probabilities, of the novelty and of the maps. */
export async function bitsOf(file: string, outcome: Outcome): Promise<string> {
  if (outcome.status === 'error') throw new Error(`${file}: ${outcome.message}`);
  const { label, logits, probabilities, novelty, maps } = outcome;
  const rest = new Blob([Float64Array.from(probabilities), Float64Array.of(novelty ?? NaN), maps.values as Float32Array<ArrayBuffer>]);
  return `${file} ${label} ${logits.map(hexOf).join(' ')} ${hex(new Uint8Array(await crypto.subtle.digest('SHA-256', await rest.arrayBuffer())))}`;
}

/** What turning and deleting came to, and one sum of all their numbers. */
export async function bitsOfChecks(file: string, { turns, deletion }: Checked): Promise<string> {
  if (!turns || !deletion) throw new Error(`${file}: not checked`);
  const { by_map, from_middle, at_random, map_area, middle_area, random_area } = deletion;
  const numbers = [turns.least_probability, turns.mean_probability, map_area, middle_area, random_area, ...by_map, ...from_middle, ...at_random];
  return `${file} ${turns.agree}/${turns.of} ${deletion.beaten}/${deletion.random_orders} ${numbers.length} ${hex(new Uint8Array(await crypto.subtle.digest('SHA-256', Float64Array.from(numbers))))}`;
}

/** The number of cells, and one sum of all boxes, search scores, areas, measures and outlines. */
export async function bitsOfCells(cells: readonly FrameCell[]): Promise<string> {
  const measures = ({ morphometry }: FrameCell): number[] => Object.values<number>({ ...morphometry }).map((value) => (Number.isNaN(value) ? -1 : value));
  const parts = cells.map((cell) => {
    const { box, searchScore, areaPx, outline } = cell;
    return [box.left_px, box.top_px, box.width_px, box.height_px, searchScore ?? NaN, areaPx, ...measures(cell), ...outline];
  });
  const bytes = await new Blob([Float64Array.from(parts.flat())]).arrayBuffer();
  return `${cells.length} ${hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))}`;
}

function hexOf(value: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  return hex(new Uint8Array(bits.buffer));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
