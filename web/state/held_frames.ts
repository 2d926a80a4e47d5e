/** Frames that a worker holds decoded for the page to look into: a few, the one used longest ago is let go first. */
import { type Checked, type Checks, type DisplayRange, type FrameChoice, frameOfKey, type OpenFrame, pictureKey, type Slide } from '../../src/js/index.ts';
import { client } from './client.ts';
import { around, cellAt, findCell, frameAt } from './frame_store.ts';
import { allImages } from './images.ts';
import { words } from './words.ts';

/** The core keeps four; one of them belongs to the run. */
const mostHeld = 2;

interface Held { opened: Promise<OpenFrame>; uses: number }

/** In order of last use, oldest first. */
const held = new Map<string, Held>();
let released: (() => void)[] = [];

/**
 * Does something with an open frame.
 *
 * Raises: CytodropError, also where the file cannot be read any more; WorkerDied.
 */
export async function withFrame<T>(frame: number, choice: FrameChoice, use: (frame: OpenFrame) => Promise<T>): Promise<T> {
  const key = `${frame} ${pictureKey(choice)}`;
  let one = held.get(key);
  while (!one) {
    const idle = [...held].find(([, { uses }]) => uses === 0);
    if (held.size >= mostHeld && !idle) {
      await new Promise<void>((resolve) => released.push(resolve));
      one = held.get(key);
      continue;
    }
    if (held.size >= mostHeld && idle) letGo(...idle);
    one = { opened: openFrame(frame, choice), uses: 0 };
    held.set(key, one);
  }
  const mine = one;
  mine.uses += 1;
  held.delete(key);
  held.set(key, mine);
  try {
    return await use(await mine.opened.catch((error: unknown) => {
      // Tried anew the next time.
      if (held.get(key) === mine) held.delete(key);
      throw error;
    }));
  } finally {
    mine.uses -= 1;
    const waiting = released;
    released = [];
    for (const wake of waiting) wake();
  }
}

/** Opens a frame to look into it; it must be closed. Raises: CytodropError. */
function openFrame(index: number, choice: FrameChoice): Promise<OpenFrame> {
  const file = allImages()[index]?.file;
  return file ? client.openFrame(file, choice) : Promise.reject(new Error(words.noSuchImage));
}

function letGo(key: string, { opened }: Held): void {
  held.delete(key);
  void opened.then((frame) => frame.close(), () => undefined);
}

/** The one slide that a worker keeps open to look at parts of it. */
let slide: { file: File; open: Slide } | undefined;

/** Draws a part of the file of a frame without decoding the rest. Raises: CytodropError, WorkerDied, Error where the file is gone. */
export async function viewPart(frame: number, choice: FrameChoice, maxSidePx: number, range: DisplayRange | null): Promise<ImageData> {
  const file = allImages()[frame]?.file;
  if (!file) throw new Error(words.noSuchImage);
  if (slide?.file !== file) {
    void slide?.open.close();
    slide = { file, open: client.openSlide(file) };
  }
  const { rgba, widthPx, heightPx } = await slide.open.view(choice, maxSidePx, range);
  return new ImageData(rgba, widthPx, heightPx);
}

/** The files are gone. */
export function forgetHeldFrames(): void {
  void slide?.open.close();
  slide = undefined;
  for (const [key, one] of held) letGo(key, one);
}

/** The square that the network saw of one cell of a frame, or that is around it where none saw it. */
export async function viewCell(key: number, maxSidePx: number): Promise<ImageData> {
  const found = findCell(key);
  const frame = frameOfKey(key);
  const entry = frameAt(frame);
  if (!found || !entry) throw new Error(words.noSuchCell);
  const region = cellAt(key)?.crop ?? around(found.cell.box);
  const { rgba, widthPx, heightPx } = await withFrame(frame, found.choice, (open) => open.view(region, maxSidePx, entry.range));
  return new ImageData(rgba, widthPx, heightPx);
}

/** What can be checked of one cell of a frame. Raises: as withFrame. */
export async function checkCell(key: number, checks: Checks): Promise<Checked> {
  const frame = frameOfKey(key);
  const entry = frameAt(frame);
  const cell = entry?.analysis.cells.find(({ id }) => id === cellAt(key)?.inFrame?.id);
  if (!entry || !cell) throw new Error(words.cellGone);
  const [done] = await withFrame(frame, entry.analysis.choice, (open) => open.classify([cell], { pixelSizeUm: entry.analysis.settings.pixel_size_um, checks }));
  return done?.verdict ?? {};
}
