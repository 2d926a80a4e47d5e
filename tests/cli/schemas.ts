/** Exports against the schemas that are written down, for the tests of the command line and of the page. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root } from '../border/fixtures.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';
import type { ExportFormat } from '../../src/js/report/export_cells.ts';
import { parseCsv } from './fixtures.ts';

/** A schema, as far as the tests read it. */
export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  const?: unknown;
  required?: string[];
  columns?: string[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  items?: Schema;
  allOf?: Schema[];
  oneOf?: Schema[];
}

const folder = new URL('src/js/report/schemas/', root);
export const schemas = Object.fromEntries(readdirSync(folder).map((file) => [file.replace('.schema.json', ''), JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Schema]));

const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false, keywords: ['columns'] });
for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(schema, `${name}.schema.json`);

/** What a value has against a schema, in words; empty: nothing. */
export function faults(name: string, value: unknown): string {
  const matches = ajv.getSchema(`${name}.schema.json`) ?? assert.fail(`There is no schema "${name}".`);
  return matches(value) ? '' : ajv.errorsText(matches.errors);
}

export function follows(name: string, value: unknown): void {
  const words = faults(name, value);
  assert.ok(words === '', `${name}: ${words}\n${JSON.stringify(value).slice(0, 1000)}`);
}

export interface Asked { spec: ModelSpec; turns?: boolean; map?: boolean; second?: boolean; review?: boolean; scaled?: boolean; types?: boolean; foreignSet?: boolean; added?: boolean; parts?: boolean; planes?: boolean }

/** Names of the columns of a CSV file, in order: those of each check only where it was asked for. */
export function columnsOf(name: string, { spec, turns, map, second, review, scaled, types, foreignSet, added, parts, planes }: Asked): string[] {
  const { columns = [] } = schemas[name] ?? {};
  const absent = Object.entries({ turns, map, second, review }).filter(([, asked]) => !asked).flatMap(([check]) => Object.keys(schemas['parts']?.$defs?.[check]?.properties ?? assert.fail(check)));
  if (!scaled) absent.push('image_scale');
  if (!types) absent.push('types');
  if (!foreignSet) absent.push('foreign_set');
  if (!added) absent.push('model_author', 'model_spec_sha256');
  if (!parts && !planes) absent.push('series', 'z', 't', 'channel_name');
  if (!parts) absent.push('level', 'overview', 'region_left_px', 'region_top_px', 'region_width_px', 'region_height_px', 'projection');
  return columns.filter((column) => !absent.includes(column)).flatMap((column) => (column === 'p_{id}' ? spec.classes.map(({ id }) => `p_${id}`) : [column]));
}

/** The part that a reference names. */
export function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.split('/').pop() ?? '';
  return schemas['parts']?.$defs?.[name] ?? assert.fail(schema.$ref);
}

/** Schemas of a field, wherever in an object's schema it stands. */
function fieldsOf(schema: Schema, field: string): Schema[] {
  const { properties = {}, patternProperties = {}, allOf = [], oneOf = [] } = resolve(schema);
  const own = properties[field] ?? Object.entries(patternProperties).find(([pattern]) => new RegExp(pattern).test(field))?.[1];
  return [...(own ? [resolve(own)] : []), ...[...allOf, ...oneOf].flatMap((part) => fieldsOf(part, field))];
}

/** A row of CSV with its values read as the schema's description says. */
export function typedRow(name: string, row: Record<string, string>): Record<string, unknown> {
  const read = (column: string, text: string): unknown => {
    if (text === '') return null;
    const types = fieldsOf(schemas[name] as Schema, column).flatMap(({ type = [] }) => type);
    if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
    return (types.includes('number') || types.includes('integer')) && !Number.isNaN(Number(text)) ? Number(text) : text;
  };
  return Object.fromEntries(Object.entries(row).map(([column, text]) => [column, read(column, text)]));
}

/**
 * Fails where an export, or a row or line of it, does not follow its schema.
 *
 * Args:
 *   asked: whether the images were a foreign set follows from the text unless told.
 * Returns: how many records it has: rows, lines, or entries of its list.
 */
export function followsSchema(of: 'cells' | 'frames' | 'count', format: ExportFormat, text: string, { foreignSet = text.includes('foreign_set'), ...rest }: Asked): number {
  const asked = { foreignSet, ...rest };
  if (format === 'csv') {
    assert.equal(text.slice(0, text.indexOf('\r\n')), columnsOf(`${of}_row`, asked).join());
    const rows = parseCsv(text);
    for (const row of rows) follows(`${of}_row`, typedRow(`${of}_row`, row));
    return rows.length;
  }
  const lines = format === 'json' ? [text] : text.trimEnd().split('\n');
  const documents = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const document of documents) follows(format === 'json' || of === 'count' ? of : `${of}_line`, document);
  return format === 'json' && of !== 'count' ? (documents[0]?.[of] as unknown[]).length : documents.length;
}
