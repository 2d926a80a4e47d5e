/** Finds a network among files that a person hands over, as they come out of a folder or a zip. */
import { CytodropError } from '../core/errors.ts';
import { filesOfZip, unpacked } from '../core/unzip.ts';
import { type Guessed, guessAnswers, readBeside, refuseOtherForms } from './export_habits.ts';
import { findParts, type NetworkParts } from './network_parts.ts';
import { mostTypes, tooManyTypes } from './own_network.ts';
import { mostNetworkBytes, type OnnxFile, readOnnx } from './onnx_graph.ts';

export interface NamedFile { name: string; bytes: number; read: () => Promise<Uint8Array> }

export interface FoundNetwork { fileName: string; file: OnnxFile; parts: NetworkParts; guessed: Guessed }

const mostBesideBytes = 5_000_000;

const last = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** What is in a zip, unpacked when it is read. Raises: CytodropError, `invalid_model`, in one line. */
export async function filesInZip(zip: Blob): Promise<NamedFile[]> {
  const entries = await filesOfZip(zip, 10_000, {
    none: () => new CytodropError('invalid_model', 'It is no zip file, or it is damaged.'), tooMany: () => new CytodropError('invalid_model', 'It has too many parts for a model.'),
  });
  return [...entries].filter(([name]) => !name.startsWith('__MACOSX/')).map(([name, entry]) => ({
    name, bytes: entry.uncompressedSize, read: () => unpacked(entry).catch(() => { throw new CytodropError('invalid_model', `The file ${name} in it cannot be unpacked.`); }),
  }));
}

/** Networks in forms that cannot be run, by their endings, and what makes ONNX of them. */
const otherForms: [ending: RegExp, words: string][] = [
  [/\.(pt|pth|ckpt)$/i, 'It is a PyTorch file, which cannot be run here; make an ONNX file of it with torch.onnx.export.'],
  [/\.(h5|keras|hdf5)$/i, 'It is a Keras file, which cannot be run here; make an ONNX file of it: “python -m tf2onnx.convert --keras FILE --output model.onnx”.'],
  [/\.tflite$/i, 'It is a TensorFlow Lite file, which cannot be run here; make an ONNX file of it: “python -m tf2onnx.convert --tflite FILE --output model.onnx”.'],
  [/\.safetensors$/i, 'There are weights in it and no graph; export it as ONNX: “optimum-cli export onnx --model FOLDER OUT”.'],
];

/**
 * The network among files, what is found in it, and answers to what it does not tell.
 *
 * Raises: CytodropError in one line for a person.
 */
export async function networkAmong(files: readonly NamedFile[]): Promise<FoundNetwork> {
  const beside = new Map<string, string>();
  for (const { name, bytes, read } of files) {
    if ((readBeside as readonly string[]).includes(last(name)) && bytes <= mostBesideBytes && !beside.has(last(name))) beside.set(last(name), new TextDecoder().decode(await read()));
  }
  const networks = files.filter(({ name }) => /\.onnx$/i.test(name));
  // Exporters write several of one network: the one that was not made smaller comes first.
  const [one] = [...networks].sort((a, b) => Number(last(a.name) !== 'model.onnx') - Number(last(b.name) !== 'model.onnx') || a.name.length - b.name.length);
  if (!one) {
    refuseOtherForms(beside);
    const form = otherForms.find(([ending]) => files.some(({ name }) => ending.test(name)));
    throw new CytodropError('unsupported_format', form?.[1] ?? 'There is no model of Cytodrop and no ONNX network in it.');
  }
  if (one.bytes > mostNetworkBytes) throw new CytodropError('too_large', `The network has ${Math.ceil(one.bytes / 1e6)} MB; networks up to ${mostNetworkBytes / 1e6} MB are taken.`);
  const file = readOnnx(await one.read());
  const parts = findParts(file);
  if (parts.values !== null && parts.values > mostTypes) throw tooManyTypes(parts.values);
  return { fileName: last(one.name), file, parts, guessed: guessAnswers(file, parts, last(one.name), beside) };
}
