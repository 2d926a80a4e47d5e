/** Typed arrays in JSON: `{"~f32": "…"}`, the bytes little-endian in base64; numbers that JSON has not: `{"~number": "NaN"}`. */

const kinds = { '~f32': Float32Array, '~f64': Float64Array } as const;
type Kind = keyof typeof kinds;
const number = '~number';

const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export function typedStringify(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => {
    if (typeof one === 'number' && !Number.isFinite(one)) return { [number]: String(one) };
    for (const kind of Object.keys(kinds) as Kind[]) if (one instanceof kinds[kind]) return { [kind]: toBase64(new Uint8Array(one.buffer, one.byteOffset, one.byteLength)) };
    return one;
  });
}

/** Raises: SyntaxError for what is no JSON, or no such array. */
export function typedParse(text: string): unknown {
  return JSON.parse(text, (key, one: unknown) => {
    // It would be the prototype of what it stands in.
    if (key === '__proto__') throw new SyntaxError('__proto__');
    if (typeof one !== 'object' || one === null) return one;
    const [kind, ...others] = Object.keys(one);
    if (others.length === 0 && kind === number) return Number((one as Record<string, unknown>)[kind]);
    if (others.length > 0 || !(kind !== undefined && kind in kinds)) return one;
    const bytes = fromBase64((one as Record<string, unknown>)[kind]);
    const of = kinds[kind as Kind];
    if (!isLittle || bytes.length % of.BYTES_PER_ELEMENT !== 0) throw new SyntaxError(kind);
    return new of(bytes.buffer);
  });
}

/** So many bytes at a time, since each is an argument. */
const chunk = 0x8000;

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += chunk) binary += String.fromCharCode(...bytes.subarray(i, i + chunk));
  return btoa(binary);
}

function fromBase64(text: unknown): Uint8Array<ArrayBuffer> {
  if (typeof text !== 'string') throw new SyntaxError('base64');
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    throw new SyntaxError('base64');
  }
}
