/** A server whose files, headers and life a test decides. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { securityHeaders } from '../../web/security_headers.ts';

const contentTypes: Record<string, string> = {
  '.css': 'text/css', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json',
  '.png': 'image/png', '.svg': 'image/svg+xml', '.wasm': 'application/wasm', '.webmanifest': 'application/manifest+json',
};

export class TestServer {
  /** Paths asked for, in order. */
  readonly asked: string[] = [];
  folder: string;
  headers: Record<string, string> = securityHeaders;
  /** What is sent in place of a file. */
  change: (path: string, bytes: Buffer) => Buffer = (_, bytes) => bytes;
  #server: Server | undefined;
  #port = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** At the same port as before, so that a page finds it again. */
  async start(): Promise<void> {
    const server = createServer(({ url = '/' }, response) => {
      const path = decodeURI(new URL(url, this.url).pathname).slice(1) || 'index.html';
      this.asked.push(path);
      const file = join(this.folder, path);
      if (!existsSync(file) || !statSync(file).isFile()) {
        response.writeHead(404).end();
        return;
      }
      const bytes = this.change(path, readFileSync(file));
      response.writeHead(200, { ...this.headers, 'Content-Type': contentTypes[extname(path)] ?? 'application/octet-stream', 'Cache-Control': path.startsWith('assets/') ? 'max-age=31536000, immutable' : 'no-cache', 'Last-Modified': statSync(file).mtime.toUTCString() }).end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** No connection is left. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}
