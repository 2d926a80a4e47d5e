/**
 * The seam between the page and whatever runs a network.
 *
 * An engine turns one tensor into features. It knows nothing of images, classes or models.
 */

/** Images that share one run of a network: four save ONNX Runtime about 8 % of its time, more save nothing. */
export const batchSize = 4;

export interface Tensor {
  /** C-contiguous values; length equals the product of `shape`. */
  data: Float32Array;
  shape: readonly number[];
}

/** Ours in the C++ core, and ONNX Runtime Web for every network that ours cannot run. */
export const engineKinds = ['core', 'onnxruntime'] as const;

export type EngineKind = (typeof engineKinds)[number];

export interface EngineFacts {
  kind: EngineKind;
  /** Word shown to a person and written into exports, with its version: "ONNX Runtime Web 1.30.0". */
  name: string;
  threads: number;
}

export interface Engine {
  readonly facts: EngineFacts;
  /**
   * Loads a network, replacing the one before.
   *
   * Args:
   *   network: bytes of an ONNX file.
   *   names: the graph's input and output to use.
   * Raises: EngineError or CytodropError when the file is not a network this engine can run.
   */
  load(network: Uint8Array, names: { input: string; output: string }): Promise<void>;
  /** Runs the loaded network once; one call at a time. The result is a copy. */
  run(input: Tensor): Promise<Tensor>;
  /** Frees the network. */
  release(): Promise<void>;
}

/** Features without places, N×D, are a map of one place. */
export function withPlaces({ data, shape }: Tensor): Tensor {
  return { data, shape: shape.length === 2 ? [...shape, 1, 1] : shape };
}
