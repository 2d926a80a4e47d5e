/** How many cells of each type, with what certainty a share of this size is known, and a filter by pressing. */
import { computed } from '@preact/signals';
import { estimateShares, type ModelSpec, wilsonInterval } from '../../../src/js/index.ts';
import { ClassMark, classStyle } from '../../parts/class_mark.tsx';
import { type Share, sharesOf } from '../../parts/shares.ts';
import { intervalWords } from '../../parts/words.ts';
import { formatCount, formatPercent } from '../../state/format.ts';
import { isUncharted } from '../../state/batch.ts';
import { type Cell, modelKind } from '../../state/frame_store.ts';
import { judged, modelCells } from '../../state/images.ts';
import { mode } from '../../state/mode.ts';
import { spec, threshold, types } from '../../state/models.ts';
import { currentFrame, filter, scopedCells, thisFrameOnly } from '../../state/view.ts';
import { words } from './words.tsx';

function toggle(id: string): void {
  filter.value = filter.value === id ? null : id;
}

/** Reckoned once for the bar and the numbers below it. */
const sharesInScope = computed(() => (spec.value ? sharesOf(scopedCells.value, spec.value) : []));

/** The types side by side, as wide as they are frequent. */
export function TypeBar() {
  if (!spec.value || scopedCells.value.length === 0) return null;
  return (
    <div class="stack" aria-hidden="true">
      {sharesInScope.value
        .filter(({ count }) => count > 0)
        .map(({ id, name, letter, index, count }) => (
          <span key={id} class={`part pattern ${classStyle(index)} ${filter.value !== null && filter.value !== id ? 'dimmed' : ''}`} style={{ flexGrow: count }} title={name} onClick={() => toggle(id)}>
            <span>{letter}</span>
          </span>
        ))}
    </div>
  );
}

export function Summary() {
  const model = spec.value;
  const cells = scopedCells;
  // What is no cell has no share.
  const total = cells.value.filter(({ review }) => review?.first?.outcome !== 'no_cell').length;
  const looked = cells.value.filter(({ review }) => review?.first).length;
  if (!model || cells.value.length === 0) return null;
  const shares = sharesInScope.value;
  const estimated = estimatedShares(model);
  const named = shares.length > 1;
  return (
    <section class="summary" data-testid="summary" aria-label={words.summary.region}>
      {named && <p class="small muted">{words.summary.of(total)}{looked > 0 && <span data-testid="looked-at">{words.summary.looked(looked, cells.value.length)}</span>}</p>}
      <div class="shares" role="group" aria-label={words.summary.types}>
        {shares.map((share) => (
          <ShareButton key={share.id} share={share} total={named && share.id !== 'no_cell' ? total : null} estimated={estimated?.[share.index]} onPress={() => toggle(share.id)} />
        ))}
      </div>
    </section>
  );
}

/** Estimated shares below this of types that were never named tell nothing. */
const leastTold = 0.005;

/** Of fewer cells shares are a guess. */
const leastCells = 20;

let known: { of: readonly Cell[]; asked: unknown[]; shares: number[] | undefined } | null = null;

/** Shares of the types as probabilities tell them together, of cells that are some type; undefined where nothing differs from the plain ones. What people say changes none of it, so that they need not wait. */
function estimatedShares(model: ModelSpec): number[] | undefined {
  const of = modelCells.value;
  const asked = [model, types.value, threshold.value, isUncharted.value, thisFrameOnly.value, currentFrame.value];
  if (known?.of === of && known.asked.every((one, i) => one === asked[i])) return known.shares;
  const inScope = thisFrameOnly.value && mode.value === 'fields' ? of.filter(({ inFrame }) => inFrame?.frame === currentFrame.value) : of;
  known = { of, asked, shares: computeShares(inScope, model) };
  return known.shares;
}

function computeShares(cells: readonly Cell[], model: ModelSpec): number[] | undefined {
  const some = cells.map(judged).filter((cell) => ['type', 'unsure'].includes(modelKind(cell)));
  if (some.length < leastCells || isUncharted.value || !model.metrics.test) return undefined;
  const trained = model.metrics.test.confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const can = trained.map((count, i) => (types.value === null || types.value.includes(model.classes[i]?.id ?? '') ? count : 0));
  const all = can.reduce((sum, count) => sum + count, 0);
  return estimateShares(some.map(({ probabilities }) => probabilities), can.map((count) => count / all));
}

function ShareButton({ share: { id, name, letter, index, count }, total, estimated, onPress }: { share: Share; total: number | null; estimated: number | undefined; onPress: () => void }) {
  return (
    <button type="button" class="share" data-label={id} data-count={count} aria-pressed={filter.value === id} title={index < 0 ? words.summary.noType : words.summary.onlyThese} onClick={onPress}>
      <ClassMark index={index} letter={letter} />
      <span class="share-name">{name}</span>
      <span class="share-numbers">
        <strong>{formatCount(count)}</strong>{' '}
        {total !== null && (
          <>
            {formatPercent(count / total)} <span class="muted">({intervalWords(wilsonInterval(count, total))})</span>
            {estimated !== undefined && (count > 0 || estimated >= leastTold) && (
              <span class="muted estimated" title={words.summary.estimatedHint}>
                {words.summary.estimated(estimated)}
              </span>
            )}
          </>
        )}
      </span>
    </button>
  );
}
