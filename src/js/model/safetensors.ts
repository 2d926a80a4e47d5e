/** Writes safetensors files, in which heads are kept. */

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
