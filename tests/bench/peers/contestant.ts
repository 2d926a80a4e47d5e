/** A rival that is running: in a browser of its own, or in a Node of its own. */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { startServer, type Serving } from '../../../scripts/server.ts';
import { endBrowser, findBrowser, launchArguments } from '../../browser/site.ts';
import { countBytes, inFreshBrowser } from '../first.ts';
import type { Turn } from './turn.ts';

export interface Contestant {
  turn(): Promise<Turn>;
  /** Anonymous memory of the process that works, code of programs left out; NaN where the system does not tell. */
  memory_bytes(): Promise<number>;
  /** In a fresh browser or process, from nothing to the first name, ms. */
  firstVerdict(): Promise<number>;
  /** Sent to a fresh browser until then, compressed; NaN under Node. */
  sentBytes(): Promise<number>;
  close(): Promise<void>;
}

function memoryOf(process: number): number {
  const file = `/proc/${process}/status`;
  if (!existsSync(file)) return NaN;
  const status = readFileSync(file, 'utf8');
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN);
  return 1024 * (kibibytes('RssAnon') + kibibytes('RssShmem'));
}

export class InChromium implements Contestant {
  static version = '';
  readonly #serving: Serving;
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(serving: Serving, browser: Browser, page: Page) {
    this.#serving = serving;
    this.#browser = browser;
    this.#page = page;
  }

  /**
   * Args:
   *   folder: of a page that `serve` runs.
   *   files: names beside the page of what it is to name in each turn.
   */
  static async open(folder: string, files: readonly string[]): Promise<InChromium> {
    const serving = await startServer({ folder, host: '127.0.0.1', port: 0 });
    const browser = await puppeteer.launch({ executablePath: findBrowser(), args: launchArguments, protocolTimeout: 600_000 });
    InChromium.version = await browser.version();
    const page = (await browser.pages())[0] ?? (await browser.newPage());
    const contestant = new InChromium(serving, browser, page);
    try {
      await openIn(page, serving.url);
      await page.evaluate(`load(${JSON.stringify(files)})`);
      return contestant;
    } catch (error) {
      await contestant.close();
      throw error;
    }
  }

  async turn(): Promise<Turn> {
    return (await this.#page.evaluate('turn()')) as Turn;
  }

  async memory_bytes(): Promise<number> {
    const session = await this.#browser.target().createCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    // A browser may hold a second process ready for the next page, which is smaller.
    return Math.max(...processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => memoryOf(id)));
  }

  async firstVerdict(): Promise<number> {
    let ms = NaN;
    await inFreshBrowser(async (page) => { ms = await openIn(page, this.#serving.url); });
    return ms;
  }

  async sentBytes(): Promise<number> {
    const wire = await countBytes(Number(new URL(this.#serving.url).port));
    await inFreshBrowser(async (page) => void (await openIn(page, wire.url)));
    wire.close();
    return wire.sent();
  }

  async close(): Promise<void> {
    await endBrowser(this.#browser);
    await this.#serving.close();
  }
}

/** The rivals' packages make code at run time, which our own rules forbid: here they may. Returns: ms to the first verdict. */
async function openIn(page: Page, url: string): Promise<number> {
  await page.setBypassCSP(true);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  await page.waitForFunction('globalThis.firstVerdictMs !== undefined || globalThis.failure !== undefined', { polling: 10, timeout: 120_000 });
  const failure = (await page.evaluate('globalThis.failure')) as string | undefined;
  if (failure !== undefined) throw new Error(failure);
  return (await page.evaluate('globalThis.firstVerdictMs')) as number;
}

export class InNode implements Contestant {
  readonly #child: ChildProcess;
  readonly #arguments: string[];

  private constructor(child: ChildProcess, words: string[]) {
    this.#child = child;
    this.#arguments = words;
  }

  /**
   * Args:
   *   name: one that in_node.ts knows.
   *   folder: with the files of the model.
   *   files: paths of what it is to name in each turn.
   */
  static async open(name: string, folder: string, files: readonly string[]): Promise<InNode> {
    const words = [name, folder, ...files];
    const [child] = await started(words);
    return new InNode(child, words);
  }

  async turn(): Promise<Turn> {
    this.#child.send('turn');
    return await answerOf<Turn>(this.#child);
  }

  memory_bytes(): Promise<number> {
    return Promise.resolve(memoryOf(this.#child.pid ?? 0));
  }

  async firstVerdict(): Promise<number> {
    const [child, ms] = await started(this.#arguments);
    child.kill();
    await once(child, 'exit');
    return ms;
  }

  sentBytes(): Promise<number> {
    return Promise.resolve(NaN);
  }

  async close(): Promise<void> {
    this.#child.kill();
    await once(this.#child, 'exit');
  }
}

async function started(words: string[]): Promise<[ChildProcess, number]> {
  const child = fork(new URL('in_node.ts', import.meta.url), words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { firstVerdictMs } = await answerOf<{ firstVerdictMs: number }>(child);
  return [child, firstVerdictMs];
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  return await new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a rival under Node ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer as T);
    });
  });
}
