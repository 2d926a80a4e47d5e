/** Which model knows images that another does not: the rule, and the models asked. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Classifier, isMisfit, listModels, type ModelSpec, type SeenImage, whichModel } from '../../src/js/index.ts';
import { answerOf, fittest } from '../../src/js/classify/fit.ts';
import { jsonOf, root } from '../border/fixtures.ts';

const home = new URL('dist/', root);
const specOf = (name: string): ModelSpec => jsonOf<ModelSpec>(`models/${name}/spec.json`);
const cell = (accepted: boolean) => ({ quality: [], foreign: !accepted });
const cells = (accepted: number, rejected: number) => [...Array.from({ length: accepted }, () => cell(true)), ...Array.from({ length: rejected }, () => cell(false))];
const set = (of: number, shift = 0, look = 0) => ({ cells: of, shift, limit: 1, look_shift: look, look_limit: 1, foreign: false });

describe('the rule', () => {
  test('images are meant for another model where at least half of five or more are not accepted', () => {
    assert.deepEqual([cells(0, 4), cells(0, 5), cells(5, 5), cells(6, 5), []].map(isMisfit), [false, true, true, false, false]);
    assert.equal(isMisfit(Array.from({ length: 5 }, () => ({ quality: [{ flag: 'grey_image', measure: 'colour', value: 0, limit: 1 }], foreign: false }))), true);
  });

  test('a model knows images where it accepts two thirds of five or more, and they are no other set', () => {
    const fits = (accepted: number, rejected: number, ...shifts: number[]): boolean => answerOf('a', 'cells', cells(accepted, rejected), set(accepted + rejected, ...shifts)).fits;
    assert.deepEqual([fits(7, 3), fits(6, 4), fits(4, 0), fits(5, 0), fits(10, 0, 1.6, 1.3), fits(10, 0, 1.6, 1.5), fits(10, 0, 0, 3.1)], [true, false, false, true, true, false, false]);
    assert.equal(answerOf('a', 'cells', cells(10, 0), null).fits, false);
  });

  test('of models of the same types the first offered is told, of those of different ones none', () => {
    const answer = (name: string) => answerOf(name, 'cells', cells(10, 0), set(10));
    const blood = ['blood-smear', 'blood-smear-anywhere'].map(specOf);
    assert.equal(fittest([answer('blood-smear-anywhere'), answer('blood-smear')], blood)?.name, 'blood-smear');
    assert.equal(fittest([answer('viability'), answer('blood-smear')], [...blood, specOf('viability')]), null);
    assert.equal(fittest([answerOf('viability', 'cells', cells(1, 9), set(10))], [specOf('viability')]), null);
  });
});

const folderOf = (path: string): string => fileURLToPath(new URL(path, root));
const imagesIn = (folder: string): string[] => readdirSync(folder).filter((file) => /\.(png|jpg|tif)$/.test(file)).sort().map((file) => join(folder, file));
const real = folderOf('../shared/data');
const skip = existsSync(real) ? false : 'no ../shared/data';

/** Images as a person has them before a model that does not know them. */
async function seenBy(model: string, files: string[]): Promise<{ seen: SeenImage[]; misfit: boolean }> {
  await using classifier = await Classifier.open(model, { home, jobs: 1 });
  const records = [];
  for await (const record of classifier.classifyAll(files)) records.push(record);
  const ok = records.flatMap((record) => (record.status === 'ok' ? [record] : []));
  return { seen: ok.map(({ path, image }) => ({ source: path, facts: image })), misfit: isMisfit(ok) };
}

describe('the models asked', async () => {
  const models = await listModels(home);
  const without = (name: string) => models.filter((model) => model.name !== name);

  test('stand in the order of the list, and those that cannot know the images are not loaded', async () => {
    assert.ok(models.length >= 6 && models.every(({ name, spec }) => name === spec.name));
    const grey = Array.from({ length: 5 }, () => ({ source: new Uint8Array(), facts: { width_px: 60, height_px: 60, channels: 1 } }));
    const { answers, unasked, fits } = await whichModel(grey, without('viability'), { home });
    // Neither models of stained cells nor those that look at larger pictures.
    assert.deepEqual([answers.map(({ name, cells }) => [name, cells]), unasked, fits], [[['cell-cycle', 0]], [], null]);
  });

  test('drawn cells of viability are a misfit to blood-smear, and viability is told', async () => {
    const { seen, misfit } = await seenBy('blood-smear', imagesIn(folderOf('public/samples/viability')).filter((file) => /simulated/.test(file)));
    const { fits, unasked } = await whichModel(seen, without('blood-smear'), { home });
    assert.deepEqual([misfit, fits?.name, fits?.askedAs, unasked], [true, 'viability', 'cells', []]);
  });

  test('tiles of a counting chamber are asked about as frames', { skip }, async () => {
    const { seen, misfit } = await seenBy('blood-smear', imagesIn(join(real, 'viability/images')).slice(0, 10));
    const { fits } = await whichModel(seen, without('blood-smear'), { home });
    assert.deepEqual([misfit, fits?.name, fits?.askedAs], [true, 'viability', 'frames']);
  });

  test('cells of another laboratory are told to be of none', { skip }, async () => {
    const { seen, misfit } = await seenBy('blood-smear', imagesIn(join(real, 'blood-smear-elsewhere/a/lymphocyte')).slice(0, 10));
    const { fits, answers } = await whichModel(seen, without('blood-smear'), { home });
    assert.deepEqual([misfit, fits], [true, null]);
    assert.ok(answers.some(({ name }) => name === 'blood-smear-anywhere'));
  });

  test('a model that cannot be read is told as not asked, and the others go on', async () => {
    const { seen } = await seenBy('blood-smear', imagesIn(folderOf('public/samples/viability')).filter((file) => /simulated/.test(file)));
    const { fits, unasked } = await whichModel(seen, [{ name: 'cell-cycle', spec: specOf('cell-cycle'), source: new Map() }, ...models.filter(({ name }) => name === 'viability')], { home });
    assert.deepEqual([fits?.name, unasked], ['viability', ['cell-cycle']]);
  });

  test('an aborted signal ends it with its reason', async () => {
    const stop = new AbortController();
    const source = new URL('public/samples/viability/simulated-live-1.png', root);
    const asked = whichModel(Array.from({ length: 5 }, () => ({ source, facts: { width_px: 48, height_px: 48, channels: 1 } })), models, { home, signal: stop.signal });
    stop.abort(new Error('enough'));
    await assert.rejects(asked, /enough/);
    await assert.rejects(whichModel([], models, { home, signal: stop.signal }), /enough/);
  });
});
