/** WebKitGTK, by the WebDriver protocol that its own driver speaks. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findProgram } from './browsers.ts';

const driver = findProgram('WebKitWebDriver');
const display = findProgram('Xvfb');
const miniBrowser = findMiniBrowser();

/** Why it cannot run here; undefined where it can. */
export const webKitMissing = driver === undefined || miniBrowser === undefined ? 'there is no WebKitGTK to drive (Debian: webkit2gtk-driver)'
  : display === undefined && process.env['DISPLAY'] === undefined ? 'there is no display for WebKitGTK, and no Xvfb (Debian: xvfb)' : undefined;

export class WebKit {
  readonly #processes: ChildProcess[];
  readonly #session: string;
  readonly version: string;

  private constructor(processes: ChildProcess[], session: string, version: string) {
    this.#processes = processes;
    this.#session = session;
    this.version = version;
  }

  static async launch(wrap = (program: string): string => program): Promise<WebKit> {
    const processes: ChildProcess[] = [];
    const env = { ...process.env };
    if (env['DISPLAY'] === undefined) {
      const screen = spawn(display ?? '', ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
      processes.push(screen);
      const lines = createInterface({ input: screen.stdio[3] as NodeJS.ReadableStream });
      env['DISPLAY'] = `:${await new Promise<string>((resolve, reject) => {
        lines.once('line', resolve);
        screen.once('exit', (code) => reject(new Error(`Xvfb ended with ${code} before it said its number`)));
      })}`;
    }
    const port = await freePort();
    processes.push(spawn(wrap(driver ?? ''), [`--port=${port}`, '--host=127.0.0.1'], { env, stdio: 'ignore' }));
    const address = `http://127.0.0.1:${port}/session`;
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': { binary: miniBrowser, args: ['--automation'] } } };
    const { sessionId, capabilities: { browserVersion } } = (await untilUp(() => ask(address, { capabilities }))) as { sessionId: string; capabilities: { browserVersion: string } };
    const webKit = new WebKit(processes, `${address}/${sessionId}`, browserVersion);
    await ask(`${webKit.#session}/timeouts`, { script: 240_000, pageLoad: 60_000 });
    return webKit;
  }

  async open(url: string): Promise<void> {
    await ask(`${this.#session}/url`, { url });
  }

  /** Runs the body of a function, whose promise is waited for. */
  async evaluate(script: string): Promise<unknown> {
    return await ask(`${this.#session}/execute/async`, { script: `const done = arguments[0]; (async () => { ${script} })().then(done, (error) => done('failed: ' + error))`, args: [] });
  }

  async close(): Promise<void> {
    await fetch(this.#session, { method: 'DELETE' }).catch(() => undefined);
    for (const each of this.#processes.reverse()) each.kill();
  }
}

/** Beside the library, in a folder that has its version in its name. */
function findMiniBrowser(): string | undefined {
  const libraries = readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu')).map((name) => join('/usr/lib', name));
  return libraries.flatMap((folder) => readdirSync(folder).filter((name) => /^webkit/.test(name)).map((name) => join(folder, name, 'MiniBrowser'))).find((path) => existsSync(path));
}

async function ask(address: string, body: object): Promise<unknown> {
  const response = await fetch(address, { method: 'POST', body: JSON.stringify(body) });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) throw new Error(`WebDriver: ${JSON.stringify(value)}`);
  return value;
}

/** Until the driver listens. */
async function untilUp<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TypeError) || tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
