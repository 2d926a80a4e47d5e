/** Proves on a model's own test image that this computer computes what the training code did. */
import type { Verdict } from '#cytodrop_core';
import type { Core } from '../core/core.ts';
import { type Engine, withPlaces } from '../core/engine.ts';
import { CytodropError } from '../core/errors.ts';
import type { GoldenVerdict, ModelFiles } from '../model/model_files.ts';

/** The model's first golden image, run here and compared with what the training code computed; of several workers the worst. */
export interface SelfTest { passed: boolean; maxLogitDifference: number }

const maxLogitDifference = 1e-3;
/** As a share of what is expected: a distance has no scale of its own. */
const maxNoveltyDifference = 1e-4;

/**
 * Decodes, prepares, runs and judges the golden image and compares with what the training code computed.
 *
 * A tensor that were prepared otherwise would move the logits; comparing it as well would cost a download larger than the core.
 */
export async function testItself({ golden, spec }: ModelFiles, core: Core, engine: Engine): Promise<SelfTest> {
  const verdict = await verdictOfGolden(golden.image, core, engine);
  const logitDifference = largestDifference(verdict?.logits ?? [], golden.logits);
  return {
    passed:
      logitDifference <= maxLogitDifference &&
      spec.classes[verdict?.class_index ?? -1]?.id === golden.label &&
      (golden.novelty === undefined || Math.abs((verdict?.novelty ?? NaN) - golden.novelty) <= maxNoveltyDifference * golden.novelty) &&
      (golden.foreign === undefined || verdict?.foreign === golden.foreign) &&
      (golden.quality === undefined || verdict?.quality.map(({ flag }) => flag).join() === golden.quality.join()),
    maxLogitDifference: logitDifference,
  };
}

/** What a model says of its golden image here, to be compared with on other computers. Raises: CytodropError. */
export async function goldenVerdict({ golden, spec }: ModelFiles, core: Core, engine: Engine): Promise<GoldenVerdict> {
  const verdict = await verdictOfGolden(golden.image, core, engine);
  if (verdict === undefined) throw new CytodropError('internal', 'The model says nothing of its own image.');
  const { class_index, logits, novelty, foreign, quality } = verdict;
  return {
    label: spec.classes[class_index]?.id ?? '', logits: Array.from(logits),
    ...(novelty !== null && { novelty, foreign, quality: quality.map(({ flag }) => flag) }),
  };
}

async function verdictOfGolden(image: Uint8Array, core: Core, engine: Engine): Promise<Verdict | undefined> {
  const prepared = core.prepare(image);
  return core.judge(withPlaces(await engine.run({ data: prepared.tensor, shape: prepared.shape })), prepared.measures)[0];
}

/** Infinity when the lengths differ or a value is not a number, so that nothing passes by accident. */
function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}

/** Of all workers, since any of them may have computed any image. */
export function worstSelfTest(selfTests: readonly SelfTest[]): SelfTest {
  return {
    passed: selfTests.length > 0 && selfTests.every(({ passed }) => passed),
    maxLogitDifference: Math.max(...selfTests.map(({ maxLogitDifference }) => maxLogitDifference)),
  };
}
