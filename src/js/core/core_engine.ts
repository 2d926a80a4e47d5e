/** The core's own inference engine behind the `Engine` seam. */
import type { Core } from './core.ts';
import type { Engine, EngineFacts, Tensor } from './engine.ts';

/** Its errors are `CytodropError`s; the code `unsupported_operator` says that ONNX Runtime has to run the network. */
export class CoreEngine implements Engine {
  readonly facts: EngineFacts;
  readonly #core: Core;
  #isEncoder = false;

  /**
   * Args:
   *   core: does the work; stays the caller's, and the network is freed when it is closed.
   */
  constructor(core: Core) {
    this.#core = core;
    this.facts = { kind: 'core', name: `Cytodrop core ${core.version}`, threads: 1 };
  }

  async load(network: Uint8Array, names: { input: string; output: string }): Promise<void> {
    this.#core.loadNetwork(network, names);
    this.#isEncoder = false;
  }

  /** Takes the networks of an encoder in place of one. Raises: as `load`. */
  loadEncoder(specJson: string, networks: readonly Uint8Array[]): void {
    this.#core.loadEncoder(specJson, networks);
    this.#isEncoder = true;
  }

  async run(input: Tensor): Promise<Tensor> {
    return this.#isEncoder ? this.#core.encodeMaps(input) : this.#core.runNetwork(input);
  }

  async release(): Promise<void> {}
}
