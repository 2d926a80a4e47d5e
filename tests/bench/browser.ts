/** End to end in Chromium, from the bytes of the file to the verdict: ours against what a web developer would write. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { build } from 'vite';
import { startServer } from '../../scripts/server.ts';
import { model, root } from '../border/fixtures.ts';
import { findBrowser, launchArguments } from '../browser/site.ts';
import type { BrowserTimes } from './page.ts';
import { median, printGoal, printTime, stageNames } from './report.ts';

const rounds = 6;
const path = (relative: string) => fileURLToPath(new URL(relative, root));

export async function benchInBrowser(images: string[]): Promise<void> {
  const folder = path('build/bench');
  const names = await buildPage(folder, images);
  const server = await startServer({ folder, host: '127.0.0.1', port: 0 });
  const browser = await puppeteer.launch({ executablePath: findBrowser(), args: launchArguments, protocolTimeout: 600_000 });
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction('typeof bench === "function"');
    const times = (await page.evaluate(`bench(${JSON.stringify(names)}, ${rounds})`)) as BrowserTimes;
    console.log(`\n${await browser.version()}, from file to verdict, the two in turn, ${times.ours.length} batches each`);
    printTime('ours', median(times.ours), true);
    for (const stage of stageNames) printTime(`  ${stage}`, median(times.stages.map((time) => time[stage])));
    printTime("a web developer's", median(times.rival), true);
    printTime('  its network alone', median(times.rivalNetwork));
    printGoal("ours against a web developer's", median(times.rival) / median(times.ours), 1);
    console.log(`  same answer for ${times.agreed} of ${times.images}`);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Puts page, core, runtime, model and images into one folder. Returns: names of the images there. */
async function buildPage(folder: string, images: string[]): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true });
  await build({
    configFile: path('vite.config.ts'),
    root: path('tests/bench'),
    logLevel: 'warn',
    publicDir: false,
    build: { outDir: folder, lib: { entry: path('tests/bench/page.ts'), formats: ['es'], fileName: () => 'page.js' } },
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Benchmark</title><script type="module" src="page.js"></script>\n');
  cpSync(path('dist/ort'), join(folder, 'ort'), { recursive: true });
  cpSync(path('build/wasm/cytodrop_core.wasm'), join(folder, 'cytodrop_core.wasm'));
  cpSync(path(model), join(folder, 'model'), { recursive: true });
  return images.map((image, i) => {
    const name = `image-${i}${extname(image)}`;
    cpSync(image, join(folder, name));
    return name;
  });
}
