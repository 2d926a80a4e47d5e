/** Results of many runs together: as Parquet, merged, and counted. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { root } from '../border/fixtures.ts';
import { cytodrop, linesOf, parseCsv, withFolder } from './fixtures.ts';
import { follows } from './schemas.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(path, root));
const samples = (name: string): string[] => readdirSync(pathOf(`public/samples/${name}`)).filter((file) => /^simulated.*png$/.test(file)).sort().map((file) => pathOf(`public/samples/${name}/${file}`));
const field = pathOf('public/samples/viability/fields/simulated-field-1.png');

interface Share { count: number; of: number; share: number | null; interval: [number, number] }
interface Summary {
  schema: string; outputs: number; of: string; model: string; set: { foreign: boolean; rows: number }; images: { given: number; read: number; unread: number; unread_by_code: Record<string, number> }; cells: { found: number; classified: number };
  verdicts: Record<string, Share>; second_model: string | null; settings: { types: string[] | null }; checks: Record<string, number>; types: { id: string; named: Share; most_like: number; mean_probability: number }[];
}

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cytodrop(...args);
  assert.ok(code === 0 || code === 2, stderr);
  return stdout;
}

/** Of results; it follows its schema. */
async function summaryOf(...args: string[]): Promise<Summary> {
  const summary = JSON.parse(await succeed('summarise', '--format', 'json', ...args)) as Summary;
  follows('summary', summary);
  return summary;
}

/** Runs `use` in a folder with cells of two kinds, one of them empty. */
async function withCells(use: (folder: string, images: string[]) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const empty = join(folder, 'empty.png');
    writeFileSync(empty, '');
    const formula = join(folder, '=1+1, "a".png');
    const images = [...samples('blood-smear'), empty, ...samples('viability')];
    copyFileSync(images[0] as string, formula);
    await use(folder, [formula, ...images]);
  });
}

describe('summarise', () => {
  test('of one run says the same by every format, and what its lines say', async () => {
    await withCells(async (folder, images) => {
      const summaries = [];
      for (const format of ['ndjson', 'csv', 'json', 'parquet']) {
        const output = join(folder, `results.${format}`);
        await succeed('classify', '--model', 'blood-smear', '--format', format, '--output', output, ...images);
        assert.ok(!existsSync(`${output}.partial`));
        summaries.push(await summaryOf(output));
      }
      for (const each of summaries) assert.deepEqual(each, summaries[0]);
      const lines = linesOf(readFileSync(join(folder, 'results.ndjson'), 'utf8'));
      const [{ images: counted, cells, verdicts, types, set } = assert.fail()] = summaries;
      assert.deepEqual([counted.given, counted.read, counted.unread_by_code], [images.length, images.length - 1, { empty_file: 1 }]);
      assert.deepEqual([cells.found, cells.classified, set.rows], [images.length - 1, images.length - 1, images.length]);
      assert.deepEqual(Object.values(verdicts).map(({ count }) => count), ['type', 'unsure', 'foreign', 'quality'].map((verdict) => lines.filter((line) => line.verdict === verdict).length));
      const named = lines.filter(({ verdict }) => verdict === 'type').length;
      assert.ok(named > 0 && types.length === 8);
      for (const { id, named: share, most_like: mostLike, mean_probability: mean } of types) {
        assert.deepEqual([share.count, share.of, mostLike], [lines.filter(({ type }) => type === id).length, named, lines.filter((line) => line.most_like === id).length]);
        const probabilities = lines.filter(({ status }) => status === 'ok').map((line) => line.probabilities[id] ?? NaN);
        assert.ok(Math.abs(mean - probabilities.reduce((sum, p) => sum + p) / probabilities.length) <= 1e-6);
        assert.ok(share.interval[0] <= (share.share ?? 0) && (share.share ?? 0) <= share.interval[1]);
      }
    });
  });

  test('of shards says what one run says, and merges them to its very bytes', async () => {
    await withCells(async (folder, images) => {
      for (const format of ['ndjson', 'csv']) {
        const [whole, merged] = [join(folder, `whole.${format}`), join(folder, `merged.${format}`)];
        await succeed('classify', '--model', 'blood-smear', '--format', format, '--output', whole, ...images);
        const shards = [1, 2, 3].map((part) => join(folder, `shard-${part}.${format}`));
        for (const [i, shard] of shards.entries()) await succeed('classify', '--model', 'blood-smear', '--format', format, '--shard', `${i + 1}/3`, '--output', shard, ...images);
        const pooled = await summaryOf('--merge', merged, ...shards);
        assert.deepEqual({ ...pooled, outputs: 1 }, await summaryOf(whole));
        assert.equal(readFileSync(merged, 'utf8'), readFileSync(whole, 'utf8'));
      }
    });
  });

  test('of frames counts cells and frames', async () => {
    await withFolder(async (folder) => {
      const empty = join(folder, 'empty.png');
      writeFileSync(empty, '');
      const summaries = [];
      for (const format of ['ndjson', 'csv', 'json', 'parquet']) {
        const output = join(folder, `results.${format}`);
        await succeed('classify', '--model', 'viability', '--detect', '--format', format, '--output', output, field, empty, field);
        summaries.push(await summaryOf(output));
      }
      for (const each of summaries) assert.deepEqual(each, summaries[0]);
      const rows = parseCsv(readFileSync(join(folder, 'results.csv'), 'utf8'));
      assert.deepEqual([summaries[0]?.of, summaries[0]?.images.given, summaries[0]?.images.unread, summaries[0]?.cells.found], ['frames', 3, 1, rows.length - 1]);
      assert.ok(rows.length > 40);
    });
  });

  test('its JSON follows the schema whatever was asked: further checks, another model, types that can occur, nothing read', async () => {
    await withFolder(async (folder) => {
      const empty = join(folder, 'empty.png');
      writeFileSync(empty, '');
      const of = async (...args: string[]): Promise<Summary> => {
        const output = join(folder, 'results.ndjson');
        await succeed('classify', '--model', 'blood-smear', '--output', output, ...args);
        return summaryOf(output);
      };
      const images = samples('blood-smear').slice(0, 4);
      const checked = await of('--turns', '--explain', '--second', 'blood-smear-anywhere', '--types', 'basophil,eosinophil', ...images);
      assert.deepEqual([checked.checks['turns_disagree_of'], checked.checks['second_agree_of'], checked.settings.types], [4, 4, ['basophil', 'eosinophil']]);
      assert.match(checked.second_model ?? '', /^blood-smear-anywhere /);
      const nothing = await of(empty);
      assert.deepEqual([nothing.images.read, nothing.verdicts['type']?.share, nothing.types], [0, null, []]);
    });
  });

  test('a person reads shares with intervals', async () => {
    await withFolder(async (folder) => {
      const output = join(folder, 'results.csv');
      await succeed('classify', '--model', 'viability', '--format', 'csv', '--output', output, ...samples('viability'));
      const text = await succeed('summarise', output);
      assert.match(text, /^viability [\d.]+, 1 file, self-test passed, unsure below 0\.\d+$/m);
      assert.match(text, /^live +\d+ {2}\d+\.\d % \(\d+\.\d–\d+\.\d %\)$/m);
    });
  });

  test('what does not belong together, or is not whole, is refused in one line', async () => {
    await withFolder(async (folder) => {
      const [a, b, c, cut, text] = ['a.ndjson', 'b.ndjson', 'c.csv', 'cut.ndjson', 'text.txt'].map((name) => join(folder, name)) as [string, string, string, string, string];
      const images = samples('viability').slice(0, 3);
      await succeed('classify', '--model', 'viability', '--output', a, ...images);
      await succeed('classify', '--model', 'viability', '--max-error', '0.1', '--output', b, ...images);
      await succeed('classify', '--model', 'blood-smear', '--format', 'csv', '--output', c, ...images);
      writeFileSync(cut, readFileSync(a, 'utf8').slice(0, -20));
      writeFileSync(text, 'no results');
      for (const [files, words] of [
        [[a, b], /b\.ndjson says unsure_below ".*", .*a\.ndjson ".*": .* --max-error sets one threshold for all\./], [[a, c], /c\.csv says model "blood-smear 1\.0\.0", /], [[a, a], /is given twice/],
        [[cut], /cut\.ndjson, line 3, is not whole; classify --resume/], [[text], /text\.txt holds no results of classify/], [[join(folder, 'none')], /none could not be read \(ENOENT\)/],
        [['--merge', join(folder, 'm.csv'), a], /--merge: .*a\.ndjson is ndjson, not csv/], [['--merge', join(folder, 'm.parquet'), a, b], /says unsure_below/], [['--merge', join(folder, 'm.ndjson'), a, b], /says unsure_below/], [['--merge', join(folder, 'm'), a], /should end in \.parquet/],
      ] as const) {
        const { code, stdout, stderr } = await cytodrop('summarise', ...files);
        assert.deepEqual([code, stdout], [64, ''], stderr);
        assert.match(stderr, words);
        assert.match(stderr, /^[^\n]+\nTry: cytodrop summarise --help\n$/);
      }
      assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('m')), []);
    });
  });
});

/** A Python that can read Parquet; CYTODROP_PARQUET_PYTHON names another than the first on the path. */
const python = process.env['CYTODROP_PARQUET_PYTHON'] ?? 'python3';
const skip = spawnSync(python, ['-c', 'import pyarrow, duckdb, pandas']).status === 0 ? false : `${python} has not all of pyarrow, duckdb and pandas`;

const readers = `
import duckdb, json, pandas, pyarrow.parquet, sys
path = sys.argv[1]
table = pyarrow.parquet.read_table(path)
frame = pandas.read_parquet(path)
rows = duckdb.sql(f"select * from '{path}'")
duck = [dict(zip(rows.columns, row)) for row in rows.fetchall()]
assert duck == table.to_pylist(), 'DuckDB'
assert json.loads(frame.to_json(orient='records')) == json.loads(pandas.DataFrame(table.to_pylist()).to_json(orient='records')), 'pandas'
file = pyarrow.parquet.ParquetFile(path)
about = json.loads(file.metadata.metadata[b'cytodrop'])
print(json.dumps({'types': {field.name: str(field.type) for field in table.schema}, 'rows': table.to_pylist(), 'groups': file.num_row_groups, 'about': about}))
`;

describe('Parquet, read by pyarrow, DuckDB and pandas', { skip }, () => {
  type Row = Record<string, string | number | boolean | null>;
  const read = (path: string) => JSON.parse(execFileSync(python, ['-c', readers, path], { encoding: 'utf8', maxBuffer: 1e8 })) as { types: Record<string, string>; rows: Row[]; groups: number; about: Record<string, unknown> };
  const asText = (value: string | number | boolean | null | undefined): string => String(value ?? '');
  /** What CSV says, its numbers as numbers and its guarded texts as they were. */
  const same = (rows: Row[], csv: Record<string, string>[]): void => {
    assert.equal(rows.length, csv.length);
    csv.forEach((row, i) => assert.deepEqual(Object.fromEntries(Object.entries(rows[i] ?? {}).map(([name, value]) => [name, asText(value)])),
      Object.fromEntries(Object.entries(row).map(([name, text]) => [name, typeof rows[i]?.[name] === 'number' ? asText(Number(text)) : text.replace(/^'=/, '=')]))));
  };

  test('cells: the rows of the CSV, typed, with model and provenance', async () => {
    await withCells(async (folder, images) => {
      const [csv, parquet] = [join(folder, 'a.csv'), join(folder, 'a.parquet')];
      await succeed('classify', '--model', 'blood-smear', '--format', 'csv', '--turns', '--output', csv, ...images);
      await succeed('classify', '--model', 'blood-smear', '--format', 'parquet', '--turns', '--output', parquet, ...images);
      const { types, rows, groups, about } = read(parquet);
      same(rows, parseCsv(readFileSync(csv, 'utf8')));
      assert.equal(groups, 1);
      assert.deepEqual(['file', 'unsure', 'probability', 'p_basophil', 'turns_agree', 'error_code'].map((name) => types[name]), ['string', 'bool', 'double', 'double', 'int32', 'string']);
      assert.deepEqual([about['schema'], about['complete'], (about['model'] as { name: string }).name, (about['set'] as { cells: number }).cells > 20], ['cytodrop/cells/2', true, 'blood-smear', true]);
      const { software } = about as { software: Record<string, string> };
      assert.match(software['platform'] ?? '', /^Node v/);
    });
  });

  test('frames, and lines of shards merged', async () => {
    await withCells(async (folder, images) => {
      const [csv, parquet] = [join(folder, 'a.csv'), join(folder, 'a.parquet')];
      for (const [format, output] of [['csv', csv], ['parquet', parquet]] as const) await succeed('classify', '--model', 'viability', '--detect', '--format', format, '--output', output, field, images.find((path) => path.endsWith('empty.png')) ?? '');
      const { rows } = read(parquet);
      same(rows, parseCsv(readFileSync(csv, 'utf8')));
      assert.ok(rows.length > 20);
      const shards = [1, 2].map((part) => join(folder, `${part}.ndjson`));
      for (const [i, shard] of shards.entries()) await succeed('classify', '--model', 'blood-smear', '--shard', `${i + 1}/2`, '--output', shard, ...images);
      await succeed('summarise', '--merge', join(folder, 'm.parquet'), ...shards);
      const merged = read(join(folder, 'm.parquet'));
      assert.deepEqual(merged.rows.map((row) => row['file']), images);
      assert.deepEqual([merged.types['p_basophil'], merged.about['schema']], ['double', 'cytodrop/summary/1']);
    });
  });

  test('many rows are groups of rows', async () => {
    await withFolder(async (folder) => {
      const lines = join(folder, 'lines.ndjson');
      const { stdout } = await cytodrop('classify', '--model', 'viability', samples('viability')[0] ?? '');
      writeFileSync(lines, stdout.repeat(140_000));
      await succeed('summarise', '--merge', join(folder, 'm.parquet'), lines);
      const summary = execFileSync(python, ['-c', 'import pyarrow.parquet, sys; f = pyarrow.parquet.ParquetFile(sys.argv[1]); print(f.num_row_groups, f.metadata.num_rows, f.metadata.row_group(0).num_rows)', join(folder, 'm.parquet')], { encoding: 'utf8' });
      assert.equal(summary, '3 140000 65536\n');
    });
  });
});
