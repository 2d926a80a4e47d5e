/** Checks a report of frames: each is searched again with the settings that the report names, and its cells are classified anew. */
import { CoreError } from './errors.ts';
import { defaultSearch, fileByFile, overlap, searchFor, wholeFile, withOpenFrame, type FrameHost, type HeldFrame } from './frames.ts';
import type { PoolWorker, Run } from './pool.ts';
import { sixDecimals } from './provenance.ts';
import {
  isRecord, modelDifferences, readVerdict, sharedNames, tellVerdict, uncheckedWords, type CheckResult, type Difference, type FrameReport, type ModelsNow, type ReportedFrame, type ReportedFrameCell,
} from './report.ts';
import type { Box, DetectSettings, FrameCell, FrameChoice, ModelSpec } from './types.ts';

/** What one frame of the report came to. */
export interface CheckedFrame {
  /** In the report. */
  position: number;
  cells: number;
  addedByHand: number;
  notClassified: number;
  differences: Difference[];
}

/** The frames of the report that a file holds; none where its pixels are not in it. */
export interface CheckedFile { status: 'ok'; frames: CheckedFrame[] }

/** Raises: `incomplete` where the list lacks what a check needs. */
export function readFrames(frames: readonly unknown[], incomplete: Error): { frames: ReportedFrame[]; unread: number } {
  const readable = frames.filter((frame) => !(isRecord(frame) && frame['status'] === 'error'));
  return { frames: readable.map((frame) => readFrame(frame, incomplete)), unread: frames.length - readable.length };
}

function readFrame(frame: unknown, incomplete: Error): ReportedFrame {
  if (!isRecord(frame)) throw incomplete;
  const { frame: file, page, channel, pixels_sha256: sum, search, removed_by_hand: removed, damaged, cells, frame_width_px: width, frame_height_px: height, pixel_size_from_file_um: ownSize } = frame;
  if (
    typeof file !== 'string' || !isCount(page) || !(channel === null || isCount(channel)) || !(sum === null || typeof sum === 'string') || !isRecord(search) || !Array.isArray(removed) ||
    typeof damaged !== 'boolean' || !Array.isArray(cells) || !isCount(width) || !isCount(height) || !(ownSize === null || typeof ownSize === 'number')
  ) throw incomplete;
  const { detector, ...settings } = search;
  return {
    file, choice: { page: page - 1, channel: channel === null ? -1 : channel - 1 }, pixelsSha256: sum, damaged, widthPx: width, heightPx: height, pixelSizeFromFileUm: ownSize,
    // What a setting may be is the core's to say.
    settings: { ...defaultSearch, pixel_size_um: null, ...settings } as DetectSettings, detector: isRecord(detector) ? String(detector['sha256']) : null,
    removed: removed.map((box) => readBox(box, incomplete)), cells: cells.map((cell) => readCell(cell, incomplete)),
  };
}

function readCell(cell: unknown, incomplete: Error): ReportedFrameCell {
  if (!isRecord(cell)) throw incomplete;
  const { cell: number, status, box, area_px: areaPx, search_score: score, by_hand: byHand, cut_by_border: cutByBorder } = cell;
  if (
    !isCount(number) || !['ok', 'not_classified'].includes(status as string) || typeof areaPx !== 'number' || !(score === null || typeof score === 'number') ||
    typeof byHand !== 'boolean' || typeof cutByBorder !== 'boolean' || byHand !== (score === null)
  ) throw incomplete;
  return { number, box: readBox(box, incomplete), areaPx, score, byHand, cutByBorder, verdict: status === 'ok' ? readVerdict(cell, incomplete) : null };
}

function readBox(box: unknown, incomplete: Error): Box {
  const [left_px, top_px, width_px, height_px] = Array.isArray(box) && box.length === 4 && box.every((side) => Number.isInteger(side) && Math.abs(side) < 1e6) ? (box as number[]) : [];
  if (left_px === undefined || top_px === undefined || !isCount(width_px) || !isCount(height_px)) throw incomplete;
  return { left_px, top_px, width_px, height_px };
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1 && (value as number) < 1e6;

/**
 * A worker's place in a pool that checks a report against files; the frames of the report are known by their pixels.
 *
 * Args:
 *   run: the pool's; when it is cancelled, the frame under way is not finished and counts as none.
 */
export function checkWorker(host: FrameHost, report: FrameReport, now: ModelsNow, run: Run): PoolWorker<CheckedFile> {
  const choices = distinctChoices(report.frames);
  const byPixels = new Map<string, number[]>();
  for (const [position, { pixelsSha256 }] of report.frames.entries()) {
    if (pixelsSha256 !== null) byPixels.set(pixelsSha256, [...(byPixels.get(pixelsSha256) ?? []), position]);
  }
  return fileByFile(async (file) => {
    const frames: CheckedFrame[] = [];
    for (const choice of choices) {
      // A worker takes the bytes that it is handed.
      const bytes = file instanceof Uint8Array && choices.length > 1 ? file.slice() : file;
      const outcome = await withOpenFrame(host, bytes, choice, async (held) => ({ status: 'ok' as const, frames: await checkFrame(held, report, byPixels.get((await held.pixelsSha256()) ?? '') ?? [], now, run) }));
      if (outcome.status === 'ok') frames.push(...outcome.frames);
      else if (outcome.code !== 'invalid_argument') return outcome;
    }
    return { status: 'ok', frames };
  });
}

/** The pages and channels that the report speaks of. */
function distinctChoices(frames: readonly ReportedFrame[]): FrameChoice[] {
  const found = new Map(frames.map(({ choice }) => [`${choice.page} ${choice.channel}`, choice]));
  return found.size === 0 ? [wholeFile] : [...found.values()];
}

/** Checks one open frame against those of the report that have its pixels. */
async function checkFrame(held: HeldFrame, report: FrameReport, positions: readonly number[], now: ModelsNow, run: Run): Promise<CheckedFrame[]> {
  const checked: CheckedFrame[] = [];
  for (const position of positions) {
    const reported = report.frames[position] as ReportedFrame;
    const { cells } = reported;
    const differences = await differencesOf(held, reported, report, now, run);
    if (run.cancelled) return [];
    const count = (of: (cell: ReportedFrameCell) => boolean): number => cells.filter(of).length;
    checked.push({ position, cells: cells.length, addedByHand: count(({ byHand }) => byHand), notClassified: count(({ verdict }) => verdict === null), differences });
  }
  return checked;
}

async function differencesOf(held: HeldFrame, reported: ReportedFrame, { unsureBelow, checks }: FrameReport, models: ModelsNow, run: Run): Promise<Difference[]> {
  const { file } = reported;
  const differences: Difference[] = [];
  const tell = (what: string, before: unknown, now: unknown, cell?: number): void => {
    if (before !== now) differences.push({ file, what, reported: String(before), now: String(now), ...(cell !== undefined && { cell }) });
  };
  const { image, damaged, pixel_size_um } = held.facts;
  tell('size', `${reported.widthPx} × ${reported.heightPx} px`, `${image.width_px} × ${image.height_px} px`);
  tell('pixel size that the file states', reported.pixelSizeFromFileUm, pixel_size_um);
  tell('damaged', reported.damaged, damaged);
  let found: FrameCell[];
  try {
    const { cells, detector } = await held.detect(reported.settings);
    tell('network that finds cells (SHA-256)', reported.detector, detector?.sha256 ?? null);
    found = cells;
  } catch (error) {
    if (!(error instanceof CoreError && error.code === 'invalid_argument')) throw error;
    tell('settings', JSON.stringify(reported.settings), `not possible: ${error.message}`);
    return differences;
  }
  const byBox = new Map(found.map((cell) => [keyOf(cell.box), cell]));
  const there: { before: ReportedFrameCell; now: FrameCell }[] = [];
  for (const before of reported.cells) {
    const now = before.byHand ? cellOf(before) : byBox.get(keyOf(before.box));
    if (now === undefined) tell(`cell ${before.number}, ${boxWords(before.box)}`, 'found', 'not found', before.number);
    else there.push({ before, now });
    byBox.delete(before.byHand ? '' : keyOf(before.box));
  }
  for (const { box } of byBox.values()) {
    if (!reported.removed.some((other) => overlap(box, other) > 0.5)) tell(`a cell, ${boxWords(box)}`, 'not there', 'found', -differences.length - 1);
  }
  for (const { before, now } of there.filter(({ before: { byHand } }) => !byHand)) {
    const name = `cell ${before.number}: `;
    tell(`${name}area in px`, before.areaPx, sixDecimals(now.areaPx), before.number);
    tell(`${name}search score`, before.score, now.score === null ? null : sixDecimals(now.score), before.number);
    tell(`${name}cut by the border`, before.cutByBorder, now.cutByBorder, before.number);
  }
  const named = there.filter(({ before: { verdict } }) => verdict !== null);
  if (models.spec.frame === undefined) {
    for (const { before } of named) tell(`cell ${before.number}: type`, before.verdict?.label, 'not classified', before.number);
    return differences;
  }
  let next = 0;
  await held.classify(named.map(({ now }) => now), reported.settings.pixel_size_um, (some) => {
    for (const { verdict } of some) {
      const { before } = named[next++] as (typeof named)[number];
      if (before.verdict && verdict) tellVerdict(before.verdict, verdict, unsureBelow, models, (what, was, now) => tell(`cell ${before.number}: ${what}`, was, now, before.number));
    }
  }, run, checks);
  return differences;
}

/** A cell that a person added: its box is all that matters. */
function cellOf({ box, areaPx, cutByBorder, number }: ReportedFrameCell): FrameCell {
  return { id: number, box, outline: new Float32Array(), areaPx, score: null, cutByBorder };
}

const keyOf = ({ left_px, top_px, width_px, height_px }: Box): string => [left_px, top_px, width_px, height_px].join();
const boxWords = ({ left_px, top_px, width_px, height_px }: Box): string => `${width_px} × ${height_px} px at ${left_px}, ${top_px}`;

/**
 * Sums up what `checkWorker` found of a report of frames.
 *
 * Args:
 *   files: the frames of the report that each image given turned out to be, and its path; null: it could not be read.
 */
export function checkFrameReport(report: FrameReport, files: readonly { path: string; frames: readonly CheckedFrame[] | null }[], now: ModelsNow): CheckResult {
  // Several files may have the same pixels and say different things beside them: the one that fits best is told.
  const checked = new Map<number, CheckedFrame>();
  for (const frame of files.flatMap(({ frames }) => frames ?? [])) {
    const other = checked.get(frame.position);
    if (other === undefined || frame.differences.length < other.differences.length) checked.set(frame.position, frame);
  }
  const found = [...checked.values()].sort((a, b) => a.position - b.position);
  const sum = (of: (frame: CheckedFrame) => number): number => found.reduce((total, frame) => total + of(frame), 0);
  const differences = [...modelDifferences(report, now), ...found.flatMap((frame) => frame.differences)];
  const missing = report.frames.filter((_, position) => !checked.has(position)).map(({ file }) => file);
  const byHand: [number, string][] = [
    [sum(({ addedByHand }) => addedByHand), 'added'], [sum(({ position }) => report.frames[position]?.removed.length ?? 0), 'removed'],
  ];
  const edits = byHand.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`).join(' and ');
  const notClassified = sum((frame) => frame.notClassified);
  const unknown = report.frames.filter(({ pixelsSha256 }) => pixelsSha256 === null).length;
  const notes = [
    ...(edits === '' ? [] : [`Cells changed by hand, as the report says: ${edits}. The added ones were classified again; that they are cells, and that the removed ones are none, is a person's word.`]),
    ...settingsWords(found.map(({ position }) => report.frames[position] as ReportedFrame), now.spec),
    ...(notClassified === 0 ? [] : [`${notClassified} cells of the report were not classified then; their places were compared.`]),
    ...(found.length === 0 ? [] : uncheckedWords(report, { turns: true, map: true, second: now.second !== undefined })),
    ...(unknown === 0 ? [] : [`${unknown} frames of the report have no hash of their pixels, by which they could be known.`]),
  ];
  return {
    of: 'frames', reproduced: differences.length === 0 && missing.length === 0 && found.length > 0, compared: sum(({ cells }) => cells), frames: found.length, differences, missing,
    otherPixels: sharedNames(missing, files.map(({ path }) => path)), surplus: files.filter(({ frames }) => frames?.length === 0).length, notes,
  };
}

/** In which way the frames were searched that is not the model's own, one sentence for each way. */
function settingsWords(frames: readonly ReportedFrame[], spec: ModelSpec): string[] {
  const own = searchFor(spec);
  const counts = new Map<string, number>();
  for (const { settings: { pixel_size_um, ...search }, pixelSizeFromFileUm } of frames) {
    const ways = Object.entries(search).filter(([key, value]) => own[key as keyof typeof own] !== value).map(([key, value]) => `${key.replaceAll('_', ' ')} ${String(value)}, not ${String(own[key as keyof typeof own])}`);
    if (pixel_size_um !== pixelSizeFromFileUm) ways.push(`a pixel size of ${pixel_size_um} µm given by hand`);
    if (ways.length > 0) counts.set(ways.join('; '), (counts.get(ways.join('; ')) ?? 0) + 1);
  }
  return [...counts].map(([ways, count]) => `${count === 1 ? 'One frame was' : `${count} frames were`} searched with settings other than the model's own, and so ${count === 1 ? 'it is' : 'they are'} here: ${ways}.`);
}
