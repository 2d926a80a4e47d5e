/** Opens a frame: held by a worker where it is not too large, else read tile by tile. */
import { CytodropError, type UnreadFile } from '../core/errors.ts';
import { type FrameChoice, wholeFile } from '../frames/frame.ts';
import { copyOf, Frame, type FrameFile, type FrameHost, type Helper, type OpenFrame } from './frame.ts';
import { TiledFrame } from './tiled_frame.ts';

/**
 * Args:
 *   file: its bytes, which are handed over, or where it lies.
 *   readAgain: as `Frame.open` takes it.
 *   helpers: of a frame that is read tile by tile; as the host has them unless told.
 * Raises: CytodropError for a file that cannot be read or decoded; WorkerDied.
 */
export async function openFrame(
  host: FrameHost, file: FrameFile | UnreadFile, choice: FrameChoice = wholeFile, readAgain?: () => Promise<FrameFile | UnreadFile>, helpers: () => readonly Helper[] = host.helpers ?? (() => []),
): Promise<OpenFrame> {
  if ('status' in file) throw new CytodropError(file.code, file.message);
  // Whether the picture is too large shows only once the bytes are gone.
  const kept = copyOf(file);
  try {
    return await Frame.open(host, file, choice, readAgain);
  } catch (error) {
    if (!(error instanceof CytodropError && error.code === 'too_large')) throw error;
    return TiledFrame.open(host, kept, choice, helpers).catch((other: unknown) => {
      throw other instanceof CytodropError && other.code === 'invalid_argument' ? other : error;
    });
  }
}
