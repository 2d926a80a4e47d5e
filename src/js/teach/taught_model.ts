/** A taught model as a folder of files, like any other model's. */
import type { LearnedKind } from '#cytodrop_core';
import { wilsonInterval } from '../classify/intervals.ts';
import { thresholdFor } from '../classify/verdict.ts';
import { sha256 } from '../core/sha256.ts';
import type { GoldenVerdict } from '../model/model_files.ts';
import { readTensor, safetensors } from '../model/safetensors.ts';
import { simulatedPicture } from '../model/simulated_picture.ts';
import type { ModelMetrics, ModelSpec } from '../model/spec.ts';
import type { TeachBase } from './base.ts';
import { cardOf } from './card.ts';
import { likeliest } from './examination.ts';
import type { CrossValidated, Examination } from './examined.ts';
import { type GroupedBy, verdictWords } from './words.ts';

/** What a person says of the model. */
export interface AboutModel {
  /** Of small letters, digits and hyphens. */
  name: string;
  title: string;
  /** Who taught it. */
  author?: string;
  /** Where the cells come from. */
  data?: string;
  licence?: string;
  /** What the lessons' groups were made by; `file` unless told. */
  groupedBy?: GroupedBy;
}

/** The files of a taught model by their paths, but for the golden case, which the model itself must be asked for. */
export interface TaughtFiles { spec: ModelSpec; files: Map<string, Uint8Array> }

const zeros = 16;
/** Of verdicts that are given, at most so many may be wrong on cells that were left out. */
const mostWrong = 0.05;
/** In hundredths. */
const leastThreshold = 50;

/**
 * Args:
 *   version: of the program that taught it.
 */
export async function taughtModel({ head, kind, types, lessons, ...examined }: Examination, base: TeachBase, about: AboutModel, version: string): Promise<TaughtFiles> {
  const { spec: known } = base.files;
  const width = known.network.features.channels;
  const files = new Map<string, Uint8Array>();
  const put = async (file: string, bytes: Uint8Array): Promise<{ file: string; sha256: string }> => {
    files.set(file, bytes);
    return { file, sha256: (await sha256(bytes)) ?? '' };
  };
  const layer = known.head.layers[0] as ModelSpec['head']['layers'][number];
  const [weights, bias] = base.classes.length > 0 ? grownHead(base, types.length) : [new Float32Array(types.length * width), new Float32Array(types.length)];
  const written = await put('head.safetensors', safetensors([
    { name: 'dense_0.weight', shape: [types.length, width], values: weights.map((weight, i) => weight + (head.weights[i] ?? 0)) },
    { name: 'dense_0.bias', shape: [types.length], values: bias.map((value, i) => value + (head.bias[i] ?? 0)) },
  ]));
  const network = await put(known.network.file, base.files.network);
  const { encoder } = base.files;
  if (encoder) for (const [i, { file }] of encoder.spec.networks.entries()) files.set(`encoder/${file}`, encoder.networks[i] as Uint8Array);
  const { crossValidated } = examined;
  const novelty = kind && kind.threshold !== null ? await put('novelty.safetensors', noveltyFile(kind, types.length, width)) : null;
  const frame = frameOf(lessons, known);
  const { quality: _, novelty: __, caution: ___, frame: ____, ...kept } = known;
  const spec: ModelSpec = {
    ...kept,
    name: about.name, version: '1.0.0', title: about.title,
    purpose: `Tells ${listed(types.map(({ name }) => name.toLowerCase()))} apart, as it was taught from ${lessons.length} cells.`,
    caution: `${verdictWords(crossValidated, about.groupedBy)} On another microscope it may name fewer.`,
    ...(about.author && { author: about.author }),
    network: { ...known.network, ...network },
    ...(frame && { frame }),
    classes: types,
    head: { ...written, layers: [{ ...layer, name: 'dense_0', inputs: width, outputs: types.length, activation: 'none' }], output: 'softmax' },
    judge: judgeOf(crossValidated, { ...examined, types, lessons }),
    ...(novelty && kind && { novelty: { ...novelty, rule: 'mahalanobis', dimensions: kind.dimensions, threshold: kind.threshold as number } }),
    training: {
      data: about.data ?? 'Not described.', source: about.author ?? 'Not stated.', data_licence: 'Not stated.',
      split: crossValidated ? `Cross-validated in ${crossValidated.parts} parts${crossValidated.isGrouped ? ` of ${crossValidated.groups} groups; no group stood on both sides` : ' by cell; cells of one picture stood on both sides'}.` : 'Not tested: too few cells.',
      recipe: `Cytodrop ${version}, taught on ${base.name} ${base.version}`,
      images: { train: lessons.length, validation: 0, test: 0 },
    },
    licence: about.licence ?? listed(base.licences),
    metrics: crossValidated ? { test: metricsOf(crossValidated) } : {},
    taught: {
      base: { name: base.name, version: base.version }, cells: Object.fromEntries(types.map(({ id }) => [id, lessons.filter(({ type }) => type === id).length])),
      strength: head.strength, parts: crossValidated?.parts ?? 0, grouped: crossValidated?.isGrouped ?? false, groups: crossValidated?.groups ?? 0,
      curve: (crossValidated?.curve ?? []).map(({ learnedFrom, balancedAccuracy }) => [rounded(learnedFrom, 1), rounded(balancedAccuracy)]),
      warnings: [...new Set(examined.warnings.map((warning) => warning.kind))],
    },
  };
  files.set('card.md', new TextEncoder().encode(cardOf(spec, crossValidated)));
  return { spec, files };
}

/** The whole folder: spec and golden case are added, by which every computer tests itself. */
export function withGolden({ spec, files }: TaughtFiles, golden: GoldenVerdict): Map<string, Uint8Array> {
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  return new Map([['spec.json', text(spec)], ...files, ['golden/golden.json', text({ cases: [{ image: 'drawn.bmp', ...golden }] })], ['golden/drawn.bmp', simulatedPicture()]]);
}

/** A known head with rows for new types, which begin as the mean of the others. */
function grownHead({ files: { head, spec } }: TeachBase, types: number): [weights: Float32Array, bias: Float32Array] {
  const name = spec.head.layers[0]?.name ?? 'dense_0';
  const [weights, bias] = [readTensor(head, `${name}.weight`), readTensor(head, `${name}.bias`)];
  const [known, width] = [bias.length, weights.length / bias.length];
  const row = (of: Float32Array, each: number): Float32Array => Float32Array.from({ length: each }, (_, j) => Array.from({ length: known }, (__, k) => of[k * each + j] ?? 0).reduce((sum, value) => sum + value, 0) / known);
  const [meanWeights, meanBias] = [row(weights, width), row(bias, 1)];
  const [grown, grownBias] = [new Float32Array(types * width), new Float32Array(types)];
  grown.set(weights);
  grownBias.set(bias);
  for (let type = known; type < types; type++) {
    grown.set(meanWeights, type * width);
    grownBias.set(meanBias, type);
  }
  return [grown, grownBias];
}

function noveltyFile({ mean, feature_scale, feature_limit, basis, scale, class_means, residual_scale, dimensions }: LearnedKind, types: number, width: number): Uint8Array {
  return safetensors([
    { name: 'mean', shape: [width], values: mean }, { name: 'feature_scale', shape: [width], values: feature_scale }, { name: 'feature_limit', shape: [width], values: feature_limit },
    { name: 'basis', shape: [dimensions, width], values: basis },
    { name: 'scale', shape: [dimensions], values: scale }, { name: 'class_means', shape: [types, dimensions], values: class_means }, { name: 'residual_scale', shape: [1], values: Float32Array.of(residual_scale) },
    // Light and colour are among the features already.
    { name: 'appearance_mean', shape: [zeros], values: new Float32Array(zeros) }, { name: 'appearance', shape: [zeros, zeros], values: new Float32Array(zeros ** 2) },
  ]);
}

/** The square around a cell of a frame as wide as the pictures that it was taught from; a known model keeps its own, and one of which the scale is known stays. */
function frameOf(lessons: Examination['lessons'], known: ModelSpec): ModelSpec['frame'] {
  if (known.network.kind !== 'encoder' || known.frame?.pixel_size_um != null) return known.frame;
  const middle = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const sidePx = Math.min(4096, Math.max(8, Math.round(middle(lessons.map(({ cell }) => Math.min(cell.widthPx, cell.heightPx))))));
  const sizes = lessons.flatMap(({ cell }) => (cell.pixelSizeUm === null ? [] : [cell.pixelSizeUm]));
  return { side_px: sidePx, pixel_size_um: sizes.length === lessons.length ? middle(sizes) : null, ...(known.frame?.search && { search: known.frame.search }) };
}

/** Thresholds rising by hundredths, as long as any cell is decided. */
function judgeOf(crossValidated: CrossValidated | null, { types, lessons }: Pick<Examination, 'types' | 'lessons'>): ModelSpec['judge'] {
  if (crossValidated === null) return { temperature: 1, abstain_below: 0.9 };
  const { probabilities, temperature } = crossValidated;
  const named = lessons.map(({ type }, i) => {
    const best = likeliest(probabilities, types.length, i);
    return { top: probabilities[i * types.length + best] ?? 0, isWrong: types[best]?.id !== type };
  });
  const points: [number, number, number, number, number][] = [];
  for (let hundredth = leastThreshold; hundredth < 100; hundredth++) {
    const threshold = hundredth / 100;
    const decided = named.filter(({ top }) => top >= threshold);
    if (decided.length === 0) break;
    const wrong = decided.filter(({ isWrong }) => isWrong).length;
    const [low, high] = wilsonInterval(wrong, decided.length);
    points.push([threshold, rounded(decided.length / named.length), rounded(wrong / decided.length), rounded(low), rounded(high)]);
  }
  if (points.length < 2) return { temperature, abstain_below: 0.9 };
  const judge = { temperature, abstain_below: 0, risk_coverage: points };
  return { ...judge, abstain_below: Math.min(0.95, thresholdFor({ judge }, mostWrong)?.threshold ?? 0.9) };
}

function metricsOf({ measurement, right, confusion }: CrossValidated): ModelMetrics {
  return {
    images: right.of, correct: right.cells, accuracy: rounded(right.cells / right.of), accuracy_interval_95: [rounded(right.interval[0]), rounded(right.interval[1])],
    balanced_accuracy: rounded(measurement.balanced_accuracy.value ?? 0), macro_f1: rounded(measurement.macro_f1.value ?? 0), ece: rounded(measurement.calibration_error.value ?? 0), confusion,
  };
}

const rounded = (value: number, digits = 4): number => Number(value.toFixed(digits));

function listed(words: readonly string[]): string {
  const unique = [...new Set(words)];
  return unique.length < 2 ? (unique[0] ?? '') : `${unique.slice(0, -1).join(', ')} and ${unique.at(-1)}`;
}
