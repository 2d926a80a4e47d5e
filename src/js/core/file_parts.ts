/** Files that are read by parts, and which part of them. */
import type { Box } from '#cytodrop_core';

/** A file that is read by parts. */
export interface FileParts {
  /** In bytes. */
  length: number;
  /** Bytes from an offset on, as many as asked for; null where they cannot be read any more. */
  read(at: number, count: number): Uint8Array | null;
  close(): void;
}

/** Which picture of a file: its first page, in all its colours and at full size, unless told. */
export interface PageChoice {
  page: number;
  channel: number;
  level?: number;
  /** In px of the level. */
  region?: Box;
}
