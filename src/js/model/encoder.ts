/** The networks whose features new types are learned on: their folder, read and checked. */
import { CytodropError } from '../core/errors.ts';
import { checkSum } from '../core/sha256.ts';

export interface EncoderNetwork { file: string; sha256: string; bytes: number; architecture: string; licence: string; parameters: number; features: number; last: number; layers: string[] }

/** The part of models/cell-encoder/spec.json that TypeScript reads. */
export interface EncoderSpec {
  kind: 'encoder';
  name: string;
  version: string;
  title: string;
  purpose: string;
  networks: EncoderNetwork[];
  /** Side of the maps. */
  grid: number;
  /** Ways to turn a picture that types are learned from and named by: 4, by quarters; or 8, mirrored too. */
  turns: 4 | 8;
  measurements: { names: string[] };
}

/** What a worker needs. */
export interface EncoderFiles { specJson: string; spec: EncoderSpec; networks: Uint8Array[] }

/** Features of one picture: those of each network in order, and then the measurements. */
export function featureCount({ networks, measurements }: EncoderSpec): number {
  return networks.reduce((sum, { features }) => sum + features, measurements.names.length);
}

/**
 * Reads an encoder's folder and checks its networks against the sums in its spec.
 *
 * Args:
 *   read: gives the bytes of a file of the folder.
 * Raises: CytodropError, `invalid_model`, for a folder that is no encoder's; Error, in words for a person, when a file is not the one the spec names.
 */
export async function readEncoder(read: (file: string) => Promise<Uint8Array>): Promise<EncoderFiles> {
  const specJson = new TextDecoder().decode(await read('spec.json'));
  const spec = JSON.parse(specJson) as EncoderSpec;
  if (spec.kind !== 'encoder') throw new CytodropError('invalid_model', `The model ${spec.name} is no encoder.`);
  const networks = await Promise.all(spec.networks.map(async ({ file, sha256 }) => {
    const network = await read(file);
    await checkSum(file, network, sha256);
    return network;
  }));
  return { specJson, spec, networks };
}
