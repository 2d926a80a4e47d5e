/** The networks that find cells in frames: where their files lie, and what exports tell of them. */
import type { DetectSettings } from '#cytodrop_core';
import type { DetectorName } from '../core/core.ts';
import { CytodropError } from '../core/errors.ts';
import { checkSum } from '../core/sha256.ts';

export const detectorNames: readonly DetectorName[] = ['round', 'adherent'];

/** Folder beside the page and beside the command line. */
export function detectorFolder(name: DetectorName): string {
  return `models/${name}`;
}

/** The one that a method uses; undefined where it uses none. */
export function detectorOf(method: DetectSettings['method']): DetectorName | undefined {
  if (method === 'network_round') return 'round';
  return method === 'network_adherent' ? 'adherent' : undefined;
}

/** The part of models/<name>/spec.json that TypeScript reads. */
export interface DetectorSpec {
  /** Of a shipped one a `DetectorName`. */
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
 * The detectors, each read once for all workers; after a failure the next call tries again.
 *
 * Args:
 *   read: gives the bytes of a file, by its path beside the page or the command line.
 *   readOwn: reads one of a person's own, which then stands for all of them.
 */
export function detectorShelf(read: (path: string) => Promise<Uint8Array>, readOwn?: () => Promise<DetectorFiles>): (name: DetectorName) => Promise<DetectorFiles> {
  const shelf = new Map<DetectorName, Promise<DetectorFiles>>();
  return (name) => {
    const files = shelf.get(name) ?? (readOwn?.() ?? readDetector((file) => read(`${detectorFolder(name)}/${file}`)));
    shelf.set(name, files);
    files.catch(() => shelf.delete(name));
    return files;
  };
}

/**
 * Reads a detector's folder and checks its network against the sum in its spec.
 *
 * Args:
 *   read: gives the bytes of a file of the folder.
 * Raises: CytodropError, `detector_not_loaded`, in words for a person.
 */
export async function readDetector(read: (file: string) => Promise<Uint8Array>): Promise<DetectorFiles> {
  try {
    const specJson = new TextDecoder().decode(await read('spec.json'));
    const spec = JSON.parse(specJson) as DetectorSpec;
    const network = await read(spec.network.file);
    await checkSum(spec.network.file, network, spec.network.sha256);
    return { specJson, spec, network };
  } catch (error) {
    throw notLoaded(error);
  }
}

export function notLoaded(error: unknown): CytodropError {
  return new CytodropError('detector_not_loaded', `The network that finds cells could not be loaded. ${(error as Error).message}`);
}
