/** What to mind before a taught model is believed, found by looking at what it was taught from. */
import type { Examination, TeachingWarning } from './examined.ts';

const leastCells = 20;
const mostUneven = 4;
/** In standard deviations of the logarithm of the distances. */
const leastOutlying = 5;
const mostWrong = 0.3;
const mostSizes = 1.25;

type Looked = Pick<Examination, 'types' | 'lessons' | 'alike' | 'crossValidated'>;

/** In the order of how much they matter. */
export function warningsOf(looked: Looked): TeachingWarning[] {
  return [...backgroundWarnings(looked), ...sourceWarnings(looked), ...copyWarnings(looked), ...groupWarnings(looked), ...countWarnings(looked), ...sizeWarnings(looked), ...confusionWarnings(looked), ...outlierWarnings(looked)];
}

function cellsOf({ lessons, types }: Pick<Looked, 'lessons' | 'types'>): { id: string; own: Looked['lessons'] }[] {
  return types.map(({ id }) => ({ id, own: lessons.filter(({ type }) => type === id) })).filter(({ own }) => own.length > 0);
}

function countWarnings(looked: Looked): TeachingWarning[] {
  const counts = cellsOf(looked).map(({ id, own }) => ({ type: id, cells: own.length }));
  const few = counts.filter(({ cells }) => cells < leastCells).map((count) => ({ kind: 'few' as const, ...count }));
  const sorted = [...counts].sort((a, b) => b.cells - a.cells);
  const [most, least] = [sorted[0], sorted.at(-1)];
  const uneven = most && least && most.cells > mostUneven * least.cells ? [{ kind: 'uneven' as const, most: most.type, mostCells: most.cells, least: least.type, leastCells: least.cells }] : [];
  return [...few, ...uneven];
}

/** As good as the cells, within what chance makes of it, and clearly better than guessing. */
function backgroundWarnings({ crossValidated, lessons, types }: Looked): TeachingWarning[] {
  if (crossValidated === null) return [];
  const { background, measurement } = crossValidated;
  const cells = measurement.balanced_accuracy.value ?? 0;
  const guess = 1 / new Set(lessons.map(({ type }) => type)).size;
  const error = Math.sqrt((guess * (1 - guess)) / lessons.length);
  const isClear = background > guess + 3 * error && background > guess + 0.15;
  return isClear && background >= cells - 0.05 && types.length > 1 ? [{ kind: 'background', background, cells }] : [];
}

/** A name without its numbers and its ending; its folder stays out of it. */
function stem(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\.[^.]*$/, '').replace(/\d+/g, '#').toLowerCase();
}

function isNamed(folder: string, id: string): boolean {
  const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]+/g, '');
  return plain(folder).startsWith(plain(id)) || plain(id).startsWith(plain(folder));
}

function sourceWarnings(looked: Looked): TeachingWarning[] {
  const found = cellsOf(looked);
  const isOwn = (sources: Set<string>[]): boolean => sources.length > 1 && sources.every((own) => own.size === 1) && new Set(sources.flatMap((own) => [...own])).size === sources.length;
  // A folder that is named after its type says nothing of where the pictures come from.
  const folders = found.map(({ id, own }) => new Set(own.map(({ path }) => path.split('/').slice(0, -1).filter((folder) => !isNamed(folder, id)).join('/'))));
  const stems = found.map(({ id, own }) => new Set(own.map(({ path }) => stem(path).replaceAll(id.replaceAll('_', ' '), '').replaceAll(id, ''))));
  return [
    ...(isOwn(folders) ? [{ kind: 'own_source' as const, of: 'folder' as const }] : []),
    ...(isOwn(stems) ? [{ kind: 'own_source' as const, of: 'name' as const }] : []),
  ];
}

function copyWarnings({ alike, lessons }: Looked): TeachingWarning[] {
  const same = ([one, other]: [number, number]): boolean => lessons[one]?.type === lessons[other]?.type;
  const [copies, contradictions] = [alike.filter(same), alike.filter((pair) => !same(pair))];
  return [
    ...(contradictions.length > 0 ? [{ kind: 'two_labels' as const, pairs: contradictions }] : []),
    ...(copies.length > 0 ? [{ kind: 'copies' as const, pairs: copies }] : []),
  ];
}

function groupWarnings({ crossValidated }: Looked): TeachingWarning[] {
  return crossValidated?.isGrouped === false ? [{ kind: 'no_groups' }] : [];
}

function sizeWarnings(looked: Looked): TeachingWarning[] {
  const found = cellsOf(looked);
  const middle = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const compared = (unit: 'um' | 'px', sizes: { id: string; size: number }[]): TeachingWarning[] => {
    const sorted = [...sizes].sort((a, b) => b.size - a.size);
    const [most, least] = [sorted[0], sorted.at(-1)];
    return most && least && most.size > mostSizes * least.size ? [{ kind: 'sizes', unit, most: most.id, mostSize: most.size, least: least.id, leastSize: least.size }] : [];
  };
  const known = found.map(({ id, own }) => ({ id, own: own.flatMap(({ cell }) => (cell.pixelSizeUm === null ? [] : [cell.pixelSizeUm])) }));
  if (known.every(({ own }) => own.length > 0)) return compared('um', known.map(({ id, own }) => ({ id, size: middle(own) })));
  return compared('px', found.map(({ id, own }) => ({ id, size: middle(own.map(({ cell }) => Math.min(cell.widthPx, cell.heightPx))) })));
}

function confusionWarnings({ crossValidated, types }: Looked): TeachingWarning[] {
  if (crossValidated === null) return [];
  const at = (truth: number, named: number): number => crossValidated.confusion[truth]?.[named] ?? 0;
  const pairs: TeachingWarning[] = [];
  for (let one = 0; one < types.length; one++) {
    for (let other = one + 1; other < types.length; other++) {
      const wrong = at(one, other) + at(other, one);
      const all = wrong + at(one, one) + at(other, other);
      if (all > 0 && wrong / all > mostWrong) pairs.push({ kind: 'alike_types', one: types[one]?.id ?? '', other: types[other]?.id ?? '', wrong: wrong / all });
    }
  }
  return pairs.sort((a, b) => (a.kind === 'alike_types' && b.kind === 'alike_types' ? b.wrong - a.wrong : 0));
}

/** By the distance of each cell to the others when it was left out, on a scale on which most lie in a bell. */
function outlierWarnings({ crossValidated }: Looked): TeachingWarning[] {
  const distances = crossValidated?.distances ?? new Float64Array();
  if (distances.length < leastCells) return [];
  const logs = Array.from(distances, (distance) => Math.log(Math.max(distance, 1e-9)));
  const sorted = [...logs].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const spread = (logs.map((log) => Math.abs(log - middle)).sort((a, b) => a - b)[Math.floor(logs.length / 2)] ?? 0) * 1.4826;
  const outside = [...logs.keys()].filter((i) => (logs[i] as number) > middle + leastOutlying * Math.max(spread, 0.02));
  return outside.length > 0 ? [{ kind: 'outliers', lessons: outside.sort((a, b) => (logs[b] as number) - (logs[a] as number)) }] : [];
}
