/** A classifier whose cells are found by a network of a person's own, taken and let go while frames are open. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bytesOf, root } from '../border/fixtures.ts';
import { Classifier, defaultSearch, type FrameCell, type FrameOutcome, type SearchSettings } from '../../src/js/index.ts';
import { detectorNetwork, detectorSpec, ownDetector, ownDetectorZip } from './own_detector.ts';

const home = new URL('dist/', root);
const field = bytesOf('public/samples/viability/fields/simulated-field-1.png');
const boxes = (cells: readonly FrameCell[]): string[] => cells.map(({ box }) => JSON.stringify(box));
const search: SearchSettings = { ...defaultSearch, method: 'network_round', least_diameter: 8, most_diameter: 40 };
const settings = { ...search, pixel_size_um: null };

describe('another detector', () => {
  let classifier: Classifier;
  before(async () => { classifier = await Classifier.open('viability', { home, jobs: 2 }); });
  after(() => classifier.close());

  async function analysed(): Promise<FrameOutcome & { status: 'ok' }> {
    for await (const outcome of classifier.analyseFrames([field], { classify: false, search })) {
      assert.equal(outcome.status, 'ok');
      if (outcome.status === 'ok') return outcome;
    }
    throw new Error('There was no frame.');
  }

  test('is in force at once, for open frames and for runs, and the shipped ones come back', async () => {
    await using frame = await classifier.openFrame(field);
    const shipped = await frame.search(settings);
    assert.ok(shipped.cells.length > 20);
    assert.equal(shipped.detector?.name, 'round');

    const spec = await classifier.useDetector(new Map(ownDetector({ threshold: 0.85 }).map(({ name, bytes }) => [name, bytes])));
    assert.deepEqual([spec?.name, spec?.version, spec?.title], ['my-cells', '1.2.3', 'My cells']);
    const own = await frame.search(settings);
    assert.deepEqual(own.detector, { name: 'my-cells', version: '1.2.3', sha256: detectorSpec.network.sha256 });
    assert.ok(own.cells.length > 0 && own.cells.length < shipped.cells.length, `${own.cells.length} of ${shipped.cells.length}`);
    assert.deepEqual(boxes((await frame.search({ ...settings, method: 'network_adherent' })).cells), boxes(own.cells));
    const run = await analysed();
    assert.deepEqual([run.detector?.name, run.cells.length], ['my-cells', own.cells.length]);

    assert.equal(await classifier.useDetector(undefined), undefined);
    assert.deepEqual(boxes((await frame.search(settings)).cells), boxes(shipped.cells));
    assert.equal((await analysed()).detector?.name, 'round');
  });

  test('that cannot be used leaves the one before in force, and the classifier at work', async () => {
    await classifier.useDetector(new Blob([ownDetectorZip() as Uint8Array<ArrayBuffer>]));
    const cells = (await analysed()).cells.length;
    const damaged = Uint8Array.from(detectorNetwork);
    damaged[1000] = (damaged[1000] as number) ^ 1;
    for (const [changed, network, words] of [[{}, damaged, /not the one its spec names/], [{ threshold: 7 }, detectorNetwork, /threshold/], [{ kind: 'classifier' }, detectorNetwork, /"kind"/]] as const) {
      await assert.rejects(classifier.useDetector(new Blob([ownDetectorZip(changed, network) as Uint8Array<ArrayBuffer>])), { code: 'detector_not_loaded', message: words });
      const after = await analysed();
      assert.deepEqual([after.detector?.name, after.cells.length], ['my-cells', cells]);
    }
    await classifier.useDetector(undefined);
  });

  test('may be chosen before there is a model', async () => {
    const without = new Classifier({ home, jobs: 1 });
    try {
      await without.useDetector(new Map(ownDetector().map(({ name, bytes }) => [name, bytes])));
      await without.load('viability');
      await using frame = await without.openFrame(field);
      assert.equal((await frame.search(settings)).detector?.name, 'my-cells');
    } finally {
      await without.close();
    }
  });
});
