/** What the files beside an exported network tell of it: those of Hugging Face, timm and Teachable Machine; and what is left to guess. */
import { CytodropError } from '../core/errors.ts';
import type { NetworkParts } from './network_parts.ts';
import type { OnnxFile } from './onnx_graph.ts';
import type { NetworkAnswers } from './own_network.ts';

/** Where an answer comes from: a file's name, `network` for the network itself; what is in none is a guess. */
export type Told = Partial<Record<keyof NetworkAnswers, string>>;
export interface Guessed { answers: NetworkAnswers; told: Told }

/** Texts by the names of their files, without folders. */
export type FilesBeside = ReadonlyMap<string, string>;

/** Names of files that are read beside a network. */
export const readBeside = ['config.json', 'preprocessor_config.json', 'metadata.json', 'labels.txt', 'model.json'] as const;

/** A network in another form, and how it becomes one that can be run. Raises: CytodropError, `unsupported_format`, in one line. */
export function refuseOtherForms(files: FilesBeside): void {
  if (/"(modelTopology|weightsManifest)"/.test(files.get('model.json')?.slice(0, 1e6) ?? '')) {
    throw new CytodropError('unsupported_format', 'It is a TensorFlow.js model, which cannot be run here; make an ONNX file of it: export it as Keras (Teachable Machine offers that), then “python -m tf2onnx.convert --keras keras_model.h5 --output model.onnx”.');
  }
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Raises: CytodropError, `corrupt`, in one line. */
function jsonOf(files: FilesBeside, name: string): Json {
  const text = files.get(name);
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new CytodropError('corrupt', `The file ${name} beside the network is no JSON.`);
}

const numbers = (value: unknown, most = 3): number[] | undefined => (Array.isArray(value) && value.length >= 1 && value.length <= most && value.every((one) => typeof one === 'number' && Number.isFinite(one)) ? (value as number[]) : undefined);
const side = (value: unknown): number | undefined => (typeof value === 'number' && Number.isInteger(value) && value >= 8 && value <= 1_024 ? value : undefined);
const names = (value: unknown): string[] | undefined => (Array.isArray(value) && value.length >= 2 && value.length <= 5_000 && value.every((one) => typeof one === 'string') ? (value as string[]) : undefined);

/** {"0": "a", "1": "b"} as a list. */
function listed(value: unknown): string[] | undefined {
  if (!isObject(value)) return undefined;
  const all = Object.entries(value).sort(([a], [b]) => Number(a) - Number(b));
  return names(all.map(([, name]) => name));
}

/** Means and spreads as one of the usual ranges, where they are one. */
function rangeOf(mean: number[], spread: number[]): Pick<NetworkAnswers, 'range' | 'mean' | 'spread'> {
  const all = (list: number[], value: number): boolean => list.every((one) => Math.abs(one - value) < 1e-3);
  const like = (list: number[], other: number[]): boolean => list.length === 3 && list.every((one, i) => Math.abs(one - (other[i] ?? NaN)) < 1e-3);
  if (all(mean, 0) && all(spread, 1)) return { range: 'unit', mean, spread };
  if (all(mean, 0.5) && all(spread, 0.5)) return { range: 'signed', mean, spread };
  if (like(mean, [0.485, 0.456, 0.406]) && like(spread, [0.229, 0.224, 0.225])) return { range: 'imagenet', mean, spread };
  return { range: 'own', mean, spread };
}

type Partly = Partial<NetworkAnswers>;

function fromHuggingFace(config: Json, preprocessor: Json): Partly {
  const size = preprocessor['crop_size'] ?? preprocessor['size'];
  const sidePx = side(size) ?? (isObject(size) ? side(size['height']) ?? side(size['shortest_edge']) : undefined) ?? side(config['image_size']);
  const [mean, spread] = [numbers(preprocessor['image_mean']), numbers(preprocessor['image_std'])];
  const isScaled = preprocessor['do_rescale'] !== false;
  const range: Partly = preprocessor['do_normalize'] !== false && mean && spread ? rangeOf(isScaled ? mean : mean.map((one) => one / 255), isScaled ? spread : spread.map((one) => one / 255)) : 'do_rescale' in preprocessor || 'do_normalize' in preprocessor ? { range: isScaled ? 'unit' : 'bytes' } : {};
  const types = listed(config['id2label']);
  return { ...(types && { types }), ...(sidePx && { sidePx }), ...range, ...(typeof preprocessor['do_center_crop'] === 'boolean' && { crop: preprocessor['do_center_crop'] ? 'square' : 'whole' }) };
}

function fromTimm(config: Json): Partly {
  const inner = config['pretrained_cfg'];
  if (!isObject(inner)) return {};
  const size = numbers(inner['input_size']);
  const [mean, spread] = [numbers(inner['mean']), numbers(inner['std'])];
  const types = names(config['label_names']) ?? names(inner['label_names']);
  const sidePx = side(size?.[2]);
  return { ...(types && { types }), ...(sidePx && { sidePx }), ...(mean && spread && rangeOf(mean, spread)), crop: 'square' };
}

function fromTeachableMachine(metadata: Json, labels: string | undefined): Partly {
  const listedThere = names(metadata['labels']);
  const lines = (labels ?? '').split(/\r?\n/).map((line) => line.replace(/^\d+\s+/, '').trim()).filter((line) => line !== '');
  const types = listedThere ?? (lines.length >= 2 ? lines : undefined);
  const sidePx = side(metadata['imageSize']);
  const isTheirs = 'tmVersion' in metadata || 'tfjsVersion' in metadata || (labels !== undefined && /^0 /.test(labels));
  return { ...(types && { types }), ...(sidePx && { sidePx }), ...(isTheirs && { range: 'signed', crop: 'square', layout: 'nhwc', output: 'probabilities' }) };
}

/** Names of classes that the network's own notes hold, as some exporters write them. */
function fromNotes(notes: ReadonlyMap<string, string>): Partly {
  const text = notes.get('names') ?? notes.get('id2label') ?? notes.get('labels') ?? notes.get('classes') ?? '';
  // A list or a dictionary, of Python or of JSON; or words with commas.
  const quoted = [...text.matchAll(/(?:\d+["']?\s*:\s*)?(["'])(.*?)\1(?=\s*[,}\]]|$)/g)].map(([, , name = '']) => name);
  const types = names(quoted.length >= 2 ? quoted : text.split(',').map((name) => name.trim()).filter((name) => name !== ''));
  return types ? { types } : {};
}

/** A network from PyTorch was likely trained as its models are, one from Keras as Keras' MobileNets are. */
function usual({ producer }: OnnxFile, { input, scalesItself, end, values }: NetworkParts): NetworkAnswers {
  const isKeras = /tf2onnx|keras|tensorflow/i.test(producer);
  const count = Math.max(2, Math.min(values ?? 2, 64));
  return {
    title: '', author: '', types: Array.from({ length: count }, (_, i) => `Type ${i + 1}`), sidePx: input.widthPx ?? 224, channels: input.channels === 1 ? 'grey' : 'rgb',
    range: scalesItself ? 'bytes' : input.type === 2 ? 'bytes' : isKeras ? 'signed' : input.channels === 1 ? 'unit' : 'imagenet', mean: [0, 0, 0], spread: [1, 1, 1],
    layout: input.layout ?? (isKeras ? 'nhwc' : 'nchw'), output: end === null && isKeras ? 'probabilities' : 'logits', crop: 'whole',
  };
}

/**
 * Answers all that a network's form asks, from the files beside it where they tell.
 *
 * Raises: CytodropError in one line, for a file that cannot be read.
 */
export function guessAnswers(file: OnnxFile, parts: NetworkParts, fileName: string, files: FilesBeside): Guessed {
  const config = jsonOf(files, 'config.json');
  const sources: [string, Partly][] = [
    ['network', fromNotes(file.notes)], ['labels.txt', fromTeachableMachine({}, files.get('labels.txt'))], ['metadata.json', fromTeachableMachine(jsonOf(files, 'metadata.json'), undefined)],
    ['config.json', { ...fromHuggingFace(config, {}), ...fromTimm(config) }], ['preprocessor_config.json', fromHuggingFace({}, jsonOf(files, 'preprocessor_config.json'))],
  ];
  const answers = { ...usual(file, parts), title: fileName.replace(/^.*\//, '').replace(/\.[a-z]+$/i, '').replace(/[_-]+/g, ' ').trim() };
  const told: Told = {};
  for (const [source, partly] of sources) {
    const fitting = partly.types && parts.values !== null && partly.types.length !== parts.values && !(parts.values === 1 && partly.types.length === 2) ? { ...partly, types: undefined } : partly;
    for (const [key, value] of Object.entries(fitting)) if (value !== undefined) Object.assign(answers, { [key]: value }) && (told[key as keyof NetworkAnswers] = source);
  }
  // The network itself knows better.
  const known: Partly = {
    ...(parts.input.widthPx !== null && { sidePx: parts.input.widthPx }), ...(parts.input.layout !== null && { layout: parts.input.layout }), ...(parts.end !== null && { output: 'logits' }),
    ...(parts.input.channels === 1 && { channels: 'grey' }),
  };
  for (const key of Object.keys(known)) told[key as keyof NetworkAnswers] = 'network';
  return { answers: { ...answers, ...known }, told };
}
