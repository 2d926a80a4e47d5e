/** The crop that the network saw, with a class activation map over it when asked for. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Cell } from '../state/frame_store.ts';
import { wishPicture } from '../state/pictures.ts';
import { mapPicture } from './colour_map.ts';
import { words } from './words.ts';

interface CropPictureProps {
  cell: Cell;
  /** The picture is made no larger than this. */
  sidePx: number;
  /** Class whose map is drawn; null for none. */
  mapClass: number | null;
  /** 0 to 1. */
  opacity: number;
}

/** Pixels of a map's side for each of its regions; drawing it larger smooths the rest of the way. */
const mapPxPerRegion = 8;
const mapCanvas = document.createElement('canvas');

export function CropPicture({ cell, sidePx, mapClass, opacity }: CropPictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  /** Undefined while it is being made, null when it cannot be. */
  const [crop, setCrop] = useState<ImageData | null>();
  useEffect(() => wishPicture(cell.index, sidePx, setCrop), [cell, sidePx]);
  useLayoutEffect(() => {
    if (!crop || !canvas.current) return;
    const context = draw(canvas.current, crop);
    if (mapClass === null || !context) return;
    const { height, width } = cell.maps;
    draw(mapCanvas, mapPicture(mapOf(cell, mapClass), height, width, mapPxPerRegion * Math.max(height, width)));
    context.globalAlpha = opacity;
    context.drawImage(mapCanvas, 0, 0, crop.width, crop.height);
  }, [crop, mapClass, opacity]);
  return (
    <span class={`crop-picture ${crop ? '' : 'waiting'}`}>
      <canvas ref={canvas} aria-hidden="true" />
      {crop === null && <span class="small">{words.pictureGone}</span>}
    </span>
  );
}

/** The map of one class, [height][width]. */
export function mapOf({ maps: { height, width, values } }: Cell, mapClass: number): Float32Array {
  return values.subarray(mapClass * height * width, (mapClass + 1) * height * width);
}

/** Makes a canvas show a picture. Returns its context, to draw more. */
export function draw(canvas: HTMLCanvasElement, image: ImageData): CanvasRenderingContext2D | null {
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext('2d');
  context?.putImageData(image, 0, 0);
  return context;
}
