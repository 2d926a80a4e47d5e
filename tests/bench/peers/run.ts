/**
 * `npm run bench:peers`: Cytodrop beside what else names and finds cells in a browser or under Node, in one run.
 *
 *   --rounds N   turns of each, 7 unless told; --images N  in each turn, 32; --visits N  to the first verdict, 3
 *   --only TEXT  those whose name has it, and Cytodrop
 *   --write      the tables into docs/benchmarks.md
 *
 * The first run installs the rivals from the npm registry into tests/bench/peers, some 600 MB. All take turns, each in another order, so that whatever
 * else the machine does meets all alike; one thread each.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawDiscs, greyPng } from '../../border/frames.ts';
import { dist, shared } from '../../browser/site.ts';
import { startServer } from '../../../scripts/server.ts';
import { countBytes, inFreshBrowser, timeToVerdict } from '../first.ts';
import { median, printTable } from '../report.ts';
import { path } from '../site.ts';
import { type Contestant, InChromium } from './contestant.ts';
import { areInstalled, baselines, findingRivals, here, namingRivals, type Rival } from './rivals.ts';

const { values: options } = parseArgs({ options: {
  rounds: { type: 'string', default: '7' }, images: { type: 'string', default: '32' }, visits: { type: 'string', default: '3' }, only: { type: 'string' }, write: { type: 'boolean', default: false },
} });
const [rounds, most, visits] = [options.rounds, options.images, options.visits].map(Number) as [number, number, number];
if (![rounds, most, visits].every((count) => Number.isInteger(count) && count > 0)) {
  console.error('--rounds, --images and --visits take whole numbers from 1 on');
  process.exit(2);
}

/** `first`: ms of each visit. Lists are empty where nothing was measured. */
interface Figures { rival: Pick<Rival, 'title' | 'where' | 'answers' | 'note'>; ms: number[]; networkMs: number[]; labels: string[]; memory: number; sent: number; first: number[] }

function install(): void {
  if (areInstalled()) return;
  console.log('Installing the rivals into tests/bench/peers, some 600 MB');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here, stdio: 'inherit' });
}

/** As many as asked for, from everywhere in the list. */
function spread<T>(all: readonly T[], count: number): T[] {
  const taken = Math.min(count, all.length);
  return Array.from({ length: taken }, (_, i) => all[Math.floor((i * all.length) / taken)] as T);
}

function imagePaths(): { paths: string[]; from: string } {
  const originals = join(shared, 'data/blood-smear/originals');
  const folder = existsSync(originals) ? originals : path('public/samples/blood-smear');
  if (folder !== originals) console.log(`SKIPPED photographs: there is no ${originals}; simulated samples are named instead`);
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && /\.jpg$|^simulated.*\.png$/.test(entry.name)).map((entry) => join(entry.parentPath, entry.name)).sort();
  return { paths: spread(all.filter((each) => folder === originals || each.endsWith('.png')), most), from: folder === originals ? 'JPEG photographs of blood cells, 360 × 363 px' : 'simulated blood cells, PNG' };
}

function framePaths(): { paths: string[]; from: string } {
  const folder = join(shared, 'data/cell-lines/frames');
  if (existsSync(folder)) return { paths: readdirSync(folder).filter((name) => name.endsWith('.png')).sort().slice(0, 3).map((name) => join(folder, name)), from: 'photographs of cultures' };
  console.log(`SKIPPED photographs of cultures: there is no ${folder}; a drawn frame is searched instead`);
  const discs = Array.from({ length: 300 }, (_, i) => ({ x: 40 + 70 * (i % 19), y: 40 + 62 * Math.floor(i / 19), radius: 10 + ((i * 7) % 9) }));
  mkdirSync(path('build/bench/peers'), { recursive: true });
  const file = path('build/bench/peers/frame.png');
  writeFileSync(file, greyPng(1408, 1040, drawDiscs(1408, 1040, discs)));
  return { paths: [file], from: 'drawn discs, 300 of them' };
}

/** A rival that cannot be opened is told and stays in the table with its reason. */
async function measure(rivals: readonly Rival[], turns: number): Promise<Figures[]> {
  const open: [Rival, Contestant, Figures][] = [];
  const all: Figures[] = [];
  try {
    for (const rival of rivals) {
      const figures: Figures = { rival, ms: [], networkMs: [], labels: [], memory: NaN, sent: NaN, first: [] };
      all.push(figures);
      try {
        open.push([rival, await rival.open(), figures]);
      } catch (error) {
        const [line = ''] = (error as Error).message.split('\n');
        figures.rival = { ...rival, note: `could not be run: ${line.slice(0, 200)}` };
        console.log(`NOT RUN ${rival.title}, ${rival.where}: ${(error as Error).message}`);
      }
    }
    // The first turn of each does not count: code is still compiled in it.
    for (let round = -1; round < turns; round++) {
      const order = open.map((_, i) => open[(i + Math.max(0, round)) % open.length] as (typeof open)[number]);
      for (const [, contestant, figures] of round % 2 === 0 ? order : order.toReversed()) {
        const { labels, ms, networkMs } = await contestant.turn();
        figures.labels = labels;
        if (round >= 0) figures.ms.push(...ms);
        if (round >= 0) figures.networkMs.push(...networkMs);
      }
    }
    for (const [, contestant, figures] of open) {
      figures.memory = await contestant.memory_bytes();
      figures.sent = await contestant.sentBytes();
    }
    for (let visit = 0; visit < visits; visit++) for (const [, contestant, figures] of open) figures.first.push(await contestant.firstVerdict());
  } finally {
    for (const [, contestant] of open) await contestant.close();
  }
  return all;
}

/** The whole page with everything around it, to its first verdict; times per image are those of its pipeline. */
async function measurePage(image: string): Promise<Figures> {
  const server = await startServer({ folder: dist, host: '127.0.0.1', port: 0 });
  const figures: Figures = { rival: { title: 'Cytodrop, the whole page', where: 'Chromium', answers: 'none', note: 'the site as it is published, with its self-test' }, ms: [], networkMs: [], labels: [], memory: NaN, sent: NaN, first: [] };
  try {
    const wire = await countBytes(Number(new URL(server.url).port));
    await inFreshBrowser(async (page) => void (await timeToVerdict(page, wire.url, image)));
    figures.sent = wire.sent();
    wire.close();
    for (let visit = 0; visit < visits; visit++) await inFreshBrowser(async (page) => void figures.first.push(await timeToVerdict(page, server.url, image)));
  } finally {
    await server.close();
  }
  return figures;
}

const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
};
const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const known = (value: number, words: (value: number) => string): string => (Number.isFinite(value) ? words(value) : '–');

function tableOf(all: readonly Figures[], empty: Record<Rival['where'], number>, unit: string, lastColumn: string, agreement: (figures: Figures) => string): string[][] {
  return [
    ['', 'where', `ms ${unit}`, 'fastest', 'quartiles', 'its network, fastest', 'MB of memory', 'MB to the first verdict', 's to the first verdict', lastColumn, 'what it is'],
    ...all.map((figures) => {
      const { rival: { title, where, note }, ms, networkMs, memory, sent, first } = figures;
      return [
        title, where, known(median(ms), digits), known(Math.min(...ms), digits), ms.length > 0 ? `${digits(quantile(ms, 0.25))}–${digits(quantile(ms, 0.75))}` : '–',
        known(Math.min(...networkMs), digits), known((memory - empty[where]) / 1e6, (value) => value.toFixed(0)), known(sent / 1e6, (value) => value.toFixed(2)), known(median(first) / 1000, (value) => value.toFixed(2)), agreement(figures), note,
      ];
    }),
  ];
}

function markdownOf(rows: readonly string[][]): string {
  const [header = [], ...body] = rows.map((row) => `| ${row.join(' | ')} |`);
  return [header, `|${'---|'.repeat(rows[0]?.length ?? 0)}`, ...body].join('\n');
}

const chosen = (rivals: readonly Rival[]): Rival[] => rivals.filter(({ title }) => options.only === undefined || title.startsWith('Cytodrop') || title.toLowerCase().includes(options.only.toLowerCase()));

const [load = 0] = loadavg();
install();
const [images, frames] = [imagePaths(), framePaths()];
const empty = { Chromium: NaN, Node: NaN };
for (const rival of baselines(images.paths)) {
  const contestant = await rival.open();
  await contestant.turn();
  empty[rival.where] = await contestant.memory_bytes();
  await contestant.close();
}
const naming = await measure(chosen(await namingRivals(images.paths, 360)), rounds);
const ours = naming.find(({ rival: { answers } }) => answers === 'ours');
const agreement = ({ rival: { answers }, labels }: Figures): string => {
  if (answers === 'none' || labels.length === 0) return '–';
  return `${labels.filter((label, i) => label === ours?.labels[i]).length} of ${labels.length}`;
};
naming.splice(1, 0, await measurePage(images.paths[0] ?? ''));
const finding = await measure(chosen(findingRivals(frames.paths)), rounds);

const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' }).format(new Date());
const about = `${date}, ${cpus().length} cores of ${cpus()[0]?.model ?? 'a processor'}, ${InChromium.version}, Node ${process.version.slice(1)}; ${rounds} turns of ${images.paths.length} images each, ${visits} visits; load of the machine ${load.toFixed(1)} when it began${load > 1 ? ', **not quiet: of the times only the fastest say something**' : ''}`;
const tables: [string, string[][]][] = [
  [`${images.paths.length} ${images.from}, named one after the other`, tableOf(naming, empty, 'an image', 'same type as Cytodrop', agreement)],
  [`${frames.paths.length} frames of 1408 × 1040 px, ${frames.from}, cells found in each`, tableOf(finding, empty, 'a frame', 'cells found', ({ labels }) => (labels.length > 0 ? labels.join(', ') : '–'))],
];
console.log(`\n${about}`);
for (const [title, rows] of tables) {
  console.log(`\n${title}`);
  printTable(rows);
}
if (options.write) {
  if (options.only !== undefined) throw new Error('--write needs all rivals: leave --only out');
  const file = path('docs/benchmarks.md');
  const [begin, end] = ['<!-- from here written by npm run bench:peers -- --write -->', '<!-- to here -->'];
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no place for the tables: ${begin} and ${end}`);
  const body = tables.map(([title, rows]) => `${title}:\n\n${markdownOf(rows)}`).join('\n\n');
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n\n${about}.\n\n${body}\n\n${text.slice(to)}`);
  console.log('\nWritten into docs/benchmarks.md');
}
process.exit(0);
