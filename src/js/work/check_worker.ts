/** Checks a report of frames: each frame is searched and its cells are classified anew. */
import type { Box } from '#cytodrop_core';
import { CytodropError } from '../core/errors.ts';
import { overlap } from '../frames/cells.ts';
import { type FrameCell, type FrameChoice, pictureKey, wholeFile } from '../frames/frame.ts';
import type { CheckedFile, CheckedFrame } from '../report/check_frames.ts';
import { morphometryFields } from '../report/morphometry_fields.ts';
import { sixDecimals } from '../report/provenance.ts';
import { type Difference, type FrameReport, type ModelsNow, type ReportedFrame, type ReportedFrameCell, tellVerdict } from '../report/report.ts';
import type { FrameHost, OpenFrame } from './frame.ts';
import { fileByFile, signalOf, withOpenFrame } from './frame_worker.ts';
import type { PoolWorker, Run } from './pool.ts';

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
  const found = new Map(frames.map(({ choice }) => [pictureKey(choice), choice]));
  return found.size === 0 ? [wholeFile] : [...found.values()];
}

/** Checks one open frame against those of the report that have its pixels. */
async function checkFrame(held: OpenFrame, report: FrameReport, positions: readonly number[], now: ModelsNow, run: Run): Promise<CheckedFrame[]> {
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

async function differencesOf(held: OpenFrame, reported: ReportedFrame, { asked, checks, partial }: FrameReport, models: ModelsNow, run: Run): Promise<Difference[]> {
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
    const { cells, detector } = await held.search(reported.settings);
    tell('network that finds cells (SHA-256)', reported.detector, detector?.sha256 ?? null);
    found = cells;
  } catch (error) {
    if (!(error instanceof CytodropError && error.code === 'invalid_argument')) throw error;
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
  // A selection leaves cells out.
  for (const { box } of partial ? [] : byBox.values()) {
    if (!reported.removedBoxes.some((other) => overlap(box, other) > 0.5)) tell(`a cell, ${boxWords(box)}`, 'not there', 'found', -differences.length - 1);
  }
  for (const { before, now } of there.filter(({ before: { byHand } }) => !byHand)) {
    const name = `cell ${before.number}: `;
    tell(`${name}area in px`, before.areaPx, sixDecimals(now.areaPx), before.number);
    const measured = morphometryFields(now, reported.settings.pixel_size_um);
    for (const [field, value] of Object.entries(before.measured)) tell(`${name}${field.replaceAll('_', ' ')}`, value, measured[field], before.number);
    tell(`${name}search score`, before.searchScore, now.searchScore === null ? null : sixDecimals(now.searchScore), before.number);
    tell(`${name}cut by the border`, before.cutByBorder, now.cutByBorder, before.number);
  }
  const named = there.filter(({ before: { verdict } }) => verdict !== null);
  if (models.spec.frame === undefined) {
    for (const { before } of named) tell(`cell ${before.number}: type`, before.verdict?.mostLike, 'not classified', before.number);
    return differences;
  }
  let next = 0;
  const onVerdicts = (some: readonly FrameCell[]): void => {
    for (const { verdict } of some) {
      const { before } = named[next++] as (typeof named)[number];
      if (before.verdict && verdict) tellVerdict(before.verdict, verdict, asked, models, (what, was, now) => tell(`cell ${before.number}: ${what}`, was, now, before.number));
    }
  };
  await held.classify(named.map(({ now }) => now), { pixelSizeUm: reported.settings.pixel_size_um, checks, signal: signalOf(run), onVerdicts });
  return differences;
}

/** A cell that a person added: its box is all that matters. */
function cellOf({ box, areaPx, cutByBorder, number }: ReportedFrameCell): FrameCell {
  return { id: number, box, outline: new Float32Array(), areaPx, searchScore: null, cutByBorder };
}

const keyOf = ({ left_px, top_px, width_px, height_px }: Box): string => [left_px, top_px, width_px, height_px].join();
const boxWords = ({ left_px, top_px, width_px, height_px }: Box): string => `${width_px} × ${height_px} px at ${left_px}, ${top_px}`;
