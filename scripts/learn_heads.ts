/**
 * Learns heads by the built core from features that a script wrote, and names others by them: for scripts/measure_teaching.py.
 *
 *     node scripts/learn_heads.ts FOLDER
 *
 * For each NAME.json of the folder, { labels, types, blocks, tested }: NAME.features and NAME.turned are float32 [labels][D], NAME.tested is
 * float32 [tested][D]. Writes NAME.named.json: { named, cross_validated, strength }.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lessons } from '#cytodrop_core';
import { floats, namedBy, openCore, value } from './learned.ts';

interface Written { labels: number[]; types: number; blocks: number[]; tested: number }

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('a folder is needed');
const core = await openCore();

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json') && !name.endsWith('.named.json'))) {
  const name = join(folder, file.replace(/\.json$/, ''));
  const { labels, types, blocks } = JSON.parse(readFileSync(`${name}.json`, 'utf8')) as Written;
  const lessons: Lessons = {
    features: floats(`${name}.features`), turned: floats(`${name}.turned`), blocks: Int32Array.from(blocks), labels: Int32Array.from(labels), groups: Int32Array.from(labels.keys()), known: new Float64Array(), types,
  };
  const head = value(core.learn_head(lessons, null));
  const plan = value(core.plan_lessons(lessons));
  const parts = Array.from({ length: plan.parts }, (_, part) => value(core.leave_part_out({ ...lessons, groups: plan.groups }, part)));
  const crossValidated = parts.reduce((sum, { curve }) => sum + (curve.at(-1)?.balanced_accuracy ?? 0) / parts.length, 0);
  writeFileSync(`${name}.named.json`, JSON.stringify({ named: namedBy(head, floats(`${name}.tested`)), cross_validated: crossValidated, strength: head.strength }));
}
