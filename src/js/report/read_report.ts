/** Reads an exported report, which may come from anybody. */
import { readVerdict, isRecord, type Report, type ReportedCell, type ReportedModel } from './report.ts';
import { leastImageScale, mostImageScale } from '../model/spec.ts';
import { readFrames } from './read_frames.ts';
import { schemaNames } from './schema_names.ts';

const mostReportBytes = 200_000_000;

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
  const { schema, model, settings, selection, complete, cells, frames } = document;
  refuseLater(schema, Array.isArray(frames) ? 'frames' : 'cells', incomplete);
  if (!isRecord(model) || !isRecord(settings)) throw incomplete;
  const unsureBelow = settings['unsure_below'];
  if (typeof unsureBelow !== 'number') throw incomplete;
  const types = settings['types'] ?? null;
  if (types !== null && !(Array.isArray(types) && types.length >= 2 && types.every((id) => typeof id === 'string'))) throw incomplete;
  const imageScale = settings['image_scale'] ?? 1;
  if (typeof imageScale !== 'number' || !(imageScale >= leastImageScale && imageScale <= mostImageScale)) throw incomplete;
  const { turns, map } = isRecord(settings['checks']) ? settings['checks'] : {};
  const second = isRecord(document['second_model']) ? readModel(document['second_model'], ['network_sha256', 'head_sha256'], incomplete) : null;
  const head = { model: readModel(model, ['spec_sha256', 'network_sha256', 'head_sha256', 'novelty_sha256'], incomplete), second, checks: { turns: turns === true, map: map === true }, imageScale, asked: { unsureBelow, types: types as string[] | null }, partial: isRecord(selection) || complete === false };
  if (Array.isArray(frames)) return { of: 'frames', ...head, ...readFrames(frames, incomplete) };
  if (!Array.isArray(cells)) throw incomplete;
  const read = cells.filter((cell) => isRecord(cell) && cell['status'] === 'ok').map((cell) => readCell(cell as Record<string, unknown>, incomplete));
  return { of: 'cells', ...head, cells: read, unread: cells.length - read.length };
}

/** A report without a schema is older than all schemas, and is read as well. */
function refuseLater(schema: unknown, of: 'cells' | 'frames', incomplete: Error): void {
  const own = schemaNames[of];
  if (schema === undefined || schema === own) return;
  const stem = own.slice(0, own.lastIndexOf('/') + 1);
  const later = typeof schema === 'string' && schema.startsWith(stem) && Number(schema.slice(stem.length)) > Number(own.slice(stem.length));
  throw later ? new Error('The report was exported by a later version of Cytodrop; check it with that.') : incomplete;
}

function readModel({ name, ...rest }: Record<string, unknown>, sumKeys: readonly string[], incomplete: Error): ReportedModel {
  if (typeof name !== 'string') throw incomplete;
  const sum = (key: string): string | null => (typeof rest[key] === 'string' ? rest[key] : null);
  return { name, sums: Object.fromEntries(sumKeys.map((key) => [key, sum(key)])) };
}

function readCell(cell: Record<string, unknown>, incomplete: Error): ReportedCell {
  const { file, pixels_sha256: pixelsSha256 } = cell;
  if (typeof file !== 'string' || typeof pixelsSha256 !== 'string') throw incomplete;
  return { file, pixelsSha256, ...readVerdict(cell, incomplete) };
}
