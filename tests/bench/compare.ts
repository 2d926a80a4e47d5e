/** Exported models of any kind, the network alone under Node: milliseconds a cell by engine, in turn, into times.json of each folder. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf } from '../border/fixtures.ts';
import { openEngine } from '../cli/fixtures.ts';
import { printTable } from './report.ts';
import { takeTurn } from './turn.ts';
import { Core } from '../../src/js/core/core.ts';
import { CoreEngine } from '../../src/js/core/core_engine.ts';
import { engineKinds, type Engine, type EngineKind } from '../../src/js/core/engine.ts';
import { CytodropError } from '../../src/js/core/errors.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';

const rounds = 5;
const secondsPerTurn = 0.5;

/** The fastest turn of each engine: what else the machine does can only slow it down. */
type Times = Partial<Record<EngineKind, number>>;

export async function benchFolders(folders: readonly string[]): Promise<void> {
  const rows: string[][] = [];
  for (const folder of folders) {
    const times = await timesOf(folder);
    writeFileSync(join(folder, 'times.json'), `${JSON.stringify(times)}\n`);
    rows.push([folder, ...engineKinds.map((kind) => times[kind]?.toFixed(2) ?? '-')]);
  }
  console.log('\nThe network alone, one thread, one cell at a time, Node; fastest of five turns');
  printTable([['model', ...engineKinds.map((kind) => `ms, ${kind}`)], ...rows]);
}

async function timesOf(folder: string): Promise<Times> {
  const { network, input } = JSON.parse(readFileSync(join(folder, 'spec.json'), 'utf8')) as ModelSpec;
  const bytes = new Uint8Array(readFileSync(join(folder, network.file)));
  const core = await Core.open(bytesOf('build/wasm/cytodrop_core.wasm'));
  try {
    const engines = new Map<EngineKind, Engine>([['onnxruntime', openEngine()], ['core', new CoreEngine(core)]]);
    for (const [kind, engine] of engines) {
      try {
        await engine.load(bytes, network);
      } catch (error) {
        if (!(error instanceof CytodropError && error.code === 'unsupported_operator')) throw error;
        engines.delete(kind);
      }
    }
    const shape = [1, input.channels === 'rgb' ? 3 : 1, input.height_px, input.width_px];
    const times: Times = {};
    for (let round = 0; round < rounds; round++) {
      for (const [kind, engine] of engines) {
        times[kind] = Math.min(times[kind] ?? Infinity, await takeTurn((tensor) => engine.run(tensor), shape, secondsPerTurn));
      }
    }
    return times;
  } finally {
    core.close();
  }
}
