/**
 * The seam between the page and whatever runs a network.
 *
 * An engine turns one tensor into features. It knows nothing of images, classes or models.
 */

export interface Tensor {
  /** C-contiguous values; length equals the product of `shape`. */
  data: Float32Array;
  shape: readonly number[];
}

export interface EngineFacts {
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
   * Raises: EngineError when the file is not a network this engine can run.
   */
  load(network: Uint8Array, names: { input: string; output: string }): Promise<void>;
  /** Runs the loaded network once; calls are queued, never concurrent. The result is a copy. */
  run(input: Tensor): Promise<Tensor>;
  /** Frees the network. */
  release(): Promise<void>;
}
