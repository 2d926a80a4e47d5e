/** Writes small ONNX files for tests. */

export type Field = [number: number, value: string | number | Uint8Array | Field[]];

/** A message in protocol-buffer encoding: a number is a varint, text and bytes and messages carry their length. */
export function encode(fields: Field[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'number') {
      pieces.push(varint(number * 8), varint(value));
    } else {
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value instanceof Uint8Array ? value : encode(value);
      pieces.push(varint(number * 8 + 2), varint(bytes.length), bytes);
    }
  }
  return Buffer.concat(pieces);
}

function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.of(...bytes, Number(rest));
}

/** A whole number, whole numbers, a text or, in an object, a float. */
export type AttributeValue = number | number[] | string | { float: number };

function attribute(name: string, value: AttributeValue): Field {
  if (typeof value === 'number') return [5, [[1, name], [3, value], [20, 2]]];
  if (typeof value === 'string') return [5, [[1, name], [4, value], [20, 3]]];
  if (Array.isArray(value)) return [5, [[1, name], ...value.map((each): Field => [8, each]), [20, 7]]];
  // A float has a wire type of its own, which the encoder above does not know: the message is put together by hand.
  const float = new Uint8Array(new Float32Array([value.float]).buffer);
  return [5, Buffer.concat([encode([[1, name]]), Uint8Array.of(2 * 8 + 5), float, encode([[20, 1]])])];
}

/** A graph from input `x` to output `y`. */
export class GraphWriter {
  readonly #nodes: Field[] = [];
  readonly #constants: Field[] = [];
  #names = 0;

  /** Adds an operator; returns the name of what it gives. */
  node(type: string, inputs: string[], attributes: Record<string, AttributeValue> = {}): string {
    const output = `v${this.#names++}`;
    this.#nodes.push([1, [
      ...inputs.map((input): Field => [1, input]), [2, output], [4, type],
      ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ]]);
    return output;
  }

  floats(shape: number[], values: Float32Array): string {
    return this.#constant(shape, 1, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  integers(values: number[]): string {
    return this.#constant([values.length], 7, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
  }

  #constant(shape: number[], type: number, raw: Uint8Array): string {
    const name = `c${this.#names++}`;
    this.#constants.push([5, [...shape.map((side): Field => [1, side]), [2, type], [8, name], [9, raw]]]);
    return name;
  }

  /** The whole file; a text in the shape is the name of a free side. */
  file(inputShape: (number | string)[], output: string, opset = 17): Uint8Array {
    const dimensions = inputShape.map((side): Field => [1, [typeof side === 'string' ? [2, side] : [1, side]]]);
    const end = (number: number, name: string, shape: Field[]): Field => [number, [[1, name], [2, [[1, [[1, 1], ...shape]]]]]];
    const graph: Field[] = [
      ...this.#nodes, [1, [[1, output], [2, 'y'], [4, 'Identity']]], [2, 'graph'], ...this.#constants,
      end(11, 'x', [[2, dimensions]]), end(12, 'y', []),
    ];
    return encode([[1, 8], [7, graph], [8, [[2, opset]]]]);
  }
}
