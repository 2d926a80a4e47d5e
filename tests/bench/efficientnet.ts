/**
 * EfficientNetV2-B0 as an ONNX file with random weights: for time, weights do not matter.
 *
 * Batch normalisation is folded into the convolutions, as a converter does it.
 * Source: Tan and Le 2021, EfficientNetV2, table 4; B0 widths and repeats as in Keras 3 `efficientnet_v2`.
 */

type Field = [number: number, value: string | number | Uint8Array | Field[]];

/** A message in protocol-buffer encoding: a number is a varint, text and bytes and messages carry their length. */
function encode(fields: Field[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'number') {
      pieces.push(varint(number << 3), varint(value));
    } else {
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value instanceof Uint8Array ? value : encode(value);
      pieces.push(varint((number << 3) | 2), varint(bytes.length), bytes);
    }
  }
  return Buffer.concat(pieces);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Uint8Array.of(...bytes, value);
}

/** An attribute's value and its type: a whole number, a text or whole numbers. */
function attribute(value: number | string | number[]): Field[] {
  if (typeof value === 'number') return [[3, value], [20, 2]];
  if (typeof value === 'string') return [[4, value], [20, 3]];
  return [...value.map((each): Field => [8, each]), [20, 7]];
}

class GraphWriter {
  readonly nodes: Field[] = [];
  readonly initializers: Field[] = [];
  parameters = 0;
  #names = 0;
  #seed = 1;

  node(type: string, inputs: string[], attributes: Record<string, number | number[] | string> = {}): string {
    const output = `v${this.#names++}`;
    this.nodes.push([1, [
      ...inputs.map((input): Field => [1, input]), [2, output], [4, type],
      ...Object.entries(attributes).map(([name, value]): Field => [5, [[1, name], ...attribute(value)]]),
    ]]);
    return output;
  }

  #weights(shape: number[], scale: number): string {
    const name = `w${this.#names++}`;
    const values = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => {
      this.#seed = (this.#seed * 16807) % 2147483647;
      return (this.#seed / 2147483647 - 0.5) * 2 * scale;
    });
    this.parameters += values.length;
    this.initializers.push([5, [...shape.map((size): Field => [1, size]), [2, 1], [8, name], [9, new Uint8Array(values.buffer)]]]);
    return name;
  }

  convolution(input: string, inputs: number, outputs: number, kernel: number, stride = 1, group = 1): string {
    const fanIn = (inputs / group) * kernel * kernel;
    const weight = this.#weights([outputs, inputs / group, kernel, kernel], Math.sqrt(3 / fanIn));
    return this.node('Conv', [input, weight, this.#weights([outputs], 0.1)], {
      kernel_shape: [kernel, kernel], strides: [stride, stride], group, auto_pad: 'SAME_UPPER',
    });
  }

  silu(input: string): string {
    return this.node('Mul', [input, this.node('Sigmoid', [input])]);
  }
}

interface Stage { fused: boolean; repeats: number; outputs: number; expansion: number; stride: number }

const stages: Stage[] = [
  { fused: true, repeats: 1, outputs: 16, expansion: 1, stride: 1 },
  { fused: true, repeats: 2, outputs: 32, expansion: 4, stride: 2 },
  { fused: true, repeats: 2, outputs: 48, expansion: 4, stride: 2 },
  { fused: false, repeats: 3, outputs: 96, expansion: 4, stride: 2 },
  { fused: false, repeats: 5, outputs: 112, expansion: 6, stride: 1 },
  { fused: false, repeats: 8, outputs: 192, expansion: 6, stride: 2 },
];

function block(graph: GraphWriter, input: string, inputs: number, { fused, outputs, expansion, stride }: Stage): string {
  const hidden = inputs * expansion;
  let value = input;
  if (fused && expansion === 1) {
    value = graph.silu(graph.convolution(value, inputs, outputs, 3, stride));
  } else if (fused) {
    value = graph.silu(graph.convolution(value, inputs, hidden, 3, stride));
    value = graph.convolution(value, hidden, outputs, 1);
  } else {
    value = graph.silu(graph.convolution(value, inputs, hidden, 1));
    value = graph.silu(graph.convolution(value, hidden, hidden, 3, stride, hidden));
    const squeezed = graph.silu(graph.convolution(graph.node('GlobalAveragePool', [value]), hidden, inputs / 4, 1));
    value = graph.node('Mul', [value, graph.node('Sigmoid', [graph.convolution(squeezed, inputs / 4, hidden, 1)])]);
    value = graph.convolution(value, hidden, outputs, 1);
  }
  return stride === 1 && inputs === outputs ? graph.node('Add', [value, input]) : value;
}

/** Returns: the ONNX file, its input `image` N×3×224×224 and its output `features` N×1280×7×7. */
export function efficientNetV2B0(): { network: Uint8Array; parameters: number } {
  const graph = new GraphWriter();
  let channels = 32;
  let value = graph.silu(graph.convolution('image', 3, channels, 3, 2));
  for (const stage of stages) {
    for (let repeat = 0; repeat < stage.repeats; repeat++) {
      value = block(graph, value, channels, repeat === 0 ? stage : { ...stage, stride: 1 });
      channels = stage.outputs;
    }
  }
  value = graph.silu(graph.convolution(value, channels, 1280, 1));
  graph.nodes.push([1, [[1, value], [2, 'features'], [4, 'Identity']]]);
  const tensor = (number: number, name: string, sizes: number[]): Field => {
    const dimensions: Field[] = [[1, [[2, 'n']]], ...sizes.map((size): Field => [1, [[1, size]]])];
    return [number, [[1, name], [2, [[1, [[1, 1], [2, dimensions]]]]]]];
  };
  const ends = [tensor(11, 'image', [3, 224, 224]), tensor(12, 'features', [1280, 7, 7])];
  const body: Field[] = [...graph.nodes, [2, 'efficientnetv2_b0'], ...graph.initializers, ...ends];
  return { network: encode([[1, 8], [7, body], [8, [[2, 17]]]]), parameters: graph.parameters };
}
