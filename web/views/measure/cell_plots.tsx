/** Measurements of the cells shown: how they are distributed, one by another, and the cells of a part of a plot. */
import { useMemo, useRef, useState } from 'preact/hooks';
import { histogramPlot, type PlotAxis, type PlotFigure, scatterPlot, sharesPlot } from '../../../src/js/plots.ts';
import { wilsonInterval } from '../../../src/js/index.ts';
import { type CellMeasure, cellMeasures, plotted } from '../../state/cell_measures.ts';
import { showCells } from '../../state/measuring.ts';
import { spec } from '../../state/models.ts';
import { Plot } from './plot.tsx';
import { words as all } from './words.ts';

const words = all.cells;

export function CellPlots() {
  const model = spec.value;
  const measures = cellMeasures.value;
  const { cells, types } = plotted.value;
  const [keys, setKeys] = useState<[string, string]>(['', '']);
  const x = measures.find(({ key }) => key === keys[0]) ?? measures[0];
  const y = measures.find(({ key }) => key === keys[1]) ?? measures.find(({ key }) => key === 'greyMean' || key === 'contrast') ?? measures[1] ?? x;
  const classes = model?.classes ?? [];
  const shares = useMemo(() => sharesPlot(classes.map((_, index) => {
    const count = types.filter((type) => type === index).length;
    return { index, count, share: types.length > 0 ? count / types.length : 0, interval: wilsonInterval(count, types.length) };
  }), classes, words.shares), [types, classes]);
  const histogram = useMemo(() => x && histogramPlot({ label: x.label, values: x.values }, classes, types), [x, types, classes]);
  const scatter = useMemo(() => x && y && scatterPlot(x, y, classes, types), [x, y, types, classes]);
  if (!model || !x || !y || !histogram || !scatter || cells.length === 0) return <p class="muted">{words.none}</p>;
  const within = (measure: CellMeasure, [low, high]: [number, number]) => (i: number): boolean => (measure.values[i] as number) >= low && (measure.values[i] as number) <= high;
  const show = (what: string, is: (i: number) => boolean): void => showCells(what, cells.filter((_, i) => is(i)).map(({ index }) => index));
  return (
    <section class="cell-plots" data-testid="cell-plots" aria-label={words.region}>
      <p class="small muted">{words.intro(cells.length)}</p>
      <div class="measure-row">
        <Which word={words.across} value={x.key} measures={measures} hook="measure-x" onChoose={(key) => setKeys([key, y.key])} />
        <Which word={words.up} value={y.key} measures={measures} hook="measure-y" onChoose={(key) => setKeys([x.key, key])} />
      </div>
      <div class="plots">
        <Plot figure={shares} prefix={model.name} />
        <Selectable figure={histogram} prefix={model.name} axes={{ x }} onSelect={(part) => show(words.part(x.label, part.x), within(x, part.x))} />
        <Selectable figure={scatter} prefix={model.name} axes={{ x, y }} onSelect={(part) => show(`${words.part(x.label, part.x)}${part.y ? `, ${words.part(y.label, part.y)}` : ''}`, (i) => within(x, part.x)(i) && (!part.y || within(y, part.y)(i)))} />
      </div>
    </section>
  );
}

function Which({ word, value, measures, hook, onChoose }: { word: string; value: string; measures: readonly CellMeasure[]; hook: string; onChoose: (key: string) => void }) {
  return (
    <label class="field">
      {word}
      <select data-testid={hook} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {measures.map(({ key, label }) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

interface Part { x: [number, number]; y?: [number, number] }
interface SelectableProps { figure: PlotFigure; prefix: string; axes: { x: CellMeasure; y?: CellMeasure }; onSelect: (part: Part) => void }

/** A part is chosen by a rectangle, or by the numbers of its ends. */
function Selectable({ figure, prefix, axes, onSelect }: SelectableProps) {
  const box = useRef<HTMLDivElement>(null);
  const [area, setArea] = useState<{ left: number; top: number; right: number; bottom: number } | null>(null);
  const begin = (event: PointerEvent): void => {
    const svg = box.current?.querySelector('svg');
    const axisX = figure.axes?.x;
    if (!svg || !axisX || event.button !== 0 || !(event.target as Element).closest('svg')) return;
    event.preventDefault();
    const frame = svg.getBoundingClientRect();
    const [, , width = 1] = (svg.getAttribute('viewBox') ?? '').split(' ').map(Number);
    const scale = frame.width / width;
    const at = ({ clientX, clientY }: PointerEvent): [number, number] => [(clientX - frame.left) / scale, (clientY - frame.top) / scale];
    const start = at(event);
    const off = new AbortController();
    const areaTo = ([x, y]: [number, number]) => ({ left: Math.min(x, start[0]), right: Math.max(x, start[0]), top: Math.min(y, start[1]), bottom: Math.max(y, start[1]) });
    window.addEventListener('pointermove', (next) => {
      const { left, right, top, bottom } = areaTo(at(next));
      const outer = box.current?.getBoundingClientRect();
      setArea({ left: left * scale + frame.left - (outer?.left ?? 0), right: right * scale + frame.left - (outer?.left ?? 0), top: top * scale + frame.top - (outer?.top ?? 0), bottom: bottom * scale + frame.top - (outer?.top ?? 0) });
    }, { signal: off.signal });
    const end = (last: PointerEvent): void => {
      off.abort();
      setArea(null);
      const { left, right, top, bottom } = areaTo(at(last));
      if (right - left < 4) return;
      const axisY = axes.y && figure.axes?.y;
      onSelect({ x: [valueAt(axisX, left), valueAt(axisX, right)], ...(axisY && { y: [valueAt(axisY, bottom), valueAt(axisY, top)] }) });
    };
    window.addEventListener('pointerup', end, { signal: off.signal });
    window.addEventListener('pointercancel', () => { off.abort(); setArea(null); }, { signal: off.signal });
  };
  return (
    <div class="selectable">
      <div class="selectable-plot" ref={box} onPointerDown={begin}>
        <Plot figure={figure} prefix={prefix} />
        {area && <div class="marquee" style={{ left: `${area.left}px`, top: `${area.top}px`, width: `${area.right - area.left}px`, height: `${area.bottom - area.top}px` }} />}
      </div>
      <Ends figure={figure} axes={axes} onSelect={onSelect} />
    </div>
  );
}

function valueAt({ domain, range }: PlotAxis, px: number): number {
  return domain[0] + ((px - range[0]) / (range[1] - range[0])) * (domain[1] - domain[0]);
}

/** The same by numbers. */
function Ends({ figure, axes, onSelect }: Omit<SelectableProps, 'prefix'>) {
  const [low, setLow] = useState('');
  const [high, setHigh] = useState('');
  const number = (text: string, otherwise: number): number => (text.trim() === '' || Number.isNaN(Number(text)) ? otherwise : Number(text));
  const select = (event: Event): void => {
    event.preventDefault();
    onSelect({ x: [number(low, -Infinity), number(high, Infinity)] });
  };
  return (
    <form class="measure-row small" onSubmit={select} aria-label={words.endsOf(axes.x.label)}>
      <label class="field">
        {words.from}
        <input type="text" inputMode="decimal" data-testid={`from-${figure.name}`} value={low} onInput={(event) => setLow(event.currentTarget.value)} />
      </label>
      <label class="field">
        {words.to}
        <input type="text" inputMode="decimal" data-testid={`to-${figure.name}`} value={high} onInput={(event) => setHigh(event.currentTarget.value)} />
      </label>
      <button type="submit" data-testid={`select-${figure.name}`}>
        {words.see}
      </button>
    </form>
  );
}
