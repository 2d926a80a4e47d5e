/** What is checked beyond the verdict: deletion curves, turned pictures, a second model; in the pipeline and on the command line. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { flags, turnsSentence } from '../../web/parts/words.ts';
import type { Cell } from '../../web/state/frame_store.ts';
import { bytesOf, goldenCases, jsonOf, largestDifference, root, spec, tinyCases, tinyModel, tinySpec } from '../border/fixtures.ts';
import { cytodrop, linesOf, openEngine, parseCsv, program, withFolder, type Line } from './fixtures.ts';
import { writeSecondModel } from './second_model.ts';
import type { Agreement, Deletion } from '#cytodrop_core';
import { noChecks, allChecks, type Checks } from '../../src/js/classify/checks.ts';
import type { Engines } from '../../src/js/classify/engines.ts';
import type { CellRecord, ClassifiedCell } from '../../src/js/classify/outcome.ts';
import { Pipeline } from '../../src/js/classify/pipeline.ts';
import { readModel } from '../../src/js/model/model_files.ts';
import { canCompare } from '../../src/js/model/spec.ts';
import { checkedFields } from '../../src/js/report/checked_fields.ts';
import { readReport } from '../../src/js/report/read_report.ts';
import { type CellReport, checkReport } from '../../src/js/report/report.ts';
import { schemaNames } from '../../src/js/report/schema_names.ts';

const coreWasm = bytesOf('build/wasm/cytodrop_core.wasm');
const readTiny = (file: string) => Promise.resolve(bytesOf(`${tinyModel}/${file}`));
const golden = jsonOf<{ cases: { image: string; turns: Agreement; deletion: Record<'shares' | 'by_map' | 'from_middle' | 'at_random', number[]> & Record<'map_area' | 'middle_area' | 'random_area' | 'beaten', number> & { explains: string } }[] }>(`${tinyModel}/golden/explain.json`).cases;
const goldenFolder = fileURLToPath(new URL('models/blood-smear/golden', root));
/** Two: each takes some three hundred runs of the network. */
const goldenFiles = goldenCases.slice(0, 2).map(({ image }) => join(goldenFolder, image));

const engine = openEngine();
let byCore: Pipeline;
let byOnnxRuntime: Pipeline;

before(async () => {
  const open = async (engines: Engines) => Pipeline.open(await readModel(readTiny), coreWasm, engines);
  byCore = await open({ force: 'core', openOnnxRuntime: () => assert.fail('not needed') });
  byOnnxRuntime = await open({ force: 'onnxruntime', openOnnxRuntime: () => Promise.resolve(engine) });
});
after(async () => {
  byCore.close();
  byOnnxRuntime.close();
  await engine.release();
});

async function cellsOf(pipeline: Pipeline, checks?: Checks): Promise<ClassifiedCell[]> {
  const outcomes = await pipeline.classify(golden.map(({ image }) => bytesOf(`${tinyModel}/golden/${image}`)), checks);
  return outcomes.map((outcome) => (outcome.status === 'ok' ? outcome : assert.fail(outcome.message)));
}

describe('the pipeline', () => {
  for (const [name, pipelineOf] of [['the core', () => byCore], ['ONNX Runtime', () => byOnnxRuntime]] as const) {
    test(`with ${name}: curves and turned pictures are those of the training code`, async () => {
      const cells = await cellsOf(pipelineOf(), allChecks);
      assert.ok(golden.some(({ turns }) => turns.agree < turns.of) && golden.some(({ turns }) => turns.agree === turns.of), 'golden has both');
      for (const [i, { turns, deletion }] of golden.entries()) {
        const cell = cells[i] as ClassifiedCell;
        assert.deepEqual([cell.turns?.agree, cell.turns?.of], [turns.agree, turns.of]);
        for (const key of ['least_probability', 'mean_probability'] as const) assert.ok(Math.abs((cell.turns?.[key] ?? NaN) - turns[key]) <= 1e-5, key);
        const found = cell.deletion as Deletion;
        for (const key of ['shares', 'by_map', 'from_middle', 'at_random'] as const) assert.ok(largestDifference(found[key], deletion[key]) <= 1e-5, key);
        for (const key of ['map_area', 'middle_area', 'random_area'] as const) assert.ok(Math.abs(found[key] - deletion[key]) <= 1e-5, key);
        assert.equal(found.beaten, deletion.beaten);
        assert.equal(found.explains, deletion.explains);
      }
    });
  }

  test('what is not asked for is not computed, and checks change nothing else', async () => {
    const [plain, checked] = [await cellsOf(byCore), await cellsOf(byCore, allChecks)];
    plain.forEach((cell, i) => {
      assert.deepEqual(Object.keys(cell).filter((key) => ['turns', 'deletion', 'second'].includes(key)), []);
      const { turns: _, deletion: __, elapsedMs: ___, ...rest } = checked[i] as ClassifiedCell;
      const { elapsedMs: ____, ...own } = cell;
      assert.deepEqual(rest, own);
    });
    assert.deepEqual((await cellsOf(byCore, { ...noChecks, turns: true })).map(({ turns, deletion }) => [turns !== undefined, deletion]), golden.map(() => [true, undefined]));
  });

  test('a second model is asked about every image; a bad file harms neither', async () => {
    const files = async (swap: boolean) => readModel(await writeSecondModel(swap));
    for (const swap of [false, true]) {
      const both = await Pipeline.open(await readModel(readTiny), coreWasm, { force: 'core', openOnnxRuntime: () => assert.fail('not needed') }, await files(swap));
      const outcomes = await both.classify([...tinyCases.map(({ image }) => bytesOf(`${tinyModel}/golden/${image}`)), new Uint8Array()]);
      both.close();
      assert.equal(both.selfTest.passed, true);
      assert.deepEqual(outcomes.map(({ status }) => status), [...tinyCases.map(() => 'ok'), 'error']);
      tinyCases.forEach(({ label }, i) => {
        const cell = outcomes[i] as ClassifiedCell;
        const other = { disc: 'bar', bar: 'disc', ring: 'ring' }[label];
        assert.deepEqual(cell.second, { label: swap ? other : label, probability: cell.probability, agree: !swap || label === 'ring' });
      });
    }
  });

  test('a second model whose self-test fails fails that of both', async () => {
    const files = await readModel(await writeSecondModel(false));
    files.golden.logits = files.golden.logits.map((logit) => logit + 1);
    const both = await Pipeline.open(await readModel(readTiny), coreWasm, { force: 'core', openOnnxRuntime: () => assert.fail('not needed') }, files);
    both.close();
    assert.equal(both.selfTest.passed, false);
  });
});

describe('words and fields', () => {
  const turns = { agree: 5, of: 8, least_probability: 0.1234567, mean_probability: 0.5 };
  const cell = { label: spec.classes[0]?.id, quality: [], crop: { width_px: 1, height_px: 1 }, image: { width_px: 1, height_px: 1 }, unsure: false, foreign: false } as unknown as Cell;

  test('a cell that changes when it is turned says so, one that stays does not', () => {
    assert.deepEqual(flags({ ...cell, turns }), ['changes when turned, 5 of 8']);
    assert.deepEqual(flags({ ...cell, turns: { ...turns, agree: 8 } }), []);
    assert.deepEqual(flags({ ...cell, second: { label: 'x', probability: 1, agree: false } }), ['models disagree']);
    const name = spec.classes[0]?.name.toLowerCase();
    assert.equal(turnsSentence(spec, cell.label, turns), `changes when the picture is turned: 5 of 8 say ${name}`);
    assert.equal(turnsSentence(spec, cell.label, { ...turns, agree: 8 }), `stays the same however the picture is turned: all 8 say ${name}`);
  });

  test('columns are those that the export has, whatever the cell', () => {
    assert.deepEqual(checkedFields({ turns }, {}), {});
    assert.deepEqual(checkedFields({ turns }, { checks: { turns: true, map: false } }), { turns_agree: 5, turns_of: 8, turns_least_probability: 0.123457, turns_mean_probability: 0.5, turns_disagree: true });
    const empty = checkedFields(undefined, { checks: allChecks, secondModel: { ...tinySpec, name: 'other', version: '1.0.0' } });
    assert.equal(Object.keys(empty).length, 16);
    assert.deepEqual(Object.entries(empty).filter(([, value]) => value !== null), [['second_model', 'other 1.0.0']]);
    const deletion = { by_map: Float64Array.of(0.9, 0.2, 0.1), map_area: 0.35 } as unknown as Deletion;
    assert.deepEqual([checkedFields({ deletion }, { checks: allChecks })['empty_probability'], checkedFields({ deletion }, { checks: allChecks })['map_area']], [0.1, 0.35]);
    assert.equal(checkedFields({ deletion: null }, { checks: allChecks })['map_explains'], null);
  });

  test('two models can be compared that name the same types in pictures of the same kind', () => {
    const other = { ...tinySpec, name: 'other' };
    assert.equal(canCompare(tinySpec, { ...other, classes: other.classes.toReversed() }), true);
    assert.equal(canCompare(tinySpec, tinySpec), false);
    assert.equal(canCompare(tinySpec, { ...other, classes: other.classes.slice(1) }), false);
    assert.equal(canCompare(tinySpec, { ...other, input: { ...other.input, channels: 'rgb' } }), false);
    assert.equal(canCompare(tinySpec, { ...other, frame: { side_px: 9, pixel_size_um: null } }), false);
  });
});

describe('the command line', () => {
  test('--turns and --explain add their columns, the same in every format and with any number of jobs', async () => {
    const classify = (format: string, jobs: string) => cytodrop('classify', '--model', 'blood-smear', '--turns', '--explain', '--format', format, '--jobs', jobs, ...goldenFiles);
    const [{ code, stdout }, two, csv] = await Promise.all([classify('ndjson', '1'), classify('ndjson', '2'), classify('csv', '1')]);
    assert.equal(code, 0);
    assert.equal(two.stdout, stdout);
    const lines = linesOf(stdout) as (Line & Record<string, number | boolean | string>)[];
    assert.equal(lines.length, goldenFiles.length);
    const rows = parseCsv(csv.stdout);
    for (const [i, line] of lines.entries()) {
      assert.equal(line['turns_of'], 8);
      assert.ok((line['turns_agree'] as number) >= 1);
      assert.equal(line['turns_disagree'], (line['turns_agree'] as number) < 8);
      assert.ok((line['turns_least_probability'] as number) <= line.probability);
      const isBetter = (line['random_area'] as number) - (line['map_area'] as number) >= 0.01 && (line['map_beats'] as number) >= 15;
      assert.equal(line['map_explains'], !isBetter ? 'little' : line['map_beats'] === 19 ? 'clearly' : 'perhaps');
      for (const area of ['map_area', 'random_area', 'middle_area']) assert.ok((line[area] as number) > 0 && (line[area] as number) < 1, area);
      for (const name of ['turns_agree', 'turns_mean_probability', 'map_area', 'map_beats', 'map_explains']) assert.equal(rows[i]?.[name], String(line[name]), name);
    }
    const plain = linesOf((await cytodrop('classify', '--model', 'blood-smear', ...goldenFiles)).stdout);
    plain.forEach((line, i) => assert.deepEqual({ ...lines[i], ...line }, lines[i]));
    assert.deepEqual(Object.keys(plain[0] ?? {}).filter((key) => /^(turns|map|second)_/.test(key)), []);
  });

  test('a report with checks is reproduced with them, of cells and of frames, and differences are told', async () => {
    const field = fileURLToPath(new URL('public/samples/viability/fields/simulated-field-1.png', root));
    await withFolder(async (folder) => {
      const file = join(folder, 'report.json');
      for (const [options, images, cells] of [
        [['blood-smear', '--turns', '--explain'], goldenFiles.slice(0, 2), '2 cells'], [['viability', '--turns', '--detect'], [field], '40 cells of 1 frame'],
      ] as const) {
        const { stdout } = await cytodrop('classify', '--format', 'json', '--model', ...options, ...images);
        const report = JSON.parse(stdout) as { settings: { checks: object }; second_model: null; cells: Record<string, unknown>[]; frames: { cells: Record<string, unknown>[] }[] };
        assert.deepEqual(report.settings.checks, { turns: true, map: options.includes('--explain' as never) });
        assert.equal(report.second_model, null);
        writeFileSync(file, stdout);
        assert.equal((await cytodrop('check', file, ...images)).stdout, `Reproduced: all ${cells} give the same results to the sixth decimal.\n`);
        const cell = (report.cells ?? report.frames[0]?.cells)[1] as Record<string, unknown>;
        cell['turns_agree'] = 3;
        if (options.includes('--explain' as never)) cell['map_area'] = 0.5;
        writeFileSync(file, JSON.stringify(report));
        const { code, stdout: lines } = await cytodrop('check', file, ...images);
        assert.equal(code, 4);
        assert.match(lines, /: turns agree: 3 in the report, 8 now\n/);
        assert.equal(/: map area: 0\.5 in the report, 0\.\d+ now\n/.test(lines), options.includes('--explain' as never));
      }
    });
  });

  test('checks of a report that were not made again are named, and a second model is known by its sums', () => {
    const sums = { network_sha256: tinySpec.network.sha256, head_sha256: 'other' };
    const verdict = { mostLike: 'ring', verdict: 'type', probability: 1, novelty: null, probabilities: {}, checked: { turns_agree: 8, second_most_like: 'disc' } };
    const report: CellReport = {
      of: 'cells', model: { name: tinySpec.name, sums: {} }, second: { name: 'other', sums }, checks: allChecks, imageScale: 1, asked: { unsureBelow: 0, types: null }, unread: 0, partial: false, cells: [{ ...verdict, file: 'a.png', pixelsSha256: 'a' }],
    };
    const image = { index: 0, path: 'a.png', status: 'ok', pixelsSha256: 'a', ...verdict, label: 'ring', quality: [], foreign: false, unsure: false, probabilities: [], turns: { agree: 8, of: 8 } } as unknown as CellRecord;
    const alone = checkReport(report, [image], { spec: { ...tinySpec, classes: [] }, specSha256: null, second: undefined, imageScale: 1 });
    assert.deepEqual(alone.notes, [
      'The report also says how far each map explains its verdict, which the command line compares.', 'The report also has the opinion of the model other. Compare with that model to check it too.',
    ]);
    assert.deepEqual(alone.differences, []);
    const both = checkReport(report, [{ ...image, second: { label: 'ring', probability: 1, agree: true } } as CellRecord], { spec: { ...tinySpec, classes: [] }, specSha256: null, second: { ...tinySpec, name: 'other' }, imageScale: 1 });
    assert.deepEqual(both.differences.map(({ what, reported, now }) => [what, reported, now]), [
      ["second model's head file (SHA-256)", 'other', tinySpec.head.sha256], ['second most like', 'disc', 'ring'],
    ]);
  });

  test('a second opinion is read under the names that it had before there were schemas', () => {
    const verdict = { status: 'ok', file: 'a.png', pixels_sha256: 'a', label: 'ring', verdict: 'type', probability: 1, novelty: null, probabilities: {} };
    const read = (schema: object, opinion: object): unknown =>
      (readReport(JSON.stringify({ ...schema, model: { name: 'a' }, settings: { unsure_below: 0 }, cells: [{ ...verdict, ...opinion }] })) as CellReport).cells[0]?.checked;
    const now = read({ schema: schemaNames.cells }, { second_most_like: 'disc', second_agree: false, turns_agree: 8 }) as object;
    assert.deepEqual(read({}, { second_type: 'disc', agree: false, turns_agree: 8 }), now);
    assert.deepEqual(['second_most_like', 'second_agree', 'turns_agree'].filter((name) => !(name in now)), []);
  });

  test('cells of frames are turned too', async () => {
    const field = fileURLToPath(new URL('public/samples/viability/fields/simulated-field-1.png', root));
    const run = await cytodrop('classify', '--model', 'viability', '--detect', '--turns', '--format', 'csv', field);
    const rows = parseCsv(run.stdout);
    assert.ok(rows.length > 10, `${rows.length} ${run.stderr}`);
    for (const row of rows) assert.deepEqual([row['turns_of'], row['turns_disagree']], ['8', String(Number(row['turns_agree']) < 8)]);
  });

  test('--second asks another model of the same types, and refuses any other', async () => {
    await withFolder(async (folder) => {
      for (const part of ['cytodrop.mjs', 'cytodrop_core.wasm', 'models/blood-smear']) cpSync(join(dirname(program), part), join(folder, part), { recursive: true });
      cpSync(new URL(tinyModel, root), join(folder, 'models/tiny-shapes'), { recursive: true });
      await writeSecondModel(true, join(folder, 'models/tiny-swapped'));
      const run = (second: string, format = 'ndjson'): Promise<{ code: number | null; stdout: string; stderr: string }> =>
        new Promise((resolve, reject) => {
          const child = spawn(process.execPath, [join(folder, 'cytodrop.mjs'), 'classify', '--model', 'tiny-shapes', '--second', second, '--format', format, ...tinyCases.map(({ image }) => join(folder, 'models/tiny-shapes/golden', image))]);
          const text = { stdout: '', stderr: '' };
          child.stdout.setEncoding('utf8').on('data', (part: string) => { text.stdout += part; });
          child.stderr.setEncoding('utf8').on('data', (part: string) => { text.stderr += part; });
          child.on('error', reject).on('close', (code) => resolve({ code, ...text }));
        });
      const { code, stdout } = await run('tiny-swapped');
      assert.equal(code, 0);
      const lines = linesOf(stdout) as (Line & Record<string, unknown>)[];
      const report = JSON.parse((await run('tiny-swapped', 'json')).stdout) as { second_model: { name: string; version: string; network_sha256: string } };
      assert.deepEqual([report.second_model.name, report.second_model.version, report.second_model.network_sha256.length], ['tiny-swapped', '1.0.0', 64]);
      assert.deepEqual(lines.map((line) => [line['second_model'], line['second_agree']]), tinyCases.map(({ label }) => ['tiny-swapped 1.0.0', label === 'ring']));
      for (const [second, words] of [['blood-smear', /does not name the same types/], ['tiny-shapes', /does not name/], ['none', /There is no model "none"/], ['../x', /There is no model at ..\/x/]] as const) {
        const refused = await run(second);
        assert.deepEqual([refused.code, refused.stdout], [64, '']);
        assert.match(refused.stderr, words);
      }
    });
  });
});
