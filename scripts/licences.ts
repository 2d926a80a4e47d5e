/** What others made that goes into the site and the package, with the notices that their licences ask for. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

interface Part { name: string; version: string; identifier: string | null; text: string | null }

/** What a build is to tell of the npm packages in its chunks: an option of Vite's. */
export function listedAs(build: string): { license: { fileName: string } } {
  return { license: { fileName: `licences-${build}.json` } };
}

/**
 * Writes licences.md.
 *
 * Args:
 *   folder: of the site or the package; what its builds told is read and taken away.
 *   extra: npm packages whose files are copied, or that are in the chunks of workers.
 * Raises: Error for a part without a notice.
 */
export function writeLicences(folder: string, extra: readonly string[]): void {
  const bundled = readdirSync(folder).filter((name) => /^licences-.*\.json$/.test(name)).flatMap((name) => {
    const parts = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Part[];
    rmSync(join(folder, name));
    return parts;
  });
  const parts = new Map([...bundled, ...extra.map(packagePart), ...coreParts()].map((part) => [part.name, part]));
  const sections = [...parts.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, version, identifier, text }) => {
    if (!text && !identifier) throw new Error(`${name} says nothing of its licence`);
    return [`## ${name} ${version}`.trim(), ...(identifier ? [`Licence: ${identifier}`] : []), ...(text ? ['```\n' + text.replace(/\r/g, '').replace(/```/g, "'''").trim() + '\n```'] : [])].join('\n\n');
  });
  const ours = `# Licences\n\nCytodrop is under the Apache License 2.0. It contains the following, each under its own licence. Trained networks have theirs on their cards.\n`;
  writeFileSync(join(folder, 'licences.md'), [ours, ...sections, ''].join('\n\n').replace(/\n{3,}/g, '\n\n'));
}

function packagePart(name: string): Part {
  const folder = join(root, 'node_modules', name);
  const { version, license = null, author = '', repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string; license?: string; author?: string | { name: string }; repository?: string | { url: string } };
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license'].map((one) => join(folder, one)).find((one) => existsSync(one));
  const about = [typeof author === 'string' ? author : author.name, typeof repository === 'string' ? repository : (repository?.url ?? '')].filter((one) => one !== '').join(', ');
  return { name, version, identifier: license, text: file ? readFileSync(file, 'utf8') : about };
}

/** What is compiled into the core and the further readers. */
function coreParts(): Part[] {
  const from = (name: string, version: string, identifier: string, file: string, cut?: (text: string) => string): Part => ({
    name, version, identifier, text: cut ? cut(readFileSync(file, 'utf8')) : readFileSync(file, 'utf8'),
  });
  // Where scripts/setup laid the distribution's source, else where CMake laid the authors' own.
  const source = (name: string): string => [join(root, 'build/deps', name), join(root, 'build/wasm/_deps', `${name}-src`)].find((folder) => existsSync(folder)) ?? '';
  const musl = join(emscriptenRoot(), 'system/lib/libc/musl');
  return [
    from('libjpeg-turbo', versionIn(join(source('libjpeg-turbo'), 'CMakeLists.txt'), /set\(VERSION ([\d.]+)\)/), 'IJG AND BSD-3-Clause AND Zlib', join(source('libjpeg-turbo'), 'LICENSE.md')),
    from('Independent JPEG Group’s software', '', 'IJG', join(source('libjpeg-turbo'), 'README.ijg'), (text) => /\nLEGAL ISSUES\n=+\n([^]*?)\nREFERENCES\n/.exec(text)?.[1] ?? ''),
    from('libtiff', readFileSync(join(source('tiff'), 'VERSION'), 'utf8').trim(), 'libtiff', join(source('tiff'), 'LICENSE.md')),
    from('zlib', versionIn(join(source('zlib'), 'zlib.h'), /ZLIB_VERSION "([\d.]+)/), 'Zlib', join(source('zlib'), 'zlib.h'), (text) => text.slice(text.indexOf('  Copyright (C)'), text.indexOf('*/'))),
    from('Zstandard', versionOf(join(source('libzstd'), 'lib/zstd.h'), /ZSTD_VERSION_(?:MAJOR|MINOR|RELEASE) +(\d+)/g), 'BSD-3-Clause', join(source('libzstd'), 'LICENSE')),
    from('libwebp', versionIn(join(source('libwebp'), 'configure.ac'), /AC_INIT\(\[libwebp\], \[([\d.]+)\]/), 'BSD-3-Clause', join(source('libwebp'), 'COPYING')),
    from('OpenJPEG', versionOf(join(source('openjpeg2'), 'CMakeLists.txt'), /OPENJPEG_VERSION_(?:MAJOR|MINOR|BUILD) (\d+)/g), 'BSD-2-Clause', join(source('openjpeg2'), 'LICENSE')),
    from('XZ Utils', versionOf(join(source('xz-utils'), 'src/liblzma/api/lzma/version.h'), /LZMA_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)/g), 'public domain', join(source('xz-utils'), 'COPYING')),
    from('LERC', versionOf(join(source('lerc'), 'src/LercLib/include/Lerc_c_api.h'), /LERC_VERSION_(?:MAJOR|MINOR|PATCH)\s+(\d+)/g), 'Apache-2.0', join(source('lerc'), 'LICENSE')),
    from('libjxl', versionOf(join(source('jpeg-xl'), 'lib/CMakeLists.txt'), /JPEGXL_(?:MAJOR|MINOR|PATCH)_VERSION (\d+)/g), 'BSD-3-Clause', join(source('jpeg-xl'), 'LICENSE')),
    from('Highway', versionOf(join(source('highway'), 'hwy/highway.h'), /HWY_(?:MAJOR|MINOR|PATCH) (\d+)/g), 'Apache-2.0', join(source('highway'), 'LICENSE')),
    from('jxrlib', '', 'BSD-2-Clause', join(source('jxrlib'), 'LICENSE')),
    ...headerParts(),
    from('musl, by Emscripten', '', 'MIT', join(musl, 'COPYRIGHT'), (text) => text.split('\nAuthors/contributors')[0] ?? ''),
  ];
}

/** What is a header alone, with the notice that the distribution keeps of it, or its own first and last lines. */
function headerParts(): Part[] {
  const part = (name: string, header: string, packaged: string, identifier: string, version: (file: string) => string): Part => {
    const file = ['/usr/include', '/usr/local/include'].map((folder) => join(folder, header)).find((one) => existsSync(one)) ?? '';
    const notice = join('/usr/share/doc', packaged, 'copyright');
    const lines = readFileSync(file, 'utf8').split('\n');
    return { name, version: version(file), identifier, text: existsSync(notice) ? readFileSync(notice, 'utf8') : [...lines.slice(0, 20), '…', ...lines.slice(-45)].join('\n') };
  };
  return [
    part('JSON for Modern C++', 'nlohmann/json.hpp', 'nlohmann-json3-dev', 'MIT', (file) => versionIn(file, /version ([\d.]+)/)),
    part('protozero', 'protozero/version.hpp', 'libprotozero-dev', 'BSD-2-Clause', (file) => versionIn(file, /PROTOZERO_VERSION_STRING "([\d.]+)/)),
    part('stb_image', 'stb/stb_image.h', 'libstb-dev', 'MIT OR public domain', (file) => versionIn(file, /stb_image - v([\d.]+)/)),
  ];
}

function versionIn(file: string, pattern: RegExp): string {
  return pattern.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
}

/** Of a file that states each number by itself. */
function versionOf(file: string, pattern: RegExp): string {
  return [...readFileSync(file, 'utf8').matchAll(pattern)].slice(0, 3).map(([, number]) => number).join('.');
}

function emscriptenRoot(): string {
  return execFileSync('em-config', ['EMSCRIPTEN_ROOT'], { encoding: 'utf8' }).trim();
}
