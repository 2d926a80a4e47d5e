/** Above the results while a person looks through them: the list, who reads, how far it is, and what a sample says. */
import { useEffect, useState } from 'preact/hooks';
import { agreementMatrix, type Kappa, type ModelSpec, wilsonInterval } from '../../../src/js/index.ts';
import { Choice } from '../../parts/choice.tsx';
import { modelCells } from '../../state/images.ts';
import { spec } from '../../state/models.ts';
import { answered, chooseWorklist, goToNext, readAs, readByBoth, reviewer, setReviewing, signAs } from '../../state/reviewing.ts';
import { reviewOf, reviewRevision } from '../../state/review_store.ts';
import { blind, reader } from '../../state/view.ts';
import { drawSample, sample, type Worklist, worklist } from '../../state/worklist.ts';
import { StepButtons } from './step_buttons.tsx';
import { words } from './words.ts';

export function ReviewBar() {
  const model = spec.value;
  if (!model) return null;
  const { answered: done, of } = answered.value;
  return (
    <section class="review-bar" aria-label={words.region} data-testid="review-bar" data-answered={done} data-of={of}>
      <div class="review-row">
        {!blind.value && (
          <div class="field">
            {words.list}
            <Choice<Worklist> name="worklist" label={words.list} value={worklist.value} words={words.lists} onChoose={chooseWorklist} />
          </div>
        )}
        <button type="button" class="main" data-testid="next-to-review" disabled={of === done} onClick={() => goToNext()}>
          {words.next}
        </button>
        <strong class="review-progress" aria-live="polite">{of > 0 && (done === of ? words.allDone : words.progress(done, of))}</strong>
        {blind.value && <StepButtons />}
        <span class="spacer" />
        <div class="field">
          {words.reader}
          <Choice<'first' | 'second'> name="reader" label={words.reader} value={reader.value} words={words.readers} onChoose={readAs} />
        </div>
        <label class="field" title={words.signHint}>
          {words.sign}
          <input type="text" class="initials" data-testid="reviewer" maxLength={40} value={reviewer.value} autocomplete="off" onInput={(event) => signAs(event.currentTarget.value)} />
        </label>
        <button type="button" data-testid="end-review" onClick={endReview}>
          {words.end}
        </button>
      </div>
      {blind.value && <p class="small">{words.blind}</p>}
      {worklist.value === 'random' && !blind.value && <SampleRow model={model} />}
      {readByBoth.value.length > 0 && !blind.value && <Agreement model={model} />}
    </section>
  );
}

/** What was pressed is gone, and the focus with it. */
function endReview(): void {
  setReviewing(false);
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-testid=review]')?.focus());
}

const usualSample = 100;

function SampleRow({ model }: { model: ModelSpec }) {
  const [typed, setTyped] = useState(String(usualSample));
  const known = sample.value;
  const all = modelCells.value.length;
  const count = Math.max(1, Math.min(all, Math.round(Number(typed)) || 1));
  return (
    <div class="review-row small">
      <span>{known ? `${words.sample.here(known.indices.length, known.of)} ${known.strata ? words.sample.byType : ''}` : words.sample.none}</span>
      <label class="field">
        <span class="visually-hidden">{words.sample.count}</span>
        <input type="number" data-testid="sample-size" min={1} max={Math.max(1, all)} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
      </label>
      <button type="button" data-testid="draw-sample" disabled={all === 0} onClick={() => draw(count, false)}>
        {known ? words.sample.again : words.sample.draw(count)}
      </button>
      <button type="button" data-testid="draw-by-type" disabled={all === 0} onClick={() => draw(count, true)}>
        {words.sample.drawByType(count)}
      </button>
      {known && !known.strata && <Target model={model} />}
    </div>
  );
}

function draw(count: number, byType: boolean): void {
  drawSample(count, byType);
  goToNext(true);
}

const z = 1.959963984540054;

/** How many more of the sample are to be looked at until a share is known as well as a person asks. */
function Target({ model }: { model: ModelSpec }) {
  const [type, setType] = useState(model.classes[0]?.id ?? '');
  const [within, setWithin] = useState(5);
  reviewRevision.value;
  const answers = (sample.value?.indices ?? []).flatMap((index) => reviewOf(index)?.first ?? []).filter(({ outcome }) => outcome !== 'no_cell');
  const are = answers.filter((one) => one.type === type).length;
  const [low, high] = wilsonInterval(are, answers.length);
  const total = modelCells.value.length;
  const needed = neededFor((are + 2) / (answers.length + 4), within / 100, total);
  const isEnough = answers.length >= total || (answers.length > 0 && (high - low) / 2 <= within / 100);
  return (
    <span class="review-target" data-testid="target" data-more={isEnough ? 0 : Math.max(1, needed - answers.length)}>
      <label class="field">
        {words.target.share}
        <select value={type} onChange={(event) => setType(event.currentTarget.value)}>
          {model.classes.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        {words.target.within}
        <input type="number" min={1} max={25} value={within} onInput={(event) => setWithin(Math.max(1, Math.min(25, event.currentTarget.valueAsNumber || 5)))} />
        {words.target.percent}
      </label>
      <span>
        {answers.length === 0 ? words.target.few : `${words.target.known(are / answers.length, low, high)}: ${isEnough ? words.target.enough : words.target.more(Math.max(1, needed - answers.length))}`}
      </span>
    </span>
  );
}

/** Cells until the interval of a share is as narrow as asked; of few cells fewer, since those looked at are a part of them. Source: Cochran 1977, section 4.4. */
function neededFor(share: number, halfWidth: number, total: number): number {
  const ofMany = (z * z * share * (1 - share)) / (halfWidth * halfWidth);
  return Math.min(total, Math.ceil(ofMany / (1 + (ofMany - 1) / Math.max(1, total))));
}

function Agreement({ model }: { model: ModelSpec }) {
  const [kappa, setKappa] = useState<Kappa | null>(null);
  const both = readByBoth.value;
  useEffect(() => {
    let stale = false;
    void import('./kappa.ts').then(({ kappaOf }) => kappaOf(agreementMatrix(both, model.classes.map(({ id }) => id)))).then((found) => { if (!stale) setKappa(found); }, () => undefined);
    return () => { stale = true; };
  }, [both]);
  const agree = both.filter(({ first, second }) => first?.outcome === second?.outcome && first?.type === second?.type).length;
  return (
    <p class="small" data-testid="agreement" data-kappa={kappa?.value}>
      {words.agreement(agree, both.length)}{kappa && `: ${words.kappa(kappa.value, ...kappa.interval)}`}
    </p>
  );
}
