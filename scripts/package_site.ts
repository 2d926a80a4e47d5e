/** Packs dist/ for somebody's own server: build/cytodrop-VERSION.zip. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import { securityHeaders } from '../web/security_headers.ts';

const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * Packs the site: the same bytes for the same files, whenever, wherever and by whomever it is packed.
 *
 * Args:
 *   folder: where the zip goes, made where it is missing.
 *   site: that is packed, as scripts/build_site.ts makes it.
 * Returns: path of the zip, which holds one folder.
 */
export async function packSite(folder: string, site = join(root, 'dist')): Promise<string> {
  const name = `cytodrop-${version}`;
  const files = new Map(readdirSync(site, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name)).map((path) => [relative(site, path), readFileSync(path)] as const));
  files.set('LICENSE.txt', readFileSync(join(root, 'LICENSE')));
  files.set('README.txt', Buffer.from(readme()));
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const sums = sorted.map(([path, bytes]) => `${sha256Of(bytes)}  ${path}\n`);
  // A zip tells the hour of the place where it was made: midnight everywhere.
  const packedAt = new Date(2000, 0, 1);
  const writer = new ZipWriter(new Uint8ArrayWriter(), { extendedTimestamp: false, lastModDate: packedAt, unixMode: 0o100644, useWebWorkers: false, level: 9 });
  for (const [path, bytes] of [...sorted, ['sha256sums.txt', Buffer.from(sums.join(''))] as const]) await writer.add(`${name}/${path}`, new Uint8ArrayReader(bytes));
  mkdirSync(folder, { recursive: true });
  const zip = join(folder, `${name}.zip`);
  writeFileSync(zip, await writer.close());
  return zip;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
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

and open http://127.0.0.1:8080/. A double click on index.html does not work, and says so:
browsers load no program parts from a file: address.

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

if (import.meta.main) console.log(await packSite(join(root, 'build')));
