/** How many cells of each type, with what certainty a share of this size is known, and a filter by pressing. */
import { wilsonInterval } from '../../../src/js/index.ts';
import { ClassMark, classStyle } from '../../parts/class_mark.tsx';
import { type Share, sharesOf } from '../../parts/shares.ts';
import { intervalWords } from '../../parts/words.ts';
import { formatCount, formatPercent } from '../../state/format.ts';
import { spec } from '../../state/models.ts';
import { filter, scopedCells } from '../../state/view.ts';
import { words } from './words.tsx';

export function Summary() {
  const model = spec.value;
  const cells = scopedCells;
  const total = cells.value.length;
  if (!model || total === 0) return null;
  const shares = sharesOf(cells.value, model);
  const named = shares.length > 1;
  const toggle = (id: string): void => {
    filter.value = filter.value === id ? null : id;
  };
  return (
    <section class="summary" data-testid="summary" aria-label={words.summary.region}>
      <div class="stack" aria-hidden="true">
        {shares
          .filter(({ count }) => count > 0)
          .map(({ id, name, letter, index, count }) => (
            <span key={id} class={`part pattern ${classStyle(index)} ${filter.value !== null && filter.value !== id ? 'dimmed' : ''}`} style={{ flexGrow: count }} title={name} onClick={() => toggle(id)}>
              <span>{letter}</span>
            </span>
          ))}
      </div>
      {named && <p class="small muted">{words.summary.of(total)}</p>}
      <div class="shares" role="group" aria-label={words.summary.types}>
        {shares.map((share) => (
          <ShareButton key={share.id} share={share} total={named ? total : null} onPress={() => toggle(share.id)} />
        ))}
      </div>
    </section>
  );
}

function ShareButton({ share: { id, name, letter, index, count }, total, onPress }: { share: Share; total: number | null; onPress: () => void }) {
  return (
    <button type="button" class="share" data-label={id} data-count={count} aria-pressed={filter.value === id} title={index < 0 ? words.summary.noType : words.summary.onlyThese} onClick={onPress}>
      <ClassMark index={index} letter={letter} />
      <span class="share-name">{name}</span>
      <span class="share-numbers">
        <strong>{formatCount(count)}</strong>{' '}
        {total !== null && (
          <>
            {formatPercent(count / total)} <span class="muted">({intervalWords(wilsonInterval(count, total))})</span>
          </>
        )}
      </span>
    </button>
  );
}
