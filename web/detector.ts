/** The network that finds cells in frames: where its files lie, and what exports tell of it. */
import { CoreError } from './errors.ts';
import { checkSum } from './provenance.ts';

/** Folder beside the page and beside the command line. */
export const detectorFolder = 'detectors/cells';

/** The part of detectors/<name>/spec.json that TypeScript reads. */
export interface DetectorSpec {
  name: string;
  version: string;
  title: string;
  network: { file: string; sha256: string; bytes: number };
}

/** What a worker needs. */
export interface DetectorFiles { specJson: string; spec: DetectorSpec; network: Uint8Array }

/** What exports tell. */
export interface DetectorFacts { name: string; version: string; sha256: string }

export function detectorFacts({ name, version, network: { sha256 } }: DetectorSpec): DetectorFacts {
  return { name, version, sha256 };
}

/**
 * Reads a detector's folder and checks its network against the sum in its spec.
 *
 * Args:
 *   read: gives the bytes of a file of the folder.
 * Raises: CoreError, `detector_not_loaded`, in words for a person.
 */
export async function readDetector(read: (file: string) => Promise<Uint8Array>): Promise<DetectorFiles> {
  try {
    const specJson = new TextDecoder().decode(await read('spec.json'));
    const spec = JSON.parse(specJson) as DetectorSpec;
    const network = await read(spec.network.file);
    await checkSum(spec.network.file, network, spec.network.sha256);
    return { specJson, spec, network };
  } catch (error) {
    throw new CoreError('detector_not_loaded', `The network that finds cells could not be loaded. ${(error as Error).message}`);
  }
}
