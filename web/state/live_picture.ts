/** One picture of the camera as a file like any other: a PNG, which loses nothing and states the size of its pixels. */
import { crc32 } from '../../src/js/index.ts';
import { video } from './camera.ts';

/** `width`: 0 where there was none to take. */
export interface LivePicture { png: Uint8Array<ArrayBuffer>; width: number; height: number; takenAt: Date }

/** The same for every picture: what is drawn is gone with the next. */
const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
let queue: Promise<unknown> = Promise.resolve();

/** The next picture that the camera gives; one is taken at a time. */
export function takePicture(): Promise<LivePicture> {
  const taken = queue.then(take);
  queue = taken.catch(() => undefined);
  return taken;
}

async function take(): Promise<LivePicture> {
  await nextPicture();
  const [width, height] = [video.videoWidth, video.videoHeight];
  if (width === 0) return { png: new Uint8Array(), width, height, takenAt: new Date() };
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.drawImage(video, 0, 0);
  const takenAt = new Date();
  const blob = await canvas.convertToBlob({ type: 'image/png' });
  return { png: new Uint8Array(await blob.arrayBuffer()), width, height, takenAt };
}

/** Resolves too where the camera is given back, which gives no more. */
function nextPicture(): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      video.removeEventListener('emptied', done);
      resolve();
    };
    video.addEventListener('emptied', done);
    if (video.srcObject) video.requestVideoFrameCallback(done);
    else done();
  });
}

/** The signature, and the header with its length, name and sum. */
const beforeChunks = 8 + 25;
const metrePx = 1;

/**
 * Args:
 *   pixelSizeUm: µm per px, which the file states; null: it does not.
 * Source: PNG specification, third edition, 11.3.4.3.
 */
export function fileOf({ png, takenAt }: LivePicture, name: string, pixelSizeUm: number | null): File {
  const parts = pixelSizeUm === null ? [png] : [png.subarray(0, beforeChunks), physicalSize(pixelSizeUm), png.subarray(beforeChunks)];
  return new File(parts, name, { type: 'image/png', lastModified: takenAt.getTime() });
}

function physicalSize(pixelSizeUm: number): Uint8Array<ArrayBuffer> {
  const chunk = new DataView(new ArrayBuffer(4 + 4 + 9 + 4));
  const bytes = new Uint8Array(chunk.buffer);
  chunk.setUint32(0, 9);
  bytes.set(new TextEncoder().encode('pHYs'), 4);
  const perMetre = Math.round(1e6 / pixelSizeUm);
  chunk.setUint32(8, perMetre);
  chunk.setUint32(12, perMetre);
  chunk.setUint8(16, metrePx);
  chunk.setUint32(17, crc32(bytes.subarray(4, 17)));
  return bytes;
}
