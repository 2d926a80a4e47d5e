/** Where results come from: what made them, of what, with which settings, and whether another run gives the same. */
import { kindOf, rejudge } from './verdict.ts';
import type { CellRecord, ModelSpec } from './types.ts';

/** What an export tells beside its results. */
export interface Provenance {
  commit: string;
  /** The browser's own words for itself, or Node's version. */
  platform: string;
  /** ISO 8601, UTC. */
  time: string;
  /** SHA-256 of the model's spec.json; null where the browser cannot compute it. */
  specSha256: string | null;
}

/** Browsers compute it on secure pages only: null elsewhere. */
export async function sha256(bytes: Uint8Array): Promise<string | null> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) return null;
  // A view of shared memory or of part of a buffer is copied.
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Browsers offer SHA-256 on secure pages only; elsewhere (http on a local network) the self-test stands alone.
 *
 * Raises: Error, in words for a person, when the file is another.
 */
export async function checkSum(file: string, bytes: Uint8Array, expected: string): Promise<void> {
  const hex = await sha256(bytes);
  if (hex !== null && hex !== expected) {
    throw new Error(`The model file ${file} is not the one its spec names (SHA-256 ${hex.slice(0, 12)}…). Reload, or set the model up again.`);
  }
}

/** One cell of an exported report, as far as it is checked. */
interface ReportedCell {
  file: string;
  pixels_sha256: string;
  label: string;
  verdict: string;
  probability: number;
  novelty: number | null;
  probabilities: Record<string, number>;
}

export interface Report {
  model: { name: string; sums: Record<string, string | null> };
  unsureBelow: number;
  cells: ReportedCell[];
  /** Files that could not be read then, which have no pixels to know them by. */
  unread: number;
}

export interface Difference { file: string; what: string; reported: string; now: string }

export interface CheckResult {
  reproduced: boolean;
  /** Cells of the report that were found among the images. */
  compared: number;
  differences: Difference[];
  /** Of the report, by its names: no image with these pixels was given. */
  missing: string[];
  /** Images given that the report does not have. */
  surplus: number;
}

const mostReportBytes = 200_000_000;
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads an exported JSON document; untrusted input is safe.
 *
 * Raises: Error, in words for a person, where it is none or lacks what a check needs.
 */
export function readReport(text: string): Report {
  if (text.length > mostReportBytes) throw new Error('The report is too large.');
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error('The report is not JSON. Choose a file that was exported as JSON.');
  }
  const incomplete = new Error('This JSON file is no report of Cytodrop, or of a version too old to be checked.');
  if (!isRecord(document)) throw incomplete;
  const { model, settings, cells } = document;
  if (!isRecord(model) || typeof model['name'] !== 'string' || !isRecord(settings) || !Array.isArray(cells)) throw incomplete;
  const unsureBelow = settings['unsure_below'];
  if (typeof unsureBelow !== 'number') throw incomplete;
  const read = cells.filter((cell) => isRecord(cell) && cell['status'] === 'ok').map((cell) => readCell(cell as Record<string, unknown>, incomplete));
  const sum = (key: string): string | null => (typeof model[key] === 'string' ? model[key] : null);
  return {
    model: { name: model['name'], sums: Object.fromEntries(sumKeys.map((key) => [key, sum(key)])) },
    unsureBelow, cells: read, unread: cells.length - read.length,
  };
}

const sumKeys = ['spec_sha256', 'network_sha256', 'head_sha256', 'novelty_sha256'];

function readCell(cell: Record<string, unknown>, incomplete: Error): ReportedCell {
  const { file, pixels_sha256, label, verdict, probability, novelty, probabilities } = cell;
  if (
    typeof file !== 'string' || typeof pixels_sha256 !== 'string' || typeof label !== 'string' || typeof verdict !== 'string' ||
    typeof probability !== 'number' || (novelty !== null && typeof novelty !== 'number') || !isRecord(probabilities)
  ) throw incomplete;
  return { file, pixels_sha256, label, verdict, probability, novelty, probabilities: probabilities as Record<string, number> };
}

/**
 * Compares a report with what the same images give now. They are known by their pixels, not by their names.
 *
 * Args:
 *   specSha256: of the model in use; null where it is not known.
 */
export function checkReport(report: Report, records: readonly CellRecord[], spec: ModelSpec, specSha256: string | null): CheckResult {
  const differences: Difference[] = [];
  const tell = (file: string, what: string, reported: unknown, now: unknown): void => {
    if (reported !== now) differences.push({ file, what, reported: String(reported), now: String(now) });
  };
  tell('', 'model', report.model.name, spec.name);
  const sums: Record<string, string | null> = {
    spec_sha256: specSha256, network_sha256: spec.network.sha256, head_sha256: spec.head.sha256, novelty_sha256: spec.novelty?.sha256 ?? null,
  };
  for (const key of sumKeys) {
    if (key !== 'spec_sha256' || specSha256 !== null) tell('', `model's ${key.replace('_sha256', '')} file (SHA-256)`, report.model.sums[key], sums[key]);
  }
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
    const now = rejudge(cell, report.unsureBelow);
    tell(old.file, 'type', old.label, now.label);
    tell(old.file, 'verdict', old.verdict, kindOf(now));
    tell(old.file, 'probability', old.probability, sixDecimals(now.probability));
    tell(old.file, 'distance from the training images', old.novelty, now.novelty === null ? null : sixDecimals(now.novelty));
    spec.classes.forEach(({ id }, i) => tell(old.file, `probability of ${id}`, old.probabilities[id], sixDecimals(now.probabilities[i] ?? NaN)));
  }
  const reported = new Set(report.cells.map(({ pixels_sha256 }) => pixels_sha256));
  const surplus = cells.filter(({ pixelsSha256 }) => !reported.has(pixelsSha256 ?? '')).length;
  return { reproduced: differences.length === 0 && missing.length === 0 && compared > 0, compared, differences, missing, surplus };
}

/** Six decimals: what page and command line must agree on. */
export function sixDecimals(value: number): number {
  return Number(value.toFixed(6));
}

/** The result of a check in one sentence. */
export function checkWords({ reproduced, compared, differences, missing }: CheckResult): string {
  if (reproduced) return `Reproduced: all ${compared} cells give the same results to the sixth decimal.`;
  const cells = new Set(differences.map(({ file }) => file).filter((file) => file !== '')).size;
  const parts = [
    differences.some(({ file }) => file === '') ? 'the model is another' : '',
    cells > 0 ? `${cells} of ${compared} cells differ` : '',
    missing.length > 0 ? `${missing.length} of ${compared + missing.length} cells have no image here` : '',
  ].filter((part) => part !== '');
  return `Not reproduced: ${parts.join('; ') || 'the report holds no cells'}.`;
}
