/** A model's folder, read and checked. */
import { checkSum } from '../core/sha256.ts';
import { type EncoderFiles, readEncoder } from './encoder.ts';
import type { ModelSpec } from './spec.ts';

/** Everything in a model's folder that classification needs. */
export interface ModelFiles {
  specJson: string;
  spec: ModelSpec;
  network: Uint8Array;
  /** Of a model whose features are an encoder's; `network` is then the encoder's spec. */
  encoder?: EncoderFiles;
  head: Uint8Array;
  /** Empty for a model without statistics of its training images. */
  novelty: Uint8Array;
  golden: { image: Uint8Array } & GoldenVerdict;
}

/** What the training code computed; the last two only where the model has statistics of its training images. */
export interface GoldenVerdict { logits: number[]; label: string; novelty?: number; foreign?: boolean; quality?: string[] }

interface GoldenFile {
  cases: ({ image: string } & GoldenVerdict)[];
}

/**
 * Reads a model's folder and checks network, head and novelty file against the sums in its spec.
 *
 * Args:
 *   read: gives the bytes of a file of the folder; `bytes` is the size of the network, the one large file.
 * Raises: Error, in words for a person, when a file is not the one the spec names.
 */
export async function readModel(read: (file: string, bytes?: number) => Promise<Uint8Array>): Promise<ModelFiles> {
  const text = async (file: string) => new TextDecoder().decode(await read(file));
  const specJson = await text('spec.json');
  const spec = JSON.parse(specJson) as ModelSpec;
  const [network, head, novelty, goldenJson] = await Promise.all([
    read(spec.network.file, spec.network.bytes),
    read(spec.head.file),
    spec.novelty ? read(spec.novelty.file) : new Uint8Array(),
    text('golden/golden.json'),
  ]);
  await checkSum(spec.network.file, network, spec.network.sha256);
  const folder = spec.network.file.replace(/[^/]*$/, '');
  const encoder = spec.network.kind === 'encoder' ? await readEncoder((file) => read(file === 'spec.json' ? spec.network.file : folder + file)) : undefined;
  await checkSum(spec.head.file, head, spec.head.sha256);
  if (spec.novelty) await checkSum(spec.novelty.file, novelty, spec.novelty.sha256);
  const first = (JSON.parse(goldenJson) as GoldenFile).cases[0];
  if (first === undefined) throw new Error(`The model ${spec.name} has no golden image to test itself with.`);
  const image = await read(`golden/${first.image}`);
  return { specJson, spec, network, ...(encoder && { encoder }), head, novelty, golden: { ...first, image } };
}
