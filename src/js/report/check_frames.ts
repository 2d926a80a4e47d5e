/** What a report of frames came to when its frames were searched and classified anew. */
import { searchFor } from '../frames/search.ts';
import type { ModelSpec } from '../model/spec.ts';
import { modelDifferences, type CheckResult, type Difference, type FrameReport, type ModelsNow, type ReportedFrame, sharedNames, uncheckedWords } from './report.ts';

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
    [sum(({ addedByHand }) => addedByHand), 'added'], [sum(({ position }) => report.frames[position]?.removedBoxes.length ?? 0), 'removed'],
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
