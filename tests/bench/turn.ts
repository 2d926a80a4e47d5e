/** One turn of one engine, the same under Node and in Chromium. */
import { median } from './report.ts';
import type { Tensor } from '../../src/js/core/engine.ts';

/**
 * Runs a network on noise for a while, three times at least.
 *
 * Args:
 *   shape: of the input, batch first.
 * Returns: the median time per image, ms.
 */
export async function takeTurn(run: (input: Tensor) => Promise<unknown>, shape: readonly number[], seconds: number): Promise<number> {
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
  let state = 1;
  for (let i = 0; i < data.length; i++) data[i] = (state = (state * 16807) % 2147483647) / 1073741823.5 - 1;
  const times: number[] = [];
  for (const end = performance.now() + seconds * 1000; times.length < 3 || performance.now() < end;) {
    const started = performance.now();
    await run({ data, shape });
    times.push((performance.now() - started) / (shape[0] ?? 1));
  }
  return median(times);
}
