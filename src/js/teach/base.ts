/** What a model is taught on: an encoder, that knows no types, or a model whose types are kept. */
import { sha256 } from '../core/sha256.ts';
import type { FrameSquare } from '../frames/search.ts';
import type { EncoderFiles } from '../model/encoder.ts';
import { featureCount } from '../model/encoder.ts';
import type { ModelFiles } from '../model/model_files.ts';
import { safetensors } from '../model/safetensors.ts';
import { simulatedPicture } from '../model/simulated_picture.ts';
import type { ModelClass, ModelSpec } from '../model/spec.ts';

export interface TeachBase {
  name: string;
  version: string;
  title: string;
  /** Those that it knows; none of an encoder. */
  classes: ModelClass[];
  /** Lengths of the blocks of features that weigh the same. */
  blocks: number[];
  /** The model that cells are shown to: of an encoder one with a head that says nothing. */
  files: ModelFiles;
  licences: string[];
}

/** Not called spec.json, of which a model has one. */
const encoderFile = 'encoder/encoder.json';

const usualSquare: FrameSquare = { sidePx: 64, pixelSizeUm: null };

/** Whether a model's head can be learned further: one dense layer, a probability for each type. */
export function canStartFrom(spec: ModelSpec): boolean {
  return spec.head.output === 'softmax' && spec.head.layers.length === 1;
}

export function modelBase(files: ModelFiles): TeachBase {
  const { name, version, title, classes, network, licence } = files.spec;
  return { name, version, title, classes, blocks: [network.features.channels], files, licences: [`${title}: ${licence}`] };
}

/** An encoder as a model with two types of which nothing is known: its head is zero. */
export async function encoderBase(encoder: EncoderFiles, blocks: number[], frame: FrameSquare = usualSquare): Promise<TeachBase> {
  const { spec } = encoder;
  const blank = blankSpec(encoder, frame);
  const head = safetensors([{ name: 'dense_0.weight', shape: [2, featureCount(spec)], values: new Float32Array(2 * featureCount(spec)) }, { name: 'dense_0.bias', shape: [2], values: new Float32Array(2) }]);
  const network = new TextEncoder().encode(encoder.specJson);
  blank.network.sha256 = (await sha256(network)) ?? '';
  blank.head.sha256 = (await sha256(head)) ?? '';
  const files: ModelFiles = {
    specJson: JSON.stringify(blank), spec: blank, network, encoder, head, novelty: new Uint8Array(),
    golden: { image: simulatedPicture(), logits: [0, 0], label: 'one' },
  };
  const licences = spec.networks.map(({ architecture, licence }) => `${architecture}: ${licence}`);
  return { name: spec.name, version: spec.version, title: spec.title, classes: [], blocks, files, licences };
}

/** A model as `Classifier.open` takes it. */
export function filesOf({ files: { specJson, spec, network, encoder, head, novelty, golden } }: TeachBase): Map<string, Uint8Array> {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const { image, ...verdict } = golden;
  return new Map([
    ['spec.json', text(specJson)], [spec.network.file, network], [spec.head.file, head], ...(spec.novelty ? [[spec.novelty.file, novelty] as const] : []),
    ...(encoder?.spec.networks ?? []).map(({ file }, i) => [`encoder/${file}`, encoder?.networks[i] as Uint8Array] as const),
    ['golden/golden.json', text(JSON.stringify({ cases: [{ image: 'picture.bmp', ...verdict }] }))], ['golden/picture.bmp', image],
  ]);
}

function blankSpec({ spec, specJson, networks }: EncoderFiles, { sidePx, pixelSizeUm, search }: FrameSquare): ModelSpec {
  const { input, crop, resize, normalisation } = JSON.parse(specJson) as Pick<ModelSpec, 'input' | 'crop' | 'resize' | 'normalisation'>;
  const features = { channels: featureCount(spec), height: spec.grid, width: spec.grid };
  return {
    schema_version: 1, name: 'blank', version: spec.version, title: spec.title, purpose: spec.purpose,
    network: {
      kind: 'encoder', file: encoderFile, sha256: '', bytes: networks.reduce((sum, { length }) => sum + length, 0),
      architecture: `${spec.name} ${spec.version}`, parameters: spec.networks.reduce((sum, { parameters }) => sum + parameters, 0), input: 'picture', output: 'features', features,
    },
    input, crop, resize, normalisation, pixel_size_um: null, frame: { side_px: sidePx, pixel_size_um: pixelSizeUm, ...(search && { search }) },
    classes: ['one', 'other'].map((id, i) => ({ id, name: id, letter: 'AB'[i] as string, description: id })),
    head: { file: 'head.safetensors', sha256: '', layers: [{ name: 'dense_0', inputs: features.channels, outputs: 2, activation: 'none' }], output: 'softmax' },
    judge: { temperature: 1, abstain_below: 0 },
    training: { data: '', source: '', data_licence: '', split: '', recipe: '', images: { train: 0, validation: 0, test: 0 } },
    licence: '', metrics: {},
  };
}
