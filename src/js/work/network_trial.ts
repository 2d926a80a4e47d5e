/** Runs a network that somebody brought, before it is a model: what it says of pictures, and by which engine. */
import { platform } from '#platform';
import { noChecks } from '../classify/checks.ts';
import type { RuntimeFacts } from '../classify/engines.ts';
import type { Outcome } from '../classify/outcome.ts';
import { CytodropError } from '../core/errors.ts';
import type { NetworkParts } from '../model/network_parts.ts';
import { type Draft, draftOf, filesOfDraft, folderOfDraft, type NetworkAnswers } from '../model/own_network.ts';
import type { OnnxFile } from '../model/onnx_graph.ts';
import { WorkerHung } from './pool.ts';
import { patienceSeconds } from './watchdog.ts';
import { WorkerLink } from './worker_link.ts';

export interface TriedNetwork {
  /** The model's folder, its test image and what it gave among it. */
  folder: Map<string, Uint8Array>;
  runtime: RuntimeFacts;
  /** Of each picture, in order. */
  outcomes: Outcome[];
  /** Its last layer was found, and what comes before it has places: maps tell what spoke for a type where. */
  hasMap: boolean;
  /** Its last layer was found. */
  hasFeatures: boolean;
}

/** How far logits of the network cut in two may be from those of the whole, as a share of the largest. */
const mostDifference = 1e-3;

/** Of a network, in seconds; a person waits for it. */
const openSeconds = 60;

export class NetworkTrial {
  readonly #home: URL;
  readonly #link: WorkerLink;
  #coreWasm: Promise<Uint8Array> | undefined;

  /** Args: home: folder of the library's files; link: to the worker that runs it. */
  constructor({ home = platform.home, link = new WorkerLink() }: { home?: URL; link?: WorkerLink } = {}) {
    this.#home = home;
    this.#link = link;
  }

  /**
   * Makes a model of a network, runs it on its test image and on pictures, and sees to it that cut in two it gives what the whole gives; else the whole is taken.
   *
   * Raises: CytodropError in one line for a person: for answers that do not fit, and for a network that cannot be run, or takes too long.
   */
  async run(file: OnnxFile, parts: NetworkParts, answers: NetworkAnswers, fileName: string, pictures: readonly Uint8Array[]): Promise<TriedNetwork> {
    const whole = await draftOf(file, parts, answers, fileName, true);
    const byWhole = await this.#try(whole, pictures);
    if (parts.cut === null || (parts.end === null && answers.output === 'probabilities')) return tried(whole, byWhole, false);
    const draft = await draftOf(file, parts, answers, fileName, false);
    const byParts = await this.#try(draft, pictures).catch((error: unknown) => {
      if (error instanceof WorkerHung || !(error instanceof Error)) throw error;
      return null;
    });
    return byParts !== null && areAlike(byWhole.outcomes, byParts.outcomes) ? tried(draft, byParts, true) : tried(whole, byWhole, false);
  }

  async #try(draft: Draft, pictures: readonly Uint8Array[]): Promise<{ runtime: RuntimeFacts; outcomes: Outcome[] }> {
    this.#coreWasm ??= platform.read(new URL('cytodrop_core.wasm', this.#home));
    this.#coreWasm.catch(() => { this.#coreWasm = undefined; });
    const parcel = { files: filesOfDraft(draft), coreWasm: await this.#coreWasm };
    try {
      const { runtime } = await this.#link.ask({ type: 'open_model', parcel, engine: undefined, threads: 1, home: this.#home.href }, 'model_opened', { patience: () => openSeconds });
      const images = [draft.golden, ...pictures];
      const outcomes: Outcome[] = [];
      // One by one: a picture that it hangs on is told by itself.
      for (const image of images) {
        const { outcomes: [outcome] } = await this.#link.ask({ type: 'classify', images: [image], checks: noChecks, imageScale: 1 }, 'classified', { patience: () => Math.min(openSeconds, patienceSeconds(image.length)) });
        if (outcome) outcomes.push(outcome);
      }
      const [first] = outcomes;
      if (first?.status !== 'ok') throw new CytodropError('engine_failed', first?.message ?? 'The network gave nothing.');
      if (first.logits.some((value) => !Number.isFinite(value))) throw new CytodropError('engine_failed', 'The network gives no numbers.');
      return { runtime, outcomes };
    } catch (error) {
      // ONNX Runtime says much, over many lines.
      if (!(error instanceof WorkerHung) && error instanceof Error && /\n|.{301}/.test(error.message)) throw new CytodropError('engine_failed', `${error.message.replace(/\s+/g, ' ').slice(0, 300)} …`);
      if (error instanceof WorkerHung) throw new CytodropError('took_too_long', `The network took longer than ${openSeconds} seconds and was stopped.`);
      throw error;
    }
  }

  /** Ends the worker. */
  close(): void {
    this.#link.close();
  }
}

function tried(draft: Draft, { runtime, outcomes: [own, ...outcomes] }: { runtime: RuntimeFacts; outcomes: Outcome[] }, hasFeatures: boolean): TriedNetwork {
  if (own?.status !== 'ok') throw new CytodropError('engine_failed', 'The network gave nothing.');
  const { logits, label, maps: { height, width } } = own;
  return { folder: folderOfDraft(draft, { logits, label, height, width }), runtime, outcomes, hasMap: height * width > 1, hasFeatures };
}

function areAlike(one: readonly Outcome[], other: readonly Outcome[]): boolean {
  return one.every((first, i) => {
    const second = other[i];
    if (first.status !== 'ok' || second?.status !== 'ok') return first.status === second?.status;
    const most = Math.max(1, ...first.logits.map(Math.abs));
    return first.logits.length === second.logits.length && first.logits.every((value, k) => Math.abs(value - (second.logits[k] as number)) <= mostDifference * most);
  });
}
