/** Features for new types through the library's front door, under Node. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CytodropError, Encoder, featureCount } from '../../src/js/index.ts';
import { bytesOf, floatsOf, root } from '../border/fixtures.ts';

const home = new URL('build/wasm/', root);
const folder = 'models/cell-encoder';
const golden = 'stained_121x90';
const picture = new URL(`tests/golden/prepare/${golden}.png`, root);
const files = (): Map<string, Uint8Array> => new Map(['spec.json', 'imagenet.onnx', 'blood-smear.onnx'].map((file) => [file, bytesOf(`${folder}/${file}`)]));

let encoder: Encoder;
before(async () => { encoder = await Encoder.open(new URL(folder, root), { home }); });
after(() => encoder.close());

test('features of a picture are those that Python computed, as often as it is asked, of one turn and of eight', async () => {
  const expected = floatsOf(`tests/golden/encoder/${golden}.f32`);
  const [eight, again, one] = await Promise.all([encoder.features(picture, { turns: 8 }), encoder.features(bytesOf(`tests/golden/prepare/${golden}.png`), { turns: 8 }), encoder.features(picture)]);
  assert.equal(one.length, featureCount(encoder.spec));
  assert.equal(eight.length, expected.length);
  assert.deepEqual(eight, again);
  assert.deepEqual(eight.subarray(0, one.length), one);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs((eight[i] as number) - value) <= 5e-4 * Math.max(1, Math.abs(value)), `feature ${i}`);
});

test('bytes that are handed over stay the caller\'s', async () => {
  const bytes = bytesOf(`tests/golden/prepare/${golden}.png`);
  const length = bytes.length;
  await encoder.features(bytes);
  assert.equal(bytes.length, length);
});

test('a file that is no image is an error with a code, and the next is served', async () => {
  await assert.rejects(encoder.features(new Uint8Array(64)), (error) => error instanceof CytodropError && error.code === 'unsupported_format');
  await assert.rejects(encoder.features('/no/such/file.png'), (error) => error instanceof CytodropError && error.code === 'unreadable_file');
  assert.equal((await encoder.features(picture)).length, featureCount(encoder.spec));
});

test('a folder that is not what its spec says is refused, and so is one that is no encoder', async () => {
  const changed = files();
  const network = new Uint8Array(changed.get('imagenet.onnx') as Uint8Array);
  network[1000] = (network[1000] as number) ^ 1;
  await assert.rejects(Encoder.open(changed.set('imagenet.onnx', network), { home }), /imagenet\.onnx is not the one its spec names/);
  const missing = files();
  missing.delete('blood-smear.onnx');
  await assert.rejects(Encoder.open(missing, { home }), /blood-smear\.onnx is missing/);
  await assert.rejects(Encoder.open(new URL('models/blood-smear', root), { home }), (error) => error instanceof CytodropError && error.code === 'invalid_model');
});

test('after it is closed it answers no more', async () => {
  const other = await Encoder.open(files(), { home });
  await other.close();
  await assert.rejects(other.features(picture));
});
