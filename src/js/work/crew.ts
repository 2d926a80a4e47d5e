/** The workers that share a model: each starts when it is needed, takes the model, and is replaced when it dies. */
import { platform } from '#platform';
import type { RuntimeFacts } from '../classify/engines.ts';
import { type SelfTest, worstSelfTest } from '../classify/self_test.ts';
import type { EngineKind } from '../core/engine.ts';
import { CytodropError } from '../core/errors.ts';
import { type DetectorFiles, detectorNames, detectorShelf, notLoaded } from '../model/detector.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { FrameHost, Helper } from './frame.ts';
import { type ModelParcel } from './messages.ts';
import { WorkerHung } from './pool.ts';
import { type ModelSource, readOwnDetector } from './sources.ts';
import { patienceSeconds } from './watchdog.ts';
import { WorkerLink } from './worker_link.ts';

/** How a model's network is run. */
export interface Equipment {
  /** Runs every network with this one; undefined leaves the choice to the network. */
  engine: EngineKind | undefined;
  /** Of ONNX Runtime, in each worker. */
  threads: number;
  /** Workers; undefined: as many as the platform bears. */
  jobs: number | undefined;
  /** A network that finds cells, in place of the shipped ones wherever a method asks for one: its folder, its files, a zip of them, or the name of a shipped one. */
  detector?: ModelSource | undefined;
  /** Folder of the library's files. */
  home: URL;
}

/** Workers that are started unless told, where the core runs the network or ONNX Runtime with that many threads does. */
export function defaultJobs(threads = 1): number {
  return platform.workers('core', threads);
}

type OnProgress = (loadedBytes: number, totalBytes: number) => void;

export class Crew {
  readonly #equipment: Omit<Equipment, 'detector'>;
  readonly #onSelfTest: (worst: SelfTest) => void;
  #links = [new WorkerLink()];
  #parcel: ModelParcel | undefined;
  #runtime: RuntimeFacts | undefined;
  #selfTests: SelfTest[] = [];
  #turn = 0;
  /** The networks that find cells, and whether they are somebody's own. */
  #detectors: { isOwn: boolean; read: FrameHost['readDetector'] };

  /**
   * Args:
   *   onSelfTest: told the worst of all self-tests whenever a worker has tested itself, also one that replaces a dead one.
   */
  constructor(equipment: Equipment, onSelfTest: (worst: SelfTest) => void) {
    this.#equipment = equipment;
    this.#onSelfTest = onSelfTest;
    this.#detectors = this.#detectorsFrom(equipment.detector);
  }

  #detectorsFrom(own: ModelSource | undefined): { isOwn: boolean; read: FrameHost['readDetector'] } {
    const { home } = this.#equipment;
    return { isOwn: own !== undefined, read: detectorShelf((path) => platform.read(new URL(path, home)), own === undefined ? undefined : () => readOwnDetector(own, home)) };
  }

  get #first(): WorkerLink {
    return this.#links[0] as WorkerLink;
  }

  /** The worst of all workers; `passed` is false where none has tested itself. */
  get selfTest(): SelfTest {
    return worstSelfTest(this.#selfTests);
  }

  get workers(): number {
    return this.#links.length;
  }

  get readDetector(): FrameHost['readDetector'] {
    return (name) => this.#detectors.read(name);
  }

  /**
   * Has cells found by another network from now on.
   *
   * Args:
   *   own: undefined: the shipped ones.
   * Raises: CytodropError, `detector_not_loaded`: then the one before stays.
   */
  async useDetector(own: ModelSource | undefined): Promise<DetectorFiles | undefined> {
    const before = this.#detectors;
    const wanted = this.#detectorsFrom(own);
    // It is read first: what cannot be read disturbs nobody.
    const files = wanted.isOwn ? await wanted.read('round') : undefined;
    this.#detectors = wanted;
    if (this.#parcel === undefined) return files;
    try {
      await this.take(this.#parcel, () => {});
    } catch (error) {
      this.#detectors = before;
      await this.take(this.#parcel, () => {});
      throw error;
    }
    return files;
  }

  /** Starts the first worker, which may take its time while the model is read. */
  wake(): void {
    this.#first.wake();
  }

  /**
   * Has every worker take a model.
   *
   * Args:
   *   onProgress: told as ONNX Runtime arrives, where it is needed.
   * Raises: CytodropError, `self_test_failed` where one of them does not compute what the training code did; WorkerDied.
   */
  async take(parcel: ModelParcel, onProgress: OnProgress): Promise<RuntimeFacts> {
    this.#parcel = parcel;
    this.#selfTests = [];
    for (const link of this.#links) link.forget();
    await this.#first.ready(() => this.#hand(this.#first, onProgress));
    const runtime = this.#runtime as RuntimeFacts;
    this.#keep(this.#equipment.jobs ?? platform.workers(runtime.engine.kind, this.#equipment.threads));
    const [, ...others] = this.#links;
    const ready = await Promise.allSettled(others.map((link) => this.makeReady(link)));
    const failed = ready.find((result) => result.status === 'rejected' && result.reason instanceof CytodropError && result.reason.code === 'self_test_failed');
    if (failed?.status === 'rejected') throw failed.reason;
    // A worker that cannot start is not missed: the others do its work.
    for (const [i, link] of others.entries()) if (ready[i]?.status === 'rejected') link.close();
    this.#links = [this.#first, ...others.filter((_, i) => ready[i]?.status === 'fulfilled')];
    return runtime;
  }

  /** Those that work together: as many as were started, or `jobs` of them. */
  links(jobs: number | undefined): WorkerLink[] {
    while (jobs !== undefined && this.#links.length < jobs) this.#links.push(new WorkerLink());
    return this.#links.slice(0, jobs);
  }

  /** One for a single question; they take turns. */
  next(): WorkerLink {
    return this.#links[this.#turn++ % this.#links.length] as WorkerLink;
  }

  makeReady(link: WorkerLink): Promise<void> {
    return link.ready(() => this.#hand(link));
  }

  /** As the keeper of frames. Args: idle: those that may help it. */
  host(link: WorkerLink, idle: () => readonly WorkerLink[] = () => []): FrameHost {
    const spec = (): ModelSpec => this.#loaded().files.spec;
    const helpers = (): Helper[] => idle().map((other) => ({ link: other, makeReady: () => this.#hand(other) }));
    return { link, makeReady: () => this.#hand(link), readDetector: this.readDetector, helpers, get spec() { return spec(); } };
  }

  /** All the others. */
  helpersOf(link: WorkerLink): Helper[] {
    return this.#links.filter((other) => other !== link).map((other) => ({ link: other, makeReady: () => this.#hand(other) }));
  }

  close(): void {
    for (const link of this.#links) link.close();
  }

  #keep(count: number): void {
    for (const link of this.#links.splice(count)) link.close();
    while (this.#links.length < count) this.#links.push(new WorkerLink());
  }

  async #hand(link: WorkerLink, onProgress: OnProgress = () => {}): Promise<void> {
    const parcel = this.#loaded();
    const { engine, threads, home } = this.#equipment;
    const seconds = patienceSeconds(parcel.files.network.length);
    const { runtime, selfTest } = await link.ask({ type: 'open_model', parcel, engine, threads, home: home.href }, 'model_opened', {
      ...(parcel.isOwn && { patience: () => seconds }),
      onReply: (reply) => { if (reply.type === 'model_progress') onProgress(reply.loadedBytes, reply.totalBytes); },
    }).catch((error: unknown) => {
      throw error instanceof WorkerHung ? new CytodropError('took_too_long', `The model took longer than ${seconds} seconds to be opened and was stopped.`) : error;
    });
    this.#runtime = runtime;
    this.#selfTests.push(selfTest);
    this.#onSelfTest(this.selfTest);
    if (!selfTest.passed) {
      throw new CytodropError('self_test_failed', 'The self-test failed: this computer does not compute for the model\'s own test image what it should. There are no results.');
    }
    if (this.#detectors.isOwn) await this.#handDetector(link);
  }

  /** What is wrong with a network of somebody's own is better known now than at the first frame. Raises: CytodropError, `detector_not_loaded`. */
  async #handDetector(link: WorkerLink): Promise<void> {
    for (const name of detectorNames) {
      const files = await this.#detectors.read(name);
      const seconds = patienceSeconds(files.network.length);
      await link.ask({ type: 'load_detector', name, files }, 'detector_loaded', { patience: () => seconds }).catch((error: unknown) => { throw notLoaded(error); });
    }
  }

  #loaded(): ModelParcel {
    if (this.#parcel === undefined) throw new CytodropError('model_not_loaded', 'No model is loaded.');
    return this.#parcel;
  }
}
