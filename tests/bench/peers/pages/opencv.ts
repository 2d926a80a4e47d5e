/** The usual recipe in OpenCV.js: background by a wide median, difference, Otsu, closing, holes, opening, distance, watershed; as scripts/score_detection.py has it, but for OpenCV's own watershed. */
import { address, bytesOf } from '../../address.ts';
import { serve } from './serve.ts';
import type { DetectSettings } from '../../../../src/js/index.ts';
import type { Mat, OpenCv } from '../opencv.ts';

declare global {
  var cv: OpenCv | Promise<OpenCv>;
}

async function load(): Promise<OpenCv> {
  const script = Object.assign(document.createElement('script'), { src: address('opencv.js') });
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = () => reject(new Error('opencv.js did not load'));
    document.head.append(script);
  });
  return await globalThis.cv;
}

serve(1, async () => {
  const [cv, settings] = await Promise.all([load(), bytesOf('search.json')]);
  const { least_diameter, most_diameter, pixel_size_um } = JSON.parse(new TextDecoder().decode(settings)) as DetectSettings;
  const [least, most] = [least_diameter / (pixel_size_um ?? 1), most_diameter / (pixel_size_um ?? 1)];
  return async (batch) => {
    const counts: string[] = [];
    for (const bytes of batch) counts.push(String(countCells(cv, await pixelsOf(bytes), least, most)));
    return counts;
  };
});

async function pixelsOf(bytes: Uint8Array): Promise<ImageData> {
  const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  const context = Object.assign(document.createElement('canvas'), { width: bitmap.width, height: bitmap.height }).getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, context.canvas.width, context.canvas.height);
}

/** `least`, `most`: diameters, px. */
function countCells(cv: OpenCv, image: ImageData, least: number, most: number): number {
  const held: { delete(): void }[] = [];
  const hold = <T extends { delete(): void }>(thing: T): T => {
    held.push(thing);
    return thing;
  };
  const mat = (): Mat => hold(new cv.Mat());
  const disc = (size: number): Mat => hold(cv.getStructuringElement(cv.MORPH_ELLIPSE, new cv.Size(2 * Math.round(size) + 1, 2 * Math.round(size) + 1)));
  try {
    const [rgba, grey, small, flat, deviation, mask] = [hold(cv.matFromImageData(image)), mat(), mat(), mat(), mat(), mat()];
    cv.cvtColor(rgba, grey, cv.COLOR_RGBA2GRAY);
    cv.normalize(grey, grey, 0, 255, cv.NORM_MINMAX);
    cv.resize(grey, small, new cv.Size(0, 0), 0.25, 0.25, cv.INTER_AREA);
    cv.medianBlur(small, small, Math.min(Math.floor(most / 2) | 1, 101));
    cv.resize(small, small, new cv.Size(grey.cols, grey.rows), 0, 0, cv.INTER_LINEAR);
    cv.absdiff(grey, small, flat);
    cv.GaussianBlur(flat, deviation, new cv.Size(0, 0), least / 12);
    const level = cv.threshold(deviation, mask, 0, 255, cv.THRESH_BINARY + cv.THRESH_OTSU);
    cv.threshold(deviation, mask, 0.5 * level, 255, cv.THRESH_BINARY);
    cv.morphologyEx(mask, mask, cv.MORPH_CLOSE, disc(0.2 * least));
    const contours = hold(new cv.MatVector());
    cv.findContours(mask, contours, mat(), cv.RETR_EXTERNAL, cv.CHAIN_APPROX_NONE);
    cv.drawContours(mask, contours, -1, new cv.Scalar(255), cv.FILLED);
    cv.morphologyEx(mask, mask, cv.MORPH_OPEN, disc(0.2 * least));
    const [distance, wide, tops, labels, hills] = [mat(), mat(), mat(), mat(), mat()];
    cv.distanceTransform(mask, distance, cv.DIST_L2, 5);
    cv.GaussianBlur(distance, distance, new cv.Size(0, 0), least / 12);
    cv.dilate(distance, wide, disc(0.4 * least));
    tops.create(mask.rows, mask.cols, cv.CV_8UC1);
    const [far, near] = [distance.data32F, wide.data32F];
    for (let i = 0; i < far.length; i++) tops.data[i] = (far[i] ?? 0) >= (near[i] ?? 0) - 1e-6 && (far[i] ?? 0) > 0.25 * least ? 255 : 0;
    const seeds = cv.connectedComponents(tops, labels);
    // OpenCV's watershed knows no mask: the ground gets a mark of its own, behind those of the cells.
    const marks = labels.data32S;
    for (let i = 0; i < marks.length; i++) if (mask.data[i] === 0) marks[i] = seeds;
    cv.normalize(distance, hills, 255, 0, cv.NORM_MINMAX, cv.CV_8U);
    cv.cvtColor(hills, hills, cv.COLOR_GRAY2RGB);
    cv.watershed(hills, labels);
    const areas = new Float64Array(seeds + 1);
    for (const label of labels.data32S) if (label > 0) areas[label] = (areas[label] ?? 0) + 1;
    return areas.subarray(1, seeds).filter((area) => 2 * Math.sqrt(area / Math.PI) >= least && 2 * Math.sqrt(area / Math.PI) <= most).length;
  } finally {
    for (const thing of held) thing.delete();
  }
}
