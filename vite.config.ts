/** The page's build; scripts/build_site.ts adds what Vite does not know: the command line, the models, the compressed files. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { defaultClientConditions, defineConfig } from 'vite';
import { metaContentSecurityPolicy } from './web/security_headers.ts';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string };

/** Of the source, with a plus where files differ from it; empty outside a repository. */
function commit(): string {
  const git = (...words: string[]): string => execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+');
  } catch {
    return '';
  }
}

export default defineConfig({
  root: 'web',
  base: './',
  publicDir: '../public',
  define: {
    __APP_VERSION__: JSON.stringify(version),
    __COMMIT__: JSON.stringify(commit()),
    __ONNX_RUNTIME_FOLDER__: JSON.stringify('ort/'),
    // Its size as it arrives unpacked, for the progress of loading it.
    __ONNX_RUNTIME_BYTES__: statSync(new URL('node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm', import.meta.url)).size,
  },
  // The runtime's own files are copied to dist/ort, not bundled into the worker.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  worker: { format: 'es' },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    // A data: address is not allowed by the Content Security Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  plugins: [
    {
      name: 'content-security-policy',
      apply: 'build',
      transformIndexHtml: () => [
        { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: metaContentSecurityPolicy }, injectTo: 'head-prepend' },
        // A file as it is, before all others: public/guard.js.
        { tag: 'script', attrs: { src: './guard.js' }, injectTo: 'head-prepend' },
      ],
    },
  ],
});
