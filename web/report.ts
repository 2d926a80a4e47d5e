/** Reports: what an export says of its results, and whether the same images give them again. */
import { sixDecimals } from './provenance.ts';
import type { Box, CellRecord, CellVerdict, DetectSettings, FrameChoice, ModelSpec } from './types.ts';
import { kindOf, rejudge } from './verdict.ts';

/** What an exported report says of a cell, as far as it is checked. */
export interface ReportedVerdict {
  label: string;
  verdict: string;
  probability: number;
  novelty: number | null;
  probabilities: Record<string, number>;
}

/** One image of a single cell. */
export interface ReportedCell extends ReportedVerdict { file: string; pixels_sha256: string }

/** One cell of a frame; `verdict` null: it was not classified. */
export interface ReportedFrameCell { number: number; box: Box; areaPx: number; score: number | null; byHand: boolean; cutByBorder: boolean; verdict: ReportedVerdict | null }

export interface ReportedFrame {
  file: string;
  pixelsSha256: string | null;
  choice: FrameChoice;
  widthPx: number;
  heightPx: number;
  pixelSizeFromFileUm: number | null;
  damaged: boolean;
  settings: DetectSettings;
  /** SHA-256 of the network that found the cells; null: none did. */
  detector: string | null;
  /** Boxes of cells that a person removed. */
  removed: Box[];
  cells: ReportedFrameCell[];
}

interface ReportHead {
  model: { name: string; sums: Record<string, string | null> };
  unsureBelow: number;
  /** Files that could not be read then, which have no pixels to know them by. */
  unread: number;
}

/** Of images of single cells. */
export interface CellReport extends ReportHead { of: 'cells'; cells: ReportedCell[] }
/** Of frames with many cells. */
export interface FrameReport extends ReportHead { of: 'frames'; frames: ReportedFrame[] }
export type Report = CellReport | FrameReport;

/** `cell`: its number in its frame; negative for one that the report does not have. */
export interface Difference { file: string; what: string; reported: string; now: string; cell?: number }

export interface CheckResult {
  of: Report['of'];
  reproduced: boolean;
  /** Cells of the report that were found among the images. */
  compared: number;
  /** Frames that were. */
  frames: number;
  differences: Difference[];
  /** Of the report, by its names: no image with these pixels was given. */
  missing: string[];
  /** Those of them whose name an image has that was given, with other pixels. */
  otherPixels: string[];
  /** Images given that the report does not have. */
  surplus: number;
  /** What else a person should know, in sentences. */
  notes: string[];
}

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

export const sumKeys = ['spec_sha256', 'network_sha256', 'head_sha256', 'novelty_sha256'];

/** Raises: `incomplete` where something is missing. */
export function readVerdict({ label, verdict, probability, novelty, probabilities }: Record<string, unknown>, incomplete: Error): ReportedVerdict {
  if (
    typeof label !== 'string' || typeof verdict !== 'string' || typeof probability !== 'number' || (novelty !== null && typeof novelty !== 'number') || !isRecord(probabilities)
  ) throw incomplete;
  return { label, verdict, probability, novelty, probabilities: probabilities as Record<string, number> };
}

type Tell = (what: string, reported: unknown, now: unknown) => void;

/** Tells all that a cell's verdict consists of, as reported and as it is now under the report's threshold. */
export function tellVerdict(reported: ReportedVerdict, cell: Pick<CellVerdict, 'label' | 'probability' | 'probabilities' | 'novelty' | 'quality' | 'foreign' | 'unsure'>, unsureBelow: number, spec: ModelSpec, tell: Tell): void {
  const now = rejudge(cell, unsureBelow);
  tell('type', reported.label, now.label);
  tell('verdict', reported.verdict, kindOf(now));
  tell('probability', reported.probability, sixDecimals(now.probability));
  tell('distance from the training images', reported.novelty, now.novelty === null ? null : sixDecimals(now.novelty));
  spec.classes.forEach(({ id }, i) => tell(`probability of ${id}`, reported.probabilities[id], sixDecimals(now.probabilities[i] ?? NaN)));
}

/** Differences between the model that a report names and the one in use, by its `specSha256` where that is known. */
export function modelDifferences(report: Report, spec: ModelSpec, specSha256: string | null): Difference[] {
  const sums: Record<string, string | null> = {
    spec_sha256: specSha256, network_sha256: spec.network.sha256, head_sha256: spec.head.sha256, novelty_sha256: spec.novelty?.sha256 ?? null,
  };
  const told: [string, string | null | undefined, string | null | undefined][] = [
    ['model', report.model.name, spec.name],
    ...sumKeys.filter((key) => key !== 'spec_sha256' || specSha256 !== null).map((key): [string, string | null | undefined, string | null | undefined] => [`model's ${key.replace('_sha256', '')} file (SHA-256)`, report.model.sums[key], sums[key]]),
  ];
  return told.filter(([, reported, now]) => reported !== now).map(([what, reported, now]) => ({ file: '', what, reported: String(reported), now: String(now) }));
}

/**
 * Compares a report with what the same images give now. They are known by their pixels, not by their names.
 *
 * Args:
 *   specSha256: of the model in use; null where it is not known.
 */
export function checkReport(report: CellReport, records: readonly CellRecord[], spec: ModelSpec, specSha256: string | null): CheckResult {
  const differences = modelDifferences(report, spec, specSha256);
  const cells = records.filter((record) => record.status === 'ok');
  const byPixels = new Map(cells.map((cell) => [cell.pixelsSha256, cell]));
  const missing: string[] = [];
  let compared = 0;
  for (const old of report.cells) {
    const cell = byPixels.get(old.pixels_sha256);
    if (cell === undefined) {
      missing.push(old.file);
      continue;
    }
    compared++;
    tellVerdict(old, cell, report.unsureBelow, spec, (what, reported, now) => {
      if (reported !== now) differences.push({ file: old.file, what, reported: String(reported), now: String(now) });
    });
  }
  const reported = new Set(report.cells.map(({ pixels_sha256 }) => pixels_sha256));
  const surplus = cells.filter(({ pixelsSha256 }) => !reported.has(pixelsSha256 ?? '')).length;
  return {
    of: 'cells', reproduced: differences.length === 0 && missing.length === 0 && compared > 0, compared, frames: 0, differences, missing,
    otherPixels: sharedNames(missing, cells.map(({ path }) => path)), surplus, notes: [],
  };
}

/** Those of the names that a path ends with. */
export function sharedNames(names: readonly string[], paths: readonly string[]): string[] {
  const last = (path: string): string => path.split(/[/\\]/).pop() ?? '';
  const given = new Set(paths.map(last));
  return names.filter((name) => given.has(last(name)));
}

/** The result of a check in one sentence. */
export function checkWords({ of, reproduced, compared, frames, differences, missing }: CheckResult): string {
  const inFrames = of === 'frames';
  const number = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
  const all = inFrames ? `all ${number(compared, 'cell')} of ${number(frames, 'frame')}` : `all ${compared} cells`;
  if (reproduced) return `Reproduced: ${all} give the same results to the sixth decimal.`;
  const ofFiles = differences.filter(({ file }) => file !== '');
  const distinct = (some: readonly Difference[]): number => new Set(some.map(({ file, cell }) => `${cell} ${file}`)).size;
  const [cells, surplus, rest] = inFrames
    ? [distinct(ofFiles.filter(({ cell = 0 }) => cell > 0)), distinct(ofFiles.filter(({ cell = 0 }) => cell < 0)), distinct(ofFiles.filter(({ cell }) => cell === undefined))]
    : [distinct(ofFiles), 0, 0];
  const total = (inFrames ? frames : compared) + missing.length;
  const parts = [
    differences.some(({ file }) => file === '') ? 'the model is another' : '',
    rest > 0 ? `${rest} of ${number(frames, 'frame')} read or searched otherwise` : '',
    cells > 0 ? `${cells} of ${number(compared, 'cell')} differ` : '',
    surplus > 0 ? `${number(surplus, 'cell')} found that the report does not have` : '',
    missing.length > 0 ? `${missing.length} of ${number(total, inFrames ? 'frame' : 'cell')} have no image here` : '',
  ].filter((part) => part !== '');
  return `Not reproduced: ${parts.join('; ') || `the report holds no ${of}`}.`;
}

/** Everything that is told below that sentence, a line each; the same on the page and on the command line. */
export function checkLines({ differences, missing, otherPixels, surplus, notes }: CheckResult): string[] {
  const others = new Set(otherPixels);
  return [
    ...differences.map(({ file, what, reported, now }) => `${file === '' ? 'model' : file}: ${what}: ${reported} in the report, ${now} now`),
    ...missing.map((file) => `${file}: ${others.has(file) ? 'the image of this name has other pixels' : 'none of the images has its pixels'}`),
    ...notes,
    ...(surplus > 0 ? [surplus === 1 ? 'One image is not in the report.' : `${surplus} images are not in the report.`] : []),
  ];
}
