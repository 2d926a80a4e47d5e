/** What another threshold would name, and how much of that is right: tried here, used nowhere else. */
import { useMemo, useState } from 'preact/hooks';
import { atThreshold, type CellShare, type LabelledCells, type ModelSpec } from '../../../src/js/index.ts';
import { ClassMark } from '../../parts/class_mark.tsx';
import { FactList } from '../../parts/fact_list.tsx';
import { intervalWords } from '../../parts/words.ts';
import { formatPercent } from '../../state/format.ts';
import { words } from './words.ts';

const step = 0.01;

export function ThresholdControl({ cells, spec: { classes, judge } }: { cells: LabelledCells; spec: Pick<ModelSpec, 'classes' | 'judge'> }) {
  const own = judge.abstain_below;
  const [thresholds, setThresholds] = useState<readonly number[]>(() => classes.map(() => own));
  const found = useMemo(() => atThreshold(cells, thresholds), [cells, thresholds]);
  const together = thresholds[0] ?? own;
  const isOne = thresholds.every((threshold) => threshold === together);
  const { named, right } = found;
  return (
    <section class="threshold" data-testid="threshold" data-named={named.count} data-right={right.count}>
      <h3>{words.threshold.title}</h3>
      <p class="small muted">{words.threshold.hint}</p>
      <Slider label={words.threshold.from} threshold={together} shown={isOne} named={named} right={right} onInput={(threshold) => setThresholds(classes.map(() => threshold))} hook="threshold-all" />
      <div role="status">
        <FactList class="facts-list small" facts={[[words.threshold.named, shareWords(named)], [words.threshold.right, shareWords(right)]]} />
      </div>
      {!(isOne && together === own) && (
        <button type="button" class="link small" data-testid="threshold-reset" onClick={() => setThresholds(classes.map(() => own))}>
          {words.threshold.reset(formatPercent(own))}
        </button>
      )}
      <details>
        <summary>{words.threshold.byType}</summary>
        <p class="small muted">{words.threshold.likeliest}</p>
        {classes.map(({ id, name, letter }, i) => {
          const ofType = found.types[i];
          return (
            ofType && (
              <div key={id} class="type-threshold">
                <span>
                  <ClassMark index={i} letter={letter} /> <span class="small">{name}</span>
                </span>
                <Slider
                  label={words.threshold.ofType(name)} labelHidden threshold={thresholds[i] ?? own} shown {...ofType} hook={`threshold-${id}`}
                  onInput={(threshold) => setThresholds(thresholds.map((other, at) => (at === i ? threshold : other)))}
                />
                <span class="small muted number">
                  {words.threshold.named}: {shareWords(ofType.named)}; {words.threshold.right}: {shareWords(ofType.right)}
                </span>
              </div>
            )
          );
        })}
      </details>
    </section>
  );
}

interface SliderProps { label: string; labelHidden?: boolean; threshold: number; /** Whether one number says it. */ shown: boolean; named: CellShare; right: CellShare; hook: string; onInput: (threshold: number) => void }

function Slider({ label, labelHidden = false, threshold, shown, named, right, hook, onInput }: SliderProps) {
  return (
    <label class="field">
      <span class={labelHidden ? 'visually-hidden' : undefined}>{label}</span>
      <input
        type="range" min={0} max={1} step={step} value={threshold} data-testid={hook}
        aria-valuetext={words.threshold.value(formatPercent(threshold), percentOf(named), percentOf(right))}
        onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
      />
      <output class="number">{shown ? formatPercent(threshold) : '–'}</output>
    </label>
  );
}

function percentOf({ share }: CellShare): string {
  return share === null ? words.threshold.nothing : formatPercent(share);
}

/** "82 % (80–84 %), 1,234 of 1,500". */
function shareWords(share: CellShare): string {
  return `${percentOf(share)} (${intervalWords(share.interval)}), ${words.threshold.of(share.count, share.of)}`;
}
