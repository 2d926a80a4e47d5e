/** What becomes of many chosen cells at once: said with their number before it is done. Without a review they can be taught. */
import { className, inSentence } from '../../parts/words.ts';
import { tool } from '../../state/frames.ts';
import { spec } from '../../state/models.ts';
import { answerSelected, pending, select, selected } from '../../state/reviewing.ts';
import { layout, reviewing, shown } from '../../state/view.ts';
import { AnswerButtons } from './answers.tsx';
import { TeachAs } from './teach_as.tsx';
import { words } from './words.ts';

export function SelectionBar() {
  const count = selected.value.size;
  const model = spec.value;
  // On a frame it stands there from the first, so that the picture does not move under the hand.
  if ((count === 0 && !(layout.value === 'frame' && tool.value === 'select')) || !model) return null;
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
            <strong aria-live="polite">{reviewing.value && count > 0 ? words.nameAll(count) : words.selection(count)}</strong>
            {count < all && (
              <button type="button" class="link small" data-testid="select-all" onClick={() => select(shown.value.map(({ index }) => index))}>
                {words.selectAll(all)}
              </button>
            )}
            {count > 0 && (
              <button type="button" class="link small" data-testid="select-none" onClick={() => select([])}>
                {words.selectNone}
              </button>
            )}
            {!reviewing.value && <TeachAs />}
          </p>
          {reviewing.value && count > 0 && (
            <>
              <AnswerButtons onAnswer={answerSelected} />
              <TeachAs />
            </>
          )}
        </>
      )}
    </section>
  );
}
