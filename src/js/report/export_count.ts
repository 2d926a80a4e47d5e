/** The count of a culture as a file, the same from the page and from the command line. */
import type { Chamber, CultureCount, Estimate } from '../frames/count.ts';
import { addedFields, csvLine, type ExportContext, type ExportFormat, modelOf, researchNote, selfTestWord } from './export_cells.ts';
import { sixDecimals } from './provenance.ts';
import { schemaNames } from './schema_names.ts';

/**
 * A count with its formulas: CSV with a line for each number, JSON, or JSON on one line.
 *
 * Args:
 *   chamber: what the count was made with.
 */
export function exportCount(format: ExportFormat, count: CultureCount, chamber: Chamber | null, context: ExportContext): string {
  if (format === 'csv') return countRows(count, context).map(csvLine).join('');
  const document = {
    schema: schemaNames.count, note: researchNote, software: { cytodrop: context.appVersion }, model: modelOf(context), ...addedFields(context), self_test: selfTestWord(context.selfTest),
    chamber: chamber && { square_mm: chamber.squareMm, depth_mm: chamber.depthMm, dilution: chamber.dilution }, culture: cultureFields(count),
  };
  return `${JSON.stringify(document, null, format === 'json' ? 2 : undefined)}\n`;
}

function cultureFields(count: CultureCount): object {
  return {
    frames: count.frames, frames_not_read: count.framesNotRead, cells: count.cells, added_by_hand: count.addedByHand, removed_by_hand: count.removedByHand,
    counts: Object.fromEntries(count.counts.map(({ id, cells }) => [id, cells])),
    unsure: count.unsure, foreign: count.foreign, not_classified: count.notClassified,
    share_of: count.counts[0]?.id, share: rounded(count.share), share_corrected: rounded(count.shareCorrected),
    per_ml: count.perMl && { all: rounded(count.perMl.all), [count.counts[0]?.id ?? '']: rounded(count.perMl.first) },
  };
}

function rounded(estimate: Estimate | null): object | null {
  if (estimate === null) return null;
  const { value, low95, high95, formula } = estimate;
  return { value: sixDecimals(value), low_95: sixDecimals(low95), high_95: sixDecimals(high95), formula };
}

function countRows(count: CultureCount, context: ExportContext): string[][] {
  const whole = (quantity: string, value: number): string[] => [quantity, String(value), '', '', ''];
  const estimated = (quantity: string, estimate: Estimate | null | undefined): string[] =>
    estimate ? [quantity, ...[estimate.value, estimate.low95, estimate.high95].map((value) => String(sixDecimals(value))), estimate.formula] : [quantity, '', '', '', ''];
  const [first] = count.counts;
  return [
    ['quantity', 'value', 'low_95', 'high_95', 'formula'],
    whole('frames', count.frames),
    whole('frames_not_read', count.framesNotRead),
    whole('cells', count.cells),
    whole('added_by_hand', count.addedByHand),
    whole('removed_by_hand', count.removedByHand),
    ...count.counts.map(({ id, cells }) => whole(id, cells)),
    whole('unsure', count.unsure),
    whole('foreign', count.foreign),
    whole('not_classified', count.notClassified),
    estimated(`share_${first?.id}`, count.share),
    estimated(`share_${first?.id}_corrected`, count.shareCorrected),
    ...(count.perMl ? [estimated('cells_per_ml', count.perMl.all), estimated(`${first?.id}_per_ml`, count.perMl.first)] : []),
    ['model', modelOf(context), '', '', ''],
    ...Object.entries(addedFields(context)).map(([quantity, value]) => [quantity, value ?? '', '', '', '']),
    ['self_test', selfTestWord(context.selfTest), '', '', ''],
    ['note', researchNote, '', '', ''],
    ['schema', schemaNames.count, '', '', ''],
  ];
}
