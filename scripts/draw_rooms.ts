/**
 * Draws docs/rooms.svg: the rooms of the core, of the library and of the page, and the arrows between them, as the code has them.
 *
 * Fails where an arrow goes back. tests/rooms holds that the picture is the code's.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { breach, imports, includes, orders, roomOf, type Arrow, type Order } from './rooms.ts';

const root = join(import.meta.dirname, '..');

/** Room to room, each pair once. */
function arrowsBetween(arrows: readonly Arrow[], folder: string): [string, string][] {
  const inside = arrows.filter(({ from, to }) => from.startsWith(`${folder}/`) && to.startsWith(`${folder}/`));
  const pairs = new Set(inside.map(({ from, to }) => `${roomOf(from, folder)} ${roomOf(to, folder)}`));
  return [...pairs].map((pair) => pair.split(' ') as [string, string]).filter(([from, to]) => from !== to);
}

interface Part { title: string; note: string; order: Order; arrows: [string, string][]; colour: string }

async function parts(): Promise<Part[]> {
  const found = await imports(root, ['src/js', 'src/cli', 'web']);
  const typeScript: Arrow[] = found.modules.flatMap(({ source, dependencies }) => dependencies.map(({ resolved }) => ({ from: source, to: resolved })));
  const part = (title: string, note: string, folder: 'src/core' | 'src/js' | 'web', arrows: readonly Arrow[], colour: string): Part => {
    // Files that lie in no room are doors: what is in the order is drawn.
    const known = orders[folder].flat();
    const drawn = arrowsBetween(arrows, folder).filter(([from, to]) => known.includes(from) && known.includes(to));
    for (const [from, to] of drawn) {
      const words = breach(from, to, orders[folder]);
      if (words !== undefined) throw new Error(`${folder}: ${words}`);
    }
    return { title, note, order: orders[folder], arrows: drawn, colour };
  };
  return [
    part('src/core', 'C++20, behind the border src/wasm', 'src/core', includes(root, 'src/core'), '#0072b2'),
    part('src/js', 'the library; entered by its index', 'src/js', typeScript, '#009e73'),
    part('web', 'the page; src/cli, the command line, stands beside it', 'web', typeScript, '#d55e00'),
  ];
}

const [box, gap, column, margin] = [{ width: 84, height: 30 }, 14, 120, 24];

/** One part: levels from left to right, the rooms of a level below each other, arrows to what a room uses. */
function draw({ title, note, order, arrows, colour }: Part, top: number): { svg: string; height: number } {
  const tallest = Math.max(...order.map((level) => level.length));
  const height = 64 + tallest * (box.height + gap) + 46;
  const place = new Map<string, { x: number; y: number; level: number }>();
  order.forEach((level, i) => {
    const first = top + 64 + ((tallest - level.length) * (box.height + gap)) / 2;
    level.forEach((room, k) => place.set(room, { x: margin + 16 + i * column, y: first + k * (box.height + gap), level: i }));
  });
  const lines = arrows.map(([from, to]) => {
    const [a, b] = [place.get(from), place.get(to)];
    if (!a || !b) return '';
    const [x1, y1, x2, y2] = [a.x, a.y + box.height / 2, b.x + box.width, b.y + box.height / 2];
    // Far arrows bow below the rooms between, the farther the deeper.
    const sag = (a.level - b.level - 1) * 15;
    return `<path d="M${x1} ${y1} C${x1 - 26} ${y1 + sag},${x2 + 26} ${y2 + sag},${x2 + 6} ${y2}" marker-end="url(#tip)"/>`;
  });
  const rooms = [...place].map(([room, { x, y }]) =>
    `<rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="6" fill="#ffffff" stroke="${colour}" stroke-width="1.6"/><text x="${x + box.width / 2}" y="${y + 20}" text-anchor="middle">${room}</text>`);
  const svg = `<g><text x="${margin + 16}" y="${top + 30}" class="title" style="fill:${colour}">${title}</text><text x="${margin + 100}" y="${top + 30}" class="note">${note}</text>`
    + `<g class="arrows">${lines.join('')}</g>${rooms.join('')}</g>`;
  return { svg, height };
}

/** The picture as it is now. */
export async function drawRooms(): Promise<string> {
  let top = margin;
  const drawn: string[] = [];
  for (const part of await parts()) {
    const { svg, height } = draw(part, top);
    drawn.push(svg);
    top += height;
  }
  const [width, height] = [2 * margin + 16 + 8 * column, top];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="The rooms of the core, the library and the page; every arrow, from a room to one that it uses, goes to the left.">
<style>text { fill: #15202a } .title { font-size: 17px; font-weight: 600 } .note { fill: #52616d } .arrows path { fill: none; stroke: #7b8894; stroke-width: 1.1; opacity: 0.75 }</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#7b8894"/></marker></defs>
<rect width="${width}" height="${height}" rx="10" fill="#f7f9fa"/>
${drawn.join('\n')}
</svg>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(join(root, 'docs/rooms.svg'), await drawRooms());
