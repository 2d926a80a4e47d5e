/** A page of the benchmark in Chromium. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer, { type Page } from 'puppeteer-core';
import { build } from 'vite';
import { startServer } from '../../scripts/server.ts';
import { root } from '../border/fixtures.ts';
import { findBrowser, launchArguments } from '../browser/site.ts';

export const path = (relative: string) => fileURLToPath(new URL(relative, root));

/**
 * Builds a page of a script with the core, the runtime and files of the caller's. Returns: its folder.
 *
 * Args:
 *   script: a file of tests/bench, without its ending.
 *   files: bytes, or the path of a file or folder, by the name the page sees.
 */
export async function buildPage({ script, files }: { script: string; files: Record<string, Uint8Array | string> }): Promise<string> {
  const folder = path(`build/bench/${script}`);
  rmSync(folder, { recursive: true, force: true });
  await build({
    configFile: path('vite.config.ts'),
    root: path('tests/bench'),
    logLevel: 'warn',
    publicDir: false,
    build: { outDir: folder, lib: { entry: path(`tests/bench/${script}.ts`), formats: ['es'], fileName: () => 'page.js' } },
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Benchmark</title><script type="module" src="page.js"></script>\n');
  for (const [name, content] of Object.entries({ ort: path('dist/ort'), 'cytodrop_core.wasm': path('build/wasm/cytodrop_core.wasm'), ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    if (typeof content === 'string') cpSync(content, join(folder, name), { recursive: true });
    else writeFileSync(join(folder, name), content);
  }
  return folder;
}

/**
 * Builds, serves and opens a page.
 *
 * Args:
 *   ready: the page is ready when its global of this name is a function.
 */
export async function withPage<T>(
  { script, ready, files }: { script: string; ready: string; files: Record<string, Uint8Array | string> }, use: (page: Page, version: string) => Promise<T>,
): Promise<T> {
  const server = await startServer({ folder: await buildPage({ script, files }), host: '127.0.0.1', port: 0 });
  const browser = await puppeteer.launch({ executablePath: findBrowser(), args: launchArguments, protocolTimeout: 600_000 });
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction(`typeof ${ready} === "function"`);
    return await use(page, await browser.version());
  } finally {
    await browser.close();
    await server.close();
  }
}
