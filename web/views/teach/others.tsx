/** Pictures without a type, named as it sees them now: each answer is learned from at once. */
import { useState } from 'preact/hooks';
import { ClassMark } from '../../parts/class_mark.tsx';
import { formatDuration, formatPercent } from '../../state/format.ts';
import { progress } from '../../state/images.ts';
import { mode } from '../../state/mode.ts';
import { runState } from '../../state/progress.ts';
import { plan } from '../../state/teaching.ts';
import { pathOf } from '../../state/teaching_items.ts';
import { label } from '../../state/teaching_steps.ts';
import { canLearn, type Guess, guesses, learned, lessonsNow, mostOthers, others, suggested } from '../../state/teaching_work.ts';
import { type PictureItem, Pictures } from './pictures.tsx';
import { words } from './words.ts';

/** px. */
const thumbnail = 96;
const mostShown = 24;

export function Others() {
  const all = others.value;
  const named = guesses.value;
  const known = new Set(named.map(({ index }) => index));
  const unnamed = all.filter((index) => !known.has(index));
  const last = learned.value;
  const nameOf = (type: string): string => plan.value.types.find(({ id }) => id === type)?.name ?? '';
  return (
    <section class="teach-others" aria-labelledby="teach-others" data-testid="teach-others" data-count={all.length} data-named={named.length} data-learned={last?.key === lessonsNow.value.key}>
      <h2 id="teach-others">
        {words.others.title} {all.length > 0 && <span class="muted number">{words.others.count(all.length)}</span>}
      </h2>
      <p class="small muted">
        {all.length === 0 ? words.others.none : canLearn.value ? words.others.hint : words.others.notYet}{' '}
        {all.length > 0 && last && <span class="number" data-testid="learned" data-ms={Math.round(last.ms)}>{words.others.learned(lessonsNow.value.lessons.length, formatDuration(last.ms))}</span>}
      </p>
      {mode.value === 'fields' && runState.value === 'running' && <p class="small muted number">{words.others.searching(progress.value.done, progress.value.total)}</p>}
      {suggested.value.length > 0 && (
        <div role="group" class="guess next" data-testid="suggested" aria-label={words.others.next}>
          <h3>{words.others.next}</h3>
          <p class="small muted">{words.others.nextHint}</p>
          <Some items={suggested.value.flatMap((index) => { const guess = named.find((one) => one.index === index); return guess ? [itemOf(guess, pathOf(index), nameOf(guess.type), true)] : []; })} label={words.others.next} />
        </div>
      )}
      {plan.value.types.map(({ id, name, letter }, place) => {
        const own = named.filter(({ type }) => type === id);
        if (own.length === 0) return null;
        return (
          <div key={id} role="group" class="guess" data-testid="guess" data-type={id} aria-label={name}>
            <h3>
              <ClassMark index={place} letter={letter} /> {name} <span class="muted number small">{words.others.count(own.length)}</span>
            </h3>
            <Some items={own.map((one) => itemOf(one, pathOf(one.index), name))} label={name} />
          </div>
        );
      })}
      {unnamed.length > 0 && <Some items={unnamed.map((index) => ({ index, label: words.others.unnamed(pathOf(index)) }))} label={words.others.title} />}
      {all.length > mostOthers && <p class="small muted">{words.others.mostOf(mostOthers, all.length)}</p>}
    </section>
  );
}

/** Args: isNamed: it stands among others of other types. */
function itemOf({ index, type, probability }: Guess, path: string, name: string, isNamed = false): PictureItem {
  return {
    index,
    label: words.others.one(path, name, probability),
    // Enter on the picture does the same.
    below: (
      <button type="button" class="confirm number" tabIndex={-1} data-testid="confirm-guess" aria-label={words.others.confirmOne(path, name, probability)} onClick={() => label([index], type)}>
        {words.others.confirm(isNamed ? name : formatPercent(probability))}
      </button>
    ),
  };
}

function Some({ items, label: name }: { items: readonly PictureItem[]; label: string }) {
  const [most, setMost] = useState(mostShown);
  const more = items.length - most;
  return (
    <>
      <Pictures items={items.slice(0, most)} sidePx={thumbnail} label={name} />
      {more > 0 && (
        <button type="button" class="link small" onClick={() => setMost(most + 96)}>
          {words.others.more(Math.min(96, more))}
        </button>
      )}
    </>
  );
}
