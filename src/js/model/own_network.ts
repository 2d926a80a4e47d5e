/** Makes a model of a network that somebody exported and of what they say of it. */
import { CytodropError } from '../core/errors.ts';
import { sha256 } from '../core/sha256.ts';
import type { GoldenVerdict, ModelFiles } from './model_files.ts';
import { cutNetwork } from './network_cut.ts';
import type { DenseLayer, Layout, NetworkParts } from './network_parts.ts';
import type { OnnxFile } from './onnx_graph.ts';
import { safetensors } from './safetensors.ts';
import { simulatedPicture } from './simulated_picture.ts';
import type { ModelClass, ModelSpec } from './spec.ts';

export const pixelRanges = ['unit', 'bytes', 'signed', 'imagenet', 'own'] as const;
/** `unit`: 0 to 1; `bytes`: 0 to 255; `signed`: −1 to 1; `imagenet`: mean and spread of ImageNet, of each channel; `own`: others. */
export type PixelRange = (typeof pixelRanges)[number];

/** What files do not tell, or tell in their own way. */
export interface NetworkAnswers {
  title: string;
  /** Who made it; empty: not told. */
  author: string;
  /** Names of types, in the order of what the network gives. */
  types: string[];
  sidePx: number;
  channels: 'rgb' | 'bgr' | 'grey';
  range: PixelRange;
  /** On the scale from 0 to 1, for `own`. */
  mean: number[];
  spread: number[];
  layout: Layout;
  output: 'logits' | 'probabilities';
  /** What of a picture is looked at: all of it, stretched, or the largest square in the middle. */
  crop: 'whole' | 'square';
}

export const [mostTypes, leastSidePx, mostSidePx] = [64, 8, 1_024] as const;

/** Of ImageNet, on the scale from 0 to 1. */
const imagenet = { mean: [0.485, 0.456, 0.406], spread: [0.229, 0.224, 0.225] };

const goldenName = 'simulated.bmp';

/** The values of a channel are divided by `spread` less `mean`, on the scale from 0 to 255. */
function normalisation({ range, mean, spread, channels }: NetworkAnswers): { mean: number[]; std: number[] } {
  const [means, spreads] = {
    unit: [[0, 0, 0], [1, 1, 1]], bytes: [[0, 0, 0], [1 / 255, 1 / 255, 1 / 255]], signed: [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]], imagenet: [imagenet.mean, imagenet.spread], own: [mean, spread],
  }[range] as [number[], number[]];
  // Pictures come as red, green, blue, and are turned round after this: a network's first channel is then blue, with blue's own mean.
  const pick = (values: number[]): number[] => {
    const three = values.length === 1 ? [values[0], values[0], values[0]] as number[] : values;
    if (channels === 'grey') return [range === 'imagenet' ? 0.2989 * (three[0] ?? 0) + 0.587 * (three[1] ?? 0) + 0.114 * (three[2] ?? 0) : (three[0] ?? 0)];
    return range === 'own' && channels === 'bgr' ? [...three].reverse() : three;
  };
  return { mean: pick(means).map((value) => value * 255), std: pick(spreads).map((value) => value * 255) };
}

/** Letters and ids that differ, for types of any names. */
export function classesOf(types: readonly string[]): ModelClass[] {
  const [ids, letters] = [new Set<string>(), new Set<string>()];
  return types.map((name, i) => {
    const stem = name.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '') || `type_${i + 1}`;
    let id = stem;
    for (let number = 2; ids.has(id); number++) id = `${stem}_${number}`;
    ids.add(id);
    const wanted = [...name.toUpperCase().normalize('NFKD').replace(/[^A-Z]/g, ''), ...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const letter = wanted.find((one) => !letters.has(one)) ?? (wanted[0] as string);
    letters.add(letter);
    return { id, name, letter, description: `What the network calls “${name}”.` };
  });
}

function identity(size: number): DenseLayer {
  return { inputs: size, outputs: size, weight: Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)), bias: new Float32Array(size) };
}

/** Whether a network's one value says which of two types it is. */
export function isOneOfTwo({ types }: Pick<NetworkAnswers, 'types'>, { values }: Pick<NetworkParts, 'values'>): boolean {
  return types.length === 2 && values === 1;
}

export function tooManyTypes(values: number): CytodropError {
  return new CytodropError('too_large', `The network tells ${values} types apart; up to ${mostTypes} can be shown.`);
}

/** What is wrong with the answers, as far as it is known before anything is run. Raises: CytodropError in one line for a person. */
function checkAnswers(answers: NetworkAnswers, { values, input }: NetworkParts): void {
  const fail = (what: string): never => { throw new CytodropError('invalid_argument', what); };
  const { types, sidePx, channels, range, mean, spread } = answers;
  if (values !== null && values > mostTypes) throw tooManyTypes(values);
  if (types.length < 2 || types.length > mostTypes) fail(`There must be 2 to ${mostTypes} types.`);
  if (types.some((name) => name.trim() === '' || name.length > 100) || new Set(types).size !== types.length) fail('Types must have names that differ.');
  if (values !== null && values !== types.length && !isOneOfTwo(answers, { values })) fail(`The network gives ${values} values, and there are ${types.length} types.`);
  if (!Number.isInteger(sidePx) || sidePx < leastSidePx || sidePx > mostSidePx) fail(`The side must be ${leastSidePx} to ${mostSidePx} px.`);
  if (input.channels !== null && (channels === 'grey') !== (input.channels === 1)) fail(`The network takes ${input.channels === 1 ? 'grey pictures' : 'pictures in colour'}.`);
  const isFull = (list: number[]): boolean => (list.length === 1 || list.length === (channels === 'grey' ? 1 : 3)) && list.every(Number.isFinite);
  if (range === 'own' && !(isFull(mean) && isFull(spread) && spread.every((one) => one > 0))) fail('Mean and spread must have a number for each channel, or one for all.');
}

/** A model that is not tried yet. */
export interface Draft { spec: ModelSpec; network: Uint8Array; head: Uint8Array; golden: Uint8Array }

/**
 * Makes a model of a network.
 *
 * Args:
 *   whole: the network as it is, whose logits are all that is known; else cut where its last layer was found.
 * Raises: CytodropError in one line for a person.
 */
export async function draftOf(file: OnnxFile, parts: NetworkParts, answers: NetworkAnswers, fileName: string, whole: boolean): Promise<Draft> {
  checkAnswers(answers, parts);
  const { types, title, author, sidePx, channels, crop } = answers;
  const isTwo = isOneOfTwo(answers, parts);
  const outputs = isTwo ? 1 : types.length;
  const isProbability = parts.end === null && answers.output === 'probabilities';
  const cut = whole || isProbability ? null : parts.cut;
  const layers = cut === null || cut.head.length === 0 ? [identity(outputs)] : cut.head;
  const height = parts.input.heightPx ?? sidePx;
  const width = parts.input.widthPx ?? sidePx;
  const { network, input, output } = cutNetwork(file, parts, { layout: answers.layout, isReversed: channels === 'bgr', channels: channels === 'grey' ? 1 : 3, height, width, output: cut?.tensor ?? parts.logits, undo: isProbability ? (isTwo ? 'sigmoid' : 'softmax') : null });
  const names = layers.map((_, i) => (layers.length === 1 ? 'dense' : `dense_${i + 1}`));
  const head = safetensors(layers.flatMap(({ inputs, outputs: rows, weight, bias }, i) => [{ name: `${names[i]}.weight`, shape: [rows, inputs], values: weight }, { name: `${names[i]}.bias`, shape: [rows], values: bias }]));
  const sumOf = async (bytes: Uint8Array): Promise<string> => (await sha256(bytes)) ?? '0'.repeat(64);
  const known = author.trim() === '' ? 'somebody who is not named' : author.trim();
  const spec = {
    schema_version: 1, name: slug(title), version: '1.0.0', title: title.trim().slice(0, 200) || 'A network of my own', purpose: `Tells apart: ${types.join(', ')}.`.slice(0, 4_000),
    caution: 'A network that somebody brought: nobody measured here how often it is right, and it cannot tell an image unlike those that it learned from.',
    ...(author.trim() !== '' && { author: author.trim().slice(0, 200) }),
    network: {
      file: 'network.onnx', sha256: await sumOf(network), bytes: network.length, architecture: `a network from ${fileName}${file.producer === '' ? '' : `, written by ${file.producer}`}`.slice(0, 300), parameters: parts.parameters,
      input, output, ...(parts.input.isOneByOne && { batch: 1 as const }), features: { channels: layers[0]?.inputs ?? outputs, height: 1, width: 1 },
    },
    input: { width_px: width, height_px: height, channels: channels === 'grey' ? 'grey' as const : 'rgb' as const },
    crop: crop === 'square' ? { rule: 'centre_square' as const, side_px: 16_384 } : { rule: 'none' as const },
    resize: { rule: 'bilinear_antialiased' }, normalisation: { rule: 'mean_std', ...normalisation(answers) }, pixel_size_um: null, classes: classesOf(types),
    head: { file: 'head.safetensors', sha256: await sumOf(head), ...{ layers: layers.map(({ inputs, outputs: rows }, i) => ({ name: names[i] as string, inputs, outputs: rows, activation: i + 1 < layers.length ? 'relu' : 'none' })), output: isTwo ? 'sigmoid' : 'softmax' } },
    judge: { temperature: 1, abstain_below: 0.5 },
    training: { data: 'not known', source: `brought by ${known} as ${fileName}`, data_licence: 'not known', split: 'not known', images: { train: 0, validation: 0, test: 0 }, recipe: 'not known' },
    licence: 'not told', metrics: {},
  } satisfies ModelSpec & Record<string, unknown>;
  return { spec, network, head, golden: simulatedPicture() };
}

function slug(title: string): string {
  return title.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60).replace(/-+$/, '') || 'own-network';
}

/** As a worker takes it; its test image has nothing yet to be compared with. */
export function filesOfDraft({ spec, network, head, golden }: Draft): ModelFiles {
  return { specJson: JSON.stringify(spec), spec, network, head, novelty: new Uint8Array(), golden: { image: golden, logits: [], label: '' } };
}

/** What a trial of a draft found. */
export interface TriedDraft extends GoldenVerdict { height: number; width: number }

/** The model's folder, with what a trial found of its test image. */
export function folderOfDraft({ spec, network, head, golden }: Draft, { logits, label, height, width }: TriedDraft): Map<string, Uint8Array> {
  const final = { ...spec, network: { ...spec.network, features: { ...spec.network.features, height, width } } };
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  return new Map([
    ['spec.json', text(`${JSON.stringify(final, null, 2)}\n`)], ['network.onnx', network], ['head.safetensors', head], ['card.md', text(cardOf(final))],
    ['golden/golden.json', text(`${JSON.stringify({ cases: [{ image: goldenName, logits, label }] }, null, 2)}\n`)], [`golden/${goldenName}`, golden],
  ]);
}

function cardOf({ title, purpose, classes, author, network: { architecture, features }, training: { source } }: ModelSpec): string {
  return [
    `# ${title}`, '', purpose, '', '## What it is for, and what not', '', 'For whoever brought it: nothing about it was measured here. For research and teaching; not for diagnosis.', '',
    ...classes.map(({ name, letter }) => `- ${letter}: ${name}`), '', '## Where it fails', '',
    `It is not known what it learned from or how often it is right. It cannot tell an image unlike those that it learned from, and names a type all the same.${features.height * features.width === 1 ? ' It gives no map of what spoke for a type.' : ''}`, '',
    '## Where it comes from', '', `${architecture}; ${source}${author === undefined ? '' : `; made by ${author}`}. Cytodrop made this folder of it: the network up to its features, the layers after them as a head, and a drawn picture for the self-test.`, '',
  ].join('\n');
}
