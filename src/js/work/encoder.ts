/** Features of pictures of one cell each, from which new types are learned from few images. */
import { platform } from '#platform';
import { CytodropError } from '../core/errors.ts';
import { type EncoderFiles, type EncoderSpec, readEncoder } from '../model/encoder.ts';
import type { ImageSource } from '../platform/platform.ts';
import { type ModelSource, readerOf } from './sources.ts';
import { patienceSeconds } from './watchdog.ts';
import { transferable, WorkerLink } from './worker_link.ts';

export class Encoder {
  readonly #files: EncoderFiles;
  readonly #coreWasm: Uint8Array;
  readonly #home: URL;
  readonly #link = new WorkerLink();

  private constructor(files: EncoderFiles, coreWasm: Uint8Array, home: URL) {
    this.#files = files;
    this.#coreWasm = coreWasm;
    this.#home = home;
  }

  /**
   * Loads an encoder and starts a worker for it.
   *
   * Args:
   *   model: name of a shipped encoder, address of an encoder's folder, or its files.
   *   home: folder of the library's files.
   * Raises: Error, in words for a person, where a file is missing or another; CytodropError, `invalid_model`, where it is no encoder.
   */
  static async open(model: ModelSource = 'cell-encoder', { home = platform.home }: { home?: URL } = {}): Promise<Encoder> {
    const read = readerOf(model, home);
    const [files, coreWasm] = await Promise.all([readEncoder((file) => read(file)), platform.read(new URL('cytodrop_core.wasm', home))]);
    const encoder = new Encoder(files, coreWasm, home);
    try {
      await encoder.#ready();
      return encoder;
    } catch (error) {
      await encoder.close();
      throw error;
    }
  }

  get spec(): EncoderSpec {
    return this.#files.spec;
  }

  /**
   * Computes the features of a picture that shows one cell; `featureCount(spec)` says how many they are.
   *
   * Args:
   *   turns: 1, the picture as it is; 4, also turned by quarters; 8, these mirrored too, one after the other.
   * Returns: turns × features; equal bits on every machine.
   * Raises: CytodropError for an image that cannot be read or decoded; WorkerDied.
   */
  async features(image: ImageSource, { turns = 1 }: { turns?: 1 | 4 | 8 } = {}): Promise<Float32Array> {
    const [bytes] = await Promise.all([platform.readImage(image, Infinity), this.#ready()]);
    if (!(bytes instanceof Uint8Array)) throw new CytodropError(bytes?.code ?? 'unreadable_file', bytes?.message ?? 'The file could not be read.');
    const patience = patienceSeconds(bytes.length);
    return (await this.#link.ask({ type: 'encode', image: bytes, turns }, 'encoded', { transfer: transferable([bytes]), patience: () => patience })).features;
  }

  /** Ends the worker. */
  async close(): Promise<void> {
    this.#link.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ready(): Promise<void> {
    return this.#link.ready(async () => {
      await this.#link.ask({ type: 'open_encoder', files: this.#files, coreWasm: this.#coreWasm, home: this.#home.href }, 'encoder_opened');
    });
  }
}
