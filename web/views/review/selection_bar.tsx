/** What becomes of many chosen cells at once: said with their number before it is done. */
import { className, inSentence } from '../../parts/words.ts';
import { spec } from '../../state/models.ts';
import { answerSelected, pending, select, selected } from '../../state/reviewing.ts';
import { shown } from '../../state/view.ts';
import { AnswerButtons } from './answers.tsx';
import { TeachAs } from './teach_as.tsx';
import { words } from './words.ts';

export function SelectionBar() {
  const count = selected.value.size;
  const model = spec.value;
  if (count === 0 || !model) return null;
  const asked = pending.value;
  const all = shown.value.length;
  return (
    <section class="selection-bar" aria-label={words.selection(count)} data-testid="selection-bar" data-count={count}>
      {asked ? (
        <p>
          <strong>{words.sure(count, asked.outcome === 'type' ? inSentence(className(model, asked.type ?? '')) : inSentence(words.outcomes[asked.outcome]))}</strong>{' '}
          <button type="button" class="main" data-testid="name-all" ref={(button) => button?.focus()} onClick={() => answerSelected(asked.outcome, asked.type, true)}>
            {words.yes}
          </button>{' '}
          <button type="button" onClick={() => (pending.value = null)}>
            {words.no}
          </button>
        </p>
      ) : (
        <>
          <p>
            <strong aria-live="polite">{words.nameAll(count)}</strong>
            {count < all && (
              <button type="button" class="link small" data-testid="select-all" onClick={() => select(shown.value.map(({ index }) => index))}>
                {words.selectAll(all)}
              </button>
            )}
            <button type="button" class="link small" data-testid="select-none" onClick={() => select([])}>
              {words.selectNone}
            </button>
          </p>
          <AnswerButtons onAnswer={answerSelected} />
          <TeachAs />
        </>
      )}
    </section>
  );
}
