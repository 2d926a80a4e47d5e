/** Moving and enlarging a large frame on the built page: how often a new picture comes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawDiscs, greyPng } from '../border/frames.ts';
import { Site, type CellPage } from '../browser/site.ts';
import { median, printLimit, printTable } from './report.ts';

const [width, height] = [4000, 3000];
const [across, down] = [50, 40];
const steps = 240;

declare global {
  var pictureTimes: number[] | undefined;
}

/** What a person does with the picture: each step is one event of the mouse, sent as soon as the page has taken the last. */
type Gesture = (page: CellPage, x: number, y: number) => Promise<void>;

const gestures: Record<string, Gesture> = {
  'whole frame, turning the wheel': (page) => wheel(page, (step) => (Math.floor(step / 20) % 2 === 0 ? -60 : 60)),
  'enlarged, dragging': async (page, x, y) => {
    for (let i = 0; i < 12; i++) await page.page.mouse.wheel({ deltaY: -100 });
    await page.page.mouse.down();
    for (let step = 0; step < steps; step++) await page.page.mouse.move(x + 200 * Math.sin(step / 12), y + 150 * Math.cos(step / 17));
    await page.page.mouse.up();
  },
};

async function wheel(page: CellPage, delta: (step: number) => number): Promise<void> {
  for (let step = 0; step < steps; step++) await page.page.mouse.wheel({ deltaY: delta(step) });
}

export async function benchFrameView(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-bench-'));
  const site = await Site.start();
  try {
    const discs = Array.from({ length: across * down }, (_, i) => ({
      x: Math.round((width / across) * (0.5 + (i % across))), y: Math.round((height / down) * (0.5 + Math.floor(i / across))), radius: 12 + (i * 7) % 5,
    }));
    const file = join(folder, 'frame.png');
    writeFileSync(file, greyPng(width, height, drawDiscs(width, height, discs)));
    await site.visit(async (page) => {
      const cells = await openFrame(page, file);
      const canvas = await (await page.page.waitForSelector(page.find('frame-canvas')))?.boundingBox();
      if (!canvas) throw new Error('there is no picture of the frame');
      const [x, y] = [canvas.x + canvas.width / 2, canvas.y + canvas.height / 2];
      await page.page.mouse.move(x, y);
      console.log(`\nA frame of ${width} × ${height} px with ${cells} cells outlined, window of 1440 × 900 px, no graphics processor`);
      const rows: string[][] = [['', 'pictures', 'ms between, median', '95th of 100', 'longest']];
      for (const [name, gesture] of Object.entries(gestures)) {
        const intervals = await watched(page, () => gesture(page, x, y));
        const at = (share: number): number => intervals[Math.min(intervals.length - 1, Math.floor(share * intervals.length))] ?? NaN;
        rows.push([name, String(intervals.length), median(intervals).toFixed(1), at(0.95).toFixed(1), at(1).toFixed(1)]);
        printLimit(`${name}: median between two pictures`, median(intervals), 'ms', { most: 33 });
      }
      printTable(rows);
    }, { width: 1440, height: 900 });
  } finally {
    await site.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Returns: how many cells were found. */
async function openFrame(page: CellPage, file: string): Promise<number> {
  await page.press('model-picker');
  const use = '[data-testid=model-card][data-model=viability] [data-testid=use-model]';
  await page.page.waitForSelector(use);
  await page.page.$eval(use, (element) => (element as HTMLElement).click());
  await page.page.waitForSelector('[data-testid=footer][data-self-test=passed]');
  await page.page.click(`label:has(${page.find('mode-fields')})`);
  await page.addFiles([file]);
  await page.finish(1);
  await page.page.waitForSelector(`${page.find('frame-canvas')}:not([data-outlined="0"])`);
  return Number(await page.page.$eval(page.find('frame-canvas'), (element) => (element as HTMLElement).dataset['outlined']));
}

/** Intervals between the browser's pictures while something is done, ms, the shortest first. */
async function watched(page: CellPage, action: () => Promise<void>): Promise<number[]> {
  await page.page.evaluate(() => {
    const times = (globalThis.pictureTimes = [] as number[]);
    const note = (time: number): void => {
      if (globalThis.pictureTimes !== times) return;
      times.push(time);
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
  await action();
  const times = (await page.page.evaluate(() => globalThis.pictureTimes)) ?? [];
  if (times.length < 20) throw new Error(`only ${times.length} pictures were seen`);
  return times.slice(1).map((time, i) => time - (times[i] ?? time)).sort((a, b) => a - b);
}
