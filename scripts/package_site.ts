/** Packs dist/ for somebody's own server: build/cytodrop-VERSION.zip. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { securityHeaders } from '../web/security_headers.ts';

const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * Args:
 *   folder: where the zip goes, made where it is missing.
 * Returns: path of the zip, which holds one folder.
 */
export function packSite(folder: string): string {
  const name = `cytodrop-${version}`;
  const packed = join(folder, name);
  rmSync(packed, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'dist'), packed, { recursive: true, filter: (path) => !/\.(br|gz)$/.test(path) });
  cpSync(join(root, 'LICENSE'), join(packed, 'LICENSE.txt'));
  writeFileSync(join(packed, 'README.txt'), readme());
  const paths = readdirSync(packed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => relative(packed, join(entry.parentPath, entry.name))).sort();
  const sums = paths.map((path) => `${createHash('sha256').update(readFileSync(join(packed, path))).digest('hex')}  ${path}\n`);
  writeFileSync(join(packed, 'sha256sums.txt'), sums.join(''));
  // CMake is there to build the core, and packs the same everywhere.
  execFileSync('cmake', ['-E', 'tar', 'cf', `${name}.zip`, '--format=zip', '--mtime=2000-01-01', name], { cwd: folder });
  return join(folder, `${name}.zip`);
}

function readme(): string {
  const headers = Object.entries(securityHeaders);
  return `Cytodrop ${version}
For research and teaching; not for diagnosis.

A web page that names the types of cells in microscope images. Everything is computed in
the visitor's browser; the server only hands out these files and receives no image.

To serve it, copy this folder to any web server. There is no program to run on the
server, no database and no request to another site. To try it on one computer:

  python3 -m http.server --bind 127.0.0.1 8080

and open http://127.0.0.1:8080/. A double click on index.html does not work: browsers
load no program parts from a file: address.

Serve it by https. Only then (or at localhost) does the browser keep the page for use
without a connection; by plain http the page works, but needs the server at every visit.
Everything may lie in a folder of the server: all addresses are relative.

Headers. The page brings its rules along (a Content Security Policy in index.html, and
its service worker adds the rest from the second visit on). Better is a server that sends
them with every file:

nginx
${headers.map(([header, value]) => `  add_header ${header} "${value}" always;`).join('\n')}

Apache (mod_headers)
${headers.map(([header, value]) => `  Header always set ${header} "${value}"`).join('\n')}

A new version: replace all files at once. A page that is open goes on with the old one
and offers the new one to its visitor.

Without a browser: node cytodrop.mjs --help (Node 18 or newer).
To check that every file is as it was packed: sha256sum -c sha256sums.txt
`;
}

if (import.meta.main) console.log(packSite(join(root, 'build')));
