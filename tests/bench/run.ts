/**
 * `npm run bench`: time, rate and stated goal, measured in one run on one thread. `npm run bench -- engine` and so on: a part.
 *
 *   engine    the network alone, by engine and by kind of layer; `--layers` lists every layer
 *   pipeline  every stage under Node, beside EfficientNetV2-B0 at 224 px, the network of the paper that Cytodrop rebuilds
 *   page      file to verdict in Chromium, beside the pipeline a web developer would write
 *   throughput  one worker and two, of the page and of the command line
 *   compare FOLDER...  exported models by engine, into times.json of each
 *   detect    finding the cells of whole frames, by each method, under Node and in Chromium, beside OpenCV's usual recipe
 *   frame     moving and enlarging a large frame on the page
 *   shared     a large frame from its bytes to named cells, by one worker and by two
 *   workbench  ten thousand cells kept, brought back and answered by keys
 *   many      100,000 images on the page in one go, `--count` others; not among the parts unless it is named, as it takes minutes
 *   teach     types of one's own, from looking at cells to the model, under Node
 *   first     from opening the page in a fresh browser to the first verdict: time and bytes
 *
 * Real JPEGs where `../shared/data` is at hand, else simulated samples.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from '../border/fixtures.ts';
import { benchInBrowser } from './browser.ts';
import { benchFolders } from './compare.ts';
import { benchDetect } from './detect.ts';
import { benchEngine } from './engine.ts';
import { benchFirstVerdict } from './first.ts';
import { benchFrameView } from './frame_view.ts';
import { benchUnderNode } from './node.ts';
import { printGoals } from './report.ts';
import { benchMany } from './many.ts';
import { benchShared } from './shared.ts';
import { benchTeaching } from './teach.ts';
import { benchThroughput } from './throughput.ts';
import { benchWorkbench } from './workbench.ts';

const originals = fileURLToPath(new URL('../shared/data/blood-smear/originals', root));
const samples = fileURLToPath(new URL('public/samples/blood-smear', root));
const folder = existsSync(originals) ? originals : samples;
const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(jpg|png)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { layers: { type: 'boolean', default: false }, count: { type: 'string', default: '100000' } } });
const parts: Record<string, () => Promise<void>> = {
  engine: () => benchEngine({ byLayer: options.layers }),
  pipeline: () => benchUnderNode(paths.map((path) => new Uint8Array(readFileSync(path)))),
  page: () => benchInBrowser(paths),
  throughput: () => benchThroughput(paths),
  detect: benchDetect,
  frame: benchFrameView,
  shared: benchShared,
  many: () => benchMany(Number(options.count)),
  workbench: benchWorkbench,
  teach: benchTeaching,
  first: () => benchFirstVerdict(paths[0] ?? ''),
};
if (positionals[0] === 'compare') {
  await benchFolders(positionals.slice(1));
  process.exit(0);
}
const chosen = positionals.length > 0 ? positionals : Object.keys(parts).filter((name) => name !== 'many');
const unknown = chosen.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}; parts: ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
console.log(`${paths.length} images from ${folder === originals ? '../shared/data/blood-smear/originals' : 'public/samples'}; one thread; medians`);
for (const name of chosen) await parts[name]?.();
printGoals();
process.exit(0);
