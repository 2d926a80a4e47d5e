/** A camera that shows one drawn picture for ever, as Chromium's own fake device reads it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes a YUV4MPEG2 file of one grey picture.
 *
 * Args:
 *   samples: row by row, 0 to 255; width and height are even.
 * Returns: the browser's arguments that make it the camera, asked for without a question.
 */
export function fakeCamera(folder: string, name: string, width: number, height: number, samples: Uint8Array): string[] {
  const path = join(folder, `${name}.y4m`);
  // 16 is black and 235 white; chroma of 128 is no colour.
  const luma = samples.map((sample) => 16 + Math.round((219 * sample) / 255));
  writeFileSync(path, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\nFRAME\n`), luma, Buffer.alloc((width * height) / 2, 128)]));
  return ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${path}`];
}
