/**
 * Cells per second of many files: the pool of workers alone, the whole page, and the command line, with one worker and with two.
 *
 * Two readings of "two cores": one worker against two while both have two processors, where the one worker already gives what the
 * browser does beside it to the other processor; and everything on one processor against everything on two.
 */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, cpSync, linkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { build } from 'vite';
import { startServer } from '../../scripts/server.ts';
import { root } from '../border/fixtures.ts';
import { dist, findBrowser, launchArguments } from '../browser/site.ts';
import { program } from '../cli/fixtures.ts';
import { printGoal } from './report.ts';

const least = 1440;
/** The fastest counts: whatever else the computer does can only take time away. */
const rounds = 3;
/** Left out: workers compile and fill their caches while they are at it. */
const warmShare = 0.2;
const path = (relative: string): string => fileURLToPath(new URL(relative, root));

type Measure = (workers: number) => Promise<number>;

export async function benchThroughput(images: string[]): Promise<void> {
  const cores = availableParallelism();
  if (cores < 2) return console.log('\nThroughput of two workers: skipped, there is one processor');
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-bench-'));
  try {
    const files = manyFiles(folder, images);
    const site = await buildPoolPage(join(folder, 'site'));
    const measures: Record<string, Measure> = {
      'workers of the page alone': (workers) => inBrowser(site, files, workers, 'pool'),
      'whole page': (workers) => inBrowser(dist, files, workers, 'page'),
      'command line': (workers) => onCommandLine(files, workers),
    };
    console.log(`\nThroughput, ${files.length} files, the fastest of ${rounds} runs, cells per second`);
    for (const [name, measure] of Object.entries(measures)) {
      const rates = { one: [] as number[], two: [] as number[], oneCore: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        rates.one.push(await measure(1));
        rates.two.push(await measure(2));
        rates.oneCore.push(await onOneProcessor(cores, () => measure(1)));
      }
      const [one, two, oneCore] = [Math.max(...rates.one), Math.max(...rates.two), Math.max(...rates.oneCore)];
      console.log(`  ${name.padEnd(28)}${`one worker ${one.toFixed(0)}, two ${two.toFixed(0)} (×${(two / one).toFixed(2)})`.padEnd(44)}on one processor ${oneCore.toFixed(0)}`);
      printGoal(`  ${name}: two processors against one`, two / oneCore, 1.8);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Links to the images, each under many names. */
function manyFiles(folder: string, images: string[]): string[] {
  const originals = images.map((image, i) => {
    const copy = join(folder, `original ${i} ${basename(image)}`);
    copyFileSync(image, copy);
    return copy;
  });
  return Array.from({ length: images.length * Math.ceil(least / images.length) }, (_, i) => {
    const original = originals[i % originals.length] as string;
    const link = join(folder, `cell ${i} ${basename(original)}`);
    linkSync(original, link);
    return link;
  });
}

/** The pool without the page that shows the results. */
async function buildPoolPage(folder: string): Promise<string> {
  await build({
    configFile: path('vite.config.ts'),
    root: path('tests/bench'),
    logLevel: 'warn',
    publicDir: false,
    build: { outDir: folder, emptyOutDir: true, rolldownOptions: { input: path('tests/bench/pool.ts'), output: { entryFileNames: 'pool.js' } } },
  });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Benchmark</title><body><script type="module" src="pool.js"></script>\n');
  for (const name of ['cytodrop_core.wasm', 'models']) cpSync(join(dist, name), join(folder, name), { recursive: true });
  return folder;
}

/** A browser of its own for every run, so that its processors are those of this process. */
async function inBrowser(folder: string, files: string[], workers: number, kind: 'pool' | 'page'): Promise<number> {
  const server = await startServer({ folder, host: '127.0.0.1', port: 0 });
  const browser = await puppeteer.launch({ executablePath: findBrowser(), args: launchArguments, protocolTimeout: 300_000 });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    await page.evaluateOnNewDocument(`Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => ${workers} })`);
    await page.goto(server.url);
    await page.waitForSelector(kind === 'pool' ? 'body[data-workers]' : '[data-testid=footer][data-self-test=passed]');
    // How many are done, and when.
    await page.evaluate(() => {
      const marks: { atMs: number; done: number }[] = [];
      const look = (): void => {
        const done = Number(document.querySelector<HTMLElement>('[data-done]')?.dataset['done'] ?? 0);
        if (done !== (marks.at(-1)?.done ?? 0)) marks.push({ atMs: performance.now(), done });
      };
      new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-done'] });
      Object.assign(globalThis, { marks });
    });
    const input = await page.$('input[type=file][multiple]');
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...files);
    await page.waitForSelector(`[data-done="${files.length}"]`, { timeout: 300_000 });
    return rateOf((await page.evaluate('marks')) as { atMs: number; done: number }[], files.length);
  } finally {
    await browser.close();
    await server.close();
  }
}

async function onCommandLine(files: string[], jobs: number): Promise<number> {
  const child = spawn(process.execPath, [program, 'classify', '--model', 'blood-smear', '--jobs', String(jobs), ...files]);
  const marks: { atMs: number; done: number }[] = [];
  let done = 0;
  child.stdout.on('data', (bytes: Buffer) => {
    for (const byte of bytes) if (byte === 10) done += 1;
    marks.push({ atMs: performance.now(), done });
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the command line ended with ${code}`);
  return rateOf(marks, files.length);
}

function rateOf(marks: { atMs: number; done: number }[], total: number): number {
  const warm = marks.find(({ done }) => done >= warmShare * total);
  const end = marks.find(({ done }) => done === total);
  if (warm === undefined || end === undefined || end === warm) throw new Error('the run was not seen to go on');
  return ((end.done - warm.done) * 1000) / (end.atMs - warm.atMs);
}

/** This process, and what it starts meanwhile, on its first processor only. */
async function onOneProcessor(cores: number, work: () => Promise<number>): Promise<number> {
  const pin = (to: string) => execFileSync('taskset', ['-acp', to, String(process.pid)]);
  pin('0');
  try {
    return await work();
  } finally {
    pin(`0-${cores - 1}`);
  }
}
