/** What is done with the pictures of a camera: the newest is searched and named by the way that files go, and the next is taken when that is done. */
import { batch, computed, effect, signal } from '@preact/signals';
import { type FrameCell } from '../../src/js/index.ts';
import { addFiles } from './adding.ts';
import { client } from './client.ts';
import { asCell, type Cell, fieldOptions, handOptions, namesCells, optionsKey } from './frame_store.ts';
import { allImages, era } from './images.ts';
import { fileOf, type LivePicture, takePicture } from './live_picture.ts';
import { mode } from './mode.ts';
import { chosenName, imageScale, modelState } from './models.ts';
import { messageOf } from './notice.ts';

/** `places`: where each cell lies, in the same order; of a picture that was named as a whole, what of it was looked at. */
export interface LookedAt { cells: Cell[]; places: Pick<FrameCell, 'id' | 'box' | 'outline'>[]; width: number; height: number; pixelSizeUm: number | null }

/** What the last picture came to. */
export const lookedAt = signal<LookedAt | null>(null);
/** Pictures a second; null before it is known. */
export const pace = signal<number | null>(null);
/** A picture that stays, with what draws it; null: they go on. */
export const frozen = signal<(LivePicture & { bitmap: ImageBitmap }) | null>(null);
/** Why the last picture could not be looked at. */
export const trouble = signal<string | null>(null);
/** Of the camera's pictures, µm per px; null: not known. */
export const liveScale = signal<number | null>(null);

/** By which a picture knows whether it was looked at as is asked now. */
const asked = computed(() => JSON.stringify([mode.value, namesCells.value, optionsKey(fieldOptions.value), handOptions.value, liveScale.value, imageScale.value, chosenName.value, modelState.value.phase, era.value]));
const stops = signal(0);

/** Resolves when something else is asked, or another picture is held. */
function change(): Promise<void> {
  return new Promise((resolve) => {
    let first = true;
    const off = effect(() => {
      void [asked.value, frozen.value, stops.value];
      if (!first) queueMicrotask(() => { off(); resolve(); });
      first = false;
    });
  });
}

/** The pace is that of so many pictures. */
const pacedOver = 10;
const afterTroubleMs = 1_000;
const afterNoneMs = 100;

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Looks at one picture after the other. Returns: what ends it. */
export function startLooking(): () => void {
  let stopped = false;
  let done: { picture: LivePicture; as: string } | undefined;
  let times: number[] = [];
  const signalled = { get aborted() { return stopped; } };
  const step = async (): Promise<void> => {
    const [as, held] = [asked.peek(), frozen.peek()];
    if (modelState.peek().phase !== 'ready' || (held && done?.picture === held && done.as === as)) {
      times = [];
      return change();
    }
    const picture = held ?? await takePicture();
    if (stopped) return;
    // The camera is off, and this is told in a moment.
    if (picture.width === 0) return rest(afterNoneMs);
    const found = await lookAt(picture, signalled);
    // Another is held by now, or something else asked.
    if (stopped || frozen.peek() !== held || asked.peek() !== as) return;
    done = { picture, as };
    times = [...times, performance.now()].slice(-pacedOver);
    const [first = 0, last = 0] = [times[0], times.at(-1)];
    batch(() => {
      lookedAt.value = found;
      trouble.value = null;
      if (times.length > 1) pace.value = (1000 * (times.length - 1)) / (last - first);
    });
  };
  void (async () => {
    while (!stopped) {
      await step().catch((error: unknown) => {
        if (!stopped) trouble.value = messageOf(error);
        return rest(afterTroubleMs);
      });
    }
  })();
  return () => {
    stopped = true;
    batch(() => {
      stops.value += 1;
      lookedAt.value = pace.value = trouble.value = null;
      goOn();
    });
  };
}

const nameless = 'camera.png';

/** Raises: CytodropError, WorkerDied. */
async function lookAt(picture: LivePicture, signal: Pick<AbortSignal, 'aborted'>): Promise<LookedAt> {
  const file = fileOf(picture, nameless, liveScale.peek());
  const { width, height } = picture;
  if (mode.peek() === 'cells') {
    const cell = await client.classify(file, { imageScale: imageScale.peek() });
    return { cells: [{ ...cell, index: -1, path: '' }], places: [{ id: 0, box: cell.crop, outline: cornersOf(cell.crop) }], width, height, pixelSizeUm: null };
  }
  const options = fieldOptions.peek();
  const frame = await client.openFrame(file, options.choice);
  try {
    const settings = await frame.settingsFor(options);
    const { cells } = await frame.find(settings, { classify: namesCells.peek(), signal });
    return { cells: cells.map((cell) => asCell(cell, frame.facts.image, -1)), places: cells, width, height, pixelSizeUm: settings.pixel_size_um };
  } finally {
    await frame.close();
  }
}

function cornersOf({ left_px, top_px, width_px, height_px }: Cell['crop']): Float32Array {
  const [right, bottom] = [left_px + width_px, top_px + height_px];
  return Float32Array.of(left_px, top_px, right, top_px, right, bottom, left_px, bottom);
}

/** Holds the picture that the camera gives next. */
export async function freeze(): Promise<void> {
  const picture = await takePicture();
  if (picture.width === 0) return;
  const bitmap = await createImageBitmap(new Blob([picture.png], { type: 'image/png' }));
  frozen.value = { ...picture, bitmap };
}

/** Who draws the picture that was held closes it. */
export function goOn(): void {
  frozen.value = null;
}

/** Adds the picture that is held, else the next, to the images, with its scale. Returns: its name. */
export async function keepPicture(): Promise<string | null> {
  const picture = frozen.peek() ?? await takePicture();
  if (picture.width === 0) return null;
  const path = nameOf(picture.takenAt);
  addFiles({ files: [{ file: fileOf(picture, path, liveScale.peek()), path }], unopened: [], documents: [] });
  return path;
}

/** "camera 2026-11-28 20.15.03.png", by this computer's clock. */
function nameOf(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const name = `camera ${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}.${two(at.getMinutes())}.${two(at.getSeconds())}`;
  const taken = new Set(allImages().map(({ path }) => path));
  for (let i = 1; ; i++) {
    const one = i === 1 ? `${name}.png` : `${name} ${i}.png`;
    if (!taken.has(one)) return one;
  }
}
