/** What a worker is asked about learning, and its answers. */
import type { LabelledCells, LearnedHead, LearnedKind, LeftOut, LessonPlan, Lessons, Measurement } from '#cytodrop_core';
import { Runner } from '../classify/runner.ts';
import { goldenVerdict } from '../classify/self_test.ts';
import type { Core } from '../core/core.ts';
import type { GoldenVerdict, ModelFiles } from '../model/model_files.ts';

export type LearnCall =
  | { of: 'plan'; lessons: Lessons }
  | { of: 'leave_out'; lessons: Lessons; part: number }
  | { of: 'head'; lessons: Lessons; strength: number | null }
  | { of: 'kind'; lessons: Lessons; distances: Float64Array }
  | { of: 'temperature'; logits: Float64Array; labels: Int32Array; types: number }
  | { of: 'suggest'; lessons: Lessons; labelled: number; uncertainties: Float64Array; count: number }
  | { of: 'measure'; cells: LabelledCells; draws: number }
  | { of: 'golden'; files: ModelFiles };

export interface LearnResults {
  plan: LessonPlan; leave_out: LeftOut; head: LearnedHead; kind: LearnedKind; temperature: number; suggest: Int32Array; measure: Measurement; golden: GoldenVerdict;
}

/** Raises: CytodropError. */
export async function answerLearnCall(core: Core, coreWasm: Uint8Array, call: LearnCall): Promise<LearnResults[LearnCall['of']]> {
  switch (call.of) {
    case 'plan': return core.planLessons(call.lessons);
    case 'leave_out': return core.leavePartOut(call.lessons, call.part);
    case 'head': return core.learnHead(call.lessons, call.strength);
    case 'kind': return core.learnKind(call.lessons, call.distances);
    case 'temperature': return core.fitTemperature(call.logits, call.labels, call.types);
    case 'suggest': return core.suggestLessons(call.lessons, call.labelled, call.uncertainties, call.count);
    case 'measure': return core.measureCells(call.cells, call.draws);
    case 'golden': {
      const runner = await Runner.open(call.files, coreWasm, { force: 'core', openOnnxRuntime: () => Promise.reject(new Error('a taught model runs in the core')) });
      try {
        return await goldenVerdict(call.files, runner.core, runner.engine);
      } finally {
        runner.close();
      }
    }
  }
}
