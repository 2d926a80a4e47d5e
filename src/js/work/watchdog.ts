/** Notices a worker that hangs: one that has something to do for whoever asked, and has given no sign of life for too long. */
import { platform } from '#platform';

/**
 * How long a worker may be silent over one image before it is ended, in seconds during which it could have worked. Generous: the
 * largest frame that is read, of 100 megapixels, is decoded and searched in 11 s on our test machine, and may take 520.
 *
 * Args:
 *   bytes: of the image's file, or of its decoded samples where these are known.
 */
export function patienceSeconds(bytes: number): number {
  return 120 + Math.floor(bytes / 1e6);
}

/** Ticks once a second from now on. Returns what stops it. */
export type Ticking = (onTick: () => void) => () => void;

export const everySecond: Ticking = (onTick) => {
  const timer = setInterval(onTick, 1000) as unknown as number & { unref?(): void };
  // Under Node it would keep a program alive that has nothing else to do.
  timer.unref?.();
  return () => clearInterval(timer);
};

/**
 * Counts seconds of silence.
 *
 * It counts ticks, not the clock: a computer that sleeps, a page that the browser has frozen and one too busy to be told anything make
 * none, so that a worker is not blamed for time it never had. Ticks of a hidden page, whose workers a browser may hold back, do not count.
 */
export class Watchdog {
  readonly #ticking: Ticking;
  readonly #isHidden: () => boolean;
  readonly #limit: () => number | undefined;
  readonly #onSilence: (seconds: number) => void;
  #silence = 0;
  #stop: (() => void) | undefined;

  /**
   * Args:
   *   limit: seconds of silence that are borne now; undefined: for ever.
   *   onSilence: told once the limit is passed, with it.
   */
  constructor(limit: () => number | undefined, onSilence: (seconds: number) => void, ticking: Ticking = everySecond, isHidden = platform.isHidden) {
    this.#ticking = ticking;
    this.#isHidden = isHidden;
    this.#limit = limit;
    this.#onSilence = onSilence;
  }

  /** A sign of life, or the beginning of a wait. */
  hear(): void {
    this.#silence = 0;
    this.#stop ??= this.#ticking(() => this.#tick());
  }

  /** Nobody waits for anything. */
  rest(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #tick(): void {
    if (this.#isHidden()) return;
    this.#silence += 1;
    const limit = this.#limit();
    if (limit !== undefined && this.#silence > limit) this.#onSilence(limit);
  }
}
