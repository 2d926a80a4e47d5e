/** What the built site and its server promise about privacy. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import sirv from 'sirv';
import { contentSecurityPolicy, metaContentSecurityPolicy, securityHeaders } from '../../web/security_headers.ts';
import { goldenCases, root } from '../border/fixtures.ts';
import { Site, dist } from './site.ts';

let site: Site;

before(async () => { site = await Site.start(); });
after(() => site.stop());

const promised = {
  'Content-Security-Policy': contentSecurityPolicy,
  'Connection-Allowlist': '(response-origin);webrtc=block',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy':
    'camera=(self), microphone=(), display-capture=(), geolocation=(), usb=(), serial=(), hid=(), midi=(), local-fonts=(), payment=(), publickey-credentials-get=(), publickey-credentials-create=()',
};

const built = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

describe('every response carries the headers', () => {
  const worker = built.find((path) => /worker-[^/]*\.js$/.test(path)) ?? assert.fail('no worker script');
  const paths = ['', worker.slice(dist.length + 1), 'ort/ort-wasm-simd-threaded.mjs', 'models/index.json', 'samples/manifest.json', 'no/such/file'];
  for (const path of paths) {
    test(path || '/', async () => {
      const response = await fetch(site.url + path);
      assert.equal(response.status, path === 'no/such/file' ? 404 : 200);
      for (const [name, value] of Object.entries(promised)) assert.equal(response.headers.get(name), value);
    });
  }

  test('the policy is the one promised', () => {
    assert.deepEqual(contentSecurityPolicy.split('; ').sort(), [
      "base-uri 'none'", "connect-src 'self'", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'", "img-src 'self' blob:", "manifest-src 'self'",
      "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "worker-src 'self'",
    ]);
  });

  test('a site for static hosting carries them too', () => {
    const lines = readFileSync(join(dist, '_headers'), 'utf8').trim().split('\n');
    assert.deepEqual(lines, ['/*', ...Object.entries(securityHeaders).map(([name, value]) => `  ${name}: ${value}`)]);
  });
});

test('the server sends compressed files, answers a known tag with 304 and refuses to be written to', async () => {
  const address = `${site.url}ort/ort-wasm-simd-threaded.wasm`;
  const packed = await fetch(address, { headers: { 'Accept-Encoding': 'br' } });
  assert.equal(packed.headers.get('content-encoding'), 'br');
  assert.equal(packed.headers.get('content-type'), 'application/wasm');
  assert.ok(Number(packed.headers.get('content-length')) < 4_000_000);
  assert.equal((await packed.arrayBuffer()).byteLength, readFileSync(join(dist, 'ort/ort-wasm-simd-threaded.wasm')).length);
  const again = await fetch(address, { headers: { 'Accept-Encoding': 'br', 'If-None-Match': packed.headers.get('etag') ?? '' } });
  assert.equal(again.status, 304);
  assert.equal((await fetch(site.url, { method: 'POST', body: 'x' })).status, 405);
  assert.equal((await fetch(`${site.url}..%2f..%2fpackage.json`)).status, 404);
});

test('the built page has the policy in itself, without what only a header can say', () => {
  const html = readFileSync(join(dist, 'index.html'), 'utf8').replaceAll('&#39;', "'");
  assert.ok(html.includes(`content="${metaContentSecurityPolicy}"`));
  assert.doesNotMatch(html, /frame-ancestors|https?:|<script>|style=/);
});

test('no built script names another host to load from', () => {
  for (const path of built.filter((each) => ['.js', '.mjs', '.html', '.css'].includes(extname(each)))) {
    const hosts = [...readFileSync(path, 'utf8').matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host]) => host);
    // Where error messages and comments point, and the names of SVG and XHTML.
    const words = ['web.dev', 'rolldown.rs', 'www.typescriptlang.org', 'www.w3.org', 'github.com', 'developer.mozilla.org'];
    assert.deepEqual(hosts.filter((host) => !words.includes(host ?? '')), [], path);
    assert.doesNotMatch(readFileSync(path, 'utf8'), /jsdelivr|unpkg|googleapis|\beval\(|new Function\(/, path);
  }
});

test('after the model is loaded an image causes no request at all', async () => {
  await site.visit(async (page) => {
    assert.equal(await page.page.evaluate(() => crossOriginIsolated), true);
    const before = page.requests.length;
    await page.addFiles(goldenCases.map(({ image }) => join(new URL('models/blood-smear/golden', root).pathname, image)));
    await page.finish(goldenCases.length);
    await page.press('cell-card');
    await page.page.waitForSelector(`${page.find('details')} canvas`);
    assert.deepEqual(page.requests.slice(before), []);
    await page.page.waitForSelector(`${page.find('footer')}[data-requests-since="0"]`);
  });
});

test('a request to elsewhere is stopped by the browser', async () => {
  await site.visit(async (page) => {
    const worker = page.page.workers().find((each) => each.url().includes('worker')) ?? assert.fail('no worker');
    const attempt = () => fetch('https://example.org/').then(() => 'sent', () => 'stopped');
    assert.equal(await page.page.evaluate(attempt), 'stopped');
    assert.equal(await worker.evaluate(attempt), 'stopped');
    assert.ok(page.complaints.some((complaint) => complaint.includes('Content Security Policy')));
    page.complaints.splice(0);
    page.foreignRequests.splice(0);
  });
});

test('a plain file server without headers is enough, for either engine', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/favicon.ico') response.writeHead(204).end();
    else sirv(dist)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const page = await site.browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  try {
    for (const [query, words] of [['', /Cytodrop core [0-9.]+, [1-4] workers?/], ['?engine=onnxruntime', /ONNX Runtime Web [0-9.]+, 1 thread/]] as const) {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${query}`);
      await page.waitForSelector('[data-testid=footer][data-self-test=passed]');
      assert.equal(await page.evaluate(() => crossOriginIsolated), false);
      assert.match(await page.$eval('[data-testid=footer]', (footer) => footer.textContent ?? ''), words);
    }
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
    server.closeAllConnections();
    server.close();
  }
});
