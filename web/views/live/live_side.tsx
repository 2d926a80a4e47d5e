/** Beside the live picture: what an image is taken for, how many cells of each type there are, and what was kept. */
import { ClassMark } from '../../parts/class_mark.tsx';
import { ModeChoice } from '../../parts/mode_choice.tsx';
import { sharesOf } from '../../parts/shares.ts';
import { verdict } from '../../parts/words.ts';
import { formatCount } from '../../state/format.ts';
import { judged, progress } from '../../state/images.ts';
import { lookedAt } from '../../state/live_work.ts';
import { mode } from '../../state/mode.ts';
import { spec } from '../../state/models.ts';
import { words } from './words.ts';

export function LiveSide({ kept }: { kept: string | null }) {
  return (
    <aside class="live-side" aria-label={words.side}>
      <ModeChoice />
      <Counts />
      <p class="small" role="status" data-testid="kept-frame">
        {kept !== null && words.kept(kept, progress.value.total)}
      </p>
    </aside>
  );
}

function Counts() {
  const model = spec.value;
  const looked = lookedAt.value;
  if (!model || !looked) return null;
  const { cells } = looked;
  const [one] = cells;
  const shares = sharesOf(cells, model);
  return (
    <>
      <h2 class="number" data-testid="live-count" data-count={cells.length}>
        {mode.value === 'cells' && one ? verdict(model, judged(one)) : words.count(cells.length)}
      </h2>
      {mode.value === 'fields' && shares.length > 1 && (
        <ul class="live-counts small">
          {shares.map(({ id, name, letter, index, count }) => (
            <li key={id} class={count === 0 ? 'muted' : ''} data-label={id} data-count={count}>
              <ClassMark index={index} letter={letter} />
              <span>{name}</span>
              <span class="number">{formatCount(count)}</span>
              <span class="number muted">{words.share(count, cells.length)}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
