/** What teaching starts from, and which pictures belong together. */
import { useState } from 'preact/hooks';
import { canStartFrom, type TeachGrouping } from '../../../src/js/index.ts';
import { ColumnChoice } from '../../parts/column_choice.tsx';
import { files } from '../../state/images.ts';
import { mode } from '../../state/mode.ts';
import { listings } from '../../state/models.ts';
import { messageOf } from '../../state/notice.ts';
import { plan, trays } from '../../state/teaching.ts';
import { foldersTell, groupingNow, tableGroups, takeGroupTable } from '../../state/teaching_groups.ts';
import { changeGroupTable, chooseBase, chooseGrouping, chooseSquare } from '../../state/teaching_steps.ts';
import { canLook } from '../../state/teaching_work.ts';
import { words } from './words.ts';

/** px. */
const [leastSide, mostSide] = [8, 4096];

export function Setup() {
  const { base } = plan.value;
  const grouping = groupingNow.value;
  const inFrames = mode.value === 'fields';
  const some = [...trays.value.values()].some(({ length }) => length > 0);
  return (
    <div class="teach-setup">
      <label class="field" title={words.setup.fromHint}>
        {words.setup.from}
        <select data-testid="teach-base" value={base ?? ''} onChange={(event) => chooseBase(event.currentTarget.value || null)}>
          <option value="">{words.setup.nothing}</option>
          {listings.value.filter(({ spec }) => canStartFrom(spec)).map(({ name, spec }) => (
            <option key={name} value={name}>
              {words.setup.model(spec.title, spec.classes.length)}
            </option>
          ))}
        </select>
      </label>
      {some && (
        <label class="field" title={words.setup.groupHint}>
          {inFrames ? words.setup.groupFrames : words.setup.group}
          <select data-testid="teach-grouping" value={grouping} onChange={(event) => chooseGrouping(event.currentTarget.value as TeachGrouping)}>
            {Object.entries(inFrames ? words.setup.groupsInFrames : words.setup.groups).map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </select>
        </label>
      )}
      {!canLook.value && (
        <p class="small warning" data-testid="no-frames">
          {words.setup.noFrames(listings.value.find(({ name }) => name === base)?.spec.title ?? '')}
        </p>
      )}
      {some && inFrames && base === null && <Square />}
      {some && grouping === 'folder' && !foldersTell.value && <p class="small warning">{words.setup.noFolders}</p>}
      {some && grouping === 'column' && <GroupColumns />}
    </div>
  );
}

/** What is looked at around a cell of a frame. */
function Square() {
  const { square } = plan.value;
  if (square === null) return null;
  const change = (event: Event & { currentTarget: HTMLInputElement }): void => {
    const sidePx = Math.round(event.currentTarget.valueAsNumber);
    if (sidePx >= leastSide && sidePx <= mostSide && sidePx !== square.sidePx) chooseSquare({ ...square, sidePx });
    else event.currentTarget.value = String(square.sidePx);
  };
  return (
    <label class="field" title={words.setup.squareHint}>
      {words.setup.square}
      <span class="teach-square">
        <input type="number" data-testid="teach-square" min={leastSide} max={mostSide} step="1" value={square.sidePx} onChange={change} /> {words.setup.squareUnit(square.pixelSizeUm)}
      </span>
      <span class="small muted">{words.setup.squareHint}</span>
    </label>
  );
}

function GroupColumns() {
  const { table } = plan.value;
  const [failure, setFailure] = useState('');
  const take = (event: Event & { currentTarget: HTMLInputElement }): void => {
    const [file] = event.currentTarget.files ?? [];
    event.currentTarget.value = '';
    setFailure('');
    if (file) takeGroupTable(file).catch((error: unknown) => setFailure(`${file.name}: ${messageOf(error)}`));
  };
  const { known, trouble } = tableGroups.value;
  return (
    <div class="teach-setup">
      <label class="button">
        <input type="file" class="visually-hidden" data-testid="group-table" accept=".csv,.tsv,.txt,text/csv" onChange={take} />
        {table ? words.setup.otherTable : words.setup.table}
      </label>
      {table && (
        <>
          <ColumnChoice word={words.setup.fileColumn} value={table.fileColumn} heads={table.heads} onChoose={(fileColumn) => changeGroupTable({ ...table, fileColumn })} />
          <ColumnChoice word={words.setup.groupColumn} value={table.groupColumn} heads={table.heads} onChoose={(groupColumn) => changeGroupTable({ ...table, groupColumn })} />
          {!trouble && <span class="small muted">{words.setup.known(known, files.value.length)}</span>}
        </>
      )}
      {(failure || trouble) && (
        <p role="alert" class="small warning">
          {failure || trouble}
        </p>
      )}
    </div>
  );
}
