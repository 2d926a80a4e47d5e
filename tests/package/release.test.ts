/** No release is made of files that nobody can look up. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { refusal } from '../../scripts/release.ts';

test('a release is refused where files were changed, added or taken away, and outside git', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cytodrop-release-'));
  const git = (...words: string[]): string => execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...words], { cwd: folder, encoding: 'utf8' });
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  try {
    mkdirSync(join(folder, 'none'));
    assert.match(refusal(join(folder, 'none')) ?? '', /no git checkout/);
    rmSync(join(folder, 'none'), { recursive: true });
    git('init', '--quiet');
    put('a', '1');
    put('.gitignore', 'build\n');
    git('add', '.');
    git('commit', '--quiet', '--message', 'One');
    put('build', 'ignored');
    assert.equal(refusal(folder), undefined);
    put('a', '2');
    assert.match(refusal(folder) ?? '', /differ from the last commit.*\n.*\ba$/);
    put('a', '1');
    put('b', '1');
    assert.match(refusal(folder) ?? '', /\?\? b$/);
    rmSync(join(folder, 'b'));
    assert.equal(refusal(folder), undefined);
    rmSync(join(folder, 'a'));
    assert.match(refusal(folder) ?? '', /D a$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
