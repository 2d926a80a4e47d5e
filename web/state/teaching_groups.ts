/** Which cells belong together, so that none is learned from while one alike is tested on. */
import { computed } from '@preact/signals';
import { readHeads, readLabels, type TeachGrouping, truthByLabels } from '../../src/js/index.ts';
import { files, imageAt } from './images.ts';
import { allLabels, labelRevision, plan } from './teaching.ts';
import { positionOf } from './teaching_items.ts';
import { changeGroupTable } from './teaching_steps.ts';

/** Folders below those of the types, of each type as many as differ. */
const foldersOfTypes = computed(() => {
  labelRevision.value;
  const found = new Map<string, Set<string>>();
  for (const { type, folder } of allLabels().values()) {
    const own = found.get(type) ?? new Set();
    if (folder !== '') own.add(folder);
    found.set(type, own);
  }
  return found;
});

/** Whether folders can be left out: every type has pictures in at least two. */
export const foldersTell = computed(() => foldersOfTypes.value.size > 0 && [...foldersOfTypes.value.values()].every(({ size }) => size > 1));

export const groupingNow = computed<TeachGrouping>(() => plan.value.grouping ?? (foldersTell.value ? 'folder' : 'file'));

interface Groups { of: readonly (string | undefined)[]; trouble: string | null; known: number }

/** What the table says of each image, and what is wrong with it. */
export const tableGroups = computed<Groups>(() => {
  const { table } = plan.value;
  const paths = files.value.map(({ path }) => path);
  if (!table) return { of: [], trouble: null, known: 0 };
  try {
    const said = truthByLabels(readLabels(table.text, { file: table.fileColumn, type: table.groupColumn }), paths, () => undefined);
    return { of: said.map((one) => one?.name), trouble: null, known: said.filter((one) => one !== undefined).length };
  } catch (error) {
    return { of: [], trouble: (error as Error).message, known: 0 };
  }
});

/** Of a cell that has a label; a file of which nothing is known stands for itself. */
export function groupOf(index: number): string {
  const grouping = groupingNow.value;
  const position = positionOf(index);
  const alone = `${position} ${imageAt(index)?.path ?? ''}`;
  if (grouping === 'folder') return allLabels().get(index)?.folder || alone;
  return grouping === 'column' ? (tableGroups.value.of[position] ?? alone) : alone;
}

/** Columns whose names sound like what pictures have in common. */
const usualGroups = /group|day|date|slide|patient|donor|folder|batch|plate|well|original/i;

/** Raises: CytodropError of what is no table. */
export async function takeGroupTable(file: File): Promise<void> {
  const text = await file.text();
  const { heads, file: fileColumn = heads[0] ?? '' } = readHeads(text);
  const groupColumn = heads.find((head) => usualGroups.test(head)) ?? heads.find((head) => head !== fileColumn) ?? '';
  changeGroupTable({ file: file.name, text, heads, fileColumn, groupColumn });
}
