/**
 * Writes tests/golden/learn/bits.f64: every number that the built core learns from the cells of scripts/golden_learn.py, as raw
 * little-endian float64. Natively and as WebAssembly it must be the same to the last bit.
 *
 *     scripts/build && node scripts/golden_learn_bits.ts
 */
import { writeFileSync } from 'node:fs';
import { floatsOf, jsonOf, openModule, root } from '../tests/border/fixtures.ts';
import { bitsOfLearning, type GoldenLessons, lessonsOf } from '../tests/border/golden_lessons.ts';

const folder = 'tests/golden/learn';
const file = new URL(`${folder}/bits.f64`, root);
const lessons = lessonsOf(jsonOf<GoldenLessons>(`${folder}/cases.json`), floatsOf(`${folder}/features.f32`), floatsOf(`${folder}/turned.f32`), false);
const bits = bitsOfLearning(await openModule(), lessons);
writeFileSync(file, bits);
console.log(`${bits.length} numbers, ${bits.byteLength} bytes`);
