/** Whether the map and the verdict of one cell hold: computed on request, since it takes some hundreds of runs of the network. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Checked, Deletion, ModelSpec } from '../../../src/js/index.ts';
import { openDialog } from '../../parts/dialog.tsx';
import { className, inSentence, turnsSentence } from '../../parts/words.ts';
import { checkOf } from '../../state/asking.ts';
import { formatCount, formatPercent } from '../../state/format.ts';
import type { Cell } from '../../state/frame_store.ts';
import { secondSpec } from '../../state/models.ts';
import { messageOf } from '../../state/notice.ts';

type State = { phase: 'idle' } | { phase: 'working' } | { phase: 'failed'; message: string } | { phase: 'done'; checked: Checked };

export function CellChecks({ cell, model }: { cell: Cell; model: ModelSpec }) {
  const [state, setState] = useState<State>({ phase: 'idle' });
  const results = useRef<HTMLDivElement>(null);
  const live = useRef(true);
  useEffect(() => () => { live.current = false; }, []);
  // The button is gone by now; its focus goes on to what it brought.
  useEffect(() => { if (state.phase === 'done') results.current?.focus({ preventScroll: true }); }, [state.phase]);
  const begin = (): void => {
    setState({ phase: 'working' });
    const settle = (next: State): void => { if (live.current) setState(next); };
    checkOf(cell.index).then((checked) => settle({ phase: 'done', checked }), (error: unknown) => settle({ phase: 'failed', message: messageOf(error) }));
  };
  const checked: Checked = state.phase === 'done' ? state.checked : {};
  const turns = checked.turns ?? cell.turns;
  return (
    <section class="checks" aria-labelledby="checks-title" data-testid="checks" data-phase={state.phase}>
      <h3 id="checks-title">Does it hold?</h3>
      {state.phase !== 'done' && (
        <>
          <p class="small muted">Deletes what the map marks and looks whether the probability falls, and turns the picture and looks whether the type stays.</p>
          <button type="button" data-testid="check-cell" aria-disabled={state.phase === 'working'} onClick={() => { if (state.phase !== 'working') begin(); }}>
            {state.phase === 'working' ? 'Checking …' : 'Check map and turns'}
          </button>
        </>
      )}
      <div ref={results} tabIndex={-1} aria-live="polite">
        {state.phase === 'failed' && <p class="small warning">It could not be checked: {state.message}</p>}
        {turns && <Turns cell={cell} model={model} turns={turns} />}
        {cell.second && <Second cell={cell} model={model} />}
        {checked.deletion && <DeletionCurve deletion={checked.deletion} name={inSentence(className(model, cell.label))} />}
        {checked.deletion === null && <p class="small">The map of this model has too few regions to be checked by deletion.</p>}
      </div>
      <button type="button" class="link small" data-testid="about-checks" aria-haspopup="dialog" onClick={() => openDialog('why')}>
        What this measures, and what it shows of our models
      </button>
    </section>
  );
}

function Turns({ cell, model, turns }: { cell: Cell; model: ModelSpec; turns: NonNullable<Checked['turns']> }) {
  const sentence = turnsSentence(model, cell.label, turns);
  return (
    <p class="small" data-testid="turns" data-agree={turns.agree} data-of={turns.of}>
      <span class={turns.agree < turns.of ? 'warning' : ''}>The type {sentence}.</span>{' '}
      <span class="muted">
        Its probability is {formatPercent(turns.mean_probability)} on average and {formatPercent(turns.least_probability)} at least.
      </span>
    </p>
  );
}

function Second({ cell, model }: { cell: Cell; model: ModelSpec }) {
  const other = secondSpec.value;
  if (!cell.second) return null;
  const { label, probability, agree } = cell.second;
  return (
    <p class={`small ${agree ? '' : 'warning'}`} data-testid="second-opinion" data-agree={agree}>
      {other?.title ?? 'The other model'} {agree ? 'agrees' : 'does not agree'}: {formatPercent(probability)} {inSentence(className(model, label))}.
    </p>
  );
}

/** What a line of the chart is called, and how it is told from the others without colour. */
const lines = [
  { key: 'by_map', words: 'what the map marks first' },
  { key: 'at_random', words: 'at random, mean' },
  { key: 'from_middle', words: 'from the middle outwards' },
] as const;

/** Of probability: curves that lie nearer to each other on average count as equal. */
const aHundredth = 0.01;

const chart = { width: 320, height: 168, left: 40, right: 8, top: 8, bottom: 28 };

const headings: Record<Deletion['explains'], string> = {
  clearly: 'The map explains the verdict', perhaps: 'The map may explain the verdict', little: 'The map explains little here',
};

function DeletionCurve({ deletion, name }: { deletion: Deletion; name: string }) {
  const { shares, by_map, map_area, random_area, middle_area, beaten, random_orders, explains } = deletion;
  const empty = by_map.at(-1) ?? NaN;
  return (
    <div class="deletion" data-testid="deletion" data-explains={explains} data-map-area={map_area} data-random-area={random_area} data-beaten={beaten}>
      <h4 class="small">{headings[explains]}</h4>
      <p class="small" data-testid="deletion-words">
        {explains === 'clearly'
          ? `Deleting what it marks lowers the probability of ${name} faster than deleting at random, in each of ${random_orders} random orders.`
          : beaten === random_orders
            ? `Whatever is deleted, the probability of ${name} hardly changes.`
            : `Deleting at random lowers the probability of ${name} as fast or faster in ${formatCount(random_orders - beaten)} of ${random_orders} random orders.`}{' '}
        {gapWords(random_area - map_area)}
      </p>
      {empty >= 0.5 && (
        <p class="small muted" data-testid="deletion-empty">
          With nothing left the network still says {name}, {formatPercent(empty)}: it is what it says of an empty picture, so that deleting cannot show what spoke for it.
        </p>
      )}
      <svg viewBox={`0 0 ${chart.width} ${chart.height}`} role="img" aria-label={chartWords(deletion, name)}>
        <Axes />
        {lines.toReversed().map(({ key }) => (
          <Line key={key} kind={key} shares={shares} values={deletion[key]} />
        ))}
      </svg>
      <ul class="small deletion-legend">
        {lines.map(({ key, words }) => (
          <li key={key}>
            <svg viewBox="0 0 32 12" aria-hidden="true" class={`line-${key}`}>
              <path d="M2 6H30" />
              {key === 'by_map' && <circle cx="16" cy="6" r="3.5" />}
            </svg>
            {words}
          </li>
        ))}
      </ul>
      {explains !== 'little' && middle_area - map_area < aHundredth && (
        <p class="small muted" data-testid="deletion-middle">Deleting from the middle outwards, whatever the map says, lowers it as fast: that the cell is in the middle may be all that the map tells.</p>
      )}
      <details class="small">
        <summary>Values</summary>
        <table class="map-values">
          <caption>Probability of {name} by the share of the picture deleted</caption>
          <thead>
            <tr>
              <th scope="col">Deleted</th>
              {lines.map(({ key, words }) => (
                <th key={key} scope="col">{words}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from(shares, (share, i) => (
              <tr key={share}>
                <th scope="row">{formatPercent(share)}</th>
                {lines.map(({ key }) => (
                  <td key={key}>{formatPercent(deletion[key][i] ?? NaN)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}

/** The area between the curve at random and that of the map, which is the mean difference of their probabilities. */
function gapWords(gap: number): string {
  const points = Math.round(Math.abs(100 * gap));
  if (points === 0) return 'On average it is what it is at random.';
  return `On average it is ${formatCount(points)} percentage ${points === 1 ? 'point' : 'points'} ${gap > 0 ? 'lower' : 'higher'} than at random.`;
}

function place(share: number, probability: number): [x: number, y: number] {
  return [chart.left + share * (chart.width - chart.left - chart.right), chart.top + (1 - probability) * (chart.height - chart.top - chart.bottom)];
}

function Axes() {
  const [left, bottom] = place(0, 0);
  const [right, top] = place(1, 1);
  return (
    <g class="axes" aria-hidden="true">
      <path d={`M${left} ${top}V${bottom}H${right}M${left} ${top}H${right}M${left} ${(top + bottom) / 2}H${right}`} />
      {[0, 0.5, 1].map((probability) => (
        <text key={probability} x={left - 4} y={place(0, probability)[1] + 4} text-anchor="end">{formatPercent(probability)}</text>
      ))}
      <text x={left} y={chart.height - 10}>whole</text>
      <text x={(left + right) / 2} y={chart.height - 10} text-anchor="middle">share deleted</text>
      <text x={right} y={chart.height - 10} text-anchor="end">all</text>
    </g>
  );
}

function Line({ kind, shares, values }: { kind: string; shares: Float64Array; values: Float64Array }) {
  const at = Array.from(shares, (share, i) => place(share, values[i] ?? 0));
  return (
    <g class={`line-${kind}`}>
      <path d={`M${at.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}`} />
      {kind === 'by_map' && at.map(([x, y]) => <circle key={x} cx={x} cy={y} r="3" />)}
    </g>
  );
}

/** The chart for those who do not see it; the table below it has every value. */
function chartWords({ shares, by_map, at_random, from_middle }: Deletion, name: string): string {
  const half = shares.findIndex((share) => share >= 0.5);
  const of = (values: Float64Array): string => formatPercent(values[half] ?? NaN);
  return `Probability of ${name} as more and more of the picture is deleted: ${formatPercent(by_map[0] ?? NaN)} for the whole picture; with ${formatPercent(shares[half] ?? NaN)} deleted ${of(by_map)} where the map's regions go first, ${of(at_random)} at random, ${of(from_middle)} from the middle outwards; ${formatPercent(by_map.at(-1) ?? NaN)} with nothing left.`;
}
