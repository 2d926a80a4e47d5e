/** Files that are read by parts, which part of them, and what they turned out to be. */
import type { Box } from '#cytodrop_core';
import type { Series } from '#cytodrop_formats';
import { CytodropError } from './errors.ts';

/** A file that is read by parts. */
export interface FileParts {
  /** In bytes. */
  length: number;
  /** Bytes from an offset on, as many as asked for; null where they cannot be read any more. */
  read(at: number, count: number): Uint8Array | null;
  close(): void;
}

/** Which picture of a file: where nothing is told the channel that shows cells as they are, its sharpest plane, at full size. */
export interface PageChoice {
  /** Planes of all series one after the other: of each its times, of each time its z. */
  page: number;
  /** -1: as the file has it. */
  channel: number;
  /** By what they are called, in place of the numbers: a name, or a number from 1. */
  named?: { series?: string; channel?: string; z?: number; t?: number };
  /** Of a file with smaller copies of itself; 0, the full size, unless told. */
  level?: number;
  /** Part of it, in px of the level; all of it unless told. */
  region?: Box;
  /** All z at its place as one. */
  projection?: 'max' | 'mean';
  /** Of a whole slide, unless a level or region is told, the copy that is small enough to look at; its cells are not searched for. */
  overview?: boolean;
}

/** A place in a file, all from 0. */
export interface Place { series: number; channel: number; z: number; t: number }

/** What a file is that the further readers read, and which plane of it was looked at. */
export interface ImageFileFacts {
  format: string;
  series: Series[];
  place: Place;
  /** Why that plane, where nobody chose: a sentence; '' where there was nothing to choose. */
  reason: string;
  /** Of an overview, which copy it is where nobody chose. */
  level?: number;
}

/** Which plane of a file a picture is, as far as there was something to choose; numbers are from 1. */
export interface PlaneNumbers { series?: number; z?: number; t?: number; channel_name?: string }

export function planeNumbers({ series, place }: ImageFileFacts): PlaneNumbers {
  const one = series[place.series];
  const name = one?.channels[place.channel]?.name;
  return {
    ...(series.length > 1 && { series: place.series + 1 }), ...(one && one.z > 1 && { z: place.z + 1 }), ...(one && one.t > 1 && { t: place.t + 1 }), ...(name && { channel_name: name }),
  };
}

/** The core's own limit of a picture, px. */
export const mostPixels = 100_000_000;
/** A larger picture that has smaller copies is a slide: looked at as a whole first. */
export const slideFromPixels = 20_000_000;
const overviewSidePx = 4_000;

/** Whether a series is too large to be searched as a whole without a look at it. */
export function isSlide({ levels: [full, ...smaller] }: Series): boolean {
  const pixels = full ? full.width_px * full.height_px : 0;
  return pixels > mostPixels || (smaller.length > 0 && pixels > slideFromPixels);
}

/** The largest copy of a slide that is small enough to look at as a whole; else the smallest that there is. */
export function overviewLevel({ levels }: Series): number {
  const fits = levels.findIndex(({ width_px, height_px }) => Math.max(width_px, height_px) <= overviewSidePx);
  return fits < 0 ? levels.length - 1 : fits;
}

/** A part of one level as the same part of another, whole pixels, within it. */
export function regionAt({ levels }: Series, { left_px, top_px, width_px, height_px }: Box, from: number, to: number): Box {
  const [before, after] = [levels[from], levels[to]];
  if (!before || !after) throw new CytodropError('invalid_argument', `The file has ${levels.length} levels.`);
  const [across, down] = [after.width_px / before.width_px, after.height_px / before.height_px];
  const within = (value: number, most: number): number => Math.min(most, Math.max(0, Math.round(value)));
  const [left, top] = [within(left_px * across, after.width_px - 1), within(top_px * down, after.height_px - 1)];
  return {
    left_px: left, top_px: top, width_px: Math.max(1, within((left_px + width_px) * across, after.width_px) - left), height_px: Math.max(1, within((top_px + height_px) * down, after.height_px) - top),
  };
}

export const pageOf = (series: readonly Series[], { series: number, z, t }: Pick<Place, 'series' | 'z' | 't'>): number =>
  series.slice(0, number).reduce((sum, one) => sum + one.z * one.t, 0) + t * (series[number]?.z ?? 1) + z;

/**
 * Where the plane lies that a choice means.
 *
 * Returns: `isFree`: nobody chose a plane of the series.
 * Raises: CytodropError, `invalid_argument`, for a page, a name or a number that the file does not have.
 */
export function placeOf(series: readonly Series[], { page, channel, named = {} }: PageChoice): Place & { isFree: boolean } {
  let number = 0;
  let left = page;
  while (number < series.length - 1 && left >= planes(series[number])) left -= planes(series[number++]);
  if (named.series !== undefined) {
    number = find('series', series.map(({ name }) => name), named.series);
    left = 0;
  }
  const one = series[number] as Series;
  if (left >= planes(one)) throw new CytodropError('invalid_argument', `The file has ${series.reduce((sum, other) => sum + planes(other), 0)} pages, and page ${page + 1} was asked for.`);
  const place = { series: number, channel: Math.max(channel, 0), z: left % one.z, t: Math.floor(left / one.z) };
  if (named.channel !== undefined) place.channel = find('channel', one.channels.map(({ name }) => name), named.channel);
  if (named.z !== undefined) place.z = numbered('z', named.z, one.z);
  if (named.t !== undefined) place.t = numbered('t', named.t, one.t);
  if (place.channel >= one.channels.length) throw new CytodropError('invalid_argument', `The file has ${one.channels.length} channels, and channel ${place.channel + 1} was asked for.`);
  return { ...place, isFree: page === 0 && channel < 0 && named.channel === undefined && named.z === undefined && named.t === undefined };
}

const planes = (one: Series | undefined): number => (one?.z ?? 1) * (one?.t ?? 1);

function find(what: string, names: readonly string[], asked: string): number {
  const same = names.findIndex((name) => name === asked);
  if (same >= 0) return same;
  const alike = names.flatMap((name, i) => (name.toLowerCase() === asked.toLowerCase() ? [i] : []));
  if (alike.length === 1) return alike[0] as number;
  if (/^\d+$/.test(asked) && Number(asked) >= 1 && Number(asked) <= names.length) return Number(asked) - 1;
  const known = names.slice(0, 20).map((name, i) => (name === '' ? String(i + 1) : `${i + 1} (${name})`)).join(', ');
  throw new CytodropError('invalid_argument', `The file has no ${what} ${asked}; it has ${known}${names.length > 20 ? ' and more' : ''}.`);
}

function numbered(what: string, asked: number, count: number): number {
  if (asked >= 1 && asked <= count) return asked - 1;
  throw new CytodropError('invalid_argument', `The file has ${count} planes along ${what}, and number ${asked} was asked for.`);
}

/** A file that is held as if it were read by parts. */
export function partsOf(file: Uint8Array | FileParts): FileParts {
  return file instanceof Uint8Array ? { length: file.length, read: (at, count) => file.subarray(at, at + count), close: () => {} } : file;
}
