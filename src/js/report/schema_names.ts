/**
 * The schema that an export says it follows: a name and a version, the same in CSV, JSON and NDJSON.
 *
 * The version rises when a field goes, or its name or meaning changes, not when one is added. Exports that name no schema are older than
 * all of these. `schemas` beside this file has them, docs/exports.md says what each field means.
 */
export const schemaNames = {
  cells: 'cytodrop/cells/2',
  frames: 'cytodrop/frames/2',
  count: 'cytodrop/count/2',
  outlines: 'cytodrop/outlines/2',
  measurement: 'cytodrop/measurement/1',
  summary: 'cytodrop/summary/1',
  inspection: 'cytodrop/inspection/1',
} as const;
