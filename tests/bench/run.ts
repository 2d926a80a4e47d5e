/**
 * `npm run bench`: time, rate and stated goal, measured in one run on one thread.
 *
 * Rivals: EfficientNetV2-B0 at 224 px (the network of the paper that Cytodrop rebuilds) through the same runtime under Node, and
 * the pipeline a web developer would write, in Chromium. Real JPEGs where `../shared/data` is at hand, else simulated samples.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../border/fixtures.ts';
import { benchInBrowser } from './browser.ts';
import { benchUnderNode } from './node.ts';
import { benchThroughput } from './throughput.ts';

const originals = fileURLToPath(new URL('../shared/data/blood-smear/originals', root));
const samples = fileURLToPath(new URL('public/samples/blood-smear', root));
const folder = existsSync(originals) ? originals : samples;
const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(jpg|png)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();

console.log(`${paths.length} images from ${folder === originals ? '../shared/data/blood-smear/originals' : 'public/samples'}; one thread; medians`);
await benchUnderNode(paths.map((path) => new Uint8Array(readFileSync(path))));
await benchInBrowser(paths);
await benchThroughput(paths);
process.exit(0);
