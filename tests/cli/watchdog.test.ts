/** Workers that hang: with workers and seconds made up, then on the built command line with a hang planted in its worker. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { goldenCases, root, spec } from '../border/fixtures.ts';
import { program, withFolder, type Line } from './fixtures.ts';
import { hangPlant, mainPlant } from './hang_plant.ts';
import type { Outcome } from '../../src/js/classify/outcome.ts';
import { unreadFile } from '../../src/js/core/errors.ts';
import { wholeFile } from '../../src/js/frames/frame.ts';
import { defaultSearch } from '../../src/js/frames/search.ts';
import { frameWorker } from '../../src/js/work/frame_worker.ts';
import type { WorkerReply, WorkerRequest } from '../../src/js/work/messages.ts';
import { classifyInOrder, WorkerDied, WorkerHung } from '../../src/js/work/pool.ts';
import { patienceSeconds, Watchdog } from '../../src/js/work/watchdog.ts';
import { type StartWorker, WorkerLink } from '../../src/js/work/worker_link.ts';

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Seconds that pass when the test says so. */
class Seconds {
  #onTick: (() => void) | undefined;
  readonly ticking = (onTick: () => void): (() => void) => {
    this.#onTick = onTick;
    return () => { this.#onTick = undefined; };
  };

  get running(): boolean {
    return this.#onTick !== undefined;
  }

  pass(count: number): void {
    for (let i = 0; i < count; i++) this.#onTick?.();
  }
}

/** A worker that answers when the test lets it; the first byte of a file is its number. */
class FakeWorker {
  readonly asked: WorkerRequest[] = [];
  stopped = false;
  readonly reply: (reply: WorkerReply) => void;

  constructor(reply: (reply: WorkerReply) => void) {
    this.reply = reply;
  }
}

function staff(): { start: StartWorker; workers: FakeWorker[] } {
  const workers: FakeWorker[] = [];
  const start: StartWorker = (onReply) => {
    const worker = new FakeWorker(onReply);
    workers.push(worker);
    return { post: (request) => void worker.asked.push(request), stop: () => { worker.stopped = true; } };
  };
  return { start, workers };
}

describe('silence', () => {
  test('is counted in ticks, ends with a sign of life, and is borne up to the limit', () => {
    const seconds = new Seconds();
    const given: number[] = [];
    const dog = new Watchdog(() => 10, (limit) => given.push(limit), seconds.ticking);
    dog.hear();
    seconds.pass(10);
    dog.hear();
    seconds.pass(10);
    assert.deepEqual(given, []);
    seconds.pass(1);
    assert.deepEqual(given, [10]);
    dog.rest();
    assert.equal(seconds.running, false);
  });

  test('does not count while the page is hidden', () => {
    const seconds = new Seconds();
    let given = 0;
    let hidden = true;
    const dog = new Watchdog(() => 10, () => { given += 1; }, seconds.ticking, () => hidden);
    dog.hear();
    seconds.pass(1000);
    assert.equal(given, 0);
    hidden = false;
    seconds.pass(11);
    assert.equal(given, 1);
  });

  test('a larger file is borne longer', () => {
    assert.equal(patienceSeconds(0), 120);
    assert.equal(patienceSeconds(400_000_000), 520);
  });
});

describe('a worker that hangs', () => {
  const file = (number: number, bytes = 1): Uint8Array => Object.assign(new Uint8Array(bytes), [number]);

  test('is ended; the question it was at is blamed and the others are not', async () => {
    const seconds = new Seconds();
    const { start, workers } = staff();
    const link = new WorkerLink(start, seconds.ticking);
    const worker = link.poolWorker(() => Promise.resolve());
    const [first, second] = [worker.classify([file(0), file(1, 5_000_000)], [0, 1]), worker.classify([file(2)], [2])];
    const settled = Promise.allSettled([first, second]);
    await soon();
    workers[0]?.reply({ type: 'at_work', ticket: 1, image: 0 });
    seconds.pass(120);
    workers[0]?.reply({ type: 'at_work', ticket: 1, image: 1 });
    seconds.pass(125);
    assert.equal(workers[0]?.stopped, false);
    seconds.pass(1);
    assert.equal(workers[0]?.stopped, true);
    const [one, two] = (await settled).map((each) => (each.status === 'rejected' ? (each.reason as Error) : undefined));
    assert.ok(one instanceof WorkerHung && one.image === 1);
    assert.equal(one.outcome.message, 'The image took longer than 125 seconds and was stopped.');
    assert.ok(two instanceof WorkerDied && !(two instanceof WorkerHung));
    assert.equal(seconds.running, false);

    // The next question starts another, which has all of its time.
    const third = worker.classify([file(3)], [3]);
    await soon();
    seconds.pass(120);
    assert.equal(workers.length, 2);
    workers[1]?.reply({ type: 'classified', ticket: workers[1].asked[0]?.ticket ?? 0, outcomes: [unreadFile('corrupt', 'seen')] });
    assert.equal((await third).length, 1);
  });

  test('what has no limit, such as loading a model over a slow line, is waited for', async () => {
    const seconds = new Seconds();
    const { start, workers } = staff();
    const link = new WorkerLink(start, seconds.ticking);
    const asked = link.ask({ type: 'requests' }, 'requests');
    workers[0]?.reply({ type: 'at_work', ticket: 1, image: -1 });
    seconds.pass(100_000);
    workers[0]?.reply({ type: 'requests', ticket: 1, requests: [] });
    assert.deepEqual((await asked).requests, []);
  });

  test('a late word of an ended worker is not heard', async () => {
    const seconds = new Seconds();
    const { start, workers } = staff();
    const link = new WorkerLink(start, seconds.ticking);
    const worker = link.poolWorker(() => Promise.resolve());
    const first = worker.classify([file(0)], [0]);
    await soon();
    seconds.pass(121);
    await assert.rejects(first, WorkerDied);
    const second = worker.classify([file(1)], [1]);
    await soon();
    workers[0]?.reply({ type: 'classified', ticket: 2, outcomes: [] });
    workers[1]?.reply({ type: 'classified', ticket: 2, outcomes: [unreadFile('corrupt', 'seen')] });
    assert.equal((await second).length, 1);
  });

  /** Answers all but file 5, at which it hangs whenever it comes to it. */
  function obedient(seconds: Seconds, { knows }: { knows: boolean }): { start: StartWorker; starts: () => number } {
    let starts = 0;
    const start: StartWorker = (onReply) => {
      starts += 1;
      let before = Promise.resolve();
      let hung = false;
      const answer = (request: WorkerRequest): void => {
        if (hung || request.type !== 'classify') return;
        const { ticket, images } = request;
        const outcomes: Outcome[] = [];
        for (const [image, bytes] of images.entries()) {
          if (knows) onReply({ type: 'at_work', ticket, image });
          else onReply({ type: 'at_work', ticket, image: -1 });
          if (bytes instanceof Uint8Array && bytes[0] === 5) {
            hung = true;
            setImmediate(() => seconds.pass(1000));
            return;
          }
          outcomes.push(unreadFile('corrupt', `file ${(bytes as Uint8Array)[0]}`));
        }
        onReply({ type: 'classified', ticket, outcomes });
      };
      return { post: (request) => { before = before.then(soon).then(() => answer(request)); }, stop: () => { hung = true; } };
    };
    return { start, starts: () => starts };
  }

  for (const knows of [true, false]) {
    test(`costs its one file a line; all others are told, in order${knows ? '' : ', also where it is not known at which it hung'}`, async () => {
      const seconds = new Seconds();
      const { start, starts } = obedient(seconds, { knows });
      const told: string[] = [];
      await classifyInOrder([new WorkerLink(start, seconds.ticking).poolWorker(() => Promise.resolve())], {
        count: 20, read: (position) => Promise.resolve(file(position)),
        tell: (_, outcome) => { told.push(outcome.status === 'error' ? outcome.message : ''); },
      }, { cancelled: false });
      const expected = Array.from({ length: 20 }, (_, i) => (i === 5 ? 'The image took longer than 2 minutes and was stopped.' : `File ${i}.`));
      assert.deepEqual(told, expected);
      assert.equal(starts(), knows ? 2 : 3);
      assert.equal(seconds.running, false);
    });
  }

  test('a frame that it hangs on is given up at once, and the next is worked on', async () => {
    const seconds = new Seconds();
    const { start, workers } = staff();
    const link = new WorkerLink(start, seconds.ticking);
    const worker = frameWorker({ link, spec, makeReady: () => Promise.resolve(), readDetector: () => Promise.reject(new Error('not asked for')) }, { choice: wholeFile, search: defaultSearch, pixelSizeUm: null, classify: false }, { cancelled: false });
    const outcomes = Promise.all([worker.classify([file(0)], [0]), worker.classify([file(1)], [1])]);
    await soon();
    workers[0]?.reply({ type: 'at_work', ticket: 1, image: -1 });
    seconds.pass(121);
    for (let turn = 0; turn < 20; turn++) {
      await soon();
      const asked = workers[1]?.asked.shift();
      if (asked) workers[1]?.reply({ type: 'failed', ticket: asked.ticket, code: 'corrupt', message: `no ${asked.type}` });
    }
    assert.deepEqual((await outcomes).flat().map((outcome) => outcome.status === 'error' && outcome.code), ['took_too_long', 'corrupt']);
  });
});

test('the command line: the one file of a worker that hangs gets its line, the others their types, and the program ends', async () => {
  const golden = fileURLToPath(new URL('models/blood-smear/golden', root));
  await withFolder(async (folder) => {
    for (const part of ['cytodrop_core.wasm', 'models/blood-smear']) cpSync(join(dirname(program), part), join(folder, part), { recursive: true });
    const planted = join(folder, 'cytodrop.mjs');
    writeFileSync(planted, `${mainPlant}${hangPlant}${readFileSync(program, 'utf8')}`);
    const [first, second, third] = goldenCases.map(({ image }) => join(golden, image)) as [string, string, string];
    const hanging = fileURLToPath(new URL('models/viability/golden/simulated-live-1.png', root));
    const files = [first, second, hanging, third, first, second, third];
    const run = await new Promise<{ code: number | null; stdout: string }>((resolve, reject) => {
      const child = spawn(process.execPath, [planted, 'classify', '--model', 'blood-smear', '--jobs', '1', ...files]);
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
      child.on('error', reject).on('close', (code) => resolve({ code, stdout }));
    });
    const lines = run.stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Line);
    assert.deepEqual(lines.map(({ status }) => status), ['ok', 'ok', 'error', 'ok', 'ok', 'ok', 'ok']);
    assert.equal(lines[2]?.error?.code, 'took_too_long');
    assert.match(lines[2]?.error?.message ?? '', /^The image took longer than 2 minutes and was stopped\.$/);
    assert.equal(run.code, 2);
  });
});
