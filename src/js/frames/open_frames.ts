/** Frames that a core holds decoded: searched, classified and drawn without being decoded again. */
import type { Box, DetectedCells, DetectSettings, DisplayRange, FrameView } from '#cytodrop_core';
import { type Checks, noChecks } from '../classify/checks.ts';
import type { CellVerdict } from '../classify/outcome.ts';
import { type Pipeline, type Prepared, withOpinions } from '../classify/pipeline.ts';
import type { Core, DetectorName, PlacedCells } from '../core/core.ts';
import { batchSize } from '../core/engine.ts';
import { CytodropError } from '../core/errors.ts';
import type { FileParts } from '../core/file_parts.ts';
import { sha256 } from '../core/sha256.ts';
import { detectorFacts, type DetectorFacts, type DetectorFiles, detectorOf } from '../model/detector.ts';
import { somePlaces } from './cells.ts';
import type { FrameChoice, FrameFacts } from './frame.ts';

/** In which core it is: what one held that has trapped is gone. */
type InCore<T> = T & { core: Core };

export class OpenFrames {
  readonly #pipeline: Pipeline;
  /** Those of the second model's core. */
  readonly #second: OpenFrames | undefined;
  readonly #detectors = new Map<DetectorName, InCore<{ facts: DetectorFacts }>>();
  /** By the asker's numbers, with the core's own. */
  readonly #frames = new Map<number, InCore<{ number: number; facts: FrameFacts }>>();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
    this.#second = pipeline.second && new OpenFrames(pipeline.second);
  }

  /**
   * Decodes a frame and keeps it in the core.
   *
   * Args:
   *   frame: names it until `close`.
   * Raises: CytodropError for a file that cannot be decoded.
   */
  async open(frame: number, file: Uint8Array | FileParts, choice: FrameChoice): Promise<FrameFacts> {
    const opened = await this.#insist((core) => this.#pipeline.readers.withPage(file, (bytes, of) => ({ core, ...core.openFrame(bytes, choice.page, choice.channel), ...(of && { file: of }) }), choice));
    const { core, frame: number, ...facts } = opened;
    const level = choice.overview && facts.file === undefined && file instanceof Uint8Array ? await this.#pipeline.readers.overviewOf(file, facts.image.width_px * facts.image.height_px) : undefined;
    if (level !== undefined) {
      core.closeFrame(number);
      const overview = await this.open(frame, file, { ...choice, level });
      return { ...overview, ...(overview.file && { file: { ...overview.file, level } }) };
    }
    this.#frames.set(frame, { core, number, facts });
    await this.#second?.open(frame, file, choice);
    return facts;
  }

  /** Takes a network that finds cells, for the method that asks for that name. Raises: CytodropError. */
  async loadDetector(name: DetectorName, { specJson, spec, network }: DetectorFiles): Promise<void> {
    const core = await this.#insist((taking) => {
      taking.loadDetector(name, specJson, network);
      return taking;
    });
    this.#detectors.set(name, { core, facts: detectorFacts(spec) });
  }

  /**
   * Args:
   *   region: a part that is searched as if nothing were around it; unless told, all.
   *   seen: what `lookAtPart` gave for all parts, here or in other workers.
   * Returns: the cells, with what found them where a network did.
   * Raises: CytodropError, `detector_not_loaded` where the method needs a network that is not there.
   */
  async detect(frame: number, settings: DetectSettings, region?: Box, seen?: readonly Float32Array[]): Promise<{ cells: DetectedCells; detector?: DetectorFacts }> {
    if (seen) await this.#insist((core) => core.joinParts(this.#frame(frame).number, settings, seen));
    const cells = await this.#insist((core) => (region ? core.detectPart(this.#frame(frame).number, settings, region) : core.detect(this.#frame(frame).number, settings)));
    const name = detectorOf(settings.method);
    const detector = name && this.#detectors.get(name)?.facts;
    return { cells, ...(detector && { detector }) };
  }

  /** What a method's network says of one of so many parts of an open frame. Raises: CytodropError, as `detect`. */
  lookAtPart(frame: number, settings: DetectSettings, part: number, parts: number): Promise<Float32Array> {
    return this.#insist((core) => core.lookAtPart(this.#frame(frame).number, settings, part, parts));
  }

  /**
   * Classifies cells of an open frame, as many with one run of the network as of image files.
   *
   * Args:
   *   boxes: [N][4].
   *   onCell: told before each cell's checks.
   * Raises: CytodropError.
   */
  async classifyCells(frame: number, places: PlacedCells, pixelSizeUm: number | null, checks: Checks = noChecks, onCell: () => void = () => {}): Promise<CellVerdict[]> {
    const { number, facts } = this.#frame(frame);
    const verdicts: CellVerdict[] = [];
    for (let first = 0; 4 * first < places.boxes.length; first += batchSize) {
      const some = somePlaces(places, first, first + batchSize);
      const { tensor, shape: [count, ...shape], crops, measures, prepare_ms } = await this.#insist((core) => core.prepareCells(number, some, pixelSizeUm));
      const length = tensor.length / count;
      const measured = measures.length / count;
      const cells = Array.from({ length: count }, (_, i): Prepared => {
        const [left_px = 0, top_px = 0, width_px = 0, height_px = 0] = crops.subarray(4 * i, 4 * i + 4);
        return {
          image: facts.image, crop: { left_px, top_px, width_px, height_px }, tensor: tensor.subarray(i * length, (i + 1) * length),
          shape: [1, ...shape], measures: measures.subarray(i * measured, (i + 1) * measured), decode_ms: 0, prepare_ms: prepare_ms / count,
        };
      });
      for (const outcome of await this.#pipeline.judge(cells, checks, onCell)) {
        if (outcome.status === 'error') throw new CytodropError(outcome.code, outcome.message);
        const { status: _, image: __, elapsedMs: ___, ...verdict } = outcome;
        verdicts.push(verdict);
      }
    }
    return this.#second ? withOpinions(verdicts, await this.#second.classifyCells(frame, places, pixelSizeUm)) : verdicts;
  }

  /** What is measured of the cells' outlines, as `Core.measureOutlines` gives it. Raises: CytodropError. */
  async measure(frame: number, places: PlacedCells): Promise<Float64Array> {
    return this.#insist((core) => core.measureOutlines(this.#frame(frame).number, places));
  }

  /** Raises: CytodropError. */
  async view(frame: number, region: Box | null, maxSidePx: number, range: DisplayRange | null): Promise<FrameView> {
    return this.#insist((core) => core.viewFrame(this.#frame(frame).number, region, maxSidePx, range));
  }

  /** Keeps a file open, for `viewPart`, until `letGo`. Raises: CytodropError. */
  keep(file: FileParts): Promise<void> {
    return this.#pipeline.readers.keep(file);
  }

  letGo(file: FileParts): Promise<void> {
    return this.#pipeline.readers.letGo(file);
  }

  /** Draws a part of a file that is no open frame. Raises: CytodropError. */
  async viewPart(file: FileParts, choice: FrameChoice, maxSidePx: number, range: DisplayRange | null): Promise<FrameView> {
    return this.#insist((core) => this.#pipeline.readers.withPage(file, (bytes) => {
      const { frame } = core.openFrame(bytes, choice.page, choice.channel);
      try {
        return core.viewFrame(frame, null, maxSidePx, range);
      } finally {
        core.closeFrame(frame);
      }
    }, choice));
  }

  /** SHA-256 of a frame's decoded pixels; null where the browser cannot compute it. Raises: CytodropError. */
  async hash(frame: number): Promise<string | null> {
    return sha256(await this.#insist((core) => core.framePixels(this.#frame(frame).number)));
  }

  async close(frame: number): Promise<void> {
    const open = this.#frames.get(frame);
    this.#frames.delete(frame);
    if (open?.core === this.#pipeline.runner.core) await this.#insist((core) => core.closeFrame(open.number));
    await this.#second?.close(frame);
  }

  #insist<T extends object | void>(call: (core: Core) => T | Promise<T>): Promise<T> {
    return this.#pipeline.runner.insist(call);
  }

  #frame(frame: number): { number: number; facts: FrameFacts } {
    const open = this.#frames.get(frame);
    if (open?.core !== this.#pipeline.runner.core) throw new CytodropError('frame_not_open', 'The frame is not open.');
    return open;
  }
}
