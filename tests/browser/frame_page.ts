/** The picture of a frame on the page, for tests that press it. */
import assert from 'node:assert/strict';
import type { CellPage } from './site.ts';

export interface FrameSize { width: number; height: number }
interface Point { x: number; y: number }

const restsForFrames = 20;

/** Where the points of a frame, in px, are in the window, while the frame is fitted into the canvas. */
async function placesOn(page: CellPage, { width, height }: FrameSize): Promise<(point: Point) => Point> {
  const canvas = await page.page.$(page.find('frame-canvas'));
  await canvas?.evaluate((element) => element.scrollIntoView({ block: 'center' }));
  // A panel may still be closing, or a line above come or go: a press where the picture was would miss.
  await page.page.waitForFunction((element, frames) => {
    const { dataset, parentElement } = element as HTMLElement;
    const { left, top, width, height } = element!.getBoundingClientRect();
    const place = `${left} ${top} ${width} ${height}`;
    const rests = dataset['place'] === place && parentElement?.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    dataset['place'] = place;
    dataset['rested'] = String(rests ? Number(dataset['rested'] ?? 0) + 1 : 0);
    return Number(dataset['rested']) >= frames;
  }, { polling: 'raf' }, canvas, restsForFrames);
  const box = await canvas?.boundingBox();
  assert.ok(box);
  const scale = Math.min(box.width / width, box.height / height);
  return ({ x, y }) => ({ x: box.x + (box.width - width * scale) / 2 + x * scale, y: box.y + (box.height - height * scale) / 2 + y * scale });
}

export async function pressFrame(page: CellPage, size: FrameSize, at: Point): Promise<void> {
  const { x, y } = (await placesOn(page, size))(at);
  await page.page.mouse.click(x, y);
}

/** Draws from one point to another with the button down. */
export async function dragOnFrame(page: CellPage, size: FrameSize, from: Point, to: Point): Promise<void> {
  const [start, end] = [from, to].map(await placesOn(page, size)) as [Point, Point];
  await page.page.mouse.move(start.x, start.y);
  await page.page.mouse.down();
  await page.page.mouse.move(end.x, end.y, { steps: 4 });
  await page.page.mouse.up();
}

/** Turns the wheel over a point, by so many steps; the point stays where it is. */
export async function zoomOnFrame(page: CellPage, size: FrameSize, at: Point, steps: number): Promise<void> {
  const { x, y } = (await placesOn(page, size))(at);
  await page.page.mouse.move(x, y);
  for (let i = 0; i < steps; i++) await page.page.mouse.wheel({ deltaY: -60 });
}

/** Moves a range input as a person does. */
export async function slide(page: CellPage, hook: string, value: number): Promise<void> {
  await page.page.$eval(page.find(hook), (element, to) => {
    (element as HTMLInputElement).value = String(to);
    element.dispatchEvent(new Event('input', { bubbles: true }));
  }, value);
}
