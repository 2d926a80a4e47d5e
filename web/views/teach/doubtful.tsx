/** Labels that the other cells contradict, one after the other. */
import { useState } from 'preact/hooks';
import { ClassMark } from '../../parts/class_mark.tsx';
import { inSentence } from '../../parts/words.ts';
import { plan } from '../../state/teaching.ts';
import { pathOf } from '../../state/teaching_items.ts';
import { keepLabel, label } from '../../state/teaching_steps.ts';
import { doubtful } from '../../state/teaching_test.ts';
import { Picture } from './pictures.tsx';
import { words } from './words.ts';

const mostShown = 6;

export function Doubtful() {
  const [most, setMost] = useState(mostShown);
  const all = doubtful.value;
  const { types } = plan.value;
  if (all.length === 0) return null;
  const typeOf = (id: string): { name: string; letter: string; place: number } => {
    const place = types.findIndex((one) => one.id === id);
    return { name: types[place]?.name ?? id, letter: types[place]?.letter ?? '', place };
  };
  return (
    <section class="teach-doubtful" aria-labelledby="teach-doubtful" data-testid="doubtful" data-count={all.length}>
      <h2 id="teach-doubtful">
        {words.doubtful.title} <span class="muted number">{all.length}</span>
      </h2>
      <p class="small muted">{words.doubtful.hint}</p>
      <ul class="doubts">
        {all.slice(0, most).map(({ index, label: said, likelier, probability }) => {
          const [own, other] = [typeOf(said), typeOf(likelier)];
          const path = pathOf(index);
          return (
            <li key={index} class="doubt" data-testid="doubt" data-index={index} data-path={path} data-label={said} data-likelier={likelier} data-probability={probability}>
              <Picture index={index} sidePx={96} />
              <div>
                <p class="small">
                  <ClassMark index={own.place} letter={own.letter} /> {words.doubtful.said(inSentence(own.name), inSentence(other.name))}
                </p>
                <p class="small muted doubt-path" title={path}>
                  {path}
                </p>
                <p class="doubt-actions">
                  <button type="button" data-testid="doubt-keep" aria-label={words.doubtful.keepOne(path, own.name)} onClick={() => keepLabel(index)}>
                    {words.doubtful.keep}
                  </button>
                  <button type="button" data-testid="doubt-change" aria-label={words.doubtful.changeOne(path, other.name)} onClick={() => label([index], likelier)}>
                    {words.doubtful.change(inSentence(other.name))}
                  </button>
                  <button type="button" data-testid="doubt-out" aria-label={words.doubtful.outOne(path)} onClick={() => label([index], null)}>
                    {words.doubtful.out}
                  </button>
                </p>
              </div>
            </li>
          );
        })}
      </ul>
      {all.length > most && (
        <button type="button" class="link small" onClick={() => setMost(most + 12)}>
          {words.doubtful.more(Math.min(12, all.length - most))}
        </button>
      )}
    </section>
  );
}
