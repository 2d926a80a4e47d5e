/**
 * Finds the cells of image files with the built core, and times it: what scripts/score_detection.py runs.
 *
 *     node scripts/detect.ts '{"least_diameter": 14, "most_diameter": 45}' 1 FILE... > cells.ndjson
 *
 * Arguments: settings that differ from the core's own, and with a method of a network perhaps `detector`, a folder, in the place of
 * its own; how often each file is searched; the files, or none to read their names from standard input. Prints one JSON object a file: file, width_px, height_px, ms of each search, boxes as
 * [left, top, right, bottom] in px and outlines as [x, y, x, y, …]; or file and error.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import createCytodropCore, { type DetectSettings, type Result } from '#cytodrop_core';
import { detectorFolder, detectorOf } from '../src/js/model/detector.ts';
import { defaultSearch } from '../src/js/frames/search.ts';

const [settingsJson = '{}', times = '1', ...named] = process.argv.slice(2);
const { detector, ...asked } = JSON.parse(settingsJson) as Partial<DetectSettings> & { detector?: string };
const settings: DetectSettings = { pixel_size_um: null, ...defaultSearch, ...asked };
const files = named.length > 0 ? named : readFileSync(0, 'utf8').split('\n').filter((line) => line !== '');

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const wasmBinary = new Uint8Array(readFileSync(new URL('../build/wasm/cytodrop_core.wasm', import.meta.url)));
const core = await createCytodropCore({ wasmBinary });
const classifier = new core.Classifier();
const name = detectorOf(settings.method);
if (name !== undefined) {
  const folder = detector ?? fileURLToPath(new URL(`../${detectorFolder(name)}`, import.meta.url));
  valueOf(classifier.load_detector(name, readFileSync(join(folder, 'spec.json'), 'utf8'), new Uint8Array(readFileSync(join(folder, 'network.onnx')))));
}
for (const file of files) {
  try {
    const bytes = new Uint8Array(readFileSync(file));
    // Opened anew for each search: what a network said of a frame is kept with it.
    const rounds = Array.from({ length: Number(times) }, () => {
      const { frame, image } = valueOf(classifier.open_frame(bytes, 0, -1));
      const found = classifier.detect(frame, settings);
      classifier.close_frame(frame);
      return { image, ...valueOf(found) };
    });
    const [first] = rounds;
    if (first === undefined) throw new Error('searched no time');
    const { image, boxes, outlines, outline_offsets: offsets } = first;
    const cells = Array.from({ length: first.scores.length }, (_, i) => {
      const [left = 0, top = 0, width = 0, height = 0] = boxes.subarray(4 * i, 4 * i + 4);
      return [left, top, left + width, top + height];
    });
    console.log(JSON.stringify({
      file, width_px: image.width_px, height_px: image.height_px, ms: rounds.map((round) => round.detect_ms), boxes: cells,
      outlines: cells.map((_, i) => Array.from(outlines.subarray(2 * (offsets[i] ?? 0), 2 * (offsets[i + 1] ?? 0)))),
    }));
  } catch (error) {
    console.log(JSON.stringify({ file, error: (error as Error).message }));
  }
}
classifier.delete();
