/** The first verdict: from opening the page in a fresh browser on loopback, to the first cell with its type. */
import { statSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import puppeteer, { type Browser, type CDPSession, type Page } from 'puppeteer-core';
import { startServer } from '../../scripts/server.ts';
import { dist, findBrowser, launchArguments } from '../browser/site.ts';
import { median, printLimit, printTable } from './report.ts';
import { type EngineKind, engineKinds } from '../../src/js/core/engine.ts';

const rounds = 5;

/** A response as the browser tells of it: headers and compressed body. */
interface Transfer { file: string; bytes: number; finished: boolean }

declare global {
  var firstVerdictMs: number | undefined;
}

export async function benchFirstVerdict(image: string): Promise<void> {
  const server = await startServer({ folder: dist, host: '127.0.0.1', port: 0 });
  try {
    const times = Object.fromEntries(engineKinds.map((kind) => [kind, [] as number[]])) as Record<EngineKind, number[]>;
    const transfers: Partial<Record<EngineKind, { sent: number; seen: Transfer[] }>> = {};
    // Bytes are counted in a visit of their own, since to watch the workers they are held for a moment.
    for (const kind of engineKinds) {
      const wire = await countBytes(Number(new URL(server.url).port));
      await inFreshBrowser(async (page) => {
        const seen = await watchTransfers(page);
        await timeToVerdict(page, `${wire.url}?engine=${kind}`, image);
        transfers[kind] = { sent: wire.sent(), seen: structuredClone(seen) };
      });
      wire.close();
    }
    for (let round = 0; round < rounds; round++) {
      for (const kind of engineKinds) {
        await inFreshBrowser(async (page) => void times[kind].push(await timeToVerdict(page, `${server.url}?engine=${kind}`, image)));
      }
    }
    console.log(`\nFirst verdict in a fresh Chromium on loopback, the image chosen as soon as the page takes one; medians of ${rounds} visits each`);
    for (const kind of engineKinds) {
      const { sent, seen } = transfers[kind] ?? { sent: NaN, seen: [] };
      const runtime = seen.filter(({ file }) => /^ort\/|onnxruntime/.test(file));
      console.log(`\n  ?engine=${kind}: ${median(times[kind]).toFixed(0)} ms (${times[kind].map((ms) => ms.toFixed(0)).join(', ')}), ` +
        `${(sent / 1e6).toFixed(2)} MB compressed in ${seen.length} requests, ${runtime.length} of them for ONNX Runtime`);
      const rows = seen.sort((a, b) => b.bytes - a.bytes).slice(0, 12).map(({ file, bytes, finished }) =>
        [file, (bytes / 1e3).toFixed(1), `${finished ? '' : 'of '}${sizeOf(file)}`]);
      printTable([['largest', 'kB sent', 'kB unpacked'], ...rows]);
      if (kind !== 'core') {
        if (runtime.length === 0) throw new Error('no request for ONNX Runtime was seen where it ran: nothing is being watched');
        continue;
      }
      printLimit('first verdict', median(times.core) / 1000, 's', { most: 1 });
      printLimit('compressed, to the first verdict', sent / 1e6, 'MB', { most: 1.5 });
      printLimit('requests for ONNX Runtime for a shipped model', runtime.length, 'requests', { most: 0 });
    }
  } finally {
    await server.close();
  }
}

function sizeOf(file: string): string {
  return (statSync(join(dist, file)).size / 1e3).toFixed(1);
}

export async function inFreshBrowser(use: (page: Page, browser: Browser) => Promise<void>): Promise<void> {
  const browser = await puppeteer.launch({ executablePath: findBrowser(), args: launchArguments });
  try {
    await use(await browser.newPage(), browser);
  } finally {
    await browser.close();
  }
}

/** Opens the page and gives it an image. Returns: from navigation to the first verdict on the page, ms. */
export async function timeToVerdict(page: Page, url: string, image: string): Promise<number> {
  await page.evaluateOnNewDocument(() => {
    new MutationObserver((_, observer) => {
      if (document.querySelector('[data-testid=cell-card][data-status=ok]') === null) return;
      globalThis.firstVerdictMs = performance.now();
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true, attributes: true });
  });
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  const input = await page.waitForSelector('[data-testid=file-input]', { hidden: true });
  await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(image);
  return (await (await page.waitForFunction(() => globalThis.firstVerdictMs)).jsonValue()) as number;
}

/** A way to the server that counts every byte it sends, headers and all. */
export async function countBytes(port: number): Promise<{ url: string; sent: () => number; close: () => void }> {
  let bytes = 0;
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    server.on('data', (chunk) => { bytes += chunk.length; });
    for (const [from, to] of [[client, server], [server, client]] as const) from.pipe(to).on('error', () => from.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/`, sent: () => bytes, close: () => proxy.close() };
}

/** What the page and its workers ask for, as the browser tells it; of a worker's own script it does not tell the size. */
async function watchTransfers(page: Page): Promise<Transfer[]> {
  const transfers: Transfer[] = [];
  // One for all: the request for a worker's script begins at the page and ends at the worker.
  const byRequest = new Map<string, Transfer>();
  const watch = async (session: CDPSession) => {
    session.on('Network.requestWillBeSent', ({ requestId, request: { url } }) => {
      if (!url.startsWith('http')) return;
      const transfer = { file: decodeURI(new URL(url).pathname.slice(1)) || 'index.html', bytes: 0, finished: false };
      byRequest.set(requestId, transfer);
      transfers.push(transfer);
    });
    session.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
      const transfer = byRequest.get(requestId);
      if (transfer !== undefined) transfer.bytes += encodedDataLength;
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const transfer = byRequest.get(requestId);
      if (transfer !== undefined) Object.assign(transfer, { bytes: encodedDataLength, finished: true });
    });
    session.on('Target.attachedToTarget', ({ sessionId }) => {
      const child = session.connection()?.session(sessionId);
      if (child) void watch(child);
    });
    await session.send('Network.enable');
    await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true });
    await session.send('Runtime.runIfWaitingForDebugger');
  };
  await watch(await page.createCDPSession());
  return transfers;
}
