/** Serves dist/ with the security headers and its compressed files. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import sirv from 'sirv';
import { securityHeaders } from '../web/security_headers.ts';

/** sirv gives these no type. */
const binaryEndings = ['.onnx', '.safetensors', '.f32'];

export interface Serving {
  url: string;
  close(): Promise<void>;
}

/**
 * Serves a folder.
 *
 * Args:
 *   port: 0 for any free one.
 * Raises: the system's error, with code EADDRINUSE where the port is taken.
 */
export async function startServer({ folder, host, port }: { folder: string; host: string; port: number }): Promise<Serving> {
  const serveFile = sirv(folder, {
    etag: true,
    brotli: true,
    gzip: true,
    setHeaders: (response, path) => {
      response.setHeader('Cache-Control', path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
      if (binaryEndings.includes(extname(path))) response.setHeader('Content-Type', 'application/octet-stream');
    },
  });
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const refuse = (status: number, message: string) => {
      response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') refuse(405, 'Only GET and HEAD are served here.');
    else serveFile(request, response, () => refuse(404, 'There is no such file.'));
  });
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${shownHost}:${address.port}/`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' }, host: { type: 'string', default: '127.0.0.1' } } });
  const port = Number(values.port);
  try {
    const { url } = await startServer({ folder: join(import.meta.dirname, '../dist'), host: values.host, port });
    console.log(`Cytodrop: ${url}\nStop with Ctrl+C.`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    console.error(code === 'EADDRINUSE' ? `Port ${port} is taken; choose another: scripts/serve --port ${port + 1}` : message);
    process.exit(1);
  }
}

if (import.meta.main) await main();
