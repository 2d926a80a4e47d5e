/** Builds dist/: the page, the command line, the models and the runtime's files, each also compressed. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { projectEnding } from '../src/js/project/project_file.ts';
import { imageKinds } from '../web/file_kinds.ts';
import { securityHeaders } from '../web/security_headers.ts';
import { compressAll } from './compress.ts';
import { listedAs, writeLicences } from './licences.ts';
import { listSiteFiles } from './site_files.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn', build: listedAs('page') });
await buildCommandLine();
for (const file of ['cytodrop_core.wasm', 'cytodrop_formats.wasm', 'cytodrop_jxl.wasm']) cpSync(join(root, 'build/wasm', file), join(dist, file));
for (const file of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']) {
  cpSync(join(root, 'node_modules/onnxruntime-web/dist', file), join(dist, 'ort', file));
}
copyModels();
writeManifest();
writeLicences(dist, ['onnxruntime-web']);
for (const text of ['use.md', 'why.md']) cpSync(join(root, 'docs', text), join(dist, text));
await buildServiceWorker();
compressAll(dist);
// The last file written: scripts/build takes its time for that of the whole build.
writeFileSync(join(dist, '_headers'), ['/*', ...Object.entries(securityHeaders).map(([name, value]) => `  ${name}: ${value}`), ''].join('\n'));

/** One file for any Node from 18 on, without dependencies. */
async function buildCommandLine(): Promise<void> {
  await build({
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
    publicDir: false,
    // The same runtime with its glue for Node, which starts threads there.
    resolve: { alias: { 'onnxruntime-web/wasm': 'onnxruntime-web' } },
    ssr: { noExternal: true },
    build: {
      ssr: join(root, 'src/cli/main.ts'),
      target: 'node18',
      emptyOutDir: false,
      ...listedAs('cli'),
      rolldownOptions: { output: { entryFileNames: 'cytodrop.mjs', codeSplitting: false } },
    },
  });
}

/** Last of the scripts, since it knows every file of the page by its SHA-256. */
async function buildServiceWorker(): Promise<void> {
  const { atInstall, onDemand } = listSiteFiles(dist);
  const version = createHash('sha256').update(JSON.stringify([atInstall, onDemand])).digest('hex').slice(0, 16);
  await build({
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
    publicDir: false,
    define: {
      __FILES_AT_INSTALL__: JSON.stringify(atInstall), __FILES_ON_DEMAND__: JSON.stringify(onDemand), __FILES_VERSION__: JSON.stringify(version),
    },
    build: {
      emptyOutDir: false,
      // A script of its own: an update is one file that the browser compares.
      rolldownOptions: { input: join(root, 'web/service_worker.ts'), output: { entryFileNames: 'service_worker.js', format: 'iife', codeSplitting: false } },
    },
  });
}

/** The app's manifest, with the kinds of files that it opens. It is no target to share to: browsers post a share as a form, which reaches the server where the service worker is gone. */
function writeManifest(): void {
  const file = join(dist, 'manifest.webmanifest');
  const manifest = {
    ...(JSON.parse(readFileSync(file, 'utf8')) as object),
    // What is opened comes to the page that is there, as what is dropped on it.
    launch_handler: { client_mode: ['focus-existing', 'auto'] },
    file_handlers: [{ action: './', accept: { ...imageKinds, 'application/x-cytodrop': [projectEnding] }, launch_type: 'single-client' }],
  };
  writeFileSync(file, JSON.stringify(manifest, null, 2));
}

/** A folder with a spec is a model; the list has those that a person chooses from, and neither detectors nor encoders. */
function copyModels(): void {
  const names = readdirSync(join(root, 'models')).filter((name) => existsSync(join(root, 'models', name, 'spec.json'))).sort();
  const listings = names.flatMap((name) => {
    cpSync(join(root, 'models', name), join(dist, 'models', name), { recursive: true });
    const spec = JSON.parse(readFileSync(join(root, 'models', name, 'spec.json'), 'utf8')) as { kind?: string };
    return spec.kind === undefined ? { name, spec } : [];
  });
  mkdirSync(join(dist, 'models'), { recursive: true });
  writeFileSync(join(dist, 'models/index.json'), JSON.stringify(listings));
}
