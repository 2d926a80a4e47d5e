/** What the scripts share that learn heads by the built core from features that Python wrote. */
import { readFileSync } from 'node:fs';
import createCytodropCore, { type CytodropCore, type LearnedHead, type Result } from '#cytodrop_core';

export function openCore(): Promise<CytodropCore> {
  return createCytodropCore({ wasmBinary: readFileSync(new URL('../build/wasm/cytodrop_core.wasm', import.meta.url)) });
}

export function floats(file: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(file)).buffer);
}

export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** Logits [types] of a cell of features [cells][D]. */
export function logitsOf({ weights, bias }: LearnedHead, features: Float32Array, cell: number): number[] {
  const width = weights.length / bias.length;
  return Array.from(bias, (first, type) => {
    let sum = first;
    for (let j = 0; j < width; j++) sum += (weights[type * width + j] as number) * (features[cell * width + j] as number);
    return sum;
  });
}

/** The type of each cell. */
export function namedBy(head: LearnedHead, features: Float32Array): number[] {
  const cells = features.length / (head.weights.length / head.bias.length);
  return Array.from({ length: cells }, (_, cell) => {
    const logits = logitsOf(head, features, cell);
    return logits.indexOf(Math.max(...logits));
  });
}
