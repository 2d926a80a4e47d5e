/** What an ONNX file consists of, as far as a network is told apart into features and head. The values of its weights stay in the file. */
import { CytodropError } from '../core/errors.ts';
import { fieldsOf, integersIn, invalidNetwork, type ProtoField, textIn, within } from './protobuf.ts';

/** Types of elements, as ONNX numbers them. */
export const elementTypes = { float: 1, uint8: 2, int32: 6, int64: 7, float16: 10, double: 11 } as const;

/** A constant. `message`: it as it stands in the file. */
export interface OnnxTensor { name: string; dims: number[]; type: number; message: Uint8Array }

export interface OnnxAttribute { number: number; integer: number; integers: number[]; tensor: OnnxTensor | null }

export interface OnnxNode { type: string; inputs: string[]; outputs: string[]; attributes: Map<string, OnnxAttribute>; hasGraph: boolean; message: Uint8Array }

/** `shape`: a side that is free is null; null: not told. */
export interface OnnxValue { name: string; type: number; shape: (number | null)[] | null }

export interface OnnxFile {
  nodes: OnnxNode[];
  constants: Map<string, OnnxTensor>;
  /** Without the constants that older files list among them. */
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  producer: string;
  /** Notes of whoever wrote it, such as the names of classes. */
  notes: Map<string, string>;
  /** All but the graph, as it stands in the file. */
  around: ProtoField[];
}

/** As the core has it, and what a browser's memory bears several times over. */
export const mostNetworkBytes = 256_000_000;
const [mostNodes, mostConstants] = [10_000, 20_000];
/** Fields and numbers of a whole file, those of weights apart; the largest networks have some hundred thousand. */
const mostParts = 3_000_000;
const mostNoteBytes = 1_000_000;

/**
 * Reads an ONNX file; untrusted input is safe.
 *
 * Raises: CytodropError, `invalid_model` or `too_large`, in one line for a person.
 * Source: onnx.proto of ONNX 1.16.
 */
export function readOnnx(file: Uint8Array): OnnxFile {
  if (file.length > mostNetworkBytes) throw new CytodropError('too_large', `The network has ${Math.ceil(file.length / 1e6)} MB; networks up to ${mostNetworkBytes / 1e6} MB are taken.`);
  return within(mostParts, () => readFile(file));
}

function readFile(file: Uint8Array): OnnxFile {
  const found: OnnxFile = { nodes: [], constants: new Map(), inputs: [], outputs: [], producer: '', notes: new Map(), around: [] };
  let graph: Uint8Array | undefined;
  for (const field of fieldsOf(file)) {
    if (field.number === 7) {
      graph = field.bytes;
      continue;
    }
    found.around.push(field);
    if (field.number === 2) found.producer = textIn(field).slice(0, 100);
    if (field.number === 14) {
      const [key = '', value = ''] = pairOf(field.bytes);
      if (found.notes.size < 100) found.notes.set(key, value);
    }
  }
  if (graph === undefined) throw invalidNetwork('it holds no graph');
  readGraph(graph, found);
  return found;
}

function pairOf(message: Uint8Array): [string, string] {
  const words: [string, string] = ['', ''];
  for (const field of fieldsOf(message)) if (field.number === 1 || field.number === 2) words[field.number - 1] = textIn(field, mostNoteBytes);
  return words;
}

function readGraph(graph: Uint8Array, found: OnnxFile): void {
  const inputs: OnnxValue[] = [];
  for (const field of fieldsOf(graph)) {
    switch (field.number) {
      case 1: found.nodes.push(readNode(field.bytes)); break;
      case 5: {
        const tensor = readTensor(field.bytes);
        found.constants.set(tensor.name, tensor);
        break;
      }
      case 11: inputs.push(readValue(field.bytes)); break;
      case 12: found.outputs.push(readValue(field.bytes)); break;
    }
    if (found.nodes.length > mostNodes || found.constants.size > mostConstants || inputs.length > mostConstants || found.outputs.length > mostConstants) throw new CytodropError('too_large', 'The network has too many parts to be read.');
  }
  if (found.nodes.length === 0) throw invalidNetwork('it holds no graph');
  for (const { type, outputs, attributes } of found.nodes) {
    const value = type === 'Constant' ? attributes.get('value')?.tensor : undefined;
    if (value && outputs[0] !== undefined) found.constants.set(outputs[0], { ...value, name: outputs[0] });
  }
  found.inputs = inputs.filter(({ name }) => !found.constants.has(name));
}

function readNode(message: Uint8Array): OnnxNode {
  const node: OnnxNode = { type: '', inputs: [], outputs: [], attributes: new Map(), hasGraph: false, message };
  let domain = '';
  for (const field of fieldsOf(message)) {
    switch (field.number) {
      case 1: node.inputs.push(textIn(field)); break;
      case 2: node.outputs.push(textIn(field)); break;
      case 4: node.type = textIn(field); break;
      case 5: readAttribute(field.bytes, node); break;
      case 7: domain = textIn(field); break;
    }
  }
  if (domain !== '' && domain !== 'ai.onnx') node.type = `${domain}.${node.type}`;
  return node;
}

function readAttribute(message: Uint8Array, node: OnnxNode): void {
  const attribute: OnnxAttribute = { number: 0, integer: 0, integers: [], tensor: null };
  let name = '';
  for (const field of fieldsOf(message)) {
    switch (field.number) {
      case 1: name = textIn(field); break;
      case 2: if (field.bytes.length === 4) attribute.number = viewOf(field.bytes).getFloat32(0, true); break;
      case 3: attribute.integer = field.value; break;
      case 5: attribute.tensor = readTensor(field.bytes); break;
      case 6: case 11: node.hasGraph = true; break;
      case 8: attribute.integers = [...attribute.integers, ...integersIn(field)].slice(0, 1_000); break;
    }
  }
  node.attributes.set(name, attribute);
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView => new DataView(buffer, byteOffset, byteLength);

function readTensor(message: Uint8Array): OnnxTensor {
  const tensor: OnnxTensor = { name: '', dims: [], type: 0, message };
  for (const field of fieldsOf(message)) {
    switch (field.number) {
      case 1: tensor.dims.push(...integersIn(field)); break;
      case 2: tensor.type = field.value; break;
      case 8: tensor.name = textIn(field); break;
      case 13: throw new CytodropError('invalid_model', 'The network keeps its weights in another file; export it as one file.');
      case 14: if (field.value !== 0) throw new CytodropError('invalid_model', 'The network keeps its weights in another file; export it as one file.');
    }
  }
  if (tensor.dims.length > 8 || tensor.dims.some((side) => !Number.isSafeInteger(side) || side < 0 || side > 2 ** 24)) throw invalidNetwork('a constant of it has an impossible shape');
  return tensor;
}

function readValue(message: Uint8Array): OnnxValue {
  const value: OnnxValue = { name: '', type: 0, shape: null };
  for (const field of fieldsOf(message)) {
    if (field.number === 1) value.name = textIn(field);
    if (field.number !== 2) continue;
    for (const kind of fieldsOf(field.bytes)) {
      if (kind.number !== 1) continue;
      for (const part of fieldsOf(kind.bytes)) {
        if (part.number === 1) value.type = part.value;
        if (part.number === 2) value.shape = readShape(part.bytes);
      }
    }
  }
  return value;
}

function readShape(message: Uint8Array): (number | null)[] {
  const shape: (number | null)[] = [];
  for (const field of fieldsOf(message)) {
    if (field.number !== 1) continue;
    let side: number | null = null;
    for (const part of fieldsOf(field.bytes)) if (part.number === 1) side = part.value > 0 && part.value < 2 ** 24 ? part.value : null;
    shape.push(side);
    if (shape.length > 8) throw invalidNetwork('an input of it has an impossible shape');
  }
  return shape;
}

/** The values of a constant of float32 or float16; null for one of another type. Raises: CytodropError where there are not as many as its shape says. */
export function floatsOf({ dims, type, message }: OnnxTensor): Float32Array | null {
  const count = dims.reduce((product, side) => product * side, 1);
  if (type !== elementTypes.float && type !== elementTypes.float16) return null;
  if (count > mostNetworkBytes) throw invalidNetwork('a constant of it has an impossible shape');
  const { raw, listed, integers } = valuesOf(message);
  const found = type === elementTypes.float ? (raw ? new Float32Array(raw) : Float32Array.from(listed)) : Float32Array.from(raw ? new Uint16Array(raw) : integers, fromFloat16);
  if (found.length !== count) throw invalidNetwork('a constant of it has another size than its shape says');
  return found;
}

/** Whole numbers of a constant of int64 or int32; empty for one of another type. */
export function integersOf({ dims, type, message }: OnnxTensor): number[] {
  // Only sides and axes are asked for.
  if (dims.reduce((product, side) => product * side, 1) > 1_000) return [];
  const { raw, longs, integers } = valuesOf(message);
  if (type === elementTypes.int64) return raw ? Array.from(new BigInt64Array(raw), Number) : longs;
  return type === elementTypes.int32 ? (raw ? Array.from(new Int32Array(raw)) : integers) : [];
}

function valuesOf(message: Uint8Array): { raw: ArrayBuffer | null; listed: number[]; integers: number[]; longs: number[] } {
  let raw: ArrayBuffer | null = null;
  const listed: number[] = [];
  const integers: number[] = [];
  const longs: number[] = [];
  for (const field of fieldsOf(message)) {
    if (field.number === 9) raw = new Uint8Array(field.bytes).buffer;
    // Of what is left over at the end nothing is a value.
    if (field.number === 4 && raw === null) for (let at = 0; at + 4 <= field.bytes.length; at += 4) listed.push(viewOf(field.bytes).getFloat32(at, true));
    if (field.number === 5) for (const value of integersIn(field)) integers.push(value);
    if (field.number === 7) for (const value of integersIn(field)) longs.push(value);
  }
  if (raw !== null && raw.byteLength % 8 !== 0 && raw.byteLength % 4 !== 0 && raw.byteLength % 2 !== 0) throw invalidNetwork('a constant of it ends within a value');
  return { raw, listed, integers, longs };
}

/** Source: IEEE 754-2019, binary16. */
function fromFloat16(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
