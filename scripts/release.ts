/** Makes what a release consists of, in build/release: the site as a zip, the npm package, and the checksums of both. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packSite, sha256Of } from './package_site.ts';

const root = join(import.meta.dirname, '..');

/**
 * Args:
 *   folder: a checkout.
 * Returns: why nothing may be released from it, in words; undefined where it may.
 */
export function refusal(folder: string): string | undefined {
  const git = (...words: string[]): string => execFileSync('git', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain');
    return changed === '' ? undefined : `These files differ from the last commit; commit them or take them away first:\n${changed}`;
  } catch {
    return 'This is no git checkout, so that nobody could say what the release was made from.';
  }
}

/**
 * Builds the site and the package anew and packs them: the same bytes for the same commit and the same tools.
 *
 * Args:
 *   folder: where they go; emptied first.
 * Returns: paths of the zip, the package and the checksums.
 */
export async function makeRelease(folder: string): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true });
  // The page tells its commit, which is no file that the build could find newer.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  execFileSync(join(root, 'scripts/build'), { stdio: ['ignore', 'ignore', 'inherit'] });
  // Vite, which it imports, is there only once scripts/setup has run.
  const { buildPackage } = await import('./build_package.ts');
  const packed = [await packSite(folder), await buildPackage(folder)];
  const sums = join(folder, `${basename(packed[0] ?? '', '.zip')}.sha256`);
  writeFileSync(sums, packed.map((path) => `${sha256Of(readFileSync(path))}  ${basename(path)}\n`).join(''));
  return [...packed, sums];
}

if (import.meta.main) {
  const reason = refusal(root);
  if (reason !== undefined) {
    console.error(`release: ${reason}`);
    process.exit(1);
  }
  const [zip = '', npm = '', sums = ''] = await makeRelease(join(root, 'build/release'));
  const sized = (path: string): string => `${path} (${(statSync(path).size / 1e6).toFixed(1)} MB)`;
  const version = basename(zip, '.zip').replace('cytodrop-', '');
  console.log(`
${readFileSync(sums, 'utf8')}
To upload, with the tag v${version} on this commit and its section of CHANGELOG.md as the text:
  ${sized(zip)}
  ${sized(npm)}
  ${sums}
To npm: npm publish ${npm}
Anybody who runs scripts/release on this commit with the same tools gets the same checksums.`);
}
