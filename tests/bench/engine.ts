/**
 * The network alone, by engine: ours in WebAssembly under Node and in Chromium and natively, ONNX Runtime Web, and ONNX Runtime
 * for Node where it is at hand. One thread, batches as the page makes them, the engines in turn.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { bytesOf, jsonOf, modelsOfKind } from '../border/fixtures.ts';
import { openEngine } from '../cli/fixtures.ts';
import { efficientNetV2B0, mobileNetV2 } from './networks.ts';
import { median, printGoal, printLimit, printTable } from './report.ts';
import { path, withPage } from './site.ts';
import { takeTurn } from './turn.ts';
import { Core } from '../../src/js/core/core.ts';
import { CoreEngine } from '../../src/js/core/core_engine.ts';
import { batchSize, type EngineKind, type Tensor } from '../../src/js/core/engine.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';

const rounds = 5;
const secondsPerTurn = 0.25;

interface BenchNetwork { title: string; shipped: boolean; bytes: Uint8Array; names: { input: string; output: string }; side: number; channels: number }

/** What bench_engine prints. */
interface EngineFigures { peak_gflops: number; macs: number; ms: number; layers: LayerFigures[] }
interface LayerFigures { kind: string; shape: string; macs: number; ms: number }

/** ONNX Runtime for Node, as far as it is used here. */
interface OrtNode {
  InferenceSession: { create(bytes: Uint8Array, options: object): Promise<{ run(feeds: object): Promise<unknown>; release(): Promise<void> }> };
  Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => object;
  env: { versions: { node?: string } };
}

/** Median time per image of each turn, ms, and for our own programs what they say of layers. */
interface Turns { times: number[]; figures: EngineFigures[] }

const contenders = ['core, WebAssembly, Node', 'core, WebAssembly, Chromium', 'core, native', 'onnxruntime-web, Node', 'onnxruntime-web, Chromium', 'onnxruntime-node'] as const;
type Contender = (typeof contenders)[number];

export async function benchEngine({ byLayer }: { byLayer: boolean }): Promise<void> {
  buildPrograms();
  const ortNode = findOrtNode();
  const networks = benchNetworks();
  const files = Object.fromEntries(networks.map(({ bytes }, i) => [`network-${i}.onnx`, bytes]));
  await withPage({ script: 'engine_page', ready: 'turn', files }, async (page, version) => {
    console.log(`\nThe network alone. Node ${process.version}, ${version}, onnxruntime-web ${jsonOf<{ version: string }>('node_modules/onnxruntime-web/package.json').version}, ` +
      (ortNode === undefined ? 'no onnxruntime-node' : `onnxruntime-node ${ortNode.env.versions.node ?? ''}`) +
      `; one thread; batches of ${batchSize}; medians of ${rounds} turns each`);
    if (ortNode === undefined) {
      console.log('  SKIPPED onnxruntime-node: it is 290 MB and not a dependency. To have it measured too: ' +
        'npm install --no-save --ignore-scripts onnxruntime-node@1.30.0, or install it elsewhere and name that folder in CYTODROP_ORT_NODE');
    }
    let ours: Record<'Node' | 'Chromium', number> | undefined;
    for (const [i, network] of networks.entries()) {
      const turns = await measure(network, i, page, ortNode);
      const ms = report(network, turns, byLayer);
      if (network.shipped) ours ??= { Node: ms('core, WebAssembly, Node'), Chromium: ms('core, WebAssembly, Chromium') };
      if (ours === undefined || !network.title.startsWith('EfficientNetV2-B0')) continue;
      for (const where of ['Node', 'Chromium'] as const) {
        printGoal(`${networks[0]?.title} in our engine against ${network.title} in onnxruntime-web, ${where}`, ms(`onnxruntime-web, ${where}`) / ours[where], 50);
      }
    }
  });
}

/** Every shipped model, then generated networks: the same shape at other sizes, and the paper's. */
function benchNetworks(): BenchNetwork[] {
  const folders = modelsOfKind('classifier');
  if (folders.length === 0) throw new Error('there is no model in models/');
  const shipped = folders.map((name) => {
    const { network, input } = jsonOf<ModelSpec>(`models/${name}/spec.json`);
    return { title: name, shipped: true, bytes: bytesOf(`models/${name}/${network.file}`), names: network, side: input.width_px, channels: input.channels === 'rgb' ? 3 : 1 };
  });
  const generated = (title: string, side: number, bytes: Uint8Array) => ({ title, shipped: false, bytes, names: { input: 'x', output: 'y' }, side, channels: 3 });
  return [
    ...shipped,
    ...[96, 160, 224].map((side) => generated('MobileNetV2 ×0.35', side, mobileNetV2(0.35, side).network)),
    generated('EfficientNetV2-B0', 224, efficientNetV2B0(224).network),
  ];
}

function buildPrograms(): void {
  for (const preset of ['release', 'wasm']) {
    const quiet = { cwd: path('.'), stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] };
    if (!existsSync(path(`build/${preset}/build.ninja`))) execFileSync('cmake', ['--preset', preset], quiet);
    execFileSync('cmake', ['--build', '--preset', preset, '--target', 'bench_engine'], quiet);
  }
}

function findOrtNode(): OrtNode | undefined {
  const require = createRequire(join(process.env['CYTODROP_ORT_NODE'] ?? path('.'), '/'));
  try {
    return require('onnxruntime-node') as OrtNode;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND' || process.env['CYTODROP_ORT_NODE'] !== undefined) throw error;
    return undefined;
  }
}

async function measure({ bytes, names, side, channels }: BenchNetwork, index: number, page: Page, ortNode: OrtNode | undefined): Promise<Record<Contender, Turns>> {
  const file = path(`build/bench/networks/${index}.onnx`);
  mkdirSync(path('build/bench/networks'), { recursive: true });
  writeFileSync(file, bytes);
  const { input, output } = names;
  const shape = [batchSize, channels, side, side];
  const core = await Core.open(bytesOf('build/wasm/cytodrop_core.wasm'));
  const engines = { core: new CoreEngine(core), onnxruntime: openEngine() };
  for (const engine of Object.values(engines)) await engine.load(bytes, names);
  await page.evaluate(`load('network-${index}.onnx', ${JSON.stringify({ input, output })})`);
  const session = await ortNode?.InferenceSession.create(bytes, { executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1 });

  const inNode = (kind: EngineKind) => (seconds: number) => takeTurn((tensor: Tensor) => engines[kind].run(tensor), shape, seconds);
  const inChromium = (kind: EngineKind) => async (seconds: number) => (await page.evaluate(`turn('${kind}', ${JSON.stringify(shape)}, ${seconds})`)) as number;
  // One image a run: ours runs a batch image by image.
  const program = (...command: [string, ...string[]]) => (seconds: number): EngineFigures => {
    const [first, ...rest] = [...command, file, input, output, String(seconds), '1', String(channels), String(side), String(side)];
    return JSON.parse(execFileSync(first, rest, { encoding: 'utf8' })) as EngineFigures;
  };
  const native = program(path('build/release/tests/bench/bench_engine'));
  const wasm = program(process.execPath, path('build/wasm/tests/bench/bench_engine.cjs'));

  const turns = Object.fromEntries(contenders.map((name) => [name, { times: [], figures: [] }])) as unknown as Record<Contender, Turns>;
  const take: Partial<Record<Contender, (seconds: number) => Promise<number>>> = {
    'core, WebAssembly, Node': inNode('core'),
    'onnxruntime-web, Node': inNode('onnxruntime'),
    'core, WebAssembly, Chromium': inChromium('core'),
    'onnxruntime-web, Chromium': inChromium('onnxruntime'),
    ...(ortNode && session && { 'onnxruntime-node': (seconds) => takeTurn(({ data, shape: sides }) => session.run({ [input]: new ortNode.Tensor('float32', data, sides) }), shape, seconds) }),
  };
  for (let round = -1; round < rounds; round++) {
    for (const [name, turn] of Object.entries(take) as [Contender, (seconds: number) => Promise<number>][]) {
      const ms = await turn(secondsPerTurn);
      if (round >= 0) turns[name].times.push(ms);
    }
    if (round < 0) continue;
    turns['core, WebAssembly, Node'].figures.push(wasm(secondsPerTurn));
    const figures = native(secondsPerTurn);
    turns['core, native'].figures.push(figures);
    turns['core, native'].times.push(figures.ms);
  }
  await session?.release();
  await engines.onnxruntime.release();
  core.close();
  return turns;
}

/** Prints the tables and goals of one network. Returns: the median time per image of an engine, ms. */
function report({ title, shipped, side }: BenchNetwork, turns: Record<Contender, Turns>, byLayer: boolean): (name: Contender) => number {
  const { wasm, native } = { wasm: turns['core, WebAssembly, Node'].figures, native: turns['core, native'].figures };
  const macs = wasm[0]?.macs ?? NaN;
  const peaks = { wasm: median(wasm.map((each) => each.peak_gflops)), native: median(native.map((each) => each.peak_gflops)) };
  const ms = (name: Contender) => median(turns[name].times);
  const against = (name: Contender) => ms(name.endsWith('Chromium') ? 'onnxruntime-web, Chromium' : 'onnxruntime-web, Node') / ms(name);
  console.log(`\n${title}, ${side} px, ${(macs / 1e6).toFixed(1)} million multiply-adds; peak of multiply, then add: WebAssembly ${peaks.wasm.toFixed(1)} GFLOP/s, native ${peaks.native.toFixed(1)}`);
  printTable([
    ['engine', 'ms/image', 'turns', 'GFLOP/s', 'of peak', '× onnxruntime-web'],
    ...contenders.filter((name) => turns[name].times.length > 0).map((name) => {
      const gflops = (2 * macs) / ms(name) / 1e6;
      const peak = name === 'core, native' || name === 'onnxruntime-node' ? peaks.native : peaks.wasm;
      const spread = `${Math.min(...turns[name].times).toFixed(2)}–${Math.max(...turns[name].times).toFixed(2)}`;
      return [name, ms(name).toFixed(2), spread, gflops.toFixed(1), `${((gflops / peak) * 100).toFixed(0)} %`, against(name).toFixed(2)];
    }),
  ]);

  const layers = (wasm[0]?.layers ?? []).map((layer, i) => ({ ...layer, ms: median(wasm.map((each) => each.layers[i]?.ms ?? NaN)) }));
  const whole = layers.reduce((sum, layer) => sum + layer.ms, 0);
  const kinds = Map.groupBy(layers, ({ kind }) => kind);
  const row = (name: string, some: LayerFigures[]) => {
    const [time, operations] = [some.reduce((sum, layer) => sum + layer.ms, 0), some.reduce((sum, layer) => sum + 2 * layer.macs, 0)];
    const gflops = operations / time / 1e6;
    const rate = operations > 0 ? [gflops.toFixed(1), `${((gflops / peaks.wasm) * 100).toFixed(0)} %`] : ['', ''];
    return { cells: [name, String(some.length), time.toFixed(3), `${((time / whole) * 100).toFixed(0)} %`, ...rate], time, share: gflops / peaks.wasm };
  };
  // A kernel of ours cannot do more than the peak of the same build: then the peak was not reached, and no share means anything.
  const fastest = Math.max(...[...kinds].map(([kind, some]) => row(kind, some).share));
  if (!(fastest <= 1.05)) throw new Error(`a kind of layer runs at ${(fastest * 100).toFixed(0)} % of the measured peak: the peak is wrong`);
  const rows = [...kinds].map(([kind, some]) => row(kind, some)).sort((a, b) => b.time - a.time);
  printTable([['WebAssembly, by kind of layer', 'layers', 'ms', 'of time', 'GFLOP/s', 'of peak'], ...rows.map(({ cells }) => cells)]);
  if (byLayer) printTable([['layer', '', 'ms', 'of time', 'GFLOP/s', 'of peak'], ...layers.map((layer) => row(`${layer.kind}  ${layer.shape}`, [layer]).cells)]);
  if (shipped) {
    for (const where of ['Node', 'Chromium'] as const) printGoal(`${title}, our engine against onnxruntime-web, ${where}`, against(`core, WebAssembly, ${where}`), 2);
    printLimit(`${title}, 1×1 layers in WebAssembly`, row('', kinds.get('1×1') ?? []).share * 100, '% of the peak', { least: 80 });
  }
  return ms;
}
