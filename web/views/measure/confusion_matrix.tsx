/** The confusion matrix as a table of buttons: one stop of the Tab key, arrows within. */
import { useMemo, useRef, useState } from 'preact/hooks';
import type { Measurement, ModelSpec } from '../../../src/js/index.ts';
import { matrixFields, matrixPlot } from '../../../src/js/plots.ts';
import { ClassMark } from '../../parts/class_mark.tsx';
import { formatCount } from '../../state/format.ts';
import { SavePlot } from './plot.tsx';
import { words } from './words.ts';

/** Types by their place in the spec. */
export interface MatrixChoice { truth: number; named: number }

interface Props { measurement: Measurement; spec: Pick<ModelSpec, 'name' | 'classes'>; selected: MatrixChoice | null; onSelect?: (field: MatrixChoice) => void }

export function ConfusionMatrix({ measurement, spec: { name: model, classes }, selected, onSelect }: Props) {
  const fields = useMemo(() => matrixFields(measurement), [measurement]);
  const figure = useMemo(() => matrixPlot(measurement, classes), [measurement, classes]);
  const [at, setAt] = useState(0);
  const body = useRef<HTMLTableSectionElement>(null);
  const size = classes.length;
  const nameOf = (index: number): string => classes[index]?.name ?? '';

  const onKeyDown = (event: KeyboardEvent): void => {
    const [row, column] = [Math.floor(at / size), at % size];
    const targets: Record<string, [number, number]> = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], Home: [row, 0], End: [row, size - 1],
    };
    const target = targets[event.key];
    if (!target || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [nextRow, nextColumn] = target.map((place) => Math.min(size - 1, Math.max(0, place))) as [number, number];
    const next = nextRow * size + nextColumn;
    setAt(next);
    body.current?.querySelectorAll('button')[next]?.focus();
  };

  return (
    <>
      <h3>{words.matrix.title}</h3>
      <p class="small muted">
        {words.matrix.hint} {onSelect && words.matrix.pressHint}
      </p>
      <div class="table-frame">
        <table class="matrix" data-testid="matrix">
          <caption class="visually-hidden">{words.matrix.caption}</caption>
          <thead>
            <tr>
              <th scope="col">
                <span class="visually-hidden">{words.matrix.corner}</span>
              </th>
              {classes.map(({ id, name, letter }, i) => (
                <th key={id} scope="col" title={name}>
                  <ClassMark index={i} letter={letter} />
                  <span class="visually-hidden">{name}</span>
                </th>
              ))}
              <th scope="col" class="number muted">
                {words.matrix.total}
              </th>
            </tr>
          </thead>
          <tbody ref={body} onKeyDown={onKeyDown}>
            {classes.map(({ id, name, letter }, truth) => (
              <tr key={id}>
                <th scope="row">
                  <ClassMark index={truth} letter={letter} /> <span class="matrix-name">{name}</span>
                </th>
                {fields.slice(truth * size, (truth + 1) * size).map(({ named, count, share }) => {
                  const place = truth * size + named;
                  const isSelected = selected?.truth === truth && selected.named === named;
                  return (
                    <td key={named} class={truth === named ? 'right' : count === 0 ? 'none' : undefined}>
                      <button
                        type="button"
                        class="number"
                        style={{ '--share': share }}
                        tabIndex={place === at ? 0 : -1}
                        aria-pressed={onSelect ? isSelected : undefined}
                        aria-label={words.matrix.field(count, nameOf(truth), nameOf(named), share)}
                        data-truth={truth}
                        data-named={named}
                        onFocus={() => setAt(place)}
                        onClick={() => onSelect?.({ truth, named })}
                      >
                        {formatCount(count)}
                      </button>
                    </td>
                  );
                })}
                <td class="number muted">{formatCount(measurement.types[truth]?.true_count ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <SavePlot figure={figure} prefix={model} />
    </>
  );
}
