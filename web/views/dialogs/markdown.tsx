/** The part of Markdown that our own cards and pages are written in, as elements; no HTML in it is ever let through. */
import type { ComponentChildren } from 'preact';

export interface Section {
  title: string;
  lines: string[];
}

/** Cuts at the headings of the second level; what stands before the first has an empty title. */
export function sectionsOf(text: string): Section[] {
  const sections: Section[] = [{ title: '', lines: [] }];
  for (const line of text.replace(/<!--.*?-->\n?/gs, '').split('\n')) {
    if (line.startsWith('## ')) sections.push({ title: line.slice(3), lines: [] });
    else if (!line.startsWith('# ')) sections.at(-1)?.lines.push(line);
  }
  return sections;
}

export function Markdown({ lines }: { lines: readonly string[] }) {
  return <>{blocksOf(lines).map((block, i) => <Block key={i} lines={block} />)}</>;
}

/** Blocks are parted by empty lines, but for those inside a fence. */
function blocksOf(lines: readonly string[]): string[][] {
  const blocks: string[][] = [[]];
  let isFenced = false;
  for (const line of lines) {
    if (line.startsWith('```')) isFenced = !isFenced;
    if (line.trim() === '' && !isFenced) blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  return blocks.filter((block) => block.length > 0);
}

function Block({ lines }: { lines: string[] }) {
  const [first = ''] = lines;
  if (first.startsWith('```')) return <pre class="small">{lines.slice(1, -1).join('\n')}</pre>;
  if (first.startsWith('#')) return <h4>{inline(first.replace(/^#+ /, ''))}</h4>;
  if (first.startsWith('|')) return <Table rows={lines.map(cellsOf)} />;
  if (first.startsWith('- ')) {
    const items = lines.join('\n').slice(2).split('\n- ');
    return <ul class="bullets">{items.map((item, i) => <li key={i}>{inline(item)}</li>)}</ul>;
  }
  const words = inline(lines.join('\n'));
  return words.length === 0 ? null : <p>{words}</p>;
}

function Table({ rows: [head = [], , ...rows] }: { rows: string[][] }) {
  return (
    <div class="table-frame">
      <table class="small">
        <thead>
          <tr>{head.map((cell, i) => <th key={i} scope="col">{inline(cell)}</th>)}</tr>
        </thead>
        <tbody>{rows.map((cells, i) => <tr key={i}>{cells.map((cell, j) => <td key={j}>{inline(cell)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function cellsOf(row: string): string[] {
  return row.split('|').slice(1, -1).map((cell) => cell.trim());
}

/** Bold, emphasis and code; a link is only its words, since the page leads nowhere else, and a picture is left out. */
function inline(text: string): ComponentChildren[] {
  const plain = text.replaceAll('\n', ' ').replace(/!\[[^\]]*\]\([^)]*\)/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').trim();
  return plain.split(/(\*\*[^*]+\*\*|\*[^*]+\*|`[^`]+`)/).filter((part) => part !== '').map((part, i) => {
    if (part.startsWith('**')) return <strong key={i}>{part.slice(2, -2)}</strong>;
    if (part.startsWith('*') && part.length > 1) return <em key={i}>{part.slice(1, -1)}</em>;
    if (part.startsWith('`') && part.length > 1) return <code key={i}>{part.slice(1, -1)}</code>;
    return part;
  });
}
