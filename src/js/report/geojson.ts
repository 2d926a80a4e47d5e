/** The cells of a frame as GeoJSON, which QuPath reads. */
import type { FrameAnalysis, FrameCell } from '../frames/frame.ts';
import { addedFields, type ExportContext, modelOf, researchNote } from './export_cells.ts';
import { morphometryFields } from './morphometry_fields.ts';
import { type Analysis, polygon, standing } from './outlines.ts';
import { reviewFields } from '../review/review.ts';
import { classColour } from './palette.ts';
import { toFullSize } from './part_fields.ts';
import { sixDecimals } from './provenance.ts';
import { schemaNames } from './schema_names.ts';

/**
 * The outlines of one frame's cells as QuPath imports them: a FeatureCollection of Polygons in px of the whole picture at full size, origin top left.
 *
 * Source: RFC 7946; QuPath 0.4 and newer for the properties.
 */
export function toGeoJson(analysis: Analysis, context: ExportContext): string {
  return [...geoJsonPieces(analysis, context)].join('');
}

/** The same in pieces, of a cell at most. */
export function* geoJsonPieces(analysis: Analysis, context: ExportContext): Generator<string> {
  yield '{"type":"FeatureCollection","features":[';
  for (const [i, cell] of analysis.cells.entries()) {
    const feature = {
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [ring(cell, analysis)] },
      properties: {
        objectType: 'detection',
        name: String(i + 1),
        ...classification(analysis, cell, context),
        ...(context.reviewOf && { most_like: cell.verdict?.label ?? null, ...reviewFields(context.reviewOf(analysis.index, cell.id)) }),
        measurements: measurements(analysis, cell, context),
      },
    };
    yield `${i > 0 ? ',' : ''}${JSON.stringify(feature)}`;
  }
  const byHand = { added_by_hand: analysis.cells.filter(({ searchScore }) => searchScore === null).length, removed_by_hand: analysis.removedBoxes?.length ?? 0 };
  yield `],${JSON.stringify({ ...byHand, ...(context.added && { model: modelOf(context), ...addedFields(context) }), note: researchNote, schema: schemaNames.outlines }).slice(1)}\n`;
}

function classification(analysis: Analysis, cell: FrameCell, context: ExportContext): object {
  const result = standing(analysis, cell, context);
  if (result === undefined) return {};
  const colour = classColour(result.index);
  return { classification: { name: result.name, color: [colour >> 16, (colour >> 8) & 255, colour & 255] } };
}

function measurements({ settings }: FrameAnalysis, cell: FrameCell, { spec }: ExportContext): Record<string, number> {
  const um = settings.pixel_size_um;
  return {
    'Area px^2': sixDecimals(cell.areaPx),
    ...(um !== null && { 'Area um^2': sixDecimals(cell.areaPx * um * um) }),
    ...Object.fromEntries(Object.entries(morphometryFields(cell, um)).flatMap(([name, value]) => (value === null ? [] : [[measurementName(name), value]]))),
    ...(cell.searchScore !== null && { 'Search score': sixDecimals(cell.searchScore) }),
    ...Object.fromEntries(cell.verdict === undefined ? [] : spec.classes.map(({ name }, i) => [`Probability ${name}`, sixDecimals(cell.verdict?.probabilities[i] ?? NaN)])),
  };
}

/** `equivalent_diameter_px` as QuPath shows such names: `Equivalent diameter px`. */
function measurementName(field: string): string {
  return field.charAt(0).toUpperCase() + field.slice(1).replaceAll('_', ' ');
}

/** Closed, as RFC 7946 wants it; an outline clockwise on the screen, where y grows downwards, is counterclockwise to it. */
function ring(cell: FrameCell, analysis: Analysis): number[][] {
  const points = polygon(cell).map(toFullSize(analysis)).map(([x, y]) => [hundredths(x), hundredths(y)]);
  return [...points, points[0] as number[]];
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
