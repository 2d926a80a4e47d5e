/** Models of a person's own on the command line: as a zip and as a folder, for every command that names one. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { root, tinyCases, tinyModel } from '../border/fixtures.ts';
import { cytodrop, linesOf, parseCsv, type Run, withFolder } from './fixtures.ts';
import { followsSchema } from './schemas.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { sha256 } from '../../src/js/core/sha256.ts';
import { readProject, writeProject } from '../../src/js/project/project_file.ts';
import { zip } from '../../src/js/report/zip.ts';

const folder = fileURLToPath(new URL(tinyModel, root));
const images = tinyCases.map(({ image }) => join(folder, 'golden', image));

function zipOf(from: string): Uint8Array {
  const files = readdirSync(from, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return zip(files.map((path) => ({ name: path.slice(from.length + 1), bytes: new Uint8Array(readFileSync(path)) })));
}

/** The tiny model in a folder and in a zip, made by somebody who says so. */
async function withModels<T>(use: (paths: { model: string; zipped: string; specSha256: string; spec: ModelSpec }) => Promise<T>): Promise<T> {
  return withFolder(async (place) => {
    const model = join(place, 'tiny-shapes');
    cpSync(folder, model, { recursive: true });
    const spec = { ...(JSON.parse(readFileSync(join(model, 'spec.json'), 'utf8')) as ModelSpec), author: 'A. Person' };
    const text = JSON.stringify(spec);
    writeFileSync(join(model, 'spec.json'), text);
    const zipped = join(place, 'My model.ZIP');
    writeFileSync(zipped, zipOf(model));
    return use({ model, zipped, spec, specSha256: (await sha256(new TextEncoder().encode(text))) ?? '' });
  });
}

const good = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await cytodrop(...args);
  assert.equal(code, 0, stderr);
  return stdout;
};

describe('a model of one\'s own', () => {
  let byZip = '';
  let byFolder = '';
  let context: { spec: ModelSpec; specSha256: string };
  before(() => withModels(async ({ model, zipped, spec, specSha256 }) => {
    context = { spec, specSha256 };
    byZip = await good('classify', '--model', zipped, ...images);
    byFolder = await good('classify', '--model', model, ...images);
  }));

  test('gives the same to the last byte as a zip and as a folder, and every line says whose it is and its sum', () => {
    assert.equal(byZip, byFolder);
    const lines = linesOf(byZip) as (ReturnType<typeof linesOf>[number] & Record<string, unknown>)[];
    assert.deepEqual(lines.map(({ most_like }) => most_like), tinyCases.map(({ label }) => label));
    for (const line of lines) assert.deepEqual([line['model'], line['model_author'], line['model_spec_sha256']], ['tiny-shapes 1.0.0', 'A. Person', context.specSha256]);
    assert.equal(followsSchema('cells', 'ndjson', byZip, { spec: context.spec, added: true }), images.length);
  });

  test('is measured, asked second, and its report is checked where it is named', () => withModels(async ({ model, zipped, spec, specSha256 }) => {
    const labels = `${model}.csv`;
    writeFileSync(labels, ['file,type', ...tinyCases.map(({ image, label }) => `${image},${label}`)].join('\n'));
    const measured = JSON.parse(await good('measure', '--model', zipped, '--truth', labels, '--draws', '100', ...images)) as { model: Record<string, unknown> };
    assert.deepEqual([measured.model['shipped'], measured.model['author'], measured.model['spec_sha256']], [false, 'A. Person', specSha256]);

    const html = await good('measure', '--model', zipped, '--truth', labels, '--draws', '100', '--format', 'html', ...images);
    assert.match(html, /Not a shipped model; made by<.*?>A\. Person</s);

    const other = `${model}-2`;
    cpSync(model, other, { recursive: true });
    writeFileSync(join(other, 'spec.json'), JSON.stringify({ ...spec, name: 'tiny-second', author: 'B. Person' }));
    const report = await good('classify', '--model', zipped, '--second', other, '--format', 'json', '--output', `${model}.json`, ...images).then(() => readFileSync(`${model}.json`, 'utf8'));
    assert.equal(followsSchema('cells', 'json', report, { spec, second: true, added: true }), images.length);
    assert.equal((JSON.parse(report) as { second_model: Record<string, unknown> }).second_model['author'], 'B. Person');
    assert.match(await good('check', '--model', model, '--second', other, `${model}.json`, ...images), /^Reproduced: all 3 cells/);
    // The page calls a model otherwise where it has another of its name.
    writeFileSync(`${model}.json`, report.replace('"name": "tiny-shapes"', '"name": "tiny-shapes-2"'));
    assert.match(await good('check', '--model', zipped, '--second', other, `${model}.json`, ...images), /^Reproduced/);
    const unnamed = await cytodrop('check', `${model}.json`, ...images);
    assert.deepEqual([unnamed.code, unnamed.stderr.split('\n')[0]], [64, 'There is no model "tiny-shapes-2" beside this program.']);
    const another = await cytodrop('check', '--model', other, '--second', other, `${model}.json`, ...images);
    assert.equal(another.code, 64, another.stderr);
  }));

  test('gives a project its spec, where the file is the one that it names', () => withFolder(async (place) => {
    const project = await readProject(new Blob([readFileSync(fileURLToPath(new URL('tests/golden/project-1.cytodrop', root)))]));
    const before = project.head.model ?? assert.fail();
    const shipped = fileURLToPath(new URL(`models/${before.name}`, root));
    const [right, other] = ['right', 'other'].map((name) => {
      const copy = join(place, name);
      cpSync(shipped, copy, { recursive: true });
      writeFileSync(join(copy, 'spec.json'), JSON.stringify({ ...(JSON.parse(readFileSync(join(shipped, 'spec.json'), 'utf8')) as ModelSpec), author: `${name} person` }));
      writeFileSync(`${copy}.zip`, zipOf(copy));
      return copy;
    }) as [string, string];
    const specSha256 = await sha256(new Uint8Array(readFileSync(join(right, 'spec.json'))));
    const file = join(place, 'theirs.cytodrop');
    const save = async (model: typeof before): Promise<void> => writeFileSync(file, new Uint8Array(await (await writeProject({ ...project, head: { ...project.head, model } }, { fileOf: () => null })).arrayBuffer()));
    await save({ ...before, name: `${before.name}-2`, specSha256, added: true });
    const unnamed = await cytodrop('project', file);
    assert.deepEqual([unnamed.code, unnamed.stderr.split('\n')[0]], [64, `The results are by ${before.name}-2 ${before.version}, a model that somebody added; name its zip or folder with --model.`]);
    const another = await cytodrop('project', '--model', `${other}.zip`, file);
    assert.equal(another.code, 64);
    assert.match(another.stderr, /The results are by another model than/);
    for (const model of [right, `${right}.zip`]) {
      const [row] = parseCsv(await good('project', '--model', model, '--format', 'csv', file));
      assert.deepEqual([row?.['model_author'], row?.['model_spec_sha256']], ['right person', specSha256]);
    }
  }));

  const faults: Record<string, [(paths: { model: string; zipped: string }) => string, RegExp]> = {
    'a zip that is not there': [({ zipped }) => `${zipped}.zip`, /My model\.ZIP\.zip: There is no such file\.$/],
    'a folder that is not there': [({ model }) => `${model}-none`, /^There is no model at .*tiny-shapes-none: its spec\.json is missing\.$/],
    'a zip that is none': [({ zipped }) => (writeFileSync(zipped, 'no zip'), zipped), /My model\.ZIP: It is no zip file, or it is damaged\.$/],
    'a folder without its head': [({ model }) => (writeFileSync(join(model, 'spec.json'), readFileSync(join(model, 'spec.json'), 'utf8').replace('head.safetensors', 'tail.safetensors')), model), /its tail\.safetensors is missing\.$/],
    'a folder whose spec lacks something': [({ model }) => (writeFileSync(join(model, 'spec.json'), '{"name":"x"}'), model), /"version" is missing or not as it must be\.$/],
  };
  for (const [what, [given, words]] of Object.entries(faults)) {
    test(`${what}: wrong usage, in one line`, () => withModels(async (paths) => {
      const { code, stdout, stderr }: Run = await cytodrop('classify', '--model', given(paths), ...images);
      assert.deepEqual([code, stdout], [64, '']);
      assert.match(stderr.split('\n')[0] ?? '', words);
    }));
  }
});
