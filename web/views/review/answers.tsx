/** One button for each answer. */
import { type Answer, isConfirmed, type ModelSpec, type ReviewOutcome } from '../../../src/js/index.ts';
import { ClassMark, type NoType, NoTypeMark } from '../../parts/class_mark.tsx';
import { className, inSentence } from '../../parts/words.ts';
import type { Cell } from '../../state/frame_store.ts';
import { spec } from '../../state/models.ts';
import { otherAnswers, otherKeys } from '../../state/review_keys.ts';
import { answer, answered, confirm, setNote, takeBack } from '../../state/reviewing.ts';
import { blind, reader } from '../../state/view.ts';
import { StepButtons } from './step_buttons.tsx';
import { words } from './words.ts';

interface AnswerButtonsProps {
  /** What was answered before; not told where the buttons are for many cells. */
  current?: Answer | null;
  onAnswer: (outcome: ReviewOutcome, type: string | null) => void;
}

export function AnswerButtons({ current, onAnswer }: AnswerButtonsProps) {
  const counted = current !== undefined;
  const model = spec.value;
  if (!model) return null;
  const chosen = (outcome: string, type: string | null = null): boolean | undefined => (current === undefined ? undefined : current?.outcome === outcome && current.type === type);
  return (
    <div class="answers" role="group" aria-label={words.answers}>
      {model.classes.map(({ id, name, letter }, i) => (
        <button key={id} type="button" data-testid={`answer-${id}`} aria-keyshortcuts={counted ? letter.toLowerCase() : undefined} aria-pressed={chosen('type', id)} onClick={() => onAnswer('type', id)}>
          <ClassMark index={i} letter={letter} /> {name}
        </button>
      ))}
      {otherAnswers.map((outcome) => (
        <button key={outcome} type="button" data-testid={`answer-${outcome}`} aria-keyshortcuts={otherKeys[outcome]} aria-pressed={chosen(outcome)} onClick={() => onAnswer(outcome, null)}>
          <NoTypeMark kind={outcome as NoType} /> {words.outcomes[outcome]} <kbd aria-hidden="true">{otherKeys[outcome]}</kbd>
        </button>
      ))}
    </div>
  );
}

/** To the panel, whose keys answer. */
function leaveOnEscape(event: KeyboardEvent): void {
  if (event.key !== 'Escape') return;
  event.stopPropagation();
  (event.currentTarget as HTMLElement).closest<HTMLElement>('.details')?.focus();
}

/** In the details of a cell. */
export function ReviewOfCell({ cell, model }: { cell: Cell; model: ModelSpec }) {
  const own = cell.review?.[reader.value] ?? null;
  const canConfirm = !cell.unnamed && !blind.value;
  const { answered: done, of } = answered.value;
  return (
    <section class="review-cell" aria-label={words.ofCell} data-testid="review-cell">
      {canConfirm && (
        <button type="button" class="main confirm" data-testid="confirm" aria-keyshortcuts="Enter" disabled={own !== null && isConfirmed(cell.label, own)} onClick={confirm}>
          {words.confirm}: {inSentence(className(model, cell.label))} <kbd aria-hidden="true">↵</kbd>
        </button>
      )}
      <AnswerButtons current={own} onAnswer={answer} />
      {own && (
        <p class="small">
          {words.said(own.outcome === 'type' ? inSentence(className(model, own.type ?? '')) : inSentence(words.outcomes[own.outcome]), own.reviewer, new Date(own.at).toLocaleString())}{' '}
          <button type="button" class="link" data-testid="take-back" onClick={() => takeBack(cell.index)}>
            {words.takeBack}
          </button>
        </p>
      )}
      {!blind.value && (
        <label class="field note">
          {words.note}
          <input type="text" data-testid="note" maxLength={2000} value={cell.review?.note ?? ''} onInput={(event) => setNote(cell.index, event.currentTarget.value)} onKeyDown={leaveOnEscape} />
        </label>
      )}
      <p class="small review-foot">
        {of > 0 && words.progress(done, of)} <StepButtons />
      </p>
      <p class="small muted not-touch">{words.keys}</p>
    </section>
  );
}
