/** The built site in a real browser: one server and one browser a test file, one fresh page a test. */
import assert from 'node:assert/strict';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer, { type Browser, type BrowserContext, type Page } from 'puppeteer-core';
import { startServer, type Serving } from '../../scripts/server.ts';
import { root } from '../border/fixtures.ts';
import type { ExportedCell } from '../cli/fixtures.ts';

export const dist = fileURLToPath(new URL('dist', root));
/** A folder beside the checkout with data that is not ours to ship; tests that need it are skipped where it is missing. */
export const shared = fileURLToPath(new URL('../shared', root));

export interface ExportedDocument {
  note: string;
  model: { name: string };
  self_test: { result: string };
  cells: ExportedCell[];
}

/** What a card on the page says of itself. */
export interface Card {
  file: string;
  status: string;
  label: string;
  probability: number;
  unsure: boolean;
  foreign: boolean;
  intended: string | undefined;
  code: string | undefined;
  text: string;
}

/** A browser started as root refuses its sandbox. */
export const launchArguments = [
  '--disable-gpu', '--disable-background-networking', '--no-first-run', '--lang=en-US', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

export function findBrowser(): string {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const found = (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return process.env['CYTODROP_BROWSER'] ?? found ?? assert.fail(`no browser on the path: ${names.join(', ')}; CYTODROP_BROWSER may name one`);
}

/** Some do not end when they are asked to. */
const endWithinMs = 20_000;

export async function endBrowser(browser: Browser): Promise<void> {
  let killed = false;
  const late = setTimeout(() => { killed = browser.process()?.kill('SIGKILL') ?? false; }, endWithinMs);
  await browser.close().catch((error: unknown) => { if (!killed) throw error; }).finally(() => clearTimeout(late));
}

export class Site {
  readonly browser: Browser;
  readonly url: string;
  readonly #server: Serving;

  private constructor(browser: Browser, server: Serving) {
    this.browser = browser;
    this.url = server.url;
    this.#server = server;
  }

  /** Args: more: arguments of the browser. */
  static async start(folder = dist, more: readonly string[] = []): Promise<Site> {
    assert.ok(existsSync(join(dist, 'index.html')), 'dist/ is not built: scripts/build');
    const server = await startServer({ folder, host: '127.0.0.1', port: 0 });
    const browser = await puppeteer.launch({ executablePath: findBrowser(), args: [...launchArguments, ...more] });
    return new Site(browser, server);
  }

  async stop(): Promise<void> {
    await endBrowser(this.browser);
    await this.#server.close();
  }

  /**
   * Gives a test a page with the model loaded, and afterwards asserts that it asked no other origin for anything and that the
   * console stayed empty.
   */
  async visit(use: (page: CellPage) => Promise<void>, { width = 1280, height = 800 } = {}): Promise<void> {
    const context = await this.browser.createBrowserContext();
    const downloads = mkdtempSync(join(tmpdir(), 'cytodrop-downloads-'));
    try {
      const page = await context.newPage();
      await page.setViewport({ width, height });
      const cellPage = new CellPage(page, context, this.url, downloads);
      await cellPage.open();
      await use(cellPage);
      assert.deepEqual(cellPage.complaints, [], 'console');
      assert.deepEqual(cellPage.foreignRequests, [], 'requests to other origins');
    } finally {
      await context.close();
      rmSync(downloads, { recursive: true });
    }
  }
}

const savedWithinMs = 120_000;

/** The page as a person uses it, by its data-testid hooks. */
export class CellPage {
  readonly page: Page;
  /** Errors and warnings on the console, and errors that nothing caught. */
  readonly complaints: string[] = [];
  readonly foreignRequests: string[] = [];
  readonly requests: string[] = [];
  readonly #context: BrowserContext;
  readonly #url: string;
  readonly #downloads: string;

  constructor(page: Page, context: BrowserContext, url: string, downloads: string) {
    this.page = page;
    this.#context = context;
    this.#url = url;
    this.#downloads = downloads;
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) this.complaints.push(`${message.type()}: ${message.text()} ${message.location().url ?? ''}`);
    });
    // A person who leaves says so.
    page.on('dialog', (asked) => void asked.accept());
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => {
      const address = request.url();
      if (address.startsWith('blob:') || address.startsWith('data:')) return;
      this.requests.push(address);
      if (new URL(address).origin !== new URL(url).origin) this.foreignRequests.push(address);
    });
  }

  async open(query = ''): Promise<void> {
    await this.page.goto(this.#url + query);
    await this.page.waitForSelector('[data-testid=footer][data-self-test=passed]');
  }

  find(hook: string): string {
    return `[data-testid=${hook}]`;
  }

  /** Presses what can be seen and pressed, wherever it is by then: while results come in the page moves, and a press at a place would miss. */
  async press(hook: string): Promise<void> {
    await this.#openMenuOf(hook);
    const element = await this.page.waitForSelector(`${this.find(hook)}:not(:disabled)`, { visible: true });
    await element?.evaluate((one) => {
      (one as HTMLElement).focus({ preventScroll: true });
      (one as HTMLElement).click();
    });
  }

  /** What lies in a menu that is closed is there once the menu is open. */
  async #openMenuOf(hook: string): Promise<void> {
    await this.page.waitForSelector(this.find(hook));
    await this.page.$eval(this.find(hook), (element) => {
      const panel = element.closest('.menu-panel[hidden]');
      if (panel) document.querySelector<HTMLElement>(`[aria-controls="${panel.id}"]`)?.click();
    });
  }

  /** Chooses a model in the picker and waits until it is the one in use and has tested itself. */
  async useModel(name: string, title: string): Promise<void> {
    await this.press('model-picker');
    const button = `${this.find('model-card')}[data-model=${name}] ${this.find('use-model')}`;
    await this.page.waitForSelector(button);
    await this.page.$eval(button, (element) => (element as HTMLElement).click());
    await this.page.waitForFunction((words) => document.querySelector('[data-testid=footer]')?.textContent?.includes(words), {}, title);
    await this.page.waitForSelector(`${this.find('footer')}[data-self-test=passed]`);
  }

  async addFiles(paths: string[], hook: 'file-input' | 'folder-input' | 'model-input' = 'file-input'): Promise<void> {
    const input = await this.page.waitForSelector(this.find(hook), { hidden: true });
    await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...paths);
  }

  /** Drops files or folders on the middle of the window, or on an element, as the system's file manager would. */
  async drop(paths: string[], on?: string): Promise<void> {
    const { x, y } = on === undefined ? { x: 400, y: 300 } : await this.#middleOf(on);
    const session = await this.page.createCDPSession();
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, x, y, data: { items: [], files: paths, dragOperationsMask: 1 } });
    }
    await session.detach();
  }

  async #middleOf(selector: string): Promise<{ x: number; y: number }> {
    const element = await this.page.waitForSelector(selector, { visible: true });
    return await (element as NonNullable<typeof element>).evaluate((one) => {
      one.scrollIntoView({ block: 'center' });
      const { left, top, width, height } = one.getBoundingClientRect();
      return { x: left + width / 2, y: top + height / 2 };
    });
  }

  /** Waits until every file has its outcome. */
  async finish(total: number): Promise<void> {
    await this.page.waitForSelector(`${this.find('progress')}[data-state=done][data-done="${total}"][data-total="${total}"]`, { timeout: 240_000 });
  }

  async progress(): Promise<{ done: number; total: number; state: string }> {
    return await this.page.$eval(this.find('progress'), (element) => {
      const { done, total, state } = (element as HTMLElement).dataset;
      return { done: Number(done), total: Number(total), state: state ?? '' };
    });
  }

  /** The cards that exist now: all errors, and the cells near the window. */
  async cards(): Promise<Card[]> {
    return await this.page.$$eval(this.find('cell-card'), (elements) =>
      elements.map((element) => {
        const { dataset, textContent } = element as HTMLElement;
        return {
          file: dataset['file'] ?? '', status: dataset['status'] ?? '', label: dataset['label'] ?? '', probability: Number(dataset['probability']),
          unsure: dataset['unsure'] === 'true', foreign: dataset['foreign'] === 'true', intended: dataset['intended'], code: dataset['code'], text: textContent ?? '',
        };
      }),
    );
  }

  /** Counts by class id, `unsure` and, where the model can tell, `foreign`. */
  async summary(): Promise<Record<string, number>> {
    const parts = await this.page.$$eval(`${this.find('summary')} [data-label]`, (elements) =>
      elements.map((element) => [(element as HTMLElement).dataset['label'], Number((element as HTMLElement).dataset['count'])] as const),
    );
    return Object.fromEntries(parts);
  }

  /** Exports as a person would, and reads the file that the browser saves. */
  async export(format: 'csv' | 'json' | 'geojson' | 'rois', { fileNames = true } = {}): Promise<string> {
    await this.openExports();
    await this.press(`export-use-${fileNames ? 'here' : 'share'}`);
    return this.saved(`export-${format}`);
  }

  async openExports(): Promise<void> {
    await this.page.waitForSelector(`${this.find('export')}:not(:disabled)`);
    await this.press('export');
    await this.page.waitForSelector(this.find('export-csv'));
  }

  /** Presses a button that saves a file. Returns: the file's text. */
  async saved(hook: string): Promise<string> {
    return (await this.savedBytes(hook)).toString('utf8');
  }

  /** As `saved`. Returns: the file's bytes. */
  async savedBytes(hook: string): Promise<Buffer> {
    const session = await this.page.browser().target().createCDPSession();
    await session.send('Browser.setDownloadBehavior', {
      behavior: 'allow', browserContextId: this.#context.id ?? '', downloadPath: this.#downloads, eventsEnabled: true,
    });
    const name = new Promise<string>((resolve, reject) => {
      let suggested = '';
      AbortSignal.timeout(savedWithinMs).addEventListener('abort', () => reject(new Error(`${hook}: no file was saved; the last one begun was “${suggested}”`)));
      session.on('Browser.downloadWillBegin', (event) => { suggested = event.suggestedFilename; });
      session.on('Browser.downloadProgress', (event) => { if (event.state === 'completed') resolve(suggested); });
    });
    await this.press(hook);
    const path = join(this.#downloads, await name);
    await session.detach();
    const bytes = readFileSync(path);
    rmSync(path);
    return bytes;
  }

  async exportedCells(): Promise<ExportedCell[]> {
    return (JSON.parse(await this.export('json')) as ExportedDocument).cells;
  }
}

/** Resolves when the database says of the newest project what is asked. */
export async function untilKept(page: Page, wanted: { images?: number; cells?: number; reviewed?: number }, place: Record<string, string | boolean> = {}): Promise<void> {
  await page.waitForFunction(async (counts, where) => {
    const request = indexedDB.open('cytodrop');
    const database = await new Promise<IDBDatabase>((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
    try {
      if (!database.objectStoreNames.contains('projects')) return false;
      const all = database.transaction('projects').objectStore('projects').getAll();
      const heads = await new Promise<{ changedAtMs: number; counts: Record<string, number>; place: Record<string, unknown> }[]>((resolve) => { all.onsuccess = () => resolve(all.result); });
      const newest = heads.sort((a, b) => b.changedAtMs - a.changedAtMs)[0];
      return newest !== undefined && Object.entries(counts).every(([name, count]) => newest.counts[name] === count) && Object.entries(where).every(([name, value]) => newest.place[name] === value);
    } finally {
      database.close();
    }
  }, { polling: 100 }, wanted, place);
}
