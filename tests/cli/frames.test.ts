/** Frames with many cells: held in a worker, searched, classified, counted and exported; the command line against the same code called directly. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DetectorName } from '../../src/js/core/core.ts';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { bytesOf, root } from '../border/fixtures.ts';
import { drawDiscs, frameSide, greyPng, greyTiff, someDiscs, someFrame } from '../border/frames.ts';
import { asRgb, writePyramid } from '../border/pyramid.ts';
import { cytodrop, parseCsv, withFolder } from './fixtures.ts';
import { type Batch, carefulBelow, deviationsOf } from '../../src/js/classify/batch.ts';
import type { CellVerdict } from '../../src/js/classify/outcome.ts';
import { Pipeline } from '../../src/js/classify/pipeline.ts';
import type { ExportContext } from '../../src/js/report/export_cells.ts';
import { CytodropError } from '../../src/js/core/errors.ts';
import { carryOver, cellByHand, frameCells, withMorphometry } from '../../src/js/frames/cells.ts';
import { type FrameAnalysis, type FrameCell, type FrameOutcome, type FrameRecord, wholeFile } from '../../src/js/frames/frame.ts';
import { defaultSearch, type FrameOptions, scalingFor, searchFor, searchMethods } from '../../src/js/frames/search.ts';
import { detectorFacts, type DetectorFiles, detectorFolder, detectorOf, readDetector } from '../../src/js/model/detector.ts';
import { readModel } from '../../src/js/model/model_files.ts';
import { exportFrames } from '../../src/js/report/export_frames.ts';
import { toGeoJson } from '../../src/js/report/geojson.ts';
import { toRoiZip } from '../../src/js/report/rois.ts';
import { Frame, type FrameHost } from '../../src/js/work/frame.ts';
import { openFrame } from '../../src/js/work/open_frame.ts';
import { analyse, frameWorker } from '../../src/js/work/frame_worker.ts';
import type { WorkerRequest } from '../../src/js/work/messages.ts';
import { classifyInOrder, WorkerDied } from '../../src/js/work/pool.ts';
import { WorkerLink } from '../../src/js/work/worker_link.ts';
import { OpenFrames } from '../../src/js/frames/open_frames.ts';
import { serve } from '../../src/js/work/serve.ts';

const coreWasm = bytesOf('build/wasm/cytodrop_core.wasm');
const files = await readModel((file) => Promise.resolve(bytesOf(`models/viability/${file}`)));
const { spec } = files;
const detectorFile = (file: string): Promise<Uint8Array> => Promise.resolve(bytesOf(`${detectorFolder('round')}/${file}`));
const detector = await readDetector(detectorFile);
const field = fileURLToPath(new URL('public/samples/viability/fields/simulated-field-1.png', root));
const options: FrameOptions = { choice: wholeFile, search: defaultSearch, pixelSizeUm: null, classify: true };
const settings = { ...defaultSearch, pixel_size_um: null };

/** What one search asks of a worker. */
const oneSearch = ['detect', 'measure_outlines'];

let pipeline: Pipeline;

before(async () => {
  pipeline = await Pipeline.open(files, coreWasm, { force: 'core', openOnnxRuntime: () => assert.fail('not needed') });
});

after(() => pipeline.close());

/** A worker in this very thread that can die. */
class Host implements FrameHost {
  readonly spec = spec;
  readonly asked: string[] = [];
  #die: () => void = () => {};
  readonly link = new WorkerLink((onReply, onDeath) => {
    this.#die = onDeath;
    let alive = true;
    let take: (request: WorkerRequest) => void = () => {};
    serve({ post: (message) => { if (alive) onReply(message); }, onMessage: (taking) => { take = taking; } });
    const post = (request: WorkerRequest): void => {
      if (request.type !== 'open_model') this.asked.push(request.type);
      take(request);
    };
    return { post, stop: () => { alive = false; } };
  });
  readDetector = (name: DetectorName): Promise<DetectorFiles> => readDetector((file) => Promise.resolve(bytesOf(`${detectorFolder(name)}/${file}`)));
  readonly makeReady = async (): Promise<void> => {
    await this.link.ask({ type: 'open_model', parcel: { files, coreWasm }, engine: 'core', threads: 1, home: new URL('dist/', root).href }, 'model_opened');
  };

  die(): void {
    this.#die();
  }
}

async function analysisOf(file = someFrame(), changes: Partial<FrameOptions> = {}): Promise<FrameAnalysis> {
  const frame = await Frame.open(new Host(), file, wholeFile);
  try {
    return await analyse(frame, { ...options, ...changes });
  } finally {
    await frame.close();
  }
}

test('a picture that is read tile by tile loses nothing where a worker dies at a tile, whether its own or a helper', async () => {
  await withFolder(async (folder) => {
    const discs = Array.from({ length: 9 }, (_, i) => ({ x: 128 + 100 * (i % 3), y: 128 + 100 * Math.floor(i / 3), radius: 14 }));
    const path = join(folder, 'slide.tif');
    const rgb = asRgb(drawDiscs(512, 512, discs).map((grey) => (grey === 200 ? 255 : grey)));
    writePyramid(path, { width: 12_288, height: 8_192, levels: 3, painted: { left: 2_304, top: 2_304, width: 512, height: 512, rgb } });
    const bytes = new Uint8Array(readFileSync(path));
    const [host, helper] = [new Host(), new Host()];
    const frame = await openFrame(host, bytes, wholeFile, undefined, () => [helper]);
    assert.deepEqual([frame.facts.image.width_px, frame.choice], [12_288, { page: 0, channel: 0 }]);
    let deaths = 0;
    for (const one of [host, helper]) {
      const ask = one.link.ask.bind(one.link);
      let died = false;
      one.link.ask = ((...asked: Parameters<typeof ask>) => {
        const answer = ask(...asked);
        if (asked[0].type === 'search_part' && !died) {
          died = true;
          deaths += 1;
          one.die();
        }
        return answer;
      }) as typeof ask;
    }
    const { cells, tiles } = await frame.find({ ...settings, method: 'round', least_diameter: 14, most_diameter: 45 }, { classify: true });
    assert.deepEqual([deaths, tiles?.done, tiles?.all, tiles?.unread, cells.length], [2, tiles?.all, 20, [], discs.length]);
    assert.ok(cells.every(({ verdict }) => verdict));
    await frame.close();
  });
});

const plain = (cells: readonly FrameCell[]): unknown => JSON.parse(JSON.stringify(cells));

describe('a held frame', () => {
  test('every cell gets the verdict of its own crop', async () => {
    const { cells } = await analysisOf();
    assert.equal(cells.length, someDiscs.length);
    const samples = drawDiscs(frameSide.width, frameSide.height, someDiscs);
    for (const cell of [cells[0], cells[7]] as FrameCell[]) {
      const crop = new Uint8Array(48 * 48);
      const { left_px, top_px, width_px, height_px } = cell.box;
      const [left, top] = [left_px + (width_px >> 1) - 24, top_px + (height_px >> 1) - 24];
      for (let y = 0; y < 48; y++) {
        for (let x = 0; x < 48; x++) {
          const within = (at: number, size: number): number => Math.min(Math.max(at, 0), size - 1);
          crop[y * 48 + x] = samples[within(top + y, frameSide.height) * frameSide.width + within(left + x, frameSide.width)] as number;
        }
      }
      const [alone] = await pipeline.classify([greyPng(48, 48, crop)]);
      assert.ok(alone?.status === 'ok' && cell.verdict);
      assert.deepEqual([cell.verdict.logits, cell.verdict.label, cell.verdict.novelty], [alone.logits, alone.label, alone.novelty]);
      assert.deepEqual(cell.verdict.crop, { left_px: left, top_px: top, width_px: 48, height_px: 48 });
    }
  });

  test('is searched again and drawn without being opened again; only new cells are classified again', async () => {
    const host = new Host();
    const frame = await Frame.open(host, someFrame());
    let cells = (await analyse(frame, options)).cells;
    const again = carryOver(cells, (await frame.search({ ...settings, sensitivity: 0.4 })).cells);
    assert.equal(again.length, 20);
    assert.ok(again.every(({ verdict }, i) => verdict !== undefined && verdict === cells[i]?.verdict), 'the boxes are the same');
    assert.deepEqual(carryOver(cells, (await frame.search({ ...settings, least_diameter: 40 })).cells), []);

    const added = cellByHand(170, 100, { facts: frame.facts, settings, cells });
    cells = [...cells, added];
    const some = await frame.classify(cells.filter(({ verdict }) => verdict === undefined), { pixelSizeUm: null });
    cells = cells.map((cell) => some.find(({ id }) => id === cell.id) ?? cell);
    assert.ok(cells.at(-1)?.verdict);
    assert.equal(cells.at(-1)?.id, 20);
    const { widthPx, heightPx, rgba } = await frame.view({ left_px: 10, top_px: 10, width_px: 30, height_px: 20 }, 100);
    assert.deepEqual([widthPx, heightPx, rgba.length], [30, 20, 2400]);
    await frame.close();
    assert.deepEqual(host.asked, ['open_frame', 'hash_frame', ...oneSearch, 'classify_cells', 'classify_cells', ...oneSearch, ...oneSearch, 'classify_cells', 'view_frame', 'close_frame']);
  });

  test('stops where it is told to, and the cells not reached have no verdict', async () => {
    const frame = await Frame.open(new Host(), someFrame());
    const stop = new AbortController();
    const { cells } = await analyse(frame, options, () => stop.abort(), stop.signal);
    assert.deepEqual(cells.map(({ verdict }) => verdict !== undefined), someDiscs.map((_, i) => i < 16));
    await frame.close();
  });

  test('opens itself again after the worker died, where it can be read again', async () => {
    const host = new Host();
    const frame = await Frame.open(host, someFrame(), wholeFile, () => Promise.resolve(someFrame()));
    const { cells } = await frame.search(settings);
    host.die();
    assert.deepEqual(plain((await frame.search(settings)).cells), plain(cells));
    await frame.close();
    const once = await Frame.open(host, someFrame());
    host.die();
    await assert.rejects(once.search(settings), (error) => error instanceof CytodropError && error.code === 'frame_not_open');
  });

  test('a file that is no image is refused with the core\'s words', async () => {
    await assert.rejects(Frame.open(new Host(), new Uint8Array(64)), { code: 'unsupported_format' });
  });

  test('a model of single cells cannot classify its cells', async () => {
    const { frame: _, ...single } = spec;
    const other = await Pipeline.open({ ...files, spec: single, specJson: JSON.stringify(single) }, coreWasm, { force: 'core', openOnnxRuntime: () => assert.fail('not needed') });
    const frames = new OpenFrames(other);
    await frames.open(1, someFrame(), wholeFile);
    const { cells } = await frames.detect(1, settings);
    assert.equal(cells.boxes.length, 80);
    await assert.rejects(frames.classifyCells(1, cells, null), { code: 'unsupported_feature' });
    other.close();
  });
});

describe('a frame searched with a network', () => {
  const byNetwork = { ...searchFor(spec), method: 'network_round' as const };

  test('the worker takes the network when it is first to use it, and again after it died; what was found tells which it was', async () => {
    const host = new Host();
    const open = () => new Uint8Array(readFileSync(field));
    const frame = await Frame.open(host, open(), wholeFile, () => Promise.resolve(open()));
    const found = await analyse(frame, { ...options, search: byNetwork, classify: false });
    assert.ok(found.cells.length >= 10, `${found.cells.length} cells`);
    assert.deepEqual(found.detector, detectorFacts(detector.spec));
    assert.match(detector.spec.network.sha256, /^[0-9a-f]{64}$/);
    const few = (await frame.search({ ...found.settings, sensitivity: 0.1 })).cells;
    assert.ok(few.length < found.cells.length);
    assert.equal((await frame.search(settings)).detector, undefined);
    assert.deepEqual(host.asked, ['open_frame', 'hash_frame', 'detect', 'load_detector', ...oneSearch, ...oneSearch, ...oneSearch]);
    host.die();
    assert.deepEqual(plain((await frame.search({ ...found.settings, sensitivity: 0.1 })).cells), plain(few));
    await frame.close();
    const { frames: [{ search }] } = JSON.parse(exportFrames('json', [{ ...found, index: 0, path: 'a.png' }], context())) as { frames: [{ search: object }] };
    assert.deepEqual(search, { ...found.settings, detector: detectorFacts(detector.spec) });
  });

  test('that cannot be had, is not the one its spec names, or that the core does not take, is said of each frame', async () => {
    const outcomeWith = async (read: () => Promise<DetectorFiles>): Promise<FrameOutcome | undefined> => {
      const host = Object.assign(new Host(), { readDetector: read });
      const [outcome] = await frameWorker(host, { ...options, search: byNetwork }, { cancelled: false }).classify([someFrame()], [0]);
        return outcome;
    };
    const other = async (file: string): Promise<Uint8Array> => (file === 'spec.json' ? detectorFile(file) : new Uint8Array(9));
    for (const [read, code, words] of [
      [() => readDetector(() => Promise.reject(new Error('No connection.'))), 'detector_not_loaded', /^The network that finds cells could not be loaded\. No connection\.$/],
      [() => readDetector(other), 'detector_not_loaded', /SHA-256/],
      [() => Promise.resolve({ ...detector, network: new Uint8Array(9) }), 'invalid_model', /not valid/],
    ] as const) {
      const outcome = await outcomeWith(read);
      assert.ok(outcome?.status === 'error', `${code}: ${outcome?.status}`);
      assert.equal(outcome.code, code);
      assert.match(outcome.message, words);
    }
  });
});

describe('a queue of frames', () => {
  test('is emptied in order, one frame in memory at a time; a bad file and a deadly one harm no other', async () => {
    const hosts = [new Host(), new Host()];
    const queue: Uint8Array[] = [someFrame(), new Uint8Array(10), someFrame(), greyPng(60, 50, drawDiscs(60, 50, [])), someFrame()];
    const deadly = 2;
    const run = { cancelled: false };
    const outcomes: FrameOutcome[] = [];
    const workers = hosts.map((host) => {
      const { classify } = frameWorker(host, options, run);
      return {
        classify: async (images: Parameters<typeof classify>[0], positions: readonly number[]) => {
          if (positions.includes(deadly)) throw new WorkerDied('died');
          return classify(images, positions);
        },
      };
    });
    await classifyInOrder(workers, {
      atOnce: 1, count: queue.length, read: (position) => Promise.resolve((queue[position] as Uint8Array).slice()),
      tell: (position, outcome) => {
        assert.equal(position, outcomes.length);
        outcomes.push(outcome);
      },
    }, run);
    for (const { asked } of hosts) {
      let open = 0;
      for (const type of asked) {
        if (type === 'close_frame') open = 0;
        if (type === 'detect') assert.equal(++open, 1, 'one frame is closed before the next is searched');
      }
    }
    assert.deepEqual(hosts.map(({ asked }) => asked.includes('detect')), [true, true], 'both work');
    assert.deepEqual(outcomes.map((outcome) => (outcome.status === 'ok' ? outcome.cells.length : outcome.code)), [20, 'unsupported_format', 'engine_failed', 0, 20]);
  });
});

describe('cells by hand', () => {
  const frame = { facts: { image: { width_px: 100, height_px: 80 } } as FrameAnalysis['facts'], settings };
  const cell = (id: number, left_px: number, more: Partial<FrameCell> = {}): FrameCell =>
    ({ id, box: { left_px, top_px: 10, width_px: 20, height_px: 20 }, outline: new Float32Array(), areaPx: 400, searchScore: 0.5, cutByBorder: false, ...more });

  test('are as large as the others and stay within the frame', () => {
    assert.deepEqual(cellByHand(50.7, 40, { ...frame, cells: [cell(3, 0), cell(4, 30)] }), {
      id: 5, box: { left_px: 40, top_px: 30, width_px: 20, height_px: 20 }, outline: Float32Array.of(40, 30, 60, 30, 60, 50, 40, 50), areaPx: 400, searchScore: null, cutByBorder: false,
    });
    const corner = cellByHand(99, 1, { ...frame, cells: [] });
    assert.deepEqual([corner.box, corner.cutByBorder], [{ left_px: 88, top_px: 0, width_px: 12, height_px: 12 }, true]);
    const far = cellByHand(0, 0, { ...frame, settings: { ...settings, pixel_size_um: 0.01 }, cells: [] });
    assert.ok(far.box.width_px >= 1 && far.box.left_px + far.box.width_px <= 100);
  });

  test('stay when the frame is searched again; what was removed does not come back', () => {
    const verdict = { label: 'live' } as FrameCell['verdict'] & object;
    const before = [cell(0, 0, { verdict }), cell(1, 30), cell(2, 60, { searchScore: null, verdict })];
    const found = [cell(0, 1), cell(1, 30), cell(2, 0), cell(3, 75)];
    const merged = carryOver(before, found, [{ left_px: 73, top_px: 12, width_px: 20, height_px: 20 }]);
    assert.deepEqual(merged.map(({ id, box, searchScore, verdict: of }) => [id, box.left_px, searchScore, of?.label]), [[3, 1, 0.5, undefined], [1, 30, 0.5, undefined], [0, 0, 0.5, 'live'], [2, 60, null, 'live']]);
  });
});

describe('what a person is told of the scale', () => {
  const known = { frame: { side_px: 96, pixel_size_um: 1.25 } };
  for (const [name, of, pixelSizeUm, possible, scale, words] of [
    ['a model of single cells', {}, 1, false, 1, /found and counted/],
    ['a model of unknown pixel size', { frame: { side_px: 48, pixel_size_um: null } }, 1, true, 1, /not known/],
    ['a frame of unknown pixel size', known, null, true, 1, /1\.25 µm/],
    ['the same pixel size', known, 1.25, true, 1, null],
    ['a finer frame', known, 0.5, true, 2.5, null],
    ['a much coarser frame', known, 5, true, 0.25, /4\.0 times coarser/],
  ] as const) {
    test(name, () => {
      const scaling = scalingFor(of, pixelSizeUm);
      assert.deepEqual([scaling.possible, scaling.scale], [possible, scale]);
      if (words === null) assert.equal(scaling.warning, null);
      else assert.match(scaling.warning ?? '', words);
    });
  }
});

const context = () => ({ spec, runtime: pipeline.runtime, selfTest: pipeline.selfTest, appVersion: '0', fileNames: false });

describe('exports', () => {
  let record: FrameRecord & FrameAnalysis;
  before(async () => {
    record = { ...(await analysisOf()), index: 4, path: 'secret/patient 7.png' };
    record.cells[2] = { ...(record.cells[2] as FrameCell), verdict: { ...(record.cells[2]?.verdict as NonNullable<FrameCell['verdict']>), foreign: false, unsure: false, quality: [], probability: 0.95, label: 'dead' } };
    const { verdict: _, ...bare } = record.cells[3] as FrameCell;
    record.cells[3] = bare;
  });

  test('CSV: a line for each cell, and one for a frame without cells or not read', () => {
    const failed: FrameRecord = { status: 'error', code: 'corrupt', message: 'Broken.', advice: 'Mend it.', index: 5, path: 'b' };
    const rows = parseCsv(exportFrames('csv', [record, failed, { ...record, index: 6, cells: [] }], context()));
    assert.deepEqual(rows.map(({ frame, cell, status }) => [frame, cell, status]), [
      ...Array.from({ length: 20 }, (_, i) => ['5', String(i + 1), i === 3 ? 'not_classified' : 'ok']), ['6', '', 'error'], ['7', '', 'no_cells'],
    ]);
    const [first] = rows;
    const cell = record.cells[0] as FrameCell;
    assert.deepEqual([first?.['left_px'], first?.['area_px'], first?.['p_live'], first?.['most_like'], first?.['by_hand'], first?.['area_um2']],
      [String(cell.box.left_px), cell.areaPx.toFixed(1), cell.verdict?.probabilities[0]?.toFixed(6), cell.verdict?.label, 'false', '']);
    assert.equal(rows[20]?.['error_message'], 'Broken.');
    assert.equal(rows[3]?.['p_live'], '');
    for (const { note, model, self_test: selfTest } of rows) assert.deepEqual([note, model, selfTest], ['For research and teaching; not for diagnosis', 'viability 1.2.1', 'passed']);
  });

  const lengths = ['equivalent_diameter', 'perimeter', 'feret_diameter'];
  const shape = ['perimeter_px', 'feret_diameter_px', 'circularity', 'elongation', 'solidity'];
  const grey = ['grey_mean', 'grey_spread', 'granularity'];

  test('cells are measured: the same numbers in every format, in µm where the pixel size is known', () => {
    const sized = { ...record, settings: { ...record.settings, pixel_size_um: 0.5 } };
    for (const one of [record, sized]) {
      const rows = parseCsv(exportFrames('csv', [one], context()));
      const { frames: [json] } = JSON.parse(exportFrames('json', [one], context())) as { frames: { cells: Record<string, number | null>[] }[] };
      const { features } = JSON.parse(toGeoJson(one, context())) as { features: { properties: { measurements: Record<string, number> } }[] };
      assert.equal(rows.length, 20);
      rows.forEach((row, i) => {
        const [cell, measurements] = [json?.cells[i], features[i]?.properties.measurements];
        for (const name of [...shape, ...grey, 'equivalent_diameter_px']) {
          const inQuPath = `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll('_', ' ')}`;
          assert.ok(typeof cell?.[name] === 'number' && row[name] === String(cell[name]) && measurements?.[inQuPath] === cell[name], `${name} ${row[name]}`);
        }
        for (const name of lengths) {
          const [px, um] = [cell?.[`${name}_px`], cell?.[`${name}_um`]];
          if (one === record) assert.deepEqual([um, row[`${name}_um`]], [null, '']);
          else assert.ok(Math.abs((um ?? NaN) - (px ?? NaN) / 2) < 1e-6);
        }
        assert.ok(Math.abs((cell?.['circularity'] ?? NaN) - 1) < 0.05 && Math.abs((cell?.['equivalent_diameter_px'] ?? NaN) - 24) < 4);
      });
    }
  });

  test('a cell added by hand is not measured, and of one whose box alone is known there is no shape', () => {
    const { morphometry: _, ...byHand } = { ...(record.cells[0] as FrameCell), searchScore: null };
    const [boxed] = withMorphometry([{ ...(record.cells[1] as FrameCell), isEllipse: true }], Float64Array.from({ length: 10 }, (_, i) => i + 1));
    const [first, second] = parseCsv(exportFrames('csv', [{ ...record, cells: [byHand, boxed as FrameCell] }], context()));
    for (const name of [...shape, ...grey, 'equivalent_diameter_px']) assert.equal(first?.[name], '', name);
    for (const name of shape) assert.equal(second?.[name], '', name);
    assert.deepEqual([second?.['equivalent_diameter_px'], ...grey.map((name) => second?.[name])], ['2', '8', '9', '10']);
    assert.notEqual(first?.['area_px'], '');
  });

  test('JSON and NDJSON say the same; no name of a file unless it is asked for', () => {
    const json = exportFrames('json', [record], context());
    const { frames: [frame], model } = JSON.parse(json) as { frames: [{ frame: string; cells: Record<string, unknown>[] }]; model: { name: string } };
    const lines = exportFrames('ndjson', [record], context()).trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual([model.name, frame.frame, frame.cells.length, lines.length], ['viability', '5', 20, 20]);
    for (const [i, cell] of frame.cells.entries()) assert.deepEqual(cell, Object.fromEntries(Object.keys(cell).map((key) => [key, lines[i]?.[key]])));
    assert.deepEqual([frame.cells[2]?.['most_like'], frame.cells[3]?.['status'], frame.cells[3]?.['most_like']], ['dead', 'not_classified', undefined]);
    for (const text of [json, exportFrames('csv', [record], context()), exportFrames('ndjson', [record], context()), toGeoJson(record, context())]) assert.doesNotMatch(text, /secret|patient/);
    assert.match(exportFrames('json', [record], { ...context(), fileNames: true }), /secret\/patient 7\.png/);
  });

  test('GeoJSON: closed counterclockwise rings within the frame, classes with names and colours', () => {
    const { type, features } = JSON.parse(toGeoJson(record, context())) as {
      type: string;
      features: { type: string; geometry: { type: string; coordinates: number[][][] }; properties: { objectType: string; classification?: { name: string; color: number[] } } }[];
    };
    assert.deepEqual([type, features.length], ['FeatureCollection', 20]);
    for (const { geometry: { type: shape, coordinates: [ring = []] }, properties } of features) {
      assert.equal(shape, 'Polygon');
      assert.deepEqual(ring[0], ring.at(-1));
      const area = ring.slice(1).reduce((sum, [x = NaN, y = NaN], i) => sum + ((ring[i]?.[0] as number) * y - x * (ring[i]?.[1] as number)) / 2, 0);
      assert.ok(area > 300 && area < 700, `counterclockwise to GeoJSON, ${area} px²`);
      assert.equal(properties.objectType, 'detection');
    }
    assert.deepEqual(features[2]?.properties.classification, { name: 'Dead', color: [0x56, 0xb4, 0xe9] });
    assert.equal(features[3]?.properties.classification, undefined);
  });

  test('ImageJ ROIs: a stored zip of polygons as ij.io.RoiDecoder reads them', () => {
    const archive = Buffer.from(toRoiZip(record, context()));
    assert.deepEqual([archive.readUInt32LE(archive.length - 22), archive.readUInt16LE(archive.length - 12)], [0x06054b50, 20]);
    assert.equal(archive.readUInt32LE(0), 0x04034b50);
    const nameLength = archive.readUInt16LE(26);
    assert.match(archive.toString('utf8', 30, 30 + nameLength), /^0001 .*\.roi$/);
    const roi = archive.subarray(30 + nameLength, 30 + nameLength + archive.readUInt32LE(22));
    assert.equal(archive.readUInt32LE(14), crc32(roi));
    assert.deepEqual([roi.toString('latin1', 0, 4), roi.readInt16BE(4), roi[6], roi.readInt16BE(50)], ['Iout', 227, 0, 128]);
    const { outline } = record.cells[0] as FrameCell;
    const points = roi.readUInt16BE(16);
    assert.equal(points, outline.length / 2);
    for (let i = 0; i < points; i++) {
      assert.deepEqual([roi.readFloatBE(64 + 4 * points + 4 * i), roi.readFloatBE(64 + 8 * points + 4 * i)], [outline[2 * i], outline[2 * i + 1]]);
    }
    const [top, left, bottom, right] = [8, 10, 12, 14].map((at) => roi.readInt16BE(at));
    assert.ok((top as number) < (bottom as number) && (left as number) < (right as number));
    const header2 = roi.readInt32BE(60);
    const name = roi.subarray(roi.readInt32BE(header2 + 16)).swap16().toString('utf16le');
    assert.equal(name.length, roi.readInt32BE(header2 + 20));
    assert.match(name, /^0001 /);
  });
});

/** As the command line does: how careful verdicts are follows from the first frames that have 32 cells together. */
async function asSet(records: readonly FrameRecord[], by: Pipeline): Promise<Pick<ExportContext, 'batch' | 'unsureBelow'>> {
  const seen: CellVerdict[] = [];
  for (const record of records) if (seen.length < 32 && record.status === 'ok') seen.push(...record.cells.flatMap(({ verdict }) => verdict ?? []));
  const batch: Batch = { ...(await by.judgeBatch(deviationsOf(seen))), differences: [] };
  return { batch, unsureBelow: carefulBelow(by.spec, batch) };
}

describe('the command line', () => {
  const detect = (...args: string[]) => cytodrop('classify', '--model', 'viability', '--detect', ...args);

  test('gives the same as the code that the page runs, to the last digit, however many workers there are', async () => {
    await withFolder(async (folder) => {
      for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, `${name}.png`), someFrame());
      const one = await analysisOf(someFrame(), { search: searchFor(spec) });
      const records = ['a', 'b', 'c'].map((name, index) => ({ ...one, index, path: join(folder, `${name}.png`) }));
      const expected = exportFrames('csv', records, { ...context(), fileNames: true, ...(await asSet(records, pipeline)) });
      for (const jobs of ['1', '2']) {
        const { code, stdout, stderr } = await detect('--format', 'csv', '--jobs', jobs, folder);
        assert.equal(code, 0);
        assert.equal(stdout, expected);
        assert.match(stderr, /^Warning: These images differ[^\n]*\nWarning: The pixel size of this model's training images is not known[^\n]*\nWarning: Most cells are not like[^\n]* nor like those of any other model here\.\n$/);
      }
    });
  });

  for (const method of searchMethods) {
    test(`finds cells by the method ${method} as the page does`, async () => {
      const search = { ...searchFor(spec), method };
      const one = await analysisOf(new Uint8Array(readFileSync(field)), { search });
      assert.ok(one.cells.length >= 10);
      const { code, stdout } = await detect('--method', method, '--format', 'json', field);
      assert.equal(code, 0);
      const expected = exportFrames('json', [{ ...one, index: 0, path: field }], { ...context(), fileNames: true });
      const framesOf = (json: string): unknown => (JSON.parse(json) as { frames: unknown }).frames;
      assert.deepEqual(framesOf(stdout), framesOf(expected));
    });
  }

  test('counts a culture, writes outlines, and goes on after a broken file', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'a.png'), someFrame());
      writeFileSync(join(folder, 'b.png'), someFrame().subarray(0, 300));
      const { code, stdout } = await detect('--method', 'round', '--count', '--square-mm', '1', '--dilution', '2', '--format', 'json', '--numbers', '--geojson', join(folder, 'g'), '--rois', join(folder, 'r'), folder);
      assert.equal(code, 2);
      const { culture } = JSON.parse(stdout) as { culture: { cells: number; frames: number; frames_not_read: number; per_ml: { all: { value: number } } } };
      assert.deepEqual([culture.frames, culture.frames_not_read, culture.cells, culture.per_ml.all.value], [1, 1, 20, 400_000]);
      assert.deepEqual([readdirSync(join(folder, 'g')), readdirSync(join(folder, 'r'))], [['0001.geojson'], ['0001.zip']]);
      assert.equal((JSON.parse(readFileSync(join(folder, 'g', '0001.geojson'), 'utf8')) as { features: unknown[] }).features.length, 20);
    });
  });

  test('takes a page of a TIFF and the pixel size that it states, or the one given', async () => {
    await withFolder(async (folder) => {
      const { width, height } = frameSide;
      const page = (discs: typeof someDiscs): Uint16Array => Uint16Array.from(drawDiscs(width, height, discs), (sample) => 16 * sample);
      writeFileSync(join(folder, 'a.tif'), greyTiff(width, height, [page([]), page(someDiscs.slice(0, 3))], 0.5));
      const rows = async (...args: string[]) =>
        parseCsv((await cytodrop('classify', '--model', 'prostate-lines', '--detect', '--method', 'adherent', '--format', 'csv', '--rois', join(folder, 'r'), ...args, join(folder, 'a.tif'))).stdout);
      assert.deepEqual((await rows()).map(({ status }) => status), ['no_cells']);
      const second = await rows('--page', '2');
      assert.deepEqual(second.map(({ page: of, status, pixel_size_um: size }) => [of, status, size]), Array(3).fill(['2', 'ok', '0.5']));
      for (const { area_px: px, area_um2: um } of second) assert.ok(Math.abs(Number(um) - Number(px) / 4) < 0.05);
      for (const { perimeter_px: px, perimeter_um: um, circularity, grey_mean: mean } of second) {
        assert.ok(Math.abs(Number(um) - Number(px) / 2) < 1e-6 && Number(circularity) > 0.8 && Number(circularity) < 1.1, `${px} ${um} ${circularity}`);
        assert.ok(Number(mean) >= 16 * 40 && Number(mean) < 16 * 150, 'grey in samples of the file');
      }
      const roi = readFileSync(join(folder, 'r', '0001 a.zip'));
      assert.equal(roi.readInt32BE(30 + roi.readUInt16LE(26) + 56), 2, 'the ROI lies on the second slice');
      const given = await rows('--page', '2', '--pixel-size', '1.25');
      assert.deepEqual(given.map(({ pixel_size_um: size }) => size), ['1.25', '1.25', '1.25']);
      assert.notEqual(given[0]?.['p_pc3'], second[0]?.['p_pc3']);
      const [missing] = await rows('--page', '3');
      assert.deepEqual([missing?.['status'], missing?.['error_code']], ['error', 'invalid_argument']);
    });
  });

  test('a model of single cells finds and does not name, and says so', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'a.png'), someFrame());
      const { code, stdout, stderr } = await cytodrop('classify', '--model', 'blood-smear', '--detect', '--method', 'round', '--min-diameter', '20', '--max-diameter', '60', '--format', 'csv', folder);
      assert.equal(code, 0);
      assert.match(stderr, /cannot name the cells of a frame/);
      assert.deepEqual(parseCsv(stdout).map(({ status }) => status), Array<string>(20).fill('not_classified'));
    });
  });

  for (const [name, args] of Object.entries({
    'an option of frames without --detect': ['--page', '2'],
    'a count without --detect': ['--count'],
    'a chamber without --count': ['--detect', '--depth-mm', '0.1'],
    'page 0': ['--detect', '--page', '0'],
    'half a channel': ['--detect', '--channel', '1.5'],
    'a pixel size that is no number': ['--detect', '--pixel-size', 'small'],
    'no pixel size': ['--detect', '--pixel-size', ''],
    'diameters in the wrong order': ['--detect', '--min-diameter', '70'],
    'an unknown method': ['--detect', '--method', 'square'],
    'too much sensitivity': ['--detect', '--sensitivity', '2'],
  })) {
    test(`${name}: status 64`, async () => {
      const { code, stdout, stderr } = await cytodrop('classify', '--model', 'viability', ...args, 'x.png');
      assert.deepEqual([code, stdout], [64, '']);
      assert.match(stderr, /^--[a-z-]+: [^\n]+\nTry: /);
    });
  }

  test('a culture is counted only by a model of two classes that knows frames', async () => {
    const { code, stderr } = await cytodrop('classify', '--model', 'blood-smear', '--detect', '--count', 'x.png');
    assert.deepEqual([code, stderr.startsWith('--count: ')], [64, true]);
  });
});

describe('real frames', () => {
  const folders: [folder: string, ending: string][] = [['viability/images', '.png'], ['cell-lines/frames', '.png']];
  for (const [folder, ending] of folders) {
    const path = fileURLToPath(new URL(`../shared/data/${folder}`, root));
    test(`${folder}: page's code and command line agree, and most cells get a verdict`, { skip: existsSync(path) ? false : `there is no ${path}` }, async () => {
      const paths = readdirSync(path).filter((name) => name.endsWith(ending)).sort().slice(0, 2).map((name) => join(path, name));
      assert.equal(paths.length, 2);
      const modelName = folder.startsWith('viability') ? 'viability' : 'prostate-lines';
      const { code, stdout } = await cytodrop('classify', '--model', modelName, '--detect', '--format', 'csv', ...paths);
      assert.equal(code, 0);
      const model = await readModel((file) => Promise.resolve(bytesOf(`models/${modelName}/${file}`)));
      const other = await Pipeline.open(model, coreWasm, { force: 'core', openOnnxRuntime: () => assert.fail('not needed') });
      const settings = { ...searchFor(model.spec), pixel_size_um: null };
      const frames = new OpenFrames(other);
      const wanted = detectorOf(settings.method);
      if (wanted !== undefined) await frames.loadDetector(wanted, await readDetector((file) => Promise.resolve(bytesOf(`${detectorFolder(wanted)}/${file}`))));
      const records: FrameRecord[] = [];
      for (const [index, file] of paths.entries()) {
        const facts = await frames.open(index, new Uint8Array(readFileSync(file)), wholeFile);
        const { cells: found } = await frames.detect(index, settings);
        const verdicts = found.boxes.length > 0 ? await frames.classifyCells(index, found, null) : [];
        const pixelsSha256 = await frames.hash(index);
        const values = await frames.measure(index, found);
        await frames.close(index);
        records.push({
          status: 'ok', facts, choice: wholeFile, settings, index, path: file, pixelsSha256, elapsedMs: { decode: 0, detect: 0, classify: 0 },
          cells: withMorphometry(frameCells(found), values).map((cell, id) => ({ ...cell, verdict: verdicts[id] as CellVerdict })),
        });
      }
      const context = { spec: model.spec, runtime: other.runtime, selfTest: other.selfTest, appVersion: '0', fileNames: true, ...(await asSet(records, other)) };
      assert.ok(stdout === exportFrames('csv', records, context), 'the same text');
      assert.ok(parseCsv(stdout).filter(({ status }) => status === 'ok').length >= 2, 'cells were found');
      other.close();
    });
  }
});
