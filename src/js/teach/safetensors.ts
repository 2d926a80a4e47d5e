/** Tensors as a file: the length of a JSON header, the header, the values. Source: huggingface/safetensors, "Format". */
import { CytodropError } from '../core/errors.ts';

export interface NamedTensor { shape: readonly number[]; values: Float32Array }

export function writeSafetensors(tensors: Readonly<Record<string, NamedTensor>>): Uint8Array<ArrayBuffer> {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { shape, values }]) => {
    const data_offsets = [end, (end += 4 * values.length)];
    return [name, { dtype: 'F32', shape, data_offsets }] as const;
  });
  const text = JSON.stringify(Object.fromEntries(entries));
  const header = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const bytes = new Uint8Array(8 + header.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let at = 8 + header.length;
  for (const { values } of Object.values(tensors)) {
    new Float32Array(bytes.buffer, at, values.length).set(values);
    at += 4 * values.length;
  }
  return bytes;
}

/**
 * One float32 tensor of a file that the core has taken already.
 *
 * Raises: CytodropError, `invalid_model`.
 */
export function readTensor(bytes: Uint8Array, name: string): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, { dtype: string; data_offsets: [number, number] } | undefined>;
  const tensor = header[name];
  if (tensor?.dtype !== 'F32') throw new CytodropError('invalid_model', `The head has no float32 tensor ${name}.`);
  // A copy of its own, which begins where a float32 may.
  return new Float32Array(new Uint8Array(bytes.subarray(8 + length + tensor.data_offsets[0], 8 + length + tensor.data_offsets[1])).buffer);
}
