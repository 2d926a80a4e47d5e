/** How well types can be told apart by what was learned, measured on cells that were not learned from. */
import type { LearnedHead, LearnedKind, LeftOut, LessonPlan, Lessons, Measurement } from '#cytodrop_core';
import type { TeachBase } from './base.ts';
import type { CrossValidated, Examination } from './examined.ts';
import { backgroundLessons, coreLessons, type Lesson, softmax, type TaughtType } from './lessons.ts';
import { warningsOf } from './warnings.ts';

/** What learns: the core, in a worker or not. */
export interface Learning {
  /** How many of these it works on at once; what waits beyond could not be called off. */
  atOnce: number;
  plan(lessons: Lessons): Promise<LessonPlan>;
  leaveOut(lessons: Lessons, part: number): Promise<LeftOut>;
  head(lessons: Lessons, strength: number | null): Promise<LearnedHead>;
  kind(lessons: Lessons, distances: Float64Array): Promise<LearnedKind>;
  temperature(logits: Float64Array, labels: Int32Array, types: number): Promise<number>;
  measure(cells: { truth: Int32Array; probabilities: Float64Array; groups: Int32Array; types: number }): Promise<Measurement>;
}

export interface ExamineOptions {
  /** Told how much of the work is done, 0 to 1. */
  onProgress?: (done: number) => void;
  signal?: Pick<AbortSignal, 'throwIfAborted'>;
}

/**
 * Learns from labelled cells, leaves each of their groups out once, and says what to mind.
 *
 * Args:
 *   types: in the model's order; at least two have a lesson; those that the base knows come first.
 * Raises: CytodropError, `invalid_argument`; the signal's reason.
 */
export async function examine(learning: Learning, lessons: readonly Lesson[], types: readonly TaughtType[], base: TeachBase, { onProgress = () => {}, signal }: ExamineOptions = {}): Promise<Examination> {
  const given = coreLessons(lessons, types, base);
  const plan = await learning.plan(given);
  const grouped = { ...given, groups: plan.groups };
  const steps = 2 * plan.parts + 3;
  let done = 0;
  const step = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    signal?.throwIfAborted();
    onProgress(++done / steps);
    return result;
  };
  signal?.throwIfAborted();
  const parts = Array.from({ length: plan.parts }, (_, part) => part);
  const corners = backgroundLessons(grouped, lessons);
  let head: LearnedHead = { weights: new Float32Array(), bias: new Float32Array(), strength: 0 };
  const [left, leftByCorners]: [LeftOut[], LeftOut[]] = [[], []];
  // The longest first, so that none is left at the end for one to work on alone.
  const tasks = [
    async () => { head = await learning.head(grouped, null); },
    ...parts.map((part) => async () => { left[part] = await learning.leaveOut(grouped, part); }),
    ...parts.map((part) => async () => { leftByCorners[part] = await learning.leaveOut(corners, part); }),
  ];
  await inTurns(tasks.map((task) => () => step(task())), learning.atOnce, signal);
  const logits = gathered(left, lessons.length * types.length, ({ logits: own }) => own, types.length);
  const distances = gathered(left, lessons.length, (part) => part.distances, 1);
  const kind = plan.parts > 0 ? await step(learning.kind(grouped, distances)) : null;
  const crossValidated = plan.parts > 0 ? await crossValidate(learning, grouped, plan, left, leftByCorners, logits, distances) : null;
  onProgress(1);
  const shown = { types: [...types], lessons, alike: plan.alike, crossValidated };
  return { ...shown, head, kind, warnings: warningsOf(shown), doubtful: doubtfulOf(shown) };
}

/** Raises: what a task raises, the signal's reason; no further task is begun then. */
async function inTurns(tasks: readonly (() => Promise<void>)[], atOnce: number, signal: ExamineOptions['signal']): Promise<void> {
  let next = 0;
  let isOver = false;
  const turn = async (): Promise<void> => {
    while (next < tasks.length && !isOver) {
      try {
        signal?.throwIfAborted();
        await (tasks[next++] as () => Promise<void>)();
      } catch (error) {
        isOver = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, turn));
}

async function crossValidate(learning: Learning, lessons: Lessons, plan: LessonPlan, left: LeftOut[], byCorners: LeftOut[], logits: Float64Array, distances: Float64Array): Promise<CrossValidated> {
  const { labels, groups, types } = lessons;
  const temperature = await learning.temperature(logits, labels, types);
  const probabilities = softmaxRows(logits, types, temperature);
  const measurement = await learning.measure({ truth: labels, probabilities, groups, types });
  const confusion = Array.from({ length: types }, () => new Array<number>(types).fill(0));
  labels.forEach((label, i) => { const row = confusion[label] as number[]; const named = likeliest(probabilities, types, i); row[named] = (row[named] as number) + 1; });
  const cells = confusion.reduce((sum, row, type) => sum + (row[type] as number), 0);
  const curve = (left[0]?.curve ?? []).map((_, i) => ({ learnedFrom: mean(left.map(({ curve: own }) => own[i]?.learned_from ?? 0)), balancedAccuracy: mean(left.map(({ curve: own }) => own[i]?.balanced_accuracy ?? 0)) }));
  const cornerLogits = gathered(byCorners, logits.length, ({ logits: own }) => own, types);
  return {
    parts: plan.parts, isGrouped: plan.is_grouped, groups: new Set(groups).size, temperature, probabilities, measurement,
    right: { cells, of: labels.length, interval: measurement.accuracy.interval ?? [0, 1] }, confusion,
    partAccuracies: left.map(({ curve: own }) => own.at(-1)?.balanced_accuracy ?? 0), curve,
    distances, background: balancedAccuracy(cornerLogits, labels, types),
  };
}

/** Values of the parts' cells in the order of the lessons. */
function gathered(parts: readonly LeftOut[], length: number, of: (part: LeftOut) => Float64Array, width: number): Float64Array {
  const all = new Float64Array(length);
  for (const part of parts) part.cells.forEach((cell, i) => all.set(of(part).subarray(i * width, (i + 1) * width), cell * width));
  return all;
}

function softmaxRows(logits: Float64Array, types: number, temperature: number): Float64Array {
  const all = new Float64Array(logits.length);
  for (let first = 0; first < logits.length; first += types) all.set(softmax(logits.subarray(first, first + types), temperature), first);
  return all;
}

export function likeliest(values: Float64Array, types: number, row: number): number {
  const own = values.subarray(row * types, (row + 1) * types);
  return own.indexOf(Math.max(...own));
}

function balancedAccuracy(values: Float64Array, labels: Int32Array, types: number): number {
  const shares = Array.from({ length: types }, (_, type) => {
    const own = [...labels.keys()].filter((i) => labels[i] === type);
    return own.length === 0 ? [] : [own.filter((i) => likeliest(values, types, i) === type).length / own.length];
  }).flat();
  return mean(shares);
}

function doubtfulOf({ types, lessons, crossValidated }: Pick<Examination, 'types' | 'lessons' | 'crossValidated'>): Examination['doubtful'] {
  if (crossValidated === null) return [];
  const { probabilities } = crossValidated;
  return lessons
    .map(({ type }, lesson) => {
      const best = likeliest(probabilities, types.length, lesson);
      return { lesson, probability: probabilities[lesson * types.length + types.findIndex(({ id }) => id === type)] ?? 0, likelier: types[best]?.id ?? '', type };
    })
    .filter(({ likelier, type }) => likelier !== type)
    .sort((a, b) => a.probability - b.probability)
    .map(({ type: _, ...doubt }) => doubt);
}

const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length);
