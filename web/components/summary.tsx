/** How many cells of each type, with what certainty a share of this size is known, and a filter by pressing. */
import { formatCount, formatPercent, wilsonInterval } from '../format.ts';
import { spec } from '../state/session.ts';
import { filter, scopedCells, shareOf } from '../state/view.ts';
import { ClassMark, classStyle, foreignIndex, foreignLetter, qualityIndex, qualityLetter, unsureIndex } from './class_mark.tsx';
import { foreignWords, intervalWords } from './words.ts';

interface Share { id: string; name: string; letter: string; index: number; count: number }

export function Summary() {
  const model = spec.value;
  const cells = scopedCells;
  const total = cells.value.length;
  if (!model || total === 0) return null;
  const counts = new Map<string, number>();
  for (const cell of cells.value) counts.set(shareOf(cell), (counts.get(shareOf(cell)) ?? 0) + 1);
  const shares: Share[] = [
    ...model.classes.map(({ id, name, letter }, index) => ({ id, name, letter, index, count: counts.get(id) ?? 0 })),
    { id: 'unsure', name: 'Unsure', letter: '?', index: unsureIndex, count: counts.get('unsure') ?? 0 },
    ...(model.novelty ? [{ id: 'foreign', name: foreignWords, letter: foreignLetter, index: foreignIndex, count: counts.get('foreign') ?? 0 }] : []),
    ...(model.quality ? [{ id: 'quality', name: 'Image quality', letter: qualityLetter, index: qualityIndex, count: counts.get('quality') ?? 0 }] : []),
  ];
  const toggle = (id: string): void => {
    filter.value = filter.value === id ? null : id;
  };
  return (
    <section class="summary" data-testid="summary" aria-label="Summary by type">
      <div class="stack" aria-hidden="true">
        {shares
          .filter(({ count }) => count > 0)
          .map(({ id, name, letter, index, count }) => (
            <span key={id} class={`part pattern ${classStyle(index)} ${filter.value !== null && filter.value !== id ? 'dimmed' : ''}`} style={{ flexGrow: count }} title={name} onClick={() => toggle(id)}>
              <span>{letter}</span>
            </span>
          ))}
      </div>
      <div class="shares" role="group" aria-label="Types with share and 95 per cent interval; press to filter">
        {shares.map((share) => (
          <ShareButton key={share.id} share={share} total={total} onPress={() => toggle(share.id)} />
        ))}
      </div>
    </section>
  );
}

function ShareButton({ share: { id, name, letter, index, count }, total, onPress }: { share: Share; total: number; onPress: () => void }) {
  const [low, high] = wilsonInterval(count, total);
  const what = index < 0 ? 'Cells that count as no type' : 'Show only these';
  return (
    <button type="button" class="share" data-label={id} data-count={count} aria-pressed={filter.value === id} title={`${what}; 95 % interval in brackets`} onClick={onPress}>
      <ClassMark index={index} letter={letter} />
      <span class="share-name">{name}</span>
      <span class="share-numbers">
        <strong>{formatCount(count)}</strong> {formatPercent(count / total)} <span class="muted">({intervalWords([low, high])})</span>
      </span>
    </button>
  );
}
