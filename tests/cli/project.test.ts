/** What is in a project file, on the command line. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { before, describe, test } from 'node:test';
import { readProject, writeProject } from '../../src/js/project/project_file.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import { jsonOf, root } from '../border/fixtures.ts';
import { cytodrop, parseCsv, withFolder } from './fixtures.ts';
import { followsSchema } from './schemas.ts';

const spec = jsonOf<ModelSpec>('models/viability/spec.json');
const saved = fileURLToPath(new URL('tests/golden/project-1.cytodrop', root));
let bytes: Uint8Array<ArrayBuffer>;

/** As the page saved it, by another version of the model. */
async function by(version: string): Promise<Uint8Array<ArrayBuffer>> {
  const { fileOf, ...project } = await readProject(new Blob([readFileSync(saved)]));
  const files = await Promise.all(project.images.map((_, i) => fileOf(i)));
  const file = await writeProject({ ...project, head: { ...project.head, model: { name: 'viability', version, specSha256: null } } }, { fileOf: (i) => files[i] ?? null });
  return new Uint8Array(await file.arrayBuffer());
}

before(async () => { bytes = await by(spec.version); });

async function withProject(content: Uint8Array, use: (file: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const file = join(folder, 'dish.cytodrop');
    writeFileSync(file, content);
    await use(file);
  });
}

describe('cytodrop project', () => {
  test('says what is in it: the answer of a person before that of the model', async () => {
    await withProject(bytes, async (file) => {
      const { code, stdout, stderr } = await cytodrop('project', file);
      assert.deepEqual([code, stderr], [0, '']);
      for (const line of ['Images: 2', 'Cells: 2, 1 looked at by a person, whose answers count', 'Live: 1', 'Dead: 1', 'For research and teaching; not for diagnosis']) assert.ok(stdout.split('\n').includes(line), `${line}\n${stdout}`);
    });
  });

  test('writes the same exports as the page, with both answers', async () => {
    await withProject(bytes, async (file) => {
      for (const format of ['csv', 'json', 'ndjson'] as const) {
        const { code, stdout, stderr } = await cytodrop('project', '--format', format, file);
        assert.deepEqual([code, stderr], [0, '']);
        assert.equal(followsSchema('cells', format, stdout, { spec, review: true }), 2);
      }
      const rows = parseCsv((await cytodrop('project', '--format', 'csv', '--numbers', file)).stdout);
      assert.deepEqual(rows.map(({ file: name, most_like, reviewed, reviewed_type, reviewer }) => [name, most_like, reviewed, reviewed_type, reviewer]), [['1', 'dead', 'false', '', ''], ['2', 'live', 'true', 'live', 'AB']]);
    });
  });

  test('a file that is none, that is not there, or by another version of the model: one line', async () => {
    await withProject(new TextEncoder().encode('PK no zip'), async (file) => {
      const { code, stdout, stderr } = await cytodrop('project', file);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /^[^\n]*dish\.cytodrop: It is no project file of Cytodrop, or it is damaged\.\n$/);
    });
    await withProject(await by('0.0.1'), async (file) => {
      const { code, stderr } = await cytodrop('project', file);
      assert.equal(code, 64);
      assert.match(stderr, /^The results are by viability 0\.0\.1, and here is \d/);
    });
    assert.match((await cytodrop('project', 'no-such-file')).stderr, /could not be read \(ENOENT\)/);
  });
});
