/** Whether the map and the verdict of one cell hold: computed on request, since it takes some hundreds of runs of the network. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Checked, Deletion, ModelSpec } from '../../../src/js/index.ts';
import { openDialog } from '../../parts/dialog.tsx';
import { className, inSentence, turnsSentence } from '../../parts/words.ts';
import { checkOf } from '../../state/asking.ts';
import { formatPercent } from '../../state/format.ts';
import type { Cell } from '../../state/frame_store.ts';
import { secondSpec } from '../../state/models.ts';
import { messageOf } from '../../state/notice.ts';
import { words } from './words.ts';

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
      <h3 id="checks-title">{words.checks.title}</h3>
      {state.phase !== 'done' && (
        <>
          <p class="small muted">{words.checks.intro}</p>
          <button type="button" data-testid="check-cell" aria-disabled={state.phase === 'working'} onClick={() => { if (state.phase !== 'working') begin(); }}>
            {state.phase === 'working' ? words.checks.checking : words.checks.check}
          </button>
        </>
      )}
      <div ref={results} tabIndex={-1} aria-live="polite">
        {state.phase === 'failed' && <p class="small warning">{words.checks.failed(state.message)}</p>}
        {turns && <Turns cell={cell} model={model} turns={turns} />}
        {cell.second && <Second cell={cell} model={model} />}
        {checked.deletion && <DeletionCurve deletion={checked.deletion} name={inSentence(className(model, cell.label))} />}
        {checked.deletion === null && <p class="small">{words.checks.tooFewRegions}</p>}
      </div>
      <button type="button" class="link small" data-testid="about-checks" aria-haspopup="dialog" onClick={() => openDialog('why')}>
        {words.checks.about}
      </button>
    </section>
  );
}

function Turns({ cell, model, turns }: { cell: Cell; model: ModelSpec; turns: NonNullable<Checked['turns']> }) {
  const sentence = turnsSentence(model, cell.label, turns);
  return (
    <p class="small" data-testid="turns" data-agree={turns.agree} data-of={turns.of}>
      <span class={turns.agree < turns.of ? 'warning' : ''}>{words.checks.type(sentence)}</span>{' '}
      <span class="muted">{words.checks.overTurns(turns.mean_probability, turns.least_probability)}</span>
    </p>
  );
}

function Second({ cell, model }: { cell: Cell; model: ModelSpec }) {
  const other = secondSpec.value;
  if (!cell.second) return null;
  const { label, probability, agree } = cell.second;
  return (
    <p class={`small ${agree ? '' : 'warning'}`} data-testid="second-opinion" data-agree={agree}>
      {(agree ? words.checks.agrees : words.checks.disagrees)(other?.title ?? words.checks.otherModel, probability, inSentence(className(model, label)))}
    </p>
  );
}

/** The lines of the chart; each is told from the others without colour. */
const lines = ['by_map', 'at_random', 'from_middle'] as const;

/** Of probability: curves that lie nearer to each other on average count as equal. */
const aHundredth = 0.01;

const chart = { width: 320, height: 168, left: 40, right: 8, top: 8, bottom: 28 };

function DeletionCurve({ deletion, name }: { deletion: Deletion; name: string }) {
  const { shares, by_map, map_area, random_area, middle_area, beaten, random_orders, explains } = deletion;
  const empty = by_map.at(-1) ?? NaN;
  return (
    <div class="deletion" data-testid="deletion" data-explains={explains} data-map-area={map_area} data-random-area={random_area} data-beaten={beaten}>
      <h4 class="small">{words.deletion.headings[explains]}</h4>
      <p class="small" data-testid="deletion-words">
        {explains === 'clearly'
          ? words.deletion.faster(name, random_orders)
          : beaten === random_orders
            ? words.deletion.unchanged(name)
            : words.deletion.slower(name, random_orders - beaten, random_orders)}{' '}
        {gapWords(random_area - map_area)}
      </p>
      {empty >= 0.5 && (
        <p class="small muted" data-testid="deletion-empty">
          {words.deletion.emptySays(name, empty)}
        </p>
      )}
      <svg viewBox={`0 0 ${chart.width} ${chart.height}`} role="img" aria-label={chartWords(deletion, name)}>
        <Axes />
        {lines.toReversed().map((key) => (
          <Line key={key} kind={key} shares={shares} values={deletion[key]} />
        ))}
      </svg>
      <ul class="small deletion-legend">
        {lines.map((key) => (
          <li key={key}>
            <svg viewBox="0 0 32 12" aria-hidden="true" class={`line-${key}`}>
              <path d="M2 6H30" />
              {key === 'by_map' && <circle cx="16" cy="6" r="3.5" />}
            </svg>
            {words.deletion.lines[key]}
          </li>
        ))}
      </ul>
      {explains !== 'little' && middle_area - map_area < aHundredth && (
        <p class="small muted" data-testid="deletion-middle">{words.deletion.middle}</p>
      )}
      <details class="small">
        <summary>{words.deletion.values}</summary>
        <table class="map-values">
          <caption>{words.deletion.caption(name)}</caption>
          <thead>
            <tr>
              <th scope="col">{words.deletion.deleted}</th>
              {lines.map((key) => (
                <th key={key} scope="col">{words.deletion.lines[key]}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from(shares, (share, i) => (
              <tr key={share}>
                <th scope="row">{formatPercent(share)}</th>
                {lines.map((key) => (
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
  if (points === 0) return words.deletion.gapNone;
  return gap > 0 ? words.deletion.gapLower(points) : words.deletion.gapHigher(points);
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
      <text x={left} y={chart.height - 10}>{words.deletion.axis.whole}</text>
      <text x={(left + right) / 2} y={chart.height - 10} text-anchor="middle">{words.deletion.axis.share}</text>
      <text x={right} y={chart.height - 10} text-anchor="end">{words.deletion.axis.all}</text>
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
  const of = (values: Float64Array): number => values[half] ?? NaN;
  return words.deletion.chart(name, by_map[0] ?? NaN, shares[half] ?? NaN, of(by_map), of(at_random), of(from_middle), by_map.at(-1) ?? NaN);
}
