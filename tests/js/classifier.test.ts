/** The library's front door under Node, from its source: order, back-pressure, stopping, and every way to name a model or an image. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Classifier, CytodropError, type ImageSource, kindOf, type NamedImage, WorkerDied } from '../../src/js/index.ts';
import { bytesOf, goldenCases, jsonOf, root, tinyModel } from '../border/fixtures.ts';

const home = new URL('dist/', root);
const path = (relative: string): string => fileURLToPath(new URL(relative, root));
const golden = goldenCases.map(({ image }) => path(`models/blood-smear/golden/${image}`));
const [first = '', second = '', third = ''] = golden;

let classifier: Classifier;
before(async () => { classifier = await Classifier.open('blood-smear', { home, jobs: 2 }); });
after(() => classifier.close());

async function gather<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describe('one image', () => {
  test('is the same however it is handed over, and bytes stay the caller\'s', async () => {
    const bytes = new Uint8Array(readFileSync(first));
    const sources: ImageSource[] = [bytes, bytes.buffer, new Blob([bytes]), new File([bytes], 'a.png'), first, pathToFileURL(first)];
    const cells = await Promise.all(sources.map((source) => classifier.classify(source)));
    for (const { label, logits, pixelsSha256 } of cells) assert.deepEqual([label, logits, pixelsSha256], [cells[0]?.label, cells[0]?.logits, cells[0]?.pixelsSha256]);
    assert.equal(cells[0]?.label, goldenCases[0]?.label);
    assert.deepEqual(bytes, new Uint8Array(readFileSync(first)));
  });

  test('that cannot be read is an error with a code', async () => {
    const wrong: [ImageSource, string][] = [
      [new Uint8Array(), 'empty_file'], [new Uint8Array(64), 'unsupported_format'], [new Uint8Array(readFileSync(first)).slice(0, 300), 'truncated'], ['/no/such/file.png', 'unreadable_file'],
    ];
    for (const [source, code] of wrong) await assert.rejects(classifier.classify(source), (error) => error instanceof CytodropError && error.code === code && error.message.length > 10, code);
  });
});

describe('many images', () => {
  test('come in order with their names; a bad one harms no other', async () => {
    const images: (ImageSource | NamedImage)[] = [first, new Uint8Array(9), { path: 'of my own', source: second }, new File([readFileSync(third)], 'c.png'), '/no/such.png', new Uint8Array(readFileSync(first))];
    const records = await gather(classifier.classifyAll(images));
    assert.deepEqual(records.map(({ index, path: name, status }) => [index, name, status]), [
      [0, first, 'ok'], [1, '2', 'error'], [2, 'of my own', 'ok'], [3, 'c.png', 'ok'], [4, '/no/such.png', 'error'], [5, '6', 'ok'],
    ]);
    assert.deepEqual(records.flatMap((record) => (record.status === 'error' ? record.code : [])), ['unsupported_format', 'unreadable_file']);
    assert.deepEqual(records.flatMap((record) => (record.status === 'ok' ? record.label : [])), [0, 1, 2, 0].map((i) => goldenCases[i]?.label));
  });

  test('an endless list is read no faster than its results are taken, and told when nobody takes any more', async () => {
    let read = 0;
    let ended = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) {
          read++;
          yield golden[read % golden.length] as string;
        }
      } finally {
        ended = true;
      }
    }
    let taken = 0;
    for await (const { index } of classifier.classifyAll(endless(), { jobs: 2 })) {
      assert.equal(index, taken++);
      // Two batches of four for each of two workers, and 64 results that may wait for an earlier one.
      assert.ok(read - taken <= 64 + 24, `${read} read, ${taken} taken`);
      if (taken === 100) break;
    }
    assert.ok(ended);
    assert.ok(read >= 100 && read <= 188, String(read));
    assert.equal((await gather(classifier.classifyAll([first]))).length, 1, 'the next run begins');
  });

  test('a list of unknown length ends where it ends, also an empty one', async () => {
    async function* some(count: number): AsyncGenerator<string> {
      for (let i = 0; i < count; i++) yield first;
    }
    for (const count of [0, 1, 4, 5, 9]) assert.deepEqual((await gather(classifier.classifyAll(some(count)))).map(({ index }) => index), Array.from({ length: count }, (_, i) => i));
    assert.deepEqual(await gather(classifier.classifyAll(new Set<string>())), []);
  });

  test('an aborted signal: what is in hand is given, then its reason thrown', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    let taken = 0;
    await assert.rejects(async () => {
      for await (const { index } of classifier.classifyAll(Array.from({ length: 500 }, () => first), { signal: stop.signal })) {
        assert.equal(index, taken++);
        if (taken === 5) stop.abort(reason);
      }
    }, reason);
    assert.ok(taken >= 5 && taken <= 5 + 64 + 24, String(taken));
    await assert.rejects(gather(classifier.classifyAll([first], { signal: AbortSignal.abort(reason) })), reason);
  });

  test('what the list throws is thrown', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield first;
      throw new Error('the list is broken');
    }
    await assert.rejects(gather(classifier.classifyAll(failing())), /the list is broken/);
  });

  test('two runs wait for each other; cancel stops both without an error', async () => {
    const runs = [1, 2].map(() => gather(classifier.classifyAll(Array.from({ length: 300 }, () => first))));
    const one = await classifier.classify(second);
    assert.equal(one.label, goldenCases[1]?.label, 'a single image is not kept waiting');
    classifier.cancel();
    const [a = [], b = []] = await Promise.all(runs);
    assert.ok(a.length < 300 && b.length < 300, `${a.length} ${b.length}`);
  });

  test('after close nothing is left that could answer', async () => {
    const other = await Classifier.open('blood-smear', { home, jobs: 1 });
    const results = gather(other.classifyAll(Array.from({ length: 400 }, () => first)));
    const asked = other.classify(first);
    await other.close();
    await assert.rejects(asked, WorkerDied);
    assert.ok((await results.catch(() => [])).length < 400);
  });
});

describe('a model', () => {
  const folder = path(tinyModel);
  const files = new Map(readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name)).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
  const image = join(folder, 'golden', jsonOf<{ cases: { image: string }[] }>(`${tinyModel}/golden/golden.json`).cases[0]?.image ?? '');

  test('opens from its address, from its files and from files as a browser hands them over, with the same results', async () => {
    const asFiles = [...files].map(([name, bytes]) => Object.defineProperty(new File([bytes], name), 'webkitRelativePath', { value: `mine/${name}` }));
    const logits: unknown[] = [];
    for (const source of [pathToFileURL(folder), files, asFiles]) {
      const tiny = await Classifier.open(source, { home, jobs: 1 });
      assert.equal(tiny.spec.name, 'tiny-shapes');
      logits.push((await tiny.classify(image)).logits);
      await tiny.close();
    }
    assert.deepEqual(logits[1], logits[0]);
    assert.deepEqual(logits[2], logits[0]);
  });

  test('that is missing, incomplete or changed is refused in words', async () => {
    await assert.rejects(Classifier.open('no-such-model', { home }), /ENOENT/);
    await assert.rejects(Classifier.open('../models/blood-smear', { home }), { code: 'invalid_argument' });
    const without = new Map(files);
    without.delete('network.onnx');
    await assert.rejects(Classifier.open(without, { home }), /network\.onnx is missing/);
    await assert.rejects(Classifier.open(new Map([...files, ['network.onnx', new Uint8Array(100)]]), { home }), /SHA-256/);
  });

  test('whose test image comes out otherwise gives no results', async () => {
    const changed = JSON.parse(new TextDecoder().decode(files.get('golden/golden.json'))) as { cases: { logits: number[] }[] };
    changed.cases[0]?.logits.fill(99);
    await assert.rejects(Classifier.open(new Map([...files, ['golden/golden.json', new TextEncoder().encode(JSON.stringify(changed))]]), { home }), { code: 'self_test_failed' });
  });

  test('takes the place of another with the same workers', async () => {
    const one = await Classifier.open('blood-smear', { home, jobs: 1 });
    await one.load(files);
    assert.equal(one.spec.name, 'tiny-shapes');
    assert.ok(['type', 'unsure', 'foreign', 'quality'].includes(kindOf(await one.classify(image))));
    await one.close();
  });

  test('is asked for before anything else', async () => {
    const none = new Classifier({ home });
    assert.throws(() => none.spec, { code: 'model_not_loaded' });
    await assert.rejects(none.classify(bytesOf(`models/blood-smear/golden/${goldenCases[0]?.image}`)), { code: 'model_not_loaded' });
    await assert.rejects(gather(none.classifyAll([first])), { code: 'model_not_loaded' });
    await none.close();
  });
});
