/** A model as a zip, from the library: what it gives, and what is wrong with one that somebody changed. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BlobWriter, configure, TextReader, Uint8ArrayReader, ZipWriter } from '@zip.js/zip.js/lib/zip-core-native.js';
import { root, tinyCases, tinyModel } from '../border/fixtures.ts';
import { CytodropError } from '../../src/js/core/errors.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { readModelZip } from '../../src/js/model/model_zip.ts';
import { type ZipEntry, zip } from '../../src/js/report/zip.ts';
import { Classifier } from '../../src/js/work/classifier.ts';

configure({ useWebWorkers: false });
const folder = fileURLToPath(new URL(tinyModel, root));
const home = new URL('dist/', root);

function entries(prefix = ''): ZipEntry[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => {
    const path = `${entry.parentPath}/${entry.name}`;
    return { name: prefix + path.slice(folder.length).replace(/^\//, ''), bytes: new Uint8Array(readFileSync(path)) };
  });
}

/** The model's zip with one of its files changed; null leaves it out. */
function changed(file: string, change: (bytes: Uint8Array) => Uint8Array | null): Uint8Array<ArrayBuffer> {
  return zip(entries().flatMap(({ name, bytes }) => {
    const now = name === file ? change(bytes) : bytes;
    return now === null ? [] : [{ name, bytes: now }];
  }));
}

const withSpec = (change: (spec: ModelSpec & Record<string, unknown>) => void): Uint8Array<ArrayBuffer> => changed('spec.json', (bytes) => {
  const spec = JSON.parse(new TextDecoder().decode(bytes)) as ModelSpec & Record<string, unknown>;
  change(spec);
  return new TextEncoder().encode(JSON.stringify(spec));
});

async function fault(model: Uint8Array<ArrayBuffer> | Blob): Promise<string> {
  const error = await Classifier.open(model, { home, jobs: 1 }).then((classifier) => classifier.close().then(() => assert.fail('it was taken')), (reason: unknown) => reason);
  assert.ok(error instanceof Error && !error.message.includes('\n'), String(error));
  return error.message;
}

describe('a zip of a model', () => {
  test('is taken as bytes, as a file and as a folder of files, at the top or in a folder, and gives the folder\'s results to the last bit', async () => {
    const image = new Uint8Array(readFileSync(`${folder}/golden/${tinyCases[0]?.image}`));
    const inFolder = new File([zip([...entries('my-model/'), { name: '__MACOSX/spec.json', bytes: new Uint8Array(3) }])], 'my-model.zip');
    const sources = [new Map(entries().map(({ name, bytes }) => [name, bytes])), zip(entries()), zip(entries()).buffer, inFolder];
    const all: number[][] = [];
    for (const source of sources) {
      await using classifier = await Classifier.open(source, { home, jobs: 1 });
      const { logits, label } = await classifier.classify(image);
      assert.equal(label, tinyCases[0]?.label);
      all.push(logits);
      assert.equal(classifier.exportContext().added, true);
    }
    for (const logits of all) assert.deepEqual(logits, all[0]);
    assert.ok(Math.abs((all[0]?.[0] ?? NaN) - (tinyCases[0]?.logits[0] ?? NaN)) < 1e-3);
  });

  test('that is packed, and one whose file is not as long as it says', async () => {
    const packed = async (): Promise<Uint8Array<ArrayBuffer>> => {
      const writer = new ZipWriter(new BlobWriter());
      for (const { name, bytes } of entries()) await writer.add(name, new Uint8ArrayReader(bytes));
      return new Uint8Array(await (await writer.close()).arrayBuffer());
    };
    const { read, files } = await readModelZip(await packed());
    assert.equal(files.length, entries().length);
    assert.deepEqual(await read('spec.json'), new Uint8Array(readFileSync(`${folder}/spec.json`)));
    const lying = await packed();
    const view = new DataView(lying.buffer);
    // Uncompressed sizes in the central directory.
    for (let at = 0; at < lying.length - 46; at++) if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 5, true);
    await assert.rejects((await readModelZip(lying)).read('spec.json'), /^CytodropError: The model's file spec.json cannot be unpacked\.$/);
  });

  const faults: Record<string, [() => Uint8Array<ArrayBuffer> | Blob | Promise<Blob>, RegExp]> = {
    'no zip': [() => new Uint8Array(1000).fill(7), /^It is no zip file, or it is damaged\.$/],
    'nothing': [() => new Uint8Array(), /^It is no zip file/],
    'cut off': [() => zip(entries()).slice(0, -30), /^It is no zip file/],
    'a zip of pictures': [() => zip([{ name: 'a.png', bytes: new Uint8Array(9) }]), /^It is no model's zip: there is no spec\.json at its top or in its one folder\.$/],
    'two models': [() => zip([...entries('a/'), ...entries('b/')]), /no spec\.json at its top/],
    'too many parts': [() => zip(Array.from({ length: 3000 }, (_, i) => ({ name: `${i}`, bytes: new Uint8Array() }))), /it has too many parts/],
    'without its head': [() => changed('head.safetensors', () => null), /^The model's file head\.safetensors is missing\.$/],
    'without its test image': [() => changed('golden/golden.json', () => null), /golden\/golden\.json is missing/],
    'another network': [() => changed('network.onnx', (bytes) => bytes.map((byte, i) => (i === 500 ? byte ^ 1 : byte))), /network\.onnx is not the one its spec names/],
    'another novelty file': [() => changed('novelty.safetensors', (bytes) => bytes.slice(1)), /novelty\.safetensors is not the one its spec names/],
    'a spec that is no JSON': [() => changed('spec.json', () => new TextEncoder().encode('{')), /^The model's file spec\.json is no JSON\.$/],
    'a spec that is no object': [() => changed('spec.json', () => new TextEncoder().encode('[]')), /"name" is missing or not as it must be/],
    'no classes': [() => withSpec((spec) => { delete (spec as Partial<ModelSpec>).classes; }), /in its spec\.json, "classes" is missing/],
    'two classes of one id': [() => withSpec(({ classes }) => { (classes[0] as { id: string }).id = classes[1]?.id ?? ''; }), /"classes"/],
    'a class without a letter': [() => withSpec(({ classes }) => { (classes[1] as { letter: unknown }).letter = 7; }), /"classes\.1\.letter"/],
    'a file outside its folder': [() => withSpec(({ head }) => { head.file = '../../secret'; }), /"head\.file"/],
    'a matrix of other types': [() => withSpec(({ metrics: { test } }) => { (test as { confusion: number[][] }).confusion = [[1]]; }), /"metrics\.test"/],
    'a name that is a path': [() => withSpec((spec) => { spec.name = '../x'; }), /"name"/],
    'a temperature of nothing': [() => withSpec(({ judge }) => { judge.temperature = 0; }), /"judge\.temperature"/],
    'test results that are text': [() => changed('golden/golden.json', () => new TextEncoder().encode('{"cases":[{"image":"a.png","logits":["1"],"label":"disc"}]}')), /in its golden\.json, "cases\.0\.logits\.0"/],
    'other results of its test image': [() => changed('golden/golden.json', (bytes) => new TextEncoder().encode(new TextDecoder().decode(bytes).replace(/"logits": ?\[\s*-?\d/, (start) => `${start}7`))), /self-test failed/],
    'a head that is another file': [() => withSpec(({ head }) => { head.sha256 = '0'.repeat(64); }), /head\.safetensors is not the one its spec names/],
  };
  for (const [what, [make, words]] of Object.entries(faults)) {
    test(`${what}: one line that says so`, async () => assert.match(await fault(await make()), words));
  }

  test('every field of the spec that is taken away or made another kind is refused in one line', async () => {
    const text = new TextDecoder().decode(new Uint8Array(readFileSync(`${folder}/spec.json`)));
    const spec = JSON.parse(text) as Record<string, unknown>;
    const { checkSpec } = await import('../../src/js/model/model_schema.ts');
    checkSpec(spec);
    let refused = 0;
    for (const key of ['name', 'version', 'title', 'purpose', 'network', 'input', 'crop', 'pixel_size_um', 'classes', 'head', 'judge', 'training', 'licence', 'metrics']) {
      // A model that was never measured has nothing there.
      for (const value of key === 'metrics' ? [undefined, -7] : [undefined, -7, [], { other: true }]) {
        assert.throws(() => checkSpec({ ...spec, [key]: value }), (error: unknown) => error instanceof CytodropError && error.code === 'invalid_model' && error.message.includes(`"${key}`), key);
        refused++;
      }
    }
    assert.equal(refused, 54);
  });
});

test('a text in a zip writer of the tests is read as it was written', async () => {
  const writer = new ZipWriter(new BlobWriter());
  await writer.add('x/spec.json', new TextReader('{}'));
  const { read, files } = await readModelZip(await writer.close());
  assert.deepEqual([files, new TextDecoder().decode(await read('spec.json'))], [['spec.json'], '{}']);
});
