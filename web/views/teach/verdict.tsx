/** How good what was taught is: one sentence with its interval, what stands behind it, and what to mind. */
import { useState } from 'preact/hooks';
import { verdictWords } from '../../../src/js/index.ts';
import { lazily } from '../../parts/lazily.tsx';
import { mode } from '../../state/mode.ts';
import { labelRevision, trays } from '../../state/teaching.ts';
import { pathOf } from '../../state/teaching_items.ts';
import { canLearn, isPaused, looked, pause, teacherState, trouble, tryAgain } from '../../state/teaching_work.ts';
import { canTest, indexOf, isStale, leastToTest, stopTest, type Tested, test, tested, testing, testTrouble, tooFew } from '../../state/teaching_test.ts';
import { LearningCurve } from './learning_curve.tsx';
import { MakeModel } from './make_model.tsx';
import { Mind } from './mind.tsx';
import { Pictures } from './pictures.tsx';
import { words } from './words.ts';
import './verdict.css';

const ConfusionMatrix = lazily(async () => {
  const [{ ConfusionMatrix: Matrix }] = await Promise.all([import('../measure/confusion_matrix.tsx'), import('../measure/measure.css')]);
  return Matrix;
});

export function Verdict() {
  const now = tested.value;
  return (
    <section class="teach-good" aria-labelledby="teach-good" data-testid="teach-good" data-testing={testing.value !== null} data-stale={isStale.value} data-tested={now !== null}>
      <h2 id="teach-good">{words.good.title}</h2>
      <Work />
      <Testing />
      {now && <Sentence now={now} />}
      {now && <Mind now={now} />}
      {now?.found.crossValidated && <Behind now={now} />}
      {canLearn.value && <MakeModel />}
    </section>
  );
}

/** Loading, looking, and what went wrong. */
function Work() {
  const { done, of } = looked.value;
  if (trouble.value || teacherState.value === 'failed') {
    return (
      <p class="warning" role="alert">
        {trouble.value}{' '}
        <button type="button" data-testid="teach-again" onClick={tryAgain}>
          {words.good.again}
        </button>
      </p>
    );
  }
  if (teacherState.value === 'opening' || teacherState.value === 'waiting') return of > 0 ? <p class="small muted">{words.good.opening}</p> : null;
  if (done === of) return null;
  return (
    <div class="teach-work" data-testid="teach-looking" data-done={done} data-of={of}>
      <p class="small number">{isPaused.value ? words.good.paused(done, of) : words.good.looking(done, of)}</p>
      <progress aria-label={words.good.lookedAt} max={of} value={done} />
      <button type="button" data-testid="teach-pause" onClick={() => pause(!isPaused.value)}>
        {isPaused.value ? words.good.goOn : words.good.cancel}
      </button>
    </div>
  );
}

function Testing() {
  const short = tooFew.value;
  const taught = [...trays.value.values()].filter(({ length }) => length > 0).length;
  if (taught < 2) return <p class="muted">{words.good.needTypes}</p>;
  if (!canLearn.value) return null;
  if (testing.value !== null) {
    return (
      <div class="teach-work" role="status">
        <p class="small number">{words.good.testing(testing.value)}</p>
        <progress aria-label={words.good.progress} max={1} value={testing.value} />
        <button type="button" data-testid="stop-test" onClick={stopTest}>
          {words.good.cancel}
        </button>
      </div>
    );
  }
  if (tested.value && !isStale.value) return testTrouble.value ? <Trouble /> : null;
  return (
    <div class="teach-work">
      {testTrouble.value && <Trouble />}
      {short.length > 0 && <p class="small muted">{words.good.few(short.map(({ name }) => name), leastToTest)}</p>}
      <button type="button" data-testid="test" disabled={!canTest.value} onClick={() => void test()}>
        {tested.value ? words.good.testAgain : words.good.test}
      </button>
    </div>
  );
}

function Trouble() {
  return (
    <p class="warning" role="alert">
      {testTrouble.value}
    </p>
  );
}

function Sentence({ now: { found: { crossValidated }, grouping } }: { now: Tested }) {
  if (crossValidated === null) return <p class="verdict-sentence">{verdictWords(null)}</p>;
  const { right, isGrouped, confusion } = crossValidated;
  const most = Math.max(...confusion.map((row) => row.reduce((sum, count) => sum + count, 0))) / right.of;
  return (
    <>
      {isStale.value && <p class="small muted">{words.good.stale}</p>}
      <p class={`verdict-sentence ${isStale.value ? 'muted' : ''}`} aria-live="polite" data-testid="verdict" data-right={right.cells} data-of={right.of} data-low={right.interval[0]} data-high={right.interval[1]} data-grouped={isGrouped} data-grouping={grouping}>
        {verdictWords(crossValidated, grouping)}
      </p>
      <p class="small muted">{words.good.commonest(most)}</p>
      <p class="small muted">
        {grouping === 'file' && isGrouped && words.good.alone(mode.value === 'fields')} {words.good.elsewhere}
      </p>
    </>
  );
}

/** Parts, learning curve and matrix. */
function Behind({ now }: { now: Tested }) {
  const { crossValidated, types } = now.found;
  const [field, setField] = useState<{ truth: number; named: number } | null>(null);
  const [isOpen, setOpen] = useState(false);
  labelRevision.value;
  trays.value;
  if (crossValidated === null) return null;
  const { probabilities, measurement } = crossValidated;
  const named = (lesson: number): number => {
    const own = probabilities.subarray(lesson * types.length, (lesson + 1) * types.length);
    return own.indexOf(Math.max(...own));
  };
  const inField = field === null ? [] : now.found.lessons.flatMap(({ type }, lesson) => {
    const index = types[field.truth]?.id === type && named(lesson) === field.named ? indexOf(now, lesson) : null;
    return index === null ? [] : [index];
  });
  const nameAt = (place: number | undefined): string => types[place ?? -1]?.name ?? '';
  return (
    <>
      <details class="behind" data-testid="teach-curve">
        <summary>{words.good.curve}</summary>
        <LearningCurve points={crossValidated.curve} />
        <p class="small muted">{words.good.parts(crossValidated.partAccuracies)}</p>
      </details>
      <details class="behind measurement" data-testid="teach-matrix" onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
        <summary>{words.good.mistaken}</summary>
        {isOpen && <ConfusionMatrix measurement={measurement} spec={{ name: 'taught', classes: types }} selected={field} onSelect={setField} />}
        {field && (
          <>
            <p class="small" aria-live="polite">{words.good.inField(inField.length, nameAt(field.truth), nameAt(field.named))}</p>
            <Pictures items={inField.map((index) => ({ index, label: words.mind.ofType(nameAt(field.truth), pathOf(index)) }))} sidePx={56} label={words.good.mistaken} />
          </>
        )}
      </details>
    </>
  );
}
