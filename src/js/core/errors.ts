/** What can go wrong with one file, and what a person can do about it. */
import type { ErrorCode } from '#cytodrop_core';

/** The outcome of a file that could not be worked on. */
export interface UnreadFile {
  status: 'error';
  code: ErrorCode | 'engine_failed' | 'took_too_long' | 'self_test_failed';
  /** What happened, one plain sentence without the file's name. */
  message: string;
  /** What a person can do about it, one plain sentence. */
  advice: string;
}

/** An error with a code: from the C++ core, or from reading the file before it. */
export class CytodropError extends Error {
  readonly code: UnreadFile['code'];

  constructor(code: UnreadFile['code'], message: string) {
    super(message);
    this.name = 'CytodropError';
    this.code = code;
  }
}

const advice: Record<UnreadFile['code'], string> = {
  empty_file: 'Copy the file again from where it came.',
  unsupported_format: 'Save the image as PNG, TIFF or JPEG.',
  unsupported_feature: 'Save the image as an ordinary RGB or grey PNG.',
  needs_reader: 'Save the image as an ordinary RGB or grey PNG.',
  needs_codec: 'Try again with a connection, or save the image as PNG.',
  truncated: 'The file is cut off; copy it again from where it came.',
  corrupt: 'The file is damaged; open and save it again in an image program, or copy it anew.',
  too_large: 'Crop the image, or save it smaller.',
  out_of_memory: 'Close other tabs and programs, or use a smaller image.',
  unreadable_file: 'Check that the file still exists and may be read, then add it again.',
  engine_failed: 'Try the file again; if it fails again, try with fewer files at a time.',
  took_too_long: 'Try the file alone; if it is stopped again, crop the image or save it anew.',
  invalid_argument: 'Try again; if it happens again, report it together with the file.',
  invalid_model: 'Load the model again; it may have been updated.',
  unsupported_operator: 'Load a model that this page can run.',
  model_not_loaded: 'Wait until the model is loaded, then add the file again.',
  detector_not_loaded: 'Try again with a connection, or have the cells found in another way.',
  frame_not_open: 'Open the file again.',
  self_test_failed: 'Try another browser or computer; if it happens again, report it.',
  internal: 'Try again; if it happens again, report it together with the file.',
};

/** Where the core knows more than the code tells it says behind a semicolon what to do. */
const ownAdvice = /; (?=(?:check|choose|drop|export|open|save|unpack) )/;

/**
 * The outcome of a file that could not be classified.
 *
 * Args:
 *   message: what happened, perhaps with what to do about it; it becomes a sentence where it is not one.
 */
export function unreadFile(code: UnreadFile['code'], message: string): UnreadFile {
  const [what = '', todo] = message.split(ownAdvice);
  return { status: 'error', code, message: sentence(what), advice: todo === undefined ? advice[code] : sentence(todo) };
}

/** With a capital and an end. */
export function sentence(words: string): string {
  const begun = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.…!?]$/.test(begun) ? begun : `${begun}.`;
}

/** The core's own limit. */
const maxFileBytes = 512_000_000;

/** The outcome of a file that is too large to be read at all. */
export function refuseSize(bytes: number): UnreadFile | undefined {
  if (bytes <= maxFileBytes) return undefined;
  return unreadFile('too_large', `The file has ${Math.ceil(bytes / 1e6)} MB; files up to ${maxFileBytes / 1e6} MB are read.`);
}
