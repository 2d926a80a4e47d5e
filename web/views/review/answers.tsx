/** One button for each answer. */
import { type Answer, isConfirmed, type ModelSpec } from '../../../src/js/index.ts';
import { ClassMark, type NoType, NoTypeMark } from '../../parts/class_mark.tsx';
import { className, inSentence } from '../../parts/words.ts';
import type { Cell } from '../../state/frame_store.ts';
import { spec } from '../../state/models.ts';
import { otherAnswers, otherKeys } from '../../state/review_keys.ts';
import { answer, blind, confirm, reader, setNote, takeBack } from '../../state/reviewing.ts';
import { words } from './words.ts';

/** Args: sure: the number was named before; else a second press is asked for. */
export function AnswerButtons({ current, sure = false, counted = true }: { current?: Answer | null; sure?: boolean; counted?: boolean }) {
  const model = spec.value;
  if (!model) return null;
  const chosen = (outcome: string, type: string | null = null): boolean | undefined => (current === undefined ? undefined : current?.outcome === outcome && current.type === type);
  return (
    <div class="answers" role="group" aria-label={words.answers}>
      {model.classes.map(({ id, name, letter }, i) => (
        <button key={id} type="button" data-testid={`answer-${id}`} aria-keyshortcuts={counted ? letter.toLowerCase() : undefined} aria-pressed={chosen('type', id)} onClick={() => answer('type', id, sure)}>
          <ClassMark index={i} letter={letter} /> {name}
        </button>
      ))}
      {otherAnswers.map((outcome) => (
        <button key={outcome} type="button" data-testid={`answer-${outcome}`} aria-keyshortcuts={otherKeys[outcome]} aria-pressed={chosen(outcome)} onClick={() => answer(outcome, null, sure)}>
          <NoTypeMark kind={outcome as NoType} /> {words.outcomes[outcome]} <kbd aria-hidden="true">{otherKeys[outcome]}</kbd>
        </button>
      ))}
    </div>
  );
}

/** In the details of a cell. */
export function ReviewOfCell({ cell, model }: { cell: Cell; model: ModelSpec }) {
  const own = cell.review?.[reader.value] ?? null;
  const canConfirm = !cell.unnamed && !blind.value;
  return (
    <section class="review-cell" aria-label={words.ofCell} data-testid="review-cell">
      {canConfirm && (
        <button type="button" class="main confirm" data-testid="confirm" aria-keyshortcuts="Enter" disabled={own !== null && isConfirmed(cell.label, own)} onClick={confirm}>
          {words.confirm}: {inSentence(className(model, cell.label))} <kbd aria-hidden="true">↵</kbd>
        </button>
      )}
      <AnswerButtons current={own} sure />
      {own && (
        <p class="small">
          {words.said(own.outcome === 'type' ? inSentence(className(model, own.type ?? '')) : inSentence(words.outcomes[own.outcome]), own.reviewer, new Date(own.at).toLocaleString())}{' '}
          <button type="button" class="link" data-testid="take-back" onClick={() => takeBack(cell.index)}>
            {words.takeBack}
          </button>
        </p>
      )}
      <label class="field note">
        {words.note}
        <input type="text" data-testid="note" maxLength={2000} value={cell.review?.note ?? ''} onInput={(event) => setNote(cell.index, event.currentTarget.value)} />
      </label>
      <p class="small muted not-touch">{words.keys}</p>
    </section>
  );
}
