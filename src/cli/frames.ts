/** Frames with many cells on the command line: the cells as text, their outlines as files, or the count of a culture. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Box, type Chamber, type Classifier, type Countable, countCulture, detectorOf, type ExportContext, exportCount, type ExportFormat, frameFileName, type FrameChoice, type FrameOptions, type FrameRecord, framesHead,
  framesRecord, framesTail, leftToLook, type ModelSpec, scalingFor, searchFor, searchMethods, type SearchSettings, toGeoJson, toRoiZip,
} from '../js/index.ts';
import { UsageError } from './exit.ts';
import { between, detectorOption, oneOf, place, wholeBetween } from './options.ts';
import { type Task, warn } from './output.ts';
import { reportTiles } from './progress.ts';

/** As commander gives them. */
export interface FrameOptionValues {
  detect?: true;
  pixelSize?: number;
  page?: number;
  channel?: string;
  series?: string;
  z?: number;
  t?: number;
  projection?: 'max' | 'mean';
  level?: number;
  region?: Box;
  method?: SearchSettings['method'];
  minDiameter?: number;
  maxDiameter?: number;
  sensitivity?: number;
  detector?: string;
  geojson?: string;
  rois?: string;
  count?: true;
  squareMm?: number;
  depthMm?: number;
  dilution?: number;
}

export function frameOptions(command: Command): Command {
  const number = (flags: string, words: string, parse: (text: string) => unknown): Option => new Option(flags, words).argParser(parse);
  return command
    .optionsGroup('Frames with many cells:')
    .option('--detect', 'find the cells of each image first; every cell has a line of its own')
    .addOption(number('--pixel-size <um>', 'µm per px, whatever the files say; --min-diameter and --max-diameter are in µm where it is known, else in px', between(1e-4, 1e4)))
    .addOption(number('--page <n>', 'picture of a file with several, from 1 (the default)', wholeBetween(1, 1000)))
    .addOption(number('--channel <n>', 'channel of a file that has them one by one, by its number from 1 or its name; unless told, as the file has them, of a microscope\'s file the one that is named as brightfield', numberOrName))
    .addOption(number('--series <n>', 'scene, position or image of a file with several, by its number from 1 or its name', numberOrName))
    .addOption(number('--z <n>', 'plane of a stack, from 1; unless told, of a microscope\'s file the sharpest', wholeBetween(1, 1_000_000)))
    .addOption(number('--t <n>', 'point in time, from 1', wholeBetween(1, 1_000_000)))
    .addOption(number('--projection <name>', 'max or mean of all planes of a stack, in place of one', oneOf(['max', 'mean'])))
    .addOption(number('--level <n>', 'of a file with smaller copies of itself, as slides have, from 1, the full size (the default)', wholeBetween(1, 100)))
    .addOption(number('--region <box>', 'a part of each frame alone: left,top,width,height in px of the level', asRegion))
    .addOption(number('--method <name>', 'how cells are found: network_round or network_adherent (by a network for cells in suspension, or for spread, attached ones), round or adherent (without a '
      + 'network); unless told, as the model says, else what a quick look at each frame finds most with, else round', oneOf(searchMethods)))
    .addOption(detectorOption())
    .addOption(number('--min-diameter <d>', 'of a cell; unless told, as the model says, else as a quick look at each frame finds, else 8', between(0, 1e5)))
    .addOption(number('--max-diameter <d>', 'of a cell; unless told, as the model says, else as a quick look at each frame finds, else 60', between(0, 1e5)))
    .addOption(number('--sensitivity <s>', '0 to 1, 0.5 unless told: how faint a cell may be', between(0, 1)))
    .option('--geojson <folder>', 'write each frame\'s outlines there, as QuPath imports them', place)
    .option('--rois <folder>', 'write each frame\'s outlines there, as a zip that ImageJ\'s ROI Manager opens', place)
    .optionsGroup('The count of a culture, for a model of two classes:')
    .option('--count', 'write the count instead of the cells; each frame shows one square of the chamber')
    .addOption(number('--square-mm <mm>', 'side of the square; without it there are shares and no cells per ml', between(1e-3, 100)))
    .addOption(number('--depth-mm <mm>', '0.1 unless told', between(1e-4, 100)))
    .addOption(number('--dilution <n>', '1 unless told; 2 for equal parts of culture and dye', between(1, 1e6)));
}

export interface FrameJob {
  frames: Omit<FrameOptions, 'search' | 'look'>;
  /** What to search for where this model names the cells. Raises: UsageError. */
  searchIn: (spec: ModelSpec) => Pick<FrameOptions, 'search' | 'look'>;
  /** Folders that receive a file for each frame. */
  geojson: string | undefined;
  rois: string | undefined;
  /** Write the count instead of the cells; `chamber` null: shares only. */
  count: { chamber: Chamber | null } | undefined;
}

/** Raises: InvalidArgumentError. */
function numberOrName(text: string): string {
  if (text.trim() !== '' && Number.isFinite(Number(text))) wholeBetween(1, 1_000_000)(text);
  return text;
}

/** Raises: InvalidArgumentError. */
function asRegion(text: string): Box {
  const [left_px = NaN, top_px = NaN, width_px = NaN, height_px = NaN, ...more] = text.split(',').map(Number);
  const numbers = [left_px, top_px, width_px, height_px];
  if (more.length > 0 || !numbers.every((one) => Number.isInteger(one) && one >= 0) || width_px < 1 || height_px < 1) throw new InvalidArgumentError('four whole numbers, as in 0,0,2000,1500.');
  return { left_px, top_px, width_px, height_px };
}

/** Undefined without --detect, where none of the others may be there. Raises: UsageError. */
export function frameJob({ detect, count, ...values }: FrameOptionValues): FrameJob | undefined {
  assertInPlace({ detect, count, ...values });
  if (!detect) return undefined;
  if (values.detector !== undefined && values.method !== undefined && detectorOf(values.method) === undefined) throw new UsageError(`--detector: ${values.method} takes no network; network_round and network_adherent do.`);
  const { squareMm, depthMm = 0.1, dilution = 1 } = values;
  return {
    frames: { choice: choiceAsked(values), pixelSizeUm: values.pixelSize ?? null, classify: true },
    searchIn: (spec) => ({ search: searchAsked(searchFor(spec), values), look: leftToLook(spec, searchSet(values)) }), geojson: values.geojson, rois: values.rois,
    count: count ? { chamber: squareMm === undefined ? null : { squareMm, depthMm, dilution } } : undefined,
  };
}

/** Options of the count need it, and all need --detect. */
function assertInPlace({ detect, count, ...values }: { detect: true | undefined; count: true | undefined } & Omit<FrameOptionValues, 'detect' | 'count'>): void {
  const flags = {
    pixelSize: 'pixel-size', page: 'page', channel: 'channel', series: 'series', z: 'z', t: 't', projection: 'projection', level: 'level', region: 'region', method: 'method', minDiameter: 'min-diameter', maxDiameter: 'max-diameter', sensitivity: 'sensitivity', detector: 'detector', geojson: 'geojson',
    rois: 'rois', squareMm: 'square-mm', depthMm: 'depth-mm', dilution: 'dilution',
  } as const;
  const ofCount = ['squareMm', 'depthMm', 'dilution'];
  const stray = (Object.keys(flags) as (keyof typeof flags)[]).find((option) => values[option] !== undefined && (!detect || (!count && ofCount.includes(option))));
  if (stray !== undefined || (count && !detect)) throw new UsageError(`--${stray === undefined ? 'count' : flags[stray]}: needs ${!detect ? '--detect' : '--count'}.`);
}

function choiceAsked({ page = 1, channel, series, z, t, level, region, projection }: FrameOptionValues): FrameChoice {
  const isNumber = channel !== undefined && /^\d+$/.test(channel) && Number(channel) >= 1;
  const named = { ...(series !== undefined && { series }), ...(channel !== undefined && !isNumber && { channel }), ...(z !== undefined && { z }), ...(t !== undefined && { t }) };
  return {
    page: page - 1, channel: isNumber ? Number(channel) - 1 : -1, ...(Object.keys(named).length > 0 && { named }), ...(level !== undefined && { level: level - 1 }), ...(region && { region }),
    ...(projection && { projection }),
  };
}

function searchSet({ detector, method = detector === undefined ? undefined : 'network_round', minDiameter, maxDiameter, sensitivity }: FrameOptionValues): Partial<SearchSettings> {
  return {
    ...(method !== undefined && { method }), ...(minDiameter !== undefined && { least_diameter: minDiameter }), ...(maxDiameter !== undefined && { most_diameter: maxDiameter }),
    ...(sensitivity !== undefined && { sensitivity }),
  };
}

function searchAsked(search: SearchSettings, values: FrameOptionValues): SearchSettings {
  const asked = { ...search, ...searchSet(values) };
  if (asked.least_diameter > asked.most_diameter) throw new UsageError('--min-diameter: must not be larger than --max-diameter.');
  return asked;
}

/** Warns of each thing that a person must know once. */
export function frameTask(classifier: Classifier, job: FrameJob, format: ExportFormat, context: () => ExportContext): Task<FrameRecord> {
  const { spec } = classifier;
  const { possible, warning } = scalingFor(spec, null);
  if (!possible && warning !== null) warn(warning);
  const frames = { ...job.frames, ...job.searchIn(spec), classify: job.frames.classify && possible };
  const { named, level, region, projection } = job.frames.choice;
  // Columns are the same for all rows, and the head is written before the first file is read.
  const told = (): ExportContext => ({ ...context(), ...((named ?? level ?? region ?? projection) !== undefined && { parts: true as const }) });
  const said = new Set<string>();
  const counted: Countable[] = [];
  return {
    results: (images, signal) => classifier.analyseFrames(images, { ...frames, signal, onProgress: (_, done, all, of) => { if (of === 'tiles') reportTiles(done, all); } }),
    head: () => (job.count ? '' : framesHead(format, told())),
    record: async (record, position) => {
      if (record.status === 'ok') {
        for (const { core: { left_px, top_px, width_px, height_px }, message } of record.tiles?.unread ?? []) warn(`${record.path}: the tile of ${width_px} × ${height_px} px at ${left_px}, ${top_px} has no cells: ${message}`);
        const sentence = frames.classify ? scalingFor(spec, record.settings.pixel_size_um).warning : null;
        if (sentence !== null && !said.has(sentence)) warn(sentence);
        said.add(sentence ?? '');
        if (job.geojson !== undefined) await put(job.geojson, `${frameFileName(record, context())}.geojson`, toGeoJson(record, context()));
        if (job.rois !== undefined) await put(job.rois, `${frameFileName(record, context())}.zip`, toRoiZip(record, context()));
      }
      if (!job.count) return framesRecord(format, record, position, told());
      // Of thousands of frames only what is counted is kept.
      counted.push(record.status === 'ok' ? { status: 'ok', cells: record.cells.map(({ verdict }) => (verdict ? { verdict: { label: verdict.label, unsure: verdict.unsure, foreign: verdict.foreign } } : {})) } : record);
      return '';
    },
    tail: (complete) => (job.count ? exportCount(format, countCulture(counted, spec, job.count.chamber), job.count.chamber, context()) : framesTail(format, complete)),
  };
}

async function put(folder: string, name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), content);
}
