/** axe-core in the page, and what it must find: nothing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { CellPage } from './site.ts';

export const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core')).replace(/axe\.js$/, 'axe.min.js'), 'utf8');
/** A tile's name is its verdict in words; the letter beside them, drawn for the eye, would be noise to the ear. */
const options = { resultTypes: ['violations', 'passes'], rules: { 'label-content-name-mismatch': { enabled: false } } };

/** Asserts that nothing is wrong with what the page shows now. */
export async function assertAccessible(page: CellPage, view: string): Promise<void> {
  for (const scheme of ['light', 'dark']) {
    await page.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
    const { violations, passes } = (await page.page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as AxeResults;
    assert.ok(passes.length >= 20, `${view}: only ${passes.length} rules had something to look at`);
    assert.deepEqual(violations.map(({ id, nodes }) => `${view}, ${scheme}: ${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`), []);
  }
}
