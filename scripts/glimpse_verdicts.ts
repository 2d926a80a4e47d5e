/**
 * `node scripts/glimpse_verdicts.ts`, after `scripts/draw_samples.py` and `scripts/build`: writes into the manifest of the simulated samples what the shipped models say of
 * those that the start screen shows, and where they looked; `tests/js/samples.test.ts` holds it against the models.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Classifier, kindOf } from '../src/js/index.ts';
import type { GlimpseVerdict } from '../web/state/samples.ts';

const root = new URL('../', import.meta.url);
const manifestFile = new URL('public/samples/manifest.json', root);

interface Glimpse { file: string; verdict?: GlimpseVerdict }
interface Manifest { sets: { model: string; glimpses: Glimpse[] }[] }

const hundredths = (value: number): number => Math.round(100 * value) / 100;
const thousandths = (value: number): number => Math.round(1000 * value) / 1000;

/** Args: glimpses: small copies of samples; the samples themselves are looked at. */
export async function glimpseVerdicts(model: string, glimpses: readonly { file: string }[]): Promise<GlimpseVerdict[]> {
  await using classifier = await Classifier.open(model, { home: new URL('dist/', root), jobs: 1 });
  const samples = glimpses.map(({ file }) => fileURLToPath(new URL(`public/samples/${file.replace('glimpse-', 'simulated-').replace('.jpg', '.png')}`, root)));
  const verdicts: GlimpseVerdict[] = [];
  for await (const record of classifier.classifyAll(samples)) {
    if (record.status === 'error') throw new Error(`${record.path}: ${record.message}`);
    const { label, probability, maps: { height, width, values }, crop, image } = record;
    const index = classifier.spec.classes.findIndex(({ id }) => id === label);
    const map = [...values.subarray(index * height * width, (index + 1) * height * width)];
    const most = Math.max(...map, 1e-9);
    verdicts.push({
      label, kind: kindOf(record), probability: thousandths(probability),
      crop: [crop.left_px / image.width_px, crop.top_px / image.height_px, crop.width_px / image.width_px, crop.height_px / image.height_px].map(thousandths),
      map: { height, width, shares: map.map((value) => hundredths(Math.max(0, value) / most)) },
    });
  }
  return verdicts;
}

async function main(): Promise<void> {
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as Manifest;
  for (const set of manifest.sets) {
    const verdicts = await glimpseVerdicts(set.model, set.glimpses);
    set.glimpses = set.glimpses.map(({ file }, i) => ({ file, verdict: verdicts[i]! }));
  }
  // Each verdict on a line of its own.
  const text = JSON.stringify(manifest, null, 2).replace(/"verdict": (\{[\s\S]*?\n {10}\})/g, (_, verdict: string) => `"verdict": ${JSON.stringify(JSON.parse(verdict))}`);
  writeFileSync(manifestFile, `${text}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
