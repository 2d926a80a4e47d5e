/** A picture too large to be held: read, searched and named tile by tile, by all workers that have nothing else to do. */
import type { Box, DetectSettings, DisplayRange } from '#cytodrop_core';
import { CytodropError } from '../core/errors.ts';
import { mostPixels, overviewLevel, regionAt } from '../core/file_parts.ts';
import { middleOf } from '../frames/cells.ts';
import { bandsOf, joinBands, type View } from '../frames/bands.ts';
import { choiceMade, type FrameCell, type FrameChoice, type FrameFacts, type TilesDone } from '../frames/frame.ts';
import type { PartFound, PartTask } from '../frames/part_search.ts';
import { liveliest, lookedAt } from '../frames/quick_look.ts';
import { type FrameOptions, type Looked, searchFor, withLook } from '../frames/search.ts';
import { glanceLevel, glancePx, placed, Seams, type Tile, tilesOf } from '../frames/tiles.ts';
import { type DetectorFacts, detectorOf } from '../model/detector.ts';
import { type ClassifyOptions, copyOf, type FindOptions, type Found, Frame, type FrameFile, type FrameHost, type Helper, type OpenFrame } from './frame.ts';
import { WorkerDied } from './pool.ts';
import { shareSteps } from './shared_steps.ts';
import { Slide } from './slide.ts';

/** What no other tile would fare better with. */
const forAll: readonly string[] = ['self_test_failed', 'model_not_loaded', 'detector_not_loaded', 'invalid_argument', 'unsupported_feature'];
/** Side of the parts in which single cells are named and measured, px, and what is seen around them. */
const [partPx, aroundPx] = [2048, 512];
/** Side of the picture of a whole that has no smaller copy, px; it is drawn band by band, once. */
const wholePx = 2048;
/** Of such a picture, as whose samples it is shown. */
const [spotsAcross, spotPx] = [3, 512];

export class TiledFrame implements OpenFrame {
  readonly choice: FrameChoice;
  readonly facts: FrameFacts;
  readonly #host: FrameHost;
  readonly #helpers: () => readonly Helper[];
  readonly #file: FrameFile;
  readonly #slides = new Map<Helper['link'], Slide>();
  /** The picture as a part of its level. */
  readonly #whole: Box;
  #pixelSizeUm: number | null;
  /** Of the whole, as it was drawn last, and with which range. */
  #drawn: { key: string; view: Promise<View> } | undefined;

  private constructor(host: FrameHost, helpers: () => readonly Helper[], file: FrameFile, choice: FrameChoice, facts: FrameFacts) {
    [this.#host, this.#helpers, this.#file, this.choice, this.facts] = [host, helpers, file, choice, facts];
    const { width_px, height_px } = facts.image;
    this.#whole = { left_px: choice.region?.left_px ?? 0, top_px: choice.region?.top_px ?? 0, width_px, height_px };
    this.#pixelSizeUm = facts.pixel_size_um;
  }

  /**
   * Args:
   *   file: stays the caller's.
   * Raises: CytodropError for a file of which no part can be read, and for the overview of one that has smaller copies, but none small enough; WorkerDied.
   */
  static async open(host: FrameHost, file: FrameFile, choice: FrameChoice, helpers: () => readonly Helper[]): Promise<TiledFrame> {
    const { region, overview = false, ...chosen } = choice;
    // The last pixel tells of the whole, and whether the region lies in it.
    const corner = region ? { left_px: region.left_px + region.width_px - 1, top_px: region.top_px + region.height_px - 1, width_px: 1, height_px: 1 } : { left_px: 0, top_px: 0, width_px: 1, height_px: 1 };
    const told = await lookInto(Frame.open(host, copyOf(file), { ...chosen, region: corner }), (part) => Promise.resolve(part.facts));
    const made = choiceMade({ ...chosen, ...(region && { region }) }, told);
    const levels = seriesOf(told)?.levels ?? [];
    const size = levels[made.level ?? 0];
    if (!size || (overview && levels.length > 1)) throw new CytodropError('too_large', 'The picture has no parts that could be read one by one.');
    const { width_px, height_px } = region ?? size;
    const facts = { ...told, image: { ...told.image, width_px, height_px } };
    const frame = new TiledFrame(host, helpers, file, made, facts);
    // As the whole is shown, not as a pixel of it.
    const range = facts.image.bits_per_channel > 8 ? await frame.#rangeOfWhole() : null;
    return range ? new TiledFrame(host, helpers, file, made, { ...facts, range }) : frame;
  }

  get settings(): DetectSettings {
    return { ...searchFor(this.#host.spec), pixel_size_um: this.facts.pixel_size_um };
  }

  async findCells(settings: Partial<DetectSettings> = {}): Promise<FrameCell[]> {
    return (await this.search({ ...this.settings, ...settings })).cells;
  }

  search(settings: DetectSettings): Promise<Found> {
    return this.find(settings, { classify: false });
  }

  /**
   * Finds the cells of one tile after the other, and names them at once. Tiles in which nothing lies are not searched, and one that cannot be read is told
   * in `tiles`; of a cell on a seam, which two tiles see, the first one's is kept. After a stop the tiles not reached have no cells.
   *
   * Raises: CytodropError where none of the tiles can be searched; WorkerDied.
   */
  async find(settings: DetectSettings, { classify, checks, signal, onCells = () => {} }: FindOptions): Promise<Found> {
    this.#pixelSizeUm = settings.pixel_size_um;
    const tiles = tilesOf(this.#whole, settings);
    const seams = new Seams(tiles[0]?.core.width_px ?? 1);
    const cells: FrameCell[] = [];
    const done: TilesDone = { all: tiles.length, done: 0, empty: 0, unread: [] };
    let detector: DetectorFacts | undefined;
    let id = 0;
    let failure: unknown;
    await shareSteps<Helper, PartFound | CytodropError | WorkerDied>({
      count: tiles.length,
      workers: () => [this.#host, ...this.#helpers()],
      take: (worker, step) => this.#searchTile(this.#slideOf(worker), this.#taskOf(tiles[step] as Tile, settings, classify, checks)),
      tell: (step, found) => {
        const { core, seen } = tiles[step] as Tile;
        done.done += 1;
        let fresh: FrameCell[] = [];
        if (found instanceof Error) {
          done.unread.push({ core, message: found.message });
          failure ??= found;
        } else {
          done.empty += Number(found.empty);
          detector ??= found.detector;
          fresh = seams.add(found.cells.map((cell) => placed(cell, seen, this.#whole, 0))).filter(({ cutByBorder }) => settings.keep_cut_by_border || !cutByBorder).map((cell) => ({ ...cell, id: id++ }));
          cells.push(...fresh);
        }
        onCells(fresh, { done: done.done, all: done.all, of: 'tiles' });
      },
      signal,
    });
    if (done.unread.length === done.all) throw failure;
    return { cells, tiles: done, ...(detector && { detector }) };
  }

  async measure(cells: readonly FrameCell[]): Promise<FrameCell[]> {
    return this.#inParts(cells, (part, some) => part.measure(some));
  }

  async searchPart(region: Box, settings: DetectSettings): Promise<FrameCell[]> {
    const { cells } = await lookInto(this.#part(this.#host, region), (part) => part.search(settings));
    return cells.map((cell) => placed(cell, region, this.#whole, cell.id));
  }

  /** Looks where most is to be seen: the middle of a slide may be empty. */
  async suggestSearch(pixelSizeUm: number | null = this.#pixelSizeUm): Promise<Looked | null> {
    const { width_px, height_px } = this.#whole;
    const side = lookedAt(this.facts.image);
    const small = await this.view(null, wholePx);
    const spot = liveliest(small, Math.max(1, (side.width_px * small.widthPx) / width_px));
    const within = (at: number, size: number, most: number): number => Math.max(0, Math.min(most - size, Math.round(at * most - size / 2)));
    const there = { ...side, left_px: within(spot.x, side.width_px, width_px), top_px: within(spot.y, side.height_px, height_px) };
    return lookInto(this.#part(this.#host, there), (part) => part.suggestSearch(pixelSizeUm));
  }

  async settingsFor({ search, look, pixelSizeUm }: Pick<FrameOptions, 'search' | 'look' | 'pixelSizeUm'>): Promise<DetectSettings> {
    const pixel_size_um = pixelSizeUm ?? this.facts.pixel_size_um;
    return { ...(look?.length ? withLook(search, await this.suggestSearch(pixel_size_um), look) : search), pixel_size_um };
  }

  async classify(cells: readonly FrameCell[], { onVerdicts = () => {}, signal, pixelSizeUm = this.#pixelSizeUm, ...options }: ClassifyOptions = {}): Promise<FrameCell[]> {
    return this.#inParts(cells, (part, some) => part.classify(some, { ...options, pixelSizeUm, ...(signal && { signal }) }), onVerdicts, signal);
  }

  /** As `Frame.view`, from the copy of the right size; a region ends where the picture does. */
  async view(region: Box | null, maxSidePx: number, range: DisplayRange | null = null): Promise<View> {
    const { left_px, top_px, width_px, height_px } = this.#whole;
    const asked = region ?? { left_px: 0, top_px: 0, width_px, height_px };
    const [left, top] = [Math.max(0, asked.left_px), Math.max(0, asked.top_px)];
    const [right, bottom] = [Math.min(width_px, asked.left_px + asked.width_px), Math.min(height_px, asked.top_px + asked.height_px)];
    const part = { left_px: left + left_px, top_px: top + top_px, width_px: Math.max(1, right - left), height_px: Math.max(1, bottom - top) };
    const level = this.#levelWith((times) => Math.max(part.width_px, part.height_px) / times >= maxSidePx);
    const shown = range ?? this.facts.range;
    const copy = this.#at(part, level);
    const { width_px: across, height_px: down } = copy.region ?? part;
    if (across * down <= mostPixels) return this.#slideOf(this.#host).view(copy, maxSidePx, shown);
    const key = JSON.stringify([copy, shown, maxSidePx]);
    if (this.#drawn?.key !== key) this.#drawn = { key, view: this.#viewInBands(copy, { width_px: across, height_px: down }, maxSidePx, shown) };
    const { view } = this.#drawn;
    view.catch(() => { if (this.#drawn?.view === view) this.#drawn = undefined; });
    const { rgba, ...size } = await view;
    // What is given may be handed over.
    return { ...size, rgba: rgba.slice() };
  }

  /** Reads all of a large part once, by all workers. */
  async #viewInBands(copy: FrameChoice, size: { width_px: number; height_px: number }, maxSidePx: number, range: DisplayRange): Promise<View> {
    const bands = bandsOf(size, maxSidePx);
    const views: View[] = [];
    const { left_px = 0, top_px = 0 } = copy.region ?? {};
    await shareSteps<Helper, View>({
      count: bands.length,
      workers: () => [this.#host, ...this.#helpers()],
      take: (worker, step) => {
        const { from, to, maxSidePx: side } = bands[step] as (typeof bands)[number];
        return this.#slideOf(worker).view({ ...copy, region: { left_px, top_px: top_px + from, width_px: size.width_px, height_px: to - from } }, side, range);
      },
      tell: (_, view) => void views.push(view),
    });
    return joinBands(bands, views);
  }

  /** Of the same part of the overview's copy, by which the picture is known again; null where it has none. */
  async pixelsSha256(): Promise<string | null> {
    return this.#ofSmaller((small) => small.pixelsSha256());
  }

  /** Waits for no worker that is still at a tile, as after a stop. */
  async close(): Promise<void> {
    for (const slide of this.#slides.values()) void slide.close();
    this.#slides.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Samples shown as black and white: the overview's, or those of a few spots. */
  async #rangeOfWhole(): Promise<DisplayRange> {
    const smaller = await this.#ofSmaller((small) => Promise.resolve(small.facts.range));
    if (smaller) return smaller;
    const { width_px, height_px } = this.#whole;
    let { low, high } = { low: Infinity, high: -Infinity };
    for (let i = 0; i < spotsAcross * spotsAcross; i++) {
      const at = (index: number, size: number): number => Math.round(((index + 0.5) / spotsAcross) * Math.max(0, size - spotPx));
      const spot = { left_px: at(i % spotsAcross, width_px), top_px: at(Math.floor(i / spotsAcross), height_px), width_px: Math.min(spotPx, width_px), height_px: Math.min(spotPx, height_px) };
      const { range } = await lookInto(this.#part(this.#host, spot), (part) => Promise.resolve(part.facts));
      [low, high] = [Math.min(low, range.low), Math.max(high, range.high)];
    }
    return { low, high };
  }

  /** Asks what of it the overview shows; null where it has no smaller copy. */
  async #ofSmaller<T>(ask: (small: Frame) => Promise<T>): Promise<T | null> {
    const series = seriesOf(this.facts);
    const own = this.choice.level ?? 0;
    const level = series ? Math.max(own, overviewLevel(series)) : own;
    return level > own ? lookInto(Frame.open(this.#host, copyOf(this.#file), this.#at(this.#whole, level)), ask) : null;
  }

  /** A part of this picture's level as a choice of another level. */
  #at(part: Box, level: number): FrameChoice {
    const series = seriesOf(this.facts);
    const own = this.choice.level ?? 0;
    const { level: _, region: __, ...choice } = this.choice;
    return { ...choice, ...(level > 0 && { level }), region: series && level !== own ? regionAt(series, part, own, level) : part };
  }

  /** How many times smaller than this picture the copies are. */
  #timesSmaller(): number[] {
    const levels = seriesOf(this.facts)?.levels ?? [];
    const own = levels[this.choice.level ?? 0]?.width_px ?? 1;
    return levels.map(({ width_px }) => own / width_px);
  }

  /** The smallest copy that is enough, else the picture's own level. */
  #levelWith(isEnough: (times: number) => boolean): number {
    return this.#timesSmaller().reduce((best, times, level, all) => (times > (all[best] ?? 1) && isEnough(times) ? level : best), this.choice.level ?? 0);
  }

  #taskOf({ core, seen }: Tile, settings: DetectSettings, classify: boolean, checks: FindOptions['checks']): PartTask {
    const { left_px, top_px } = this.#whole;
    const part = { ...seen, left_px: seen.left_px + left_px, top_px: seen.top_px + top_px };
    const glance = Math.max(this.choice.level ?? 0, glanceLevel(this.#timesSmaller(), settings));
    return {
      choice: this.#at(part, this.choice.level ?? 0), glance: { choice: this.#at(part, glance), range: this.facts.range, maxSidePx: glancePx(seen, settings) }, settings, classify, ...(checks && { checks }),
      core: { ...core, left_px: core.left_px - seen.left_px, top_px: core.top_px - seen.top_px },
    };
  }

  /** Raises: CytodropError where no other tile would fare better. */
  async #searchTile(slide: Slide, task: PartTask): Promise<PartFound | CytodropError | WorkerDied> {
    const { width_px, height_px } = task.choice.region ?? this.#whole;
    const search = (): Promise<PartFound> => slide.search(task, width_px * height_px);
    try {
      return await search().catch(async (error: unknown) => {
        const name = detectorOf(task.settings.method);
        if (!(error instanceof CytodropError && error.code === 'detector_not_loaded') || name === undefined) throw error;
        await slide.loadDetector(name, await this.#host.readDetector(name));
        return search();
      });
    } catch (error) {
      if (error instanceof WorkerDied || (error instanceof CytodropError && !forAll.includes(error.code))) return error;
      throw error;
    }
  }

  #slideOf(worker: Helper): Slide {
    const known = this.#slides.get(worker.link) ?? new Slide(worker, () => Promise.resolve(copyOf(this.#file)));
    this.#slides.set(worker.link, known);
    return known;
  }

  #part(host: FrameHost, region: Box): Promise<Frame> {
    const { left_px, top_px } = this.#whole;
    return Frame.open(host, copyOf(this.#file), this.#at({ ...region, left_px: region.left_px + left_px, top_px: region.top_px + top_px }, this.choice.level ?? 0));
  }

  /** Does something with cells in parts of the picture that hold them whole; gives them in their order. */
  async #inParts(
    cells: readonly FrameCell[], use: (part: Frame, some: FrameCell[]) => Promise<FrameCell[]>, onDone: (cells: FrameCell[]) => void = () => {}, signal?: Pick<AbortSignal, 'aborted'>,
  ): Promise<FrameCell[]> {
    const groups = new Map<string, FrameCell[]>();
    for (const cell of cells) {
      const key = `${Math.floor((cell.box.top_px + cell.box.height_px / 2) / partPx)} ${Math.floor((cell.box.left_px + cell.box.width_px / 2) / partPx)}`;
      groups.set(key, [...(groups.get(key) ?? []), cell]);
    }
    const parts = [...groups.values()];
    const known = new Map<number, FrameCell>();
    await shareSteps<Helper, FrameCell[]>({
      count: parts.length,
      workers: () => [this.#host, ...this.#helpers()],
      take: async (worker, step) => {
        const some = parts[step] as FrameCell[];
        const region = around(some.map(({ box }) => box), this.#whole);
        const host = { ...this.#host, spec: this.#host.spec, link: worker.link, makeReady: worker.makeReady, helpers: () => [] };
        const moved = some.map((cell) => placed(cell, { ...region, left_px: -region.left_px, top_px: -region.top_px }, this.#whole, cell.id));
        return (await lookInto(this.#part(host, region), (part) => use(part, moved))).map((cell, i) => ({ ...placed(cell, region, this.#whole, cell.id), cutByBorder: some[i]?.cutByBorder ?? false }));
      },
      tell: (_, some) => {
        for (const cell of some) known.set(cell.id, cell);
        onDone(some.filter(({ verdict }) => verdict));
      },
      signal,
    });
    return cells.map((cell) => known.get(cell.id) ?? cell);
  }
}

/** Boxes with what is seen around them, within the picture. */
function around(boxes: readonly Box[], { width_px, height_px }: Box): Box {
  const [left, top] = [Math.max(0, Math.min(...boxes.map((box) => box.left_px)) - aroundPx), Math.max(0, Math.min(...boxes.map((box) => box.top_px)) - aroundPx)];
  const right = Math.min(width_px, Math.max(...boxes.map((box) => box.left_px + box.width_px)) + aroundPx);
  const bottom = Math.min(height_px, Math.max(...boxes.map((box) => box.top_px + box.height_px)) + aroundPx);
  return right > left && bottom > top ? { left_px: left, top_px: top, width_px: right - left, height_px: bottom - top } : middleOf({ width_px, height_px }, partPx);
}

async function lookInto<T>(opening: Promise<Frame>, use: (frame: Frame) => Promise<T>): Promise<T> {
  const frame = await opening;
  try {
    return await use(frame);
  } finally {
    await frame.close();
  }
}

function seriesOf({ file }: Pick<FrameFacts, 'file'>) {
  return file?.series[file.place.series];
}
