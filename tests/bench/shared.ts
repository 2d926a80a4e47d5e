/** A large frame from its bytes to named cells, by one worker and by two. */
import { Classifier } from '../../src/js/index.ts';
import { root } from '../border/fixtures.ts';
import { greyPng } from '../border/frames.ts';
import { median, printLimit, printTable } from './report.ts';

const [width, height] = [4_000, 3_000];
const [across, down] = [50, 40];
const rounds = 4;

/** Round cells with a dark edge, most with a bright middle as living ones have it, on noise. */
function drawCells(): Uint8Array {
  let seed = 1;
  const chance = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const grey = Float32Array.from({ length: width * height }, () => 170 + 6 * (chance() + chance() + chance() - 1.5));
  for (let i = 0; i < across * down; i++) {
    const [left, top] = [(width / across) * (0.5 + (i % across)) + 12 * (chance() - 0.5), (height / down) * (0.5 + Math.floor(i / across)) + 8 * (chance() - 0.5)].map(Math.round) as [number, number];
    const [radius, middle] = [9 + 4 * chance(), chance() < 0.8 ? 60 : -45];
    for (let y = -18; y <= 18; y++) {
      for (let x = -18; x <= 18; x++) {
        const far = Math.hypot(x, y);
        const at = (top + y) * width + left + x;
        grey[at] = (grey[at] as number) - 50 * Math.exp(-(((far - radius) / 2) ** 2)) + (middle * Math.max(0, 1 - far / radius)) / (1 + Math.exp((far - radius) / 0.8));
      }
    }
  }
  return Uint8Array.from(grey, (value) => Math.min(255, Math.max(0, Math.round(value))));
}

export async function benchShared(): Promise<void> {
  const file = greyPng(width, height, drawCells());
  const times = new Map<number, { total: number; decode: number; detect: number; classify: number }[]>([[1, []], [2, []]]);
  let cells = 0;
  for (const [jobs, all] of times) {
    await using classifier = await Classifier.open('viability', { home: new URL('dist/', root), engine: 'core', jobs });
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      for await (const record of classifier.analyseFrames([file.slice()])) {
        if (record.status === 'error') throw new Error(record.message);
        cells = record.cells.length;
        all.push({ total: performance.now() - started, ...record.elapsedMs });
      }
    }
  }
  console.log(`\nA frame of ${width} × ${height} px with ${cells} cells found and named, ms, medians of ${rounds}`);
  const of = (jobs: number, what: 'total' | 'decode' | 'detect' | 'classify'): number => median((times.get(jobs) ?? []).map((one) => one[what]));
  printTable([['workers', 'all', 'decoding', 'finding', 'naming'], ...[1, 2].map((jobs) => [String(jobs), ...(['total', 'decode', 'detect', 'classify'] as const).map((what) => of(jobs, what).toFixed(0))])]);
  printLimit('by two workers', of(2, 'total') / 1000, 's', { most: 2 });
}
