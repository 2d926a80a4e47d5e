/** The queue of a pool of workers, with workers and files made up: order, stopping, workers that die, large files. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Outcome } from '../../src/js/classify/outcome.ts';
import { worstSelfTest } from '../../src/js/classify/self_test.ts';
import { unreadFile } from '../../src/js/core/errors.ts';
import { classifyInOrder, type ImageQueue, type PoolWorker, type Run, WorkerDied } from '../../src/js/work/pool.ts';

const largeBytes = 17 * 1024 * 1024;
/** A file's first byte is its position, of which its outcome is made. */
const outcomeOf = (image: unknown): Outcome => unreadFile('corrupt', image instanceof Uint8Array ? `file ${image[0]}` : 'not read');
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Told { position: number; words: string }

/** A queue of small files that keeps what it is told. */
function queueOf(count: number, { large = [], onTell }: { large?: number[]; onTell?: () => Promise<void> | void } = {}): ImageQueue & { told: Told[] } {
  const told: Told[] = [];
  return {
    told,
    count,
    read: async (position, mostBytes) => {
      await soon();
      return large.includes(position) && mostBytes < largeBytes ? undefined : Uint8Array.of(position);
    },
    tell: (position, outcome) => {
      told.push({ position, words: outcome.status === 'error' ? outcome.message : '' });
      return onTell?.();
    },
  };
}

/** A worker as it really is: one batch after the other, whatever it has in hand; dead, it rejects all of it. */
class FakeWorker implements PoolWorker {
  readonly batches: number[][] = [];
  mostInHand = 0;
  #inHand = 0;
  #before: Promise<unknown> = Promise.resolve();
  #reject: ((error: Error) => void)[] = [];
  readonly #turns: number;
  readonly #diesOn: number[];

  constructor({ turns = 1, diesOn = [] }: { turns?: number; diesOn?: number[] } = {}) {
    this.#turns = turns;
    this.#diesOn = diesOn;
  }

  classify(images: (Uint8Array | { status: 'error' })[]): Promise<Outcome[]> {
    const positions = images.map((image) => (image instanceof Uint8Array ? (image[0] ?? -1) : -1));
    this.batches.push(positions);
    this.mostInHand = Math.max(this.mostInHand, ++this.#inHand);
    return new Promise<Outcome[]>((resolve, reject) => {
      this.#reject.push(reject);
      this.#before = this.#before.then(async () => {
        for (let turn = 0; turn < this.#turns; turn++) await soon();
        if (positions.some((position) => this.#diesOn.includes(position))) for (const each of this.#reject.splice(0)) each(new WorkerDied('died'));
        else resolve(images.map(outcomeOf));
      });
    }).finally(() => { this.#inHand -= 1; });
  }
}

const everything = (count: number): Told[] => Array.from({ length: count }, (_, position) => ({ position, words: `File ${position}.` }));

describe('order', () => {
  test('outcomes come in the order of the files, however fast each worker is', async () => {
    const queue = queueOf(50);
    const workers = [new FakeWorker({ turns: 9 }), new FakeWorker(), new FakeWorker({ turns: 3 })];
    await classifyInOrder(workers, queue, { cancelled: false });
    assert.deepEqual(queue.told, everything(50));
    assert.deepEqual(workers.map(({ mostInHand }) => mostInHand), [2, 2, 2]);
    assert.deepEqual(workers.flatMap(({ batches }) => batches).flat().sort((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
  });

  test('few files are shared among all workers', async () => {
    const workers = [new FakeWorker(), new FakeWorker()];
    await classifyInOrder(workers, queueOf(8), { cancelled: false });
    assert.deepEqual(workers.map(({ batches }) => batches.flat().length), [5, 3]);
  });

  test('nothing new is taken while results are being written', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => { release = resolve; });
    const worker = new FakeWorker();
    const run = classifyInOrder([worker], queueOf(40, { onTell: () => held }), { cancelled: false });
    for (let turn = 0; turn < 100; turn++) await soon();
    assert.equal(worker.batches.length, 2);
    release();
    await run;
    assert.equal(worker.batches.flat().length, 40);
  });

  test('no files, no work', async () => {
    const queue = queueOf(0);
    await classifyInOrder([new FakeWorker()], queue, { cancelled: false });
    assert.deepEqual(queue.told, []);
  });
});

describe('stopping', () => {
  test('what workers have in hand is the last', async () => {
    const run: Run = { cancelled: false };
    const queue = queueOf(200, { onTell: () => { run.cancelled = true; } });
    await classifyInOrder([new FakeWorker(), new FakeWorker()], queue, run);
    assert.ok(queue.told.length >= 4 && queue.told.length <= 24, `${queue.told.length} told`);
    assert.deepEqual(queue.told, everything(queue.told.length));
  });

  test('an error of the one who is told stops the work and is thrown', async () => {
    const worker = new FakeWorker();
    const queue = queueOf(200, { onTell: () => Promise.reject(new Error('no room')) });
    await assert.rejects(classifyInOrder([worker, new FakeWorker()], queue, { cancelled: false }), /no room/);
    assert.ok(worker.batches.length < 10);
  });
});

describe('a worker that dies', () => {
  test('with two batches in hand: all of both are tried alone, and only the file that kills is given up', async () => {
    const queue = queueOf(40);
    const worker = new FakeWorker({ diesOn: [2] });
    await classifyInOrder([worker], queue, { cancelled: false });
    const expected = everything(40);
    expected[2] = { position: 2, words: 'The program that classifies images stopped at this file and was started again.' };
    assert.deepEqual(queue.told, expected);
    assert.deepEqual(worker.batches.slice(0, 2), [[0, 1, 2, 3], [4, 5, 6, 7]]);
    assert.deepEqual(worker.batches.slice(2, 10), [[0], [1], [2], [3], [4], [5], [6], [7]]);
    assert.equal(worker.batches[10]?.length, 4);
  });

  test('a suspect is tried with no other in hand, so that no other is blamed', async () => {
    const inHand: number[] = [];
    const worker = new FakeWorker({ diesOn: [0, 5] });
    const classify = worker.classify.bind(worker);
    let underWay = 0;
    worker.classify = (images) => {
      inHand.push(++underWay);
      return classify(images).finally(() => { underWay -= 1; });
    };
    const queue = queueOf(8);
    await classifyInOrder([worker], queue, { cancelled: false });
    assert.deepEqual(inHand.slice(0, 2), [1, 2]);
    assert.deepEqual(inHand.slice(2), Array(8).fill(1));
    assert.deepEqual(queue.told.filter(({ words }) => words.includes('stopped')).map(({ position }) => position), [0, 5]);
  });

  test('the others go on meanwhile, and nothing is lost', async () => {
    const queue = queueOf(60);
    await classifyInOrder([new FakeWorker({ diesOn: [0, 1, 2, 3] }), new FakeWorker()], queue, { cancelled: false });
    assert.deepEqual(queue.told.map(({ position }) => position), everything(60).map(({ position }) => position));
  });
});

test('a large file is read when a worker has nothing else in hand', async () => {
  const queue = queueOf(20, { large: [3, 4, 19] });
  const worker = new FakeWorker();
  await classifyInOrder([worker], queue, { cancelled: false });
  assert.deepEqual(queue.told, everything(20));
  for (const large of [3, 4, 19]) assert.deepEqual(worker.batches.filter((batch) => batch.includes(large)), [[large]]);
});

test('one self-test that failed is the self-test of all', () => {
  const passed = { passed: true, maxLogitDifference: 1e-6 };
  assert.deepEqual(worstSelfTest([passed, { passed: false, maxLogitDifference: 2 }, passed]), { passed: false, maxLogitDifference: 2 });
  assert.deepEqual(worstSelfTest([passed, passed]), passed);
  assert.equal(worstSelfTest([]).passed, false);
});
