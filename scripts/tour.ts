/**
 * Makes docs/tour.webp, the moving picture of the README, and docs/screenshot.png, one still of it: the built page in Chromium, used as a person would, on simulated samples.
 *
 * Takes img2webp (Debian: webp), which nothing else here needs, so that scripts/setup does not install it.
 *
 * Args:
 *   --frames FOLDER: keeps the single pictures there, to look at.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CellPage, Site } from '../tests/browser/site.ts';

const docs = join(import.meta.dirname, '../docs');
const file = join(docs, 'tour.webp');
const mostBytes = 1_500_000;
/** A window of a laptop, drawn as wide as a README. */
const view = { width: 1280, height: 880, deviceScaleFactor: 0.75 };
const stepMs = 60;

interface Point { x: number; y: number }
interface Shot { path: string; ms: number }

/** One visit of the page, and the pictures taken of it. */
class Film {
  readonly page: CellPage;
  readonly #folder: string;
  readonly #shots: Shot[];
  #pointer: Point = { x: 900, y: 640 };

  constructor(page: CellPage, folder: string, shots: Shot[]) {
    this.page = page;
    this.#folder = folder;
    this.#shots = shots;
  }

  /** Takes a picture that stands so long. */
  async shoot(ms: number): Promise<void> {
    const path = join(this.#folder, `${String(this.#shots.length).padStart(3, '0')}.png`);
    await this.page.page.screenshot({ path: path as `${string}.png` });
    this.#shots.push({ path, ms });
  }

  /** Puts a line over the page's last one, and the pointer on it; neither is the page's. */
  async dress(caption: string): Promise<void> {
    await this.page.page.evaluate((words, { x, y }) => {
      const put = (id: string, style: Partial<CSSStyleDeclaration>): HTMLElement => {
        const element = document.getElementById(id) ?? document.body.appendChild(Object.assign(document.createElement('div'), { id }));
        Object.assign(element.style, { position: 'fixed', zIndex: '1000', pointerEvents: 'none' }, style);
        return element;
      };
      put('tour-caption', {
        left: '0', right: '0', bottom: '0', height: '52px', background: '#15202a', color: '#ffffff', font: '600 22px/52px system-ui, sans-serif', textAlign: 'center',
      }).textContent = words;
      put('tour-pointer', {
        left: `${x}px`, top: `${y}px`, width: '24px', height: '34px', background: '#15202a', filter: 'drop-shadow(0 0 1px #ffffff) drop-shadow(0 0 1px #ffffff) drop-shadow(0 2px 3px #00000066)',
        clipPath: 'polygon(0 0, 0 76%, 26% 59%, 44% 98%, 62% 90%, 45% 53%, 80% 53%)',
      });
    }, caption, this.#pointer);
  }

  /** Moves the pointer to the middle of what a selector finds, slowing down as a hand does. */
  async moveTo(selector: string): Promise<void> {
    const element = await this.page.page.waitForSelector(selector, { visible: true });
    const box = await element?.boundingBox();
    if (!box) throw new Error(`${selector} has no place on the page`);
    const [from, to] = [this.#pointer, { x: box.x + box.width / 2, y: box.y + box.height / 2 }];
    const steps = 8;
    for (let step = 1; step <= steps; step++) {
      const share = 1 - (1 - step / steps) ** 3;
      this.#pointer = { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
      await this.page.page.evaluate(({ x, y }) => Object.assign(document.getElementById('tour-pointer')?.style ?? {}, { left: `${x}px`, top: `${y}px` }), this.#pointer);
      await this.shoot(stepMs);
    }
    await this.shoot(250);
  }

  async press(selector: string): Promise<void> {
    await this.moveTo(selector);
    await this.page.page.mouse.click(this.#pointer.x, this.#pointer.y);
  }

  /** Writes a larger picture of the page alone. */
  async still(path: string): Promise<void> {
    const { page } = this.page;
    await page.evaluate(() => document.querySelectorAll('[id^=tour-]').forEach((one) => one.remove()));
    await page.setViewport({ width: 1440, height: 900 });
    await page.evaluate(() => document.querySelectorAll('*').forEach((one) => one.scrollTo(0, 0)));
    await this.rest();
    await page.screenshot({ path: path as `${string}.png` });
  }

  /** Until two pictures in a row are the same: what moves has come to rest. */
  async rest(): Promise<void> {
    const look = async (): Promise<string> => Buffer.from(await this.page.page.screenshot()).toString('base64');
    for (let [before, now] = ['', await look()]; before !== now;) [before, now] = [now, await look()];
  }
}

async function cells(film: Film): Promise<void> {
  const { page } = film;
  await film.dress('Drop images of cells, or try simulated ones');
  await film.shoot(1200);
  await film.press(page.find('samples'));
  await page.page.waitForSelector(page.find('progress'));
  await film.dress('Each cell gets a type – or a reason why not');
  await film.shoot(200);
  await page.finish((await page.progress()).total);
  await film.rest();
  await film.shoot(2000);
  await film.press(`${page.find('cell-card')}[data-label=erythroblast]`);
  await page.page.waitForSelector(`${page.find('details')} canvas`);
  await film.dress('How sure the model is, and where it looked');
  await film.rest();
  await film.shoot(2400);
  await film.still(join(docs, 'screenshot.png'));
}

async function field(film: Film): Promise<void> {
  const { page } = film;
  await page.useModel('viability', 'Viability');
  await film.dress('Whole fields of view: every cell found and named');
  await film.rest();
  await film.press(page.find('sample-field'));
  await page.finish(1);
  await page.page.waitForSelector(page.find('frame-canvas'));
  await film.rest();
  await film.shoot(1400);
  await film.moveTo(page.find('zoom-in'));
  for (let press = 0; press < 3; press++) {
    await page.press('zoom-in');
    await film.rest();
    await film.shoot(200);
  }
  await film.shoot(1000);
  await film.press('label:has(input[name=side][value=count])');
  await page.page.waitForSelector(page.find('count-panel'));
  await film.dress('Counted with intervals. No image leaves the computer.');
  await film.rest();
  await film.shoot(2400);
}

async function main(): Promise<void> {
  if (spawnSync('img2webp', ['-version']).status !== 0) {
    console.error('tour: img2webp is missing; install it (Debian: apt-get install webp)');
    process.exit(1);
  }
  const { values } = parseArgs({ options: { frames: { type: 'string' } } });
  const folder = values.frames ?? mkdtempSync(join(tmpdir(), 'cytodrop-tour-'));
  mkdirSync(folder, { recursive: true });
  const shots: Shot[] = [];
  const site = await Site.start();
  try {
    for (const scene of [cells, field]) {
      await site.visit(async (page) => {
        await page.page.setViewport(view);
        await scene(new Film(page, folder, shots));
      });
    }
    execFileSync('img2webp', ['-loop', '0', '-min_size', ...shots.flatMap(({ path, ms }) => ['-lossy', '-q', '80', '-m', '6', '-d', String(ms), path]), '-o', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  } finally {
    await site.stop();
    if (values.frames === undefined) rmSync(folder, { recursive: true });
  }
  const [seconds, bytes] = [shots.reduce((sum, { ms }) => sum + ms, 0) / 1000, statSync(file).size];
  console.log(`${file}: ${shots.length} pictures, ${seconds.toFixed(1)} s, ${(bytes / 1e6).toFixed(2)} MB`);
  if (bytes > mostBytes) throw new Error(`${bytes} bytes are more than ${mostBytes}`);
}

await main();
