/** All cells shown as a table that sorts by its columns; of many cells only rows near the window exist as elements. */
import { useEffect, useRef } from 'preact/hooks';
import { type ModelSpec, researchNote } from '../../../src/js/index.ts';
import { classIndex, ClassMark, NoTypeMark } from '../../parts/class_mark.tsx';
import { mostWhole, useRowWindow } from '../../parts/row_window.ts';
import { className, flags, modelVerdict, mostLike, noType, probabilityWords, ranking, saidWord, words as shared } from '../../parts/words.ts';
import { formatCount, formatPercent } from '../../state/format.ts';
import { type Cell, cellKind, labelOf } from '../../state/frame_store.ts';
import { imageAt } from '../../state/images.ts';
import { spec } from '../../state/models.ts';
import { currentIndex, openDetails, openIndex, shown, sort, type SortKey, standOn } from '../../state/view.ts';
import { NothingShown } from './gallery.tsx';
import { words } from './words.tsx';

const rowPx = 44;

interface Column { sortKey: SortKey | null; word: string; startsDescending?: boolean }

const columns: Column[] = [
  { sortKey: 'index', word: words.table.number },
  { sortKey: 'file', word: words.table.file },
  { sortKey: 'label', word: words.table.type },
  { sortKey: 'probability', word: words.table.probability, startsDescending: true },
  { sortKey: 'unsure', word: words.table.notes },
  { sortKey: null, word: words.table.next },
];

export function ResultsTable() {
  const body = useRef<HTMLTableSectionElement>(null);
  const order = shown.value;
  const model = spec.value;
  const { firstRow, endRow } = useRowWindow(body, () => rowPx);
  const drawn = order.some(({ index }) => imageAt(index)?.intended);
  const current = Math.max(0, order.findIndex(({ index }) => index === currentIndex.value));

  useEffect(() => {
    const button = body.current?.querySelector<HTMLElement>(`tr[data-index="${currentIndex.value}"] button`);
    if (!button) return;
    button.scrollIntoView({ block: 'nearest' });
    if (body.current?.contains(document.activeElement)) button.focus({ preventScroll: true });
  }, [currentIndex.value, endRow > 0]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -order.length, End: order.length };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const target = order[Math.min(order.length - 1, Math.max(0, current + step))];
    if (target) standOn(target.index);
  };

  if (!model) return null;
  const whole = order.length <= mostWhole;
  const first = whole ? 0 : Math.min(firstRow, order.length);
  const end = whole ? order.length : Math.min(endRow, order.length);
  const positions = Array.from({ length: end - first }, (_, i) => first + i);
  // The row that has the focus exists even when it is scrolled out of sight.
  if (end > 0 && current < first) positions.unshift(current);
  if (end > 0 && current >= end && current < order.length) positions.push(current);
  const measured = order.some(({ inFrame }) => inFrame?.morphometry);
  const width = columns.length + (drawn ? 1 : 0) + (measured ? 2 : 0);
  return (
    <div class="table-frame">
      <table class="results-table" data-testid="results-table" aria-rowcount={order.length + 1}>
        <caption class="visually-hidden">{words.table.caption(researchNote)}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Heading key={column.word} column={column} />
            ))}
            {measured && <th scope="col">{words.table.area}</th>}
            {measured && <th scope="col">{words.table.circularity}</th>}
            {drawn && <th scope="col">{words.table.drawn}</th>}
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={onKeyDown}>
          {positions.flatMap((position, i) => {
            const cell = order[position];
            return [
              <Gap key={`gap ${i}`} rows={position - (positions[i - 1] ?? -1) - 1} width={width} />,
              cell && <Row key={cell.index} cell={cell} model={model} position={position} isCurrent={position === current} drawn={drawn} measured={measured} />,
            ];
          })}
          <Gap key="gap" rows={order.length - 1 - (positions.at(-1) ?? -1)} width={width} />
        </tbody>
      </table>
      {order.length === 0 && <NothingShown />}
    </div>
  );
}

/** Holds the room of rows that are not there. */
function Gap({ rows, width }: { rows: number; width: number }) {
  if (rows <= 0) return null;
  return (
    <tr aria-hidden="true" class="gap">
      <td colSpan={width} style={{ height: `${rows * rowPx}px` }} />
    </tr>
  );
}

function Heading({ column: { sortKey, word, startsDescending } }: { column: Column }) {
  if (sortKey === null) return <th scope="col">{word}</th>;
  const { key, descending } = sort.value;
  const sorted = key === sortKey;
  const direction = descending ? 'descending' : 'ascending';
  const press = (): void => {
    sort.value = { key: sortKey, descending: sorted ? !descending : startsDescending === true };
  };
  return (
    <th scope="col" aria-sort={sorted ? direction : 'none'}>
      <button type="button" class="quiet" onClick={press}>
        {word}
        <span aria-hidden="true">{sorted ? (descending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

interface RowProps { cell: Cell; model: ModelSpec; position: number; isCurrent: boolean; drawn: boolean; measured: boolean }

function Row({ cell, model, position, isCurrent, drawn, measured }: RowProps) {
  const label = labelOf(cell);
  const top = classIndex(model, label);
  const said = saidWord(cell);
  const next = ranking(cell)[1];
  const intended = imageAt(cell.index)?.intended;
  const none = noType(cell);
  return (
    <tr
      aria-rowindex={position + 2}
      aria-current={openIndex.value === cell.index ? 'true' : undefined}
      data-index={cell.index}
      data-file={cell.path}
      data-label={label}
      data-reviewed={said ?? undefined}
      data-probability={cell.probability}
      data-status="ok"
      data-unsure={cell.unsure}
      data-foreign={cell.foreign}
      data-verdict={cellKind(cell)}
      onClick={() => openDetails(cell.index)}
    >
      <td class="number">{cell.inFrame ? `${formatCount(cell.inFrame.frame + 1)}–${formatCount(cell.inFrame.id + 1)}` : formatCount(cell.index + 1)}</td>
      <td class="path">
        <button type="button" class="link" tabIndex={isCurrent ? 0 : -1} title={cell.path}>
          {cell.path}
        </button>
      </td>
      <td>
        <span class="tile-name">
          {none ? <NoTypeMark kind={none.kind} /> : <ClassMark index={top} letter={model.classes[top]?.letter ?? ''} />}
          {none ? <span class="flag" title={none.words}>{none.words}</span> : <span>{className(model, label)}</span>}
        </span>
      </td>
      <td class="number">{none || said ? '–' : probabilityWords(cell)}</td>
      <td>
        {said && <span class={`said said-${said === shared.said.corrected ? 'corrected' : 'confirmed'}`}>{said}</span>} {said && <span class="muted">{shared.said.model(modelVerdict(model, cell))} </span>}
        {none && !said && <span class="muted">{mostLike(model, cell)} </span>}
        {flags(cell).map((flag) => (
          <span key={flag} class="flag">
            {flag}
          </span>
        ))}
      </td>
      <td class="muted">{next !== undefined && !none && `${model.classes[next]?.name} ${formatPercent(cell.probabilities[next] ?? 0)}`}</td>
      {measured && <td class="number">{cell.inFrame?.morphometry && words.table.areaOf(cell.inFrame.morphometry.areaPx, cell.inFrame.pixelSizeUm)}</td>}
      {measured && <td class="number">{cell.inFrame?.morphometry && !Number.isNaN(cell.inFrame.morphometry.circularity) ? cell.inFrame.morphometry.circularity.toFixed(2) : '–'}</td>}
      {drawn && <td class={intended && intended !== label ? 'differs' : ''}>{intended ? className(model, intended) : ''}</td>}
    </tr>
  );
}
