/** Protocol-buffer messages, field by field, as ONNX files are made of them; they may come from anybody. */
import { CytodropError } from '../core/errors.ts';

/** `value`: of a varint, as a signed number; `bytes`: what a field with a length holds, or the four or eight bytes of a fixed one. */
export interface ProtoField { number: number; kind: 'varint' | 'fixed' | 'bytes'; value: number; bytes: Uint8Array }

const nothing = new Uint8Array();

export function invalidNetwork(what: string): CytodropError {
  return new CytodropError('invalid_model', `It is no ONNX network that can be read: ${what}.`);
}

/** What is still read: a file of nothing but tiny fields would keep a page busy for minutes. */
let partsLeft = Infinity;

/** Reads no more than so many fields and numbers. */
export function within<Result>(parts: number, read: () => Result): Result {
  const before = partsLeft;
  partsLeft = parts;
  try {
    return read();
  } finally {
    partsLeft = before;
  }
}

function count(): void {
  if (--partsLeft < 0) throw new CytodropError('too_large', 'The network has too many parts to be read.');
}

/**
 * The fields of a message, in order.
 *
 * Raises: CytodropError, `invalid_model`, where it is cut off or none.
 * Source: protobuf.dev, "Encoding".
 */
export function* fieldsOf(message: Uint8Array): Generator<ProtoField, void, undefined> {
  const reader = new Reader(message);
  while (!reader.atEnd) {
    count();
    const tag = reader.varint();
    const number = Math.floor(tag / 8);
    if (tag < 8) throw invalidNetwork('it is not protocol-buffer encoded');
    switch (tag % 8) {
      case 0: yield { number, kind: 'varint', value: reader.varint(), bytes: nothing }; break;
      case 1: yield { number, kind: 'fixed', value: 0, bytes: reader.take(8) }; break;
      case 2: yield { number, kind: 'bytes', value: 0, bytes: reader.take(reader.varint()) }; break;
      case 5: yield { number, kind: 'fixed', value: 0, bytes: reader.take(4) }; break;
      default: throw invalidNetwork('it is not protocol-buffer encoded');
    }
  }
}

/** Whole numbers of a repeated field, which comes packed or one by one. */
export function integersIn({ kind, value, bytes }: ProtoField): number[] {
  if (kind === 'varint') return [value];
  const reader = new Reader(bytes);
  const all: number[] = [];
  while (!reader.atEnd) {
    count();
    all.push(reader.varint());
  }
  return all;
}

/** Nobody's names are longer. */
const mostNameBytes = 4_096;

export function textIn({ bytes }: ProtoField, mostBytes = mostNameBytes): string {
  if (bytes.length > mostBytes) throw invalidNetwork('a name in it is too long');
  return new TextDecoder().decode(bytes);
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** As a signed number of 64 bits; one that no number holds exactly is rounded, and no length or shape is as large. */
  varint(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 128) {
      this.#at++;
      return first;
    }
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw invalidNetwork('it is cut off');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
    throw invalidNetwork('it is not protocol-buffer encoded');
  }

  take(length: number): Uint8Array {
    if (length < 0 || this.#at + length > this.#bytes.length) throw invalidNetwork('it is cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

/** A field to write: a number is a varint, text and bytes and messages carry their length. */
export type Written = [number: number, value: number | string | Uint8Array | Written[]];

/** Puts a message together. */
export function encode(fields: readonly Written[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'number') {
      parts.push(varint(number * 8), varint(value));
    } else {
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value instanceof Uint8Array ? value : encode(value);
      parts.push(varint(number * 8 + 2), varint(bytes.length), bytes);
    }
  }
  const message = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (message.set(part, at), at + part.length), 0);
  return message;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.of(...bytes, Number(rest));
}
