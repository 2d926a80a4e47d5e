/** Builds build/package/, what `npm pack` packs: the library for Node and for browsers, the command line, the types, the models. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type InlineConfig } from 'vite';
import { listedAs, writeLicences } from './licences.ts';

const root = join(import.meta.dirname, '..');
export const packageFolder = join(root, 'build/package');

interface Manifest { version: string; description: string; license: string; dependencies: Record<string, string> }

/**
 * Args:
 *   folder: where the packed file goes, made where it is missing.
 * Returns: its path. It has the same bytes whenever and wherever it is packed, by the same npm.
 */
export async function buildPackage(folder = join(root, 'build')): Promise<string> {
  rmSync(packageFolder, { recursive: true, force: true });
  await buildForNode('src/js/node.ts', 'node.mjs');
  await buildForNode('src/cli/main.ts', 'cytodrop.mjs', '#!/usr/bin/env node');
  await buildForBrowsers();
  writeTypes();
  for (const file of ['cytodrop_core.wasm', 'cytodrop_formats.wasm', 'cytodrop_jxl.wasm']) cpSync(join(root, 'build/wasm', file), join(packageFolder, file));
  copyModels();
  copyTexts();
  writeFileSync(join(packageFolder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
  setModes();
  mkdirSync(folder, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: packageFolder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  return join(folder, filename);
}

/** Else they would be those of the one who builds. */
function setModes(): void {
  for (const entry of readdirSync(packageFolder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) chmodSync(join(entry.parentPath, entry.name), entry.name === 'cytodrop.mjs' ? 0o755 : 0o644);
  }
}

/** ONNX Runtime stays outside: it is the reader's to install, and its file is a chunk of its own, loaded when needed. */
const shared: InlineConfig = { configFile: join(root, 'vite.config.ts'), logLevel: 'warn', publicDir: false, define: { __ONNX_RUNTIME_FOLDER__: JSON.stringify(''), __ONNX_RUNTIME_BYTES__: '0' } };
const external = ['onnxruntime-web', 'onnxruntime-web/wasm'];

async function buildForNode(entry: string, name: string, banner = ''): Promise<void> {
  await build({
    ...shared,
    resolve: { alias: { 'onnxruntime-web/wasm': 'onnxruntime-web' } },
    ssr: { noExternal: true, external },
    build: {
      ssr: join(root, entry), target: 'node18', outDir: packageFolder, emptyOutDir: false, ...listedAs(name),
      rolldownOptions: { external, output: { entryFileNames: name, chunkFileNames: `${name.replace('.mjs', '')}-[name].mjs`, banner } },
    },
  });
}

async function buildForBrowsers(): Promise<void> {
  await build({
    ...shared,
    worker: { format: 'es', rolldownOptions: { external, output: { entryFileNames: 'browser_worker.mjs', chunkFileNames: 'browser_worker-[name].mjs' } } },
    build: {
      lib: { entry: join(root, 'src/js/index.ts'), formats: ['es'], fileName: () => 'browser.mjs' },
      target: 'es2022', outDir: packageFolder, emptyOutDir: false, ...listedAs('browser'), rolldownOptions: { external, output: { chunkFileNames: 'browser-[name].mjs' } },
    },
  });
}

function writeTypes(): void {
  const config = join(root, 'build/types.json');
  writeFileSync(config, JSON.stringify({
    extends: '../tsconfig.json',
    compilerOptions: { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: join(packageFolder, 'types'), rootDir: join(root, 'src'), types: ['node'] },
    include: [],
    files: [join(root, 'src/js/index.ts')],
  }));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], { stdio: 'inherit' });
  mkdirSync(join(packageFolder, 'types/wasm'), { recursive: true });
  for (const file of ['cytodrop_codec.d.ts', 'cytodrop_core.d.ts', 'cytodrop_formats.d.ts', 'learn.d.ts', 'metrics.d.ts']) cpSync(join(root, 'src/wasm', file), join(packageFolder, 'types/wasm', file));
}

/** What a model needs to run, to test itself and to be understood; tensors for the tests of others are left out, and the encoder, which would make the package a fifth larger. */
function copyModels(): void {
  const listings: { name: string; spec: object }[] = [];
  for (const name of readdirSync(join(root, 'models')).sort()) {
    const file = join(root, 'models', name, 'spec.json');
    const spec = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { kind?: string }) : undefined;
    if (spec === undefined || spec.kind === 'encoder') continue;
    if (spec.kind === undefined) listings.push({ name, spec });
    // The self-test takes the first golden image; the others are for the tests of this house.
    const golden = join(root, 'models', name, 'golden/golden.json');
    const first = existsSync(golden) ? (JSON.parse(readFileSync(golden, 'utf8')) as { cases?: { image: string }[] }).cases?.[0]?.image : undefined;
    const isFurther = (path: string): boolean => path.includes('/golden/') && path.endsWith('.png') && first !== undefined && !path.endsWith(`/${first}`);
    cpSync(join(root, 'models', name), join(packageFolder, 'models', name), { recursive: true, filter: (path) => !/\.f32$|metrics\.json$|(reliability|risk_coverage)\.png$/.test(path) && !isFurther(path) });
  }
  writeFileSync(join(packageFolder, 'models/index.json'), JSON.stringify(listings));
}

function copyTexts(): void {
  cpSync(join(root, 'LICENSE'), join(packageFolder, 'LICENSE'));
  writeLicences(packageFolder, []);
  cpSync(join(root, 'docs/api.md'), join(packageFolder, 'README.md'));
  const schemas = join(root, 'src/js/report/schemas');
  if (existsSync(schemas)) cpSync(schemas, join(packageFolder, 'schemas'), { recursive: true });
  for (const schema of ['detector', 'encoder', 'spec']) cpSync(join(root, `models/${schema}.schema.json`), join(packageFolder, `schemas/${schema}.schema.json`));
}

function manifest(): object {
  const { version, description, license, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  return {
    name: 'cytodrop', version, description, license, type: 'module',
    keywords: ['microscopy', 'cells', 'classification', 'webassembly', 'label-free'],
    engines: { node: '>=18' },
    bin: { cytodrop: './cytodrop.mjs' },
    exports: {
      '.': { types: './types/js/index.d.ts', node: './node.mjs', default: './browser.mjs' },
      './models/*': './models/*', './schemas/*': './schemas/*', './cytodrop_core.wasm': './cytodrop_core.wasm', './cytodrop_formats.wasm': './cytodrop_formats.wasm', './cytodrop_jxl.wasm': './cytodrop_jxl.wasm', './package.json': './package.json',
    },
    // For the types alone.
    imports: { '#cytodrop_core': { types: './types/wasm/cytodrop_core.d.ts' }, '#cytodrop_formats': { types: './types/wasm/cytodrop_formats.d.ts' }, '#cytodrop_jxl': { types: './types/wasm/cytodrop_codec.d.ts' } },
    files: ['*.mjs', 'licences.md', 'cytodrop_core.wasm', 'cytodrop_formats.wasm', 'cytodrop_jxl.wasm', 'models', 'schemas', 'types'],
    peerDependencies: { 'onnxruntime-web': `>=${dependencies['onnxruntime-web']}` },
    peerDependenciesMeta: { 'onnxruntime-web': { optional: true } },
    sideEffects: false,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await buildPackage());
