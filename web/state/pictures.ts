/** Pictures of crops for tiles and details: few at a time, what was wished for last comes first, and a bounded memory of those made. */
import { effect } from '@preact/signals';
import { viewOf } from './asking.ts';
import { era } from './images.ts';

const mostBytes = 96 * 1024 * 1024;
/** Enough to keep the worker busy between two batches of a run, few enough to forget what flew past. */
const atOnce = 6;

interface Wish {
  /** Wishes of one moment, such as the tiles of one row, share a wave and are met in order. */
  wave: number;
  key: string;
  index: number;
  sidePx: number;
  waiting: Set<(picture: ImageData | null) => void>;
}

/** In order of last use, oldest first. */
const made = new Map<string, ImageData>();
let madeBytes = 0;
const wishes = new Map<string, Wish>();
let wave = 0;
let waveTimer: ReturnType<typeof setTimeout> | undefined;
let underWay = 0;

effect(() => {
  era.value;
  made.clear();
  madeBytes = 0;
});

/**
 * Asks for the crop of one image.
 *
 * Args:
 *   sidePx: no side of the picture is longer than this.
 *   show: called once with the picture, or with null when it cannot be made.
 * Returns: takes the wish back; a picture not yet begun is then not made.
 */
export function wishPicture(index: number, sidePx: number, show: (picture: ImageData | null) => void): () => void {
  const key = `${era.value} ${index} ${sidePx}`;
  const known = made.get(key);
  if (known) {
    made.delete(key);
    made.set(key, known);
    show(known);
    return () => {};
  }
  const wish = wishes.get(key) ?? { wave, key, index, sidePx, waiting: new Set() };
  wish.waiting.add(show);
  wish.wave = wave;
  wishes.set(key, wish);
  waveTimer ??= setTimeout(endWave, 0);
  return () => {
    wish.waiting.delete(show);
    if (wish.waiting.size === 0) wishes.delete(key);
  };
}

/** A tick after the wish, so that tiles which only fly past have taken theirs back. */
function endWave(): void {
  waveTimer = undefined;
  wave += 1;
  work();
}

function work(): void {
  while (underWay < atOnce) {
    let wish: Wish | undefined;
    for (const other of wishes.values()) {
      if (!wish || other.wave > wish.wave) wish = other;
    }
    if (!wish) return;
    wishes.delete(wish.key);
    underWay += 1;
    void viewOf(wish.index, wish.sidePx)
      .catch(() => null)
      .then((picture) => {
        underWay -= 1;
        if (picture && wish.key.startsWith(`${era.value} `)) keep(wish.key, picture);
        for (const show of wish.waiting) show(picture);
        work();
      });
  }
}

function keep(key: string, picture: ImageData): void {
  made.set(key, picture);
  madeBytes += picture.data.byteLength;
  for (const [oldest, old] of made) {
    if (madeBytes <= mostBytes) return;
    made.delete(oldest);
    madeBytes -= old.data.byteLength;
  }
}
