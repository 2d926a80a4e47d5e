/** The rooms of the house and the arrows between them, as the code has them: the rules of tests/rooms, and the picture in CONTRIBUTING.md. */
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Rooms from the first to the last; those of one level know nothing of each other. */
export type Order = readonly (readonly string[])[];

/** Where the order is written down: the one place. */
export const orders = JSON.parse(readFileSync(join(import.meta.dirname, '../src/rooms.json'), 'utf8')) as { 'src/core': Order; 'src/js': Order; web: Order };

/** `from` uses `to`; both are paths below the root. */
export interface Arrow { from: string; to: string; line?: number }

/** Doors by which those outside enter src/js; each says why it is one. */
export const doors: Record<string, string> = {
  'src/js/index.ts': 'the public interface',
  'src/js/worker.ts': 'what a worker runs',
  'src/js/plots.ts': 'charts, and with them Observable Plot: a chunk of its own, loaded when one is looked at',
  'src/js/networks.ts': 'networks that somebody exported: a chunk of its own, loaded when one is brought',
  'src/js/work/requests.ts': 'for the service worker, into which the whole of the interface would drag the core',
};

/** Room of a file: its folder below `folder`, or its own name where it lies in none. */
export function roomOf(path: string, folder: string): string {
  const [room = '', ...rest] = relative(folder, path).split('/');
  return rest.length > 0 ? room : room.replace(/\.\w+$/, '');
}

/** What an arrow between two rooms breaks, in words; undefined where it goes forward. */
export function breach(from: string, to: string, order: Order): string | undefined {
  const level = (room: string): number => order.findIndex((rooms) => rooms.includes(room));
  if (from === to) return undefined;
  if (level(from) < 0 || level(to) < 0) return `${level(from) < 0 ? from : to} has no place in the order of rooms`;
  return level(to) < level(from) ? undefined : `${from} must not know ${to}`;
}

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => ending.test(name)).map((name) => join(folder, name)).sort();
}

/**
 * The arrows of C++ files by their includes.
 *
 * Args:
 *   root: that `src/` lies in.
 *   folder: below it.
 */
export function includes(root: string, folder: string): Arrow[] {
  return filesBelow(join(root, folder), /\.(h|cpp)$/).flatMap((path) =>
    readFileSync(path, 'utf8').split('\n').flatMap((text, i): Arrow[] => {
      const [, quoted, system] = /^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)/.exec(text) ?? [];
      const from = relative(root, path);
      if (system !== undefined) return system.startsWith('emscripten') ? [{ from, to: `<${system}>`, line: i + 1 }] : [];
      if (quoted === undefined) return [];
      // Includes begin at src/, but for files that lie beside each other.
      return [{ from, to: quoted.includes('/') ? `src/${quoted}` : join(from, '..', quoted), line: i + 1 }];
    }),
  );
}

/** What the includes of src/core break, a line each. */
export function coreBreaches(root: string, order: Order = orders['src/core']): string[] {
  return includes(root, 'src/core').flatMap(({ from, to, line }) => {
    const place = `${from}:${line}`;
    if (to.startsWith('<')) return `${place}: the core must not know ${to}`;
    if (!to.startsWith('src/core/')) return `${place}: the core must not know ${to}`;
    const words = breach(roomOf(from, 'src/core'), roomOf(to, 'src/core'), order);
    return words === undefined ? [] : `${place}: ${words}`;
  });
}

const anyOf = (names: readonly string[]): string => `(?:${names.join('|')})`;

/** The rules of TypeScript's imports, types included, for dependency-cruiser. */
export function importRules(order: Order = orders['src/js'], views: Order = orders.web): NonNullable<ICruiseOptions['ruleSet']> {
  const later = (rooms: Order, level: number): string[] => rooms.slice(level).flat();
  const forward = (folder: string, rooms: Order) => rooms.flatMap((level, i) => level.map((room) => ({
    name: `${folder}/${room} knows only rooms before it`, severity: 'error' as const,
    from: { path: `^${folder}/${room}/` },
    to: { path: `^${folder}/${anyOf([...later(rooms, i).filter((other) => other !== room), 'no-such-room'])}/` },
  })));
  const outside = Object.keys(doors).map((door) => `^${door.replaceAll('.', '\\.')}$`);
  return {
    forbidden: [
      { name: 'no circles', severity: 'error', from: {}, to: { circular: true } },
      ...forward('src/js', order),
      ...forward('web', views),
      { name: 'src/js knows nobody outside but the types of the border', severity: 'error', from: { path: '^src/js/' }, to: { path: '^(src/cli|src/core|web|scripts|tests)/' } },
      { name: 'src/js is entered by its doors', severity: 'error', from: { path: '^(web|src/cli)/' }, to: { path: '^src/js/', pathNot: outside } },
      { name: 'the page knows no command line, no scripts and no tests', severity: 'error', from: { path: '^web/' }, to: { path: '^(src/cli|scripts|tests)/' } },
      { name: 'the command line knows no page, no scripts and no tests', severity: 'error', from: { path: '^src/cli/' }, to: { path: '^(web|scripts|tests)/' } },
      { name: 'only platform/node.ts knows Node', severity: 'error', from: { path: '^(src/js|web)/', pathNot: '^src/js/platform/node\\.ts$' }, to: { dependencyTypes: ['core'] } },
      { name: 'only core/onnxruntime.ts knows ONNX Runtime', severity: 'error', from: { pathNot: '^src/js/core/onnxruntime\\.ts$' }, to: { path: '^(node_modules/)?onnxruntime' } },
      { name: 'only src/js/plots knows Observable Plot', severity: 'error', from: { pathNot: '^src/js/plots/' }, to: { path: '^(node_modules/)?@observablehq/' } },
      { name: 'charts are loaded when they are looked at', severity: 'error', from: { path: '^(web|src/cli)/', pathNot: '^web/views/(measure|paper)/' }, to: { path: '^(src/js/plots\\.ts$|web/views/(measure|paper)/)', dynamic: false } },
      { name: 'everything is found', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^#cytodrop_core$' } },
    ],
  };
}

/**
 * Has dependency-cruiser read the imports of folders, types included. It cannot read TypeScript 7's parser, so swc parses.
 *
 * Args:
 *   root: that the folders lie in.
 */
export async function imports(root: string, folders: readonly string[], ruleSet = importRules()): Promise<ICruiseResult> {
  const options: ICruiseOptions = {
    baseDir: root, parser: 'swc', tsPreCompilationDeps: true, validate: true, ruleSet, doNotFollow: { path: ['node_modules'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'], extensions: ['.ts', '.tsx', '.mjs', '.js'] },
  };
  const { output } = await cruise([...folders], options);
  if (typeof output === 'string') throw new Error(output);
  return output;
}

/** What imports break, a line each. */
export function importBreaches({ summary }: ICruiseResult): string[] {
  return summary.violations.map(({ rule, from, to, cycle }) => `${from} -> ${cycle ? cycle.map(({ name }) => name).join(' -> ') : to}: ${rule.name}`);
}
