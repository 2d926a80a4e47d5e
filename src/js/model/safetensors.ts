/** Safetensors files, in which heads are kept. */
import { CytodropError } from '../core/errors.ts';

export interface NamedFloats { name: string; shape: number[]; values: Float32Array }

/** Source: github.com/huggingface/safetensors, "Format". */
export function safetensors(tensors: readonly NamedFloats[]): Uint8Array<ArrayBuffer> {
  let at = 0;
  const entries = tensors.map(({ name, shape, values }) => {
    const begin = at;
    at += 4 * values.length;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, at] }] as const;
  });
  const json = JSON.stringify(Object.fromEntries(entries));
  // Padded, so that values begin at a multiple of eight.
  const header = new TextEncoder().encode(json.padEnd(8 * Math.ceil(json.length / 8)));
  const file = new Uint8Array(8 + header.length + at);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  let offset = 8 + header.length;
  for (const { values } of tensors) for (const value of values) {
    view.setFloat32(offset, value, true);
    offset += 4;
  }
  return file;
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
