/** A network cut to what is needed of it, taking pictures as Cytodrop makes them. */
import { elementTypes, type OnnxFile, type OnnxNode } from './onnx_graph.ts';
import { isToChannelsFirst, type Layout, type NetworkParts } from './network_parts.ts';
import { encode, type Written } from './protobuf.ts';

export interface CutOptions {
  /** Of the network as it came. */
  layout: Layout;
  /** It takes blue, green, red. */
  isReversed: boolean;
  channels: number;
  height: number;
  width: number;
  /** Name of what it is to give. */
  output: string;
  /** Makes logits of the probabilities that it gives, by these rules; null: nothing. */
  undo: 'softmax' | 'sigmoid' | null;
}

/** Below this a probability is nothing. */
const leastProbability = 1e-7;

/** Returns: an ONNX file with one input, float32 N×C×H×W, and one output, float32. */
export function cutNetwork(file: OnnxFile, { input }: NetworkParts, options: CutOptions): { network: Uint8Array<ArrayBuffer>; input: string; output: string } {
  const maker = new Maker(file);
  const { nodes, constants } = maker;
  const type = input.type;
  let at = maker.name('picture');
  const pictures = at;
  if (options.isReversed) at = maker.add('Conv', [at, maker.floats([3, 3, 1, 1], [0, 0, 1, 0, 1, 0, 1, 0, 0])], { kernel_shape: [1, 1] });
  // Where the network's own first step turns the order of channels round, it is left out rather than undone.
  const readers = file.nodes.filter(({ inputs }) => inputs.includes(input.name));
  const turn = options.layout === 'nhwc' && type === elementTypes.float && readers.length === 1 && readers[0] && isToChannelsFirst(readers[0]) ? readers[0] : undefined;
  if (options.layout === 'nhwc' && !turn) at = maker.add('Transpose', [at], { perm: [0, 2, 3, 1] });
  if (type !== elementTypes.float) at = maker.add('Cast', [at], { to: type });
  nodes.push(node('Identity', [at], turn ? (turn.outputs[0] ?? '') : input.name));
  const needed = neededNodes(file, options.output);
  nodes.push(...needed.nodes.filter((one) => one !== turn).map(({ message }) => message));
  constants.push(...[...file.constants.values()].filter(({ name }) => needed.names.has(name) && !needed.made.has(name)).map(({ message }) => message));
  // What is not told to be float32 inside is so, or it is what the input is.
  let output = type === elementTypes.float || type === elementTypes.uint8 ? options.output : maker.add('Cast', [options.output], { to: elementTypes.float });
  if (options.undo === 'softmax') output = maker.add('Log', [maker.add('Add', [output, maker.floats([], [leastProbability])])]);
  if (options.undo === 'sigmoid') {
    const inside = maker.add('Add', [maker.add('Mul', [output, maker.floats([], [1 - 2 * leastProbability])]), maker.floats([], [leastProbability])]);
    output = maker.add('Sub', [maker.add('Log', [inside]), maker.add('Log', [maker.add('Sub', [maker.floats([], [1]), inside])])]);
  }
  const batch: Written = [1, input.isOneByOne ? [[1, 1]] : [[2, 'N']]];
  const shape: Written[] = [batch, ...[options.channels, options.height, options.width].map((side): Written => [1, [[1, side]]])];
  const value = (name: string, sides: Written[]): Written[] => [[1, name], [2, [[1, [[1, elementTypes.float], ...sides]]]]];
  const graph: Written[] = [
    ...nodes.map((message): Written => [1, message]), [2, 'network'], ...constants.map((message): Written => [5, message]), [11, value(pictures, [[2, shape]])], [12, value(output, [])],
  ];
  const around = file.around.filter(({ number, kind }) => number !== 14 && kind !== 'fixed').map(({ number, kind, value: number64, bytes }): Written => [number, kind === 'varint' ? number64 : bytes]);
  return { network: encode([...around, [7, graph]]), input: pictures, output };
}

type Attributes = Record<string, number | number[]>;

function node(type: string, inputs: readonly string[], output: string, attributes: Attributes = {}): Uint8Array {
  return encode([
    ...inputs.map((input): Written => [1, input]), [2, output], [4, type],
    ...Object.entries(attributes).map(([name, value]): Written => [5, typeof value === 'number' ? [[1, name], [3, value], [20, 2]] : [[1, name], ...value.map((one): Written => [8, one]), [20, 7]]]),
  ]);
}

/** Adds nodes and constants under names that the file does not have. */
class Maker {
  readonly nodes: Uint8Array[] = [];
  readonly constants: Uint8Array[] = [];
  readonly #taken: Set<string>;

  constructor({ nodes, constants, inputs }: OnnxFile) {
    this.#taken = new Set([...nodes.flatMap((one) => [...one.inputs, ...one.outputs]), ...constants.keys(), ...inputs.map(({ name }) => name)]);
  }

  name(stem: string): string {
    let name = stem;
    for (let number = 2; this.#taken.has(name); number++) name = `${stem}_${number}`;
    this.#taken.add(name);
    return name;
  }

  add(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = this.name(type.toLowerCase());
    this.nodes.push(node(type, inputs, output, attributes));
    return output;
  }

  floats(dims: number[], values: number[]): string {
    const name = this.name('constant');
    this.constants.push(encode([...dims.map((side): Written => [1, side]), [2, elementTypes.float], [8, name], [9, new Uint8Array(Float32Array.from(values).buffer)]]));
    return name;
  }
}

/** The nodes that a value depends on, in order; all of them where a graph stands inside one, which may read anything. `names`: what they read; `made`: what they give. */
function neededNodes({ nodes }: OnnxFile, output: string): { nodes: OnnxNode[]; names: Set<string>; made: Set<string> } {
  const names = new Set([output]);
  const kept: OnnxNode[] = [];
  const keepAll = nodes.some(({ hasGraph }) => hasGraph);
  for (const one of [...nodes].reverse()) {
    if (!keepAll && !one.outputs.some((name) => names.has(name))) continue;
    for (const name of one.inputs) names.add(name);
    kept.push(one);
  }
  return { nodes: kept.reverse(), names, made: new Set(kept.flatMap(({ outputs }) => outputs)) };
}
