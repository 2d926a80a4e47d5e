/** Finding the cells of whole frames, by each method, under Node and in Chromium, beside the usual recipe of OpenCV, native. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytesOf, root } from '../border/fixtures.ts';
import { timeSearches, type SearchTimes } from './detect_rounds.ts';
import { median, printTime } from './report.ts';
import { path, withPage } from './site.ts';
import { defaultSearch } from '../../src/js/frames/search.ts';

const rounds = 3;
const mostFrames = 3;
/** As scripts/score_detection.py searches these frames. */
const settings = { ...defaultSearch, pixel_size_um: 1.25, least_diameter: 12, most_diameter: 60 };

export async function benchDetect(): Promise<void> {
  const folder = fileURLToPath(new URL('../shared/data/cell-lines/frames', root));
  if (!existsSync(folder)) {
    console.log(`\nFinding cells: skipped, there is no ${folder}`);
    return;
  }
  const frames = readdirSync(folder).filter((name) => name.endsWith('.png')).sort().slice(0, mostFrames).map((name) => join(folder, name));
  console.log(`\nFinding the cells of ${frames.length} frames of 1408 × 1040 px, one thread`);
  const detector = { specJson: new TextDecoder().decode(bytesOf('models/adherent/spec.json')), network: bytesOf('models/adherent/network.onnx') };
  print(`Node ${process.version}`, await timeSearches(bytesOf('build/wasm/cytodrop_core.wasm'), detector, frames.map((file) => new Uint8Array(readFileSync(file))), settings, rounds));
  const named = Object.fromEntries(frames.map((file, i) => [`frame-${i}.png`, file]));
  await withPage({ script: 'detect_page', ready: 'benchDetect', files: { detector: path('models/adherent'), ...named } }, async (page, version) => {
    print(version, (await page.evaluate(`benchDetect(${JSON.stringify(Object.keys(named))}, ${JSON.stringify(settings)}, ${rounds})`)) as SearchTimes);
  });
  printRival(frames);
}

function print(title: string, { decode, search, cells }: SearchTimes): void {
  console.log(title);
  printTime('  decode', median(decode));
  printTime('  by the network, spread', median(search.network_adherent));
  printTime('  as spread cells', median(search.adherent));
  printTime('  as round cells', median(search.round));
  console.log(`  cells of the last frame: ${cells.network_adherent}, ${cells.adherent}, ${cells.round}`);
}

function printRival(frames: readonly string[]): void {
  const um = settings.pixel_size_um;
  const script = [
    'import json, sys', 'from pathlib import Path', 'from score_detection import opencv',
    `results = opencv([Path(p) for p in sys.argv[1:] * ${rounds + 1}], ${settings.least_diameter / um}, ${settings.most_diameter / um})[1]`,
    'print(json.dumps([ms for result in results for ms in result["ms"]]))',
  ].join('\n');
  const { status, stdout, stderr } = spawnSync(process.env['CYTODROP_PYTHON'] ?? 'python3', ['-c', script, ...frames], { cwd: path('scripts'), encoding: 'utf8' });
  if (status !== 0) {
    console.log(`OpenCV and scikit-image: skipped, ${(stderr ?? '').trim().split('\n').at(-1) || 'there is no Python'}; CYTODROP_PYTHON names one that has them`);
    return;
  }
  console.log('OpenCV and scikit-image, native');
  printTime('  the usual recipe', median((JSON.parse(stdout) as number[]).slice(frames.length)));
}
