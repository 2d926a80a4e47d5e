/** What the files beside the code say of it: one version, one licence, and what may not be sent. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { root } from '../border/fixtures.ts';

const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const { version, license, description } = JSON.parse(textOf('package.json')) as { version: string; license: string; description: string };

test('package.json, package-lock.json, CITATION.cff and CHANGELOG.md are of one version', () => {
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.equal((JSON.parse(textOf('package-lock.json')) as { version: string }).version, version);
  const [, cited] = /^version: "?([\d.]+)"?$/m.exec(textOf('CITATION.cff')) ?? [];
  assert.equal(cited, version);
  const versions = [...textOf('CHANGELOG.md').matchAll(/^## \[(.+?)\]/gm)].map(([, name]) => name).filter((name) => name !== 'Unreleased');
  assert.equal(versions[0], version);
});

test('CITATION.cff has what the format asks for, our licence, and the paper', () => {
  const citation = textOf('CITATION.cff');
  for (const line of ['cff-version: 1.2.0', 'type: software', `license: ${license}`]) assert.match(citation, new RegExp(`^${line.replaceAll('.', '\\.')}$`, 'm'));
  for (const key of ['message', 'title', 'authors', 'references']) assert.match(citation, new RegExp(`^${key}:`, 'm'));
  assert.ok(citation.includes(description));
  assert.match(citation, /doi: 10\.1063\/5\.0141730/);
});

test('each form for an issue says that nothing of a patient may be attached, and asks for it to be confirmed', () => {
  const folder = new URL('.github/ISSUE_TEMPLATE/', root);
  const forms = readdirSync(folder);
  assert.deepEqual(forms.sort(), ['feature.yml', 'unread_file.yml', 'wrong_verdict.yml']);
  for (const form of forms) {
    const text = readFileSync(new URL(form, folder), 'utf8');
    assert.match(text, /\*\*Attach no patient data/, form);
    assert.match(text, /type: checkboxes[\s\S]*comes from a patient or tells of one\.\n\s+required: true\n$/, form);
  }
});
