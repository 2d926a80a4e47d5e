/** The camera: its picture is searched and counted live, kept as a file where a person asks, and the camera is given back as soon as nobody looks. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { drawDiscs } from '../border/frames.ts';
import { cytodrop } from '../cli/fixtures.ts';
import { assertAccessible, axe } from './axe.ts';
import { fakeCamera } from './fake_camera.ts';
import { dist, type CellPage, Site } from './site.ts';

const [width, height] = [640, 480];
const discs = Array.from({ length: 24 }, (_, i) => ({ x: 70 + 100 * (i % 6), y: 60 + 110 * Math.floor(i / 6), radius: 11 + (i % 4) }));

interface KeptFrame { frame: string; pixel_size_from_file_um: number | null; pixels_sha256: string | null; cells: { left_px: number; top_px: number; type: string | null }[] }

let site: Site;
let folder: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-live-'));
  site = await Site.start(dist, fakeCamera(folder, 'discs', width, height, drawDiscs(width, height, discs)));
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

/** What the page was lent, and the files that it makes of pictures. */
interface Watched { lent: MediaStream[]; kept: File[] }

async function watch(page: CellPage): Promise<void> {
  await page.page.evaluate(() => {
    const watched: Watched = { lent: [], kept: [] };
    Object.assign(window, { watched });
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      watched.lent.push(stream);
      return stream;
    };
    window.File = class extends File {
      constructor(...given: ConstructorParameters<typeof File>) {
        super(...given);
        if (/^camera \d/.test(given[1])) watched.kept.push(this);
      }
    };
  });
}

const tracks = (page: CellPage): Promise<string[]> => page.page.evaluate(() => (window as unknown as { watched: Watched }).watched.lent.flatMap((stream) => stream.getTracks().map(({ kind, readyState }) => `${kind} ${readyState}`)));

async function keptFile(page: CellPage, name: string): Promise<string> {
  const bytes = await page.page.evaluate(async () => {
    const file = (window as unknown as { watched: Watched }).watched.kept.at(-1);
    return file ? [...new Uint8Array(await file.arrayBuffer())] : [];
  });
  assert.ok(bytes.length > 1000);
  const path = join(folder, name);
  writeFileSync(path, Buffer.from(bytes));
  return path;
}

/** Waits until the live picture has so many cells outlined. */
async function outlined(page: CellPage, count: number): Promise<void> {
  const shown = `${page.find('live-canvas')}[data-outlined="${count}"]`;
  await page.page.waitForSelector(shown, { timeout: 60_000 }).catch(async () => assert.fail(`${await page.page.$eval(page.find('live'), (element) => element.textContent)}`));
}

async function openCamera(page: CellPage, model: [name: string, title: string] = ['viability', 'Viability']): Promise<void> {
  await watch(page);
  await page.useModel(...model);
  assert.deepEqual(await tracks(page), [], 'not asked for before it is pressed');
  await page.press('use-camera');
  await page.page.waitForSelector(`${page.find('live')}[data-phase=on]`);
}

async function exported(page: CellPage): Promise<KeptFrame[]> {
  return (JSON.parse(await page.export('json')) as { frames: KeptFrame[] }).frames;
}

const textOf = (page: CellPage, hook: string): Promise<string> => page.page.$eval(page.find(hook), (element) => element.textContent ?? '');

test('cells are found and counted in the live picture, at a pace that is told; a frozen picture stays, and nothing is kept that nobody asked for', async () => {
  await site.visit(async (page) => {
    await openCamera(page);
    await outlined(page, discs.length);
    assert.equal(await textOf(page, 'camera-sign'), 'Camera on');
    const counts = await page.page.$$eval(`${page.find('live')} [data-label]`, (rows) => rows.map((row) => Number((row as HTMLElement).dataset['count'])));
    assert.equal(counts.reduce((sum, count) => sum + count, 0), discs.length);
    await page.page.waitForSelector(page.find('live-pace'));
    assert.match(await textOf(page, 'live-pace'), /^\d+(\.\d)? pictures a second$/);
    // By keys alone.
    await page.page.keyboard.press('Space');
    await page.page.waitForSelector(`${page.find('live')}[data-frozen=true]`);
    assert.match(await textOf(page, 'live-facts'), /frozen/);
    await outlined(page, discs.length);
    await page.page.keyboard.press('Space');
    await page.page.waitForSelector(`${page.find('live')}[data-frozen=false]`);
    await page.page.waitForSelector(page.find('live-pace'));
    assert.deepEqual(await tracks(page), ['video live'], 'no sound is asked for');
    await page.press('leave-live');
    await page.page.waitForSelector(page.find('privacy'));
    assert.deepEqual(await tracks(page), ['video ended']);
    assert.equal(await page.page.$(page.find('progress')), null, 'no image is there');
  });
});

test('a frame that is kept is a file like any other, with its scale: its cells are those that the command line finds in it', async () => {
  await site.visit(async (page) => {
    const { mouse } = page.page;
    await openCamera(page);
    await outlined(page, discs.length);
    await page.press('live-scale');
    await page.page.waitForSelector(page.find('scale-panel'));
    const canvas = await page.page.$(page.find('live-canvas'));
    const box = await canvas?.boundingBox();
    assert.ok(box);
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await mouse.move(x, y);
    await mouse.down();
    await mouse.move(x + 90, y, { steps: 3 });
    await mouse.up();
    await page.page.waitForFunction((hook) => document.querySelector<HTMLInputElement>(hook)?.value !== '', {}, page.find('scale-line'));
    const line = Number(await page.page.$eval(page.find('scale-line'), (input) => (input as HTMLInputElement).value));
    assert.ok(Math.abs(line - 90 / Math.min(box.width / width, box.height / height)) < 1.5, `${line} px`);
    const field = await page.page.$(page.find('scale-line'));
    await field?.evaluate((input) => (input as HTMLInputElement).select());
    await page.page.keyboard.type('100');
    await page.page.type(page.find('scale-length'), '50');
    await page.press('scale-live');
    await page.page.waitForSelector(`${page.find('live-canvas')}[data-um="0.5"]`, { timeout: 60_000 });
    assert.equal(await textOf(page, 'live-pixel-size'), '0.5 µm per px');
    await page.press('freeze');
    await page.page.waitForSelector(`${page.find('live')}[data-frozen=true]`);
    await page.press('keep-frame');
    await page.page.waitForFunction((hook) => document.querySelector(hook)?.textContent !== '', {}, page.find('kept-frame'));
    const words = await textOf(page, 'kept-frame');
    assert.match(words, /^camera \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png is kept, 1 image by now\.$/);
    const name = words.slice(0, words.indexOf(' is kept'));
    await page.press('leave-live');
    await page.finish(1);
    assert.deepEqual(await tracks(page), ['video ended']);
    const [frame] = await exported(page);
    assert.ok(frame);
    assert.deepEqual([frame.frame, frame.pixel_size_from_file_um], [name, 0.5]);
    assert.ok(frame.cells.length > 0);
    const { code, stdout, stderr } = await cytodrop('classify', '--model', 'viability', '--detect', '--format', 'json', await keptFile(page, name));
    assert.equal(code, 0, stderr);
    const [expected] = (JSON.parse(stdout) as { frames: KeptFrame[] }).frames;
    assert.deepEqual([frame.pixels_sha256, frame.cells], [expected?.pixels_sha256, expected?.cells]);
  });
});

test('Stop and a page out of sight give the camera back; one that goes is told', async () => {
  await site.visit(async (page) => {
    await openCamera(page);
    await page.press('stop-camera');
    await page.page.waitForSelector(page.find('start-camera'));
    assert.deepEqual([await tracks(page), await textOf(page, 'camera-sign')], [['video ended'], 'Camera off']);
    await page.press('start-camera');
    await page.page.waitForSelector(`${page.find('live')}[data-phase=on]`);
    await page.page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { value: true, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
      delete (document as { hidden?: boolean }).hidden;
    });
    await page.page.waitForSelector(page.find('start-camera'));
    assert.match(await textOf(page, 'camera-off'), /turned off while the page was out of sight/);
    await page.press('start-camera');
    await page.page.waitForSelector(`${page.find('live')}[data-phase=on]`);
    assert.equal(await page.page.$(page.find('which-camera')), null, 'there is one');
    assert.deepEqual(await tracks(page), ['video ended', 'video ended', 'video live']);
    // As where it is unplugged.
    await page.page.evaluate(() => (window as unknown as { watched: Watched }).watched.lent[2]?.getTracks()[0]?.dispatchEvent(new Event('ended')));
    await page.page.waitForSelector(page.find('start-camera'));
    assert.match(await textOf(page, 'camera-off'), /^The camera is gone: plug it in again/);
    assert.equal((await tracks(page))[2], 'video ended');
  });
});

test('of two cameras one is chosen, and the other given back; the one chosen last is lent the next time', async () => {
  const two = await Site.start(dist, ['--use-fake-device-for-media-stream=device-count=2', '--use-fake-ui-for-media-stream']);
  try {
    await two.visit(async (page) => {
      await openCamera(page);
      const chooser = await page.page.waitForSelector(page.find('which-camera'));
      const options = await chooser?.evaluate((select) => [...(select as HTMLSelectElement).options].map(({ value, text }) => [value, text]));
      assert.deepEqual(options?.map(([, text]) => text), ['fake_device_0', 'fake_device_1']);
      const [first = '', second = ''] = options.map(([value]) => value);
      const chosen = (id: string): Promise<unknown> => page.page.waitForFunction((hook, value) => (document.querySelector(hook) as HTMLSelectElement | null)?.value === value, {}, page.find('which-camera'), id);
      await chosen(first);
      await page.page.select(page.find('which-camera'), second);
      await page.page.waitForFunction(() => (window as unknown as { watched: Watched }).watched.lent.length === 2);
      await chosen(second);
      assert.deepEqual(await tracks(page), ['video ended', 'video live']);
      await page.press('leave-live');
      await page.press('use-camera');
      await chosen(second);
    });
  } finally {
    await two.stop();
  }
});

test('to teach leaves the camera, and so does the way to the results', async () => {
  await site.visit(async (page) => {
    await openCamera(page);
    await page.page.click(`label:has(${page.find('task-teach')})`);
    await page.page.waitForSelector(page.find('teach'));
    assert.deepEqual(await tracks(page), ['video ended']);
    await page.page.click(`label:has(${page.find('task-look')})`);
    await page.page.waitForSelector(page.find('privacy'));
    assert.equal((await tracks(page)).length, 1, 'it comes back at a press alone');
  });
});

test('of a model of single cells the middle of the picture is named as one, and is what a kept picture gives', async () => {
  await site.visit(async (page) => {
    await watch(page);
    await page.press('use-camera');
    await page.page.waitForSelector(`${page.find('live')}[data-phase=on]`);
    await outlined(page, 1);
    await page.press('freeze');
    await page.page.waitForSelector(`${page.find('live')}[data-frozen=true]`);
    const verdict = await textOf(page, 'live-count');
    await page.press('keep-frame');
    await page.page.waitForFunction((hook) => document.querySelector(hook)?.textContent !== '', {}, page.find('kept-frame'));
    await page.press('leave-live');
    await page.finish(1);
    const [cell] = await page.exportedCells();
    const name = await page.page.$eval(page.find('cell-card'), (card) => (card as HTMLElement).dataset['label'] ?? '');
    assert.ok(cell);
    assert.ok(verdict.toLowerCase().includes(name.replaceAll('_', ' ')), `${verdict} is no ${name}`);
    const { stdout } = await cytodrop('classify', '--model', 'blood-smear', '--format', 'json', await keptFile(page, 'kept.png'));
    const [expected] = (JSON.parse(stdout) as { cells: (typeof cell)[] }).cells;
    assert.deepEqual(cell.probabilities, expected?.probabilities);
  });
});

test('one picture is looked at at a time, the newest, and each is let go before the next', async () => {
  await site.visit(async (page) => {
    await page.page.evaluate(() => {
      const counted = { open: 0, most: 0, opened: 0, taken: 0 };
      Object.assign(window, { counted });
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (this: Worker, ...given: Parameters<typeof post>) {
        const { type } = given[0] as { type?: string };
        if (type === 'open_frame') {
          counted.opened += 1;
          counted.most = Math.max(counted.most, ++counted.open);
        }
        if (type === 'close_frame') counted.open -= 1;
        post.apply(this, given);
      } as typeof post;
      const { convertToBlob } = OffscreenCanvas.prototype;
      OffscreenCanvas.prototype.convertToBlob = function (...given) {
        counted.taken += 1;
        return convertToBlob.apply(this, given);
      };
    });
    await openCamera(page);
    const counts = await page.page.waitForFunction(() => {
      const { counted } = window as unknown as { counted: { open: number; most: number; opened: number; taken: number } };
      return counted.opened >= 8 && { ...counted };
    }, { timeout: 120_000 });
    const { most, opened, taken } = await counts.jsonValue() as { most: number; opened: number; taken: number };
    assert.equal(most, 1);
    assert.ok(taken <= opened + 1, `${taken} taken, ${opened} looked at`);
  });
});

test('a scale that is set for all frames holds for the camera too, says so, and can be forgotten there', async () => {
  await site.visit(async (page) => {
    await page.page.evaluate(() => localStorage.setItem('search', JSON.stringify({ search: {}, pixelSizeUm: 0.25 })));
    await page.open();
    await openCamera(page);
    await page.page.waitForSelector(`${page.find('live-canvas')}[data-um="0.25"]`, { timeout: 60_000 });
    assert.equal(await textOf(page, 'live-pixel-size'), '0.25 µm per px, set by hand for all frames');
    await page.press('live-scale');
    await page.press('forget-scale');
    await page.page.waitForSelector(page.find('scale-panel'));
    await page.page.waitForFunction((hook) => document.querySelector(hook)?.textContent === 'pixel size not known', {}, page.find('live-pixel-size'));
  });
});

test('a camera that is lent when nobody waits for it any more is given back at once', async () => {
  await site.visit(async (page) => {
    await page.page.evaluate(() => {
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (wanted) => new Promise((resolve) => { Object.assign(window, { allow: () => resolve(ask(wanted)) }); });
    });
    await watch(page);
    await page.press('use-camera');
    await page.page.waitForSelector(`${page.find('live')}[data-phase=asking]`);
    await page.press('leave-live');
    await page.page.waitForSelector(page.find('privacy'));
    await page.page.evaluate(() => (window as unknown as { allow: () => void }).allow());
    await page.page.waitForFunction(() => (window as unknown as { watched: Watched }).watched.lent[0]?.getTracks()[0]?.readyState === 'ended');
  });
});

test('where a person refuses one sentence says what to do; once it is allowed, trying again does', async () => {
  const strict = await Site.start(dist, ['--use-fake-device-for-media-stream']);
  try {
    await strict.visit(async (page) => {
      const { origin } = new URL(page.page.url());
      await page.page.browserContext().overridePermissions(origin, []);
      await page.press('use-camera');
      await page.page.waitForSelector(`${page.find('live')}[data-phase=failed] ${page.find('camera-off')}`);
      assert.equal(await textOf(page, 'camera-off'), 'The browser was not allowed to lend the camera: allow it for this page beside the address, then try again.');
      await page.page.browserContext().overridePermissions(origin, ['camera']);
      await page.press('start-camera');
      await page.page.waitForSelector(`${page.find('live')}[data-phase=on]`);
    });
  } finally {
    await strict.stop();
  }
});

for (const [why, name, words] of [
  ['there is none', 'NotFoundError', /^No camera was found: plug one in/],
  ['another program has it', 'NotReadableError', /close other programs that use it/],
  ['the address is not secure', null, /^This address is not secure.*https/],
] as const) {
  test(`where ${why} one sentence says what to do, and trying again does`, async () => {
    await site.visit(async (page) => {
      await page.page.evaluate((error) => {
        const own = navigator.mediaDevices;
        let refused = false;
        Object.defineProperty(navigator, 'mediaDevices', { configurable: true, get: () => {
          if (refused && error === null) return own;
          refused = true;
          return error === null ? undefined : { getUserMedia: () => {
            Object.defineProperty(navigator, 'mediaDevices', { value: own });
            return Promise.reject(new DOMException('as the browser says it', error));
          } };
        } });
      }, name);
      await page.press('use-camera');
      await page.page.waitForSelector(`${page.find('live')}[data-phase=failed] ${page.find('camera-off')}`);
      const said = await textOf(page, 'camera-off');
      assert.match(said, words);
      assert.equal(said.match(/\.(\s|$)/g)?.length, 1, 'one sentence');
      await page.press('start-camera');
      await page.page.waitForSelector(`${page.find('live')}[data-phase=on]`);
    });
  });
}

for (const [device, size] of [['wide', { width: 1440, height: 900 }], ['on a phone', { width: 390, height: 844 }]] as const) {
  test(`axe finds nothing wrong with it, ${device}`, async () => {
    await site.visit(async (page) => {
      await openCamera(page);
      await outlined(page, discs.length);
      await page.page.evaluate(axe);
      await assertAccessible(page, 'camera');
      await page.press('live-scale');
      await page.page.waitForSelector(page.find('scale-panel'));
      await page.press('freeze');
      await page.page.waitForSelector(`${page.find('live')}[data-frozen=true]`);
      await assertAccessible(page, 'frozen, with its scale');
      await page.press('stop-camera');
      await page.page.waitForSelector(page.find('start-camera'));
      await assertAccessible(page, 'camera off');
    }, size);
  });
}
