/** What is computed of a cell beyond its verdict: the model is asked about pictures made from the one. */
import type { Agreement, Deletion, Verdict } from '#cytodrop_core';
import { batchSize, type Tensor } from '../core/engine.ts';
import { CytodropError, type UnreadFile, unreadFile } from '../core/errors.ts';
import type { Checked, Checks } from './checks.ts';
import type { Runner } from './runner.ts';

/** A cell's input of the network [1, C, H, W] and the measures of its crop. */
interface Checkable { tensor: Float32Array; shape: readonly number[]; measures: Float64Array }

/** Raises what is no `CytodropError`. */
export async function check(runner: Runner, { tensor, shape, measures }: Checkable, verdict: Verdict, { turns, map }: Checks): Promise<Checked | UnreadFile> {
  const input = { data: tensor, shape };
  try {
    return {
      ...(turns && { turns: await turnsOf(runner, input, verdict, measures) }),
      ...(map && { deletion: await deletionOf(runner, input, verdict, measures) }),
    };
  } catch (error) {
    if (error instanceof CytodropError) return unreadFile(error.code, error.message);
    throw error;
  }
}

async function turnsOf(runner: Runner, input: Tensor, verdict: Verdict, measures: Float64Array): Promise<Agreement> {
  const others = await probabilitiesOf(runner, await runner.insist((core) => core.turn(input)), measures);
  const pictures = Float64Array.from([verdict, ...others].flatMap(({ probabilities }) => Array.from(probabilities)));
  return runner.insist((core) => core.agreement(pictures, verdict.probabilities.length, verdict.class_index));
}

/** null: the map has too few regions. */
async function deletionOf(runner: Runner, input: Tensor, { class_index, probability, maps, map_height: height, map_width: width }: Verdict, measures: Float64Array): Promise<Deletion | null> {
  const regions = height * width;
  const map = maps.subarray(class_index * regions, (class_index + 1) * regions);
  const left: number[] = [];
  for (let order = 0; order < runner.core.deletionOrders; order++) {
    const steps = await runner.attempt((core) => core.deleteRegions(input, map, { height, width }, order));
    if ('status' in steps) {
      if (steps.code === 'unsupported_feature') return null;
      throw new CytodropError(steps.code, steps.message);
    }
    for (const { probabilities } of await probabilitiesOf(runner, steps, measures)) left.push(probabilities[class_index] ?? NaN);
  }
  return runner.insist((core) => core.deletion(probability, Float64Array.from(left), regions));
}

/** What the model says of several inputs made from one cell. Raises: CytodropError. */
async function probabilitiesOf(runner: Runner, { data, shape: [count = 0, ...shape] }: Tensor, measures: Float64Array): Promise<Pick<Verdict, 'probabilities'>[]> {
  const verdicts: Verdict[] = [];
  const length = data.length / count;
  for (let first = 0; first < count; first += batchSize) {
    const end = Math.min(count, first + batchSize);
    const features = await runner.run({ data: data.slice(first * length, end * length), shape: [end - first, ...shape] });
    if ('status' in features) throw new CytodropError(features.code, features.message);
    const repeated = Float64Array.from({ length: (end - first) * measures.length }, (_, i) => measures[i % measures.length] ?? NaN);
    verdicts.push(...(await runner.insist((core) => core.judge(features, repeated))));
  }
  return verdicts;
}
