/** Reports: what an export says of its results, and whether the same images give them again. */
import type { Box, DetectSettings } from '#cytodrop_core';
import type { Checked, Checks } from '../classify/checks.ts';
import type { CellRecord, CellVerdict } from '../classify/outcome.ts';
import { asAsked, type Asked, kindOf } from '../classify/verdict.ts';
import type { FrameChoice } from '../frames/frame.ts';
import type { ModelSpec } from '../model/spec.ts';
import { checkedFields } from './checked_fields.ts';
import { sixDecimals } from './provenance.ts';

/** What an exported report says of a cell, as far as it is checked. */
export interface ReportedVerdict {
  /** Id of the most probable class; the type where the verdict is one. */
  mostLike: string;
  verdict: string;
  probability: number;
  novelty: number | null;
  probabilities: Record<string, number>;
  /** What was checked beyond the verdict, by the export's names; empty where nothing was. */
  checked: Record<string, unknown>;
}

/** One image of a single cell. */
export interface ReportedCell extends ReportedVerdict { file: string; pixelsSha256: string }

/** One cell of a frame; `measured`: what was measured of it beside the network, by the names of exports; `verdict` null: it was not classified. */
export interface ReportedFrameCell { number: number; box: Box; areaPx: number; measured: Record<string, unknown>; searchScore: number | null; byHand: boolean; cutByBorder: boolean; verdict: ReportedVerdict | null }

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
  /** Of cells that a person removed. */
  removedBoxes: Box[];
  cells: ReportedFrameCell[];
}

/** By what a report knows a model again; a sum is null where the report has none. */
export interface ReportedModel { name: string; sums: Record<string, string | null> }

interface ReportHead {
  model: ReportedModel;
  /** A model of the same types that was asked too. */
  second: ReportedModel | null;
  checks: Checks;
  /** Image px per px of the images that the model was trained on. */
  imageScale: number;
  /** Of every verdict. */
  asked: Asked;
  /** Files that could not be read then, which have no pixels to know them by. */
  unread: number;
  /** It holds a selection of the cells that there were. */
  partial: boolean;
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

/** Models in use, to compare a report's with, and the scale of the images; `specSha256` null: not known. */
export interface ModelsNow { spec: ModelSpec; specSha256: string | null; second: ModelSpec | undefined; imageScale: number }

/** Of fields of a second model's opinion in reports from before there were schemas. */
const oldNames = new Map([['second_type', 'second_most_like'], ['agree', 'second_agree']]);

/** Raises: `incomplete` where something is missing. */
export function readVerdict({ label, most_like: mostLike = label, verdict, probability, novelty, probabilities, ...others }: Record<string, unknown>, incomplete: Error): ReportedVerdict {
  if (
    typeof mostLike !== 'string' || typeof verdict !== 'string' || typeof probability !== 'number' || (novelty !== null && typeof novelty !== 'number') || !isRecord(probabilities)
  ) throw incomplete;
  return { mostLike, verdict, probability, novelty, probabilities: probabilities as Record<string, number>, checked: Object.fromEntries(Object.entries(others).map(([name, value]) => [oldNames.get(name) ?? name, value])) };
}

type Tell = (what: string, reported: unknown, now: unknown) => void;

/** Tells all that a cell's verdict consists of, as reported and as it is now under the report's threshold, and of its checks what both have. */
export function tellVerdict(
  reported: ReportedVerdict, cell: Pick<CellVerdict, 'label' | 'probability' | 'probabilities' | 'novelty' | 'quality' | 'foreign' | 'unsure' | keyof Checked>, asked: Asked, { spec, second }: ModelsNow, tell: Tell,
): void {
  const now = asAsked(cell, spec, asked);
  tell('type', reported.mostLike, now.label);
  tell('verdict', reported.verdict, kindOf(now));
  tell('probability', reported.probability, sixDecimals(now.probability));
  tell('distance from the training images', reported.novelty, now.novelty === null ? null : sixDecimals(now.novelty));
  spec.classes.forEach(({ id }, i) => tell(`probability of ${id}`, reported.probabilities[id], sixDecimals(now.probabilities[i] ?? NaN)));
  const columns = { checks: { turns: cell.turns !== undefined, map: cell.deletion !== undefined }, ...(cell.second && second && { secondModel: second }) };
  for (const [name, value] of Object.entries(checkedFields(cell, columns))) {
    if (name in reported.checked) tell(name.replaceAll('_', ' '), reported.checked[name], value);
  }
}

const sumsOf = ({ network, head, novelty }: ModelSpec, specSha256: string | null): Record<string, string | null> => ({
  spec_sha256: specSha256, network_sha256: network.sha256, head_sha256: head.sha256, novelty_sha256: novelty?.sha256 ?? null,
});

/** Differences between the models that a report names and those in use. */
export function modelDifferences({ model, second, imageScale }: Report, now: ModelsNow): Difference[] {
  const tell = (whose: string, before: ReportedModel, spec: ModelSpec, specSha256: string | null): Difference[] => {
    const sums = sumsOf(spec, specSha256);
    const told: [string, string | null | undefined, string | null | undefined][] = [
      // A browser calls a model otherwise that somebody added, where it has another of that name.
      ...(specSha256 !== null && before.sums['spec_sha256'] === specSha256 ? [] : [[whose, before.name, spec.name] as [string, string, string]]),
      ...Object.entries(before.sums).filter(([key]) => key !== 'spec_sha256' || specSha256 !== null)
        .map(([key, sum]): [string, string | null, string | null | undefined] => [`${whose}'s ${key.replace('_sha256', '')} file (SHA-256)`, sum, sums[key]]),
    ];
    return told.filter(([, reported, other]) => reported !== other).map(([what, reported, other]) => ({ file: '', what, reported: String(reported), now: String(other) }));
  };
  return [
    ...tell('model', model, now.spec, now.specSha256), ...(second && now.second ? tell('second model', second, now.second, null) : []),
    ...(imageScale === now.imageScale ? [] : [{ file: '', what: 'scale of the images', reported: String(imageScale), now: String(now.imageScale) }]),
  ];
}

/** Which checks of the report could not be compared, a sentence each. */
export function uncheckedWords({ checks, second }: Report, did: Checks & { second: boolean }): string[] {
  return [
    ...(checks.turns && !did.turns ? ['The report also says whether each type stays when the picture is turned. Choose “Check by turning” to compare that too.'] : []),
    ...(checks.map && !did.map ? ['The report also says how far each map explains its verdict, which the command line compares.'] : []),
    ...(second && !did.second ? [`The report also has the opinion of the model ${second.name}. Compare with that model to check it too.`] : []),
  ];
}

/** Compares a report with what the same images give now. They are known by their pixels, not by their names. */
export function checkReport(report: CellReport, records: readonly CellRecord[], now: ModelsNow): CheckResult {
  const differences = modelDifferences(report, now);
  const cells = records.filter((record) => record.status === 'ok');
  const byPixels = new Map(cells.map((cell) => [cell.pixelsSha256, cell]));
  const missing: string[] = [];
  let compared = 0;
  for (const old of report.cells) {
    const cell = byPixels.get(old.pixelsSha256);
    if (cell === undefined) {
      missing.push(old.file);
      continue;
    }
    compared++;
    tellVerdict(old, cell, report.asked, now, (what, before, value) => {
      if (before !== value) differences.push({ file: old.file, what, reported: String(before), now: String(value) });
    });
  }
  const reported = new Set(report.cells.map(({ pixelsSha256 }) => pixelsSha256));
  const did = { turns: cells.some(({ turns }) => turns !== undefined), map: cells.some(({ deletion }) => deletion !== undefined), second: cells.some(({ second }) => second !== undefined) };
  const surplus = cells.filter(({ pixelsSha256 }) => !reported.has(pixelsSha256 ?? '')).length;
  return {
    of: 'cells', reproduced: differences.length === 0 && missing.length === 0 && compared > 0, compared, frames: 0, differences, missing,
    otherPixels: sharedNames(missing, cells.map(({ path }) => path)), surplus, notes: compared > 0 ? uncheckedWords(report, did) : [],
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
