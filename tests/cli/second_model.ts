/** A second model of the same types for the tests: the tiny one under another name, where asked with two of its types exchanged. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, tinyModel } from '../border/fixtures.ts';
import type { ModelSpec } from '../../src/js/model/spec.ts';

/** Gone when the test file has run. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-second-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  return join(folder, 'tiny-second');
}

/**
 * Args:
 *   swap: what the first calls a disc this one calls a bar, and the other way round.
 *   folder: receives the model; unless told, one of its own.
 * Returns: reads its files.
 */
export async function writeSecondModel(swap: boolean, folder = temporaryFolder()): Promise<(file: string) => Promise<Uint8Array>> {
  cpSync(fileURLToPath(new URL(tinyModel, root)), folder, { recursive: true });
  const other = (id: string): string => (swap ? ({ disc: 'bar', bar: 'disc' }[id] ?? id) : id);
  const change = <Content>(file: string, make: (content: Content) => void): void => {
    const content = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Content;
    make(content);
    writeFileSync(join(folder, file), JSON.stringify(content));
  };
  change<ModelSpec>('spec.json', (spec) => {
    spec.name = folder.split('/').at(-1) ?? '';
    spec.title = 'Drawn shapes, again';
    for (const one of spec.classes) one.id = other(one.id);
  });
  change<{ cases: { label: string }[] }>('golden/golden.json', ({ cases }) => { for (const one of cases) one.label = other(one.label); });
  return async (file) => new Uint8Array(readFileSync(join(folder, file)));
}
