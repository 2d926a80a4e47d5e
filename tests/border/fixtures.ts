/** What the tests under Node share: the built core, the model's files, the first golden image. */
import { readFileSync, readdirSync } from 'node:fs';
import createCytodropCore, { type CytodropCore, type Result } from '#cytodrop_core';
import type { ModelSpec } from '../../src/js/model/spec.ts';

export const root = new URL('../../', import.meta.url);

export function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, root)));
}

export function jsonOf<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8')) as T;
}

export const model = 'models/blood-smear';
export const specJson = readFileSync(new URL(`${model}/spec.json`, root), 'utf8');
export const spec = JSON.parse(specJson) as ModelSpec;
export const head = bytesOf(`${model}/${spec.head.file}`);
/** Empty while the model has no statistics of its training images. */
export const novelty = spec.novelty ? bytesOf(`${model}/${spec.novelty.file}`) : new Uint8Array();

export interface GoldenCase {
  image: string;
  tensor: string;
  tensor_shape: number[];
  features: string;
  features_shape: number[];
  logits: number[];
  probabilities: number[];
  label: string;
  unsure: boolean;
  novelty?: number;
  foreign?: boolean;
  measures: number[];
  quality: string[];
  map: { class: string; height: number; width: number; values: number[] };
}

export const goldenCases = jsonOf<{ cases: GoldenCase[] }>(`${model}/golden/golden.json`).cases;
export const goldenImage = bytesOf(`${model}/golden/${goldenCases[0]?.image}`);

/** Folders in models/ of one kind, in alphabetical order; a spec that says none is a classifier's. */
export function modelsOfKind(kind: 'classifier' | 'detector' | 'encoder'): string[] {
  const names = readdirSync(new URL('models/', root), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  return names.filter((name) => (jsonOf<{ kind?: string }>(`models/${name}/spec.json`).kind ?? 'classifier') === kind);
}

/** A model of a few kilobytes that has statistics of its training images, and golden images of which one is foreign. */
export const tinyModel = 'tests/golden/tiny-shapes';
export const tinySpecJson = readFileSync(new URL(`${tinyModel}/spec.json`, root), 'utf8');
export const tinySpec = JSON.parse(tinySpecJson) as ModelSpec & { novelty: NonNullable<ModelSpec['novelty']> };
export const tinyCases = jsonOf<{ cases: Required<GoldenCase>[] }>(`${tinyModel}/golden/golden.json`).cases;

export function floatsOf(path: string): Float32Array {
  return new Float32Array(bytesOf(path).buffer);
}

export function openModule(): Promise<CytodropCore> {
  return createCytodropCore({ wasmBinary: bytesOf('build/wasm/cytodrop_core.wasm') });
}

export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.value;
}

export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`expected ${expected.length} values, got ${actual.length}`);
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs((actual[i] ?? NaN) - (expected[i] ?? NaN));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
