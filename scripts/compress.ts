/** Compressed files beside those that a server sends. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const kept = join(import.meta.dirname, '../build/compressed');
const compressible = new Set(['.css', '.f32', '.html', '.js', '.json', '.md', '.mjs', '.onnx', '.safetensors', '.svg', '.tflite', '.wasm']);

/**
 * Puts FILE.br and FILE.gz beside every file that shrinks; results are kept in build/compressed, since the runtime takes seconds.
 *
 * Args:
 *   mostBytes: larger files are left as they are.
 */
export function compressAll(folder: string, mostBytes = Infinity): void {
  mkdirSync(kept, { recursive: true });
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !compressible.has(extname(entry.name))) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    if (bytes.length > mostBytes) continue;
    const sum = createHash('sha256').update(bytes).digest('hex');
    for (const [ending, compress] of [['.br', brotli], ['.gz', gzip]] as const) {
      const known = join(kept, sum + ending);
      const compressed = existsSync(known) ? readFileSync(known) : compress(bytes);
      if (!existsSync(known)) writeFileSync(known, compressed);
      if (compressed.length < bytes.length * 0.95) writeFileSync(path + ending, compressed);
    }
  }
}

function brotli(bytes: Buffer): Buffer {
  const quality = bytes.length > 4_000_000 ? 9 : 11;
  return brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
}

function gzip(bytes: Buffer): Buffer {
  return gzipSync(bytes, { level: 9 });
}
