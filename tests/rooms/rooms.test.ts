/** The house: rooms in one order, no arrow back, no circle, doors where they are meant to be, files of a length that can be read. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { drawRooms } from '../../scripts/draw_rooms.ts';
import { coreBreaches, importBreaches, imports, includes, orders } from '../../scripts/rooms.ts';
import { root as rootUrl } from '../border/fixtures.ts';

const root = fileURLToPath(rootUrl);

/** A small house with the given files. */
async function withHouse(files: Record<string, string>, use: (root: string) => Promise<void> | void): Promise<void> {
  const house = mkdtempSync(join(tmpdir(), 'cytodrop-house-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(house, path)), { recursive: true });
      writeFileSync(join(house, path), text);
    }
    await use(house);
  } finally {
    rmSync(house, { recursive: true });
  }
}

describe('the C++ core', () => {
  test('every include goes forward', () => {
    assert.ok(includes(root, 'src/core').length > 150);
    assert.deepEqual(coreBreaches(root), []);
  });

  test('every room has a place in the order, and every place a room', () => {
    const rooms = new Set(readdirSync(join(root, 'src/core')).map((name) => name.replace(/\.\w+$/, '')));
    assert.deepEqual([...rooms].sort(), orders['src/core'].flat().sort());
  });

  test('an arrow back, one sideways, one to the border and one to an unknown room are seen', async () => {
    await withHouse({
      'src/core/decode/a.cpp': '#include "core/judge/b.h"\n', 'src/core/judge/b.h': '#include "core/error.h"\n#include <emscripten/val.h>\n', 'src/core/error.h': '',
      'src/core/head/c.h': '\n#include "core/network/d.h"\n', 'src/core/network/d.h': '#include "wasm/values.h"\n', 'src/core/attic/e.h': '#include "core/error.h"\n',
    }, (house) => assert.deepEqual(coreBreaches(house), [
      'src/core/attic/e.h:1: attic has no place in the order of rooms', 'src/core/decode/a.cpp:1: decode must not know judge', 'src/core/head/c.h:2: head must not know network',
      'src/core/judge/b.h:2: the core must not know <emscripten/val.h>', 'src/core/network/d.h:1: the core must not know src/wasm/values.h',
    ]));
  });
});

describe('TypeScript', () => {
  test('every import, also of types, goes forward and by the doors', async () => {
    const found = await imports(root, ['src/js', 'src/cli', 'web']);
    assert.ok(found.summary.totalCruised > 120 && (found.summary.totalDependenciesCruised ?? 0) > 500);
    assert.deepEqual(importBreaches(found), []);
  });

  test('every room has a place in the order', () => {
    for (const folder of ['src/js', 'web'] as const) {
      const rooms = readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
      assert.deepEqual(rooms.sort(), orders[folder].flat().sort());
    }
  });

  const breaches: [string, Record<string, string>, RegExp][] = [
    ['an arrow back, of a type', { 'src/js/core/a.ts': "import type { B } from '../work/b.ts';\nexport type A = B;\n", 'src/js/work/b.ts': 'export type B = 1;\n' }, /a\.ts -> src\/js\/work\/b\.ts: src\/js\/core knows only rooms before it/],
    ['a circle in one room, of types', { 'src/js/core/a.ts': "import type { B } from './b.ts';\nexport type A = B;\n", 'src/js/core/b.ts': "import type { A } from './a.ts';\nexport type B = A;\n" }, /no circles/],
    ['a door that is none', { 'web/views/a.ts': "import { b } from '../../src/js/core/b.ts';\nb;\n", 'src/js/core/b.ts': 'export const b = 1;\n' }, /src\/js is entered by its doors/],
    ['the page with scripts', { 'web/a.ts': "import { b } from '../scripts/b.ts';\nb;\n", 'scripts/b.ts': 'export const b = 1;\n' }, /the page knows no command line/],
    ['a store with a view', { 'web/state/a.ts': "import { b } from '../views/b.ts';\nb;\n", 'web/views/b.ts': 'export const b = 1;\n' }, /web\/state knows only rooms before it/],
    ['the library with Node', { 'src/js/work/a.ts': "import { readFileSync } from 'node:fs';\nreadFileSync;\n" }, /only platform\/node\.ts knows Node/],
    ['the library with the page', { 'src/js/work/a.ts': "import { b } from '../../../web/b.ts';\nb;\n", 'web/b.ts': 'export const b = 1;\n' }, /src\/js knows nobody outside/],
    ['the command line with the page', { 'src/cli/a.ts': "import { b } from '../../web/b.ts';\nb;\n", 'web/b.ts': 'export const b = 1;\n' }, /the command line knows no page/],
    ['charts at once', { 'web/a.ts': "import { b } from '../src/js/plots.ts';\nb;\n", 'src/js/plots.ts': 'export const b = 1;\n' }, /charts are loaded when they are looked at/],
    ['what is not there', { 'src/js/work/a.ts': "import { b } from './b.ts';\nb;\n" }, /everything is found/],
  ];
  for (const [name, files, words] of breaches) {
    test(`seen: ${name}`, async () => {
      await withHouse({ 'package.json': '{"type":"module"}', 'src/js/index.ts': '', 'src/cli/main.ts': '', 'web/main.tsx': '', ...files }, async (house) => {
        const found = importBreaches(await imports(house, ['src/js', 'src/cli', 'web']));
        assert.ok(found.some((line) => words.test(line)), found.join('\n'));
      });
    });
  }
});

test('docs/rooms.svg is the code\'s; else run node scripts/draw_rooms.ts', async () => {
  assert.equal(readFileSync(join(root, 'docs/rooms.svg'), 'utf8'), await drawRooms());
});

describe('files', () => {
  const mostLines = 400;
  /** A longer one says why in its first comment, with these words. */
  const reason = /long because/;
  const tooLong = (text: string): boolean => text.split('\n').length - 1 > mostLines && !reason.test(/\/\*.*?\*\/|(?:^\/\/[^\n]*\n)+/s.exec(text)?.[0] ?? '');

  test('have 400 lines at most in src and web, or a reason', () => {
    const paths = ['src', 'web'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => /\.(h|cpp|ts|tsx|css|html)$/.test(name)).map((name) => join(folder, name)));
    assert.ok(paths.length > 200);
    assert.deepEqual(paths.filter((path) => tooLong(readFileSync(join(root, path), 'utf8'))), []);
  });

  test('that are longer without a reason are seen', () => {
    const lines = 'x\n'.repeat(401);
    assert.deepEqual([tooLong(lines), tooLong(`// This is long because it is a table.\n${lines}`), tooLong(`${'x\n'.repeat(400)}`)], [true, false, false]);
  });
});
