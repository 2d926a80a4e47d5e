/** How many wrong types a person tolerates, and what that costs: the threshold moves, the network need not run again. */
import { riskCoverage, type RiskPoint } from '../../../src/js/index.ts';
import { intervalWords } from '../../parts/words.ts';
import { nameFrom } from '../../state/asked.ts';
import { formatPercent } from '../../state/format.ts';
import { isUncharted } from '../../state/batch.ts';
import { modelKind, namesCells } from '../../state/frame_store.ts';
import { mode } from '../../state/mode.ts';
import { spec, threshold as thresholdInUse, unsureBelow } from '../../state/models.ts';
import { scopedCells } from '../../state/view.ts';
import { words } from './words.tsx';

export function ErrorSlider() {
  const model = spec.value;
  const points = model ? distinct(riskCoverage(model)) : [];
  if (!model || points.length < 2 || (mode.value === 'fields' && !namesCells.value)) return null;
  const threshold = thresholdInUse.value;
  const position = Math.max(0, points.findLastIndex((point) => point.threshold <= threshold));
  const { wrong, interval } = points[position] as RiskPoint;
  const nameable = scopedCells.value.filter((cell) => ['type', 'unsure'].includes(modelKind(cell)));
  const decided = nameable.filter((cell) => modelKind(cell) === 'type').length;
  return (
    <section class="error-slider" aria-label={words.threshold.region} data-testid="error-slider" data-threshold={threshold} data-decided={decided}>
      <label class="field">
        {words.threshold.from}
        <input
          type="range"
          min={0}
          max={points.length - 1}
          step={1}
          value={position}
          aria-valuetext={isUncharted.value ? formatPercent(threshold) : words.threshold.value(threshold, wrong)}
          onInput={(event) => nameFrom(points[event.currentTarget.valueAsNumber]?.threshold ?? null)}
        />
        <output>{formatPercent(threshold)}</output>
      </label>
      <p class="small">{isUncharted.value ? words.threshold.costUnknown(decided, nameable.length) : words.threshold.cost(decided, nameable.length, wrong, intervalWords(interval))}</p>
      {unsureBelow.value !== null && (
        <button type="button" class="link small" onClick={() => nameFrom(null)}>
          {words.threshold.asModel(model.judge.abstain_below)}
        </button>
      )}
    </section>
  );
}

/** Thresholds that decide as many as the next higher one buy nothing; the model's own stays. */
function distinct(points: RiskPoint[]): RiskPoint[] {
  return points.filter(({ decided, threshold }, i) => decided !== points[i + 1]?.decided || threshold === spec.value?.judge.abstain_below);
}
